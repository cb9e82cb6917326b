#!/bin/bash
# timeout: 300
# Resets: what they look like, the way they take (NAT, VRF, marks), how many there are; then real
# hosts and the gateway's own connections, which have to believe them. v4 and v6.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"

# The kernel for UML has no VRF.
if ip link add vrf0 type vrf table 99 2>/dev/null; then
	ip link del vrf0
	vrf=yes
	plan 164
else
	vrf=no
	plan 130
fi

# --- reset: what it looks like -----------------------------------------------------------------

reset_syn()
{
	local rst="src=$S sport=80 win=0 ttl=77 tos=0 tcpsum=ok len=0 opts=$RST_OPTS mptcp=MP_TCPRST/3"
	local broken="--ip-options 01010101"

	[ "$F" = 4 ] && rst+=" ipsum=ok df=yes" || broken="--ext hop,dest"
	policy default deny fallback reset
	watch
	from_c 6001 80 --options "$MPC"
	from_c 6002 80 --options "$MPC" --payload 5
	from_c 6003 80 --options "$MPC" --flags SF
	from_c 6004 80 --options "$MPC" --seq 4294967295
	from_c 6005 80 --options "$MPC" --flags SR
	from_c 6006 80 --options "$MPC" --bad-checksum
	# shellcheck disable=SC2086	# words
	from_c 6007 80 --options "$MPC" $broken
	from_c 6008 80 --options "01$MPC" --payload 300 --fragment 80
	unwatch
	# shellcheck disable=SC2086	# words
	{
	check "v$F: SYN: RST|ACK of its sequence number and one" \
		seen 1 c1 dport=6001 flags=RA seq=0 ack=1001 $rst
	check "v$F: SYN with data" seen 1 c1 dport=6002 flags=RA seq=0 ack=1006 $rst
	check "v$F: SYN with FIN" seen 1 c1 dport=6003 flags=RA seq=0 ack=1002 $rst
	check "v$F: the last sequence number there is" \
		seen 1 c1 dport=6004 flags=RA seq=0 ack=0 $rst
	check "v$F: no RST for an RST" seen 0 c1 dport=6005
	check "v$F: none for a wrong checksum" seen 0 c1 dport=6006
	check "v$F: SYN with options or headers of IP" \
		seen 1 c1 dport=6007 flags=RA seq=0 ack=1001 $rst
	check "v$F: SYN in fragments" seen 1 c1 dport=6008 flags=RA seq=0 ack=1301 $rst
	}
	check "v$F: none of these SYNs arrives" seen 0 s1 flags=S
	check "v$F: nor does an RST" seen 0 s1 flags=RA
	check "v$F: counted" counted exit-reset-default=8 reset-sent=6 reset-failed=1
}

reset_synack()
{
	policy default deny fallback reset
	watch
	from_c 6101 80
	from_s 80 6101 --flags SA --seq 5000 --ack 1001 --options "$MPC_SYNACK"
	from_s 80 6102 --flags SA --seq 4294967295 --ack 7 --options "$MPC_SYNACK" --payload 3
	unwatch
	check "v$F: SYN/ACK refused: the client's has an ACK that fits SYN-SENT" \
		seen 1 c1 "src=$S" sport=80 dport=6101 flags=RA seq=5000 ack=1001 ttl=77 tcpsum=ok \
		opts=$RST_OPTS
	check "v$F: SYN/ACK refused: the server's has exactly its RCV.NXT" \
		seen 1 s1 "src=$C" sport=6101 dport=80 flags=R seq=1001 ack=0 tcpsum=ok opts=$RST_OPTS
	check "v$F: the same without a SYN seen: client" \
		seen 1 c1 dport=6102 flags=RA seq=4294967295 ack=7 tcpsum=ok opts=$RST_OPTS
	check "v$F: the same without a SYN seen: server" \
		seen 1 s1 sport=6102 flags=R seq=7 ack=0 tcpsum=ok opts=$RST_OPTS
	check "v$F: no SYN/ACK arrives" seen 0 c1 flags=SA
	check "v$F: counted" counted exit-reset-default=2 reset-sent=4 reset-failed=0
}

