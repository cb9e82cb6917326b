#!/bin/bash
# usage: selftests/demo-guest.sh		in a VM, as root; demo.sh calls it
#
# One policy after the other is put on the gateway; under each, a real MPTCP client downloads the
# same file, and a row of a table tells what it saw and what the gateway counted. Each row knows what
# has to come out: the exit status is 0 if all did.
. "$(dirname "$0")/lib.sh"

FILE_BYTES=4000000
ALLOWED4=10.2.1.2 ALLOWED6=fd02:1::2	# more addresses of the server, with a site entry each
# Seconds a client tries to connect. Where it can detect black holes (6.12) it falls back after 3.
PATIENCE=8
WIDTH=(36 36 22)			# of the columns: 100 with what stands between them

# --- the server ------------------------------------------------------------------------------

serve()
{
	head -c $FILE_BYTES /dev/urandom >"$TMP/file" &&
	truncate -s 1G "$TMP/long" &&
	ip -n "$NS_S" addr add $ALLOWED4/24 dev s1 &&
	ip -n "$NS_S" addr add $ALLOWED6/64 dev s1 nodad || return
	# of IPv6 and IPv4 both
	ip netns exec "$NS_S" mptcpize run /usr/bin/python3 -m http.server 80 --bind :: --directory "$TMP" \
		>"$TMP/httpd" 2>&1 &
	wait_for 60 listens
}

listens()
{
	ns_s ss -Hltn | grep -q ':80 '
}

# --- one download ----------------------------------------------------------------------------

# MIB counters of client (c:NAME) and server (s:NAME)
declare -A before now

read_mibs()
{
	local side netns name value

	for side in c s; do
		[ $side = c ] && netns=$NS_C || netns=$NS_S
		while read -r name value; do
			now[$side:$name]=$value
		done < <(ip netns exec "$netns" nstat -asz |
			sed -n 's/^MPTcpExt\([^ ]*\) *\([0-9]*\).*/\1 \2/p')
	done
}

# moved SIDE:COUNTER: by how much, during the last download
moved()
{
	echo $((${now[$1]:-0} - ${before[$1]:-0}))
}

# download ADDRESS: leaves in `outcome` what became of it, and in `took` what curl says of it
download()
{
	local name status host=$1

	[[ $host != *:* ]] || host="[$host]"
	for name in "${!now[@]}"; do
		before[$name]=${now[$name]}
	done
	rm -f "$TMP/got"
	took=$(ns_c mptcpize run curl -gs --connect-timeout $PATIENCE --max-time 60 -o "$TMP/got" \
		-w '%{time_total}' "http://$host/file")
	status=$?
	read_mibs
	took=$(printf %.2f "$took")
	case $status in
	0)
		if ! cmp -s "$TMP/file" "$TMP/got"; then
			outcome="corrupted data"
		elif [ "$(moved c:MPCapableSYNACKRX)" = 0 ]; then
			outcome="plain TCP"
		elif [ "$(moved c:MPJoinSynAckRx)" = 0 ]; then
			outcome="MPTCP, 1 subflow"
		else
			outcome="MPTCP, $((1 + $(moved c:MPJoinSynAckRx))) subflows"
		fi
		;;
	7)	outcome="connection refused";;
	28)	outcome="no connection";;
	*)	outcome="curl fails with $status";;
	esac
}

# --- the table -------------------------------------------------------------------------------

rule()
{
	printf "%0$1d\n" 0 | tr 0 "$2"
}

