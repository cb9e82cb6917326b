# Sourced by lib.sh: results in KTAP, and what compares.
# shellcheck shell=bash

KSFT_SKIP=4
planned=0 done=0 failed=0

# plan N: how many results there will be. A test that ends early has failed.
plan()
{
	planned=$1
	echo "KTAP version 1"
	echo "1..$planned"
}

ok()
{
	echo "ok $((done += 1)) $*"
}

fail()
{
	failed=$((failed + 1))
	echo "not ok $((done += 1)) $*"
}

# skip DESC REASON: one result
skip()
{
	echo "ok $((done += 1)) $1 # SKIP $2"
}

# skip_all REASON: before the plan; ends the test
skip_all()
{
	echo "KTAP version 1"
	echo "1..0 # SKIP $*"
	exit "$KSFT_SKIP"
}

# The one reason CI accepts for a skip: the captures are no part of the repository.
need_captures()
{
	[ -d "$MB_CAPTURES" ] || skip_all "no-captures $MB_CAPTURES"
}

note()
{
	echo "# $*"
}

# check DESC COMMAND...: a result, and the command's output if it failed.
# COMMAND runs in this shell, so that what it sets stays set.
check()
{
	local desc=$1

	shift
	if "$@" >"$TMP/check" 2>&1; then
		ok "$desc"
		return 0
	fi
	fail "$desc"
	note "failed: $*"
	sed 's/^/# | /' "$TMP/check"
	return 1
}

# is WANT GOT: for check; numbers or strings
is()
{
	[ "$1" = "$2" ] && return
	echo "want $1, got $2"
	return 1
}

# same_words "WORD..." "WORD...": for check; in any order
same_words()
{
	local word

	for word in $1; do
		[[ " $2 " == *" $word "* ]] || { is "$1" "$2"; return 1; }
	done
	for word in $2; do
		[[ " $1 " == *" $word "* ]] || { is "$1" "$2"; return 1; }
	done
}
