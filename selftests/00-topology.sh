#!/bin/bash
# The test bench itself, without the module: real MPTCP endpoints make two subflows through the
# gateway, v4 and v6, byte-exact; and a bench that is broken does not look whole.
. "$(dirname "$0")/lib.sh"
plan 26

# On a busy machine an endpoint's own join goes wrong now and then, but not twice.
twice()
{
	"$@" || "$@"
}

both_families()
{
	local family

	for family in 4 6; do
		check "$1: v$family, two subflows, byte-exact" twice two_subflows $family
	done
}

# forwarded DEV: segments that the gateway received there
forwarded()
{
	ip -n "$NS_G" -s -j link show dev "$1" | tr -d ' \n' |
		sed 's/.*"rx":{"bytes":[0-9]*,"packets":\([0-9]*\).*/\1/'
}

check "topology" topo_up
both_families "symmetric"
check "the second path carried segments" test "$(forwarded g2)" -gt 5
check "client counts both joins" test "$(joins_c)" -ge 2

capture_start "$NS_G" h1 "$TMP/h1.pcap"
check "plain TCP, v4" transfer 4 --tcp
check "plain TCP is no MPTCP" xfer_is fallback=yes subflows=0
check "plain TCP, v6" transfer 6 --tcp
capture_stop
check "a capture shows no MPTCP option in TCP" is 0 "$(capture_mptcp "$TMP/h1.pcap")"
capture_start "$NS_G" h1 "$TMP/h1.pcap"
check "a transfer under capture" transfer 4 --bytes 1000
capture_stop
check "a capture shows MPTCP options" test "$(capture_mptcp "$TMP/h1.pcap")" -gt 3

check "offloads can be switched off" topo_offload_off
both_families "without offloads"
two_live() { is 2 "$(subflows "$NS_C")"; }
xfer_server -4
xfer_client_bg "$SERVER4" 5001 --bytes 1000 --hold 2
check "two subflows live meanwhile" wait_for 2 two_live
check "a transfer in the background" xfer_client_end
xfer_server_end >/dev/null

# Broken on purpose: each of these has to be noticed.
ns_c ip link set c2 down
transfer 4 --bytes 1000 --hold 1 >/dev/null
check "second path down: the server sees one subflow" is 1 "$(xfer_get subflows "$XFER_SERVER")"
ns_g nft -f - <<'N'
table inet broken {
	chain forward {
		type filter hook forward priority 0
		tcp flags & (syn | ack) == syn reject with tcp reset
	}
}
N
transfer 4 --bytes 1000 >/dev/null
check "connection refused by the gateway is told" xfer_is verified=no error=ECONNREFUSED stage=connect
ns_g nft flush ruleset
xfer_server -4
xfer_client "$SERVER4" 5002 >/dev/null
check "no server is told" xfer_is verified=no error=ECONNREFUSED
kill "$XFER_PID"
topo_down

for asym in syn synack; do
	topo_up asym=$asym
	ns_g nft -f - <<-'N'
		table inet count {
			chain forward {
				type filter hook forward priority 0
				meta l4proto tcp tcp dport 5001 counter
				meta l4proto tcp tcp sport 5001 counter
			}
		}
	N
	both_families "asym=$asym"
	seen=$(ns_g nft list ruleset | awk '/dport/ { print ($0 ~ / packets 0 /) ? "-" : "client" }
		/sport/ { print ($0 ~ / packets 0 /) ? "-" : "server" }' | xargs)
	[ $asym = syn ] && want="client -" || want="- server"
	check "asym=$asym: the gateway sees one direction" is "$want" "$seen"
	topo_down
done

topo_up servers=2
transfer 4 --bytes 1000 --subflows 3 >/dev/null
check "servers=2: the client takes the server's second address" xfer_is subflows=3
topo_down
