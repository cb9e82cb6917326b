#!/bin/bash
# Refused joins: the session lives on over its first subflow, byte-exact. reset tells the client with
# MP_TCPRST, reason 3; drop leaves it a half-open subflow. The same when the gateway sees only the
# SYN/ACKs; and a site's own join setting goes before the policy's.
. "$(dirname "$0")/lib.sh"
plan 66

# While data flows the client tries to join from its second address.
session()
{
	local server=SERVER$1

	xfer_client "${!server}" 5001 --bytes 80000 --rate 100000 && xfer_is verified=yes fallback=no
}

# join FAMILY WHAT DEVICE: a session whose join is refused. DEVICE is where it comes in.
join()
{
	local before

	before=$(joins_s)
	mb stats reset
	capture_start "$NS_G" g2 "$TMP/g2.pcap"
	capture_start "$NS_G" h1 "$TMP/h1.pcap"
	check "$2: v$1: the session lives, byte-exact" session "$1"
	capture_stop
	COUNTED=$(counters)
	check "$2: v$1: no join at the server" is 0 $(($(joins_s) - before))
	tried=$(wire "$TMP/$3.pcap" 'flags=SA?' mptcp=MP_JOIN | wc -l)
}

# join_counters NAME=VALUE...: for check; those that joins are about
join_counters()
{
	local pair list=()

	for pair in $COUNTED; do
		case $pair in
		mptcp=* | syn=* | synack=* | version-1=* | exit-accept-*)		;;
		subtype-mp-capable=* | subtype-dss=* | subtype-remove-addr=*)	;;
		*)	list+=("$pair");;
		esac
	done
	same_words "$*" "${list[*]}"
}

served_two()
{
	local server=SERVER$1

	xfer_client "${!server}" 5001 --bytes 100000 --subflows 2 &&
	xfer_is verified=yes fallback=no subflows=2
}

reset()
{
	join "$1" "$2" g2
	check "$2: v$1: one was tried" is 1 "$tried"
	check "$2: v$1: the RST names an administrator's decision" \
		wire_has 1 "$TMP/g2.pcap" flags=RA mptcp=MP_TCPRST/3
	check "$2: v$1: nothing of it passed" wire_has 0 "$TMP/h1.pcap" mptcp=MP_JOIN
	check "$2: v$1: counted" \
		join_counters exit-reset-join=1 subtype-mp-join=1 reset-sent=1
}

drop()
{
	join "$1" "$2" g2
	check "$2: v$1: the client has a half-open subflow" xfer_is subflows=2
	check "$2: v$1: it hears nothing" is "$tried" "$(wire "$TMP/g2.pcap" | wc -l)"
	check "$2: v$1: counted" \
		join_counters exit-drop-join="$tried" subtype-mp-join="$tried"
}

check "the module is loaded" load_module
topo_up
xfer_serve -4
xfer_serve -6
mb policy set join reset
for family in 4 6; do
	reset $family "join reset"
done
mb policy set join drop
for family in 4 6; do
	drop $family "join drop"
done

mb policy set join accept
mb site add $SERVER4 allow join reset
mb site add $SERVER6 allow join reset
for family in 4 6; do
	reset $family "site with join reset"
done
mb policy set join reset
mb site replace $SERVER4 allow join accept
mb site replace $SERVER6 allow join accept
for family in 4 6; do
	check "site with join accept: v$family, two subflows, byte-exact" served_two $family
done
mb site replace $SERVER4 allow join drop
join 4 "site with join drop" g2
check "site with join drop: counted" \
	join_counters exit-drop-join="$tried" subtype-mp-join="$tried"
check "what the server served was byte-exact" xfer_served
topo_down

topo_up asym=synack
xfer_serve -4
xfer_serve -6
mb policy set join reset
for family in 4 6; do
	before=$(mib "$NS_S" TcpExtEmbryonicRsts)
	what="join reset at its SYN/ACK"
	join $family "$what" h1
	check "$what: v$family: one was tried" is 1 "$tried"
	check "$what: v$family: RST to the client" \
		wire_has 1 "$TMP/g2.pcap" flags=RA mptcp=MP_TCPRST/3
	check "$what: v$family: RST to the server" \
		wire_has 1 "$TMP/h1.pcap" flags=R mptcp=MP_TCPRST/3
	check "$what: v$family: the server believes it" \
		is 1 $(($(mib "$NS_S" TcpExtEmbryonicRsts) - before))
	check "$what: v$family: counted" \
		join_counters exit-reset-join=1 subtype-mp-join=1 reset-sent=2
done
# last: the server keeps on sending SYN/ACKs after its session
mb policy set join drop
for family in 4 6; do
	what="join drop at its SYN/ACK"
	join $family "$what" h1
	check "$what: v$family: tried" test "$tried" -gt 0
	# one more may have come when the captures had ended
	dropped=$(grep -o 'exit-drop-join=[0-9]*' <<<"$COUNTED" | cut -d= -f2)
	check "$what: v$family: dropped" test "$dropped" -ge "$tried"
	check "$what: v$family: counted" \
		join_counters exit-drop-join="$dropped" subtype-mp-join="$dropped"
done
check "what the server served was byte-exact, here too" xfer_served
topo_down
