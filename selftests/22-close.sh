#!/bin/bash
# timeout: 400
# session close: both applications hear of it within a second, whatever their session is doing; what
# is refused, and in which words; and the reset of a connection whose session is not known.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/sessions.sh
. "$SELFTESTS/sessions.sh"
plan 137

fastcloses()
{
	echo $(($(mib "$NS_C" MPTcpExtMPFastcloseRx) + $(mib "$NS_S" MPTcpExtMPFastcloseRx)))
}

# close_session FILTER...: for check; SAID is what mbctl says, BEGIN_MS when it was asked
close_session()
{
	local status

	BEGIN_MS=${EPOCHREALTIME/[.,]/}
	BEGIN_MS=${BEGIN_MS%???}
	SAID=$(mb session close "$@" 2>&1)
	status=$?
	echo "$SAID"
	return $status
}

# heard NAME: for check; both its applications got a reset, within a second of the command
heard()
{
	local side

	pair_end "$1"
	for side in "$CLIENT" "$SERVER"; do
		is ECONNRESET "$(xfer_get error "$side")" || return
		test $(($(xfer_get ended_ms "$side") - BEGIN_MS)) -lt 1000 || {
			echo "took $(($(xfer_get ended_ms "$side") - BEGIN_MS)) ms"
			return 1
		}
	done
}

# closed WHAT NAME [FASTCLOSES]: closes the session that $ID is; FASTCLOSES: at so many ends at least
closed()
{
	local what="v$F: $1" before

	before=$(fastcloses)
	monitor_start
	check "$what: is closed" close_session id "$ID"
	check "$what: so it says" is "session $ID: closed (closed)" "$SAID"
	check "$what: both applications hear of it within a second" heard "$2"
	check "$what: no subflow is left" wait_for 2 no_subflows
	check "$what: MP_FASTCLOSE arrived" test $(($(fastcloses) - before)) -ge "${3:-1}"
	check "$what: the session is closed, its subflows, too" soon \
		'.[0].state == "closed" and .[0].how == "closed" and all(.[0].subflows[]; .state == "closed")' id "$ID"
	check "$what: event" events 1 ".event == \"session-closed\" and .session.id == $ID and
		.session.how == \"closed\""
	monitor_stop
}

no_subflows()
{
	[ "$(host_subflows "$NS_C") $(host_subflows "$NS_S")" = "0 0" ]
}

# session NAME N ADDRESS CLIENT'S ARGS...: a session with N subflows; ID is it. A host sometimes misses
# an announcement at the very beginning: then once more.
session()
{
	try_session "$@" && return
	hurry "$1"
	pair_end "$1"
	try_session "$@"
}

try_session()
{
	local name=$1 n=$2

	shift 2
	pair "$name" "$1" 5001 "${@:2}" &&
		soon "[.[0].subflows[] | select(.state == \"live\")] | length == $n" \
			client "$C" state confirmed || return
	ID=$(value '.[0].id')
}

# --- what a session may be doing ------------------------------------------------------------------

transferring()
{
	fresh "policy set default allow"
	check "v$F: transfer: three subflows" session a 3 "$S" --rate 1000000 --duration 60
	closed "transfer" a
	# at most three segments a host and subflow, and answers to what the hosts had sent meanwhile
	check "v$F: transfer: one try did" test "$(counter close-sent)" -le 36
}

idle()
{
	check "v$F: idle: three subflows" session a 3 "$S" --bytes 1000 --hold 100
	wait_for 5 looks_so '.[0]."server-data" == 1000' id "$ID"
	closed "idle" a
}

# The way from the gateway to the server takes 30 ms, and there is as much under way as goes.
bulk()
{
	ip netns exec "$NS_G" tc qdisc add dev h1 root netem delay 30ms limit 100000
	[ "$(ip -n "$NS_G" link show dev h2 2>/dev/null)" = "" ] ||
		ip netns exec "$NS_G" tc qdisc add dev h2 root netem delay 30ms limit 100000
	check "v$F: bulk: three subflows" session a 3 "$S" --bytes 2000000000
	sleep 0.5
	closed "bulk, 30 ms" a
	ip netns exec "$NS_G" tc qdisc del dev h1 root
	ip netns exec "$NS_G" tc qdisc del dev h2 root
}

