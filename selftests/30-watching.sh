#!/bin/bash
# timeout: 900
# What the gateway tells of sessions and refusals: events in order and in bounds, the last 256
# refusals, dumps of thousands of sessions while more come, and of one with many subflows. Crafted
# segments.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"
# shellcheck source=selftests/sessions.sh
. "$SELFTESTS/sessions.sh"
plan 34

YNL=${MPTCP_MB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mptcp-mb}/ynl-6.12/tools/net/ynl

# ynl CASE ARGS...: a function of ynl_cases.py
ynl()
{
	PYTHONPATH=$YNL PYTHONDONTWRITEBYTECODE=1 SPEC=$TOP/docs/netlink/mptcp_mb.yaml \
		ns_g /usr/bin/python3 "$SELFTESTS/ynl_cases.py" "$@"
}

# --- order ---------------------------------------------------------------------------------------

order()
{
	policy default allow orphan reset orphan-grace 0
	monitor_start
	begin a x
	join_conn j a
	join_conn bad a
	play "open x" "confirm x" "join j" "send bad c S join" \
		"send bad s SA badhmac join" "fin j" "send x c RA fastclose"
	check "v$F: the last events of a session" each "events 1 '.event == \"session-closed\"'" \
		"events 2 '.event == \"subflow-closed\"'"
	check "v$F: all before it, in order" event_order session-new session-confirmed \
		subflow-joined bad-hmac subflow-refused subflow-closed session-closed subflow-closed
	check "v$F: each once" each "events 1 '.event == \"session-new\"'" \
		"events 1 '.event == \"session-confirmed\"'" "events 1 '.event == \"subflow-joined\"'" \
		"events 1 '.event == \"subflow-refused\"'" "events 1 '.event == \"bad-hmac\"'"
	check "v$F: of one session, by its token" events 6 ".session.\"server-token\" == \"$TOKEN\""
	check "v$F: the subflow that joined" events 1 ".event == \"subflow-joined\" and
		.subflow.client == \"$C2\" and .subflow.opener == \"client\""
	check "v$F: how the session ended" events 1 \
		'.event == "session-closed" and .session.how == "fastclose"'
	check "v$F: the refusal, and its connection" events 1 ".event == \"subflow-refused\" and
		.refusal.source == \"$S\" and .refusal.destination == \"$C2\" and
		.refusal.segment == \"synack\" and .refusal.cause == \"orphan\""
	check "v$F: none lost" events 0 '.lost != null or .event == "lost"'
	check "v$F: no key in any of them" no_keys a
	monitor_stop
}

# no_keys SESSION: for check; neither in what is printed, nor in the kernel's own messages
no_keys()
{
	local key keys=() told

	play "show $1" || return
	told=$(cat "$TMP/events"; mb -j session list; mb -j refused list; mb session list)
	told=${told,,}
	[[ $told == *"${TOKEN,,}"* ]] || { echo "nothing is told: $told"; return 1; }
	for key in client-key server-key; do
		key=$(xfer_get $key "$PLAYED")
		keys+=("${key#0x}")
		[[ $told != *"${key#0x}"* ]] || { echo "told: $key"; return 1; }
	done
	ynl keyless "$TOKEN" "${keys[@]}"
}

# --- number --------------------------------------------------------------------------------------

N=10000

rate()
{
	local before ms most told lost

	policy default allow orphan drop orphan-grace 0
	before=$(status refused)
	monitor_start
	play "flood joins $N 10.9.0.0/16 $S 80"
	ms=$(xfer_get ms "$PLAYED")
	# the buckets fill again
	sleep 1
	begin a x
	join_conn j a
	play "send j c S token=0x12345678 join"
	check "a flood of refusals: the last is told" \
		wait_for 20 grep -q '"token":"0x12345678"' "$TMP/events"
	told=$(jq -c 'select(.event == "subflow-refused")' "$TMP/events" | wc -l)
	lost=$(jq -s 'map(select(.event == "lost").count) | add // 0' "$TMP/events")
	most=$((1000 + ms + 2 + 1))
	note "$N refusals in $ms ms: $told events, $lost lost"
	check "at most 1,000 at once, and 1,000 a second" test "$told" -le $most
	check "what was left out is told: none is missing" is $((N + 1)) $((told + lost))
	check "and counted" counted event-lost="$lost" join-orphan=$((N + 1))
	check "the last 256 are remembered, in order" ynl refusals $((before + N + 1)) 0x12345678
	check "mbctl: the same" is 256 "$(mb -j refused list | jq length)"
	monitor_stop
}

# --- dumps ---------------------------------------------------------------------------------------

dump()
{
	local pid

	policy default allow max-sessions $((3 * N))
	play "flood sessions $N 11.0.0.0/8 $S 80"
	check "$N sessions" is $N "$(status sessions)"
	check "mbctl lists each" is $N "$(mb -j session list | jq 'map(.id) | unique | length')"
	ynl changing $((2 * N)) >"$TMP/changing" 2>&1 &
	pid=$!
	wait_for 60 grep -q "^$N$" "$TMP/changing"
	play "flood sessions $N 11.0.0.0/8 $S 80 $((N / 4))"
	wait $pid
	check "dumps while more come: those that were there are in each, once" is 0 $?
	sed 's/^/# /' "$TMP/changing"
	check "a list while sessions come and go" coming_and_going
	check "what is denied is told before it is applied" \
		is $((2 * N)) "$(echo "policy set default deny max-sessions $((3 * N))" |
			mb -j policy check - | jq '."sessions-denied"')"
	mb policy set default deny
	check "and is what the list says afterwards" how_many_denied $((2 * N))
}

# Each that comes takes another one's place.
coming_and_going()
{
	local i

	mb policy set max-sessions $N && is $N "$(status sessions)" || return
	play_bg "flood sessions $N 11.0.0.0/8 $S 80 $((N / 4))"
	for ((i = 0; i < 5; i++)); do
		mb -j session list | jq -e "map(.id) | . == unique and length > $N / 2" || return
	done
	play_wait && mb policy set max-sessions $((3 * N)) &&
	play "flood sessions $N 11.0.0.0/8 $S 80" && is $((2 * N)) "$(status sessions)"
}

how_many_denied()
{
	is "$1" "$(mb -j session list denied | jq length)"
}

# More are not followed, and the closed ones stay listed for a minute.
many()
{
	local i id

	policy default allow
	established a x
	for ((i = 1; i < 32; i++)); do
		join_conn j$i a
		play "join j$i"
	done
	id=$(mb -j session list | jq '.[0].id')
	check "v$F: a session of 32 subflows, in one message" ynl subflows 32 0 "$id"
	for ((i = 1; i < 32; i++)); do
		play "send j$i c RA"
	done
	for ((i = 1; i < 32; i++)); do
		join_conn k$i a
		play "join k$i"
	done
	check "v$F: 31 more that have closed" ynl subflows 32 31 "$id"
}

established()
{
	begin "$1" "$2" && play "open $2" "confirm $2"
}

[ -e "$YNL/cli.py" ] || note "$YNL is missing: run tools/netlink/generate --check on the host"
# shellcheck disable=SC2119	# no arguments are meant
topo_up && deaf && load_module && play_start || exit
for f in 4 6; do
	family $f
	[ $f = 4 ] && C2=$CLIENT4_2 || C2=$CLIENT6_2
	order
	many
done
family 4
C2=$CLIENT4_2
rate
dump
