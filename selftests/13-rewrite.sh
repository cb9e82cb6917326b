#!/bin/bash
# timeout: 600
# Rewritten segments, byte for byte: MPTCP options become NOPs, ADD_ADDRs useless, and nothing else
# changes; checksums stay right whoever computes them. v4 and v6.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
plan 94

# --- strip -----------------------------------------------------------------------------------

# source port | options | what is to be left of them | what this is
strip_cases()
{
	cat <<-E
	4001|020405b40402080a112233440000000001030307$MPC_SYNACK|020405b40402080a112233440000000001030307010101010101010101010101|behind other options
	4002|01$MPC 020405b4010101|0101010101020405b4010101|at an odd offset
	4003|$MPC 01 1e0c0001ff00ff00ff00ff00 030307|0101010101010101010101010101010101030307|two, one at an odd offset
	4004|1e05f0aabb $MPC 030307|010101010101010101030307|of odd length before it
	4005|020405b4$MPC 1e200001|020405b40101010101010101|reaching beyond the header
	4006|$MPC 00aabbcc|0101010100aabbcc|before the end of options
	E
}

# strip_all WHAT PARTIAL: the cases from the client; PARTIAL is what a left-out checksum arrives as
strip_all()
{
	local port options left desc partial=$2 n=0

	watch
	while IFS='|' read -r port options left desc; do
		from_c "$port" 80 --options "$options" --payload 5
		from_c "$port" 81 --options "$options" --payload 8 --partial
		n=$((n + 2))
	done < <(strip_cases)
	from_c 4010 80 --options "$MPC" --bad-checksum
	from_c 4011 80 --options "01$MPC" --payload 301 --fragment 80
	from_s 80 4012 --options "$MPC_SYNACK" --flags SA --ack 1001
	unwatch
	while IFS='|' read -r port options left desc; do
		check "$1: v$F, strip $desc" stripped "$port" "$left" "$partial"
	done < <(strip_cases)
	check "$1: v$F, a wrong checksum stays wrong" \
		seen 1 s1 sport=4010 tcpsum=bad opts=01010101
	check "$1: v$F, strip in fragments" \
		seen 1 s1 sport=4011 tcpsum=ok len=301 opts=0101010101000000
	check "$1: v$F, strip a SYN/ACK" \
		seen 1 c1 dport=4012 flags=SA tcpsum=ok opts=010101010101010101010101
	check "$1: v$F, every one counted" counted exit-strip-default=$((n + 3))
}

# One segment at the server for the one at the client: payload, sequence number, window are the same.
stripped()
{
	local port=$1 left=$2 partial=$3

	seen 1 c1 "sport=$port" dport=80 &&
	seen 1 s1 "sport=$port" dport=80 flags=S seq=1000 win=65535 ttl=63 tcpsum=ok "opts=$left" \
		len=5 "$(payload)" &&
	seen 1 c1 "sport=$port" dport=81 &&
	seen 1 s1 "sport=$port" dport=81 flags=S ttl=63 "tcpsum=$partial" "opts=$left" len=8 \
		"$(payload)"
}

# of the segment found last
payload() { grep -o 'payload=[^ ]*' <<<"${FOUND[0]}"; }

strip_sealed()
{
	policy default deny fallback strip
	watch
	from_c 4020 80 --options "1d10010200112233445566778899aabb $MPC"
	from_c 4021 80 --options "$MPC" --ext ah
	unwatch
	check "v$F: TCP-AO is not stripped but dropped" seen 0 s1 sport=4020
	check "v$F: AH is not stripped but dropped" seen 0 s1 sport=4021
	check "v$F: both counted" counted exit-drop-sealed=2
}

# --- ADD_ADDR --------------------------------------------------------------------------------

