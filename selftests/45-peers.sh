#!/bin/bash
# timeout: 2400
# kernels: 6.12 *-debug
# The kernel's own MPTCP selftests (tools/testing/selftests/net/mptcp of linux-source) have the same
# results with gateways that allow as without any, case by case, and these had something to do and
# refused nothing. All namespaces that they make are armed: routers forward, hosts judge their own
# connections. mptcp_connect.sh has two routers in a row, delay, loss and reordering, SYN cookies,
# fallback, MPTFO, tproxy and disconnect; mptcp_join.sh joins, announces, removes; simult_flows.sh
# shares data among two subflows through a router. Small: mptcp_connect.sh with IPv4 and one sender,
# and three cases of mptcp_join.sh. MB_FULL=1: all of mptcp_connect.sh, with checksums and
# sendfile, too, mptcp_sockopt.sh, simult_flows.sh, and most of mptcp_join.sh; an hour. MB_PEERS takes some
# of these parts.
. "$(dirname "$0")/lib.sh"

PEERS=$TOP/build/peers
[ -x "$PEERS/mptcp/mptcp_connect" ] || skip_all "make testtools builds build/peers"

# An ip for them to find first. It arms what it adds, and keeps what was counted in what it deletes.
# They call it hundreds of times: no bash, and nothing but the command for most.
wrap_ip()
{
	mkdir -p "$TMP/bin" "$TMP/counted"
	cat >"$TMP/bin/ip" <<-W
		#!/bin/sh
		case "\$1 \$2" in
		"netns add")
			$REAL_IP "\$@" && exec "$MBCTL" -n "\$3" policy apply "$TMP/policy.\${3%%-*}";;
		"netns delete")
			"$MBCTL" -n "\$3" -j stats show >"$TMP/counted/\$3.\$\$";;
		esac
		exec $REAL_IP "\$@"
	W
	chmod +x "$TMP/bin/ip"
}
REAL_IP=$(command -v ip)

# By the prefix of their names; ns3 denies but for what is allowed, so that it puts fragments together
# and could refuse. The others are as a policy is at first.
policies()
{
	local ns

	for ns in ns1 ns2 ns4 ns_sbox disabled_ns; do
		printf '%s\n' "policy set default allow local on $1" >"$TMP/policy.$ns"
	done
	printf '%s\n' "policy set default deny local on $1" "site add any allow" >"$TMP/policy.ns3"
}

# peers_run NAME SCRIPT ARGS...: leaves its results, but for the time they took, in $TMP/NAME
peers_run()
{
	local begin=$SECONDS

	(cd "$PEERS/mptcp" && NO_COLOR=1 MPTCP_LIB_KSFT_TEST=$2 "./$2" "${@:3}") >"$TMP/$1.log" 2>&1 </dev/null
	echo "exit status $?" >"$TMP/$1"
	sed -n '/^TAP version/,$p' "$TMP/$1.log" | grep -E '^(not )?ok ' |
		sed -E 's/ *(# )?time=[0-9]+ms//' >>"$TMP/$1"
	note "$1: $2 ${*:3}: $(grep -c '^ok ' "$TMP/$1") ok, $(grep -c '^not ok' "$TMP/$1") not ok," \
		"$((SECONDS - begin)) s"
}