nat()
{
	[ "$F" = 4 ] && VIRTUAL=10.9.9.9 || VIRTUAL=fd09::9
	endpoints "$NS_S"
	virtual_server masquerade to :20000-29999 random
	check "v$F: NAT: two subflows" session a 2 "$VIRTUAL" --rate 1000000 --duration 60
	check "v$F: NAT: the server is the real one, the client as it is" holds \
		".[0].server == \"$S\" and .[0].client == \"$C\""
	closed "NAT" a
	check "v$F: NAT: every reset found its way" is 0 "$(counter reset-failed)"
	ns_g nft flush ruleset
	endpoints "$NS_S" "$SERVER4_2 signal" "$SERVER6_2 signal"
}

# The client has sent, the server has only acknowledged.
silent_server()
{
	endpoints "$NS_C"
	endpoints "$NS_S"
	pair a "$S" 5001 --bytes 1000 --receive 0 --hold 100
	check "v$F: before the server's first byte: only the client's key is proven" soon \
		'.[0]."client-acked" > 1000 and (.[0].flags | index("client-key-proven")) and
			(.[0].flags | index("server-key-proven") | not)' client "$C" state confirmed
	ID=$(value '.[0].id')
	closed "before the server's first byte" a
}

# Nothing of MPTCP is heard any more: the hosts get RSTs.
fallen()
{
	local before

	endpoints "$NS_C"
	pair a "$S" 5001 --rate 20000 --duration 60
	soon '.[0].state == "confirmed"' client "$C" state confirmed
	ID=$(value '.[0].id')
	ns_s nft -f - <<-'N'
		table inet strip {
			chain in { type filter hook prerouting priority raw; reset tcp option mptcp; }
			chain out { type filter hook output priority raw; reset tcp option mptcp; }
		}
	N
	check "v$F: fallback: a session" soon '.[0].state == "fallback"' id "$ID"
	sleep 0.3
	before=$(fastcloses)
	capture_start "$NS_G" g1 "$TMP/g1.pcap"
	capture_start "$NS_G" h1 "$TMP/h1.pcap"
	check "v$F: fallback: is closed" close_session id "$ID"
	check "v$F: fallback: so it says" is "session $ID: closed (closed)" "$SAID"
	check "v$F: fallback: both applications hear of it within a second" heard a
	capture_stop
	check "v$F: fallback: no MP_FASTCLOSE" is "0 0 0" "$(($(fastcloses) - before)) $(
		wire "$TMP/g1.pcap" 'mptcp=.*FASTCLOSE.*' | wc -l) $(wire "$TMP/h1.pcap" 'mptcp=.*FASTCLOSE.*' | wc -l)"
	check "v$F: fallback: an RST to either" test "$(wire "$TMP/g1.pcap" 'flags=R.*' "dst=$C" | wc -l)" -ge 1 \
		-a "$(wire "$TMP/h1.pcap" 'flags=R.*' "dst=$S" | wc -l)" -ge 1
	check "v$F: fallback: no connection is left" wait_for 2 no_connections
	ns_s nft flush ruleset
}

no_connections()
{
	[ -z "$(ns_c ss -Htn state connected exclude time-wait)$(ns_s ss -Htn state connected exclude time-wait)" ]
}

# --- what is refused, or does not do --------------------------------------------------------------

# refused WORDS MBCTL'S ARGS...: for check; the kernel says no, in one line with these words
refused()
{
	local words=$1 said status

	shift
	said=$(mb "$@" 2>&1)
	status=$?
	is 2 "$status" && [[ $said == *$words* && $said != *$'\n'* ]] && return
	echo "said: $said"
	return 1
}

refusals()
{
	endpoints "$NS_C"
	fresh "policy set default allow"
	session a 1 "$S" --rate 20000 --duration 60
	check "refused: no such session" refused "$((ID + 1000))" session close id $((ID + 1000))
	mb policy set mode observe
	check "refused: mode observe" refused "mode observe touches nothing" session close id "$ID"
	check "refused: mode observe, reset" refused "mode observe touches nothing" \
		session reset "$C" "$(value '.[0]."client-port"')" "$S" 5001
	mb policy set mode bypass
	check "refused: mode bypass" refused "mode bypass" session close id "$ID"
	mb policy set mode enforce
	mb session close >/dev/null 2>&1
	check "refused: without a filter" is 1 $?
	check "refused: nothing happened to the session" unharmed a
	soon '.[0].state == "closed"' id "$ID"
	check "refused: it has ended" refused "ended" session close id "$ID"
}

