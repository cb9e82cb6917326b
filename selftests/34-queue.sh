#!/bin/bash
# Behind an inspector: what an NFQUEUE in an earlier chain lets go on comes to the hook in a process's
# context, between the segments that come from the network. Sessions are known as without.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/sessions.sh
. "$SELFTESTS/sessions.sh"
plan 14

BYTES=20000000

# Half of the connections are queued: the joins, or all but these.
queued()
{
	ns_g nft -f - <<-N
		flush ruleset
		table inet inspect {
			chain forward {
				type filter hook forward priority filter
				ip saddr $1 queue num 7
				ip daddr $1 queue num 7
				ip6 saddr $2 queue num 7
				ip6 daddr $2 queue num 7
			}
		}
	N
}

inspector_end()
{
	kill "$INSPECTOR" && wait "$INSPECTOR"
	sed -n 's/^packets //p' "$TMP/queue"
}

# inspected WHICH: of the connections of each family from these addresses
inspected()
{
	check "v$F: $1 inspected: byte-exact, two subflows" both_paths
	check "v$F: $1 inspected: one session, all its data" soon \
		'length == 1 and (.[0].subflows | length) == 2' client "$C"
	check "v$F: $1 inspected: it has ended in peace" soon \
		".[0].how == \"data-fin\" and .[0][\"client-data\"] == $((BYTES + HEADER)) and .[0][\"server-data\"] == $BYTES" \
		client "$C" state closed
	fresh "policy set default allow"
}

both_paths()
{
	transfer "$F" --bytes $BYTES --subflows 2 && xfer_is verified=yes fallback=no
}

check "the module is loaded" load_module
topo_up
ip netns exec "$NS_G" "$TOP/build/queue" 7 >"$TMP/queue" 2>&1 &
INSPECTOR=$!
wait_for 10 grep -q ready "$TMP/queue"
fresh "policy set default allow"
for family in 4 6; do
	family $family
	queued "$CLIENT4" "$CLIENT6"
	inspected "first subflows"
	queued "$CLIENT4_2" "$CLIENT6_2"
	inspected "joins"
done
packets=$(inspector_end)
check "the inspector has seen them" test "${packets:-0}" -gt 1000
topo_down
