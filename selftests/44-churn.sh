#!/bin/bash
# timeout: 1500
# kernels: 6.1 uml *-debug
# Everything at once: real and crafted traffic, policies swapped, entries changed, sessions closed, all
# that can be listed listed, namespaces that come and go armed and forwarding, interfaces that flap,
# conntrack forgotten, an inspector behind NFQUEUE, and the module itself unloaded and loaded, each many
# times. Whom both policies deny gets no MPTCP, nobody else's transfer is hurt, nothing stays behind.
# 30 seconds; ten minutes with MB_FULL=1; MB_CHURN_SECONDS says otherwise, MB_CHURN_PARTS does a part.
# shellcheck disable=SC2119	# load_module needs no parameters
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/memory.sh
. "$SELFTESTS/memory.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"

SECONDS_=${MB_CHURN_SECONDS:-$([ -n "$MB_FULL" ] && echo 600 || echo 30)}
WARM=4
CHURN=$TOP/build/churn
plan 33
declare -A DID
DID[json]=0 DID[floods]=0 DID[queued]=0

# --- the place --------------------------------------------------------------------------------

# Sessions that may be closed are of clients of their own; the inspector sees these, and joins. What
# is made up comes from 11.0.0.0/8 and fd11::/16, to a server that does not answer it.
furnish()
{
	ip -n "$NS_C" -batch - <<-B &&
		addr add 10.1.1.2/24 dev c1
		rule add from 10.1.1.2 table 101
		route add blackhole 11.0.0.0/8
	B
	ip -n "$NS_C" -6 -batch - <<-B &&
		addr add fd01:1::2/64 dev c1 nodad
		rule add from fd01:1::2 table 101
		route add blackhole fd11::/16
	B
	ip -n "$NS_G" route add 11.0.0.0/8 via "$CLIENT4" &&
	ip -n "$NS_G" -6 route add fd11::/16 via "$CLIENT6" &&
	ip -n "$NS_G" neigh add 10.1.1.2 lladdr "$MAC_c1" dev g1 nud permanent &&
	ip -n "$NS_G" neigh add fd01:1::2 lladdr "$MAC_c1" dev g1 nud permanent &&
	ns_g sysctl -qw net.ipv6.conf.all.keep_addr_on_down=1 net.ipv6.conf.g2.keep_addr_on_down=1 &&
	ns_s nft -f - <<-'N' &&
		table inet flood {
			chain pre {
				type filter hook prerouting priority raw
				ip saddr 11.0.0.0/8 drop
				ip6 saddr fd11::/16 drop
			}
		}
	N
	ns_g nft -f - <<-'N' &&
		table inet inspect {
			chain forward {
				type filter hook forward priority filter
				ct state established counter
				ip saddr { 10.1.1.2, 10.1.2.1 } queue num 7 bypass
				ip daddr 10.1.1.2 queue num 7 bypass
				ip6 saddr fd01:1::2 queue num 7 bypass
			}
		}
	N
	ns_c sysctl -qw net.ipv4.tcp_keepalive_time=5 net.ipv4.tcp_keepalive_intvl=3 \
		net.ipv4.tcp_keepalive_probes=5 net.ipv4.tcp_syn_retries=3 &&
	ns_c sysctl -qew net.mptcp.close_timeout=10 &&
	modprobe -aq nf_conntrack_netlink veth
	# as the first one has it, new namespaces have it
	sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
}

# --- what goes on -----------------------------------------------------------------------------

# until churn has ended: floods, and whole sessions with joins, right and wrong
play_on()
{
	local n=0

	while kill -0 "$CHURN_PID" 2>/dev/null; do
		n=$((n + 1))
		play "flood sessions 100 11.1.0.0/16 $SERVER4 80" "flood acks 100 11.0.0.0/8 $SERVER4 80" \
			"flood sessions 100 fd11::/16 $SERVER6 80" \
			"flood joins 300 11.0.0.0/8 $SERVER4 80" "flood joins 100 fd11::/16 $SERVER6 80" \
			"session s" "conn a s 11.2.0.1 $((2000 + n % 5000)) $SERVER4 80" "open a" "confirm a" \
			"conn b s 11.2.0.2 $((7000 + n % 5000)) $SERVER4 80" "join b" \
			"send b c PA len=10 dss" "send a s PA len=10 dss" "fin a" "fin b" || return
		DID[floods]=$((DID[floods] + 700))
	done
}

# json WHAT...: one value of JSON, if the module is there to tell
json()
{
	mb -j "$@" >"$TMP/json" 2>"$TMP/json.err" || return 0
	jq -es 'length == 1' "$TMP/json" >/dev/null 2>&1 && echo >>"$TMP/values" && return
	echo "not JSON: mbctl -j $*"
	head -c 300 "$TMP/json"
	return 1
}

# events: those of a moment; each of the lines is a value
events()
{
	ns_g timeout 1 "$MBCTL" -j monitor >"$TMP/events" 2>/dev/null
	sed -i '$d' "$TMP/events"
	jq -es 'all(.[]; .event)' "$TMP/events" >/dev/null 2>&1 && return
	echo "not events:"
	head -n 3 "$TMP/events"
	return 1
}

# mbctl does what churn does not: imports, policies from files, sessions by filter
talk_on()
{
	local n=0

	while kill -0 "$CHURN_PID" 2>/dev/null; do
		json session list && json site list && json stats show all && json refused list &&
			json status && events || return
		n=$((n + 1))
		[ $((n % 3)) = 1 ] || continue
		mb site import "$TMP/import" deny >/dev/null 2>&1
		mb policy apply "$TMP/policy.$((n % 2))" >/dev/null 2>&1
		mb session close denied >/dev/null 2>&1
	done
	return 0
}

