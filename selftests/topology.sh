# Sourced by lib.sh: the network that tests run in.
#
#	client               gateway               server
#	10.1.1.1 c1 ----- g1 10.1.1.254
#	10.1.2.1 c2 ----- g2 10.1.2.254
#	                     10.2.1.254 h1 ----- s1 10.2.1.1
#	                     10.2.2.254 h2 ----- s2 10.2.2.1      with servers=2
#
# IPv6 is likewise: fd01:1::1, fd01:1::fe (254), fd02:1::fe, fd02:1::1 and so on. The MAC address
# of DEV is in MAC_DEV. With asym=syn the gateway sees only what the client sends, with asym=synack
# only what the server sends; the rest goes round through a router of its own:
#
#	10.3.1.1 c9 ----- r1 router r2 ----- s9 10.3.2.1
# shellcheck shell=bash
# shellcheck disable=SC2034	# addresses are for the tests

NS_C=client-$$ NS_G=gw-$$ NS_S=server-$$ NS_R=router-$$
CLIENT4=10.1.1.1 CLIENT4_2=10.1.2.1 SERVER4=10.2.1.1 SERVER4_2=10.2.2.1
CLIENT6=fd01:1::1 CLIENT6_2=fd01:2::1 SERVER6=fd02:1::1 SERVER6_2=fd02:2::1

MAC_c1=02:00:00:00:0c:01 MAC_c2=02:00:00:00:0c:02 MAC_c9=02:00:00:00:0c:09
MAC_g1=02:00:00:00:0a:01 MAC_g2=02:00:00:00:0a:02
MAC_h1=02:00:00:00:0b:01 MAC_h2=02:00:00:00:0b:02
MAC_s1=02:00:00:00:05:01 MAC_s2=02:00:00:00:05:02 MAC_s9=02:00:00:00:05:09
MAC_r1=02:00:00:00:0d:01 MAC_r2=02:00:00:00:0d:02

# family 4|6: F is that; C, C2, S, S2 are the client's and the server's addresses, GC and GS the
# gateway's on their sides
family()
{
	F=$1
	if [ "$F" = 4 ]; then
		C=$CLIENT4 C2=$CLIENT4_2 S=$SERVER4 S2=$SERVER4_2 GC=10.1.1.254 GS=10.2.1.254
	else
		C=$CLIENT6 C2=$CLIENT6_2 S=$SERVER6 S2=$SERVER6_2 GC=fd01:1::fe GS=fd02:1::fe
	fi
}

# in_ns NETNS COMMAND...: as ip netns exec, but /sys stays what it was, which takes half the time.
# Not in the background: $! would be a shell that waits for it.
in_ns() { nsenter --net="/run/netns/$1" -- "${@:2}"; }
ns_c() { in_ns "$NS_C" "$@"; }
ns_g() { in_ns "$NS_G" "$@"; }
ns_s() { in_ns "$NS_S" "$@"; }

# topo_link NETNS DEV NETNS DEV NET4 NET6: a veth pair, hosts .1 and .254. Neighbours are permanent:
# no capture begins with ARP, and nothing waits for duplicate address detection.
topo_link()
{
	local a=$1 dev_a=$2 b=$3 dev_b=$4 net4=$5 net6=$6 mac_a=MAC_$2 mac_b=MAC_$4

	ip link add "$dev_a" address "${!mac_a}" netns "$a" type veth \
		peer name "$dev_b" address "${!mac_b}" netns "$b" || return
	ip -n "$a" -batch - <<-B &&
		addr add $net4.1/24 dev $dev_a
		addr add $net6::1/64 dev $dev_a nodad
		link set $dev_a up
		neigh add $net4.254 lladdr ${!mac_b} dev $dev_a nud permanent
		neigh add $net6::fe lladdr ${!mac_b} dev $dev_a nud permanent
	B
	ip -n "$b" -batch - <<-B
		addr add $net4.254/24 dev $dev_b
		addr add $net6::fe/64 dev $dev_b nodad
		link set $dev_b up
		neigh add $net4.1 lladdr ${!mac_a} dev $dev_b nud permanent
		neigh add $net6::1 lladdr ${!mac_a} dev $dev_b nud permanent
	B
}

# A namespace with settings that tests want, -e: 6.1 has no blackhole_timeout, and needs none.
topo_netns()
{
	ip netns add "$1" &&
	ip -n "$1" link set lo up &&
	ip netns exec "$1" sysctl -qew net.mptcp.enabled=1 net.mptcp.blackhole_timeout=0 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.default.router_solicitations=0 \
		net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

# topo_up [servers=2] [asym=syn|synack]: builds it; false if something went wrong
topo_up()
{
	local servers=1 asym=none arg c_dev1=c1 c_dev2=c2 c_gw1=1.1 c_gw2=1.2 s_dev=s1 s_gw=2.1

	for arg; do
		case $arg in
		servers=1 | servers=2)		servers=${arg#*=};;
		asym=syn | asym=synack)		asym=${arg#*=};;
		*)	echo "topo_up: what is $arg?" >&2; return 1;;
		esac
	done

	topo_netns "$NS_C" && topo_netns "$NS_G" && topo_netns "$NS_S" &&
	topo_link "$NS_C" c1 "$NS_G" g1 10.1.1 fd01:1 &&
	topo_link "$NS_C" c2 "$NS_G" g2 10.1.2 fd01:2 &&
	topo_link "$NS_S" s1 "$NS_G" h1 10.2.1 fd02:1 || return
	if [ "$servers" = 2 ]; then
		topo_link "$NS_S" s2 "$NS_G" h2 10.2.2 fd02:2 || return
	fi
	if [ "$asym" != none ]; then
		topo_netns "$NS_R" &&
		topo_link "$NS_C" c9 "$NS_R" r1 10.3.1 fd03:1 &&
		topo_link "$NS_S" s9 "$NS_R" r2 10.3.2 fd03:2 &&
		ip -n "$NS_R" -batch - <<-B || return
			route add 10.1.0.0/16 via 10.3.1.1
			route add fd01::/16 via fd03:1::1
			route add 10.2.0.0/16 via 10.3.2.1
			route add fd02::/16 via fd03:2::1
		B
	fi
	case $asym in
	syn)	s_dev=s9 s_gw=3.2;;
	synack)	c_dev1=c9 c_dev2=c9 c_gw1=3.1 c_gw2=3.1;;
	esac
	topo_routes && topo_mptcp
}