reset_rate()
{
	local begin=$SECONDS resets

	policy default deny fallback reset reset-rate 1
	watch
	sleep 1.2	# two are there a second after the last that was sent before
	from_c 6201 80 --options "$MPC" --count 5
	sleep 1.2
	from_c 6211 80 --options "$MPC" --count 5
	mb policy set reset-rate 0
	from_c 6221 80 --options "$MPC" --count 2
	unwatch
	# how many seconds it took is not ours to say
	resets=$(counter exit-reset-default)
	check "v$F: rate 1: two at once, and one more for each second" \
		test "$resets" -ge 3 -a "$resets" -le $((SECONDS - begin + 3))
	check "v$F: rate 1: sent" seen "$resets" c1 flags=RA
	check "v$F: rate 0: none" seen 0 c1 flags=RA dport=6221
	check "v$F: no SYN arrives, answered or not" seen 0 s1 flags=S
	check "v$F: counted" counted exit-drop-rate=$((12 - resets)) reset-sent="$resets" \
		reset-limited=$((12 - resets)) reset-failed=0
}

# --- reset: the way it takes -------------------------------------------------------------------

nat_up()
{
	local ip=ip own=192.0.2.1

	[ "$F" = 4 ] || ip=ip6 own=2001:db8::1
	ns_g nft -f - <<-N
		table $ip nat {
			chain pre {
				type nat hook prerouting priority dstnat
				$ip daddr $GC tcp dport 8080 dnat to $(at "$S" 80)
			}
			chain post {
				type nat hook postrouting priority srcnat
				oifname h1 meta l4proto tcp snat to $(at "$GS" 20000-29999) random
				# for what the server begins, not for an answer in its name
				$ip saddr $S snat to $own
			}
		}
		table inet filter {
			chain out {
				type filter hook output priority filter; policy drop
				ct state established,related accept
			}
		}
	N
}

at() { [ "$F" = 4 ] && echo "$1:$2" || echo "[$1]:$2"; }

# The port that the client's SYN has at the server
translated()
{
	NATPORT=$("$WIRE" "$TMP/s1.pcap" | sed -n "s/.*src=$GS .*sport=\([0-9]*\) dport=80 flags=S .*/\1/p")
	[ -n "$NATPORT" ]
}

reset_nat()
{
	check "v$F: NAT and a filter" nat_up
	policy default deny fallback reset
	watch
	from_c_to "$GC" 6301 8080 --options "$MPC"
	from_c_to "$GC" 6302 8080
	wait_for 5 translated
	from_s_to "$GS" 80 "${NATPORT:-1}" --flags SA --seq 5000 --ack 1001 --options "$MPC_SYNACK"
	unwatch
	check "v$F: NAT: SYN refused, the RST comes from whom the client called" \
		seen 1 c1 "src=$GC" sport=8080 dport=6301 flags=RA seq=0 ack=1001 tcpsum=ok
	check "v$F: NAT gave the client another port" test "${NATPORT:-6302}" != 6302
	check "v$F: NAT: SYN/ACK refused, so does the client's" \
		seen 1 c1 "src=$GC" sport=8080 dport=6302 flags=RA seq=5000 ack=1001 tcpsum=ok
	check "v$F: NAT: the server's comes from the port that called it" \
		seen 1 s1 "src=$GS" sport="$NATPORT" dport=80 flags=R seq=1001 ack=0 tcpsum=ok
	check "v$F: NAT: no RST went elsewhere, client" seen 2 c1 opts=$RST_OPTS
	check "v$F: NAT: no RST went elsewhere, server" seen 1 s1 opts=$RST_OPTS
	check "v$F: conntrack keeps nothing of a refused SYN" \
		is 0 "$(ns_g conntrack -L -f "ipv$F" -p tcp 2>/dev/null | grep -c sport=6301)"
	check "v$F: NAT: sent, none failed" counted reset-sent=3 reset-failed=0
	ns_g nft flush ruleset
}

# A client that only a marked packet's table knows
reset_mark()
{
	local far=10.77.0.1 via=$CLIENT4 ip=ip fam=-4

	[ "$F" = 4 ] || far=fd77::1 via=$CLIENT6 ip=ip6 fam=-6
	ns_g nft -f - <<-N
		table inet mangle {
			chain pre {
				type filter hook prerouting priority mangle
				tcp sport 6401 meta mark set 7
			}
		}
	N
	ns_g ip $fam rule add fwmark 7 lookup 77
	ns_g ip $fam route add $far via "$via" dev g1 table 77
	policy default deny fallback reset
	watch
	C=$far from_c 6401 80 --options "$MPC"
	C=$far from_c 6402 80 --options "$MPC"
	unwatch
	check "v$F: the RST is routed by the segment's mark" \
		seen 1 c1 dst=$far dport=6401 flags=RA tcpsum=ok
	check "v$F: without a route none" seen 0 c1 dst=$far dport=6402
	check "v$F: counted" counted reset-sent=1 reset-failed=1
	ns_g ip $fam rule del fwmark 7 lookup 77
	ns_g nft flush ruleset
}

