#!/bin/bash
# timeout: 400
# MPTCP options hidden in every way a segment can hide them: behind decoys and paddings, in
# fragments, behind extension headers. The judge is a real endpoint, Linux' MPTCP listener: an
# MP_CAPABLE or MP_JOIN that it reads, it answers by a SYN/ACK with the same option. What the
# endpoint reads without a policy must not reach it under one; what no endpoint reads does no harm,
# but goes, too, unless it is no option at all. Beside it, in the same gateway: nftables. v4 and v6.
. "$(dirname "$0")/lib.sh"
plan 239

# shellcheck source=selftests/decoys.sh
. "$SELFTESTS/decoys.sh"

# --- judging ---------------------------------------------------------------------------------

DENY=4 JOIN_RESET=5

# ours PHASE KIND FAMILY N: what the policy left of it
ours()
{
	local key=$* want before="1 $2 $3 $4"

	! reads "$@" || { echo "the endpoint read it, phase $1"; return 1; }
	case $READ-$2 in
	yes-join)	want=none;;			# reset: it reaches nobody
	yes-capable)	want=plain;;
	no-*)		want='plain|none';;
	esac
	[ "${CASE_READ[$4]}" != sealed ] || want=none
	[[ ${OUT[$key]} =~ ^($want)$ ]] ||
		{ echo "leaves as ${OUT[$key]}, want $want, options ${OPTS[$key]}, phase $1"; return 1; }
	# stripping is no reason for the endpoint not to answer
	[ "${OUT[$key]}" = none ] || [ "${ANSWER[$before]}" = none ] || is plain "${ANSWER[$key]}"
}

judge()
{
	case ${CASE_READ[$3]} in
	some)	;;
	sealed)	;;	# a kernel that knows TCP-AO refuses it before it reads on
	*)	is "${CASE_READ[$3]}" "$READ";;
	esac && ours $DENY "$@" || return
	[ "$1" = capable ] || ours $JOIN_RESET "$@"
}

# READ: whether the endpoint did, without a policy
judge_case()
{
	local what="no endpoint reads it" READ=no

	! reads 1 "$@" || READ=yes what="an endpoint reads it"
	check "v$2 ${NAME[$1]}, ${CASE_NAME[$3]}: $what; nothing passes" judge "$@"
}

# --- the comparison --------------------------------------------------------------------------

# cell PHASE KIND N: yes or - for IPv4 and IPv6
cell()
{
	local family out=

	for family in 4 6; do
		if [[ ${CASE_FAMILIES[$3]} != *$family* ]]; then
			out+="     "
		elif reads "$1" "$2" $family "$3"; then
			out+="yes  "
			passed[$1]=$((passed[$1] + 1))
		else
			out+="-    "
		fi
	done
	printf ' | %s' "${out:0:8}"
}

table()
{
	local kind n p passed

	for kind in capable join; do
		passed=()
		note "$(printf '%-27s | %-8s | %-8s | %-8s | %-8s' "${NAME[$kind]}, read by an" endpoint nftables \
			"and ct" ours)"
		note "$(printf '%-27s | %-8s | %-8s | %-8s | %-8s' "endpoint behind" "v4   v6" "v4   v6" "v4   v6" "v4   v6")"
		for n in "${!CASE_NAME[@]}"; do
			[[ ${CASE_KINDS[n]} == *${kind:0:1}* ]] || continue
			printf '# %-27s' "${CASE_NAME[n]}"
			for p in 1 2 3 $DENY; do
				cell "$p" $kind "$n"
			done
			echo
		done
		note "$(printf '%-27s | %-8d | %-8d | %-8d | %-8d' "all" "${passed[1]}" "${passed[2]}" "${passed[3]}" \
			"${passed[DENY]}")"
	done
}

# What nftables is known to let through: else the comparison compares nothing.
nft_fails()
{
	local kind family n

	for n in "${!CASE_NAME[@]}"; do
		[[ ${CASE_NAME[n]} == "experimental before" ]] || continue
		for kind in capable join; do
			for family in 4 6; do
				reads "$1" $kind $family "$n" || { echo "not v$family $kind"; return 1; }
			done
		done
		return 0
	done
	return 1
}

nft_works()
{
	local kind family

	for kind in capable join; do
		for family in 4 6; do
			! reads "$1" $kind $family 0 || { echo "lets a plain $kind pass, v$family"; return 1; }
		done
	done
}

nft_rules()
{
	ns_g nft -f - <<-N
		table inet peer {
			chain forward {
				type filter hook forward priority 0
				$1
				tcp flags & (syn | rst) == syn tcp option mptcp subtype 1 reject with tcp reset
				tcp flags & (syn | rst) == syn tcp option mptcp exists reset tcp option mptcp
			}
		}
	N
}

