#!/bin/bash
# Bad input: one line that names the place and the remedy, and nothing has changed.
. "$(dirname "$0")/lib.sh"
plan 49

# refused STATUS TEXT COMMAND...: exit status, nothing on stdout, one line on stderr with TEXT in it
refused()
{
	local want=$1 text=$2 status lines

	shift 2
	"$@" >"$TMP/out" 2>"$TMP/err"
	status=$?
	mapfile -t lines <"$TMP/err"
	printf '%s\n' "${lines[@]}"
	is "$want" "$status" && is 1 "${#lines[@]}" || return
	[ ! -s "$TMP/out" ] && [[ ${lines[0]} == "mbctl: "*"$text"* ]] && return
	echo "want mbctl: ... $text, and nothing on stdout"
	return 1
}

# What bad input must leave as it is: all of the policy, and whether there is one.
settled()
{
	SETTLED=$(mb policy save)
}

# unchanged STATUS TEXT ARGS...: refused, and the policy is as it was
unchanged()
{
	refused "$1" "$2" mb "${@:3}" && is "$SETTLED" "$(mb policy save)"
}

# unchanged_both STATUS TEXT4 TEXT6 ARGS...: for v4, and with addresses made v6 for v6
unchanged_both()
{
	local status=$1 text4=$2 text6=$3 arg six=()

	shift 3
	for arg; do
		arg=${arg/10.0.0.0\/33/fd00::\/129}
		arg=${arg/10.0.0.0/fd00::}
		arg=${arg/10.1.2.3/fd00:1::3}
		arg=${arg/10.9.0.0/fd09::}
		six+=("$arg")
	done
	[ "$text6" != = ] || text6=$text4
	unchanged "$status" "$text4" "$@" && unchanged "$status" "$text6" "${six[@]}"
}

# file_unchanged STATUS TEXT COMMAND... < FILE: like unchanged, the file is called f
file_unchanged()
{
	cat >"$TMP/f"
	unchanged "$1" "$TMP/f:$2" "${@:3}" "$TMP/f"
}

without_module()
{
	local text="the kernel module mptcp_mb is not loaded: insmod mptcp_mb.ko or modprobe mptcp_mb"

	refused 2 "$text" mb status && refused 2 "$text" mb -j policy show &&
	refused 2 "$text" mb site add any allow && refused 2 "$text" mb stats show &&
	refused 2 "$text" mb policy apply "$TMP/initial"
}

# no_admin ARGS...: mbctl in the gateway as root without CAP_NET_ADMIN
no_admin()
{
	ns_g setpriv --bounding-set=-net_admin --inh-caps=-all "$MBCTL" "$@"
}

without_capability()
{
	local text="not permitted: it needs CAP_NET_ADMIN in this network namespace: become root"

	refused 2 "policy set: $text" no_admin policy set default deny &&
	refused 2 "site add: 10.0.0.0/8: $text" no_admin site add 10.0.0.0/8 deny &&
	refused 2 "policy apply: $text" no_admin policy apply "$TMP/initial" &&
	refused 2 "policy flush: $text" no_admin policy flush &&
	refused 2 "site list: $text" no_admin site list &&
	refused 2 "status show: $text" no_admin status &&
	refused 2 "session list: $text" no_admin session list &&
	refused 2 "session close: $text" no_admin session close all &&
	refused 2 "session reset: $text" no_admin session reset 10.0.0.1 1 10.0.0.2 2 &&
	refused 2 "refused list: $text" no_admin refused &&
	refused 2 "monitor: not permitted: to hear events needs CAP_NET_ADMIN in this network namespace: become root" \
		no_admin monitor &&
	refused 2 "stats reset: $text" no_admin stats reset || return
	no_admin -j stats show || return
	is "$SETTLED" "$(mb policy save)"
}

in_user_namespace()
{
	unshare --user --map-root-user --net "$MBCTL" "$@"
}

