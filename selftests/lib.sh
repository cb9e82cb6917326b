# For selftests to source: results in KTAP, waiting, the module, transfers, captures.
# The network of namespaces is in topology.sh, which this file sources.
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

# --- results ---------------------------------------------------------------------------------

KSFT_SKIP=4
planned=0 done=0 failed=0

# plan N: how many results there will be. A test that ends early has failed.
plan()
{
	planned=$1
	echo "KTAP version 1"
	echo "1..$planned"
}

ok()
{
	echo "ok $((done += 1)) $*"
}

fail()
{
	failed=$((failed + 1))
	echo "not ok $((done += 1)) $*"
}

# skip DESC REASON: one result
skip()
{
	echo "ok $((done += 1)) $1 # SKIP $2"
}

# skip_all REASON: before the plan; ends the test
skip_all()
{
	echo "KTAP version 1"
	echo "1..0 # SKIP $*"
	exit "$KSFT_SKIP"
}

# The one reason CI accepts for a skip: the captures are no part of the repository.
need_captures()
{
	[ -d "$MB_CAPTURES" ] || skip_all "no-captures $MB_CAPTURES"
}

note()
{
	echo "# $*"
}

# check DESC COMMAND...: a result, and the command's output if it failed.
# COMMAND runs in this shell, so that what it sets stays set.
check()
{
	local desc=$1

	shift
	if "$@" >"$TMP/check" 2>&1; then
		ok "$desc"
		return 0
	fi
	fail "$desc"
	note "failed: $*"
	sed 's/^/# | /' "$TMP/check"
	return 1
}

# is WANT GOT: for check; numbers or strings
is()
{
	[ "$1" = "$2" ] && return
	echo "want $1, got $2"
	return 1
}

# same_words "WORD..." "WORD...": for check; in any order
same_words()
{
	local word

	for word in $1; do
		[[ " $2 " == *" $word "* ]] || { is "$1" "$2"; return 1; }
	done
	for word in $2; do
		[[ " $1 " == *" $word "* ]] || { is "$1" "$2"; return 1; }
	done
}

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

# --- transfers -------------------------------------------------------------------------------

# xfer_server ARGS...: starts a server in the background and waits until it listens
xfer_server()
{
	rm -f "$TMP/server"
	ip netns exec "$NS_S" "$XFER_BIN" server "$@" >"$TMP/server" 2>"$TMP/server.err" &
	XFER_PID=$!
	wait_for 20 grep -q ^ready "$TMP/server" && return
	cat "$TMP/server.err"
	return 1
}

# xfer_server_end [SECONDS]: waits for the server, ends it if it takes too long, leaves what it
# said in XFER_SERVER
xfer_server_end()
{
	local status

	wait_for "${1:-20}" xfer_server_gone || kill "$XFER_PID" 2>/dev/null
	wait "$XFER_PID"
	status=$?
	XFER_SERVER=$(grep ^role "$TMP/server")
	cat "$TMP/server" "$TMP/server.err"
	return $status
}

xfer_server_gone()
{
	! kill -0 "$XFER_PID" || grep -q '^State:.*zombie' "/proc/$XFER_PID/status"
}

# xfer_client ARGS...: leaves what it said in XFER
xfer_client()
{
	local status

	XFER=$(ns_c "$XFER_BIN" client "$@" 2>&1)
	status=$?
	echo "$XFER"
	return $status
}

# xfer_client_bg ARGS...: in the background; xfer_client_end waits and sets XFER
xfer_client_bg()
{
	ip netns exec "$NS_C" "$XFER_BIN" client "$@" >"$TMP/client" 2>&1 &
	XFER_CLIENT_PID=$!
}

xfer_client_end()
{
	local status

	wait "$XFER_CLIENT_PID"
	status=$?
	XFER=$(cat "$TMP/client")
	echo "$XFER"
	return $status
}

# transfer 4|6 [CLIENT ARGS...]: a server and a client of it; true if both verified every byte
transfer()
{
	local family=$1 server=SERVER$1 patience=20 status

	shift
	xfer_server "-$family" || return
	# without data before it had a chance to join, no second subflow would be there to see
	xfer_client "${!server}" 5001 "$@"
	status=$?
	[ "$(xfer_get stage)" != connect ] || patience=0
	xfer_server_end $patience && return $status
}

# xfer_get KEY [LINE]: a value of the client's line, or of "$XFER_SERVER"
xfer_get()
{
	[[ " ${2-$XFER}" =~ [[:space:]]$1=([^[:space:]]*) ]] && echo "${BASH_REMATCH[1]}"
}

# xfer_is KEY=VALUE... : for check; all of these in the client's line
xfer_is()
{
	local pair

	for pair; do
		[[ " ${XFER//$'\n'/ } " == *" $pair "* ]] || {
			echo "want $pair, got $XFER"
			return 1
		}
	done
}

# two_subflows 4|6: for check; the transfer lasts until the second subflow is there
two_subflows()
{
	local before after

	before=$(joins_s)
	transfer "$1" --bytes 300000 --subflows 2 || return
	if missed; then
		before=$(joins_s)
		transfer "$1" --bytes 300000 --subflows 2 || return
	fi
	after=$(joins_s)
	xfer_is fallback=no subflows=2 && is 1 $((after - before))
}

# missed: the server has the second subflow, its client does not count it: busy, a Linux host does so
# now and then, with the gateway unarmed, too
missed()
{
	[ "$(xfer_get subflows)" = 1 ] && [ "$(xfer_get subflows "$XFER_SERVER")" = 2 ]
}

# xfer_serve ARGS...: a server in the background for any number of clients, till the end;
# xfer_served is true if all that it served so far were byte-exact
xfer_serve()
{
	local out=$TMP/serve.$((serves += 1))

	ip netns exec "$NS_S" "$XFER_BIN" server --count 10000 --timeout 1000 "$@" >"$out" 2>&1 &
	wait_for 20 grep -q ^ready "$out" && return
	cat "$out"
	return 1
}
serves=0

xfer_served()
{
	cat "$TMP"/serve.*
	grep -q verified=yes "$TMP"/serve.* && ! grep -q verified=no "$TMP"/serve.*
}

# goes mptcp|tcp|ERROR ADDRESS PORT [CLIENT ARGS...]: for check; a short transfer with such a
# server is byte-exact and goes so, or fails so
goes()
{
	local want=$1 got

	shift
	xfer_client --bytes 2000 --timeout 5 "$@" >/dev/null
	case "$(xfer_get verified) $(xfer_get fallback)" in
	"yes no")	got=mptcp;;
	"yes yes")	got=tcp;;
	*)		got=$(xfer_get error);;
	esac
	is "$want" "$got" && return
	echo "$XFER"
	return 1
}

# --- looking at what happened ----------------------------------------------------------------

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

# shellcheck source=selftests/topology.sh
. "$SELFTESTS/topology.sh"
