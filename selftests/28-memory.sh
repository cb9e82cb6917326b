#!/bin/bash
# Sessions leave no memory behind: forgotten with the policy, with the module, with the namespace; and
# ten thousand of them do not keep anybody waiting. v4 and v6.
# timeout: 600
# shellcheck disable=SC2119	# load_module needs no parameters
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"
# shellcheck source=selftests/memory.sh
. "$SELFTESTS/memory.sh"
plan 17

CYCLES=6 SESSIONS=10000

# every_kind: sessions in every state, joins, and what was refused
every_kind()
{
	local family

	for family in 4 6; do
		family $family
		[ "$F" = 4 ] && C2=$CLIENT4_2 || C2=$CLIENT6_2
		begin a x && play "open x" "confirm x" && join_conn j a && play "join j" \
			"conn k a $C2 $((port += 1)) $S 80" "send k c S join" "send k s SA join" \
			"conn l a $C2 $((port += 1)) $S 80" "send l c S join" \
			"conn m a $C2 $((port += 1)) $S 80" "send m c S token=7 join" || return
		begin b y && forge 12 y && play "open y" && forge 12 y && play "confirm y" \
			"send y c A fastclose" || return
		begin c z && play "open z" "confirm z" "fin z" || return
		begin d w && play "open w" "confirm w" "send w c A fail" "send w c PA len=9" || return
		play "flood sessions 300 11.0.0.0/8 $SERVER4 80" "flood acks 300 fd11::/16 $SERVER6 80" \
			"flood joins 300 11.0.0.0/8 $SERVER4 80" || return
		mb session reset "$C" 999 "$S" 80 >/dev/null || return
	done
	# nobody answers: the gateway goes on trying
	timeout 0.5 "$MBCTL" -n "$NS_G" session close token "$TOKEN" >/dev/null 2>&1
	[ "$(status sessions)" -gt 200 ]
}

# forge N CONNECTION: third ACKs with keys of somebody else
forge()
{
	local i

	for ((i = 0; i < $1; i++)); do
		play "session forger" "send $2 c A forged keys=forger mpc" || return
	done
}

# cycle N: the sessions go with the policy, with the module, or while they are closed
cycle()
{
	load_module && mb policy set default allow max-sessions 500 orphan reset orphan-grace 0 &&
	every_kind || return
	case $(($1 % 3)) in
	0)	mb policy flush && rmmod mptcp_mb;;
	1)	rmmod mptcp_mb;;
	2)	mb policy set max-sessions 10 && mb policy flush && mb policy set default allow &&
		rmmod mptcp_mb;;
	esac
}

cycles()
{
	local i

	for ((i = 0; i < $1; i++)); do
		cycle $i || { echo "at cycle $i"; return 1; }
	done
}

test_cycles()
{
	local before

	check "$CYCLES times loaded, used and unloaded" cycles $CYCLES
	before=$(memory)
	check "and once more" cycles $CYCLES
	check "no memory is lost" no_loss "$before" 80 cycles $CYCLES
	note "grew by $GREW"
}

# Within one load: a session that is forgotten is gone, whatever it was.
test_flush()
{
	local before

	load_module
	mb policy set default allow
	fill && mb policy flush
	before=$(memory)
	fill
	check "$SESSIONS sessions show there" grown "$before" $((SESSIONS * 200))
	note "$(($(session_bytes "$before") / SESSIONS)) bytes a session"
	mb policy flush
	check "policy flush gives it back" no_loss "$before" 200 fill_and_flush
	note "grew by $GREW"
	rmmod mptcp_mb
}

fill()
{
	mb policy set default allow max-sessions $SESSIONS &&
	play "flood sessions $((SESSIONS / 2)) 11.0.0.0/8 $SERVER4 80" \
		"flood sessions $((SESSIONS / 2)) fd11::/16 $SERVER6 80" &&
	is "$SESSIONS 0" "$(status sessions) $(status unconfirmed)"
}

fill_and_flush()
{
	fill && mb policy flush
}

session_bytes()
{
	local a b

	read -ra a <<<"$1"
	read -ra b <<<"$(memory)"
	echo $((b[1] - a[1]))
}

# took SECONDS COMMAND...: for check; TOOK is how many ms
took()
{
	local begin=${EPOCHREALTIME/[.,]/} limit=$1

	shift
	"$@" || return
	TOOK=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
	[ $TOOK -le $((limit * 1000)) ] && return
	echo "took $TOOK ms"
	return 1
}

load_fill_unload()
{
	load_module && fill && rmmod mptcp_mb
}

test_many()
{
	local before

	before=$(memory)
	load_module
	check "$SESSIONS sessions" fill
	check "policy flush is quick" took 5 mb policy flush
	note "$TOOK ms"
	check "$SESSIONS sessions" fill
	check "rmmod is quick" took 10 rmmod mptcp_mb
	note "$TOOK ms"
	check "no memory is lost" no_loss "$before" 300 load_fill_unload
	note "grew by $GREW"

	load_module
	check "$SESSIONS sessions" fill
	before=$(($(namespaces) - 1))
	check "their namespace is deleted" ip netns del "$NS_G"
	check "it is gone soon" took 10 wait_for 20 as_many_namespaces "$before"
	note "$TOOK ms"
	check "nobody uses the module" is 0 "$(cat /sys/module/mptcp_mb/refcnt)"
	check "rmmod" rmmod mptcp_mb
}

check "topology" topo_up
ip -n "$NS_G" route add 11.0.0.0/8 via $CLIENT4
ip -n "$NS_G" -6 route add fd11::/16 via $CLIENT6
deaf
check "both hosts are played" play_start
test_cycles
test_flush
test_many
