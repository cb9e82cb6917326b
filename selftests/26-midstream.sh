#!/bin/bash
# Connections whose start the gateway did not see: the midstream setting, and session reset. All of it
# crafted, v4 and v6.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"
plan 76

# unseen CONNECTION: its session and handshake are not known to the gateway
unseen()
{
	play "session a" "conn $1 a $C $((port += 1)) $S 80 seq=1000,5000"
}

# What is midstream, and what only looks like it
midstream()
{
	local verdict=$1

	policy default allow midstream "$verdict"
	check "v$F $verdict: a session whose start is seen" each "begin a x" "play 'open x' 'confirm x'"
	join_conn j a
	check "v$F $verdict: and a join" each "play 'join j' 'send j c PA len=5 dss'" "known a live=2"
	check "v$F $verdict: are not midstream" counted midstream=0 exit-accept-data=8
	unseen y
	play "send y c R fastclose" "send y s RA tcprst"
	check "v$F $verdict: nor is a RST" counted exit-accept-data=10
	play "send y s A len=10 nodack dss" "send y c A len=10" "send y c FA"
	check "v$F $verdict: nor are DSS without data ACK, and plain TCP" counted exit-accept-data=11
}

refused()
{
	policy default allow midstream reset
	unseen x
	watch
	play "send x c PA len=10 dss"
	unwatch
	check "v$F: reset: does not arrive" seen 0 s1 flags=PA
	check "v$F: reset: the sender gets what it acknowledged" \
		seen 1 c1 "src=$S" flags=R seq=5000 tcpsum=ok opts=$RST_OPTS
	check "v$F: reset: the receiver gets what it expects" \
		seen 1 s1 "src=$C" seq=1000 tcpsum=ok opts=$RST_OPTS
	check "v$F: reset: counted" counted midstream=1 exit-reset-midstream=1 reset-sent=2
	check "v$F: reset: the cause is told" eval \
		"mb -j refused list | tr -d ' \n' | grep -q '\"segment\":\"other\",\"verdict\":\"reset\",\"cause\":\"midstream\"'"

	policy default allow midstream drop
	unseen x
	play "send x s PA len=10 dss" "send x c A remove" "send x c A fastclose"
	check "v$F: drop" counted midstream=3 exit-drop-midstream=3 reset-sent=0

	policy default allow
	unseen x
	watch
	play "send x s PA len=10 dss" "send x c A remove"
	unwatch
	check "v$F: accept is what it begins with" each "seen 1 c1 flags=PA" "seen 1 s1 flags=A"
	check "v$F: and counted" counted midstream=2 exit-accept-data=2

	mb policy set mode observe midstream reset
	play "send x s PA len=10 dss"
	check "v$F: observe" counted exit-accept-data=3 would-reset-midstream=1
}

# refuses WORDS COMMAND...: for check; mbctl fails and says so in one line
refuses()
{
	local words=$1 said

	shift
	said=$("$@" 2>&1) && { echo "no error: $said"; return 1; }
	[[ $said == *"$words"* && $said != *$'\n'* ]] && return
	echo "want one line with '$words', got: $said"
	return 1
}

session_reset()
{
	policy default allow
	unseen x
	play "send x c PA len=10 dss"
	check "v$F: session reset" mb session reset "$S" 80 "$C" "$port"
	check "v$F: it is listed until its next segment" \
		each "sessions_are 1 client $C" "session_has flag=keyless live=1"
	watch
	play "send x c PA len=10 dss"
	unwatch
	check "v$F: which is answered at both ends" each "seen 1 c1 opts=$RST_OPTS seq=5000" \
		"seen 1 s1 opts=$RST_OPTS seq=1010"
	check "v$F: and goes no further" each "seen 0 s1 flags=PA" "counted exit-drop-closing=1"

	unseen x
	check "v$F: session reset, either end first" mb session reset "$C" "$port" "$S" 80
	watch
	play "send x s A len=3"
	unwatch
	check "v$F: a segment without MPTCP is answered, too" each "seen 1 c1 opts=$RST_OPTS seq=5000" \
		"seen 1 s1 opts=$RST_OPTS seq=1000" "seen 0 c1 flags=A"

	begin a x
	play "open x" "confirm x"
	check "v$F: a known connection is not reset by this" refuses "session" \
		mb session reset "$S" 80 "$C" "$port"
	check "v$F: and is as it was" known a state=confirmed live=1
	mb policy set mode observe
	check "v$F: observe touches nothing" refuses "mode observe touches nothing" \
		mb session reset "$S" 80 "$C" 9
	check "v$F: closes nothing" refuses "mode observe touches nothing" \
		mb session close token "$TOKEN"
	mb policy set mode bypass
	check "v$F: bypass sees nothing" refuses "mode bypass sees nothing" \
		mb session reset "$S" 80 "$C" 9
	mb policy set mode enforce
	check "v$F: bypass keeps the sessions" known a state=confirmed
	mb policy flush
	mb policy set default allow
	check "v$F: flush forgets them" unknown a
}

# shellcheck disable=SC2119	# no arguments are meant
load_module
check "topology" topo_up
deaf
check "both hosts are played" play_start
for family in 4 6; do
	family $family
	[ "$F" = 4 ] && C2=$CLIENT4_2 || C2=$CLIENT6_2
	for verdict in accept reset drop; do
		midstream $verdict
	done
	refused
	session_reset
done
