#!/bin/bash
# Sessions of real hosts, as the gateway knows them: subflows, tokens and bytes are the hosts' own,
# from the first key to the end, whatever that is; fallback; half-closed ones; filters; events.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/sessions.sh
. "$SELFTESTS/sessions.sh"
plan 132

# --- a transfer over two paths -------------------------------------------------------------------

# ss_of NETNS LOCAL PEER: SS, what ss says of the subflow between these
ss_of()
{
	SS=$(in_ns "$1" ss -Htni src "$(ss_address "$2")" dst "$(ss_address "$3")" 2>/dev/null | xargs)
	[[ $SS == *tcp-ulp-mptcp* ]]
}

# ss_get KEY: a value of SS
ss_get()
{
	[[ $SS =~ (^| )$1:([^ ]*) ]] && echo "${BASH_REMATCH[2]}"
}

# ss_tokens: of SS, the peer's and the own
ss_tokens()
{
	local tokens

	tokens=$(ss_get token)
	[[ $tokens =~ ^([0-9a-f]*)\(.*/([0-9a-f]*)\( ]] &&
		printf '0x%08x 0x%08x\n' "0x${BASH_REMATCH[1]}" "0x${BASH_REMATCH[2]}"
}

# settles COMMAND...: for check; what is sent once more may be under way still
settles()
{
	wait_for 5 "$@" || "$@"
}

# forwarded BYTES: for check; of SS's host, so many passed the gateway: all that it sent. What it sent
# again may have been lost on the way to the gateway, where a busy machine lets a neighbour time out.
forwarded()
{
	local sent retrans

	sent=$(ss_get bytes_sent)
	retrans=$(ss_get bytes_retrans)
	if [ "$1" -gt "${sent:-0}" ] || [ "$1" -lt $((${sent:-0} - ${retrans:-0})) ]; then
		echo "$1 bytes passed, the host sent ${sent:-0}, ${retrans:-0} of them again"
		return 1
	fi
}

# subflow_counts NUMBER CLIENT: for check; bytes and sequence numbers of the subflow from this address
# are those of its ends
subflow_counts()
{
	local sub=".[0].subflows[$1]" server

	look client "$C" state confirmed
	ss_of "$NS_C" "$2" "$S" || { echo "no such subflow"; return 1; }
	forwarded "$(value "$sub.\"from-client\".bytes")" || return
	# not counted by ss: a SYN in front of it, and what came twice
	server=$(ss_get bytes_received)
	holds "$sub.\"from-server\".bytes >= ${server:-0}" || return
	ss_of "$NS_S" "$S" "$2" || { echo "no such subflow at the server"; return 1; }
	forwarded "$(value "$sub.\"from-server\".bytes")"
}

# data_numbers: for check; the highest data sequence numbers and data ACKs are those of the sockets
data_numbers()
{
	holds "$(number_is from-client data-end write_seq "$CLIENT")" \
		"$(number_is from-server data-ack snd_una "$CLIENT")" \
		"$(number_is from-server data-end write_seq "$SERVER")" \
		"$(number_is from-client data-ack rcv_nxt "$CLIENT")"
}

# number_is SIDE KEY XFER'S KEY LINE: as jq says it
number_is()
{
	echo "[.[0].subflows[].\"$1\".\"$2\" | sub(\"^0x0*\"; \"\")] | max_by([length, .]) == \"$(xfer_get "$3" "$4")\""
}

