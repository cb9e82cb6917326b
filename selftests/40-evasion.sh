#!/bin/bash
# timeout: 1500
# Segments by grammar, from a seed: every order, padding and company of MPTCP options, malformed ones
# among them, in fragments, behind extension headers, repeated with others, tagged, GSO. What is read of
# them behind the gateway, without a policy and under each, and behind nftables and TCPOPTSTRIP. Judges
# are a real endpoint, tshark, and a reader made from the RFCs' tables. Nothing may pass us. MB_FULL=1:
# 24,000 variants, else 2,000.
. "$(dirname "$0")/lib.sh"
plan 41

# shellcheck source=selftests/evade.sh
. "$SELFTESTS/evade.sh"

BASE=1 NFT=2 NFT_CT=3 XT=4 STRIP=5 DROP=6 JOIN=7
WHO=([BASE]="without a policy" [NFT]="nftables" [NFT_CT]="nftables, conntrack" [XT]="TCPOPTSTRIP, conntrack"
	[STRIP]="deny, strip" [DROP]="deny, drop" [JOIN]="join reset")

same_bytes()
{
	"$EVADE" write "$SEED" "$COUNT" "$TMP/a" && "$EVADE" write "$SEED" "$COUNT" "$TMP/b" &&
	cmp "$TMP/a" "$TMP/b" && "$EVADE" write $((SEED + 1)) "$COUNT" "$TMP/b" && ! cmp -s "$TMP/a" "$TMP/b"
	rm -f "$TMP/a" "$TMP/b"
}

# The endpoint's counters tell what its answers tell: of requests that it repeats, more.
counters_agree()
{
	says $BASE endpoint.capable && [ "${CAPABLE[BASE]}" -ge $((REPLY / 2)) ] &&
	says $BASE endpoint.join && [ "${JOINED[BASE]}" -ge $((REPLY / 2)) ] && return
	echo "counters: ${CAPABLE[BASE]} MP_CAPABLE, ${JOINED[BASE]} MP_JOIN; ${SAYS[BASE]}"
	return 1
}

table()
{
	local phase columns=(arrived faithful.capable faithful.join faithful endpoint.capable endpoint.join \
		tshark.capable tshark.join table.capable table.join late) column row

	note "$(printf '%-22s' "read behind"; printf ' %9s' arrived MP_CAPABLE MP_JOIN either endp.CAP endp.JOIN \
		tshark.C tshark.J table.C table.J late)"
	for phase in $BASE $NFT $NFT_CT $XT $STRIP $DROP $JOIN; do
		row=$(printf '%-22s' "${WHO[phase]}")
		for column in "${columns[@]}"; do
			says "$phase" "$column"
			row+=$(printf ' %9s' "$REPLY")
		done
		note "$row"
	done
}

figures()
{
	says $BASE faithful
	note "figure evasion.variants $COUNT"
	note "figure evasion.read $REPLY"
	says $BASE faithful.capable
	note "figure evasion.read.capable $REPLY"
	says $BASE faithful.join
	note "figure evasion.read.join $REPLY"
	note "figure evasion.read.endpoint $(sum $BASE endpoint.capable endpoint.join)"
	note "figure evasion.passed.ours $(passed_ours)"
	note "figure evasion.passed.nft $(passed $NFT)"
	note "figure evasion.passed.nft-conntrack $(passed $NFT_CT)"
	note "figure evasion.passed.tcpoptstrip $(passed $XT)"
	note "figure evasion.passed.tcpoptstrip.endpoint $(sum $XT endpoint.capable endpoint.join)"
}

# sum PHASE KEY...
sum()
{
	local phase=$1 key sum=0

	shift
	for key; do
		says "$phase" "$key"
		sum=$((sum + REPLY))
	done
	echo $sum
}

# By any reader; one variant may count twice
passed_ours()
{
	echo $(($(sum "$STRIP" any faithful) + $(sum "$DROP" any faithful) + $(sum "$JOIN" faithful.join tshark.join)))
}

# passed PHASE...: variants that got a denied option through, in all
passed()
{
	local phase sum=0

	for phase; do
		says "$phase" "faithful$([ "$phase" != $JOIN ] || echo .join)"
		sum=$((sum + REPLY))
	done
	echo $sum
}

check "the same seed makes the same bytes, another others" same_bytes
check "topology" topo_up
check "VLANs" vlan_up
check "addresses of the client" hosts_up
check "room in the server" server_room
check "module" load_module
check "listener" serve
check "two sessions that joins can name" sessions
check "the client's kernel does not answer" client_deaf
check "capture at the server" far_capture "$TMP/far"

check "${WHO[BASE]}: all variants sent" send_variants $BASE
nft_rules ""
check "${WHO[NFT]}: all variants sent" send_variants $NFT
ns_g nft flush ruleset
nft_rules "ct state established accept"
check "${WHO[NFT_CT]}: all variants sent" send_variants $NFT_CT
ns_g nft flush ruleset
check "rules of iptables" xt_rules
check "${WHO[XT]}: all variants sent" send_variants $XT
xt_flush

check "two sessions that the gateway knows" known_sessions
check "armed: deny, strip" apply "policy set default deny"
check "${WHO[STRIP]}: all variants sent" send_variants $STRIP
check "armed: deny, drop" apply "policy set default deny fallback drop midstream drop"
check "${WHO[DROP]}: all variants sent" send_variants $DROP
check "armed: join reset" apply "policy set join reset"
check "${WHO[JOIN]}: all variants sent" send_variants $JOIN
check "the capture is whole" capture_stop
check "judges" judges "$TMP/far" $BASE $XT $NFT $NFT_CT $STRIP $DROP $JOIN
table

check "without a policy the endpoint reads MP_CAPABLE" some $BASE endpoint.capable $((COUNT / 5))
check "without a policy the endpoint reads MP_JOIN" some $BASE endpoint.join $((COUNT / 12))
check "without a policy tshark reads both" some $BASE any $((COUNT / 2))
check "the endpoint's counters say so, too" counters_agree
for phase in $STRIP $DROP; do
	check "${WHO[phase]}: nobody reads MP_CAPABLE or MP_JOIN, nothing of kind 30 is left" \
		none "$phase" any faithful left
	check "${WHO[phase]}: nor did the endpoint count any" is "0 0" "${CAPABLE[phase]} ${JOINED[phase]}"
done
check "${WHO[DROP]}, midstream drop: nor in other segments" none $DROP late
check "${WHO[JOIN]}: nobody reads MP_JOIN" none $JOIN faithful.join tshark.join
check "${WHO[JOIN]}: nor did the endpoint count any" is 0 "${JOINED[JOIN]}"
for phase in $STRIP $JOIN; do
	check "${WHO[phase]}: what has nothing to refuse arrives" none "$phase" lost
done
check "${WHO[STRIP]}: nothing under TCP-AO or AH is rewritten" none $STRIP spoiled
check "${WHO[XT]}: lets none through that the endpoint reads" none $XT endpoint.capable endpoint.join
# else the comparison compares nothing
for phase in $NFT $NFT_CT; do
	check "${WHO[phase]}: lets through what it is known to" some "$phase" faithful $((COUNT / 10))
done
figures
