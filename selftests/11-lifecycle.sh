#!/bin/bash
# timeout: 900
# The module comes and goes while traffic flows, with policies armed in several namespaces, with
# namespaces that are deleted, with sockets that hold transactions and dumps: nothing breaks, nothing
# stays behind. v4 and v6.
# shellcheck disable=SC2119	# load_module needs no parameters
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/memory.sh
. "$SELFTESTS/memory.sh"
plan 47

HOLD=$TOP/build/hold
CYCLES=100 REPLACEMENTS=50 SITES=20000 NAMESPACES=16

at() { "$MBCTL" -n "$@"; }

gone() { ! module_loaded; }

# sites FIRST N: N entries
sites()
{
	seq "$1" $(($1 + $2 - 1)) |
		awk '{ printf "site add 10.%d.%d.%d deny timeout 1000 comment \"entry %d\"\n",
			$1 / 65536 + 64, $1 / 256 % 256, $1 % 256, $1 }'
}

# What a gateway may have: everything that it could do to segments that begin something, and to the
# server's announcements. A session that was there before feels none of it.
arm()
{
	local netns

	for netns; do
		printf '%s\n' "policy set default deny join reset add-addr block malformed drop local on" \
			"site add 192.0.2.0/24 allow timeout 1000" "site add 2001:db8::/32 deny fallback reset" |
			at "$netns" policy apply - >/dev/null || return
	done
}

# --- traffic ---------------------------------------------------------------------------------

# begin SECONDS: one session with two subflows for each family, true when they are there. MB_PATIENCE
# times that: what happens meanwhile takes as much longer.
begin()
{
	local family server

	for family in 4 6; do
		server=SERVER$family
		ip netns exec "$NS_C" "$XFER_BIN" client "${!server}" 5001 --rate 200000 \
			--duration $(($1 * ${MB_PATIENCE:-1})) >"$TMP/session$family" 2>&1 &
		SESSION[family]=$!
	done
	wait_for 30 four_subflows
}
SESSION=()

four_subflows() { [ "$(subflows "$NS_C")" -ge 4 ]; }

live() { kill -0 "${SESSION[4]}" && kill -0 "${SESSION[6]}" && four_subflows; }

# session_ends FAMILY: for check; byte-exact, and MPTCP to the end
session_ends()
{
	wait "${SESSION[$1]}"
	XFER=$(cat "$TMP/session$1")
	echo "$XFER"
	xfer_is verified=yes fallback=no && [ "$(xfer_get subflows)" -ge 2 ]
}

# Connections one after the other, until the file is gone
storm()
{
	touch "$TMP/storm"
	while [ -e "$TMP/storm" ]; do
		ns_c "$XFER_BIN" client $SERVER4 5001 --bytes 3000 --count 3 --timeout 40
		ns_c "$XFER_BIN" client $SERVER6 5001 --bytes 3000 --count 3 --timeout 40
	done >"$TMP/connections" 2>&1 &
	STORM=$!
}

# All of them byte-exact: at any time a connection is MPTCP or TCP. Some came, of one kind or the other.
storm_ends()
{
	rm -f "$TMP/storm"
	wait "$STORM"
	[ "$(grep -c verified=yes "$TMP/connections")" -ge 12 ] && ! grep -v verified=yes "$TMP/connections"
}

# --- the module comes and goes under traffic --------------------------------------------------

test_load_and_unload()
{
	local family

	check "sessions without the module" begin 12
	check "the module is loaded meanwhile" load_module
	check "and armed in all three namespaces" arm "$NS_C" "$NS_G" "$NS_S"
	# or the gateway would see nothing to strip
	at "$NS_C" policy set local off
	storm
	sleep 3
	check "the sessions are still there" live
	check "segments were counted" test "$(counter exit-accept-data)" -gt 10
	check "connections were stripped" test "$(counter exit-strip-default)" -gt 0
	check "rmmod under traffic" rmmod mptcp_mb
	check "the module is gone" gone
	check "the sessions have survived" live
	sleep 1
	check "connections went on all the time, byte-exact" storm_ends
	for family in 4 6; do
		check "v$family: the session is byte-exact, MPTCP, on two subflows" session_ends $family
	done
}

