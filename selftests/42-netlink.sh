#!/bin/bash
# timeout: 3000
# Netlink messages of all kinds, right, wrong and changed at random, by root, by nobody and from user
# namespaces; transactions that are abandoned, dumps of what changes. Nothing crashes, leaks, tells a
# key, or changes without the right; and what comes after it works. MB_FULL=1: half a million; MB_SEED=N:
# other messages.
# shellcheck disable=SC2119	# load_module needs no parameters
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"
# shellcheck source=selftests/memory.sh
. "$SELFTESTS/memory.sh"
plan 42

# Messages: as root, in so many turns; as each of the others; transactions; dumps; in each round of which
# memory is measured
if [ -n "$MB_FULL" ]; then
	TURNS=10 MESSAGES=50000 OTHERS=50000 TRANSACTIONS=20000 DUMPS=400 ROUND=20000
else
	TURNS=4 MESSAGES=13000 OTHERS=12000 TRANSACTIONS=2000 DUMPS=40 ROUND=4000
fi
SEED=${MB_SEED:-1}
KEYS=
declare -A SUM=([messages]=0 [accepted]=0 [refused]=0)

# as WHO COMMAND...: root or nobody in the gateway's namespace; userns: likewise, root in a user namespace
# of his own; own: root in a user namespace that has a network namespace
as()
{
	local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)

	case $1 in
	root)	ns_g "${@:2}";;
	nobody)	ns_g "${nobody[@]}" "${@:2}";;
	userns)	ns_g "${nobody[@]}" unshare --user --map-root-user "${@:2}";;
	own)	ns_g "${nobody[@]}" unshare --user --map-root-user --net "${@:2}";;
	esac
}

# fuzz WHO ARGS...: for check; new messages each time
fuzz()
{
	local status name

	as "$1" "$TMP/nlfuzz" --seed $((SEED++)) --corpus "$TMP/corpus" ${KEYS:+--keys "$KEYS"} "${@:2}" \
		>"$TMP/said" 2>&1
	status=$?
	cat "$TMP/said"
	[ $status -lt 2 ] || return
	for name in "${!SUM[@]}"; do
		SUM[$name]=$((SUM[$name] + $(xfer_get "$name" "$(tail -n 1 "$TMP/said")")))
	done
	return $status
}

# --- what there is to be known --------------------------------------------------------------------

# What mbctl sends, with every word that it has; in a namespace where it does no harm
record()
{
	local line

	ip netns add "$NS_R" || return
	while read -ra line; do
		NLRECORD=$TMP/corpus LD_PRELOAD=$TOP/build/nlfuzz_record.so \
			"$MBCTL" -n "$NS_R" "${line[@]}" >/dev/null 2>&1
	done <<-'L'
		status
		policy set default deny fallback drop join reset add-addr block malformed strip
		policy set local on reset-rate 50 orphan drop orphan-grace 5s midstream reset
		policy set max-sessions 100 session-timeout 1h share-mark 0xff00 mode enforce
		policy show
		site add any deny
		site add 10.0.0.0/8 from 10.9.0.0/16 port 443 mark 0x1/0xff ctmark 0x2/0xf allow join drop
		site add fd00::/16 deny fallback reset override timeout 1h comment words
		site replace 10.0.0.0/8 allow comment other
		site get 10.0.0.1 port 443 from 10.9.0.1 mark 1 ctmark 2
		site get fd00::1
		site list
		policy save
		session reset 10.0.0.1 1 10.0.0.2 2
		session reset fd00::1 1 fd00::2 2
		session list
		session get id 1
		session close id 1
		stats show
		stats reset
		refused list
		site del 10.0.0.0/8
		site del fd00::/16 override
		site flush
		policy flush
	L
	"$MBCTL" -n "$NS_R" policy save >"$TMP/initial"
	echo "policy set default allow" >>"$TMP/initial"
	NLRECORD=$TMP/corpus LD_PRELOAD=$TOP/build/nlfuzz_record.so \
		"$MBCTL" -n "$NS_R" policy apply "$TMP/initial" >/dev/null
	ip netns del "$NS_R"
	[ "$(stat -c %s "$TMP/corpus")" -gt 1000 ]
}

# A policy, sessions with known keys and a refusal: what nobody is to know, or to change
secrets()
{
	local family

	KEYS=
	mb policy flush
	apply 'policy set default allow join accept orphan reset orphan-grace 0 reset-rate 500' \
		'site add 10.9.0.0/16 deny comment "a secret"' 'site add fd09::/16 deny' || return
	for family in 4 6; do
		family $family
		begin "a$F" "x$F" && play "open x$F" "confirm x$F" "conn j$F a$F $C $((port += 1)) $S 80" \
			"send j$F c S token=7 join" && known "a$F" state=confirmed || return
		KEYS+=${KEYS:+,}$CLIENT_KEY,$SERVER_KEY
	done
}

