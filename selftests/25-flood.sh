#!/bin/bash
# Floods do not fill the table beyond its bound, take nobody's session away, and are not answered
# without limit: third ACKs from everywhere, whole sessions, joins with made up tokens. v4 and v6.
# timeout: 1500
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"
# shellcheck source=selftests/sessions.sh
. "$SELFTESTS/sessions.sh"
# shellcheck source=selftests/memory.sh
. "$SELFTESTS/memory.sh"
plan 86

MAX=10000
# How many third ACKs: a million, a fifth of it where each costs a millisecond (KASAN, kmemleak). MB_FLOOD is
# for a look at something else.
ACKS=${MB_FLOOD:-$(keeps_stacks && echo 200000 || echo 1000000)}
declare -A EVERYWHERE=([4]=11.0.0.0/8 [6]=fd11::/16)
declare -A ONE=([4]=11.1.2.3/32 [6]=fd11:1:2:3::/64)

# What is made up reaches a server that does not answer it; what is sent there ends at the client.
deaf_to_flood()
{
	ip -n "$NS_G" route add 11.0.0.0/8 via "$CLIENT4" &&
	ip -n "$NS_G" -6 route add fd11::/16 via "$CLIENT6" &&
	ip -n "$NS_C" route add blackhole 11.0.0.0/8 &&
	ip -n "$NS_C" -6 route add blackhole fd11::/16 &&
	ns_s nft -f - <<-'N'
		table inet flood {
			chain pre {
				type filter hook prerouting priority raw
				ip saddr 11.0.0.0/8 drop
				ip6 saddr fd11::/16 drop
			}
		}
	N
}

# watch_table: until the file is gone; the most that it ever held
watch_table()
{
	local now most=0

	while [ -e "$TMP/watching" ]; do
		now=$(status sessions)
		[ "${now:-0}" -le "$most" ] || most=$now
		echo "$most" >"$TMP/most"
		sleep 0.2
	done
}

# flooded KIND COUNT PREFIX: for check; TOOK is how many ms, MOST how many sessions there were
flooded()
{
	flood_begins "$@"
	flood_ends
}

flood_begins()
{
	: >"$TMP/watching"
	echo 0 >"$TMP/most"
	watch_table &
	WATCHER=$!
	play_bg "flood $1 $2 $3 $S 80"
}

flood_ends()
{
	play_wait || return
	rm "$TMP/watching"
	wait "$WATCHER"
	TOOK=$(xfer_get ms "$PLAYED")
	MOST=$(cat "$TMP/most")
}

full() { is $MAX "$(status sessions)"; }

# kernel_memory WHEN: a note
kernel_memory()
{
	note "v$F: $1: kmalloc objects, bytes, per-CPU kB, vmalloc kB, other pages kB: $(memory)"
}

# A session that was there before, and that goes on all the time: a transfer without end
before()
{
	client_address 7
	SLOW=$A
	refused=$(status refused)
	# not one that a killed one may still hold
	pair slow "$S" $((slow_port += 1)) --bind "$SLOW" --rate 20000 --duration 10000 &&
	wait_for 20 sessions_are 1 client "$SLOW" state confirmed && list client "$SLOW" &&
	id=$(session_value id)
}

slow_port=6000

# still_there: for check; it is known as it was, and data still comes
still_there()
{
	alive slow && sessions_are 1 id "$id" client "$SLOW" state confirmed || return
	sent=$(session_value server-acked)
	wait_for 5 grown_since || list id "$id"
	echo "acknowledged: $sent, now $LISTED"
	[ "$(session_value server-acked)" -gt "$sent" ]
}

grown_since()
{
	list id "$id" && [ "$(session_value server-acked)" -gt "$sent" ]
}

# xfer has a child for each connection
slow_ends()
{
	local pid

	for pid in ${PAIRS[slow]}; do
		pkill -P "$pid"
		kill "$pid"
	done 2>/dev/null
	pair_end slow >/dev/null 2>&1
}

acks()
{
	local count=$ACKS

	# of an IPv6 flood nothing is different but the addresses
	[ "$F" = 4 ] || count=$((ACKS / 5))
	policy default allow max-sessions $MAX
	kernel_memory "before"
	check "v$F: a session" before
	flood_begins acks "$count" "${EVERYWHERE[$F]}"
	check "v$F: third ACKs from everywhere fill the table" wait_for 120 full
	client_address 8
	check "v$F: a new session amid them" pair new "$S" 5002 --bind "$A" --bytes 100000 --hold 5
	check "v$F: is learnt and confirmed" wait_for 10 sessions_are 1 client "$A" state confirmed
	check "v$F: and unharmed" unharmed new
	check "v$F: $count third ACKs" flood_ends
	note "v$F: in $TOOK ms; the table held $MOST sessions at most"
	kernel_memory "after $count"
	check "v$F: the bound holds" test "$MOST" -le $MAX -a "$(status sessions)" -le $MAX
	check "v$F: the table is full of what nobody confirmed" \
		test "$(status unconfirmed)" -gt $((MAX - 100))
	check "v$F: all were learnt" test "$(counter session-learnt)" -ge "$count"
	check "v$F: the session that was there before goes on" still_there
	client_address 9
	check "v$F: another new one" pair new "$S" 5002 --bind "$A" --bytes 100000 --hold 5
	check "v$F: is learnt and confirmed" wait_for 10 sessions_are 1 client "$A" state confirmed
	check "v$F: and unharmed" unharmed new
	check "v$F: nothing was refused" refused_nothing
	slow_ends
	mb policy flush
	kernel_memory "forgotten"
}

