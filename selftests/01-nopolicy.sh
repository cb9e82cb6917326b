#!/bin/bash
# Without a policy the gateway is not there: the module is loaded, MPTCP goes through with two
# subflows, nothing is counted, netfilter calls nothing of ours. The first statement changes that,
# policy flush changes it back.
. "$(dirname "$0")/lib.sh"
plan 26

# --- who is called ---------------------------------------------------------------------------

# Netfilter itself can be asked on 6.12, not on Debian's 6.1: there kprobes at our hook functions
# count the segments of a transfer. Elsewhere our own counters must do.
TRACE=/sys/kernel/tracing
witness()
{
	modprobe -q nfnetlink_hook
	mountpoint -q $TRACE || mount -t tracefs none $TRACE 2>/dev/null
	if grep -q ' nfnl_hook_dump_one' /proc/kallsyms; then
		WITNESS=netfilter
	elif probe 2>/dev/null; then
		WITNESS=kprobes
		echo 1 >$TRACE/events/kprobes/enable
		PROBED=1
	else
		WITNESS=counters
	fi
	note "hooks as seen by $WITNESS"
}

probe()
{
	printf 'p:mb%d mptcp_mb:mptcp_mb_hook%d\n' 4 4 6 6 >$TRACE/kprobe_events
}

unprobe()
{
	[ -n "$PROBED" ] || return 0
	echo 0 >$TRACE/events/kprobes/enable
	echo >$TRACE/kprobe_events
	PROBED=
}
trap 'unprobe; cleanup' EXIT

plain() { counter exit-plain; }
probed() { awk -v p="mb$1" '$1 == p { print $2 }' $TRACE/kprobe_profile; }

# called NETNS: families in which our hooks are called on FORWARD there: "4 6" or nothing
called()
{
	local family before

	case $WITNESS in
	netfilter)
		in_ns "$1" nft list hooks | awk '/^family/ { family = $2 }
			$1 == "hook" { at = $2 }
			/mptcp_mb_hook/ && at == "forward" { print family == "ip" ? 4 : 6 }' | xargs
		return;;
	kprobes)	before=$(probed 4)/$(probed 6);;
	counters)	before=$(plain);;
	esac
	transfer 4 --tcp --bytes 1000 >/dev/null || echo "no transfer"
	[ $WITNESS != counters ] || { [ "$(plain)" = "$before" ] || echo -n "4 "; before=$(plain); }
	transfer 6 --tcp --bytes 1000 >/dev/null || echo "no transfer"
	if [ $WITNESS = counters ]; then
		[ "$(plain)" = "$before" ] || echo 6
		return
	fi
	for family in 4 6; do
		[ "$(probed $family)" -eq "$(cut -d/ -f$((family / 2 - 1)) <<<"$before")" ] ||
			echo $family
	done | xargs
}

# hooks "NAME...": for check; what mbctl status says is registered
hooks()
{
	is "$1" "$(mb -j status | tr -d ' \n' | sed -n 's/.*"hooks":\[\([^]]*\)\].*/\1/p' |
		tr -d '"' | tr , ' ')"
}

armed() { mb -j status | tr -d ' \n' | grep -q "\"armed\":$1"; }

# --- tests -----------------------------------------------------------------------------------

unarmed()
{
	check "$1: not armed" armed false
	check "$1: no hooks, says mbctl" hooks ""
	check "$1: netfilter calls nothing of ours" is "" "$(called "$NS_G")"
}

check "the module is loaded" load_module
witness
topo_up
for family in 4 6; do
	check "no policy: v$family, two subflows, byte-exact" two_subflows $family
done
unarmed "no policy"
check "nothing is counted" is "" "$(mb -j stats show | grep -o '"[^"]*":[1-9][0-9]*')"

check "a first statement" mb policy set default allow
check "policy set: armed" armed true
check "policy set: hooks on FORWARD, says mbctl" hooks "forward4 forward6"
check "policy set: netfilter calls them" is "4 6" "$(called "$NS_G")"
check "policy set: not in other namespaces" is "" "$([ $WITNESS != netfilter ] || called "$NS_C")"
for family in 4 6; do
	check "all allowed: v$family, two subflows, byte-exact" two_subflows $family
done
before=$(plain)
check "all allowed: plain TCP" transfer 4 --tcp --bytes 1000
check "all allowed: segments without MPTCP are counted" test "$(plain)" -gt $((before + 4))
check "all allowed: SYN, SYN/ACK; the joins', too" is 8 "$(counter exit-accept-default)"
check "all allowed: nothing else but data" is "$(counter mptcp)" \
	$(($(counter exit-accept-default) + $(counter exit-accept-data)))

check "policy flush" mb policy flush
unarmed "policy flush"
before=$(mb -j stats show)
for family in 4 6; do
	check "policy flush: v$family, two subflows, byte-exact" two_subflows $family
done
check "policy flush: counters rest" is "$before" "$(mb -j stats show)"
mb site add 192.0.2.1 deny
check "a site arms, too, with defragmentation" hooks "forward4 forward6 defrag4 defrag6"
topo_down
