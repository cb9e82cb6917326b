#!/bin/bash
# timeout: 400
# session close where the way to a host is not plain: the gateway is one of the hosts, a mark or a VRF
# says where it goes, conntrack leaves it alone, segments get lost; and when something else happens
# while a session is being closed.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/sessions.sh
. "$SELFTESTS/sessions.sh"
# The kernel for UML has no VRF.
if ip link add vrf0 type vrf table 99 2>/dev/null; then
	ip link del vrf0
	vrf=yes
	plan 63
else
	vrf=no
	plan 59
fi

# session [CLIENT'S ARGS...]: a session with one subflow; ID is it
session()
{
	pair a "${VIA:-$S}" 5001 "$@"
	newest
}

newest()
{
	wait_for 10 looks_so '[.[] | select(.state == "confirmed")] | length == 1' || return
	ID=$(value '.[] | select(.state == "confirmed") | .id')
}

# closed WHAT: it is, and both applications hear of it
closed()
{
	check "v$F: $1: is closed" mb session close id "$ID" || end_pair
	pair_end a >/dev/null
	check "v$F: $1: both applications hear of it" heard
}

end_pair()
{
	local pid

	for pid in ${PAIRS[a]}; do
		pkill -P "$pid"
	done
}

heard()
{
	is "ECONNRESET ECONNRESET" "$(xfer_get error "$CLIENT") $(xfer_get error "$SERVER")"
}

# --- ways ----------------------------------------------------------------------------------------

own()
{
	apply "policy set default allow local on"
	rm -f "$TMP/a.server"
	ip netns exec "$NS_S" "$XFER_BIN" server "-$F" >"$TMP/a.server" 2>&1 &
	PAIRS[a]=$!
	wait_for 20 grep -q ^ready "$TMP/a.server"
	ip netns exec "$NS_G" "$XFER_BIN" client "$S" 5001 --bytes 1000 --hold 60 >"$TMP/a.client" 2>&1 &
	PAIRS[a]+=" $!"
	check "v$F: the gateway's client: a session" newest
	closed "the gateway's client"

	rm -f "$TMP/a.server"
	ip netns exec "$NS_G" "$XFER_BIN" server "-$F" >"$TMP/a.server" 2>&1 &
	PAIRS[a]=$!
	wait_for 20 grep -q ^ready "$TMP/a.server"
	ip netns exec "$NS_C" "$XFER_BIN" client "$GC" 5001 --bytes 600000 --rate 10000 >"$TMP/a.client" 2>&1 &
	PAIRS[a]+=" $!"
	check "v$F: the gateway's server: a session" newest
	closed "the gateway's server"
}

# Nothing goes anywhere without a mark, which segments get as they come in.
marked()
{
	apply "policy set default allow"
	ns_g nft -f - <<-N
		table inet mangle {
			chain pre {
				type filter hook prerouting priority mangle
				meta mark set 7
			}
		}
	N
	ns_g ip "-$F" rule add fwmark 7 lookup main pref 10
	ns_g ip "-$F" rule add unreachable pref 20
	check "v$F: by mark: a session" session --bytes 600000 --rate 10000
	closed "by mark"
	check "v$F: by mark: all found their way" is 0 "$(counter reset-failed)"
	ns_g ip "-$F" rule del pref 10
	ns_g ip "-$F" rule del pref 20
	ns_g nft flush ruleset
}

untracked()
{
	apply "policy set default allow"
	ns_g nft -f - <<-N
		table inet raw {
			chain pre {
				type filter hook prerouting priority raw
				meta l4proto tcp notrack
			}
		}
		table inet filter {
			chain out {
				type filter hook output priority filter; policy drop
				ct state untracked accept
			}
		}
	N
	check "v$F: untracked: a session" session --bytes 600000 --rate 10000
	closed "untracked"
	check "v$F: untracked: so is what is sent" is 0 "$(counter reset-failed)"
	ns_g nft flush ruleset
}

