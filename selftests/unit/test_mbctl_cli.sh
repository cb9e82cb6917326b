#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mbctl's command line as far as it goes without the module: help, options, exit status, output that
# cannot be written. And the manual page. Run in selftests/unit.
MBCTL=../../build/mbctl-asan
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
done=0 failed=0

# check DESC COMMAND...
check()
{
	local desc=$1

	shift
	done=$((done + 1))
	if "$@" >"$tmp/log" 2>&1; then
		echo "ok $done $desc"
	else
		failed=1
		echo "not ok $done $desc"
		sed 's/^/# /' "$tmp/log"
	fi
}

# refused STATUS TEXT ARGS...: nothing on stdout, one line on stderr that holds TEXT
refused()
{
	local want=$1 text=$2 status

	shift 2
	"$MBCTL" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	echo "exit status $status"
	cat "$tmp/out" "$tmp/err"
	[ "$status" = "$want" ] && [ ! -s "$tmp/out" ] && [ "$(wc -l <"$tmp/err")" = 1 ] &&
		grep -q '^mbctl: ' "$tmp/err" && grep -qF -- "$text" "$tmp/err"
}

# helps TEXT ARGS...: exit status 0, TEXT on stdout, nothing on stderr
helps()
{
	local text=$1

	shift
	"$MBCTL" "$@" >"$tmp/out" 2>"$tmp/err" || return
	cat "$tmp/out" "$tmp/err"
	[ ! -s "$tmp/err" ] && grep -qF -- "$text" "$tmp/out"
}

help_everywhere()
{
	local object verbs verb

	for arg in help -h --help; do
		helps "usage: mbctl" "$arg" || return
	done
	for object in monitor status policy site session stats refused; do
		helps "$object: " "$object" help && helps "$object: " "$object" --help &&
			helps "$object: " help "$object" || return
		[ "$object" != monitor ] || continue	# has no verbs
		verbs=$("$MBCTL" help | sed -n "s/^    mbctl $object \([a-z]*\).*/\1/p")
		[ -n "$verbs" ] || return
		for verb in $verbs; do
			helps "mbctl $object $verb" "$object" "$verb" help || return
			cp "$tmp/out" "$tmp/verb" && helps "mbctl $object $verb" help "$object" "$verb" &&
				cmp "$tmp/verb" "$tmp/out" || return
		done
		helps "$object: " "$object" help && cp "$tmp/out" "$tmp/verb" &&
			helps "$object: " help "$object" && cmp "$tmp/verb" "$tmp/out" || return
	done
	refused 1 '"x": no such object' help x && refused 1 'site "x": no such verb' help site x &&
	refused 1 'help: "x": nothing belongs here' help site add x
}

disruptive_choices_explained()
{
	helps "turn MPTCP off for ALL destinations" policy help &&
	helps "get no connection at all" policy set help &&
	helps "connection refused" policy help
}

closing_explained()
{
	helps "Linux applications may wait 60 seconds" session reset help &&
	helps "a connection that was reset" session close help &&
	helps "half" policy help
}

filters()
{
	local filter="a filter is [id N] [token T] [site P] [client P] [state S] [age >D] [denied]"

	refused 1 "session close: which sessions? give id N, all, or a filter:" session close &&
	refused 1 "session close: \"5\": unknown word; $filter" session close 5 &&
	refused 1 "session list: \"sites\": unknown word; $filter" session list sites 10.0.0.1 &&
	refused 1 'all goes with no other word' session close all denied &&
	refused 1 'all goes with no other word' session close denied all &&
	refused 1 'denied is given twice: give it once' session close denied denied &&
	refused 1 'id "0x": no id: give the number that' session close id 0x &&
	refused 1 'id: a value is missing: give the number that' session close id &&
	refused 1 'token "0x100000000": no token: give one of' session list token 0x100000000 &&
	refused 1 'state "open": no such state: give unconfirmed, confirmed, fallback, detached, closing or closed' \
		session list state open &&
	refused 1 "age \"10m\": older or younger? give '>D' or '<D', like '>10m', quoted" session list age 10m &&
	refused 1 'age "soon": no duration' session list age '>soon' &&
	refused 1 '"10.0.0.0/33": an IPv4 prefix has at most 32 bits' session list site 10.0.0.0/33 &&
	refused 1 '"10.0.0.1/8": bits are set beyond' session close client 10.0.0.1/8 &&
	refused 1 'session get: which session? give id N or token T' session get &&
	refused 1 'session get: which session? give id N or token T' session get id 1 denied
}

connections()
{
	refused 1 'session reset: an address: a value is missing: give ADDRESS PORT ADDRESS PORT' session reset &&
	refused 1 'a value is missing: give ADDRESS PORT ADDRESS PORT' session reset 10.0.0.1 80 10.0.0.2 &&
	refused 1 '"10.0.0.0/8": a prefix: give one address' session reset 10.0.0.0/8 80 10.0.0.2 80 &&
	refused 1 'port "0": no port number' session reset 10.0.0.1 80 10.0.0.2 0 &&
	refused 1 'of two families: give both in one' session reset 10.0.0.1 80 fd00::1 80 &&
	refused 1 'both ends are the same' session reset fd00::1 80 fd00::1 80 &&
	refused 1 '"x": nothing belongs here' session reset 10.0.0.1 80 10.0.0.2 80 x
}

