#!/bin/bash
# timeout: 400
# Joins of real hosts into known sessions and into ones whose start the gateway did not see; over
# other addresses, of the other family, opened by the server; and after the only subflow has gone.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/sessions.sh
. "$SELFTESTS/sessions.sh"
plan 107

# counts NAME=N...: for check; these counters, since they were reset
counts()
{
	local pair got=()

	for pair; do
		got+=("${pair%%=*}=$(counter "${pair%%=*}")")
	done
	is "$*" "${got[*]}"
}

# Each join comes from a client's address of its own, which the client's path manager is given now.
next_address()
{
	client_address $((last_address += 1))
}
last_address=10

# both_join: orphan and known session try to join from a new address, A, under the present policy
both_join()
{
	mb stats reset
	next_address
	add_endpoints "$NS_C" "$A subflow"
	wait_for 5 both_tried
}

both_tried()
{
	local known orphans

	known=$(counter join-known) orphans=$(counter join-orphan)
	[ $((${known:-0} + ${orphans:-0})) -ge 2 ]
}

# joined PORT ADDRESS: for check; the client has a subflow from this address to this port
joined()
{
	wait_for 5 is_joined "$@" || { in_ns "$NS_C" ss -Htn; return 1; }
}

is_joined()
{
	ns_c ss -Htni state established src "$(ss_address "$2")" dport = ":$1" 2>/dev/null | grep -q tcp-ulp-mptcp
}

# not_joined PORT ADDRESS: for check; it has none, a moment later
not_joined()
{
	sleep 0.3
	! is_joined "$@"
}

neither_joined()
{
	not_joined 5001 "$1" && not_joined 5002 "$1"
}

# --- orphans and known joins ---------------------------------------------------------------------

# A session that began before the gateway was armed, at port 5001, and one that began after, at 5002.
orphan_and_known()
{
	local token

	mb policy flush
	endpoints "$NS_C"
	pair orphan "$S" 5001 --rate 20000 --duration 60 --local-port "4200$F"
	wait_for 5 has_subflow 5001
	mb policy set orphan reset orphan-grace 0
	pair known "$S" 5002 --rate 20000 --duration 60
	check "v$F: the session that began before is not known" soon 'length == 1 and .[0]."server-port" == 5002' \
		client "$C"
	token=$(host_token "$NS_S" "4200$F")
	monitor_start
	# of IPv6, the 13th byte of TCP, which follows at once
	capture_start "$NS_G" g2 "$TMP/g2.pcap" "tcp[tcpflags] & tcp-rst != 0 or (ip6[6] == 6 and ip6[53] & 4 != 0)"
	both_join
	check "v$F: orphan reset: the known join is let in" joined 5002 "$A"
	check "v$F: orphan reset: the orphan is not" not_joined 5001 "$A"
	check "v$F: orphan reset: counted" counts join-known=1 join-orphan=1 join-graced=0 \
		exit-reset-orphan=1 exit-reset-join=0 subflow-joined=1 reset-sent=1
	check "v$F: orphan reset: who was refused, and why" refused_last "$A" 5001 "$token"
	check "v$F: orphan reset: an event tells, too" events 1 ".event == \"subflow-refused\" and
		.refusal.cause == \"orphan\" and .refusal.source == \"$A\" and .refusal.token == \"$token\""
	capture_stop
	check "v$F: orphan reset: the RST names an administrator's decision" \
		wire_has 1 "$TMP/g2.pcap" flags=RA mptcp=MP_TCPRST/3
	monitor_stop

	mb policy set join reset orphan accept
	both_join
	check "v$F: join reset orphan accept: the orphan is let in" joined 5001 "$A"
	check "v$F: join reset orphan accept: the known join is not" not_joined 5002 "$A"
	check "v$F: join reset orphan accept: counted" counts join-known=1 join-orphan=1 \
		exit-reset-orphan=0 exit-reset-join=1 subflow-joined=0

	mb policy set join reset orphan as-join
	both_join
	check "v$F: orphan as-join, join reset: neither" neither_joined "$A"
	check "v$F: orphan as-join, join reset: counted" counts join-known=1 join-orphan=1 exit-reset-join=2
	mb policy set join accept
	both_join
	check "v$F: orphan as-join, join accept: the known one" joined 5002 "$A"
	check "v$F: orphan as-join, join accept: the orphan" joined 5001 "$A"

	mb policy set orphan drop
	both_join
	check "v$F: orphan drop: the known join is let in" joined 5002 "$A"
	check "v$F: orphan drop: the orphan is not" not_joined 5001 "$A"
	check "v$F: orphan drop: counted" test "$(counter exit-drop-orphan)" -ge 1

	check "v$F: the known session has what was let in" soon \
		'[.[0].subflows[] | select(.state == "live")] | length == 4' client "$C"
	check "v$F: the orphan's is byte-exact" unharmed orphan
	check "v$F: the known one is byte-exact" unharmed known
}

has_subflow()
{
	ns_c ss -Htni state established dport = ":$1" 2>/dev/null | grep -q tcp-ulp-mptcp
}