# what writes to a closed descriptor must not write into the socket that took its place
unwritten()
{
	local status

	mb policy show >&- 2>"$TMP/err"
	status=$?
	is 1 $status && is "mbctl: the answer could not be written: Bad file descriptor" "$(cat "$TMP/err")" || return
	mb -j stats show >/dev/full 2>"$TMP/err"
	status=$?
	is 1 $status && is "mbctl: the answer could not be written: No space left on device" "$(cat "$TMP/err")" || return
	# what has happened all the same must be told
	mb policy check "$TMP/initial" >/dev/full 2>"$TMP/err"
	status=$?
	is 1 $status && is "mbctl: the answer could not be written: No space left on device" "$(cat "$TMP/err")" &&
		is "$SETTLED" "$(mb policy save)" || return
	mb policy apply "$TMP/initial" >/dev/full 2>"$TMP/err"
	status=$?
	is 1 $status && is 0 "$(mb policy save | grep -c ^site)" &&
		is "mbctl: policy apply: applied, but the answer could not be written: No space left on device" "$(cat "$TMP/err")"
}

sessions_out_of_range()
{
	unchanged 1 'max-sessions "0": no number in range: give 1 to 4194304' policy set max-sessions 0 &&
	unchanged 1 'max-sessions "4194305": no number in range' policy set max-sessions 4194305 &&
	unchanged 1 'session-timeout "0": out of range: give 1 second to' policy set session-timeout 0 &&
	unchanged 1 'orphan-grace "25d": out of range: give 0 to' policy set orphan-grace 25d &&
	unchanged 1 'orphan "strip": no such value: give as-join, accept, reset or drop' policy set orphan strip &&
	unchanged 1 'share-mark "0x1/0x1": no mask of 32 bits' policy set share-mark 0x1/0x1
}

no_session()
{
	is "[]" "$(mb -j session list)" && is "[]" "$(mb -j session close all)" && is "[]" "$(mb -j refused)" &&
	unchanged 1 'session close: which sessions? give id N, all, or a filter: [id N]' session close &&
	unchanged 1 '"5": unknown word; a filter is [id N]' session close 5 &&
	unchanged 1 'all goes with no other word' session close all denied &&
	unchanged 1 "older or younger? give '>D' or '<D'" session close age 10m &&
	unchanged 2 'session close: id 7: there is no such session' session close id 7 &&
	unchanged 2 'session get: id 7: there is no such session' session get id 7 &&
	unchanged 2 '0x00000007: no known session has it: its start was not seen, or it has ended' session close token 7
}

no_connection()
{
	unchanged 1 'a value is missing: give ADDRESS PORT ADDRESS PORT' session reset 10.0.0.1 1 10.0.0.2 &&
	unchanged 1 'of two families: give both in one' session reset 10.0.0.1 1 fd00::1 2 &&
	unchanged 1 'both ends are the same' session reset fd00::1 1 fd00::1 1 || return
	mb policy set mode observe && settled &&
	unchanged 2 'session reset: mode observe touches nothing: set mode enforce first' session reset 10.0.0.1 1 10.0.0.2 2 &&
	mb policy set mode enforce && settled && is "[]" "$(mb -j session list)"
}

# no_input: apply - of nothing, or of a closed descriptor, is no empty policy
no_input()
{
	unchanged 1 'policy apply: stdin: no statement in it; "policy flush" removes the policy' policy apply - </dev/null &&
	unchanged 1 'stdin: cannot be read: Bad file descriptor' policy apply - <&- &&
	unchanged 1 'stdin:1: more than 65536 bytes in one line' policy apply - </dev/zero
}

# what save prints of no policy makes none
unarmed_identity()
{
	is 1 "$(mb policy save | wc -l)" || return
	mb policy save >"$TMP/f"
	unchanged 1 "no statement in it" policy apply "$TMP/f"
}

# who finds another's transaction open is told whose, and what to do
busy()
{
	local pid status

	echo 10.0.0.0/8 >"$TMP/list"
	ip netns exec "$NS_G" "$TOP/build/hold" txn >"$TMP/hold" 2>&1 &
	pid=$!
	wait_for 10 grep -q ready "$TMP/hold" && settled &&
		unchanged 2 "policy apply: process $pid replaces the policy just now: try again, or end that process" \
			policy apply "$TMP/initial" &&
		unchanged 2 "site import: process $pid replaces" site import "$TMP/list" deny
	status=$?
	kill -9 $pid
	wait $pid 2>/dev/null
	[ $status = 0 ] && wait_for 10 mb policy apply "$TMP/initial"
}

