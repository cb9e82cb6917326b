#!/bin/bash
# No memory: every allocation that the module causes fails, one after the other, while commands,
# segments, namespaces and the module itself come and go; then a share of all does. The policy is the
# old or the new one, what it allows is not refused, what it denies does not pass, nothing leaks, and
# afterwards all is as before. A kernel with failslab makes them fail itself; on any other, and on that
# one once more, it is what stands between the module and its kernel (faults/shim.c). v4 and v6.
# timeout: 3000
# kernels: 6.1 uml *-debug
# shellcheck disable=SC2119	# load_watched needs no parameters
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/faults.sh
. "$SELFTESTS/faults.sh"
# shellcheck source=selftests/memory.sh
. "$SELFTESTS/memory.sh"

ROUNDS=2 FLOODS=4 EVERY=23 TRANSFERS=2
[ -z "$MB_FULL" ] || { ROUNDS=40 FLOODS=20 EVERY=1 TRANSFERS=10; }

# excused FILE CALL: why failslab cannot make it fail here
excused()
{
	case $2 in
	netlink_unicast | ip_local_out | ip6_local_out | ip6_route_output_flags)
		echo "what it asks for itself it can do without, or tells otherwise";;
	netlink_broadcast*)
		echo "-ESRCH, nobody was told, is no lack of memory";;
	rhashtable_init*)
		echo "asks for a table that must not fail where there is no memory for a larger one";;
	pcpu_alloc_noprof | __alloc_percpu_gfp)
		echo "takes from what is there, and is seldom the one that needs more";;
	netlink_register_notifier)
		echo "asks for nothing";;
	xfrm_lookup)
		echo "only where there are IPsec policies";;
	__xa_insert | __xa_alloc_cyclic | __kvmalloc_node* | kvmalloc_node)
		echo "asks in two ways: where one of all fails the other one helps; at 50 % both may fail";;
	rht_bucket_nested_insert)
		echo "only while a table is in pieces, for lack of memory, which its own work mends at once";;
	rhashtable_insert_slow)
		[ "$(nproc)" -gt 1 ] || return
		echo "only in a table that has become too small, and another processor makes it larger in time";;
	kmem_cache_create* | __kmem_cache_create_args | alloc_workqueue | register_pernet_subsys | genl_register_family)
		[ "$EVERY" != 1 ] || return
		echo "one allocation of many that loading takes; with MB_FULL all fail";;
	__kmalloc_cache_noprof | kmalloc_trace)
		[ "$1" = inject.c ] || return
		echo "of translated connections, which no story has";;
	__pskb_pull_tail | pskb_expand_head)
		[ "$1" = strip.c ] || return
		echo "of segments merged on receipt into a list, which 13-rewrite makes";;
	*)	return 1;;
	esac
}

# What nobody makes fail here
unreachable()
{
	case $2 in
	netlink_unicast | netlink_broadcast* | ip_local_out | ip6_local_out | ip6_route_output_flags | xfrm_lookup)
		return 0;;	# not the shim's to deny: they free what they are given
	__pskb_pull_tail)
		return 0;;
	pskb_expand_head)
		[ "$1" = strip.c ];;
	rht_bucket_nested_insert)
		return 0;;
	__kmalloc_cache_noprof | kmalloc_trace)
		[ "$1" = inject.c ];;	# of translated connections, which no story has
	rhashtable_insert_slow)
		[ "$(nproc)" -gt 1 ];;
	*)	return 1;;
	esac
}

# The first time it takes what stays until the namespace or the module goes.
nothing_stays()
{
	load_watched && faults shim policy && faults shim arming && faults shim ways && rmmod mptcp_mb
}

# exhaust INJECTOR
exhaust()
{
	local who="failslab"

	[ "$1" = kernel ] || who="the module's own"
	load_watched
	# pages are asked for now and then: what is the nth allocation then is no longer the same each time
	[ "$1" = shim ] || pages_fail no
	check "$who: commands about the policy" faults "$1" policy
	check "$who: a namespace's first policy" faults "$1" arming
	check "$who: segments, sessions, closing" faults "$1" ways
	if [ "$1" = kernel ]; then
		pages_fail yes
		check "$who: a list that takes pages" faults "$1" ways "session list, long"
	fi
	kept
	rmmod mptcp_mb
}

# load_in_part INJECTOR EVERY
load_in_part()
{
	faults "$1" module "$FAULTS_KO" "$2"
	status=$?
	kept
	return $status
}

# Nobody but the one process has to do without.
test_rates()
{
	local percent

	load_watched
	for percent in 1 10 50; do
		rate $percent
		check "failslab: segments, $percent % of all allocations" faults rate rates "$ROUNDS"
	done
	rate_of_pages 50
	check "failslab: commands about the policy, 50 % of all allocations" faults rate policy
	check "failslab: a namespace's first policy, 50 % of all allocations" faults rate arming
	rate_of_pages 0
	check "failslab: more sessions and joins than tables are made for" faults rate flood "$FLOODS"
	rate 0
	kept
	rmmod mptcp_mb
}

test_shim_rates()
{
	local percent

	load_watched
	for percent in 1 10 50; do
		PERCENT=$percent check "the module's own: segments, $percent % of its allocations" \
			faults shimrate rates "$ROUNDS"
	done
	PERCENT=20 check "the module's own: more sessions and joins than tables are made for" \
		faults shimrate flood "$FLOODS"
	kept
	rmmod mptcp_mb
}

# --- real hosts --------------------------------------------------------------------------------

shim() { knobs /sys/module/mptcp_mb/parameters "$@"; }

