#!/bin/bash
# timeout: 400
# What somebody sends to make the gateway forget, believe or do something: with full tables, repeated
# keys, more joins than there may be, and before a session is proven. All of it crafted, v4 and v6.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"
plan 67

FAR=1500000000			# beyond any window

# strict [KEY VALUE...]: joins into unknown sessions are refused from the first
strict() { policy default allow orphan reset orphan-grace 0 "$@"; }

# established SESSION CONNECTION: for check; begun anew, and confirmed
established()
{
	begin "$1" "$2" && play "open $2" "confirm $2"
}

# --- before a session is proven -------------------------------------------------------------------

unproven()
{
	strict
	begin a x && play "open x"
	check "v$F: unproven: data without a mapping is no fallback" each \
		"play 'send x c PA len=1 forged'" "known a state=unconfirmed"
	check "v$F: unproven: nor is MP_FAIL, of either side" each \
		"play 'send x s A forged fail' 'send x c A forged fail'" "known a state=unconfirmed"
	check "v$F: unproven: it counts as that, the first to go" is 1 "$(status unconfirmed)"
	check "v$F: unproven: then the server proves it" each "play 'confirm x'" \
		"known a state=confirmed flag=server-key-proven"

	strict
	begin a x && play "open x" "session f" "send x s A forged badhmac addaddr"
	check "v$F: ADD_ADDR with a wrong HMAC proves nothing" known a state=unconfirmed
	play "send x s A forged addaddr"
	check "v$F: the server's ADD_ADDR proves both keys" \
		known a state=confirmed flag=client-key-proven flag=server-key-proven

	strict
	begin a x && play "open x" "session f" "send x c A forged keys=f mpc" "send x c PA len=10 dss" \
		"send x s A dss"
	check "v$F: the client's key is proven, the server's is not" \
		known a state=confirmed no-flag=server-key-proven
	check "v$F: ADD_ADDR by other keys, claimed before, changes nothing" each \
		"play 'send x s A forged keys=f addaddr'" "unknown f" \
		"known a state=confirmed no-flag=server-key-proven"
	check "v$F: nor does MP_FAIL far off while the server has sent no data" each \
		"play 'send x s A seq=+$FAR forged fail'" "known a state=confirmed"
}

# made_up NUMBERS: a third ACK with these goes before the real one
made_up()
{
	local monitor

	strict
	: >"$TMP/events"
	ip netns exec "$NS_G" "$MBCTL" -j monitor session-fallback session-new >>"$TMP/events" &
	monitor=$!
	wait_for 5 listening
	begin a x && play "session f" "send x c S mpc" "send x s SA mpc" \
		"send x c A $1 forged keys=f mpc" "send x c A mpc" "confirm x" \
		"send x c PA len=30 dss" "send x s PA len=40 dss" "send x c A dss" "send x s A dss"
	# what comes after it has been told when the next one is
	begin z z && play "open z" && wait_for 5 grep -q "$CLIENT_TOKEN" "$TMP/events"
	kill $monitor
	check "v$F: a forged third ACK, $1: none of the data is taken for fallback" \
		is 0 "$(grep -c session-fallback "$TMP/events")"
	check "v$F: the real session is followed, $1" known a \
		client-data=40 server-data=60 client-acked=40 server-acked=60
	check "v$F: what its hosts say is believed, $1" each "play 'send x s A fastclose'" \
		"known a state=closed how=fastclose"
}

# listening: somebody does, to events
listening()
{
	begin l l "" && play "open l"
	[ -s "$TMP/events" ]
}

# A session that ended unproven, and one with made-up numbers, are in nobody's way.
in_the_way()
{
	strict
	begin a x && play "session f" "send x c S mpc" "send x s SA mpc" \
		"send x c A forged keys=f mpc" "send x c R forged"
	check "v$F: a third ACK and an RST of a forger: his session has ended" known f state=closed how=rst
	check "v$F: the real third ACK is learnt all the same, and proven" each \
		"play 'send x c A mpc' 'confirm x'" "known a state=confirmed"

	made_up "seq=+700000000"
	made_up "seq=+700000000 ack=+500000000"
}