echo "policy set default allow" >"$TMP/initial"
ip netns add "$NS_G"
check "no module" without_module
load_module || exit
settled

check "not armed: a bad setting does not arm" unchanged 1 'policy set: "modus": no such key' policy set modus observe
check "not armed: a bad entry does not arm" unchanged 1 'port "0": no port number' site add any port 0 deny
check "not armed: a bad file does not arm" file_unchanged 1 '2: "b": no statement' policy apply <<<$'site add any deny\nb'
check "not armed: a file that the kernel refuses does not arm" \
	file_unchanged 2 "2: any: the same entry stands in $TMP/f:1" policy apply <<<$'site add any deny\nsite add any allow'
check "not armed: a list with duplicates does not arm" \
	file_unchanged 2 "2: 10.0.0.0/8: the same entry stands in $TMP/f:1" site import <<<$'10.0.0.0/8 deny\n10.0.0.0/8 deny'
check "not armed: an explanation needs a policy" unchanged 2 "site get: not armed: set a policy first" site get 10.0.0.1
check "not armed: what is saved does not arm" unarmed_identity
check "not armed: nothing to delete" unchanged 2 "site del: any: no such entry" site del any

check "settings" mb policy set default allow join reset
check "an entry" mb site add 10.0.0.0/8 deny comment 'four'
check "another" mb site add fd00::/8 deny comment 'six'
mb site add 10.0.0.0/8 mark 0x1/0xf allow
mb site add fd00::/8 mark 0x1/0xf allow
settled

check "unknown object" unchanged 1 '"siet": no such object: give status, policy, site, session, stats, monitor or refused' siet list
check "unknown verb" unchanged 1 'site "ad ": no such verb: give list, add,' site "ad " any allow
check "unknown words" unchanged_both 1 '"prot": unknown word; an entry is PREFIX' = site add 10.0.0.0/8 prot 80 allow
check "unknown values" unchanged 1 'fallback "stripp": no such value: give strip, drop or reset' policy set fallback stripp
check "midstream strip, with the reason" \
	unchanged 1 'midstream "strip": half-stripped sessions corrupt data: give accept, drop or reset' policy set midstream strip
check "settings of sessions out of range" sessions_out_of_range
check "sessions: bad filters, unknown sessions" no_session
check "sessions: connections that cannot be reset" no_connection
check "monitor: no such event" unchanged 1 'monitor: "sess": no such event: give session, subflow, or one of' monitor sess
check "several settings, one bad: none is set" unchanged 1 'join "strip"' policy set default deny join strip
check "a prefix with host bits" unchanged_both 1 'write 10.0.0.0/8, or 10.1.2.3 for' 'write fd00::/8, or fd00:1::3 for' \
	site add 10.1.2.3/8 allow
check "a prefix that is too long" unchanged_both 1 '"10.0.0.0/33": an IPv4 prefix has at most 32 bits' \
	'"fd00::/129": an IPv6 prefix has at most 128 bits' site add 10.0.0.0/33 allow
check "port 0 and 65536" eval "unchanged_both 1 'port \"0\": no port number: give 1 to 65535' = site add 10.0.0.0/9 port 0 allow &&
	unchanged_both 1 'port \"65536\": no port number' = site add 10.0.0.0/9 port 65536 allow"
check "marks over 32 bits" eval "unchanged_both 1 'the mark has more than 32 bits' = site add 10.0.0.0/9 mark 0x100000000 allow &&
	unchanged_both 1 'the mask has more than 32 bits' = site add 10.0.0.0/9 ctmark 1/0x100000001 allow"
check "marks beyond their mask, and mask 0" \
	eval "unchanged_both 1 'write 0x1/0xf, or a wider mask' = site add 10.0.0.0/9 ctmark 0x11/0xf allow &&
	unchanged_both 1 'mask 0 matches every mark' = site add 10.0.0.0/9 mark 0/0 allow"
