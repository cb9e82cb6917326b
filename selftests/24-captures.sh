#!/bin/bash
# Sessions of real captures, replayed through the gateway: which there are, their tokens, which joins
# are theirs, which are orphans and which of them were completed: all as tshark tells, v0 included.
# An MP_JOIN flood leaves nothing behind.
# timeout: 600
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/replay.sh
. "$SELFTESTS/replay.sh"
# shellcheck source=selftests/memory.sh
. "$SELFTESTS/memory.sh"
need_captures
files=("$MB_CAPTURES"/*.pcap "$MB_CAPTURES"/*.pcapng)
plan $((12 + 3 * ${#files[@]}))

# rows FILE: what tshark says of MP_CAPABLE, MP_JOIN and DSS; starting it takes its time
rows()
{
	tshark -n -r "$1" -Y 'tcp.options.mptcp.subtype < 3' -T fields -E separator=\| -E occurrence=f \
		-e tcp.stream -e mptcp.stream -e tcp.flags.syn -e tcp.flags.ack \
		-e tcp.options.mptcp.subtype -e tcp.options.mptcp.version -e mptcp.expected_token \
		-e tcp.options.mptcp.recvkey -e tcp.options.mptcp.recvtok \
		-e tcp.options.mptcp.sendtrunchmac -e tcp.options.mptcp.sendhmac -e tcp.dstport \
		-e tcp.options.mptcp.rawdataseqno 2>/dev/null >"$TMP/rows"
}

# from_tshark: the lines that the gateway is compared with, and counts. A session is a third ACK with
# both keys; it has the tokens that tshark expects of its two keys. A join is known when its token is
# that of a key seen before; it is a subflow once both HMACs were there. A session is confirmed where
# both hosts numbered data.
from_tshark()
{
	awk -F\| '
	function yes(flag) { return flag == 1 || flag == "True" }
	{ syn = yes($3); ack = yes($4) }
	$5 == 0 && syn && ack { server[$2] = $7; seen[$7] = $2 }
	$5 == 0 && !syn && $8 != "" { client[$2] = $7; version[$2] = $6; seen[$7] = $2 }
	$5 == 1 && syn && !ack {
		if ($9 in seen)
			known++
		else
			orphan++
		of[$1] = $9 in seen ? seen[$9] : "nobody"
	}
	$5 == 1 && $10 != "" { answered[$1] = 1 }
	$5 == 1 && $11 != "" && answered[$1] && !done[$1]++ { joined[of[$1]]++; subflows++ }
	$13 != "" {
		if ($2 in to && to[$2] != $12)
			both[$2] = 1
		to[$2] = $12
	}
	END {
		for (s in client)
			printf "session 0x%08x 0x%08x v%s subflows %d\n", client[s], server[s],
				version[s], 1 + joined[s] | "sort"
		close("sort")
		for (s in both)
			confirmed++
		printf "joins %d, orphans %d, joined %d, bad 0, confirmed %d\n", known, orphan, subflows, confirmed
	}' "$TMP/rows"
}

# Likewise, of the gateway
from_gateway()
{
	mb -j session list | jq -r '.[] | "session \(.["client-token"]) \(.["server-token"]) v\(.version) subflows \(.subflows | length)"' | sort
	echo "joins $(counter join-known), orphans $(counter join-orphan), joined $(counter subflow-joined)," \
		"bad $(counter join-bad-hmac), confirmed $(counter session-confirmed)"
}

# nothing_known: for check
nothing_known()
{
	is "0 0 0" "$(status sessions) $(status unconfirmed) $(status subflows)"
}

status()
{
	mb -j status | jq ".\"$1\""
}

# --- the captures --------------------------------------------------------------------------------

compare()
{
	local file=$1 name=${1##*/}

	mb policy flush
	mb policy set default allow orphan accept
	mb stats reset
	rows "$file"
	from_tshark >"$TMP/tshark"
	check "$name: all of it goes through the gateway" replay "$file"
	from_gateway >"$TMP/gateway"
	check "$name: sessions, tokens and joins are those that tshark finds" \
		diff "$TMP/tshark" "$TMP/gateway"
	sed "s/^/# $name: /" "$TMP/gateway"
	mb policy flush
	check "$name: forgotten with the policy" nothing_known
}

# A join with a token of nobody, and ten thousand of them
tampered()
{
	mb policy set default allow orphan reset orphan-grace 0
	mb stats reset
	check "mod_tok, orphan reset" replay "$MB_CAPTURES/dpi-mod_tok.pcap"
	check "mod_tok: the one join is refused" \
		is "1 0" "$(counter exit-reset-orphan) $(counter join-known)"
	mb policy flush
}

flood()
{
	mb stats reset && replay "$MB_CAPTURES/dpi-flood.pcap"
}

join_flood()
{
	local action=$1 exit=$2 before

	mb policy set default allow orphan "$action" orphan-grace 0
	before=$(memory)
	check "flood, orphan $action" flood
	check "flood, orphan $action: all are orphans" \
		is "10000 10000 0" "$(counter join-orphan) $(counter "$exit") $(counter join-known)"
	check "flood, orphan $action: no state is kept of them" nothing_known
	check "flood, orphan $action: memory stays flat" no_loss "$before" 300 flood
	note "grew by $GREW"
}

check "the module is loaded" load_module
check "topology" replay_up
for file in "${files[@]}"; do
	compare "$file"
done
tampered
join_flood accept exit-accept-default
join_flood drop exit-drop-orphan
replay_down
