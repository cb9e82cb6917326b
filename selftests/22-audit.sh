#!/bin/bash
# timeout: 600
# Where the kernel audits, session close and session reset leave a record: what was done, to which session
# or connection, by whom. What is refused leaves none, and nothing does where audit is off.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/sessions.sh
. "$SELFTESTS/sessions.sh"
plan 20

# listen: records go to a file, from now on
listen()
{
	"$TOP/build/audit" listen >>"$TMP/records" 2>&1 &
	wait_for 10 grep -q ^ready "$TMP/records"
}

# session: one whose ID and client's PORT are known
session()
{
	pair a "$S" 5001 --rate 20000 --duration 60 && soon '[.[] | select(.state == "confirmed")] | length == 1' || return
	ID=$(value '.[] | select(.state == "confirmed") | .id')
	PORT=$(value '.[] | select(.state == "confirmed") | ."client-port"')
}

# as_pid MBCTL'S ARGS...: for check; PID is that of its process
as_pid()
{
	"$MBCTL" -n "$NS_G" "$@" &
	PID=$!
	wait "$PID"
}

# recorded OP: for check; the one record, of the session ID, by that process
recorded()
{
	local word

	wait_for 5 grep -q op=session_ "$TMP/records"
	cat "$TMP/records"
	RECORD=" $(grep op=session_ "$TMP/records") "
	is 1 "$(grep -c op=session_ "$TMP/records")" || return
	for word in "op=$1" "id=$ID" "pid=$PID" uid=0 'comm="mbctl"'; do
		[[ $RECORD == *" $word "* ]] || { echo "want $word"; return 1; }
	done
}

# names ADDRESS PORT ADDRESS PORT: for check; the record does, in this order
names()
{
	[[ $RECORD == *" saddr=$1 sport=$2 daddr=$3 dport=$4 "* ]]
}

# Nobody knows who opened it.
names_ends()
{
	names "$C" "$PORT" "$S" 5001 || names "$S" 5001 "$C" "$PORT"
}

closing()
{
	fresh "policy set default allow"
	check "v$F: audit off: a session" session
	check "v$F: audit off: is closed" mb session close id "$ID"
	pair_end a >/dev/null
	"$TOP/build/audit" on
	mb session close id $((ID + 1000)) >/dev/null 2>&1
	check "v$F: a session" session || cat "$TMP"/a.*
	check "v$F: is closed" as_pid session close id "$ID"
	pair_end a >/dev/null
	# nothing of what was refused, or was done while audit was off
	check "v$F: session close: a record, and no other" recorded session_close
	check "v$F: session close: the record names client and server" names "$C" "$PORT" "$S" 5001
	"$TOP/build/audit" off
}

# Of a connection that is older than the policy
resetting()
{
	mb policy flush
	PORT=4300$F
	pair a "$S" 5001 --rate 20000 --duration 60 --local-port "$PORT"
	wait_for 5 subflow
	fresh "policy set default allow"
	: >"$TMP/records"
	"$TOP/build/audit" on
	check "v$F: a connection is reset" as_pid session reset "$C" "$PORT" "$S" 5001
	look
	ID=$(value '.[0].id')
	check "v$F: session reset: a record, and no other" recorded session_reset
	check "v$F: session reset: the record names both ends" names_ends
	"$TOP/build/audit" off
	end_pair
}

# Of an only subflow that is reset applications hear after a minute.
end_pair()
{
	local pid

	for pid in ${PAIRS[a]}; do
		pkill -P "$pid"
	done
	pair_end a >/dev/null 2>&1
}

subflow()
{
	[ "$(host_subflows "$NS_C") $(host_subflows "$NS_S")" = "1 1" ]
}

check "the module is loaded" load_module
check "records are heard" listen
topo_up
endpoints "$NS_C"
endpoints "$NS_S"
for family in 4 6; do
	family $family
	: >"$TMP/records"
	closing
	resetting
done