check "a client of another family" eval "unchanged 1 'of another address family' site add 10.0.0.0/9 from fd00::1 allow &&
	unchanged 1 'of another address family' site add fd00::/9 from 10.0.0.1 allow"
check "a duplicate entry" unchanged_both 2 '10.0.0.0/8: exists: use replace' 'fd00::/8: exists: use replace' \
	site add 10.0.0.0/8 allow
check "a missing entry" unchanged_both 2 '10.0.0.0/9: no such entry' 'fd00::/9: no such entry' site del 10.0.0.0/9
check "a missing entry, by its qualifiers" unchanged_both 2 'no such entry' = site del 10.0.0.0/8 port 80
check "masks that overlap" unchanged_both 2 'overlap' = site add 10.0.0.0/8 mark 0x10/0xf0 allow
check "an entry without allow or deny" unchanged_both 1 'add allow or deny' = site add 10.0.0.0/9 port 80
check "join with deny, fallback with allow, words twice" \
	eval "unchanged_both 1 'join goes with allow' = site add 10.0.0.0/9 deny join drop &&
	unchanged_both 1 'fallback goes with deny' = site replace 10.0.0.0/8 allow fallback drop &&
	unchanged_both 1 'port is given twice' = site add 10.0.0.0/9 port 1 port 1 allow"
check "a comment with a newline, not UTF-8, too long" \
	eval "unchanged_both 1 'it has a newline: give one line' = site add 10.0.0.0/9 allow comment \$'a\nb' &&
	unchanged_both 1 'byte 2 (0xff) is not printable UTF-8' = site add 10.0.0.0/9 allow comment \$'a\xff' &&
	unchanged_both 1 '64 bytes are too long' = site add 10.0.0.0/9 allow comment $(printf %064d 0)"
check "timeouts" eval "unchanged_both 1 'out of range: give 1 second to' = site add 10.0.0.0/9 allow timeout 0 &&
	unchanged_both 1 'no duration' = site add 10.0.0.0/9 allow timeout soon"
check "a file wrong on line 3 of 5" file_unchanged 1 '3: "10.0.0.0/33": an IPv4 prefix has at most 32 bits' policy apply <<-F
	policy set default deny
	site add any allow
	site add 10.0.0.0/33 allow
	site add 10.0.0.0/8 allow
	site add fd00::/8 allow
F
check "a file that the kernel refuses on line 3 of 5" \
	file_unchanged 2 "3: fd00::/8: its marks overlap with those of the like entry in $TMP/f:2: remove one of them" policy apply <<-F
	policy set default deny
	site add fd00::/8 ctmark 1/0xf allow
	site add fd00::/8 ctmark 0x10/0xf0 allow
	site add 10.0.0.0/8 allow
	site add any allow
F
check "check finds the same" file_unchanged 2 "2: 10.0.0.0/8: the same entry stands in $TMP/f:1" policy check <<-F
	site add 10.0.0.0/8 port 80 allow
	site add 10.0.0.0/8 port 80 deny
F
check "a list of which one is there already" file_unchanged 2 '2: 10.0.0.0/8: exists already' site import <<<$'10.0.0.0/9 deny\n10.0.0.0/8 deny'
check "a list of which one overlaps with one that is there" \
	file_unchanged 2 '2: fd00::/8: its marks overlap with those of the like entry that is there' site import <<<$'fd00::/9 deny\nfd00::/8 mark 0x10/0xf0 deny'
check "no input" no_input
check "no CAP_NET_ADMIN" without_capability
check "an unknown namespace" refused 1 '-n "nowhere": there is no such network namespace: see "ip netns list"' "$MBCTL" -n nowhere policy flush
check "a known namespace" is "$(mb policy save)" "$(ns_g "$MBCTL" policy save)"
check "a user namespace" refused 2 "load mptcp_mb with userns=1 to have it" in_user_namespace site add any deny
check "an answer that cannot be written" unwritten
check "another's transaction" busy
mb policy flush
ip netns del "$NS_G"
unload_module
load_module userns=1
check "a user namespace, allowed" in_user_namespace site add any deny