# --- numbers that do not fit ----------------------------------------------------------------------

far_off()
{
	local seq

	strict
	established a x
	for seq in +$FAR -100000000 -1; do
		play "send x s A seq=$seq forged fail" "send x c A seq=$seq forged fail"
	done
	check "v$F: MP_FAIL counts at the next sequence number only" known a state=confirmed
	play "send x s A fail"
	check "v$F: there it does" known a state=fallback fallback=mp-fail
}

# --- tables ---------------------------------------------------------------------------------------

# Nine connections with the same keys; who repeats himself does not make the gateway trust others.
repeated_keys()
{
	local n

	policy default allow orphan reset orphan-grace 2
	sleep 2.1
	begin a x && play "open x"
	for n in 1 2 3 4 5 6 7 8 9; do
		play "conn r$n a $C $((port += 1)) $S 80" "open r$n"
	done
	check "v$F: sessions with one token are bounded" sessions_are 8 token "$TOKEN"
	check "v$F: what is more is counted" counted session-learnt=8 session-full=2
	check "v$F: learning is not impaired by it" is false "$(status impaired)"
	join_conn j a "$C"
	play "send j c S token=0x12345678 join"
	check "v$F: orphans are refused as before" counted exit-reset-orphan=1 join-graced=0
}

full_of_one()
{
	local n

	strict max-sessions 1
	for n in 1 2 3; do
		begin a$n x && play "open x"
	done
	check "v$F: room for one: the last one has it" each "known a3 state=unconfirmed" "is 1 \$(status sessions)"
	mb session reset "$C" 1111 "$S" 80 >/dev/null
	check "v$F: a connection to be reset takes it" each "is 1 \$(status sessions)" "unknown a3"
	mb policy flush
	strict
	established b y
	check "v$F: afterwards the client has no share in use that it does not have" each \
		"known b state=confirmed" "counted session-share=0"
}

# The share is an eighth of 320: 40.
share()
{
	local n

	strict max-sessions 320
	for ((n = 0; n < 36; n++)); do
		established s$n x || return
	done
	for ((n = 0; n < 4; n++)); do
		begin u$n x && play "open x"
	done
	check "v$F: a client has its share" sessions_are 40 client "$C"
	begin new y && play "open y" "confirm y"
	check "v$F: full of confirmed ones, a new one takes the place of one that is not" each \
		"known new state=confirmed" "unknown u0" "sessions_are 37 state confirmed"
	check "v$F: counted" counted session-share=0 session-evicted=1
}

# --- joins ----------------------------------------------------------------------------------------

many_subflows()
{
	local n

	strict
	established a x
	for ((n = 0; n < 30; n++)); do
		join_conn j$n a "$C" && play "join j$n"
	done
	check "v$F: a session with 31 subflows" known a live=31
	for ((n = 0; n < 8; n++)); do
		join_conn p$n a "$C" && play "send p$n c S join"
	done
	check "v$F: of eight more one is tracked" each "known a pending=1" "counted join-untracked=7"
	for ((n = 0; n < 8; n++)); do
		play "send p$n s SA join" "send p$n c A join"
	done
	check "v$F: they do not become more than 32" known a live=32
	token a
	mb session close token "$TOKEN" >"$TMP/close" 2>&1 &
	check "v$F: a close sends all of them what it has to" each "wait_for 5 known a state=closing" \
		"wait_for 5 closes_sent 192"
	play "send x c R tcprst"
	kill $!
}

# closes_sent N: at least so many segments: three to each host on each subflow
closes_sent()
{
	[[ $(mb -j stats show) =~ \"close-sent\":[[:space:]]*([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge "$1" ]
}

# --------------------------------------------------------------------------------------------------

check "the module is loaded" load_module
topo_up
deaf
play_start
for family in 4 6; do
	family $family
	unproven
	in_the_way
	far_off
	repeated_keys
	full_of_one
	share
	many_subflows
done