# The hosts' transfers have all the memory they want, the gateway has not: they do not notice.
unnoticed()
{
	local i

	for ((i = 0; i < TRANSFERS; i++)); do
		two_subflows "$1" || return
	done
	# what is refused would be refused for good by then
	verdicts
}

# by_shim PERCENT COMMAND...; by_failslab likewise: every allocation of which the module is the cause
by_shim()
{
	local status

	shim denied=0 tgid=0 "percent=$1"
	"${@:2}"
	status=$?
	shim percent=0
	INJECTED=$((INJECTED + $(cat /sys/module/mptcp_mb/parameters/denied)))
	return $status
}

by_failslab()
{
	local text=/sys/module/mptcp_mb/sections/.text status

	knobs $FAILSLAB task-filter=N ignore-gfp-wait=Y stacktrace-depth=32 "require-start=$(cat $text)" \
		"require-end=$(printf '0x%x' $(($(cat $text) + $(text_size))))" times=1000000 \
		"probability=$1" || return
	"${@:2}"
	status=$?
	knobs $FAILSLAB probability=0
	INJECTED=$((INJECTED + 1000000 - $(cat $FAILSLAB/times)))
	knobs $FAILSLAB require-start=0 require-end=0xffffffffffffffff
	return $status
}

text_size()
{
	size -A "$FAULTS_KO" | awk '$1 == ".text" { print $2 }'
}

has_stack_filter() { [ -e $FAILSLAB/require-start ]; }

test_traffic()
{
	local family percent

	topo_up && load_watched
	# neither arming nor what fails is to be an excuse for long
	mb policy set default allow orphan reset orphan-grace 8 midstream drop >/dev/null
	sleep 8.5
	mb stats reset
	for family in 4 6; do
		for percent in 10 50; do
			check "v$family: transfers with $percent % of what sessions need denied" \
				by_shim $percent unnoticed $family
		done
	done
	if has_stack_filter; then
		for family in 4 6; do
			check "v$family: transfers with 20 % failing by failslab" \
				by_failslab 20 unnoticed $family
		done
	fi
	kept
	# and what is well again
	mb policy flush
	mb policy set default allow >/dev/null
	for family in 4 6; do
		check "v$family: afterwards a transfer is as ever" two_subflows $family
	done
	check "afterwards sessions are learnt" test "$(counter session-confirmed)" -gt 0
	mb policy flush
	mb policy set default deny >/dev/null
	for family in 4 6; do
		check "v$family: and denied ones fall back" falls_back $family
	done
	check "rmmod" rmmod mptcp_mb
}

falls_back()
{
	transfer "$1" --bytes 20000 && xfer_is fallback=yes
}

# --- sites -------------------------------------------------------------------------------------

# places FILE...: FUNCTION CALL FILE:LINE; one that the compiler has made twice is one
places() { sed 's/+0x[0-9a-f]*//' "$@" | sort -u; }

# sites_not EXCUSE FILE...: prints those that are in none of these, and have no excuse
sites_not()
{
	local excuse=$1 function call line
	shift

	places "$FAULTS_SITES" | not_in <(places "$@") | while read -r function call line; do
		$excuse "${line%:*}" "$call" >"$TMP/why" ||
			echo "$call in $line ($function)"
	done
}

none() { [ -z "$1" ] || { echo "$1"; return 1; }; }

known_sites()
{
	kept
	awk 'FILENAME ~ /sites$/ { list[$1 " " $2] = 1; next }
	     $1 == "called" { sub(/\/0x.*/, "", $4); if (!(($4 " " $2) in list)) print $2, "at", $4 }' \
		"$FAULTS_SITES" "$TMP/told" | sort -u
}

# Not those that take over what they are given, of which no memory is missing: see calls
own_sites() { grep -vE ' (netlink_unicast|netlink_broadcast[a-z_]*|ip6?_local_out|ip6_route_output_flags|xfrm_lookup) '; }

test_sites()
{
	told failed >"$TMP/failed"
	told denied >"$TMP/denied"
	check "each call that is seen is known" none "$(known_sites)"
	if has_failslab; then
		check "each site has failed by failslab" none "$(sites_not excused "$TMP/failed")"
	fi
	check "each site has failed" none "$(sites_not unreachable "$TMP/failed" "$TMP/denied")"
	cat "$TMP/faults.notes"
	places "$FAULTS_SITES" | own_sites | not_in <(places "$TMP/failed" "$TMP/denied") | sed 's/^/# not reached: /'
	note "figure faults.injected $INJECTED"
	note "figure faults.sites $(places "$FAULTS_SITES" | own_sites | grep -c .)"
	note "figure faults.sites.failed $(places "$TMP/failed" "$TMP/denied" | own_sites | grep -c .)"
	! has_failslab || note "figure faults.sites.failslab $(places "$TMP/failed" | own_sites | grep -c .)"
}

# --- all of it ---------------------------------------------------------------------------------

results=23
! has_failslab || results=$((results + 14))
! has_stack_filter || results=$((results + 2))
plan $results
: >"$TMP/told"
: >"$TMP/faults.notes"

# sessions that are closed leave a record
"$TOP/build/audit" on
check "a gateway without hosts" way_up
check "nothing is wrong to begin with" nothing_stays
before=$(memory)
if has_failslab; then
	check "failslab" faults_any
	exhaust kernel
	check "failslab: the module is loaded" load_in_part kernel "$EVERY"
	load_watched
	check "failslab: namespaces are made" faults kernel namespaces "$EVERY"
	rmmod mptcp_mb
	test_rates
fi
exhaust shim
check "the module's own: the module is loaded" load_in_part shim 1
test_shim_rates
"$TOP/build/audit" off
check "no memory is lost" no_loss "$before" 200 nothing_stays
topo_down
test_traffic
test_sites
