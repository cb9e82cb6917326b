#!/bin/bash
# Somebody sends in the name of real hosts: third ACKs with keys of his own, before and after the
# handshake, segments near those that are expected. Their sessions are known, joined and unharmed, and
# can be closed. v4 and v6.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"
# shellcheck source=selftests/sessions.sh
. "$SELFTESTS/sessions.sh"
plan 30

# forge N [FROM TO]: third ACKs in the client's name, with these sequence numbers
forge()
{
	local i

	for ((i = 0; i < $1; i++)); do
		play "session forger" "conn f forger $C 40001 $S 5001 ${2:+seq=$2,$3}" \
			"send f c A mpc" || return
	done
}

# numbers: CLIENT_END and SERVER_END, where the session's initial subflow is
numbers()
{
	look client "$C" state confirmed &&
	read -r CLIENT_END SERVER_END < <(value '.[0].subflows[0] | "\(.["from-client"].end) \(.["from-server"].end)"') &&
	[ "$SERVER_END" -gt 0 ]
}

# near_misses: segments that the hosts do not take, for they are not just the next ones, or say what
# is not true
near_misses()
{
	numbers &&
	play "conn f forger $C 40001 $S 5001 seq=$CLIENT_END,$SERVER_END" \
		"send f c PA len=100 seq=+900000 forged dss" "send f s PA len=100 seq=+900000 forged dss" \
		"send f c FA seq=+800000 forged" "send f s FA seq=-5000 forged" \
		"send f c R seq=+500000 forged" "send f s R seq=+500000 forged" \
		"send f c A badkey seq=+500000 forged fastclose" \
		"send f s A seq=+500000 forged fail" "send f s A seq=-9000 forged mpc" &&
	forge 12 "$CLIENT_END" "$SERVER_END"
}

transfer_unharmed()
{
	check "v$F: third ACKs before there is anything" forge 12
	check "v$F: a session" pair a "$S" 5001 --local-port 40001 --rate 100000 --duration 12 --subflows 2
	check "v$F: is confirmed and joined" \
		soon '(.[0].subflows | map(select(.state == "live")) | length) == 2' state confirmed
	token_of_host
	check "v$F: it is the hosts'" holds ".[0][\"client-token\"] == \"$HOST_TOKEN\""
	check "v$F: near misses" near_misses
	sleep 1
	check "v$F: it is as before" soon '(.[0].subflows | map(select(.state == "live")) | length) == 2' \
		state confirmed
	check "v$F: no other is known" how_many 0 state unconfirmed
	check "v$F: the hosts have noticed nothing" unharmed a
}

# As the client knows its own
token_of_host()
{
	HOST_TOKEN=$(host_token "$NS_C" 40001)
}

closed_all_the_same()
{
	local id

	check "v$F: another session" pair b "$S" 5001 --local-port 40001 --rate 100000 --duration 600 \
		--subflows 2
	check "v$F: is confirmed and joined" \
		soon '(.[0].subflows | map(select(.state == "live")) | length) == 2' state confirmed
	check "v$F: near misses, at once before" near_misses
	id=$(value '.[0].id')
	check "v$F: session close" mb session close id "$id"
	pair_end b >/dev/null 2>&1
	check "v$F: both applications were told" \
		is "ECONNRESET ECONNRESET" "$(xfer_get error "$CLIENT") $(xfer_get error "$SERVER")"
	check "v$F: it was closed by the gateway" soon '.[0].how == "closed"' id "$id"
}

# shellcheck disable=SC2119	# no arguments are meant
load_module
check "topology" topo_up
check "somebody" play_start
for family in 4 6; do
	family $family
	policy default allow orphan reset orphan-grace 0
	transfer_unharmed
	closed_all_the_same
	mb policy flush
done
