#!/bin/bash
# Real captures, replayed through the gateway: its counters are those of the host build of the
# parser, which selftests/unit/captures compares with tshark. A router passes on no packet that is
# cut short or has a wrong checksum: these are repaired. What else it does not pass on is told; no
# MPTCP option may be among it.
# timeout: 600
. "$(dirname "$0")/lib.sh"
need_captures
files=("$MB_CAPTURES"/*.pcap "$MB_CAPTURES"/*.pcapng)
plan $((3 + 3 * ${#files[@]}))

# The server takes everything from the client's first interface and says nothing to it, whatever
# the addresses. Segments of a capture may be longer than a wire's.
bench()
{
	local netns_dev

	topo_up && topo_offload_off || return
	for netns_dev in "$NS_C c1" "$NS_G g1" "$NS_G h1" "$NS_S s1"; do
		# shellcheck disable=SC2086	# two words
		set -- $netns_dev
		ip -n "$1" link set "$2" mtu 65535 || return
	done
	ip -n "$NS_G" -batch - <<-B &&
		route add default via $SERVER4 dev h1 table 100
		route add default via $SERVER6 dev h1 table 100
		rule add iif g1 table 100
	B
	ip -n "$NS_G" -6 rule add iif g1 table 100 &&
	ns_s nft -f - <<-'N'
		table inet swallow {
			chain prerouting {
				type filter hook prerouting priority raw; policy drop
			}
		}
	N
}

# replay FILE: for check; the hook saw all that can be forwarded
replay()
{
	local sent packets

	sent=$(ns_c "$TOP/build/replay" --repair c1 $MAC_c1 $MAC_g1 "$1") || return
	echo "$sent"
	packets=$(sed -n 's/^packets //p' "$TMP/expected")
	wait_for 20 is "$packets" "$(counter seen)" || is "$packets" "$(counter seen)"
}

# mptcp_only FILE: what capcount says of MPTCP
mptcp_only()
{
	grep -v -e ^packets -e '^#' "$1"
}

# What the gateway has to have counted: the host's counts, and where the segments left.
expected_counters()
{
	awk '$1 != "#" && $1 != "packets" && $2 > 0 { print $1 "=" $2 }
		{ n[$1] = $2 }
		END {
			if (n["syn"] + n["synack"])
				print "exit-accept-default=" n["syn"] + n["synack"]
			if (n["mptcp"] - n["syn"] - n["synack"])
				print "exit-accept-data=" n["mptcp"] - n["syn"] - n["synack"]
		}' "$TMP/expected"
}

check "the module is loaded" load_module
check "topology" bench
# bursts of a whole capture
backlog=$(sysctl -n net.core.netdev_max_backlog)
sysctl -qw net.core.netdev_max_backlog=20000
check "the policy allows everything" mb policy set default allow

for file in "${files[@]}"; do
	name=${file##*/}
	"$TOP/build/capcount" "$file" >"$TMP/all"
	"$TOP/build/capcount" --repair --forwardable "$file" >"$TMP/expected"
	sed -n "s/^# not read/# $name: not counted:/p" "$TMP/expected"
	check "$name: no MPTCP option in what is not passed on" \
		is "$(mptcp_only "$TMP/all")" "$(mptcp_only "$TMP/expected")"
	mb stats reset
	check "$name: the hook saw every packet" replay "$file"
	mapfile -t want < <(expected_counters)
	check "$name: ${want[*]}" counters_are "${want[@]}"
done
sysctl -qw net.core.netdev_max_backlog="$backlog"
