#!/bin/bash
# fallback strip: MPTCP connections become plain TCP at both ends, byte-exact, and no MPTCP option
# reaches the other side; also when the gateway sees only SYNs, or only SYN/ACKs.
. "$(dirname "$0")/lib.sh"
plan 67

# Whose fallback counter grows: the client's for a SYN/ACK without MP_CAPABLE, the server's for a
# last ACK without, after it had sent one.
fallbacks()
{
	echo "$(mib "$NS_C" MPTcpExtMPCapableFallbackSYNACK)" \
		"$(mib "$NS_S" MPTcpExtMPCapableFallbackACK)"
}

# denied WHAT FAMILY INSIDE OUTSIDE FALLBACKS COUNTERS...: a transfer that is stripped between these
# devices: INSIDE is where options still are
denied()
{
	local what="$1: v$2" family=$2 inside=$3 outside=$4 want=$5 before after

	mb stats reset
	read -ra before < <(fallbacks)
	capture_start "$NS_G" "$inside" "$TMP/inside.pcap"
	capture_start "$NS_G" "$outside" "$TMP/outside.pcap"
	check "$what: byte-exact" transfer "$family" --bytes 200000
	check "$what: plain TCP at the client" xfer_is fallback=yes subflows=0
	check "$what: plain TCP at the server" is yes "$(xfer_get fallback "$XFER_SERVER")"
	capture_stop
	read -ra after < <(fallbacks)
	check "$what: fallbacks counted by client and server" \
		is "$want" "$((after[0] - before[0])) $((after[1] - before[1]))"
	check "$what: no MPTCP option beyond the gateway" is 0 "$(capture_mptcp "$TMP/outside.pcap")"
	check "$what: one before it" wire_has 1 "$TMP/inside.pcap" 'flags=SA?' mptcp=MP_CAPABLE
	check "$what: options became NOPs, nothing else changed" rewritten
	check "$what: counted" counters_are "${@:6}"
}

# What came in, with NOPs for MP_CAPABLE and one hop less to go, is what went out.
rewritten()
{
	local in mpc nops out

	in=$(wire "$TMP/inside.pcap" 'flags=SA?' mptcp=MP_CAPABLE)
	mpc=$(sed -En 's/.* opts=[0-9a-f]*(1e0401[0-9a-f]{2}|1e0c01[0-9a-f]{18}).*/\1/p' <<<"$in")
	[ -n "$mpc" ] || { echo "no MP_CAPABLE in: $in"; return 1; }
	nops=${mpc//[0-9a-f][0-9a-f]/01}
	in=${in/$mpc/$nops}
	in=${in/mptcp=MP_CAPABLE/mptcp=-}
	in=${in/ttl=64/ttl=63}
	out=$(wire "$TMP/outside.pcap" 'flags=SA?' "seq=$(xfer_get seq "$in")")
	is "$in" "$out"
}

check "the module is loaded" load_module
topo_up
mb policy set default deny
for family in 4 6; do
	denied "by default" $family g1 h1 "1 0" \
		exit-strip-default=1 mptcp=1 syn=1 subtype-mp-capable=1 version-1=1
done
# computed checksums now, that the gateway has to keep right
topo_offload_off
mb policy set default allow fallback drop
mb site add $SERVER4 deny fallback strip
mb site add fd02::/16 deny fallback strip
for family in 4 6; do
	denied "by a site" $family g1 h1 "1 0" \
		exit-strip-site=1 mptcp=1 syn=1 subtype-mp-capable=1 version-1=1
	check "by a site: v$family: checksums were there" test -n \
		"$(wire "$TMP/outside.pcap" flags=S tcpsum=ok)"
done
topo_down

topo_up asym=syn
mb policy set default deny
for family in 4 6; do
	denied "only SYNs" $family g1 h1 "1 0" \
		exit-strip-default=1 mptcp=1 syn=1 subtype-mp-capable=1 version-1=1
done
topo_down

topo_up asym=synack
mb policy set default deny
for family in 4 6; do
	denied "only SYN/ACKs" $family h1 g1 "1 1" \
		exit-strip-default=1 mptcp=1 synack=1 subtype-mp-capable=1 version-1=1
done
topo_down