# Where nothing of the gateway's own gets out, none is closed: after eight tries the sessions go on.
no_way_out()
{
	local id4 said

	fresh "policy set default allow reset-rate 0"
	endpoints "$NS_C"
	family 4
	session v4 1 "$S" --rate 20000 --duration 60
	id4=$ID
	family 6
	session v6 1 "$S" --rate 20000 --duration 60
	check "refused: reset-rate 0" refused "reset-rate is 0" session close id "$ID"
	mb policy set reset-rate 1000
	ns_g nft -f - <<-'N'
		table inet filter {
			chain out { type filter hook output priority filter; policy drop; }
		}
	N
	mb session close all >"$TMP/said" 2>&1
	check "no way out: not closed" is 2 $?
	said="not seen to end: its hosts did not answer, it is confirmed again"
	check "no way out: so it says" is "session $id4: $said session $ID: $said" "$(grep ^session "$TMP/said" | xargs)"
	check "no way out: counted" test "$(counter reset-failed)" -ge 2
	ns_g nft flush ruleset
	check "no way out: they are as they were" soon \
		'length == 2 and all(.[]; .state == "confirmed")' state confirmed
	check "no way out: v4: goes on, byte-exact" unharmed v4
	check "no way out: v6: goes on, byte-exact" unharmed v6
}

# Sessions that began before: their keys are not known, one connection can be reset.
unknown()
{
	local before

	mb policy flush
	endpoints "$NS_C" "$CLIENT4_2 subflow" "$CLIENT6_2 subflow"
	pair a "$S" 5001 --rate 20000 --duration 60 --local-port "4300$F"
	wait_for 5 several_live
	before=$(live)
	fresh "policy set default allow"
	check "v$F: unknown: not listed" how_many 0
	# the one that has segments for certain
	check "v$F: unknown: one connection is reset" mb session reset "$C" "4300$F" "$S" 5001
	check "v$F: unknown: both ends of it, and no other" wait_for 5 one_fewer "$before"
	check "v$F: unknown: it was listed, without keys" soon 'length == 1 and
		(.[0].flags | index("keyless")) and (.[0] | has("client-token") | not)'
	check "v$F: unknown: resets went to both ends" test "$(counter reset-sent)" -ge 2
	check "v$F: unknown: the session lives on, byte-exact" unharmed a
	pair a "$S" 5001 --rate 20000 --duration 60 --local-port "4400$F"
	soon '[.[] | select(.state == "confirmed")] | length == 1'
	# with its id, where the kernel can
	check "v$F: unknown: a known connection is to be closed, it says" refused "it belongs to" \
		session reset "$C" "4400$F" "$S" 5001
	check "v$F: unknown: the known one lives on, byte-exact" unharmed a
}

# live: subflows, at the client and at the server
live() { echo "$(host_subflows "$NS_C") $(host_subflows "$NS_S")"; }
several_live() { [[ $(live) =~ ^([2-9])\ ([2-9])$ ]] && [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]; }
one_fewer() { [ "$(live)" = "$((${1% *} - 1)) $((${1#* } - 1))" ]; }

# The gateway sees only what the client sends: nobody proves the keys.
unconfirmed()
{
	fresh "policy set default allow"
	for family in 4 6; do
		family $family
		pair a "$S" 5001 --rate 20000 --duration 60
		check "v$F: one direction only: unconfirmed" soon \
			'length == 1 and (.[0].flags | index("client-key-proven") | not)' client "$C" state unconfirmed
		check "v$F: one direction only: not closed" refused "not" session close id "$(value '.[0].id')"
		check "v$F: one direction only: byte-exact" unharmed a
	done
}

# ---------------------------------------------------------------------------------------------

check "the module is loaded" load_module
topo_up servers=2
ip -n "$NS_C" mptcp limits set subflows 8 add_addr_accepted 8
for family in 4 6; do
	family $family
	endpoints "$NS_C" "$CLIENT4_2 subflow" "$CLIENT6_2 subflow"
	endpoints "$NS_S" "$SERVER4_2 signal" "$SERVER6_2 signal"
	transferring
	idle
	bulk
	nat
	silent_server
	fallen
done
family 4
refusals
no_way_out
for family in 4 6; do
	family $family
	unknown
done
topo_down
topo_up asym=syn
unconfirmed
topo_down
