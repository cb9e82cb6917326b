# Sourced after lib.sh: captures that are replayed through the gateway, from one side.
# shellcheck shell=bash
# shellcheck disable=SC2154	# MACs are from topology.sh

# The server takes everything from the client's first interface and says nothing to it, whatever
# the addresses. Segments of a capture may be longer than a wire's.
replay_up()
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
	# bursts of a whole capture
	backlog=$(sysctl -n net.core.netdev_max_backlog)
	sysctl -qw net.core.netdev_max_backlog=20000
}

replay_down()
{
	sysctl -qw net.core.netdev_max_backlog="$backlog"
}

# replay FILE: for check; the hook saw all that can be forwarded, which is left in $TMP/expected
replay()
{
	local sent packets

	sent=$(ns_c "$TOP/build/replay" --repair c1 "$MAC_c1" "$MAC_g1" "$1") || return
	echo "$sent"
	"$TOP/build/capcount" --repair --forwardable "$1" >"$TMP/expected"
	packets=$(sed -n 's/^packets //p' "$TMP/expected")
	wait_for 20 is "$packets" "$(counter seen)" || is "$packets" "$(counter seen)"
}
