#!/bin/bash
# timeout: 600
# Sessions, and what somebody makes up who does not have their keys, or only their 4-tuple: joins with
# wrong tokens and HMACs, third ACKs with keys of his own, RST, FIN, DSS and MP_FASTCLOSE. All of it
# crafted, v1 and v0, v4 and v6.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"
plan 318

FAR=1500000000			# beyond any window

# strict: joins into unknown sessions are refused from the first
strict() { policy default allow orphan reset orphan-grace 0; }

# established SESSION CONNECTION [WORD...]: for check; begun anew, and confirmed
established()
{
	begin "$1" "$2" "" "${@:3}" && play "open $2" "confirm $2"
}

# --- learning, and joins that are right ---------------------------------------------------------

learning()
{
	local v=$1 number=${1:+0}

	strict
	begin a x "" "$v"
	check "v$F $v: before the third ACK no state is spent" each \
		"play 'send x c S mpc' 'send x s SA mpc'" "unknown a"
	play "send x c A mpc"
	check "v$F $v: third ACK: learnt, not confirmed" known a state=unconfirmed version="${number:-1}" \
		client="$C" server="$S" server-port=80 client-token="$CLIENT_TOKEN" \
		server-token="$TOKEN" no-flag=client-key-proven no-flag=server-key-proven live=1
	join_conn j a
	play "send j c S join"
	check "v$F $v: a join before that is an orphan" counted join-orphan=1 exit-reset-orphan=1 join-known=0
	play "send x c PA len=10 dss" "send x s A dss"
	check "v$F $v: data ACK of the server: confirmed by the client's key" \
		known a state=confirmed flag=client-key-proven no-flag=server-key-proven
	play "conn e a $OTHER_C2 $((port += 1)) $OTHER_S 80" "send e c S join"
	check "v$F $v: a join to another address: the client may have lied about the server's key" \
		counted join-orphan=2 exit-reset-orphan=2 join-known=0
	play "conn e a $OTHER_S 80 $OTHER_C2 $((port += 1)) reverse" "send e c S join"
	check "v$F $v: and from another address" counted join-orphan=3 exit-reset-orphan=3 join-known=0
	play "send x s PA len=20 dss" "send x c A dss"
	check "v$F $v: mapping of the server: the server's is proven, too" known a state=confirmed \
		flag=client-key-proven flag=server-key-proven client-data=10 server-data=20 client-acked=10 server-acked=20
	play "join j"
	check "v$F $v: a join with the right HMACs is a subflow" known a live=2 pending=0
	play "conn r a $S 80 $C2 $((port += 1)) reverse" "join r"
	check "v$F $v: so is one that the server opened" known a live=3 'sub="opener":"server"'
	play "conn o a $OTHER_C2 $((port += 1)) $OTHER_S 80" "join o" "send o c PA len=5 dss"
	check "v$F $v: and one of the other family" known a live=4 client-data=15 "sub=\"$OTHER_C2\""
	check "v$F $v: counted" counted session-learnt=1 session-confirmed=1 join-known=3 \
		subflow-joined=3 join-bad-hmac=0 exit-reset-orphan=3
}

# --- joins that are not --------------------------------------------------------------------------