# refused_last SOURCE PORT TOKEN: for check; the last entry of mbctl refused
refused_last()
{
	SESSIONS=$(mb -j refused list)
	holds '.[-1].cause == "orphan" and .[-1].verdict == "reset" and .[-1].segment == "syn"' \
		".[-1].source == \"$1\"" ".[-1].\"destination-port\" == $2" ".[-1].destination == \"$S\"" \
		".[-1].token == \"$3\"" '.[-1].site == "default"' '.[-1] | has("session") | not' &&
	[[ $(mb refused list | tail -n 1) == *orphan*"$1"*"$S"*"$3"* ]]
}

grace()
{
	mb policy flush
	endpoints "$NS_C"
	pair a "$S" 5001 --rate 20000 --duration 60
	wait_for 5 has_subflow 5001
	mb policy set orphan reset orphan-grace 3
	mb stats reset
	check "v$F: grace: status tells" grace_left
	next_address
	add_endpoints "$NS_C" "$A subflow"
	check "v$F: grace: an orphan is let in" joined 5001 "$A"
	check "v$F: grace: counted" counts join-orphan=1 join-graced=1 exit-reset-orphan=0
	wait_for 10 no_grace_left
	next_address
	add_endpoints "$NS_C" "$A subflow"
	wait_for 5 counts join-orphan=2
	check "v$F: grace: over: an orphan is not let in" not_joined 5001 "$A"
	check "v$F: grace: over: counted" counts join-orphan=2 join-graced=1 exit-reset-orphan=1
	check "v$F: grace: byte-exact" unharmed a
}

grace_left() { mb -j status | jq -e '.grace >= 1 and .grace <= 3'; }
no_grace_left() { ! mb -j status | jq -e '.grace > 0'; }

# --- other addresses, the server as opener -------------------------------------------------------

# The session's server is S, a further join goes to S2.
other_addresses()
{
	fresh "policy set default deny orphan reset orphan-grace 0" "site add $S allow"
	endpoints "$NS_C"
	endpoints "$NS_S"
	pair a "$S" 5001 --rate 20000 --duration 60
	check "v$F: other addresses: a session" soon '.[0].state == "confirmed"' client "$C" state confirmed
	ID=$(value '.[0].id')
	add_endpoints "$NS_S" "$S2 signal"
	check "v$F: to an address that is denied by default: judged by its session's site" soon \
		"[.[0].subflows[] | select(.server == \"$S2\" and .state == \"live\")] | length == 1" id "$ID"
	check "v$F: to another address: its id" holds \
		".[0].subflows[] | select(.server == \"$S2\") | .\"server-address-id\" > 0" \
		".[0].server == \"$S\"" ".[0].site == \"$S\""

	mb site add "$S2" allow join reset
	rejoin_server
	check "v$F: the other address's own join setting does not matter" joined_server
	mb site replace "$S2" deny
	mb stats reset
	rejoin_server
	check "v$F: an explicit deny of the other address does" wait_for 5 counts exit-reset-site=1
	check "v$F: it is not let in" server_not_joined
	mb site del "$S2"
	mb site replace "$S" allow join reset
	mb stats reset
	rejoin_server
	check "v$F: its session's join setting does" wait_for 5 counts exit-reset-join=1
	check "v$F: it is not let in, either" server_not_joined
	check "v$F: other addresses: byte-exact" unharmed a
	endpoints "$NS_S"
}

# The server takes its announcement back, which ends the subflow, and repeats it.
rejoin_server()
{
	endpoints "$NS_S"
	wait_for 5 server_not_joined
	add_endpoints "$NS_S" "$S2 signal"
}

server_joined() { ns_c ss -Htni state established dst "$(ss_address "$S2")" 2>/dev/null | grep -q tcp-ulp-mptcp; }
server_not_joined() { ! server_joined; }
joined_server() { wait_for 5 server_joined; }

# The client announces an address and a port; the server, which may, joins it. An announcement that is
# there before the session sometimes arrives before the server is ready for it.
announced()
{
	local timestamps

	# an IPv6 address, a port and an HMAC leave no room for timestamps
	timestamps=$(ns_c sysctl -n net.ipv4.tcp_timestamps)
	ns_c sysctl -qw net.ipv4.tcp_timestamps=$((F == 4))
	fresh "policy set default allow orphan reset orphan-grace 0"
	endpoints "$NS_C"
	ip -n "$NS_S" mptcp limits set subflows 8 add_addr_accepted 8
	pair a "$S" 5001 --rate 20000 --duration 60
	wait_for 10 looks_so 'length == 1' client "$C" state confirmed
	add_endpoints "$NS_C" "$C2 signal port 700$F"
	# once more where the hosts have missed it
	wait_for 5 looks_so '.[0].subflows | length == 2' client "$C" ||
		{ endpoints "$NS_C" && add_endpoints "$NS_C" "$C2 signal port 700$F"; }
	check "v$F: opened by the server: a subflow" soon \
		"[.[0].subflows[] | select(.opener == \"server\" and .state == \"live\")] | length == 1" client "$C"
	check "v$F: opened by the server: which" holds ".[0].subflows[1].client == \"$C2\"" \
		".[0].subflows[1].\"client-port\" == 700$F" ".[0].subflows[1].server == \"$S\"" \
		".[0].client == \"$C\"" '.[0].subflows[0].opener == "client"'
	check "v$F: opened by the server: the server's own port" is \
		"$(ns_s ss -Htn dport = ":700$F" | awk '{ sub(/.*:/, "", $4); print $4 }')" \
		"$(value '.[0].subflows[1]."server-port"')"
	check "v$F: opened by the server: counted" counts join-known=1 join-orphan=0 subflow-joined=1
	check "v$F: opened by the server: byte-exact" unharmed a
	ip -n "$NS_S" mptcp limits set subflows 8 add_addr_accepted 0
	endpoints "$NS_C"
	ns_c sysctl -qw net.ipv4.tcp_timestamps="$timestamps"
}

