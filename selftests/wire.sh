# Sourced by lib.sh: captures, and what segments are in them.
# shellcheck shell=bash
# shellcheck disable=SC2154	# TMP and TOP are lib.sh's

# capture_start NETNS INTERFACE FILE [FILTER]: returns when tcpdump listens
capture_start()
{
	local netns=$1 dev=$2 file=$3

	shift 3
	# an earlier capture's "listening" is not this one's
	rm -f "$TMP/tcpdump.$dev"
	# its buffer has a slot of the snapshot's length for each segment: a short one for more
	ip netns exec "$netns" tcpdump -Z root --immediate-mode -B 16384 -s 66000 -Uni "$dev" \
		-w "$file" "${@:-tcp}" 2>"$TMP/tcpdump.$dev" &
	CAPTURES+=("$!:$file")
	wait_for 20 grep -q listening "$TMP/tcpdump.$dev"
}

# capture_stop: ends all captures, once nothing more arrives
capture_stop()
{
	local capture size before

	while size=$(stat -c %s "${CAPTURES[@]#*:}" | xargs) && [ "$size" != "$before" ]; do
		before=$size
		sleep 0.3
	done
	for capture in "${CAPTURES[@]}"; do
		kill -INT "${capture%%:*}"
		wait "${capture%%:*}"
	done
	CAPTURES=()
	grep -H '^[1-9][0-9]* packets dropped by kernel' "$TMP"/tcpdump.* && return 1
	return 0
}
CAPTURES=()

# capture_mptcp FILE [FILTER]: how many captured segments carry an MPTCP option
capture_mptcp()
{
	tcpdump -nr "$1" "${@:2}" 2>/dev/null | grep -c mptcp
}

# wire FILE KEY=VALUE...: the captured segments that have all of these, as selftests/wire.c prints
# them; a value may be a regular expression
wire()
{
	"$TOP/build/wire" "$1" | awk -v want="${*:2}" '{
		n = split(want, w, " ")
		for (i = 1; i <= n; i++)
			if ((" " $0 " ") !~ (" " w[i] " "))
				next
		print
	}'
}

# wire_has N FILE KEY=VALUE...: for check; N such segments
wire_has()
{
	local n

	n=$(wire "${@:2}" | wc -l)
	is "$1" "$n" && return
	echo "all that came, but for plain DSS (40 at most):"
	"$TOP/build/wire" "$2" | grep -v mptcp=DSS | head -n 40
	return 1
}
