#!/bin/bash
# NAT in the gateway: the site is the real server, after DNAT, and the client as it is, before SNAT.
# A refused client hears of it from the address that it called.
. "$(dirname "$0")/lib.sh"
plan 28

virtual()
{
	[ "$F" = 4 ] && VIRTUAL=10.9.9.9 || VIRTUAL=fd09::9
}

served_two()
{
	xfer_client "$1" 5001 --bytes 100000 --subflows 2 &&
	xfer_is verified=yes fallback=no subflows=2
}

# refused ADDRESS: for check; at once
refused()
{
	goes ECONNREFUSED "$1" 5001 && test "$(xfer_get total_ms)" -lt 900
}

session()
{
	xfer_client "$VIRTUAL" 5001 --bytes 80000 --rate 100000 && xfer_is verified=yes fallback=no
}

# translated: as conntrack sees it, destination and source
translated()
{
	ns_g conntrack -L -f "ipv$F" -p tcp 2>/dev/null | grep "dst=$VIRTUAL" | grep -q "dst=$GS"
}

check "the module is loaded" load_module
topo_up
virtual_server masquerade
xfer_serve -4
xfer_serve -6
for family in 4 6; do
	family $family
	virtual
	apply "policy set default deny" "site add $S allow"
	check "v$F: allowed real server: two subflows" served_two "$VIRTUAL"
	check "v$F: addresses were translated both ways" translated
	check "v$F: SYNs and SYN/ACKs, joins, too, are the server's" is 4 "$(counter exit-accept-site)"
	apply "policy set default deny" "site add $VIRTUAL allow"
	check "v$F: not the address that the client called" goes tcp "$VIRTUAL" 5001
	apply "site add $S deny"
	check "v$F: denied real server" goes tcp "$VIRTUAL" 5001

	apply "policy set default deny" "site add any from $C allow"
	check "v$F: allowed client" goes mptcp "$VIRTUAL" 5001
	check "v$F: its SYN and SYN/ACK, and those of its join from another address" is 4 "$(counter exit-accept-site)"
	check "v$F: another client" goes tcp "$VIRTUAL" 5001 --bind "$C2"
	apply "policy set default deny" "site add any from $GS allow"
	check "v$F: not the address that the server sees" goes tcp "$VIRTUAL" 5001

	apply "site add $S deny fallback reset"
	check "v$F: refused at once, in the name of whom it called" refused "$VIRTUAL"
	check "v$F: refused: counted" counters_are exit-reset-site=1 reset-sent=1 \
		mptcp=1 syn=1 subtype-mp-capable=1 version-1=1
	apply "policy set join reset"
	check "v$F: a join refused: the session lives" session
	check "v$F: a join refused: counted" \
		is "1 1 0" "$(counter exit-reset-join) $(counter reset-sent) $(counter reset-failed)"
done
check "what the server served was byte-exact" xfer_served
topo_down
