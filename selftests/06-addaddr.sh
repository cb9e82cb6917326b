#!/bin/bash
# add-addr block between real hosts: the server announces its second address, often in its first
# segment after the handshake. The client must neither learn the address nor fall back. Crafted
# announcements are in 13-rewrite.
. "$(dirname "$0")/lib.sh"
plan 28

# session: for check; the server speaks first, the client keeps quiet until it has it
session()
{
	xfer_client "$S" 5001 --speak-first 5000 --bytes 100000 --rate 100000 &&
	xfer_is verified=yes fallback=no
}

learned() { mib "$NS_C" MPTcpExtAddAddr; }
echoed() { mib "$NS_S" MPTcpExtEchoAdd; }

# addresses SETTING: a session under add-addr SETTING, captured where its segments come out
addresses()
{
	local learned echoed

	apply "policy set add-addr $1"
	learned=$(learned) echoed=$(echoed)
	capture_start "$NS_G" g1 "$TMP/g1.pcap"
	capture_start "$NS_G" h1 "$TMP/h1.pcap"
	capture_start "$NS_G" h2 "$TMP/h2.pcap"
	check "$1: v$F: byte-exact, no fallback" session
	capture_stop
	LEARNED=$(($(learned) - learned)) ECHOED=$(($(echoed) - echoed))
	ANNOUNCED=$(wire "$TMP/h1.pcap" sport=5001 'mptcp=.*ADD_ADDR.*' | wc -l)
}

check "the module is loaded" load_module
topo_up servers=2
xfer_serve -4 --speak-first 5000
xfer_serve -6 --speak-first 5000
for family in 4 6; do
	family $family
	addresses accept
	check "accept: v$F: addresses were announced" test "$ANNOUNCED" -gt 0
	check "accept: v$F: the client learns them" test "$LEARNED" -gt 0
	check "accept: v$F: says xfer" test "$(xfer_get addrs)" -gt 0
	check "accept: v$F: the client joins the second address" \
		test -n "$(wire "$TMP/h2.pcap" flags=S mptcp=MP_JOIN)"
	check "accept: v$F: nothing was made useless" is 0 "$(counter exit-neutralised)"

	addresses block
	check "block: v$F: addresses were announced" test "$ANNOUNCED" -gt 0
	check "block: v$F: the client learns none" is "0 0" "$LEARNED $(xfer_get addrs)"
	check "block: v$F: nor confirms one" is 0 "$ECHOED"
	check "block: v$F: and never joins it" is 0 "$(wire "$TMP/h2.pcap" | wc -l)"
	check "block: v$F: other joins are unharmed" is 2 "$(xfer_get subflows)"
	check "block: v$F: every announcement was made useless, nothing else was changed" \
		verdicts exit-neutralised="$ANNOUNCED"
done
check "what the server served was byte-exact" xfer_served
topo_down