events()
{
	refused 1 'monitor: "sess": no such event: give session, subflow, or one of session-new,' monitor sess &&
	refused 1 'monitor: "": no such event' monitor session '' &&
	refused 1 'monitor: "session-": no such event' monitor session- &&
	refused 1 'refused list: "x": nothing belongs here' refused list x
}

usage_errors()
{
	refused 1 "what about? give status, policy, site, session, stats, monitor or refused, or see" &&
	refused 1 '"s": may mean several objects: give status, policy, site, session, ' s &&
	refused 1 '"status ": no such object' 'status ' &&
	refused 1 'policy "s": may mean several verbs: give show, set, apply, check, save or flush' policy s &&
	refused 1 'site "pick": no such verb: give list, add, replace, del, get, import or flush' site pick &&
	refused 1 '"-x": no such option' -x status &&
	refused 1 '"-x": no such option' -jx status &&
	refused 1 '"--jason": no such option' --jason status &&
	refused 1 '-n: a value is missing' -n &&
	refused 1 'status show: "x": nothing belongs here' status show x &&
	refused 1 'policy apply: the file is missing' policy apply &&
	refused 1 'policy check: "/nowhere" cannot be read: No such file or directory' policy check /nowhere &&
	refused 1 'policy apply: "b": nothing belongs here' policy apply a b &&
	refused 1 'site import: the file is missing' site import &&
	refused 1 'policy save: -j: a policy file is no JSON' -j policy save &&
	refused 1 'site add: "a\x0ab": no address prefix' site add $'a\nb'
}

bad_namespaces()
{
	refused 1 '-n "nowhere": there is no such network namespace: see "ip netns list"' -n nowhere status &&
	refused 1 'not the name of a network namespace' -n ../x status &&
	refused 1 'not the name of a network namespace' -n '' status
}

# file_error TEXT: of a policy on stdin, in spite of no module
file_error()
{
	"$MBCTL" policy apply - >"$tmp/out" 2>"$tmp/err"
	[ $? = 1 ] || return
	cat "$tmp/err"
	[ "$(cat "$tmp/err")" = "mbctl: $1" ]
}

# an empty standard input, or none, must not be taken for an empty policy
nothing_to_apply()
{
	local verb text='no statement in it; "policy flush" removes the policy'

	for verb in apply check; do
		refused 1 "policy $verb: stdin: $text" policy "$verb" - &&
		refused 1 "policy $verb: /dev/null: $text" policy "$verb" /dev/null || return
		"$MBCTL" policy "$verb" - <&- 2>"$tmp/err"
		[ $? = 1 ] && cat "$tmp/err" &&
			[ "$(cat "$tmp/err")" = "mbctl: stdin: cannot be read: Bad file descriptor" ] || return
	done
}

unwritable()
{
	local text="mbctl: the answer could not be written:"

	"$MBCTL" help >/dev/full 2>"$tmp/err"
	[ $? = 1 ] && [ "$(cat "$tmp/err")" = "$text No space left on device" ] || return
	"$MBCTL" help >&- 2>"$tmp/err"
	[ $? = 1 ] && [ "$(cat "$tmp/err")" = "$text Bad file descriptor" ]
}

abbreviated()
{
	helps "mbctl policy show" pol sho help && helps "mbctl site del" si del help &&
	helps "mbctl site del" site delete help && helps "mbctl site list" site ls help &&
	helps "mbctl stats show" stats list help && helps "mbctl status show" status ls help &&
	helps "mbctl session list" se ls help && helps "mbctl refused list" r show help &&
	helps "mbctl monitor [EVENT ...]" m show help
}

man_page()
{
	local page=../../docs/man/mbctl.8

	if command -v mandoc >/dev/null; then
		mandoc -Tlint -Wwarning "$page"
		return
	fi
	command -v man >/dev/null || { echo "neither mandoc nor man is installed"; return 1; }
	# its complaints alone
	[ -z "$(MANROFFSEQ='' LC_ALL=C.UTF-8 MANWIDTH=80 man -E UTF-8 -l --warnings -Tutf8 -Z "$page" 2>&1 >/dev/null)" ]
}

echo "KTAP version 1"
echo "1..15"
check "version" helps "mbctl $(sed -n 's/.*MB_VERSION "\(.*\)"/\1/p' ../../src/netlink.h)" -V
check "help on everything" help_everywhere
check "help says what endpoints do about drop and reset" disruptive_choices_explained
check "help says what closing and resetting do" closing_explained
check "filters of sessions" filters
check "connections to reset" connections
check "events to watch" events
check "usage errors: one line, exit status 1" usage_errors
check "namespaces that are none" bad_namespaces
check "a policy file is read before anything is sent" \
	file_error 'stdin:3: port "0": no port number: give 1 to 65535' <<-F
	policy set default deny

	site add any port 0 allow
	site add any port 1 allow
	F
check "no input is no policy" nothing_to_apply
check "output that cannot be written is told" unwritable
check "abbreviations, and show, list, ls" abbreviated
check "the manual page is there and clean" man_page
check "every verb is in the manual page" \
	bash -c "$MBCTL help | sed -n 's/^    mbctl \([a-z]*\( [a-z][a-z]*\)\?\).*/\1/p' | while read -r verb; do
		grep -q \"mbctl \$verb\" ../../docs/man/mbctl.8 || { echo \"\$verb\"; exit 1; }; done"
exit $failed
