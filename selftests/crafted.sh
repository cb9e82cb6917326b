# Sourced after lib.sh: crafted segments between hosts that are deaf, so that every answer on the wire
# is the gateway's; and what is seen there. craft and wire tell more themselves (--help).
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154	# variables for the tests; MACs are from topology.sh

CRAFT=$TOP/build/craft WIRE=$TOP/build/wire
MPC=1e040101				# MP_CAPABLE of a SYN, version 1
MPC_SYNACK=1e0c01010102030405060708
ADD_ADDR=1e1030020a020202			# without its HMAC
DSS=1e08200100000001
RST_OPTS=1e048003				# MP_TCPRST, reason 3

family()
{
	local c=CLIENT$1 s=SERVER$1

	F=$1 C=${!c} S=${!s}
	if [ "$F" = 4 ]; then
		GC=10.1.1.254 GS=10.2.1.254
	else
		GC=fd01:1::fe GS=fd02:1::fe
	fi
}

# from_c SPORT DPORT CRAFT'S OPTIONS: from the client; from_s likewise, its SPORT is the server's
from_c() { from_c_to "$S" "$@"; }
from_s() { from_s_to "$C" "$@"; }
from_c_to() { craft_in "$NS_C" c1 "$MAC_c1" "$MAC_g1" "$C" "$2" "$1" "${@:3}"; }
from_s_to() { craft_in "$NS_S" s1 "$MAC_s1" "$MAC_h1" "$S" "$2" "$1" "${@:3}"; }
# as ip netns exec, but that takes four times as long in an emulated guest
craft_in() { nsenter --net="/run/netns/$1" "$CRAFT" "${@:2}"; }

deaf()
{
	local netns

	for netns in "$NS_C" "$NS_S"; do
		ip netns exec "$netns" nft -f - <<-'N' || return
			table inet deaf {
				chain pre {
					type filter hook prerouting priority raw
					meta l4proto { tcp, ah } drop
				}
			}
		N
	done
}

hear()
{
	ns_c nft delete table inet deaf && ns_s nft delete table inet deaf
}

# watch: captures at both ends; unwatch: what they saw, a line a segment
watch()
{
	capture_start "$NS_C" c1 "$TMP/c1.pcap" "ip or ip6" &&
	capture_start "$NS_S" s1 "$TMP/s1.pcap" "ip or ip6"
}

unwatch()
{
	capture_stop
	# shellcheck disable=SC2034	# find() uses them
	mapfile -t AT_c1 < <("$WIRE" "$TMP/c1.pcap")
	# shellcheck disable=SC2034
	mapfile -t AT_s1 < <("$WIRE" "$TMP/s1.pcap")
}

# find c1|s1 KEY=VALUE...: FOUND, the segments there that have all of these
find()
{
	local -n segments=AT_$1
	local segment word

	shift
	FOUND=()
	for segment in "${segments[@]}"; do
		for word; do
			[[ " $segment " == *" $word "* ]] || continue 2
		done
		FOUND+=("$segment")
	done
}

# seen N c1|s1 KEY=VALUE...: N segments
seen()
{
	local -n all=AT_$2

	find "${@:2}"
	[ ${#FOUND[@]} = "$1" ] && return
	echo "want $1 segments with ${*:3}, saw ${#FOUND[@]}; all that came:"
	printf '%s\n' "${all[@]}"
	return 1
}

# counted NAME=N...: counters, since they were last reset; those not named do not matter
counted()
{
	local stats pair

	stats=$(mb -j stats show)
	stats=,${stats//[\{\}\" $'\n\t']/},
	for pair; do
		[[ $stats == *,${pair/=/:},* ]] && continue
		echo "want $pair, got $(tr , '\n' <<<"$stats" | grep -v ':0$' | xargs)"
		return 1
	done
}

policy()
{
	mb policy flush && mb policy set "$@" && mb stats reset
}
