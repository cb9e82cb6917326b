# Sourced by lib.sh: transfers between the hosts, which xfer makes and verifies.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154	# for tests; TMP and XFER_BIN are lib.sh's, addresses topology.sh's

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