# Under load, behind NAT, where a firewall drops what conntrack finds wrong.
bulk_nat()
{
	apply "policy set default allow"
	[ "$F" = 4 ] && VIA=10.9.9.9 || VIA=fd09::9
	virtual_server masquerade to :20000-29999 random
	ns_g nft -f - <<-N
		table inet filter {
			chain forward {
				type filter hook forward priority filter
				ct state invalid drop
			}
			chain out {
				type filter hook output priority filter; policy drop
				ct state established accept
			}
		}
	N
	ip netns exec "$NS_G" tc qdisc add dev h1 root netem delay 30ms limit 100000
	check "v$F: bulk behind NAT: a session" session --bytes 20000000000
	sleep 0.5
	closed "bulk behind NAT"
	ip netns exec "$NS_G" tc qdisc del dev h1 root
	ns_g nft flush ruleset
	VIA=
}

# What the gateway forwarded last need not have come to a host: its challenge ACK tells what has.
lossy()
{
	apply "policy set default allow"
	check "v$F: loss: a session" session --bytes 20000000000
	ip netns exec "$NS_G" tc qdisc add dev h1 root netem delay 5ms loss 20%
	ip netns exec "$NS_G" tc qdisc add dev g1 root netem delay 5ms loss 20%
	sleep 0.5
	closed "loss"
	ip netns exec "$NS_G" tc qdisc del dev h1 root
	ip netns exec "$NS_G" tc qdisc del dev g1 root
}

# --- meanwhile -------------------------------------------------------------------------------------

# deaf: the server's host hears nothing: no close is seen to succeed
deaf()
{
	ns_s nft 'add table inet deaf; add chain inet deaf in { type filter hook prerouting priority -400; policy drop; }'
}

# begin_close: of a session whose server is deaf
begin_close()
{
	session --bytes 600000 --rate 10000
	deaf
	mb session close id "$ID" >/dev/null 2>&1 &
	CLOSER=$!
	wait_for 5 looks_so '.[0].state == "closing"' id "$ID"
}

give_up()
{
	kill "$CLOSER" 2>/dev/null
	wait "$CLOSER"
	ns_s nft flush ruleset
	end_pair
	pair_end a >/dev/null 2>&1
}

meanwhile()
{
	local sent

	apply "policy set default allow"
	check "v$F: mode observe meanwhile: begun" begin_close
	mb policy set mode observe
	check "v$F: mode observe meanwhile: it is given up" soon '.[0].state != "closing"' id "$ID"
	sent=$(counter close-sent)
	sleep 1.5
	check "v$F: mode observe meanwhile: and nothing more is sent" is "$sent" "$(counter close-sent)"
	give_up

	apply "policy set default allow mode enforce"
	check "v$F: flush meanwhile: begun" begin_close
	check "v$F: flush meanwhile: done" mb policy flush
	check "v$F: flush meanwhile: nothing is left" how_many 0
	give_up

	apply "policy set default allow"
	begin_close
	check "v$F: unloaded meanwhile" unload_module
	give_up
	# shellcheck disable=SC2119	# no arguments are meant
	load_module
}

# Without a subflow there is nobody to tell. But no join brings it back.
detached()
{
	apply "policy set default allow"
	session --bytes 1000 --hold 60
	ns_c ss -K dport = :5001 >/dev/null
	check "v$F: detached" soon '.[0].state == "detached"' id "$ID"
	mb session close id "$ID" >/dev/null 2>&1 &
	CLOSER=$!
	wait_for 5 looks_so '.[0].state == "closing"' id "$ID"
	add_endpoints "$NS_C" "$CLIENT4_2 subflow" "$CLIENT6_2 subflow"
	check "v$F: detached: joins do not get through" wait_for 5 dropped
	give_up
	endpoints "$NS_C"
}

dropped() { [ "$(counter exit-drop-closing)" -ge 1 ]; }

# ---------------------------------------------------------------------------------------------

# shellcheck disable=SC2119	# no arguments are meant
check "the module is loaded" load_module
topo_up
endpoints "$NS_C"
endpoints "$NS_S"
ip -n "$NS_C" mptcp limits set subflows 8 add_addr_accepted 8
for family in 4 6; do
	family $family
	own
	marked
	untracked
	bulk_nat
	lossy
	meanwhile
	detached
done
if [ $vrf = yes ]; then
	vrf_up
	apply "policy set default allow"
	for family in 4 6; do
		family $family
		session --bytes 600000 --rate 10000
		closed "VRF"
	done
fi
