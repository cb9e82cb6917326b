#!/bin/bash
# Source routes: while segments are left the IP header names a waypoint; the site is where the packet goes
# in the end. A real host is both, so what leaves unstripped is answered as MPTCP. v4 and v6.
. "$(dirname "$0")/lib.sh"
plan 54

# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
EVADE=$TOP/build/evade
PORT=5001 FINAL4=10.2.1.2 FINAL6=fd02:1::2
sport=40000

# The server takes part in source routes, and has a second address, to which they go.
routes_up()
{
	ip -n "$NS_S" addr add $FINAL4/24 dev s1 && ip -n "$NS_S" addr add $FINAL6/64 dev s1 nodad &&
	ip -n "$NS_G" neigh add $FINAL4 lladdr "$MAC_s1" dev h1 nud permanent &&
	ip -n "$NS_G" neigh add $FINAL6 lladdr "$MAC_s1" dev h1 nud permanent &&
	ns_s sysctl -qew net.ipv4.conf.all.accept_source_route=1 net.ipv4.conf.s1.accept_source_route=1 \
		net.ipv6.conf.all.seg6_enabled=1 net.ipv6.conf.s1.seg6_enabled=1 &&
	ns_g sysctl -qew net.ipv4.conf.all.accept_source_route=1 net.ipv4.conf.g1.accept_source_route=1 \
		net.ipv4.conf.h1.accept_source_route=1
}

# The client's kernel knows nothing of what is sent for it.
serve()
{
	ip netns exec "$NS_S" "$EVADE" serve >"$TMP/served" 2>&1 &
	wait_for 20 grep -q ^ready "$TMP/served"
}

# options PATTERN: what MPTCP options the first segment like this has, of those in SEEN; "-" for none, "none"
# without such a segment
options()
{
	local line

	for line in "${SEEN[@]}"; do
		[[ " $line " =~ $1 && $line =~ mptcp=([^ ]*) ]] && REPLY=${BASH_REMATCH[1]} && return
	done
	REPLY=none
}

# routed WANT ANSWER SPORT: for check
routed()
{
	local syn

	options " sport=$3 .* flags=S "
	syn=$REPLY
	options " dport=$3 flags=SA "
	is "$1 $2" "$syn $REPLY" && return
	printf '%s\n' "${SEEN[@]}" | grep "port=$3 "
	return 1
}

# shellcheck disable=SC2034	# each_way has them by another name
# To the waypoint, and from there to the final address. LSRR alone, as the last of several addresses, behind
# other options. A strict route (SSRR) passes a gateway only where that is the first waypoint.
ways4=("$SERVER4 --ip-options 8307040a020102" "$SERVER4 --ip-options 830b040a0201010a020102"
	"$SERVER4 --ip-options 0101940400008307040a020102" "10.1.1.254 --ip-options 890b040a0201010a020102")
# shellcheck disable=SC2034	# likewise
# Linux goes on from the first two only: others are off, or want more
ways6=("$SERVER6 --ext routing4:40" "$SERVER6 --ext dest,routing4:40,dest" "$SERVER6 --ext routing4"
	"$SERVER6 --ext routing0:24" "$SERVER6 --ext routing2" "$SERVER6 --ext routing3" "$SERVER6 --ext routing3:16")

# each_way WANT DESCRIPTION: for each of these
each_way()
{
	local -n ways=ways$F
	local final=FINAL$F way answer port=$sport

	capture_start "$NS_G" h1 "$TMP/routes" "ip or ip6"
	for way in "${ways[@]}"; do
		# shellcheck disable=SC2086	# words
		from_c_to ${way%% *} $((port += 1)) $PORT --options $MPC ${way#* } --final "${!final}"
	done
	capture_stop
	mapfile -t SEEN < <("$WIRE" "$TMP/routes")
	for way in "${ways[@]}"; do
		answer=$1
		case $way in
		*:40*)		;;
		*routing*)	answer=none;;
		esac
		check "v$F $2: $way" routed "$1" "$answer" $((sport += 1))
	done
}

check "topology" topo_up
check "the server is a waypoint, too" routes_up
check "module" load_module
check "listener" serve
for family in 4 6; do
	family $family
	final=FINAL$F
	each_way MP_CAPABLE "no policy"
	check "v$F armed: the final address is denied" apply "site add ${!final} deny"
	each_way - "final address denied"
	check "v$F armed: the waypoint is denied" apply "site add $S deny"
	each_way MP_CAPABLE "waypoint denied"
	check "v$F armed: only the waypoint is allowed" apply "policy set default deny" "site add $S allow"
	each_way - "only the waypoint allowed"
	mb policy flush
done