two_paths()
{
	local client server id

	fresh "policy set default allow"
	monitor_start
	pair a "$S" 5001 --bytes 100000 --receive 250000 --hold 60 --local-port "4100$F"
	check "v$F: two paths: one session, two subflows" \
		soon ".[0].\"server-acked\" == 250000 and .[0].\"client-acked\" == 100056 and
			(.[0].subflows | length) == 2" client "$C"
	client=$(host_token "$NS_C" "4100$F")
	server=$(host_token "$NS_S" "4100$F")
	check "v$F: it is confirmed, both keys are proven" holds 'length == 1' \
		'.[0].state == "confirmed"' '.[0] | has("how") | not' '.[0] | has("fallback") | not' \
		'[.[0].flags[] | select(endswith("key-proven"))] | length == 2'
	check "v$F: its version, addresses, ports and site" holds '.[0].version == 1' \
		".[0].client == \"$C\"" ".[0].\"client-port\" == 4100$F" ".[0].server == \"$S\"" \
		'.[0]."server-port" == 5001' '.[0].site == "default"' '.[0].denied == false'
	check "v$F: when it began" holds '.[0].age <= 10 and .[0].idle <= 10' \
		'now - .[0].started | . > -2 and . < 12'
	check "v$F: the client's token is its own" is "$client" "$(value '.[0]."client-token"')"
	check "v$F: the server's token is its own" is "$server" "$(value '.[0]."server-token"')"
	check "v$F: every byte of data, once" holds ".[0].\"client-data\" == 100000 + $HEADER" \
		".[0].\"client-acked\" == 100000 + $HEADER" '.[0]."server-data" == 250000' \
		'.[0]."server-acked" == 250000'
	check "v$F: the first subflow" holds '.[0].subflows[0].state == "live"' \
		'.[0].subflows[0].flags == ["initial"]' '.[0].subflows[0].opener == "client"' \
		".[0].subflows[0].client == \"$C\"" ".[0].subflows[0].server == \"$S\"" \
		".[0].subflows[0].\"client-port\" == 4100$F" '.[0].subflows[0]."server-port" == 5001'
	id=$(ip -n "$NS_C" mptcp endpoint show | sed -n "s/^$C2 id \([0-9]*\).*/\1/p")
	check "v$F: the join" holds '.[0].subflows[1].state == "live"' \
		'.[0].subflows[1].flags == []' '.[0].subflows[1].opener == "client"' \
		".[0].subflows[1].client == \"$C2\"" ".[0].subflows[1].server == \"$S\"" \
		".[0].subflows[1].\"client-address-id\" == $id" '.[0].subflows[1]."server-address-id" == 0' \
		'.[0].pending == 0'
	ss_of "$NS_C" "$C2" "$S"
	check "v$F: the join is of both tokens" is "$server $client" "$(ss_tokens)"
	check "v$F: the first subflow's bytes are its ends'" settles subflow_counts 0 "$C"
	check "v$F: the join's bytes are its ends'" settles subflow_counts 1 "$C2"
	check "v$F: all is acknowledged" holds \
		'.[0].subflows[] | ."from-client".end == ."from-server".ack and ."from-server".end == ."from-client".ack' \
		'[.[0].subflows[] | ."from-client".segments > 0 and ."from-server".segments > 0] | all' \
		'.[0].subflows[0]."from-client" | .window > 0 and .tsval > 0'
	check "v$F: byte-exact" unharmed a
	check "v$F: the applications' tokens" is \
		"$(xfer_get token "$CLIENT" | hex_token) $(xfer_get token "$SERVER" | hex_token)" \
		"$client $server"
	check "v$F: the sockets' data sequence numbers" data_numbers
	socket_counts
	check "v$F: then it is closed, by DATA_FIN" soon \
		'.[0].state == "closed" and ([.[0].subflows[].state] | unique) == ["closed"]'
	check "v$F: how it ended" holds '.[0].how == "data-fin"' \
		'[.[0].subflows[].how] | unique == ["fin"]' \
		'[.[0].flags[] | select(endswith("data-fin"))] | length == 2'
	check "v$F: DATA_FINs are no data" holds ".[0].\"client-data\" == 100000 + $HEADER" \
		'.[0]."server-data" == 250000'
	two_paths_events
}

# socket_counts: where the kernel has such counters
socket_counts()
{
	local client server

	client="$(xfer_get bytes_sent "$CLIENT") $(xfer_get bytes_received "$CLIENT")"
	server="$(xfer_get bytes_received "$SERVER") $(xfer_get bytes_sent "$SERVER")"
	[ "$client" != " " ] || client="$(($(xfer_get sent "$CLIENT") + HEADER)) $(xfer_get received "$CLIENT")"
	[ "$server" != " " ] || server="$(($(xfer_get received "$SERVER") + HEADER)) $(xfer_get sent "$SERVER")"
	check "v$F: bytes as the client counts them" is "$client" \
		"$(value '.[0] | "\(."client-data") \(."server-data")"')"
	check "v$F: bytes as the server counts them" is "$server" \
		"$(value '.[0] | "\(."client-acked") \(."server-acked")"')"
}

