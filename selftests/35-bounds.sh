#!/bin/bash
# timeout: 200
# shellcheck disable=SC2119	# load_module needs no parameters
# What a table may hold is bounded, and whoever fills it has nothing refused that the policy allows: joins
# beyond the table's share for subflows, or beyond their client's; sessions that made up ones displace
# before their server has answered. All of it crafted, v4 and v6.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"
plan 70

GRACE=$((3 * ${MB_PATIENCE:-1}))	# seconds; arming has as many
YOUNG=10			# seconds, MB_UNCONFIRMED_YOUNG in src/session.h
declare -A EVERYWHERE=([4]=11.0.0.0/8 [6]=fd11::/16) WHOLE=([4]=32 [6]=64)

# strict KEY VALUE...: what is unknown is refused, but for lack of room; the grace for arming is over
strict()
{
	policy default allow orphan reset midstream reset orphan-grace $GRACE "$@" || return
	sleep $GRACE.1
	mb stats reset
}

# established SESSION CONNECTION [ADDRESS]: for check; begun anew, and confirmed
established()
{
	play "session $1" "conn $2 $1 ${3:-$C} $((port += 1)) $S 80" "open $2" "confirm $2"
}

# joins SESSION FIRST LAST [ADDRESS]: connections jFIRST to jLAST join
joins()
{
	local n

	for ((n = $2; n <= $3; n++)); do
		join_conn "j$n" "$1" "${4:-$C}" && play "join j$n" || return
	done
}

# nothing_refused: for check; neither as an orphan nor as midstream
nothing_refused() { counted exit-reset-orphan=0 exit-reset-midstream=0; }

# orphan: a join by a token that nobody has, from the client's other address
orphan()
{
	join_conn o a "$C2" && play "send o c S token=7 join"
}

families()
{
	for family in 4 6; do
		family $family
		[ "$F" = 4 ] && C2=$CLIENT4_2 || C2=$CLIENT6_2
		"$@"
	done
}

# --- subflows -------------------------------------------------------------------------------------

# For 8 sessions there may be 32 subflows, 24 of them by joins.
table()
{
	local n

	strict max-sessions 8
	established a x && joins a 1 20
	check "v$F: 20 joins" known a live=21
	check "v$F: status says how many subflows there may be" \
		is "21 32" "$(status subflows) $(status max-subflows)"
	established b y && join_conn p b "$C" && join_conn q b "$C" && play "join p" "join q"
	join_conn r b "$C2" && play "send r c S join"
	join_conn s b "$C2" && play "send s c S join" "send s s SA join"
	check "v$F: four more of another session, two of them under way" known b live=3 pending=2
	check "v$F: are followed, and nothing is impaired" each "counted join-untracked=0" \
		"is false \$(status impaired)"
	joins a 21 22 && joins a 23 23 "$C2"
	check "v$F: that one finds no room is told" is true "$(status impaired)"
	check "v$F: it passes, whole, from whichever address" nothing_refused
	check "v$F: is not followed, and counted" each "known a live=21 pending=0" \
		"counted join-untracked=3 subflow-joined=22"
	play "send r s SA join" "send r c A join" "send s c A join"
	check "v$F: those under way become subflows" each "known b live=5 pending=0" \
		"counted subflow-joined=24"
	for n in 1 2 3 4 5 6; do
		established n$n n$n || break
	done
	check "v$F: sessions are learnt all the same, up to their own bound" each \
		"known n1 state=confirmed live=1" "known n6 state=confirmed live=1" \
		"is '8 32' \"\$(status sessions) \$(status subflows)\"" \
		"counted session-full=0 session-evicted=0"
	play "send j1 c R tcprst"
	check "v$F: one that has closed" known a live=20 closed=1
	joins a 24 24
	check "v$F: makes room for another of its session" known a live=21 closed=0
	joins a 25 25
	check "v$F: once" each "known a live=21" "counted join-untracked=4"
	room_changes
	check "v$F: nothing was refused" nothing_refused
}

room_changes()
{
	for n in 1 2 3 4 5 6; do
		play "send n$n s A fastclose" || break
	done
	mb policy set max-sessions 2
	joins a 26 26
	check "v$F: room for fewer takes none away" each "known a live=21" "known b live=5" \
		"is '26 8' \"\$(status subflows) \$(status max-subflows)\"" "counted join-untracked=5"
	mb policy set max-sessions 9
	joins a 27 30
	check "v$F: room for more lets more in" each "known a live=24" "counted join-untracked=6"
	play "send j2 c R tcprst" "send x s A fastclose"
	mb policy set max-sessions 1
	check "v$F: a session that goes takes its subflows with it" each "unknown a" \
		"is 5 \$(status subflows)"
	mb policy set max-sessions 8
	established c z && joins c 31 51
	check "v$F: there is room for just as many" each "known c live=21" "counted join-untracked=7"
}

