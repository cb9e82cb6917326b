# For selftests to source: waiting, the module and its tool, what hosts and gateway counted, the end.
# It sources the rest of what every test needs: ktap.sh, results; topology.sh, the network of namespaces;
# transfers.sh, transfers between its hosts; wire.sh, captures.
#
#	. "$(dirname "$0")/lib.sh"
#	plan 2
#	topo_up
#	check "a v4 transfer is byte-exact" transfer 4
#	...
# shellcheck shell=bash
# shellcheck disable=SC2034	# variables for the tests

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SELFTESTS=$TOP/selftests
MB_CAPTURES=${MB_CAPTURES:-$TOP/../shared/captures}
MBCTL=${MBCTL:-$TOP/tools/mbctl/mbctl}
XFER_BIN=$TOP/build/xfer
KO=$TOP/build/$(uname -r)/mptcp_mb.ko
TEST=$(basename "$0" .sh)
TMP=$(mktemp -d "/tmp/$TEST.XXXXXX")
PATH=$PATH:/usr/sbin:/sbin

# shellcheck source=selftests/ktap.sh
. "$SELFTESTS/ktap.sh"
# shellcheck source=selftests/topology.sh
. "$SELFTESTS/topology.sh"
# shellcheck source=selftests/transfers.sh
. "$SELFTESTS/transfers.sh"
# shellcheck source=selftests/wire.sh
. "$SELFTESTS/wire.sh"

# wait_for SECONDS COMMAND...: polls until it succeeds; false if it does not in time. MB_PATIENCE:
# so many times as long, on slow kernels.
wait_for()
{
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * ${MB_PATIENCE:-1} * 1000000))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# --- the module and its tool -----------------------------------------------------------------

load_module()
{
	local dep

	for dep in nf_conntrack nf_defrag_ipv4 nf_defrag_ipv6; do
		modprobe -q "$dep"
	done
	insmod "$KO" "$@"
}

module_loaded()
{
	[ -d /sys/module/mptcp_mb ]
}

unload_module()
{
	! module_loaded || rmmod mptcp_mb
}

# mb ARGS...: mbctl in the gateway. Emulated, every process less counts: so many below use
# bash itself.
mb()
{
	"$MBCTL" -n "$NS_G" "$@"
}

# apply STATEMENT...: these are the gateway's policy now, in place of what was; counters begin anew
apply()
{
	printf '%s\n' "$@" | mb policy apply - >/dev/null && mb stats reset
}

# --- counters --------------------------------------------------------------------------------

# counter NAME: of the gateway, as mbctl stats tells it
counter()
{
	[[ $(mb -j stats show) =~ \"$1\":\ *([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# counters [NETNS]: all that counted something, as NAME=VALUE in one line; but for segments
# without MPTCP, of which nobody knows the number before, and what counts sessions and joins
counters()
{
	local json pair list=()

	json=$("$MBCTL" -n "${1:-$NS_G}" -j stats show) || return
	json=${json//[^a-z0-9:,-]/}
	for pair in ${json//,/ }; do
		case $pair in
		*:0 | seen:* | exit-plain:* | exit-other:*)	;;
		session-* | join-* | subflow-* | midstream:* | keys-* | close-* | event-*)	;;
		*)	list+=("${pair/:/=}");;
		esac
	done
	echo "${list[*]}"
}

# counters_are [NETNS] NAME=VALUE...: for check; these and no others
counters_are()
{
	local netns=$NS_G

	[ ! -e "/run/netns/$1" ] || { netns=$1; shift; }
	same_words "$*" "$(counters "$netns")"
}

# verdicts NAME=VALUE...: for check; what was refused or changed, or would have been
verdicts()
{
	local pair list=()

	for pair in $(counters); do
		case $pair in
		exit-accept*)		;;
		exit-* | would-*)	list+=("$pair");;
		esac
	done
	same_words "$*" "${list[*]}"
}

# mib NETNS COUNTER: the value, by nstat's name; 0 if this kernel has no such counter
mib()
{
	local group names values i

	while read -r group names && read -r group values; do
		[[ $2 == "${group%:}"* ]] || continue
		read -ra names <<<"$names"
		read -ra values <<<"$values"
		for i in "${!names[@]}"; do
			[ "${group%:}${names[i]}" != "$2" ] || { echo "${values[i]}"; return; }
		done
	done < <(in_ns "$1" cat /proc/net/netstat /proc/net/snmp)
	echo 0
}

# joins NETNS: subflows that completed a join there, ever; on the client and on the server
joins_c() { mib "$NS_C" MPTcpExtMPJoinSynAckRx; }
joins_s() { mib "$NS_S" MPTcpExtMPJoinAckRx; }

# subflows NETNS: MPTCP subflows that live there now, as ss sees them
subflows()
{
	in_ns "$1" ss -Htni state established | grep -c 'tcp-ulp-mptcp'
}

# --- the end ---------------------------------------------------------------------------------

cleanup()
{
	local status=$? jobs

	trap - EXIT
	mapfile -t jobs < <(jobs -p)
	[ ${#jobs[@]} = 0 ] || kill "${jobs[@]}" 2>/dev/null
	topo_down
	unload_module
	rm -rf "$TMP"
	[ $status != $KSFT_SKIP ] || exit $status
	if [ "$done" != "$planned" ]; then
		fail "ended after $((done)) of $planned results, with exit status $status"
	fi
	[ "$failed" = 0 ] || exit 1
	exit 0
}
trap cleanup EXIT
trap 'exit 130' INT TERM