# peers_armed NAME SCRIPT ARGS...: likewise, with the module
peers_armed()
{
	# shellcheck disable=SC2119	# it has no parameters
	load_module || return
	PATH=$TMP/bin:$PATH peers_run "$@"
	for counted in "$TMP"/counted/*; do
		cat "$counted"
		echo
	done | jq -s 'map(to_entries) | add | group_by(.key) | map({key: .[0].key, value: map(.value) | add}) |
		from_entries' >"$TMP/$1.counted"
	rm -f "$TMP"/counted/*
	unload_module
}

# counted NAME COUNTER: in all namespaces of a run together
counted()
{
	jq -r --arg c "$2" '.[$c] // 0' "$TMP/$1.counted"
}

# same NAME: for check; without the module it succeeds, with it the results are the same
same()
{
	grep -q '^ok ' "$TMP/$1.plain" && grep -q '^exit status 0' "$TMP/$1.plain" &&
		diff "$TMP/$1.plain" "$TMP/$1.armed" && return
	echo "without the module:"
	tail -n 40 "$TMP/$1.plain.log"
	echo "with it:"
	tail -n 60 "$TMP/$1.armed.log"
	return 1
}

# untouched NAME: for check; nothing was refused or changed, and no reset is ours
untouched()
{
	local touched

	touched=$(jq -c 'with_entries(select(.value > 0 and
		(.key | test("^(exit-(strip|drop|reset|neutralised)|reset-|would-)"))))' "$TMP/$1.armed.counted")
	is "{}" "$touched"
}

# used NAME COUNTER...: for check; each counted something
used()
{
	local counter

	for counter in "${@:2}"; do
		[ "$(counted "$1.armed" "$counter")" -gt 0 ] || {
			echo "$counter is 0"
			cat "$TMP/$1.armed.counted"
			return 1
		}
	done
}

# Less of mptcp_connect.sh, in a copy: what neighbours and middle ones send, and what stays in one
# namespace, is left out.
shorten()
{
	local script=$PEERS/mptcp/mptcp_connect.sh

	# shellcheck disable=SC2016	# the words of a script
	sed -E -e 's/^for sender in \$ns1 \$ns2 \$ns3 \$ns4;do/for sender in $ns1;do/' \
		-e '/^run_tests_peekmode "/d' "$script" >"${script%.sh}_less.sh"
	chmod +x "${script%.sh}_less.sh"
	[ "$(diff "$script" "${script%.sh}_less.sh" | grep -c '^[<>]')" = 4 ] || {
		echo "mptcp_connect.sh has become another: look at shorten()"
		return 1
	}
}

# peers NAME COUNTERS SCRIPT ARGS...: three results
cases=0 same=0
peers()
{
	local name=$1 counters=$2 n

	shift 2
	peers_run "$name.plain" "$@"
	peers_armed "$name.armed" "$@"
	n=$(grep -c '^ok \|^not ok ' "$TMP/$name.plain")
	cases=$((cases + n))
	same=$((same + $(grep -cFxf "$TMP/$name.plain" <(grep '^ok \|^not ok ' "$TMP/$name.armed"))))
	check "$name: the same results" same "$name"
	check "$name: nothing refused, nothing changed" untouched "$name"
	# shellcheck disable=SC2086	# words
	check "$name: the gateways saw its sessions" used "$name" $counters
	note "$name: $(jq -c '{seen, mptcp, "session-learnt", "session-confirmed", "join-known", "subflow-joined",
		"join-orphan", midstream}' "$TMP/$name.armed.counted")"
}

SESSIONS="seen exit-accept-default exit-accept-site exit-accept-data session-learnt session-confirmed"
JOINS="seen exit-accept-default exit-accept-data session-learnt session-confirmed join-known subflow-joined"
# Delay, loss, reordering and offloads, which it would choose at random
WIRE=(-d 8 -l 0.5% -r "25% 50%" -e tso)

wrap_ip
policies "max-sessions 1000"
if [ -n "$MB_FULL" ]; then
	read -ra parts <<<"${MB_PEERS:-connect checksum sendfile sockopt join flows}"
	plan $((3 * ${#parts[@]}))
	for part in "${parts[@]}"; do
		case $part in
		connect)	peers connect "$SESSIONS" mptcp_connect.sh "${WIRE[@]}";;
		checksum)	peers checksum "$SESSIONS" mptcp_connect.sh "${WIRE[@]}" -f 500000 -C;;
		sendfile)	peers sendfile "$SESSIONS" mptcp_connect.sh "${WIRE[@]}" -f 500000 -m sendfile;;
		sockopt)	peers sockopt "${JOINS/join-known subflow-joined/}" mptcp_sockopt.sh;;
		join)	peers join "$JOINS" mptcp_join.sh -fsral6bkS;;
		flows)	peers flows "$JOINS" simult_flows.sh;;
		*)	fail "no part '$part' of the peers' tests";;
		esac
	done
else
	plan 7
	check "the short mptcp_connect.sh is what it was" shorten
	peers connect "$SESSIONS" mptcp_connect_less.sh "${WIRE[@]}" -4 -f 200000
	peers join "$JOINS" mptcp_join.sh "single subflow" "signal address" "subflow and signal"
fi
note "figure peers.cases $cases"
note "figure peers.same $same"
