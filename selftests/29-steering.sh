#!/bin/bash
# share-mark: joins inherit these bits of the initial subflow's conntrack mark, so that nftables, or
# what it queues to, can treat a session as one.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/sessions.sh
. "$SELFTESTS/sessions.sh"
plan 54

# The administrator marks by the client's address: sessions from the first one, joins from the second.
# The counters are behind the gateway's hook.
rules()
{
	ns_g nft -f - <<-N
		table inet steer {
			counter join_up { }
			counter join_down { }
			counter join_syn { }
			counter join_else { }
			chain marks {
				type filter hook prerouting priority mangle
				ct state new ip saddr $CLIENT4 ct mark set 0x12345678
				ct state new ip6 saddr $CLIENT6 ct mark set 0x12345678
				ct state new ip saddr $CLIENT4_2 ct mark set 0xabcdef01
				ct state new ip6 saddr $CLIENT6_2 ct mark set 0xabcdef01
			}
			chain behind {
				type filter hook postrouting priority mangle
				$IP saddr $C2 tcp dport 5001 ct mark $1 counter name join_up
				$IP daddr $C2 tcp sport 5001 ct mark $1 counter name join_down
				$IP saddr $C2 tcp dport 5001 tcp flags & (syn | ack) == syn ct mark $1 counter name join_syn
				$IP saddr $C2 tcp dport 5001 ct mark != $1 counter name join_else
			}
		}
	N
}

# packets NAME: that a counter of nftables has seen
packets()
{
	ns_g nft -j list counter inet steer "$1" | jq '.nftables[] | .counter // empty | .packets'
}

# mark_of ADDRESS: of the conntrack entry of this client's connection, hexadecimal
mark_of()
{
	printf '0x%x\n' "$(ns_g conntrack -L -f "ipv$F" -p tcp --orig-port-dst 5001 2>/dev/null |
		sed -n "s/.*ESTABLISHED src=$1 .* mark=\([0-9]*\).*/\1/p")"
}

# inherits WHAT MASK MARK [MODE]: a session whose join has this mark, with share-mark MASK
inherits()
{
	local what="v$F: $1" mask=$2 mark=$3

	rules "$mark"
	mb policy flush
	mb policy set default allow mode "${4:-enforce}"
	[ -z "$mask" ] || mb policy set share-mark "$mask"
	pair a "$S" 5001 --rate 20000 --duration 60
	check "$what: a session and its join" soon '[.[0].subflows[] | select(.state == "live")] | length == 2' \
		client "$C" state confirmed
	sleep 0.3
	check "$what: the join's mark" is "$mark" "$(mark_of "$C2")"
	check "$what: the initial subflow's is as it was" is 0x12345678 "$(mark_of "$C")"
	check "$what: its segments carry it, both ways" test "$(packets join_up)" -gt 0 \
		-a "$(packets join_down)" -gt 0
	check "$what: from its first segment on" is "1 0" "$(packets join_syn) $(packets join_else)"
	check "$what: byte-exact" unharmed a
	ns_g nft flush ruleset
}

# A join that is refused, or an orphan, inherits nothing.
orphan()
{
	rules 0xabcdef01
	mb policy flush
	endpoints "$NS_C"
	pair a "$S" 5001 --rate 20000 --duration 60
	wait_for 5 is_up
	mb policy set default allow share-mark 0xffff orphan accept
	add_endpoints "$NS_C" "$C2 subflow"
	wait_for 5 joined
	check "v$F: an orphan inherits nothing" is 0xabcdef01 "$(mark_of "$C2")"
	check "v$F: an orphan: byte-exact" unharmed a
	endpoints "$NS_C" "$CLIENT4_2 subflow" "$CLIENT6_2 subflow"
	ns_g nft flush ruleset
}

is_up() { [ "$(host_subflows "$NS_S")" -ge 1 ]; }
joined() { [ "$(host_subflows "$NS_S")" -ge 2 ]; }

check "the module is loaded" load_module
topo_up
check "share-mark is off at first" is 0x0 "$(mb -j policy show | jq -r '."share-mark"')"
for family in 4 6; do
	family $family
	IP=ip
	[ "$F" = 4 ] || IP=ip6
	inherits "off" "" 0xabcdef01
	inherits "low bits" 0xffff 0xabcd5678
	inherits "all bits" 0xffffffff 0x12345678
	inherits "observe touches nothing" 0xffffffff 0xabcdef01 observe
	orphan
done
topo_down
