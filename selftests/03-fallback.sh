#!/bin/bash
# The disruptive ways to deny. drop: a client that knows black holes (6.12) falls back after three
# seconds, and from then on with all destinations; another (6.1) gets no connection while the rule
# stands. reset: connection refused at once.
. "$(dirname "$0")/lib.sh"
if [ -e /proc/sys/net/mptcp/blackhole_timeout ]; then
	BLACKHOLES=1
	plan 41
else
	plan 35
fi

client_mib() { mib "$NS_C" "MPTcpExt$1"; }

# took FROM TO KEY: for check; milliseconds of the client's line
took()
{
	[ "$(xfer_get "$3")" -ge "$1" ] && [ "$(xfer_get "$3")" -le "$2" ] && return
	echo "want $3 between $1 and $2: $XFER"
	return 1
}

# --- drop ------------------------------------------------------------------------------------

# at_once ARGS...: a v4 and a v6 client, one after the other would take too long; their lines are
# in LINE
declare -A LINE
at_once()
{
	local family server pids=()

	for family in 4 6; do
		server=SERVER$family
		ns_c "$XFER_BIN" client "${!server}" 5001 "$@" >"$TMP/line.$family" 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}"
	for family in 4 6; do
		LINE[$family]=$(cat "$TMP/line.$family")
	done
}

# both KEY=VALUE...: for check; in both lines
both()
{
	XFER=${LINE[4]} xfer_is "$@" && XFER=${LINE[6]} xfer_is "$@"
}

# SYNs that came to the gateway, from the wire
syns() { wire "$TMP/g1.pcap" flags=S mptcp=MP_CAPABLE | wc -l; }

drop()
{
	local family

	mb policy set default deny fallback drop
	capture_start "$NS_G" g1 "$TMP/g1.pcap"
	capture_start "$NS_G" h1 "$TMP/h1.pcap"
	if [ -n "$BLACKHOLES" ]; then
		ns_c sysctl -qw net.mptcp.blackhole_timeout=60
		at_once --bytes 100000
		check "drop: byte-exact, as TCP" both verified=yes fallback=yes
		for family in 4 6; do
			XFER=${LINE[$family]}
			check "drop: v$family: after retransmissions" took 2500 9000 connect_ms
		done
		check "drop: the client knows a black hole" test "$(client_mib Blackhole)" -gt 0
	else
		at_once --timeout 4
		check "drop: no connection" both verified=no error=TIMEOUT stage=connect
	fi
	capture_stop
	check "drop: no MPTCP option passed" is 0 "$(capture_mptcp "$TMP/h1.pcap")"
	check "drop: SYNs were sent again" test "$(syns)" -ge 4
	check "drop: each was counted" counters_are exit-drop-default="$(syns)" mptcp="$(syns)" \
		syn="$(syns)" subtype-mp-capable="$(syns)" version-1="$(syns)"
	mb policy flush
	[ -z "$BLACKHOLES" ] || blackhole
	for family in 4 6; do
		check "drop is gone: v$family, two subflows, byte-exact" served_two $family
	done
}

blackhole()
{
	local before

	before=$(client_mib MPCapableSYNTXDisabled)
	at_once --bytes 1000
	check "drop is gone: but the client has MPTCP switched off" both verified=yes fallback=yes
	check "drop is gone: for all destinations" \
		is 2 $(($(client_mib MPCapableSYNTXDisabled) - before))
	check "until it forgets" ns_c sysctl -qw net.mptcp.blackhole_timeout=0
}

served_two()
{
	local server=SERVER$1

	xfer_client "${!server}" 5001 --bytes 100000 --subflows 2 &&
	xfer_is verified=yes fallback=no subflows=2
}

# --- reset -----------------------------------------------------------------------------------

# refused WHAT FAMILY: one connection attempt, captured
refused()
{
	local server=SERVER$2

	mb stats reset
	capture_start "$NS_G" g1 "$TMP/g1.pcap"
	capture_start "$NS_G" h1 "$TMP/h1.pcap"
	check "$1: v$2: connection refused" goes ECONNREFUSED "${!server}" 5001
	check "$1: v$2: at once" took 0 900 total_ms
	capture_stop
	check "$1: v$2: the client's RST names an administrator's decision" \
		wire_has 1 "$TMP/g1.pcap" flags=RA "src=${!server}" mptcp=MP_TCPRST/3
}

reset()
{
	local family

	mb policy set default deny fallback reset
	for family in 4 6; do
		refused "reset" $family
		check "reset: v$family: one SYN, one RST" is 2 "$(wire "$TMP/g1.pcap" | wc -l)"
		check "reset: v$family: nothing reaches the server" is 0 "$(wire "$TMP/h1.pcap" | wc -l)"
		check "reset: v$family: counted" counters_are exit-reset-default=1 reset-sent=1 \
			mptcp=1 syn=1 subtype-mp-capable=1 version-1=1
	done
}

# The gateway sees the SYN/ACK only: then the server, too, has a connection to forget.
reset_synack()
{
	local family before

	mb policy set default deny fallback reset
	for family in 4 6; do
		before=$(mib "$NS_S" TcpExtEmbryonicRsts)
		refused "reset of a SYN/ACK" $family
		check "reset of a SYN/ACK: v$family: the server's RST, too" \
			wire_has 1 "$TMP/h1.pcap" flags=R mptcp=MP_TCPRST/3
		check "reset of a SYN/ACK: v$family: the server believes it" \
			is 1 $(($(mib "$NS_S" TcpExtEmbryonicRsts) - before))
		check "reset of a SYN/ACK: v$family: counted" counters_are exit-reset-default=1 \
			reset-sent=2 mptcp=1 synack=1 subtype-mp-capable=1 version-1=1
	done
}

serve_both()
{
	xfer_serve -4 && xfer_serve -6
}

check "the module is loaded" load_module
topo_up
serve_both
drop
reset
check "a reset site is refused, the others are not" mb policy set default allow
mb site add $SERVER4 deny
mb site add $SERVER6 deny fallback strip
check "a site denied as the policy says" goes ECONNREFUSED $SERVER4 5001
check "a site denied as its entry says" goes tcp $SERVER6 5001
check "what the server served was byte-exact" xfer_served
topo_down

topo_up asym=synack
serve_both
reset_synack
topo_down