# shellcheck disable=SC2119	# verdicts of none are meant
refused_nothing()
{
	is "$refused" "$(status refused)" && verdicts
}

# One client's share of the table is an eighth of it.
share()
{
	local share=$((MAX / 8))

	policy default allow max-sessions $MAX
	check "v$F: 3,000 third ACKs of one client" flooded acks 3000 "${ONE[$F]}"
	check "v$F: get an eighth of the table" is $share "$(status sessions)"
	check "v$F: of which the oldest had to go for others" \
		counted session-evicted=$((3000 - share)) session-share=0 session-full=0
	check "v$F: another client is learnt" flooded acks 1 "${EVERYWHERE[$F]}"
	check "v$F: beside them" is $((share + 1)) "$(status sessions)"
	policy default allow max-sessions $MAX
	check "v$F: 3,000 whole sessions of one client" flooded sessions 3000 "${ONE[$F]}"
	check "v$F: get an eighth of the table" is $share "$(status sessions)"
	check "v$F: those that were not learnt are counted" \
		counted session-confirmed=$share session-share=$((3000 - share))
	check "v$F: learning is impaired for this client alone" is false "$(status impaired)"
}

# Sessions with data both ways are as good as any: the longest idle go.
sessions()
{
	policy default allow max-sessions $MAX midstream reset orphan reset orphan-grace 600
	check "v$F: a session" before
	check "v$F: 20,000 whole sessions from everywhere" flooded sessions 20000 "${EVERYWHERE[$F]}"
	note "v$F: in $TOOK ms"
	check "v$F: the bound holds" test "$MOST" -le $MAX -a "$(status sessions)" = $MAX
	check "v$F: those that were idle had to go" counted session-confirmed=20001 session-evicted=10001
	check "v$F: the one that was not goes on" still_there
	check "v$F: that learning is impaired is told" is true "$(status impaired)"
	# of the first of them nothing is left
	play "session a" "conn x a 11.9.9.9 9 $SERVER4 80" "send x c PA len=10 dss" \
		"flood joins 10 ${EVERYWHERE[$F]} $S 80"
	check "v$F: while it is, midstream is accepted" counted exit-reset-midstream=0
	check "v$F: and orphans pass" counted exit-reset-orphan=0 join-orphan=10 join-graced=10
	check "v$F: the old session goes on" still_there
	slow_ends
}

# --- joins with made up tokens ---------------------------------------------------------------------

join_flood()
{
	local seconds=5 lines lost reset base

	policy default allow orphan reset orphan-grace 0 reset-rate 100
	monitor_start
	mb policy set reset-rate 100
	mb stats reset
	xfer_server "-$F" --tcp
	timed --tcp --rate 2000000 --duration 3 >/dev/null
	note "v$F: a transfer without flood took $TOOK ms"
	base=$TOOK
	xfer_server "-$F" --tcp
	play_bg "flood joins $((10000 * seconds)) ${EVERYWHERE[$F]} $S 80 10000"
	check "v$F: a plain transfer beside the flood" timed --tcp --rate 2000000 --duration 3
	note "v$F: it took $TOOK ms"
	check "v$F: is not slowed down" test "$TOOK" -le $((base + 1000))
	check "v$F: 50,000 joins with made up tokens" play_wait
	FLOOD=$(xfer_get ms "$PLAYED")
	note "v$F: $((10000 * seconds * 1000 / FLOOD)) a second"
	sleep 0.5
	monitor_stop
	reset=$(counter reset-sent) lines=$(grep -c '"subflow-refused"' "$TMP/events")
	lost=$(counter event-lost)
	note "v$F: $reset resets, $lines events, $lost left out"
	check "v$F: none passes" counted "join-orphan=50000"
	check "v$F: resets stay under reset-rate" test "$reset" -gt 0 -a \
		"$reset" -le $((100 * (FLOOD / 1000 + 2)))
	check "v$F: events stay under their bucket" test "$lines" -gt 0 -a \
		"$lines" -le $((1000 * (FLOOD / 1000 + 2)))
	check "v$F: those left out are counted" test $((lines + lost)) -ge 50000
	check "v$F: and told" grep -q '"lost"' "$TMP/events"
	check "v$F: refused has the last 256" is 256 "$(mb -j refused list | jq length)"
	check "v$F: no state is kept" is "0 0" "$(status sessions) $(status subflows)"
}

# timed CLIENT ARGS...: for check; TOOK is the milliseconds
timed()
{
	xfer_client "$S" 5001 "$@" || return
	TOOK=$(xfer_get total_ms)
	xfer_server_end
	xfer_is verified=yes
}

# shellcheck disable=SC2119	# no arguments are meant
load_module
check "topology" each topo_up deaf_to_flood
check "both hosts are played" play_start
for family in 4 6; do
	family $family
	acks
	share
	sessions
	join_flood
done