neutralise()
{
	local long=fd020001000000000000000000000002 zero=0000000000000000

	policy default allow add-addr block
	watch
	from_s 80 5001 --flags A --options "${ADD_ADDR}1122334455667788"
	from_s 80 5002 --flags A --options "01${ADD_ADDR}1122334455667788 010101" --payload 7
	from_s 80 5003 --flags A --options "$DSS 1e1230020a02020213891122334455667788 0101"
	from_s 80 5004 --flags A --options "$DSS 1e1c3002$long 1122334455667788"
	from_s 80 5005 --flags A --options "1e0834020a020202 $DSS"
	from_s 80 5006 --flags A --options "$DSS 01 1e143602$long 010101"
	from_s 80 5007 --flags A --options "1e0834020a020202"
	from_s 80 5008 --flags A --options "1e0831020a020202"
	from_s 80 5009 --flags A --options "1e0f30020a0202021122334455667700"
	unwatch
	check "v$F: v1: the HMAC changes and nothing else" \
		seen 1 c1 dport=5001 flags=A tcpsum=ok "opts=$ADD_ADDR$zero"
	check "v$F: v1 at an odd offset, with data" \
		seen 1 c1 dport=5002 flags=A tcpsum=ok len=7 "opts=01$ADD_ADDR${zero}010101"
	check "v$F: v1 with port, behind a DSS" \
		seen 1 c1 dport=5003 tcpsum=ok "opts=${DSS}1e1230020a0202021389${zero}0101"
	check "v$F: v1 of an IPv6 address" seen 1 c1 dport=5004 tcpsum=ok "opts=${DSS}1e1c3002$long$zero"
	check "v$F: v0 before a DSS becomes NOPs" \
		seen 1 c1 dport=5005 tcpsum=ok "opts=0101010101010101$DSS"
	check "v$F: v0 of an IPv6 address at an odd offset" seen 1 c1 dport=5006 tcpsum=ok \
		"opts=${DSS}010101010101010101010101010101010101010101010101"
	check "v$F: v0 alone is dropped" seen 0 c1 dport=5007
	check "v$F: an echo stays" seen 1 c1 dport=5008 tcpsum=ok opts=1e0831020a020202
	check "v$F: a malformed one stays" \
		seen 1 c1 dport=5009 tcpsum=ok opts=1e0f30020a0202021122334455667700
	check "v$F: counted" counted exit-neutralised=6 exit-drop-add-addr=1 exit-accept-data=2
}

# Two segments merged on receipt into a list (rx-gro-list; TCP's since 6.10), sent on as two again:
# the second one's options are its own.
neutralise_merged()
{
	policy default allow add-addr block
	ns_g ethtool -K h1 gro on rx-gro-list on >/dev/null
	ip netns exec "$NS_G" bash -c 'echo 100000000 >/sys/class/net/h1/gro_flush_timeout'
	# they are merged if they arrive at once: on a busy machine not always
	for _ in 1 2 3 4 5 6; do
		mb stats reset
		watch
		from_s 80 5101 --flags A --options "$DSS ${ADD_ADDR}1122334455667788" --payload 100 --segments 2
		unwatch
		! counted exit-neutralised=1 >/dev/null || break
	done
	check "v$F: merged segments: counted as one" counted exit-neutralised=1
	check "v$F: merged segments: first" \
		seen 1 c1 dport=5101 seq=1000 len=100 tcpsum=ok "opts=$DSS${ADD_ADDR}0000000000000000"
	check "v$F: merged segments: second" \
		seen 1 c1 dport=5101 seq=1100 len=100 tcpsum=ok "opts=$DSS${ADD_ADDR}0000000000000000"
	# a device that cuts segments gets the two as one, to compute their checksums
	ns_g ethtool -K g1 tx on tso on >/dev/null
	for _ in 1 2 3 4 5 6; do
		mb stats reset
		watch
		from_s 80 5102 --flags A --options "$DSS ${ADD_ADDR}1122334455667788" --payload 100 --segments 2
		unwatch
		! counted exit-neutralised=1 >/dev/null || break
	done
	check "v$F: merged segments, cut by the device: whole, their checksum left to it" \
		seen 1 c1 dport=5102 seq=1000 len=200 tcpsum=partial "opts=$DSS${ADD_ADDR}0000000000000000"
	ns_g ethtool -K g1 tso off tx off >/dev/null
	ns_g ethtool -K h1 rx-gro-list off gro off >/dev/null
}

# ---------------------------------------------------------------------------------------------

# shellcheck disable=SC2119	# no arguments are meant
load_module
topo_up
deaf
for family in 4 6; do
	family $family
	policy default deny fallback strip
	strip_all "offloads on" partial
	strip_sealed
	neutralise
done
ns_g ethtool -K h1 tx off >/dev/null
for family in 4 6; do
	family $family
	policy default deny fallback strip
	strip_all "checksum completed behind us" ok
done
topo_offload_off
for family in 4 6; do
	family $family
	policy default deny fallback strip
	strip_all "offloads off" ok
	neutralise_merged
done