# Every change of hands a segment may meet: five times each, traffic all the time.
test_back_and_forth()
{
	local family

	begin 10
	storm
	check "loaded, armed and unloaded ten times under traffic" back_and_forth
	check "new connections were byte-exact all the time" storm_ends
	for family in 4 6; do
		check "v$family: the session is byte-exact, MPTCP, on two subflows" session_ends $family
	done
}

back_and_forth()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		load_module && arm "$NS_G" "$NS_S" && rmmod mptcp_mb || return
	done
}

# --- a namespace goes -------------------------------------------------------------------------

no_users() { is 0 "$(cat /sys/module/mptcp_mb/refcnt)"; }

# The gateway's, while segments pass and its entries wait for their time.
test_namespace_deleted()
{
	local before

	before=$(($(namespaces) - 1))
	load_module
	arm "$NS_G" "$NS_S"
	sites 0 2000 | sed 's/timeout 1000/timeout 2/' >"$TMP/sites"
	check "entries about to time out" at "$NS_G" policy apply "$TMP/sites"
	hold txn
	xfer_client_bg $SERVER4 5001 --rate 300000 --duration 20 --timeout 3
	sleep 1
	check "a namespace is deleted, armed, with traffic" ip netns del "$NS_G"
	let_go
	check "it is gone" wait_for 20 as_many_namespaces "$before"
	check "nobody uses the module" no_users
	check "the other namespace is still armed" grep -q '"armed": *true' <(at "$NS_S" -j status)
	kill "$XFER_CLIENT_PID"
	wait "$XFER_CLIENT_PID"
	check "rmmod" rmmod mptcp_mb
}

# --- sockets ----------------------------------------------------------------------------------

# hold WHAT...: in the background, in the gateway
hold()
{
	rm -f "$TMP/hold"
	ip netns exec "$NS_G" "$HOLD" "$@" >"$TMP/hold" 2>&1 &
	HOLD_PID=$!
	wait_for 10 grep -q ready "$TMP/hold"
}

let_go()
{
	kill -9 "$HOLD_PID"
	wait "$HOLD_PID" 2>/dev/null
	return 0
}

in_use()
{
	! rmmod mptcp_mb && module_loaded
}

test_sockets()
{
	load_module
	sites 0 3000 >"$TMP/sites"
	hold txn
	let_go
	check "a transaction ends with its process" mb policy apply "$TMP/sites"
	check "a socket and a transaction, open" hold socket txn
	check "status shows who has the transaction" grep -qE "txn.*: *$HOLD_PID\b" <(mb -j status)
	check "rmmod does not wait for them" rmmod mptcp_mb
	check "the module is gone" gone
	let_go

	load_module
	mb policy apply "$TMP/sites" >/dev/null
	check "a dump, half read" hold dump
	check "while it goes on, rmmod is refused" in_use
	check "policy and hooks are as they were" grep -q '"sites": *3000' <(mb -j status)
	let_go
	check "after it, rmmod succeeds" rmmod mptcp_mb
}

# --- memory comes back ------------------------------------------------------------------------

test_replace()
{
	local before

	load_module
	sites 0 $SITES >"$TMP/a"
	sites 100 $SITES >"$TMP/b"
	mb policy apply "$TMP/a" >/dev/null
	mb policy flush
	before=$(memory)
	mb policy apply "$TMP/a" >/dev/null
	check "$SITES entries show there" grown "$before" $((SITES * 32))
	mb policy flush
	check "policy flush gives it back" no_loss "$before" 50 fill_and_flush
	note "grew by $GREW"
	mb policy apply "$TMP/a" >/dev/null
	before=$(memory)
	check "$SITES entries replaced $REPLACEMENTS times" replace_often
	# of a table; what is lost with each replacement shows below, beyond what others take
	check "no memory is lost" no_loss "$before" 2000 replace_often
	note "grew by $GREW"
	ns_g "$TOP/build/replace" 2	# in place of the large one
	before=$(memory)
	check "1,000 small policies" small_policies
	check "no memory is lost" no_loss "$before" 300 small_policies
	note "grew by $GREW"
	rmmod mptcp_mb
}

