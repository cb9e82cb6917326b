# Sourced in the guest: many sites and sessions, and lines about them in $OUT.
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/peers.sh"

CROWD=$TOP/build/crowd
# shellcheck disable=SC2034	# whoever sources it uses it
SEGMENTS=${MB_BENCH_N:-20000}
WORK=/tmp/scale

die()
{
	echo "bench: $*" >&2
	exit 1
}

# say KEY=VALUE...
say()
{
	echo "$*" >>"$OUT"
	echo "# $*" >&2
}

# timed COMMAND...: sets TOOK, milliseconds of processor time: under -icount a clock leaps when all wait for
# a file
# shellcheck disable=SC2034	# as SEGMENTS
timed()
{
	local TIMEFORMAT="%3U %3S" user system

	read -r user system < <({ time "$@" >"$WORK/output" 2>"$WORK/errors" || echo failed; } 2>&1)
	if [ -z "$system" ]; then
		cat "$WORK/errors" >&2
		die "failed: $*"
	fi
	TOOK=$((10#${user/./} + 10#${system/./}))
}

# used: kB that the kernel has in use, for itself: neither free nor a file's or a process's. What is
# freed after a while is.
used()
{
	sleep 3
	awk '
		FILENAME ~ /zoneinfo/ { listed += $1 == "count:" ? $2 * page : 0; next }
		{ of[$1] = $2 }
		END {
			own = of["MemTotal:"] - of["MemFree:"] - listed - of["Cached:"]
			print own - of["Buffers:"] - of["AnonPages:"]
		}
	' page=$(($(getconf PAGESIZE) / 1024)) /proc/zoneinfo /proc/meminfo
}

# pushed VERB ARGS...: what the module says of segments
pushed()
{
	"$CROWD" "$@" || die "cannot push: $*"
}

# policy FILE [SITES]: the statements that put these sites in force
policy()
{
	{ echo "policy set default allow max-sessions 2097152"; cat "${@:2}"; } >"$WORK/$1"
}

# nft_set FILE FAMILY ELEMENTS [fresh]: what puts these into a set; fresh, in a table that is new
nft_set()
{
	local ip=ip addr=ipv4_addr

	[ "$2" = 4 ] || ip=ip6 addr=ipv6_addr
	{
		if [ -n "$4" ]; then
			echo "table $ip bench {"
			echo "set sites { type $addr; flags interval; auto-merge; }"
			echo "chain forward { type filter hook forward priority 0;"
			echo "$ip daddr @sites reset tcp option mptcp; }"
			echo "}"
		else
			echo "flush set $ip bench sites"
		fi
		echo "add element $ip bench sites {"
		cat "$3"
		echo "}"
	} >"$WORK/$1"
}

# lists FAMILY N: what is loaded, in $WORK
lists()
{
	local seed

	for seed in 1 2; do
		"$CROWD" list "$1" "$2" $seed mb >"$WORK/list" && policy mb.$seed "$WORK/list"
		"$CROWD" list "$1" "$2" $seed nft >"$WORK/list" &&
		nft_set nft.$seed "$1" "$WORK/list" "$([ $seed = 2 ] || echo fresh)"
	done
	# what is within others left out, nft has less to do
	"$CROWD" list "$1" "$2" 1 merged >"$WORK/list" && nft_set nft.merged "$1" "$WORK/list" fresh
	rm "$WORK/list"
}

# many_up: a place to work, devices that all is routed between
many_up()
{
	mkdir -p "$WORK"
	mount -t tmpfs -o size=75% scale "$WORK"
	rm -f "$OUT"
	{ bench_up && ip route add default dev out0 && ip -6 route add default dev out0; } ||
		die "cannot prepare"
}