joins()
{
	local v=$1

	strict
	check "v$F $v: a session" established a x "$v"
	join_conn j a "$C"
	play "send j c S badsum join"
	check "v$F $v: a join with a wrong checksum is not waited for" known a pending=0
	play "send j c S join" "send j s SA join" "send j c A badsum join"
	check "v$F $v: a third ACK with one makes no subflow" known a live=1 pending=1
	mb stats reset
	watch
	play "send j c S token=0x12345678 join"
	unwatch
	check "v$F $v: forged token: does not arrive" seen 0 s1 flags=S
	check "v$F $v: forged token: reset" seen 1 c1 "src=$S" flags=RA opts=$RST_OPTS
	check "v$F $v: forged token: counted" counted join-orphan=1 exit-reset-orphan=1 join-known=0
	check "v$F $v: forged token: refusal with the token" last_refusal 0x12345678 syn

	join_conn j a "$C"
	watch
	play "send j c S join" "send j s SA badhmac join"
	unwatch
	check "v$F $v: wrong HMAC in the SYN/ACK: it does not arrive" seen 0 c1 flags=SA
	check "v$F $v: wrong HMAC in the SYN/ACK: both are reset" each \
		"seen 1 c1 opts=$RST_OPTS" "seen 1 s1 opts=$RST_OPTS"
	check "v$F $v: wrong HMAC in the SYN/ACK: no subflow" known a live=1

	join_conn j a "$C"
	watch
	play "send j c S join" "send j s SA join" "send j c A badhmac join"
	unwatch
	check "v$F $v: wrong HMAC in the ACK: it does not arrive" seen 0 s1 flags=A
	check "v$F $v: wrong HMAC in the ACK: both are reset" each \
		"seen 1 c1 opts=$RST_OPTS" "seen 1 s1 opts=$RST_OPTS"
	check "v$F $v: wrong HMAC in the ACK: no subflow" known a live=1
	check "v$F $v: counted" counted join-bad-hmac=2 exit-reset-orphan=3 subflow-joined=0 join-known=2

	policy default allow orphan drop orphan-grace 0
	established a x "$v"
	join_conn j a "$C"
	play "send j c S join" "send j s SA badhmac join" "send j c S token=1 join"
	check "v$F $v: orphan drop" counted exit-drop-orphan=2 reset-sent=0

	policy default allow orphan accept join reset orphan-grace 0
	established a x "$v"
	join_conn j a "$C"
	play "send j c S token=1 join"
	check "v$F $v: orphan accept beside join reset" counted exit-accept-default=3 exit-reset-join=0
	play "send j c S join"
	check "v$F $v: join reset beside orphan accept" counted exit-reset-join=1

	policy default allow orphan accept orphan-grace 0
	established a x "$v"
	join_conn j a "$C"
	play "send j c S join" "send j s SA forged badhmac join" "send j s SA join" \
		"send j c A forged badhmac join" "send j c A join"
	check "v$F $v: wrong HMACs let through do not keep the right ones from joining" known a live=2
	check "v$F $v: they are counted all the same" counted join-bad-hmac=2
}