fill_and_flush()
{
	mb policy apply "$TMP/a" >/dev/null && mb policy flush
}

small_policies()
{
	ns_g "$TOP/build/replace" 1000
}

replace_often()
{
	local i

	for ((i = 0; i < REPLACEMENTS; i += 2)); do
		mb policy apply "$TMP/b" && mb policy apply "$TMP/a" || return
	done
}

# One cycle: everything that takes memory, and traffic that uses it. Every other one, the transaction
# is still open when the module goes.
cycle()
{
	insmod "$KO" && mb policy apply "$TMP/sites" >/dev/null && hold socket txn dump || return
	ns_c "$TOP/build/craft" - <"$TMP/segments" || return
	if [ $(($1 % 2)) = 0 ]; then
		let_go
		mb policy flush && rmmod mptcp_mb
	else
		let_go
		hold txn && rmmod mptcp_mb && let_go
	fi
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

	sites 0 1000 >"$TMP/sites"
	printf 'policy set default deny join reset\nsite add any from 10.1.2.0/24 allow\n' >>"$TMP/sites"
	printf '%s\n' "c1 $MAC_c1 $MAC_g1 $CLIENT4 4001 $SERVER4 9 --options 1e040101 --count 20" \
		"c1 $MAC_c1 $MAC_g1 $CLIENT6 4001 $SERVER6 9 --options 1e040101 --count 20" \
		"c1 $MAC_c1 $MAC_g1 $CLIENT4 4100 $SERVER4 9 --options 1e0c10010102030401020304 --fragment 24" \
		>"$TMP/segments"
	load_module	# with what it needs
	rmmod mptcp_mb
	check "warm-up" cycles 6
	before=$(memory)
	check "$CYCLES times loaded, armed, used and unloaded" cycles $CYCLES
	check "no memory is lost" no_loss "$before" 80 cycles $CYCLES
	note "grew by $GREW"
}

# --- many namespaces at once ------------------------------------------------------------------

# one N: a namespace comes, is armed, judges its own connections, and is deleted with its policy
one()
{
	local netns=extra-$1

	ip netns add "$netns" && ip -n "$netns" link set lo up || return
	arm "$netns" && sites $(($1 * 1000)) 300 | at "$netns" policy apply - >/dev/null || return
	at "$netns" policy set local on
	ip netns exec "$netns" "$XFER_BIN" server --timeout 30 >"$TMP/extra.$1.s" &
	wait_for 30 grep -q ready "$TMP/extra.$1.s" &&
	ip netns exec "$netns" "$XFER_BIN" client 127.0.0.1 5001 --bytes 20000 >"$TMP/extra.$1" && wait
	[ $# = 2 ] || at "$netns" stats show >/dev/null
	ip netns del "$netns"
}

all_at_once()
{
	local n pids=()

	for ((n = 1; n <= NAMESPACES; n++)); do
		one $n &
		pids+=($!)
	done
	for n in "${pids[@]}"; do
		wait "$n" || { echo "one failed"; return 1; }
	done
	is $NAMESPACES "$(cat "$TMP"/extra.* | grep -c "role=client.*verified=yes")"
}

test_namespaces()
{
	local before family

	before=$(namespaces)
	load_module
	arm "$NS_G"
	mb policy set default allow join accept
	begin 12
	check "$NAMESPACES namespaces come, are armed, used and deleted, all at once" all_at_once
	check "they are gone" wait_for 20 as_many_namespaces "$before"
	check "nobody uses the module" no_users
	for family in 4 6; do
		check "v$family: a session meanwhile is byte-exact" session_ends $family
	done
	check "rmmod" rmmod mptcp_mb
}

# memory first: closed connections use some for a minute
check "topology" topo_up
test_cycles
test_replace
test_sockets
xfer_serve -4
xfer_serve -6
test_load_and_unload
test_back_and_forth
test_namespaces
test_namespace_deleted
