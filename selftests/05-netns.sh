#!/bin/bash
# Each network namespace has a policy of its own: two gateways on one connection's way do not touch
# each other, nor do hosts that judge their own connections (local on).
. "$(dirname "$0")/lib.sh"
plan 43

at() { "$MBCTL" -n "$@"; }

armed() { is "$2" "$(at "$1" -j status | tr -d ' \n' | sed 's/.*"armed":\([a-z]*\).*/\1/')"; }

# SYNs go through the gateway, SYN/ACKs through the router.
two_gateways()
{
	at "$NS_G" policy set default allow
	at "$NS_R" policy set default deny
	check "v$F: denied where the SYN/ACK goes" goes tcp "$S" 5001
	check "v$F: counted there" counters_are "$NS_R" \
		exit-strip-default=1 mptcp=1 synack=1 subtype-mp-capable=1 version-1=1
	check "v$F: here a SYN was allowed" counters_are "$NS_G" \
		exit-accept-default=1 mptcp=1 syn=1 subtype-mp-capable=1 version-1=1

	at "$NS_G" site add any deny fallback reset
	at "$NS_G" stats reset
	at "$NS_R" stats reset
	check "v$F: denied where the SYN goes, otherwise" goes ECONNREFUSED "$S" 5001
	check "v$F: counted there" counters_are "$NS_G" exit-reset-site=1 reset-sent=1 \
		mptcp=1 syn=1 subtype-mp-capable=1 version-1=1
	check "v$F: here came nothing" counters_are "$NS_R"
	check "v$F: an entry here is none there" is "" "$(at "$NS_R" site list | grep any)"

	at "$NS_G" policy flush
	check "v$F: disarmed here" armed "$NS_G" false
	check "v$F: armed there" armed "$NS_R" true
	check "v$F: which still denies" goes tcp "$S" 5001
	at "$NS_R" policy flush
	check "v$F: disarmed there, too" goes mptcp "$S" 5001
	at "$NS_G" stats reset
	at "$NS_R" stats reset
}

# The client, the gateway and the server each deny one port.
locals()
{
	at "$NS_C" policy set local on
	at "$NS_C" site add any port 5001 deny
	at "$NS_G" policy set default allow
	at "$NS_G" site add any port 5002 deny
	at "$NS_S" policy set local on
	at "$NS_S" site add any port 5003 deny
	check "v$F: the client denies" goes tcp "$S" 5001
	check "v$F: the gateway denies" goes tcp "$S" 5002
	check "v$F: the server denies" goes tcp "$S" 5003
	check "v$F: nobody denies" goes mptcp "$S" 5004
	check "v$F: each has stripped one" is "1 1 1" "$(stripped "$NS_C") $(stripped "$NS_G")\
 $(stripped "$NS_S")"

	at "$NS_C" policy set local off
	check "v$F: local off: the client's own connections are its own affair" goes mptcp "$S" 5001
	at "$NS_S" policy set local off
	check "v$F: local off: so are the server's" goes mptcp "$S" 5003
	check "v$F: local off: the gateway forwards, and denies" goes tcp "$S" 5002
	at "$NS_C" policy flush
	at "$NS_G" policy flush
	at "$NS_S" policy flush
	at "$NS_C" stats reset
	at "$NS_G" stats reset
	at "$NS_S" stats reset
}

stripped()
{
	counters "$1" | grep -o 'exit-strip-site=[0-9]*' | cut -d= -f2
}

serve()
{
	local family port

	for family in 4 6; do
		for port; do
			xfer_serve -$family -p "$port"
		done
	done
}

check "the module is loaded" load_module
topo_up asym=syn
ns_c ip mptcp endpoint flush
serve 5001
for family in 4 6; do
	family $family
	two_gateways
done
check "two gateways: what the server served was byte-exact" xfer_served
topo_down
rm "$TMP"/serve.*

topo_up
ns_c ip mptcp endpoint flush
serve 5001 5002 5003 5004
for family in 4 6; do
	family $family
	locals
done
check "what the server served was byte-exact" xfer_served
check "a namespace that goes while armed" at "$NS_S" policy set default deny
topo_down
check "and the module with it" unload_module