two_paths_events()
{
	local id

	id=$(value '.[0].id')
	check "v$F: events: closed, once, and how" events 1 \
		".event == \"session-closed\" and .session.id == $id and .session.how == \"data-fin\""
	check "v$F: events: both subflows closed" events 2 \
		".event == \"subflow-closed\" and .session.id == $id and .subflow.how == \"fin\""
	check "v$F: events: joined, once, from where" events 1 ".event == \"subflow-joined\" and
		.session.id == $id and .subflow.client == \"$C2\" and .subflow.opener == \"client\""
	check "v$F: events: new and confirmed, once" events 2 ".session.id == $id and
		(.event == \"session-new\" or .event == \"session-confirmed\")"
	check "v$F: events: in their order" event_order session-new session-confirmed subflow-joined \
		session-closed subflow-closed
	check "v$F: events: all have a time, none was lost" events 0 \
		'(has("time") | not) or .event == "lost" or (.lost // 0) > 0'
	check "v$F: events: no keys, whole lines of JSON" events 0 'tostring | test("key\"")'
	monitor_stop
}

# --- other ends ---------------------------------------------------------------------------------

# A client that is killed with data unread sends MP_FASTCLOSE.
fast_closed()
{
	fresh "policy set default allow"
	pair a "$S" 5001 --bytes 1000 --receive 100000000 --rate 1000000
	wait_for 10 looks_so '(.[0].subflows | length) == 2' client "$C" state confirmed
	signal_client STOP a
	sleep 0.3
	signal_client KILL a
	check "v$F: a client that is killed: closed by its MP_FASTCLOSE" \
		soon '[.[] | select(.how == "fastclose")] | length == 1' client "$C" state closed
	pair_end a >/dev/null
	check "v$F: the server's application knows" is ECONNRESET "$(xfer_get error "$SERVER")"
}

timed_out()
{
	fresh "policy set session-timeout 2"
	endpoints "$NS_C"
	pair a "$S" 5001 --bytes 1000 --hold 100
	check "v$F: an idle session" soon '.[0].state == "confirmed"' client "$C" state confirmed
	check "v$F: is forgotten after session-timeout" \
		soon '[.[] | select(.how == "timeout")] | length == 1' client "$C" state closed
	check "v$F: timeout: counted" test "$(counter session-timeout)" = 1
	check "v$F: timeout: the hosts do not notice" unharmed a
	endpoints "$NS_C" "$CLIENT4_2 subflow" "$CLIENT6_2 subflow"
}

# The client has closed its direction, and the server goes on, with pauses.
half_closed()
{
	local states=

	fresh "policy set session-timeout 3"
	pair a "$S" 5001 --bytes 1000 --receive 30000 --rate 1000 --half-close
	check "v$F: half-closed: the client has sent a DATA_FIN" \
		soon '.[0].flags | index("client-data-fin")' client "$C" state confirmed
	for _ in 1 2 3 4; do
		sleep 0.8
		look client "$C"
		states+=$(value '[.[] | select(.how != "timeout" and .how != "fastclose") | .state] | unique | join("+")')" "
	done
	check "v$F: half-closed: it stays, its subflows, too" is "confirmed confirmed confirmed confirmed " \
		"$states"
	check "v$F: half-closed: byte-exact" unharmed a
	check "v$F: half-closed: then it is closed, every byte counted" soon '[.[] | select(.how == "data-fin" and
		."server-data" == 30000)] | length == 1' client "$C" state closed
}

# --- fallback -----------------------------------------------------------------------------------

# fallen SIGN FLAG...: a session that falls back while data flows, for a reason that is beyond the gateway
fallen()
{
	local sign=$1

	fresh "policy set default allow"
	endpoints "$NS_C"
	monitor_start
	pair a "$S" 5001 --rate 20000 --duration 60
	check "v$F: $sign: a session" soon '.[0].state == "confirmed"' client "$C" state confirmed
	ID=$(value '.[0].id')
	ns_s nft -f -
	check "v$F: $sign: in fallback, and the sign" \
		soon ".[0].state == \"fallback\" and .[0].fallback == \"$sign\"" id "$ID"
	sleep 0.5
	hurry a
	pair_end a >/dev/null
	check "v$F: $sign: so say the hosts" is "yes yes" \
		"$(xfer_get fallback "$CLIENT") $(xfer_get fallback "$SERVER")"
	check "v$F: $sign: ended with its connection" \
		soon '.[0].state == "closed" and .[0].how == "fallback"' id "$ID"
	check "v$F: $sign: its subflow ended, too" soon '.[0].subflows | length == 1 and .[0].state == "closed"' \
		id "$ID"
	check "v$F: $sign: events" events 1 \
		".event == \"session-fallback\" and .session.id == $ID and .session.fallback == \"$sign\""
	check "v$F: $sign: events: how it ended" events 1 \
		".event == \"session-closed\" and .session.id == $ID and .session.how == \"fallback\""
	monitor_stop
	ns_s nft flush ruleset
	endpoints "$NS_C" "$CLIENT4_2 subflow" "$CLIENT6_2 subflow"
}

checksums()
{
	ns_c sysctl -qw "net.mptcp.checksum_enabled=$1" && ns_s sysctl -qw "net.mptcp.checksum_enabled=$1"
}