# --- real hosts --------------------------------------------------------------------------------

# refused_soon: the client's last transfer
refused_soon()
{
	xfer_is verified=no error=ECONNREFUSED stage=connect && test "$(xfer_get total_ms)" -lt 900
}

embryonic() { mib "$1" TcpExtEmbryonicRsts; }

# mark_synacks HOOK: SYN/ACKs get mark 5, which a site's entry is about
mark_synacks()
{
	local type=filter

	[ "$1" = prerouting ] || type=route
	ns_g nft -f - <<-N
		table inet mangle {
			chain c {
				type $type hook $1 priority mangle
				tcp flags & (syn | ack) == (syn | ack) meta mark set 5
			}
		}
	N
	policy default allow local on
	mb site add any mark 5 deny fallback reset
}

hosts()
{
	local before

	policy default deny fallback reset
	transfer "$F" --bytes 1000 >/dev/null
	check "v$F: SYN refused: connection refused at once" refused_soon

	mark_synacks prerouting
	before=$(embryonic "$NS_S")
	transfer "$F" --bytes 1000 >/dev/null
	check "v$F: SYN/ACK refused: connection refused at once" refused_soon
	check "v$F: SYN/ACK refused: the server has reset its half, too" \
		is 1 $(($(embryonic "$NS_S") - before))
	before=$(embryonic "$NS_S")
	xfer_server "-$F"
	gateway_calls "$S"
	kill "$XFER_PID"
	check "v$F: SYN/ACK to the gateway refused: connection refused at once" refused_soon
	check "v$F: SYN/ACK to the gateway refused: the server knows" \
		is 1 $(($(embryonic "$NS_S") - before))
	ns_g nft flush ruleset
}

gateway_calls()
{
	XFER=$(ns_g "$XFER_BIN" client "$1" 5001 --bytes 1000 2>&1)
}

# gateway_serves: a server on the gateway, whom the client calls
gateway_serves()
{
	rm -f "$TMP/server"
	ip netns exec "$NS_G" "$XFER_BIN" server "-$F" >"$TMP/server" 2>"$TMP/server.err" &
	XFER_PID=$!
	wait_for 20 grep -q ^ready "$TMP/server"
	xfer_client "$GC" 5001 --bytes 1000 >/dev/null
	wait_for 1 xfer_server_gone || kill "$XFER_PID"
	wait "$XFER_PID"
}

own()
{
	local before

	xfer_server "-$F"
	policy default deny fallback reset
	gateway_calls "$S"
	check "v$F: local off: the gateway's client is served" xfer_is verified=yes fallback=no
	gateway_serves
	check "v$F: local off: the gateway's server serves" xfer_is verified=yes fallback=no

	policy default deny fallback reset local on
	xfer_server "-$F"
	gateway_calls "$S"
	kill "$XFER_PID"
	check "v$F: local on: the gateway's client is refused at once" refused_soon
	gateway_serves
	check "v$F: local on: the gateway's server is refused at once" refused_soon
	check "v$F: local on: sent, none failed" counted reset-sent=2 reset-failed=0

	mark_synacks output
	before=$(embryonic "$NS_G")
	gateway_serves
	check "v$F: SYN/ACK of the gateway refused: connection refused at once" refused_soon
	check "v$F: SYN/ACK of the gateway refused: its server knows" \
		is 1 $(($(embryonic "$NS_G") - before))
	ns_g nft flush ruleset

	policy default deny fallback strip local on
	gateway_serves
	check "v$F: local on: the gateway's server falls back" xfer_is verified=yes fallback=yes
	xfer_server "-$F"
	gateway_calls "$S"
	check "v$F: local on: the gateway's client falls back" xfer_is verified=yes fallback=yes
	xfer_server_end >/dev/null
}

# ---------------------------------------------------------------------------------------------

# shellcheck disable=SC2119	# no arguments are meant
load_module
topo_up
ns_g sysctl -qw net.ipv4.ip_default_ttl=77 net.ipv6.conf.g1.hop_limit=77 \
	net.ipv6.conf.h1.hop_limit=77
deaf
for family in 4 6; do
	family $family
	reset_syn
	reset_synack
	reset_rate
	reset_nat
	reset_mark
done
hear
for family in 4 6; do
	family $family
	hosts
	own
done
topo_offload_off
deaf
for family in 4 6; do
	family $family
	reset_syn
	reset_synack
done
if [ $vrf = yes ]; then
	vrf_up
	for family in 4 6; do
		family $family
		reset_syn
		reset_synack
	done
fi