# all_of_it: what the gateway has, but for what the clock moves
all_of_it()
{
	mb policy save && mb -j stats show && mb -j refused list &&
	mb -j session list | jq -cS 'del(.[].idle, .[].age, .[].subflows[].idle)' &&
	mb -j status | jq -cS 'del(.grace)'
}

# untouched COMMAND...: for check; it is as it was
untouched()
{
	all_of_it >"$TMP/before" && "$@" && all_of_it >"$TMP/after" && diff "$TMP/before" "$TMP/after"
}

# --- rights -----------------------------------------------------------------------------------------

# refused_to WHO ARGS...: for check; each command is refused, and the group of events, all but the counters
refused_to()
{
	fuzz "$@" rights || return
	is "stats-get=answered" "$(sed -n '/^seed=/d; /=EPERM/!s/ .*//p' "$TMP/said")" &&
		is 21 "$(grep -c =EPERM "$TMP/said")"
}

# A namespace of one's own, which may not have a policy: it has none, and nothing to be told
foreign()
{
	fuzz own --foreign rights || return
	is "status-get=answered policy-get=answered policy-set=EPERM policy-flush=ok site-get=ENOENT$(
		) site-get-dump=ok site-add=EPERM site-replace=EPERM site-del=ENOENT site-flush=ok txn-begin=EPERM$(
		) txn-commit=ENOENT txn-abort=ENOENT stats-get=answered stats-reset=ok session-get=ENOENT$(
		) session-get-dump=ok session-close=EPERM session-reset=EPERM refused-get=ENOENT$(
		) refused-get-dump=ok events=ok" "$(sed '/^seed=/d; s/ .*//' "$TMP/said" | xargs)" || return
	is 6 "$(grep -c '=EPERM off in user namespaces' "$TMP/said")"
}

rights()
{
	check "sessions, sites, refusals" secrets
	check "root may do everything" fuzz root rights
	check "sessions, sites, refusals again" secrets
	check "nobody: each command is refused" untouched refused_to nobody --nobody
	check "nobody: messages" untouched fuzz nobody --nobody --count $OTHERS messages
	note "$(tail -n 1 "$TMP/said")"
	check "root of another user namespace: each command is refused" untouched refused_to userns --nobody
	check "root of another user namespace: messages" \
		untouched fuzz userns --nobody --count $OTHERS messages
	check "a network namespace of one's own: what changes is refused" untouched foreign
	check "a network namespace of one's own: messages" untouched fuzz own --foreign --count $OTHERS messages
	note "$(tail -n 1 "$TMP/said")"
}

# userns=1: they may do what they want, and it is their own affair
rights_given()
{
	check "userns=1: sessions, sites, refusals" secrets
	check "userns=1: nobody: each command is refused" untouched refused_to nobody --nobody
	check "userns=1: root of another user namespace: each command is refused" \
		untouched refused_to userns --nobody
	check "userns=1: a network namespace of one's own: a policy" untouched own_policy
	check "userns=1: messages there" untouched fuzz own --count $OTHERS messages
	check "userns=1: transactions there" untouched fuzz own --count $((OTHERS / 10)) transactions
	check "userns=1: dumps there" untouched fuzz own --count $((DUMPS / 4)) dumps
	note "$(tail -n 1 "$TMP/said")"
}

own_policy()
{
	fuzz own rights && grep -q ^policy-set=ok "$TMP/said"
}

# --- root -------------------------------------------------------------------------------------------

messages()
{
	local i

	for ((i = 1; i <= TURNS; i++)); do
		secrets && fuzz root --count $MESSAGES messages || return
	done
}

# Nothing is left of all of it, but what is told to be: what others keep for a while, and what is unread
round()
{
	fuzz root --count $ROUND messages && fuzz root --count $((ROUND / 20)) transactions &&
	fuzz root --count 16 dumps && mb policy flush
}

forgotten()
{
	local before

	KEYS=
	check "a round" round
	check "another" round
	before=$(memory)
	check "one more" round
	check "no memory is lost" no_loss "$before" 100 round
	note "grew by $GREW"
	check "nobody uses the module" is "$REFCNT" "$(cat /sys/module/mptcp_mb/refcnt)"
}