fallbacks()
{
	fallen no-dss <<-'N'
		table inet strip {
			chain in { type filter hook prerouting priority raw; reset tcp option mptcp; }
			chain out { type filter hook output priority raw; reset tcp option mptcp; }
		}
	N
	# one segment is spoilt, so that its DSS checksum does not fit: the server answers with MP_FAIL
	checksums 1
	fallen mp-fail <<-'N'
		table inet spoil {
			chain in {
				type filter hook prerouting priority raw
				tcp dport 5001 meta length > 170 limit rate 1/hour burst 1 packets @th,720,16 set 0x4142
			}
		}
	N
	checksums 0
	check "v$F: mp-fail: the checksum flag is known" holds '.[0].flags | index("checksum")'
}

# --- filters ------------------------------------------------------------------------------------

# One session of each family from the first address, one more of IPv4 from the second
filters()
{
	local id4 id6 id2 token name

	fresh "policy set default allow" "site add $SERVER4/32 allow"
	endpoints "$NS_C"
	pair v4 "$SERVER4" 5001 --bytes 1000 --hold 100
	pair v6 "$SERVER6" 5002 --bytes 1000 --hold 100
	pair two "$SERVER4" 5003 --bytes 1000 --hold 100 --bind "$CLIENT4_2"
	check "filters: three sessions" soon 'length == 3' state confirmed
	id4=$(value ".[] | select(.\"server-port\" == 5001) | .id")
	id6=$(value ".[] | select(.\"server-port\" == 5002) | .id")
	id2=$(value ".[] | select(.\"server-port\" == 5003) | .id")
	check "filters: in the order of their ids" holds '[.[].id] | . == sort'
	check "filters: the entry that the start matched is the site" holds \
		"[.[] | select(.id == $id4 or .id == $id2) | .site] | unique == [\"$SERVER4\"]" \
		".[] | select(.id == $id6) | .site == \"default\""
	check "filters: id" list_is "$id6" id "$id6"
	for token in server-token client-token; do
		token=$(value ".[] | select(.id == $id2) | .\"$token\"")
		check "filters: token" list_is "$id2" token "$token"
		check "filters: token, decimal" list_is "$id2" token "$((token))"
	done
	check "filters: a token of nobody" list_is "" token 0x1
	check "filters: site, a prefix" list_is "$id4 $id2" site 10.2.0.0/16 state confirmed
	check "filters: site, an address" list_is "$id6" site "$SERVER6" state confirmed
	check "filters: client" list_is "$id2" client "$CLIENT4_2" state confirmed
	check "filters: client, a prefix" list_is "$id6" client fd01::/16 state confirmed
	check "filters: and" list_is "$id4" site 10.2.0.0/16 client "$CLIENT4" state confirmed
	check "filters: and, of which one does not hold" list_is "" id "$id4" client "$CLIENT4_2"
	check "filters: state" list_is "" state fallback
	check "filters: younger" list_is "$id4 $id6 $id2" age '<1h' state confirmed
	check "filters: older" list_is "" age '>1h' state confirmed
	check "filters: none is denied" list_is "" denied
	check "filters: get" is "$id2" "$(mb -j session get id "$id2" | jq 'if type == "array" then .[0] else . end | .id')"
	check "filters: get what is not there" fails_saying 2 "$((id2 + 1000))" session get id $((id2 + 1000))
	check "filters: a word that is none" fails_saying 1 colour session list colour red
	check "filters: a person reads addresses, state and tokens" table_has "$id2" "$CLIENT4_2" confirmed
	for name in v4 v6 two; do
		signal_client KILL $name
	done
	check "filters: without the hosts, they end" soon 'length == 0' state confirmed
}

# list_is "ID..." FILTER...: for check
list_is()
{
	local want=$1

	shift
	is "$(xargs -n1 <<<"$want" | sort -n | xargs)" \
		"$(mb -j session list "$@" | jq -r '.[].id' | sort -n | xargs)"
}

# fails_saying STATUS WORD MBCTL'S ARGS...: for check; one line, with this word
fails_saying()
{
	local status=$1 word=$2 said got

	shift 2
	said=$(mb "$@" 2>&1 >/dev/null)
	got=$?
	is "$status" "$got" && [[ $said == *"$word"* && $said != *$'\n'* ]] && return
	echo "said: $said"
	return 1
}

# table_has ID WORD...: for check; each word is in the text about this session
table_has()
{
	local text word

	text=$(mb session list id "$1")
	for word in "$@"; do
		[[ $text == *"$word"* ]] || { echo "no $word in:"; echo "$text"; return 1; }
	done
}

flushed()
{
	mb policy flush && mb policy set default allow && how_many 0
}

# ---------------------------------------------------------------------------------------------

check "the module is loaded" load_module
topo_up
for family in 4 6; do
	family $family
	two_paths
done
for family in 4 6; do
	family $family
	half_closed
	fast_closed
	timed_out
	fallbacks
done
filters
check "no session is left when the policy is flushed" flushed
topo_down
