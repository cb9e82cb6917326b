# Sourced after lib.sh: real hosts' sessions, what the gateway knows of them (as JSON, by jq), what it
# tells of them (events), and how the hosts' applications fare.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154	# variables for the tests; addresses are from topology.sh

HEADER=56			# xfer's clients begin with so many bytes, which it does not count

# --- what the gateway knows --------------------------------------------------------------------

# look [FILTER...]: SESSIONS, a JSON array
look()
{
	SESSIONS=$(mb -j session list "$@") && [ -n "$SESSIONS" ]
}

# value EXPRESSION: of SESSIONS
value() { jq -r "$1" <<<"$SESSIONS"; }

# fresh STATEMENT...: these are the policy now, and no session is known of before
fresh()
{
	mb policy flush && apply "$@"
}

# holds EXPRESSION...: for check; each is true of SESSIONS
holds()
{
	local wrong

	wrong=$(jq -r --args "[$(printf '[%s],' "$@" | sed 's/,$//')] | to_entries[] |
		select(.value | length == 0 or (all | not)) | \$ARGS.positional[.key]" "$@" <<<"$SESSIONS") &&
		[ -n "$SESSIONS" ] && [ -z "$wrong" ] && return
	echo "not so: ${wrong//$'\n'/$'\n'not so: }"
	jq -c '.[]' <<<"$SESSIONS"
	return 1
}

# is_true EXPRESSION: of SESSIONS; where it has several results, all of them, where none, it is false
is_true()
{
	[ "$(jq "[$1] | length > 0 and all" <<<"$SESSIONS")" = true ]
}

# soon EXPRESSION [FILTER...]: for check; within some seconds the sessions are so
soon()
{
	wait_for 10 looks_so "$@" && return
	holds "$1"
}

looks_so()
{
	look "${@:2}" && is_true "$1"
}

# how_many N FILTER...: for check; so many sessions match
how_many()
{
	look "${@:2}" && holds "length == $1"
}

# id_of ADDRESS: ID, of the only session that has not ended and whose client has this address
id_of()
{
	look client "$1" || return
	ID=$(value '[.[] | select(.state != "closed")] | .[0].id')
	[ "$ID" != null ]
}

# --- what it tells ------------------------------------------------------------------------------

# monitor_start: events go to a file, from now on
monitor_start()
{
	: >"$TMP/events"
	: >"$TMP/events"
	ip netns exec "$NS_G" "$MBCTL" -j monitor >>"$TMP/events" 2>"$TMP/events.err" &
	MONITOR=$!
	wait_for 10 monitor_hears && : >"$TMP/events" && return
	cat "$TMP/events.err"
	return 1
}

# It is the only one that listens to anything.
monitor_hears()
{
	mb policy set reset-rate 1000 && grep -q policy-changed "$TMP/events"
}

monitor_stop()
{
	kill "$MONITOR" && wait "$MONITOR"
	[ ! -s "$TMP/events.err" ] || sed 's/^/# monitor: /' "$TMP/events.err"
}

# events N EXPRESSION: for check; within some seconds there are N events of which it is true
events()
{
	wait_for 5 counts_events "$@" && return
	echo "want $1, got $(grep -c . "$TMP/events"):"
	cat "$TMP/events"
	return 1
}

counts_events()
{
	[ "$(jq -c "select($2)" "$TMP/events" | wc -l)" = "$1" ]
}

# event_order KIND...: for check; these in this order, others between them do not matter
event_order()
{
	local got rest kind

	got=" $(jq -r .event "$TMP/events" | xargs) "
	rest=$got
	for kind; do
		[[ $rest == *" $kind "* ]] || { echo "want $* in this order, got$got"; return 1; }
		rest=" ${rest#*" $kind "}"
	done
}

# --- the hosts ----------------------------------------------------------------------------------

# host_subflows NETNS [ADDRESS]: how many MPTCP subflows there are, of connections from or to ADDRESS;
# half-open ones, too
host_subflows()
{
	in_ns "$1" ss -Htni state connected exclude time-wait 2>/dev/null |
		awk -v a="${2:-}" '/tcp-ulp-mptcp/ { n += hit } { hit = index($0, a) > 0 || a == "" }
			END { print n + 0 }'
}

# ss_address ADDRESS: as ss wants it
ss_address() { [[ $1 == *:* ]] && echo "[$1]" || echo "$1"; }

# host_token NETNS PORT: of the MPTCP connection with this port, as JSON has it
host_token()
{
	in_ns "$1" ss -HMni "( sport = :$2 or dport = :$2 )" 2>/dev/null |
		sed -n 's/.* token:\([0-9a-f]*\).*/\1/p' | head -n 1 | hex_token
}

hex_token()
{
	local token

	read -r token && printf '0x%08x\n' "0x$token"
}

# endpoints NETNS STATEMENT...: in place of what path manager endpoints there were
endpoints()
{
	ip -n "$1" mptcp endpoint flush && add_endpoints "$@"
}

# add_endpoints NETNS STATEMENT...
add_endpoints()
{
	local netns=$1 statement

	shift
	for statement; do
		# shellcheck disable=SC2086	# words
		ip -n "$netns" mptcp endpoint add $statement || return
	done
}

# client_address N: of the client, on its second link; A is it. 10.1.2.N, fd01:2::N
client_address()
{
	A=10.1.2.$1
	[ "$F" = 4 ] || A=fd01:2::$1
	ip -n "$NS_C" "-$F" addr add "$A/$([ "$F" = 4 ] && echo 24 || echo 64)" dev c2 nodad 2>/dev/null
	ip -n "$NS_C" "-$F" rule add from "$A" table 102
	ip -n "$NS_G" neigh replace "$A" lladdr "$MAC_c2" dev g2 nud permanent
}

# pair NAME ADDRESS PORT [CLIENT ARGS...]: a server for one client, and this client, in the background
pair()
{
	local name=$1 family=-6

	[[ $2 == *:* ]] || family=-4
	[[ " $* " != *" --dual "* ]] || family="-6 --dual"
	rm -f "$TMP/$name".{server,client}	# an earlier one was ready, too
	# shellcheck disable=SC2086	# words
	ip netns exec "$NS_S" "$XFER_BIN" server $family --port "$3" >"$TMP/$name.server" 2>&1 &
	PAIRS[$name]=$!
	wait_for 20 grep -q ^ready "$TMP/$name.server" || return
	ip netns exec "$NS_C" "$XFER_BIN" client "${@:2}" >"$TMP/$name.client" 2>&1 &
	PAIRS[$name]+=" $!"
}
declare -A PAIRS

# pair_end NAME: waits for both; CLIENT and SERVER is what they said
pair_end()
{
	local pid status=0

	for pid in ${PAIRS[$1]}; do
		wait "$pid" || status=1
	done
	unset "PAIRS[$1]"
	CLIENT=$(grep ^role "$TMP/$1.client") SERVER=$(grep ^role "$TMP/$1.server")
	cat "$TMP/$1".{client,server}
	return $status
}

# signal_client SIGNAL NAME: its process that has the connection
signal_client()
{
	pkill "-$1" -P "${PAIRS[$2]#* }"
}

# hurry NAME: without regard to its rate, and without holding on
hurry()
{
	local pid

	for pid in ${PAIRS[$1]}; do
		pkill -USR1 -P "$pid"
	done
}

# unharmed NAME: for check; what is left of its transfer is done at once, byte-exact, as MPTCP
unharmed()
{
	hurry "$1"
	pair_end "$1" && [ "$(xfer_get fallback "$CLIENT")" = no ]
}

# alive NAME: for check; neither application has ended
alive()
{
	local pid

	for pid in ${PAIRS[$1]}; do
		kill -0 "$pid" && ! grep -q '^State:.*zombie' "/proc/$pid/status" && continue
		cat "$TMP/$1".{client,server}
		return 1
	done
}