# --- live sessions ---------------------------------------------------------------------------

# session FAMILY: one that stays, and what is known of it: the token that a join names
session()
{
	local s=SERVER$1 token

	xfer_serve "-$1" -p $PORT &&
	capture_start "$NS_G" h1 "$TMP/session$1" "ip or ip6" || return
	ip netns exec "$NS_C" "$XFER_BIN" client "${!s}" $PORT --bytes 1000 --hold 900 >"$TMP/client$1" 2>&1 &
	wait_for 20 token_of "$1" && sleep 0.5 && capture_stop
	token=$(token_of "$1")
	SYN[join$1]=1e0c1009${token}01020304
	echo "token $token"
	[ ${#token} = 8 ]
}

token_of()
{
	ns_s ss -MHni "-$1" state established | grep -om1 'token:[0-9a-f]*' | cut -d: -f2 |
		sed 's/^/0000000/; s/.*\(........\)$/\1/'
}

bytes()
{
	local hex=$1

	while [ -n "$hex" ]; do
		printf '%b' "\\x${hex:0:2}"
		hex=${hex:2}
	done
}

# hmac KEY MESSAGE: HMAC-SHA256 in hex, of and from hex; KEY of 64 bytes at most
hmac()
{
	local i key pad inner outer

	key=$(printf '%-128s' "$1")
	key=${key// /0}
	for ((i = 0; i < 128; i += 2)); do
		printf -v pad '%02x' $((0x${key:i:2} ^ 0x36))
		inner+=$pad
		printf -v pad '%02x' $((0x${key:i:2} ^ 0x5c))
		outer+=$pad
	done
	inner=$(bytes "$inner$2" | sha256sum)
	bytes "$outer${inner:0:64}" | sha256sum | cut -c1-64
}

# announce FAMILY ID: behind a DSS the server announces an address to the session's client, with the
# HMAC that RFC 8684, 3.4.1, wants: whoever reads the second option believes it
announce()
{
	local c=CLIENT$1 s=SERVER$1 file=$TMP/session$1 keys last dss id address mac

	printf -v id %02x "$2"
	address=0a020109
	[ "$1" = 4 ] || address=fd020001000000000000000000000009
	# the third segment of the handshake has both keys, the client's first
	keys=$(wire "$file" src="${!c}" 'opts=.*1e1[468]01.*' | sed -n 's/.*opts=[0-9a-f]*1e1[468]01..\([0-9a-f]\{32\}\).*/\1/p' | head -n 1)
	dss=$(wire "$file" src="${!s}" 'mptcp=DSS' | grep -o '1e\(08200[12]........\|0c200[3]................\)\|1e082001........' | tail -n 1)
	last=$(wire "$file" src="${!s}" dst="${!c}" flags=P?A sport=$PORT | tail -n 1)
	if [ ${#keys} != 32 ] || [ -z "$dss" ]; then
		echo "keys $keys, DSS $dss"
		wire "$file"
		return 1
	fi
	mac=$(hmac "${keys:16}${keys:0:16}" "$id${address}0000")
	ns_s "$CRAFT" s1 "$MAC_s1" "$MAC_h1" "${!s}" $PORT "${!c}" "$(xfer_get dport "$last")" --flags A \
		--seq $((($(xfer_get seq "$last") + $(xfer_get len "$last")) & 0xffffffff)) --ack "$(xfer_get ack "$last")" \
		--options "$dss 1e$([ "$1" = 4 ] && echo 10 || echo 1c)30$id$address${mac:48}"
}

# announced FAMILY N ID: for check; the client believes N of them, 1 or 0
announced()
{
	local before neutralised

	before=$(mib "$NS_C" MPTcpExtAddAddr)
	neutralised=$(counter exit-neutralised)
	announce "$1" "$3" || return
	if [ "$2" = 1 ]; then
		wait_for 10 believed "$before"
	else
		wait_for 10 told "$neutralised" && sleep 0.3 && ! believed "$before"
	fi
}

believed() { [ "$(mib "$NS_C" MPTcpExtAddAddr)" -gt "$1" ]; }
told() { [ "$(counter exit-neutralised)" -gt "$1" ]; }

# --- fragments that nobody put together ------------------------------------------------------

# Before defragmentation (-400): what is not tracked is not defragmented either.
notrack()
{
	ns_g nft -f - <<-'N'
		table inet raw {
			chain pre {
				type filter hook prerouting priority -450
				ip frag-off & 0x3fff != 0 notrack
				exthdr frag exists notrack
			}
		}
	N
}

# fragments FAMILY SPORT: two of a SYN with MP_CAPABLE, the option beginning in the first one
fragments()
{
	local c=CLIENT$1 s=SERVER$1

	capture_start "$NS_G" h1 "$TMP/fragments" "ip or ip6" &&
	ns_c "$CRAFT" c1 "$MAC_c1" "$MAC_g1" "${!c}" "$2" "${!s}" $PORT \
		--options "${SYN[capable$1]}" --fragment 24 --payload 20 && capture_stop
}

dropped_fragments()
{
	apply "policy set default deny" && fragments "$1" $((29000 + $1)) &&
	wire_has 0 "$TMP/fragments" && counters_are exit-drop-fragment=2
}

observed_fragments()
{
	apply "policy set default deny mode observe" && fragments "$1" $((29100 + $1)) &&
	wire_has 1 "$TMP/fragments" dport=$PORT mptcp=MP_CAPABLE &&
	wire_has 1 "$TMP/fragments" sport=$PORT flags=SA mptcp=MP_CAPABLE &&
	is "2 2" "$(counter would-drop-fragment) $(counter exit-fragment)"
}

# --- the run ---------------------------------------------------------------------------------

# synacks FILE: the same in SYN/ACKs, from the server to a client that opened nothing
synacks()
{
	capture_start "$NS_G" g1 "$1" "ip or ip6" && ns_s "$CRAFT" - <"$TMP/synacks" && capture_stop
}

synacks_with_option()
{
	"$TOP/build/wire" "$1" | grep ' flags=SA ' | grep -cv 'mptcp=-'
}

at_least()
{
	[ "$2" -ge "$1" ] || { echo "want at least $1, got $2"; return 1; }
}

read_cases
check "topology" topo_up
ns_s sysctl -qew net.ipv6.conf.all.seg6_enabled=1 net.ipv6.conf.s1.seg6_enabled=1
check "module" load_module
for family in 4 6; do
	check "v$family: a live session" session $family
done
phase=6
each "capable join" craft_synack >"$TMP/synacks"

check "no policy: all cases sent" send_all 1 "capable join"
check "no policy: SYN/ACKs pass with their options" synacks "$TMP/g1.1"
for family in 4 6; do
	check "v$family ADD_ADDR behind a DSS: the client believes it" announced $family 1 8
done

nft_rules ""
check "nftables: all cases sent" send_all 2 "capable join"
ns_g nft add rule inet peer forward tcp option mptcp subtype 3 drop
for family in 4 6; do
	check "v$family ADD_ADDR behind a DSS: nftables lets it through" announced $family 1 9
done
ns_g nft flush ruleset
nft_rules "ct state established accept"
check "nftables with conntrack: all cases sent" send_all 3 "capable join"
ns_g nft flush ruleset

check "deny: armed" apply "policy set add-addr block" "site add $SERVER4 deny" "site add $SERVER6 deny"
check "deny: all cases sent" send_all $DENY "capable join"
check "deny: all SYN/ACK cases sent" synacks "$TMP/g1.4"
for family in 4 6; do
	check "v$family ADD_ADDR behind a DSS: neutralised" announced $family 0 10
done
check "ADD_ADDR: counted" is 2 "$(counter exit-neutralised)"
check "join reset: armed" apply "policy set join reset"
check "join reset: all joins sent" send_all $JOIN_RESET join

each "capable join" judge_case
check "MP_CAPABLEs that the server counted without a policy" at_least 60 "${CAPABLE[1]}"
check "MP_JOINs that the server counted without a policy" at_least 60 "${JOINED[1]}"
check "MP_CAPABLEs that the server counted under deny" is 0 "${CAPABLE[DENY]}"
check "MP_JOINs that the server counted under deny" is 0 "${JOINED[DENY]}"
check "MP_JOINs that the server counted under join reset" is 0 "${JOINED[JOIN_RESET]}"
check "SYN/ACKs with an option without a policy" at_least 120 "$(synacks_with_option "$TMP/g1.1")"
check "SYN/ACKs with an option under deny" is 0 "$(synacks_with_option "$TMP/g1.4")"
table
for phase in 2 3; do
	check "nftables refuses what is not hidden, table $phase" nft_works $phase
	check "nftables lets the known decoy through, table $phase" nft_fails $phase
done

notrack
for family in 4 6; do
	check "v$family: fragments not tracked are dropped" dropped_fragments $family
	check "v$family: observe counts them and lets them pass" observed_fragments $family
done