# As churn's own: 6003 is denied by both, 6001 and 6002 allowed
write_policies()
{
	local address

	echo "policy set default allow max-sessions 200" >"$TMP/policy.0"
	echo "policy set default deny fallback reset max-sessions 100" >"$TMP/policy.1"
	for address in "$SERVER4" "$SERVER6"; do
		echo "site add $address port 6003 deny" >>"$TMP/policy.0"
		printf "site add $address port %d allow\n" 6001 6002 >>"$TMP/policy.1"
	done
	seq 3000 | awk '{ printf "100.64.%d.%d/32\n", $1 / 250, $1 % 250 }' >"$TMP/import"
}

# Of transfers that may be closed, on both sides, for churn_stuck.sh: the newest
record_start()
{
	local to

	RECORDS=()
	for to in "$NS_C c" "$NS_S s"; do
		# a ring of files, for there is much on a fast machine
		ip netns exec "${to% *}" tcpdump -Z root -s 160 -C 16 -W 4 -Uni any \
			-w "$TMP/stuck.${to#* }.pcap" "port 6002" 2>/dev/null &
		RECORDS+=($!)
	done
}

record_stop()
{
	kill "${RECORDS[@]}"
	wait "${RECORDS[@]}"
	rm -f "$TMP"/stuck.?.pcap*
}

# churn_for SECONDS: for check; DID is what was done
churn_for()
{
	local status name n player

	: >"$TMP/values"
	rm -f "$TMP/stuck.told"
	load_module && play_start || return
	record_start
	ip netns exec "$NS_G" "$TOP/build/queue" 7 >"$TMP/queue" 2>&1 &
	QUEUE_PID=$!
	wait_for 20 grep -q ready "$TMP/queue" || return
	"$CHURN" "$1" "$KO" "$NS_C" "$NS_G" "$NS_S" \
		${MB_CHURN_PARTS:+"$MB_CHURN_PARTS"} >"$TMP/churn" 2>&1 &
	CHURN_PID=$!
	talk_on >"$TMP/talk" 2>&1 &
	player=$!
	play_on
	wait "$player"
	TALK=$?
	wait "$CHURN_PID"
	status=$?
	kill "$QUEUE_PID" && wait "$QUEUE_PID"
	record_stop
	eval "exec ${PLAY[1]}>&-"
	wait "$PLAY_PID"
	while read -r name n; do
		[ "$name" = wrong: ] || DID[$name]=$n
	done <"$TMP/churn"
	DID[queued]=$(sed -n 's/^packets //p' "$TMP/queue")
	DID[json]=$(wc -l <"$TMP/values")
	grep -v '^[a-z-]* [0-9]*$' "$TMP/churn"
	[ ! -s "$TMP/stuck.told" ] || head -n 900 "$TMP/stuck.told"
	cat "$TMP/talk"
	return $status
}

# --- afterwards -------------------------------------------------------------------------------

# Nothing is left to be known of: what would time out in two minutes is evicted.
forgotten()
{
	mb policy set max-sessions 1 session-timeout 1 && sleep 1 && mb policy flush &&
	wait_for 10 knows_nothing && return
	mb status
	return 1
}

knows_nothing() { is "0 0 0" "$(status sessions) $(status unconfirmed) $(status subflows)"; }

unload_quietly()
{
	wait_for 10 unused && rmmod mptcp_mb && ! module_loaded
}

unused() { [ "$(cat /sys/module/mptcp_mb/refcnt)" = 0 ]; }

# Connections that conntrack and TCP remember go before memory is counted.
calm()
{
	ns_g conntrack -F 2>/dev/null || ns_g nft flush ruleset
	sleep 2
}

# enough NAME N: for check; it was done at least N times in 30 seconds' worth, which is a tenth or less of
# what an idle machine does
enough()
{
	local want=$(($2 * SECONDS_ / 30 / ${MB_PATIENCE:-1}))

	echo "$1: ${DID[$1]}, want $want"
	[ "${DID[$1]:-0}" -ge $((want > 0 ? want : 1)) ]
}

told()
{
	local name

	for name in "${!DID[@]}"; do
		note "figure churn.$name ${DID[$name]}"
	done | sort
}

# Connections in TIME_WAIT have some, a minute long; what leaks with each session or entry is more.
# What the kernel keeps for the most namespaces there ever were does not grow again; a leak does.
lost_nothing() { no_loss "$before" 2500 again; }

again() { churn_for "$SECONDS_" && forgotten && unload_quietly && calm; }

check "topology" topo_up
furnish
write_policies
export NS_C NS_G NS_S MBCTL TMP CHURN_STUCK=$SELFTESTS/churn_stuck.sh
check "everything at once for $WARM seconds, to begin with" churn_for $WARM
check "what was known is forgotten" forgotten
check "the module is unloaded" unload_quietly
calm
before=$(memory)
spaces=$(namespaces)

check "everything at once for $SECONDS_ seconds" churn_for "$SECONDS_"
told
check "what mbctl -j told was JSON all the time" test "$TALK" = 0
while read -r name n; do
	check "$name" enough "$name" "$n"
done <<-'L'
	swaps 5
	settings 3
	abandoned 1
	sites 500
	closes 5
	dumps 10
	half-dumps 5
	monitors 5
	events 50
	reloads 1
	namespaces 4
	blasted 100
	transfers 10
	plain 10
	flaps 3
	conntrack-flushes 5
	sessions 50
	confirmed 30
	evicted 5
	joined 2
	floods 700
	queued 100
	json 1
L
check "what was known is forgotten" forgotten
check "nobody uses the module, it is unloaded" unload_quietly
calm
check "no network namespace is left" wait_for 20 as_many_namespaces "$spaces"
check "no memory is lost" lost_nothing
note "grew by $GREW"