# cells ASKED SAW COUNTED: names of arrays of lines, printed beside each other
cells()
{
	local -n a=$1 b=$2 c=$3
	local i

	for ((i = 0; i < ${#a[@]} || i < ${#b[@]} || i < ${#c[@]}; i++)); do
		printf '%-*s | %-*s | %s\n' "${WIDTH[0]}" "${a[i]}" "${WIDTH[1]}" "${b[i]}" "${c[i]}"
	done | sed 's/ *$//'
}

title()
{
	rule 100 -
	echo "$((done + 1)). $*"
}

# policy LINE...: these mbctl lines and no others are in force; remembered for the table
policy()
{
	local line

	asked=() bad=()
	mb policy flush || bad+=("mbctl policy flush failed")
	for line; do
		# shellcheck disable=SC2086	# words
		mb $line || bad+=("mbctl $line failed")
		mapfile -tO ${#asked[@]} asked < <(fold -sw $((WIDTH[0] - 6)) <<<"mbctl $line" |
			sed -e '2,$s/^/      /' -e 's/ *$//')
	done
}

# What client and server counted, if anything
saw_counters()
{
	local counter n

	for counter in s:MPCapableSYNRX c:MPCapableSYNACKRX c:MPCapableFallbackSYNACK \
			c:MPCapableSYNTXDrop c:Blackhole c:MPJoinSynTx c:MPJoinSynAckRx; do
		n=$(moved $counter)
		[ "$n" = 0 ] || echo "$counter $n" | sed 's/^c:/  client /;s/^s:/  server /'
	done
}

# What mbctl counted of segments that begin something, or were refused
mbctl_counters()
{
	mb stats show >"$TMP/stats" || return
	awk '$1 ~ /^(exit-accept-(default|site)|exit-(strip|drop|reset|neutralised)|would-|reset-)/ {
		print $1, $2 }' "$TMP/stats"
}

sorted()
{
	printf '%s\n' "$@" | sort | xargs
}

# row ADDRESS OUTCOME [COUNTER...]: a download and its row. These counters and no others have to have
# moved; without any, there must be no hook.
# shellcheck disable=SC2034	# cells reads saw by name
row()
{
	local addr=$1 want=$2 saw counted hooks

	shift 2
	mb stats reset || bad+=("mbctl stats reset failed")
	download "$addr"
	saw=("from $addr: $outcome")
	case $outcome in
	plain* | MPTCP*)	saw+=("  4.0 MB in $took s, byte for byte");;
	no*)			saw+=("  after $took s");;
	esac
	mapfile -tO ${#saw[@]} saw < <(saw_counters)
	mapfile -t counted < <(mbctl_counters || echo "mbctl failed")
	[ "$outcome" = "$want" ] || bad+=("expected: $want")
	[ "$(sorted "${counted[@]% *}")" = "$(sorted "$@")" ] ||
		bad+=("expected to be counted: ${*:-nothing}")
	if [ ${#counted[@]} = 0 ]; then
		hooks=$(mb status | awk '$1 == "hooks" { $1 = ""; print substr($0, 2) }')
		counted=(nothing "hooks: $hooks")
		[ "$hooks" = none ] || bad+=("expected hooks: none")
	fi
	cells asked saw counted
	[ ${#bad[@]} = 0 ] || {
		failed=$((failed + 1))
		printf '!! %s\n' "${bad[@]}"
	}
	done=$((done + 1)) asked=() bad=()
}

# A client's own defence against gateways that drop; tests switch it off, here it is as users have it.
blackhole_timeout()
{
	ns_c sysctl -qew net.mptcp.blackhole_timeout="$1"
}

dropping()
{
	title "The same, but dropped instead of stripped: $1"
	policy "policy set default deny fallback drop"
	blackhole_timeout 3600
	row "$SERVER4" "$2" exit-drop-default
	blackhole_timeout 0
}

# A download that takes its time, its session as the gateway knows it, and its end
close_one()
{
	local pid status started

	asked=("mbctl session list" "mbctl session close site $SERVER4") bad=()
	mb policy flush && mb policy set default allow || bad+=("mbctl policy failed")
	ns_c mptcpize run curl -gs --limit-rate 20M -o /dev/null "http://$SERVER4/long" &
	pid=$!
	wait_for 10 holds_session || bad+=("no session with two subflows")
	mb session list
	rule 100 .
	started=${EPOCHREALTIME/./}
	mb session close site "$SERVER4" || bad+=("mbctl session close failed")
	wait $pid
	status=$?
	read_mibs
	printf 'curl: %s, %d ms after mbctl was called\n' \
		"$([ $status = 56 ] && echo "connection reset" || echo "exit status $status")" \
		$(((${EPOCHREALTIME/./} - started) / 1000))
	[ $status = 56 ] || bad+=("expected: connection reset")
	[ ${#bad[@]} = 0 ] || {
		failed=$((failed + 1))
		printf '!! %s\n' "${bad[@]}"
	}
	done=$((done + 1)) asked=() bad=()
}

# holds_session: the gateway knows one that has two live subflows
holds_session()
{
	[ "$(mb -j session list state confirmed | grep -o '"state": *"live"' | wc -l)" = 2 ]
}

planned=12
[ -e "$KO" ] || { echo "no module in build/ for $(uname -r): make ko KDIR=..." >&2; exit 1; }
# shellcheck disable=SC2119	# no module parameters
topo_up && serve && load_module || exit 1
read_mibs

cat <<T

A client with two addresses downloads 4 MB from a server, with MPTCP, through a gateway that runs
mptcp_mb.ko: mptcpize run curl http://ADDRESS/file. Linux $(uname -r) everywhere.

    client $CLIENT4 -----.
    client $CLIENT4_2 ----- gateway ----- server $SERVER4, $ALLOWED4, $SERVER6, $ALLOWED6

Endpoints count (nstat):
    MPCapableSYNRX             the server got a SYN that asks for MPTCP
    MPCapableSYNACKRX          the client got an answer that agrees
    MPCapableFallbackSYNACK    the client got one that does not, and goes on with plain TCP
    MPJoinSynTx, MPJoinSynAckRx    the client asked for a second subflow; got it
mbctl counts segments with MPTCP options by what became of them and why (exit-ACTION-CAUSE).
Observing only, it counts would-... beside.

T
rule 100 =
printf '%-*s | %-*s | %s\n' "${WIDTH[0]}" "asked of the gateway" \
	"${WIDTH[1]}" "what the endpoints saw" "what mbctl counted"

title "No policy: the module is loaded and has no hook"
policy
asked=("(nothing)")
row "$SERVER4" "MPTCP, 2 subflows"

title "MPTCP denied. Fallback is strip unless set: no MPTCP option reaches the server, TCP goes on"
policy "policy set default deny"
row "$SERVER4" "plain TCP" exit-strip-default

title "The same over IPv6"
policy "policy set default deny"
row "$SERVER6" "plain TCP" exit-strip-default

if [ -e /proc/sys/net/mptcp/blackhole_timeout ]; then
	dropping "slow, and this client shuns MPTCP for an hour" "plain TCP"
else
	dropping "kernels before 6.12 do not fall back" "no connection"
fi

title "The same, but reset: the client gives up at once"
policy "policy set default deny fallback reset"
row "$SERVER4" "connection refused" exit-reset-default reset-sent

title "MPTCP allowed, further paths refused: the session keeps the path it began on"
policy "policy set join reset"
row "$SERVER4" "MPTCP, 1 subflow" exit-accept-default exit-reset-join reset-sent

title "MPTCP denied but for two sites: a server without an entry ..."
policy "policy set default deny" "site add $ALLOWED4 allow" "site add $ALLOWED6 allow"
row "$SERVER4" "plain TCP" exit-strip-default
title "... one with an entry"
row $ALLOWED4 "MPTCP, 2 subflows" exit-accept-site
title "... and its IPv6 address"
row $ALLOWED6 "MPTCP, 2 subflows" exit-accept-site

title "Observed only: what deny would do is counted and not done (a join would be reset)"
policy "policy set mode observe default deny"
row "$SERVER4" "MPTCP, 2 subflows" exit-accept-default would-strip-default would-reset-default

title "A session is known as a whole, and closed as a whole: MP_FASTCLOSE to both hosts, on all paths"
close_one

title "The policy flushed: as in the beginning"
policy
asked=("mbctl policy flush")
row "$SERVER4" "MPTCP, 2 subflows"

rule 100 =
if [ "$failed" = 0 ]; then
	echo "All $done rows are as expected."
else
	echo "$failed of $done rows are NOT as expected: see the lines with !!"
fi
