#!/bin/bash
# mode observe counts the same verdicts and changes not one byte; mode bypass has no hooks and keeps
# the policy. And the setting malformed, which has the same three outcomes as those that it is beside.
. "$(dirname "$0")/lib.sh"
plan 76

CRAFT=$TOP/build/craft

# --- observe ---------------------------------------------------------------------------------

watch()
{
	local dev

	for dev in g1 g2 h1 h2; do
		capture_start "$NS_G" $dev "$TMP/$dev.pcap"
	done
}

# side DEV DEV: all that was seen there, but for the hops left, in an order of its own
side()
{
	{ wire "$TMP/$1.pcap"; wire "$TMP/$2.pcap"; } | sed 's/ ttl=[0-9]*//' | sort
}

same()
{
	side g1 g2 >"$TMP/client.txt"
	side h1 h2 >"$TMP/server.txt"
	[ "$(wc -l <"$TMP/client.txt")" -gt 20 ] && diff "$TMP/client.txt" "$TMP/server.txt"
}

on_wire() { grep -c "$1" "$TMP/client.txt"; }

# session: for check; all addresses of client and server get used
session()
{
	xfer_client "$S" 5001 --bytes 100000 --subflows 3 && xfer_is verified=yes fallback=no
}

# observed WHAT STATEMENT...: a session under these, only watched
observed()
{
	local what="observe: $1: v$F"

	apply "${@:2}" "policy set mode observe"
	watch
	check "$what: three subflows" session
	capture_stop
	check "$what: not one byte changes" same
	check "$what: all was let through" is "$(counter mptcp)" $(($(counter exit-accept-default) +
		$(counter exit-accept-site) + $(counter exit-accept-data)))
	# MP_CAPABLE and MP_JOIN in SYNs and SYN/ACKs
	handshakes=$(on_wire ' flags=SA\? .* mptcp=MP_\(CAPABLE\|JOIN\)$')
	joins=$(on_wire ' flags=SA\? .* mptcp=MP_JOIN$')
	announced=$(on_wire ' sport=5001 .*ADD_ADDR')
}

observe()
{
	observed "deny, reset" "policy set default deny fallback reset"
	check "observe: deny, reset: v$F: counted" verdicts would-reset-default="$handshakes"
	mb policy set mode enforce
	mb stats reset
	check "enforce: v$F: refused" goes ECONNREFUSED "$S" 5001
	check "enforce: v$F: counted" verdicts exit-reset-default=1

	observed "a site's strip" "site add $S deny"
	# a join that is denied is reset in place of strip, from the second address it is allowed
	check "observe: a site's strip: v$F: counted" verdicts would-strip-site=2 \
		would-reset-site="$(on_wire "\(src\|dst\)=$S .* flags=SA\? .* mptcp=MP_JOIN$")"
	check "observe: a site's strip: v$F: hits" mb site list
	mb policy set mode enforce
	mb stats reset
	check "enforce: v$F: falls back" goes tcp "$S" 5001
	check "enforce: v$F: counted" verdicts exit-strip-site=1

	observed "joins and addresses" "policy set join drop add-addr block"
	check "observe: joins and addresses: v$F: there were both" \
		test $((joins > 3 && announced > 0)) = 1
	check "observe: joins and addresses: v$F: counted" \
		verdicts would-drop-join="$joins" would-neutralise="$announced"
}

# --- bypass ----------------------------------------------------------------------------------

bypass()
{
	apply "policy set default deny mode bypass" "site add $S deny comment kept"
	check "bypass: v$F: no hooks" is '"hooks":[]' "$(mb -j status | tr -d ' \n' |
		grep -o '"hooks":\[[^]]*\]')"
	check "bypass: v$F: three subflows" session
	check "bypass: v$F: nothing is counted" is "0 " "$(counter exit-plain) $(counters)"
	check "bypass: v$F: the entry is kept" grep -q kept <(mb site list)
	check "bypass: v$F: back to enforce" mb policy set mode enforce
	check "bypass: v$F: the policy decides again" goes tcp "$S" 5001
	check "bypass: v$F: the policy is counted again" verdicts exit-strip-site=1
}

# --- malformed -------------------------------------------------------------------------------

# MP_CAPABLE of 5 bytes from the client; of 13, from the server; MP_JOIN of 11; and what is well-formed:
# a later version, an unknown subtype
MPC=1e05010107 MPC_SYNACK=1e0d01010102030405060708ff MPJ=1e0b10010102030405060708
NEW=1e0402011e04c000

send_malformed()
{
	capture_start "$NS_G" g1 "$TMP/g1.pcap"
	capture_start "$NS_G" h1 "$TMP/h1.pcap"
	ns_c "$CRAFT" c1 "$MAC_c1" "$MAC_g1" "$C" 4001 "$S" 80 --options "$MPC"
	ns_c "$CRAFT" c1 "$MAC_c1" "$MAC_g1" "$C" 4002 "$S" 80 --options "$MPJ"
	ns_c "$CRAFT" c1 "$MAC_c1" "$MAC_g1" "$C" 4003 "$S" 80 --options "$NEW"
	ns_s "$CRAFT" s1 "$MAC_s1" "$MAC_h1" "$S" 80 "$C" 4004 --options "$MPC_SYNACK" --flags SA \
		--ack 1
	capture_stop
}

# arrives WANT DEVICE PORT: for check; the options that a segment arrives with, or nothing
arrives()
{
	is "$1" "$({ wire "$TMP/$2.pcap" sport="$3"; wire "$TMP/$2.pcap" dport="$3"; } |
		sed -n 's/.* flags=SA\? .* opts=\([^ ]*\) .*/\1/p')"
}

malformed()
{
	apply "policy set malformed accept"
	send_malformed
	check "malformed accept: v$F: SYN" arrives ${MPC}000000 h1 4001
	check "malformed accept: v$F: SYN/ACK" arrives ${MPC_SYNACK}000000 g1 4004
	check "malformed accept: v$F: counted" counters_are exit-accept-default=4 mptcp=4 syn=3 \
		synack=1 subtype-mp-capable=3 subtype-mp-join=1 subtype-12=1 version-1=2 \
		version-other=1 fault-mp-capable-len=2 fault-mp-join-len=1

	apply "policy set malformed strip"
	send_malformed
	check "malformed strip: v$F: SYN" arrives 0101010101000000 h1 4001
	check "malformed strip: v$F: SYN/ACK" arrives 01010101010101010101010101000000 g1 4004
	check "malformed strip: v$F: a join is reset" arrives "" h1 4002
	check "malformed strip: v$F: what only is new is well-formed" arrives $NEW h1 4003
	check "malformed strip: v$F: counted" verdicts exit-strip-malformed=2 exit-reset-malformed=1

	apply "policy set malformed drop"
	send_malformed
	check "malformed drop: v$F: SYN" arrives "" h1 4001
	check "malformed drop: v$F: SYN/ACK" arrives "" g1 4004
	check "malformed drop: v$F: what only is new is well-formed" arrives $NEW h1 4003
	check "malformed drop: v$F: counted" verdicts exit-drop-malformed=3
}

# -------------------------------------------------------------------------------------------------

check "the module is loaded" load_module
topo_up servers=2
xfer_serve -4
xfer_serve -6
for family in 4 6; do
	family $family
	observe
	bypass
done
# against answers of the real hosts to what is crafted
ns_s nft -f - <<-'N'
	table inet deaf {
		chain in {
			type filter hook input priority 0
			tcp dport 80 drop
		}
	}
N
for family in 4 6; do
	family $family
	malformed
done
check "what the server served was byte-exact" xfer_served
topo_down
