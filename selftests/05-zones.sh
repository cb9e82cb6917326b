#!/bin/bash
# Zones: sites with a mark or a ctmark, which nftables sets in the gateway. A ctmark is the
# connection's: set at the SYN, it decides the SYN/ACK, too. A mark is the packet's own: set on the
# SYN alone it does not, restored on replies it does.
. "$(dirname "$0")/lib.sh"
plan 32

# chain STATEMENT...: nftables rules in the gateway, early enough for our hook
rules()
{
	ns_g nft flush ruleset
	printf '%s\n' "table inet zones {" "chain pre {" \
		"type filter hook prerouting priority mangle" "$@" "}" "}" | ns_g nft -f -
}

# told VERDICT QUALIFIERS...: for check; site get says so about the server
told()
{
	mb -j site get "$S" "${@:2}" | tr -d ' \n' |
		grep -q "\"mp-capable\":{\"verdict\":\"$1\""
}

ctmarks()
{
	rules 'iifname g1 ct mark set 1' 'iifname g2 ct mark set 2'

	apply "policy set default deny" "site add any ctmark 1 allow"
	check "v$F: allowed zone" goes mptcp "$S" 5001 --bind "$C"
	check "v$F: allowed zone: SYN and SYN/ACK" \
		is "2 1 1" "$(counter exit-accept-site) $(counter syn) $(counter synack)"
	check "v$F: another zone" goes tcp "$S" 5001 --bind "$C2"
	check "v$F: site get knows" told accept ctmark 1
	check "v$F: site get knows, another zone" told strip ctmark 2

	apply "site add any ctmark 0x2/0x6 deny" "site add $S allow"
	check "v$F: ctmark with mask, before a longer prefix" goes tcp "$S" 5001 --bind "$C2"
	check "v$F: not the other zone" goes mptcp "$S" 5001 --bind "$C"
	mb site add "$S" allow override
	check "v$F: override goes before ctmark" goes mptcp "$S" 5001 --bind "$C2"
}

marks()
{
	apply "policy set default deny" "site add any mark 7 allow"
	rules 'iifname g1 meta mark set 7'
	check "v$F: mark on the SYN only: the SYN/ACK is another zone's" \
		goes tcp "$S" 5001 --bind "$C"
	check "v$F: mark on the SYN only: one allowed, one denied" \
		is "1 1" "$(counter exit-accept-site) $(counter exit-strip-default)"

	rules 'iifname g1 meta mark set 7 ct mark set 7' 'ct direction reply meta mark set ct mark'
	mb stats reset
	check "v$F: mark restored on replies" goes mptcp "$S" 5001 --bind "$C"
	check "v$F: mark restored on replies: both allowed" is 2 "$(counter exit-accept-site)"
	check "v$F: without the mark" goes tcp "$S" 5001 --bind "$C2"
	check "v$F: site get knows" told accept mark 7

	apply "site add $S mark 0x4/0x4 deny"
	check "v$F: mark with mask: denied" goes tcp "$S" 5001 --bind "$C"
}

check "the module is loaded" load_module
topo_up
ns_c ip mptcp endpoint flush
xfer_serve -4
xfer_serve -6
for family in 4 6; do
	family $family
	ctmarks
	marks
done
check "what the server served was byte-exact" xfer_served
topo_down
