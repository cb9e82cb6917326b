#!/bin/bash
# timeout: 600
# The policy is replaced 1,000 times or more while two MPTCP sessions, v4 and v6, carry data over two subflows
# each: they do not notice. New connections meanwhile see one policy or the other, never a mixture and
# never none: all of them deny, each by means of its own.
. "$(dirname "$0")/lib.sh"
plan 14

TIMES=1000

ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

generation() { mb -j status | tr -d ' \n' | sed 's/.*"generation":\([0-9]*\).*/\1/'; }

# begin SECONDS: the sessions, in the background; true when they have their subflows
begin()
{
	local family server

	mb policy set default allow
	mb site flush
	for family in 4 6; do
		server=SERVER$family
		ip netns exec "$NS_C" "$XFER_BIN" client "${!server}" 5001 --rate 50000 \
			--duration "$1" >"$TMP/session.$family" 2>&1 &
		SESSION[family]=$!
	done
	wait_for 30 four_subflows
}
SESSION=()

four_subflows() { is 4 "$(subflows "$NS_C")"; }

sessions_live() { kill -0 "${SESSION[4]}" && kill -0 "${SESSION[6]}" && four_subflows; }

# storm COMMAND...: while it replaces policies, connections are made, one after the other
storm()
{
	"$@" >"$TMP/storm" 2>&1 &
	local pid=$!

	while kill -0 $pid 2>/dev/null; do
		ns_c "$XFER_BIN" client $SERVER4 5002 --bytes 500 --count 3
		ns_c "$XFER_BIN" client $SERVER6 5002 --bytes 500 --count 3
		sleep 0.2
	done >>"$TMP/new" 2>&1
	wait $pid
}

by_mbctl()
{
	local i

	for ((i = 0; i < 10; i++)); do
		mb policy apply "$TMP/settings" && mb policy apply "$TMP/sites" || return
	done
}

# A session that ends early proves nothing: then once more, for as long as it takes.
replaced()
{
	local seconds=$1 begin before

	for _ in 1 2; do
		begin "$seconds" || return
		ns_g "$TOP/build/replace" 1
		before=$(generation) begin=$(ms)
		storm ns_g "$TOP/build/replace" $TIMES || { cat "$TMP/storm"; return 1; }
		REPLACED=$(($(generation) - before))
		each=$((($(ms) - begin) / TIMES))
		seconds=$(((($(ms) - begin) / 1000 + 2) * 2))
		sessions_live && return
		wait "${SESSION[@]}"
	done
	return 1
}

# Every one of the new connections: byte-exact, TCP
all_tcp()
{
	local bad

	bad=$(grep -v 'verified=yes .*fallback=yes' "$TMP/new")
	[ -z "$bad" ] && return
	sort <<<"$bad" | uniq -c | head
	return 1
}

check "the module is loaded" load_module
topo_up
xfer_serve -4
xfer_serve -6
xfer_serve -4 -p 5002
xfer_serve -6 -p 5002
echo "policy set default deny" >"$TMP/settings"
echo "site add any deny" >"$TMP/sites"
capture_start "$NS_G" h1 "$TMP/h1.pcap" "tcp port 5002"

# how long does it take here?
mb policy apply "$TMP/settings" >/dev/null
start=$(ms)
check "a few replacements" storm ns_g "$TOP/build/replace" 20
each=$((($(ms) - start) / 20))
# on a fast machine these would be over before forty connections are made
[ $each -gt 30 ] || TIMES=4000
check "two sessions live through $TIMES replacements" replaced $((TIMES * each / 800 + 5))
note "$each ms each; $(wc -l <"$TMP/new") connections meanwhile"
check "as many as that" test "$REPLACED" -ge $TIMES
check "the tool says so" is "replaced $TIMES" "$(tail -n 1 "$TMP/storm")"
check "mbctl replaces, too" storm by_mbctl
for family in 4 6; do
	wait "${SESSION[family]}"
	XFER=$(cat "$TMP/session.$family")
	check "v$family: byte-exact, still MPTCP, still two subflows" \
		xfer_is verified=yes error=none fallback=no subflows=2
done
capture_stop
check "new connections were made" test "$(wc -l <"$TMP/new")" -ge 40
check "each was TCP and byte-exact" all_tcp
check "the server never saw an MPTCP option" is 0 "$(capture_mptcp "$TMP/h1.pcap")"
check "though it saw SYNs" test -n "$(wire "$TMP/h1.pcap" flags=S | head -n 1)"
check "what the server served was byte-exact" xfer_served
check "policy flush" mb policy flush
topo_down