# From another address of the server to the client's first address and port, where somebody listens.
server_opens()
{
	fresh "policy set default allow orphan reset orphan-grace 0"
	endpoints "$NS_C"
	pair a "$S" 5001 --rate 20000 --duration 60 --local-port "600$F"
	check "v$F: from the server's second address: a session" soon '.[0].state == "confirmed"' client "$C" state confirmed
	ID=$(value '.[0].id')
	rm -f "$TMP/listener"
	ip netns exec "$NS_C" "$XFER_BIN" server "-$F" --port "600$F" >"$TMP/listener" 2>&1 &
	LISTENER=$!
	wait_for 5 grep -q ^ready "$TMP/listener"
	add_endpoints "$NS_S" "$S2 subflow"
	check "v$F: from the server's second address" soon \
		"[.[0].subflows[] | select(.opener == \"server\" and .server == \"$S2\" and .client == \"$C\" and
			.\"client-port\" == 600$F and .state == \"live\")] | length == 1" id "$ID"
	mb site add "$S2" deny
	mb stats reset
	endpoints "$NS_S" "$S2 subflow"
	check "v$F: from the server's second address, which is denied now" wait_for 5 counts exit-reset-site=1
	check "v$F: from the server's second address: byte-exact" unharmed a
	kill "$LISTENER"
	endpoints "$NS_S"
}

# other_family ADDRESS JOINED: a session over one family is joined over the other
other_family()
{
	local what="v4 joined by v6"

	[[ $2 == *:* ]] || what="v6 joined by v4"
	fresh "policy set default allow orphan reset orphan-grace 0"
	endpoints "$NS_C"
	pair a "$1" 5001 --rate 20000 --duration 60 --dual
	wait_for 10 looks_so 'length == 1' state confirmed
	add_endpoints "$NS_S" "$2 signal"
	check "$what" soon "[.[0].subflows[] | select(.server == \"$2\" and .state == \"live\")] | length == 1" \
		state confirmed
	check "$what: one session" holds 'length == 1' '.[0].subflows | length == 2' \
		".[0].server == \"${1#::ffff:}\""
	check "$what: counted" counts join-known=1 join-orphan=0 subflow-joined=1
	check "$what: byte-exact" unharmed a
	endpoints "$NS_S"
}

# --- break before make ---------------------------------------------------------------------------

# The only subflow goes, twenty seconds later the client joins from another address; both families
# meanwhile. The last transfer of this script: its sessions stay detached.
break_before_make()
{
	local family
	declare -A from

	fresh "policy set default allow orphan reset orphan-grace 0"
	endpoints "$NS_C"
	for family in 4 6; do
		family $family
		pair "bbm$F" "$S" 5001 --bytes 40000 --rate 20000 --hold 30
	done
	check "break before make: two sessions" soon 'length == 2' state confirmed
	sleep 1
	for family in 4 6; do
		family $family
		ns_c ss -K "-$F" state established dport = :5001 src "$(ss_address "$C")" >/dev/null
		check "v$F: break before make: no subflow is left" soon \
			'.[0].state == "detached" and .[0].subflows[0].how == "rst"' client "$C"
	done
	sleep 20
	for family in 4 6; do
		family $family
		next_address
		from[$F]=$A
		add_endpoints "$NS_C" "$A subflow"
	done
	for family in 4 6; do
		family $family
		check "v$F: break before make: the join is known, the session lives" soon \
			'.[0].state == "confirmed"' client "$C"
		check "v$F: break before make: over the new subflow" holds \
			"[.[0].subflows[] | select(.state == \"live\") | .client] == [\"${from[$F]}\"]"
		check "v$F: break before make: byte-exact" unharmed "bbm$F"
	done
	check "break before make: counted" counts join-known=2 join-orphan=0 exit-reset-orphan=0
}

# ---------------------------------------------------------------------------------------------

check "the module is loaded" load_module
topo_up servers=2
ip -n "$NS_C" mptcp limits set subflows 8 add_addr_accepted 8
endpoints "$NS_S"
for family in 4 6; do
	family $family
	orphan_and_known
	grace
	other_addresses
	announced
	server_opens
done
other_family "::ffff:$SERVER4" "$SERVER6_2"
other_family "$SERVER6" "$SERVER4_2"
break_before_make
topo_down