# last_refusal TOKEN SEGMENT: for check
last_refusal()
{
	local last

	last=$(mb -j refused list) || return
	last=${last//[[:space:]]/}
	last=${last##*\},\{}
	echo "$last"
	[[ $last == *"\"segment\":\"$2\""* && $last == *'"cause":"orphan"'* ]] &&
	[[ $last == *"\"token\":\"$1\""* && $last == *"\"destination\":\"$S\""* ]]
}

# pending ORPHAN: the setting that the joins fall under which are too many
pending()
{
	local i

	policy default allow orphan "$1" orphan-grace 0
	check "v$F: a session" established a x
	watch
	for ((i = 1; i <= 12; i++)); do
		join_conn p$i a "$C" && play "send p$i c S join"
	done
	check "v$F: of twelve joins under way eight are remembered" known a pending=8 live=1
	play "send p12 s SA join" "send p12 c A join"
	unwatch
	check "v$F: all twelve SYNs go on" seen 12 s1 flags=S
	if [ "$1" = reset ]; then
		check "v$F: the others are orphans then, orphan reset" each "seen 0 c1 flags=SA" \
			"seen 1 c1 opts=$RST_OPTS" "counted exit-reset-orphan=1"
	else
		check "v$F: the others are orphans then, orphan accept" each "seen 1 c1 flags=SA" \
			"seen 1 s1 flags=A" "counted exit-reset-orphan=0"
	fi
	check "v$F: counted" counted join-known=12 join-untracked=4 subflow-joined=0
	play "send p3 s SA join" "send p3 c A join"
	check "v$F: the remembered ones can join" known a pending=7 live=2
}

# --- two sessions with the same token ---------------------------------------------------------------

twins()
{
	local v=$1 client=$2 n

	strict
	begin a x "" "$v" && C=$client begin b y "" "$v"
	play "collide a b" "open x" "open y" "confirm x" "confirm y"
	token a
	check "v$F $v: two sessions with one token" sessions_are 2 token "$TOKEN"
	join_conn j a
	play "join j"
	check "v$F $v: a join belongs to the one whose keys made its HMACs" of_client_token a live=2
	check "v$F $v: and not to the other" of_client_token b live=1
	join_conn k b
	play "join k"
	check "v$F $v: the next to the other" of_client_token b live=2
	play "conn l b $client $((port += 1)) $S 80" "join l"
	check "v$F $v: from its first address, too" of_client_token b live=3
	play "session c $v" "conn n c $C2 $((port += 1)) $S 80" "send n c S token=$TOKEN join" \
		"send n s SA join"
	check "v$F $v: one with keys of neither belongs to neither" counted join-bad-hmac=1 \
		exit-reset-orphan=1 subflow-joined=3
	# one is already
	for n in {1..9}; do
		play "conn m$n b $C $((port += 1)) $S 80" "send m$n c S join" "send m$n s SA join" || break
	done
	check "v$F $v: no more are pending than may be, whose ever they looked like" \
		each "of_client_token b pending=8" "counted join-untracked=2"
}

# of_client_token SESSION KEY=VALUE...: known() where the server's token is not enough
of_client_token()
{
	token "$1" && sessions_are 1 token "$CLIENT_TOKEN" && session_has "${@:2}"
}

# --- third ACKs with other keys ---------------------------------------------------------------------

# forge N CONNECTION c|s [WORD...]: third ACKs in the client's name, or the server's, each with keys of
# its own
forge()
{
	local i

	for ((i = 0; i < $1; i++)); do
		play "session forger" "send $2 $3 A forged ${*:4} keys=forger mpc" || return
	done
}

# displaced SIDE N WHEN...: forged ones before the SYN, between SYN/ACK and third ACK, after that, and
# after the session is confirmed
displaced()
{
	local side=$1 n=$2 when=" ${*:3} "

	begin a x
	[[ $when != *" before "* ]] || forge "$n" x "$side"
	play "send x c S mpc" "send x s SA mpc"
	[[ $when != *" between "* ]] || forge "$n" x "$side"
	play "send x c A mpc"
	[[ $when != *" after "* ]] || forge "$n" x "$side"
	# which repeats the keys (RFC 8684, 3.1)
	play "send x c PA len=10 mpc"
	# the last claim of the real keys is that; only what is no segment at all comes after it
	forge 1 x c badsum && forge 1 x s badsum
	play "send x s A dss" "send x s PA len=20 dss" "send x c A dss"
	[[ $when != *" confirmed "* ]] || forge "$n" x "$side"
	join_conn j a
	play "join j"
	known a state=confirmed live=2 client="$C" client-data=10 server-data=20
}

# close_ends SESSION CONNECTION: for check; session close is answered as hosts do
close_ends()
{
	token "$1"
	watch
	mb session close token "$TOKEN" >"$TMP/close" 2>&1 &
	wait_for 5 known "$1" state=closing
	play "send $2 c R tcprst" "send $2 s R tcprst"
	wait $!
	status=$?
	unwatch
	cat "$TMP/close"
	[ $status = 0 ] && grep -q 'closed (closed)' "$TMP/close" && known "$1" state=closed how=closed &&
	fastclosed c1 "$CLIENT_KEY" && fastclosed s1 "$SERVER_KEY"
}

# fastclosed c1|s1 KEY: its MP_FASTCLOSE came there, twice: in an ACK and in a RST
fastclosed()
{
	local -n all=AT_$1
	local segment n=0

	for segment in "${all[@]}"; do
		[[ $segment != *"1e0c7000$2"* ]] || n=$((n + 1))
	done
	[ $n -ge 2 ] && return
	echo "want MP_FASTCLOSE with $2 at $1; all that came:"
	printf '%s\n' "${all[@]}"
	return 1
}

third_acks()
{
	local when side n

	for when in before between after confirmed; do
		for side in c s; do
			for n in 1 12; do
				strict
				check "v$F: $n forged third ACKs $when, side $side: the session is confirmed and joined" \
					displaced $side $n "$when"
			done
			check "v$F: of them no session is left, $when, side $side" each \
				"sessions_are 1 client $C state confirmed" "sessions_are 0 state unconfirmed"
		done
	done
	strict
	check "v$F: three at every time" displaced c 3 before between after confirmed
	check "v$F: those after it are counted" counted keys-ignored=3
	check "v$F: session close has the real keys" close_ends a x
}

# --- forged segments --------------------------------------------------------------------------------

# unmoved SEGMENT...: for check; each leaves the session as it is, but for counts of segments and the
# flags that were seen in them. alive: but for all numbers.
unmoved() { same_after "idle|age|segments|bytes" "$@"; }
alive() { same_after "idle|age|segments|bytes|end|ack|window|data-end|data-ack|client-data|server-data" "$@"; }

# same_after KEYS SEGMENT...: compared without these keys
same_after()
{
	local segment before keys=$1

	shift
	known a && before=$(snapshot)
	for segment; do
		play "send x $segment" && known a || return
		[ "$(snapshot)" = "$before" ] && continue
		echo "after: $segment"
		diff <(tr , '\n' <<<"$before") <(snapshot | tr , '\n')
		return 1
	done
}

snapshot()
{
	sed -E "s/\"($keys)\":\"?[0-9a-fx]+\"?,?//g; s/\"flags\":\[(\"(fin|syn|rst|psh|ack)\",?)*\],?//g" <<<"$LISTED"
}

segments()
{
	local v=$1

	strict
	check "v$F $v: a session" established a x "$v"
	join_conn j a
	play "join j" "session forger $v"
	check "v$F $v: RST that is not at the expected sequence number" unmoved "c R seq=+1 forged" \
		"c R seq=+70000 forged" "c R seq=+$FAR forged" "s RA seq=-1 forged" "s R seq=+9 forged"
	check "v$F $v: FIN out of window" unmoved "c FA seq=+$FAR forged dss" \
		"s FA seq=-$FAR forged dss"
	check "v$F $v: FIN that is not at the expected sequence number" alive "c FA seq=-5 forged dss" \
		"s FA seq=-5 forged dss"
	check "v$F $v: data out of window" unmoved "c PA len=10 seq=+$FAR forged dss" \
		"s PA len=10 seq=-$FAR forged dss" "c PA len=10 seq=+$FAR forged" \
		"s A seq=+$FAR datafin forged dss"
	check "v$F $v: data sequence and data ACK out of window" unmoved \
		"c A dack=+$((1 << 40)) forged dss" "s A dack=-$((1 << 40)) forged dss"
	check "v$F $v: MP_FASTCLOSE with a wrong key" unmoved "c A badkey forged fastclose" \
		"s A badkey forged fastclose"
	check "v$F $v: MP_FASTCLOSE, MP_FAIL out of window" unmoved "c A seq=+$FAR forged fastclose" \
		"s A seq=-$FAR forged fastclose" "s A seq=+$FAR forged fail"
	check "v$F $v: whatever has a wrong checksum" alive "c R badsum forged" "s RA badsum forged" \
		"c FA badsum forged dss" "c PA len=10 badsum forged dss" "c PA len=10 badsum forged" \
		"s A badsum datafin forged dss" "c PA len=10 badsum infinite forged dss" \
		"c A badsum forged fastclose" "s R badsum forged fastclose" "c A badsum forged fail"
	check "v$F $v: keys of somebody else" unmoved "c A forged keys=forger mpc" \
		"c PA len=10 seq=+$FAR forged keys=forger mpc"
	check "v$F $v: REMOVE_ADDR, MP_PRIO end nothing" unmoved "c A forged remove" "c A forged prio"
	play "send j c R"
	check "v$F $v: a RST at the expected sequence number ends its subflow" \
		known a state=confirmed live=1 closed=1 'sub="how":"rst"'
	play "send x c A fastclose"
	check "v$F $v: MP_FASTCLOSE with the right key ends the session" \
		known a state=closed how=fastclose
}

# --- a 4-tuple that is used again -------------------------------------------------------------------

again()
{
	strict
	check "v$F: a session" established a x
	play "session b" "conn y b $C $port $S 80" "send y c S mpc"
	check "v$F: a SYN on its 4-tuple changes nothing" known a state=confirmed live=1
	play "send y s SA mpc"
	check "v$F: nor does the SYN/ACK" known a state=confirmed live=1
	play "send y c A seq=+77777 forged mpc"
	check "v$F: nor a third ACK that does not fit it" known a state=confirmed live=1
	check "v$F: which teaches no session" unknown b
	play "send x c PA len=5 dss" "send x s A dss"
	check "v$F: the session goes on meanwhile" known a client-data=15 client-acked=15
	play "send y c A mpc"
	check "v$F: a handshake while it is alive is forged: nothing is replaced" \
		known a state=confirmed live=1
	sleep 1.2
	play "send y s SA badsum mpc" "send y c A mpc"
	check "v$F: nor is it by a SYN/ACK with a wrong checksum" known a state=confirmed live=1
	sleep 1.2
	play "send y s SA mpc" "send y c A mpc"
	check "v$F: after a second without a segment the third ACK replaces it" known a state=detached live=0
	check "v$F: there is another session" known b state=unconfirmed live=1
	play "confirm y"
	check "v$F: which is confirmed" known b state=confirmed
	sleep 1.2
	play "conn z b $C $port $S 80" "send z c S" "send z s SA" "send z c A" "send z c PA len=5"
	check "v$F: plain TCP replaces it, too" known b state=detached live=0
}

# shellcheck disable=SC2119	# no arguments are meant
load_module
check "topology" topo_up
deaf
check "both hosts are played" play_start
for family in 4 6; do
	family $((10 - family))
	OTHER_S=$S
	[ "$F" = 4 ] && OTHER_C2=$CLIENT4_2 || OTHER_C2=$CLIENT6_2
	family $family
	[ "$F" = 4 ] && C2=$CLIENT4_2 || C2=$CLIENT6_2
	learning ""
	learning v0
	joins ""
	joins v0
	twins "" "$C"
	twins "" "$C2"
	twins v0 "$C2"
	third_acks
	segments ""
	segments v0
	again
	pending reset
	pending accept
done