# Source routing: each of the client's addresses has a path of its own.
topo_routes()
{
	local g1=${c_gw1/./:} g2=${c_gw2/./:} gs=${s_gw/./:}

	ip -n "$NS_C" -batch - <<-B &&
		route add default via 10.$c_gw1.254 dev $c_dev1 src $CLIENT4
		route add default via fd0$g1::fe dev $c_dev1 src $CLIENT6
		route add default via 10.$c_gw1.254 dev $c_dev1 src $CLIENT4 table 101
		route add default via fd0$g1::fe dev $c_dev1 src $CLIENT6 table 101
		route add default via 10.$c_gw2.254 dev $c_dev2 src $CLIENT4_2 table 102
		route add default via fd0$g2::fe dev $c_dev2 src $CLIENT6_2 table 102
		rule add from $CLIENT4 table 101
		rule add from $CLIENT4_2 table 102
	B
	ip -n "$NS_C" -6 -batch - <<-B &&
		rule add from $CLIENT6 table 101
		rule add from $CLIENT6_2 table 102
	B
	ip -n "$NS_S" -batch - <<-B || return
		route add default via 10.$s_gw.254 dev $s_dev src $SERVER4
		route add default via fd0$gs::fe dev $s_dev src $SERVER6
	B
	[ "$servers" = 1 ] || [ "$asym" = syn ] || topo_routes_second_server
}

topo_routes_second_server()
{
	ip -n "$NS_S" -batch - <<-B &&
		route add default via 10.2.2.254 dev s2 table 102
		route add default via fd02:2::fe dev s2 table 102
		rule add from $SERVER4_2 table 102
	B
	ip -n "$NS_S" -6 rule add from $SERVER6_2 table 102
}

# The client opens a second subflow from its second address; it takes the server's second address
# only where there is one.
topo_mptcp()
{
	local accepted=0

	[ "$servers" = 1 ] || accepted=8
	ip -n "$NS_C" -batch - <<-B &&
		mptcp limits set subflows 8 add_addr_accepted $accepted
		mptcp endpoint add $CLIENT4_2 subflow
		mptcp endpoint add $CLIENT6_2 subflow
	B
	ip -n "$NS_S" mptcp limits set subflows 8 || return
	[ "$servers" = 1 ] || ip -n "$NS_S" -batch - <<-B
		mptcp endpoint add $SERVER4_2 signal
		mptcp endpoint add $SERVER6_2 signal
	B
}

# Segments as on a wire: no GSO super-segments, checksums computed before the gateway sees them.
topo_offload_off()
{
	local netns dev

	for netns in "$NS_C" "$NS_G" "$NS_S" "$NS_R"; do
		for dev in $(ip -n "$netns" -o link show type veth 2>/dev/null |
				sed 's/^[0-9]*: \([^@:]*\).*/\1/'); do
			ip netns exec "$netns" ethtool -K "$dev" gro off gso off tso off tx off rx off \
				>/dev/null || return
		done
	done
}

# Ends whatever runs in the namespaces: one that is in use would not go away.
topo_down()
{
	local netns pids

	for netns in "$NS_C" "$NS_G" "$NS_S" "$NS_R"; do
		[ -e "/run/netns/$netns" ] || continue
		pids=$(ip netns pids "$netns")
		# shellcheck disable=SC2086	# words
		[ -z "$pids" ] || kill $pids 2>/dev/null
		ip netns del "$netns"
	done
}

# virtual_server STATEMENT...: the gateway takes connections to 10.9.9.9 and fd09::9 for the server,
# and is who the server sees, by nft's masquerade STATEMENT
virtual_server()
{
	ns_g nft -f - <<-N
		table inet nat {
			chain pre {
				type nat hook prerouting priority dstnat
				ip daddr 10.9.9.9 dnat ip to $SERVER4
				ip6 daddr fd09::9 dnat ip6 to $SERVER6
			}
			chain post {
				type nat hook postrouting priority srcnat
				oifname h1 meta l4proto tcp $*
			}
		}
	N
}

# vrf_up: the gateway's links to the first paths are in a VRF, red
vrf_up()
{
	ns_g ip link add red type vrf table 66 &&
	ns_g sysctl -qw net.ipv6.conf.all.keep_addr_on_down=1 &&
	ip -n "$NS_G" -batch - <<-B
		link set red up
		link set g1 master red
		link set h1 master red
		neigh replace $CLIENT4 lladdr $MAC_c1 dev g1 nud permanent
		neigh replace $CLIENT6 lladdr $MAC_c1 dev g1 nud permanent
		neigh replace $SERVER4 lladdr $MAC_s1 dev h1 nud permanent
		neigh replace $SERVER6 lladdr $MAC_s1 dev h1 nud permanent
	B
}
