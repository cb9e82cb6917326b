# Sourced in the guest: the peers that a segment's cost is compared among, and pushing a segment.
# Every peer is set up by a function peer_NAME and taken down by peer_down; nothing else is in
# FORWARD meanwhile.
# shellcheck shell=bash

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin
BUILD=$TOP/build/$(uname -r)
MBCTL=${MBCTL:-$TOP/tools/mbctl/mbctl}
BENCH=/sys/kernel/debug/mb_bench

# Where a packet for the server is looked up: it is in the second one. nftables gets addresses: a set
# of bounded size, which is the cheapest it has; with prefixes (an interval set) it needs 300 more.
SITES4=(10.0.0.0/8 198.51.100.0/24 203.0.113.0/24 192.0.2.128/25 198.18.0.0/15 100.64.0.0/10)
SITES6=(fd00::/8 2001:db8:2::/48 2001:db8:3::/48 2001:db8:1:8000::/49 2001:db8:4000::/34 64:ff9b::/96)
ADDRESSES4=(10.0.0.1 198.51.100.20 203.0.113.1 192.0.2.129 198.18.0.1 100.64.0.1)
ADDRESSES6=(fd00::1 2001:db8:2::20 2001:db8:3::1 2001:db8:1:8000::1 2001:db8:4000::1 64:ff9b::1)

bench_up()
{
	insmod "$BUILD/bench/mb_bench.ko" || return
	ip link add in0 type dummy
	ip link add out0 type dummy
	ip addr add 192.0.2.1/22 dev in0
	ip addr add 198.51.100.1/24 dev out0
	ip addr add 2001:db8:1::1/48 dev in0 nodad
	ip addr add 2001:db8:2::1/64 dev out0 nodad
	ip link set in0 up
	ip link set out0 up
}

# push N SUMMED STEPS HEX: prints the module's answer
push()
{
	printf 'in0 %s %s %s %s\n' "$1" "$2" "$3" "$4" >$BENCH/push && cat $BENCH/push
}

# push_once DEVICE:HEX...
push_once()
{
	local packet

	for packet; do
		printf '%s 0 unnecessary - %s\n' "${packet%%:*}" "${packet#*:}" >$BENCH/push || return
	done
}

# begin PEER BEFORE: anew, with the session that packets BEFORE begin
begin()
{
	local before

	IFS=, read -ra before <<<"$2"
	case $1 in
	mb_*)	"$MBCTL" policy flush && "peer_$1";;
	esac && push_once "${before[@]}"
}

# tracked PEER: how many segments of known sessions that peer counted, all in all
tracked()
{
	case $1 in
	mb_*)	"$MBCTL" -j session list | grep -o '"segments":[0-9]*' |
			awk -F: '{ sum += $2 } END { print sum + 0 }';;
	*)	echo 0;;
	esac
}

peer_empty() { :; }
peer_noop() { echo 1 >$BENCH/noop; }

# nft_rules RULE...: in a chain of each family; DADDR stands for ip daddr or ip6 daddr
nft_rules()
{
	local family=(ip ip6) type=(ipv4_addr ipv6_addr) i rule
	local sites=("${ADDRESSES4[*]}" "${ADDRESSES6[*]}")

	for i in 0 1; do
		echo "table ${family[i]} bench {"
		echo "set sites { type ${type[i]}; size 1024; elements = { ${sites[i]// /, } }; }"
		echo "chain forward { type filter hook forward priority 0;"
		for rule; do
			echo "${rule//DADDR/${family[i]} daddr}"
		done
		echo "}"
		echo "}"
	done | nft -f -
}

# What a monitor would write, a stripper, deny by default with allowed sites, and joins refused.
# nft 1.0.6 wants the subtype's number.
peer_nft_exists() { nft_rules "tcp option mptcp exists counter"; }
peer_nft_strip() { nft_rules "DADDR @sites reset tcp option mptcp"; }
peer_nft_allowed()
{
	nft_rules "tcp option mptcp exists DADDR @sites accept" "reset tcp option mptcp"
}
peer_nft_join() { nft_rules "tcp option mptcp subtype 1 drop"; }

peer_xt_strip()
{
	local rule=(-t mangle -A FORWARD -p tcp -j TCPOPTSTRIP --strip-options 30)

	iptables-legacy "${rule[@]}" && ip6tables-legacy "${rule[@]}"
}

mb_load()
{
	local dep

	[ -d /sys/module/mptcp_mb ] && return
	for dep in $(modinfo -F depends "$BUILD/mptcp_mb.ko" | tr , ' '); do
		modprobe -q "$dep"
	done
	insmod "$BUILD/mptcp_mb.ko"
}

# mb STATEMENT...: the whole policy, one argument a statement
mb()
{
	mb_load && printf '%s\n' "$@" | "$MBCTL" policy apply - >/dev/null
}

# sites ACTION: a statement for each
sites()
{
	printf "site add %s $1\n" "${SITES4[@]}" "${SITES6[@]}"
}

# Resets are limited to nearly none: sending them is not what is measured.
peer_mb_allow() { mb "policy set default allow"; }
peer_mb_deny() { mb "policy set default deny fallback strip reset-rate 1"; }
peer_mb_site() { mb "policy set default allow reset-rate 1" "$(sites deny)"; }
peer_mb_allowed() { mb "policy set default deny fallback strip reset-rate 1" "$(sites allow)"; }
peer_mb_join() { mb "policy set default allow join drop"; }
peer_mb_observe() { mb "policy set default deny fallback strip mode observe"; }
peer_mb_addr() { mb "policy set default allow add-addr block"; }
# Only what belongs to a known session passes.
peer_mb_session()
{
	mb "policy set default allow orphan drop orphan-grace 0 midstream drop"
}
# 1,000 sessions
peer_mb_crowd()
{
	local crowd

	mapfile -t crowd <"$MB_BENCH_SEGMENTS.crowd" || return
	mb "policy set default allow" && push_once "${crowd[@]}" || return
	[ "$("$MBCTL" -j session list | grep -o '"state":"confirmed"' | wc -l)" = 1000 ]
}

peer_down()
{
	echo 0 >$BENCH/noop
	nft flush ruleset
	if grep -q ^mangle$ /proc/net/ip_tables_names 2>/dev/null; then
		iptables-legacy -t mangle -F
		ip6tables-legacy -t mangle -F
		# only without the table its hooks are gone
		rmmod iptable_mangle ip6table_mangle
	fi
	if [ -d /sys/module/mptcp_mb ]; then
		"$MBCTL" policy flush
	fi
}
