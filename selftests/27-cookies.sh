#!/bin/bash
# What takes minutes. A server under SYN cookies makes an MPTCP session from the third ACK alone: a
# client that insists gets one past a denied site whose SYN was stripped, unless the gateway resets it,
# which it does once no policy change can have overtaken a handshake. Meanwhile: what is forgotten of
# sessions, and when. v4 and v6.
# timeout: 400
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"
plan 50

# --- SYN cookies -------------------------------------------------------------------------------------

# handshake PORT: SYN with MP_CAPABLE; then, with the server's sequence number from the SYN/ACK, an ACK
# with both keys, of which the server's is made up: another each time, for a key makes a token, and a
# token is one session's
handshake()
{
	local seq

	watch
	from_c "$1" 5001 --options 1e040101 --seq 1000
	unwatch
	find c1 flags=SA "dport=$1"
	seq=$(xfer_get seq "${FOUND[0]}")
	[ -n "$seq" ] || return
	watch
	from_c "$1" 5001 --flags A --seq 1001 --ack $(((seq + 1) & 0xffffffff)) \
		--options "1e140101 1111111122222222 33333333444$F$1"
	unwatch
}

at_server()
{
	mib "$NS_S" MPTcpExtMPCapableACKRX
}

# server_has BEFORE N: for check; so many sessions more
server_has()
{
	is "$2" $(($(at_server) - $1))
}

cookies_before()
{
	local before

	before=$(at_server)
	check "v$F: no policy: SYN/ACK and ACK" handshake 7001
	check "v$F: no policy: the server makes a session of it" wait_for 5 server_has "$before" 1
}

cookies_early()
{
	local before

	before=$(at_server)
	check "v$F: denied just now: SYN/ACK and ACK" handshake 7002
	check "v$F: denied just now: the start may have been allowed, it is let go on" \
		wait_for 5 server_has "$before" 1
	check "v$F: denied just now: no session is learnt" sessions_are 0 client "$C" site "$S" age "<1"
}

cookies_late()
{
	local before

	before=$(at_server)
	mb stats reset
	check "v$F: denied for two minutes: SYN/ACK and ACK" handshake 7003
	check "v$F: denied for two minutes: server and client are told" each \
		"seen 1 s1 dport=5001 sport=7003 flags=RA opts=$RST_OPTS" \
		"seen 1 c1 sport=5001 dport=7003 opts=$RST_OPTS"
	check "v$F: denied for two minutes: the server makes no session" server_has "$before" 0
	check "v$F: denied for two minutes: counted" \
		counted exit-strip-default=1 exit-reset-default=1 session-learnt=0
}

# --- what is forgotten -------------------------------------------------------------------------------

# sessions of all kinds; the server is deaf to port 80
sessions_begin()
{
	local f=$F

	begin "u$f" "u$f"			# never confirmed
	play "open u$f"
	begin "r$f" "r$f"			# without a subflow
	play "open r$f" "confirm r$f" "send r$f c R"
	begin "c$f" "c$f"			# closed
	play "open c$f" "confirm c$f" "send c$f c A fastclose"
	begin "i$f" "i$f"			# idle
	play "open i$f" "confirm i$f"
	join_conn "p$f" "i$f"
	play "send p$f c S join"		# a join that does not come to be
	mb session reset "$C" 999 "$S" 80
	check "v$F: not confirmed" known "u$f" state=unconfirmed
	check "v$F: without subflow" known "r$f" state=detached live=0 closed=1
	check "v$F: closed" known "c$f" state=closed how=fastclose
	check "v$F: with a join under way" known "i$f" state=confirmed pending=1
	check "v$F: without keys" keyless 1
}

# keyless N: for check; so many wait for their reset
keyless()
{
	list && is "$1" "$(jq --arg a "$C" '[.[] | select(.state == "closing" and (.client == $a or .server == $a)) |
		.flags[] | select(. == "keyless")] | length' <<<"$LISTED")"
}

at_20()
{
	check "v$F, 20 s: the join is given up" known "i$F" state=confirmed pending=0
	check "v$F, 20 s: nothing else changed" each "known u$F state=unconfirmed" \
		"known r$F state=detached" "known c$F state=closed"
}

at_75()
{
	check "v$F, 75 s: what was closed is forgotten" unknown "c$F"
	check "v$F, 75 s: no subflow came, the session has ended" known "r$F" state=closed how=rst
	check "v$F, 75 s: what was to be reset is not waited for" keyless 0
	check "v$F, 75 s: others are not" each "known u$F state=unconfirmed" "known i$F state=confirmed"
}

at_135()
{
	check "v$F, 135 s: who was never confirmed has ended" known "u$F" state=closed how=timeout
	check "v$F, 135 s: what had no subflow is forgotten" unknown "r$F"
	check "v$F, 135 s: session-timeout" known "i$F" state=closed how=timeout
	check "v$F, 135 s: counted" test "$(counter session-timeout)" -ge 2
}

# at SECOND FUNCTION: for both families, so long after the policy was made
at()
{
	local left=$((begin + $1 - SECONDS)) family

	[ $left -le 0 ] || sleep $left
	for family in 4 6; do
		family $family
		[ "$F" = 4 ] && C2=$CLIENT4_2 || C2=$CLIENT6_2
		"$2"
	done
}

# shellcheck disable=SC2119	# no arguments are meant
load_module
check "topology" topo_up
# the client's kernel knows nothing of the connections and must not reset them
ns_c nft -f - <<-'N'
	table inet deaf {
		chain pre {
			type filter hook prerouting priority raw
			tcp sport { 80, 5001 } drop
		}
	}
N
ns_s nft -f - <<-'N'
	table inet deaf {
		chain pre {
			type filter hook prerouting priority raw
			tcp dport 80 drop
		}
	}
N
check "both hosts are played" play_start
xfer_serve -4 -p 5001
xfer_serve -6 -p 5001
ns_s sysctl -qw net.ipv4.tcp_syncookies=2
begin=$SECONDS
at 0 cookies_before
apply "policy set default deny session-timeout 100" "site add $SERVER4 port 80 allow" \
	"site add $SERVER6 port 80 allow"
at 0 sessions_begin
begin=$SECONDS
at 0 cookies_early
at 20 at_20
at 75 at_75
at 135 at_135
at 135 cookies_late