# Of 100 sessions one client may have 16, and 48 joins; all together 300.
client()
{
	strict max-sessions 100
	established a x && established b y && joins a 1 24 && joins b 25 50
	check "v$F: a client has its share of joins" each "known a live=25" "known b live=25" \
		"counted join-untracked=2"
	check "v$F: those beyond it pass" nothing_refused
	established c z "$C2" && joins c 51 53 "$C2"
	check "v$F: another client is not affected" each "known c live=4" "counted join-untracked=2" \
		"is false \$(status impaired)"
	orphan
	check "v$F: nor are his orphans taken for joins" counted exit-reset-orphan=1
	joins a 54 54 "$C2"
	check "v$F: one from an address that is not the client's passes, too" each \
		"counted join-untracked=3 exit-reset-orphan=1" "is true \$(status impaired)"
}

# Beyond 64 subflows of one session, live or closed, the longest closed one is forgotten.
closed()
{
	local n

	strict max-sessions 1000
	established a x
	for n in {1..66}; do
		joins a "$n" "$n"
		play "send j$n c R tcprst"
	done
	joins a 67 67
	check "v$F: what has closed makes room in its session" each "known a live=2" \
		"counted join-untracked=0 subflow-joined=67"
	check "v$F: it is shown" shown 64
}

# shown N: for check; so many subflows of session a
shown()
{
	token a && is "$1" "$(mb -j session list token "$TOKEN" | jq '.[0].subflows | length')"
}

# --- sessions whose server has not answered -------------------------------------------------------

displaced()
{
	strict max-sessions 64
	begin a x && play "open x" "flood acks 16 $C/${WHOLE[$F]} $S 80" "confirm x" && joins a 1 2
	check "v$F: a session goes for others made up in its client's name, before its server has answered" \
		each "unknown a" "counted session-evicted=1"
	check "v$F: what belongs to it passes" each "nothing_refused" "counted join-orphan=2 join-graced=2"
	orphan
	check "v$F: orphans of others do not" each "counted exit-reset-orphan=1" \
		"is false \$(status impaired)"
	mb stats reset
	play "session b" "conn y b $C2 $((port += 1)) $S 80" "open y" \
		"flood acks 64 ${EVERYWHERE[$F]} $S 80" "confirm y" && joins b 3 4 && orphan
	check "v$F: one that goes for those of all the world is told" is true "$(status impaired)"
	check "v$F: it went" each "unknown b" "counted session-evicted=17"
	check "v$F: what belongs to it passes, as do orphans then" each "nothing_refused" \
		"counted join-orphan=3 join-graced=3"
}

flood() { play "flood acks $1 ${EVERYWHERE[$F]} $S 80"; }
long_gone() { established "$F" x && flood 20 && orphan; }

# What nobody has answered for long is given up without further notice.
undisturbed()
{
	strict max-sessions 64
	families flood 32
	sleep $YOUNG.5
	families long_gone
	check "made up ones take the place of old ones of their kind" each "known 4 state=confirmed" \
		"known 6 state=confirmed" "counted session-evicted=42"
	check "nothing is impaired by that" is false "$(status impaired)"
	check "and orphans are refused" counted join-orphan=2 exit-reset-orphan=2
}

# That no count is left the kernel says itself: it warns otherwise.
left()
{
	established a x && joins a 1 20 && play "send j1 c R tcprst" && join_conn p a "$C" &&
		play "send p c S join" && known a live=20 closed=1 pending=1
}

leave()
{
	policy default allow max-sessions 16
	check "subflows, live and closed, and pending joins" families left
}

gone()
{
	leave
	mb policy flush
	check "forgotten with the policy" is "0 0" "$(status sessions) $(status subflows)"
	leave
	check "with the module" rmmod mptcp_mb
	load_module
	leave
	check "with the namespace" each "ip netns del $NS_G" "rmmod mptcp_mb"
}

check "the module is loaded" load_module
topo_up
ip -n "$NS_G" route add 11.0.0.0/8 via "$CLIENT4"
ip -n "$NS_G" -6 route add fd11::/16 via "$CLIENT6"
deaf
play_start
families table
families client
families closed
families displaced
undisturbed
gone