# In a namespace with an open transaction, an unread dump, and sites, as its processes and it are ended
gone()
{
	local before pid

	before=$(namespaces)
	ip netns add "$NS_R" && "$MBCTL" -n "$NS_R" policy set default deny &&
		in_ns "$NS_R" "$TMP/nlfuzz" --seed $((SEED++)) --corpus "$TMP/corpus" --count 1000 messages ||
		return
	ip netns exec "$NS_R" "$TOP/build/hold" socket txn dump >"$TMP/hold" 2>&1 &
	pid=$!
	wait_for 10 grep -q ready "$TMP/hold" || cat "$TMP/hold"
	ip netns del "$NS_R"
	kill -9 $pid
	wait $pid 2>/dev/null
	wait_for 20 as_many_namespaces "$before" && is "$REFCNT" "$(cat /sys/module/mptcp_mb/refcnt)"
}

# --- one by one: what was found ---------------------------------------------------------------------

# says ERROR TEXT COMMAND FLAGS [HEX]: for check; what becomes of a message, and that the policy stays
says()
{
	local before

	before=$(mb policy save)
	as root "$TMP/nlfuzz" raw "${@:3}" >"$TMP/said"
	cat "$TMP/said"
	grep -q "^$1 .*$2" "$TMP/said" && is "$before" "$(mb policy save)"
}

DUMP=0x300 SITE=14000280080001000a0000000500020008000000 ID=08000e0001000000 DRY_RUN=04000600

found()
{
	apply 'policy set default deny' 'site add 10.0.0.0/8 deny' 'site add fd00::/8 deny'
	check "an entry for site-flush is refused, not all entries flushed" \
		says EINVAL "Unknown attribute" site-flush 0 $SITE
	check "policy-flush with dry-run is refused, not done" \
		says EINVAL "Unknown attribute" policy-flush 0 $DRY_RUN
	check "bytes that are reserved" says EINVAL reserved site-flush reserved
	check "flags that mean nothing" says EINVAL flags site-flush 0x400
	check "a dump of the sites with a filter" says EINVAL "a dump lists all" site-get $DUMP $SITE
	check "a dump of the sessions with a filter" says EINVAL "a dump lists all" session-get $DUMP $ID
	mb policy flush
}

# What is searched for would be found: the comment of an entry has as many bytes as a key.
finds()
{
	mb site add 10.8.0.0/16 deny comment "a secret" && ! as root "$TMP/nlfuzz" --keys 6120736563726574 \
		raw site-get $DUMP >"$TMP/said" || return
	cat "$TMP/said"
	grep -q "a key is told" "$TMP/said" && ! as root "$TMP/nlfuzz" --keys 7465726365732061 \
		raw site-get $DUMP >/dev/null && mb policy flush
}

# --- and then? --------------------------------------------------------------------------------------

known_policy()
{
	mb policy flush && printf '%s\n' 'policy set default deny' 'site add fd02::/16 deny comment "six"' |
		mb policy apply - >/dev/null && mb policy save
}

# stripped 4|6 REASON: for check; a transfer goes as TCP, no option gets past the gateway
stripped()
{
	family "$1"
	mb stats reset
	capture_start "$NS_G" h1 "$TMP/outside.pcap"
	transfer "$F" --bytes 100000 || return
	capture_stop
	xfer_is fallback=yes subflows=0 && is 0 "$(capture_mptcp "$TMP/outside.pcap")" &&
		counters_are "exit-strip-$2=1" mptcp=1 syn=1 subtype-mp-capable=1 version-1=1
}

# ------------------------------------------------------------------------------------------------------

chmod 755 "$TMP"
cp "$TOP/build/nlfuzz" "$TMP/" || exit
load_module || exit
check "topology" topo_up
check "what mbctl sends is recorded" record
chmod 644 "$TMP/corpus"
known_policy >"$TMP/known"
mb policy flush
REFCNT=$(cat /sys/module/mptcp_mb/refcnt)
deaf
check "both hosts are played" play_start
check "a key would be found" finds
found
rights
check "root: every attribute of every command, one of them wrong" fuzz root sweep
note "$(tail -n 1 "$TMP/said")"
check "root: messages" messages
note "$(tail -n 1 "$TMP/said")"
check "root: transactions" fuzz root --count $TRANSACTIONS transactions
note "$(tail -n 1 "$TMP/said")"
check "root: transactions, while sockets come and go" fuzz root --count $((TRANSACTIONS * 5)) threads
check "root: dumps" fuzz root --count $DUMPS dumps
note "$(tail -n 1 "$TMP/said")"
forgotten
check "its namespace goes" gone
hear
check "then a policy is what it was before" is "$(cat "$TMP/known")" "$(known_policy)"
check "v4: it strips" stripped 4 default
check "v6: it strips" stripped 6 site
mb policy flush
check "the module goes" unload_module
check "and comes, with userns=1" load_module userns=1
deaf
rights_given
for name in messages accepted refused; do
	echo "# figure netlink.$name ${SUM[$name]}"
done
