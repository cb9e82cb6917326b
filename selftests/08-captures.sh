#!/bin/bash
# Real captures, replayed through the gateway: its counters are those of the host build of the
# parser, which selftests/unit/captures compares with tshark. A router passes on no packet that is
# cut short or has a wrong checksum: these are repaired. What else it does not pass on is told; no
# MPTCP option may be among it.
# timeout: 600
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/replay.sh
. "$SELFTESTS/replay.sh"
need_captures
files=("$MB_CAPTURES"/*.pcap "$MB_CAPTURES"/*.pcapng)
plan $((3 + 3 * ${#files[@]}))

# mptcp_only FILE: what capcount says of MPTCP
mptcp_only()
{
	grep -v -e ^packets -e '^#' "$1"
}

# What the gateway has to have counted: the host's counts, and where the segments left.
expected_counters()
{
	awk '$1 != "#" && $1 != "packets" && $2 > 0 { print $1 "=" $2 }
		{ n[$1] = $2 }
		END {
			if (n["syn"] + n["synack"])
				print "exit-accept-default=" n["syn"] + n["synack"]
			if (n["mptcp"] - n["syn"] - n["synack"])
				print "exit-accept-data=" n["mptcp"] - n["syn"] - n["synack"]
		}' "$TMP/expected"
}

check "the module is loaded" load_module
check "topology" replay_up
check "the policy allows everything" mb policy set default allow

for file in "${files[@]}"; do
	name=${file##*/}
	"$TOP/build/capcount" "$file" >"$TMP/all"
	"$TOP/build/capcount" --repair --forwardable "$file" >"$TMP/expected"
	sed -n "s/^# not read/# $name: not counted:/p" "$TMP/expected"
	check "$name: no MPTCP option in what is not passed on" \
		is "$(mptcp_only "$TMP/all")" "$(mptcp_only "$TMP/expected")"
	mb stats reset
	check "$name: the hook saw every packet" replay "$file"
	mapfile -t want < <(expected_counters)
	check "$name: ${want[*]}" counters_are "${want[@]}"
done
replay_down
