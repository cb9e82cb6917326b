#!/bin/bash
# Sites: which entry decides, and that `site get` names it; hits, comments, timeouts; joins to a
# server address that is denied.
. "$(dirname "$0")/lib.sh"
plan 71

nets()
{
	if [ "$F" = 4 ]; then
		NET=10.2.0.0/16 SUBNET=10.2.1.0/24 FROM2=10.1.2.0/24
	else
		NET=fd02::/16 SUBNET=fd02:1::/64 FROM2=fd01:2::/64
	fi
}

# site PREFIX KEY: a value of the entry with this prefix
site()
{
	local entry

	while IFS= read -rd '}' entry; do
		[[ $entry == *"\"prefix\":\"$1\""* ]] || continue
		[[ $entry =~ \"$2\":\"?([^,\"]*) ]] && echo "${BASH_REMATCH[1]}"
		return
	done < <(mb -j site list)
}

# explained ADDRESS QUALIFIERS...: what site get says of a SYN with MP_CAPABLE: mptcp, tcp or
# ECONNREFUSED, and the prefix of the entry that decides it
explained()
{
	local json verdict by=default

	json=$(mb -j site get "$@") || return
	[[ $json =~ \"mp-capable\":\{\"verdict\":\"([a-z]*) ]]
	case ${BASH_REMATCH[1]} in
	accept)	verdict=mptcp;;
	strip)	verdict=tcp;;
	reset)	verdict=ECONNREFUSED;;
	esac
	[[ ! $json =~ \"site\":\{\"prefix\":\"([^\"]*) ]] || by=${BASH_REMATCH[1]}
	echo "$verdict $by"
}

# judged WANT BY ADDRESS PORT [CLIENT]: for check; site get says that a connection goes so, and by
# which entry, and it goes so
judged()
{
	local from=${5:-$C}

	is "$1 $2" "$(explained "$3" port "$4" from "$from")" &&
	goes "$1" "$3" "$4" --bind "$from"
}

# --- joins: the client has a second address, the server announces its own ----------------------

# joining MIN [MAX]: for check; so many joins come of a session with time for joins to both server
# addresses
joining()
{
	local before n

	before=$(joins_s)
	xfer_client "$S" 5001 --bytes 100000 --rate 100000 &&
	xfer_is verified=yes fallback=no &&
	n=$(($(joins_s) - before)) &&
	test "$n" -ge "$1" -a "$n" -le "${2:-$1}"
}

# either CHECK...: for check; once more if not at once: a host itself may miss an announcement
either()
{
	"$@" || "$@"
}

# tried COUNTER JOINS: for check; likewise, joins were refused and so counted
tried()
{
	[ "$(counter "$1")" -gt 0 ] || { joining "$2" && test "$(counter "$1")" -gt 0; }
}

joins()
{
	apply "policy set default deny" "site add $S allow"
	# 6.1 joins addresses of the other family, too
	check "v$F: deny by default: joins belong to their session's site, at its other address, too" \
		either joining 2 4
	check "v$F: deny by default: none was refused" is 0 "$(counter exit-reset-default)"
	check "v$F: deny by default: a session with the other address is denied" goes tcp "$S2" 5001
	apply "site add $SERVER4_2 deny" "site add $SERVER6_2 deny"
	check "v$F: allow by default, a denied host: it is not joined" joining 1
	check "v$F: allow by default: it was tried" tried exit-reset-site 1
	apply "site add $S allow join reset" "site add $S2 allow join accept"
	check "v$F: a site's join setting is about all joins of its sessions" joining 0
	check "v$F: a site's join setting: they were tried" tried exit-reset-join 0
}

# --- which entry decides ----------------------------------------------------------------------

prefixes()
{
	apply "policy set default deny" "site add $S allow"
	check "v$F: host: allowed" judged mptcp "$S" "$S" 5001
	check "v$F: host: not the other" judged tcp default "$S2" 5001
	check "v$F: host: SYN and SYN/ACK were hits" is 2 "$(site "$S" hits)"

	apply "site add $NET deny" "site add $SUBNET allow"
	check "v$F: allowed prefix in a denied one" judged mptcp "$SUBNET" "$S" 5001
	check "v$F: beside it" judged tcp "$NET" "$S2" 5001
	check "v$F: hits of each" is "2 1" "$(site "$SUBNET" hits) $(site "$NET" hits)"

	mb site add "$NET" deny override fallback reset
	check "v$F: override goes before longer prefixes" judged ECONNREFUSED "$NET" "$S" 5001
	mb site add "$SUBNET" allow override
	check "v$F: of two with override the longer goes first" judged mptcp "$SUBNET" "$S" 5001
	check "v$F: and only there" judged ECONNREFUSED "$NET" "$S2" 5001

	apply "site add any deny" "site add $NET allow"
	check "v$F: every prefix is longer than any" judged mptcp "$NET" "$S" 5001
}

qualifiers()
{
	apply "site add any port 5002 deny" "site add $S2 port 5002 allow"
	check "v$F: port: not this one" judged mptcp default "$S" 5001
	check "v$F: port: this one" judged tcp any "$S" 5002
	check "v$F: port: a longer prefix with the port" judged mptcp "$S2" "$S2" 5002

	apply "site add $S allow" "site add $S from $FROM2 deny fallback reset"
	check "v$F: from: this client" judged ECONNREFUSED "$S" "$S" 5001 "$C2"
	check "v$F: from: not this one" judged mptcp "$S" "$S" 5001 "$C"
	check "v$F: from: and only with this server" judged mptcp default "$S2" 5001 "$C2"

	apply "site add $S port 5001 allow" "site add $S from $FROM2 deny"
	check "v$F: from beats port" judged tcp "$S" "$S" 5001 "$C2"
	check "v$F: port, where from does not match" judged mptcp "$S" "$S" 5001 "$C"
}

# --- what an entry tells ----------------------------------------------------------------------

listed()
{
	local now

	apply "site add $NET deny comment \"Büro, 2. Stock; \\\"alt\\\"\""
	check "v$F: never hit" is "0 " "$(site "$NET" hits) $(site "$NET" last_hit)"
	goes tcp "$S" 5001 >/dev/null
	goes tcp "$S2" 5001 >/dev/null
	now=$(date +%s)
	check "v$F: hits are counted" is 2 "$(site "$NET" hits)"
	check "v$F: the last one's time" test $((now - $(site "$NET" last_hit))) -lt 10
	check "v$F: the comment is shown" grep -qF '"Büro, 2. Stock; \"alt\""' <(mb site list)
}

absent() { ! mb site list | grep -qF "$1"; }

# entries_left N: so many are kept, those included whose time is over
entries_left()
{
	[ "$(mb status | awk '$1 == "sites" { print $2 }')" = "$1" ]
}

# Both families at once, for it takes a while.
expires()
{
	local family

	apply "site add $SERVER4 deny timeout 10" "site add $SERVER6 deny timeout 10" \
		"site add any deny fallback reset"
	for family in 4 6; do
		family $family
		check "v$F: timeout: decides until then" goes tcp "$S" 5001
		check "v$F: timeout: counts" is 1 "$(site "$S" hits)"
		check "v$F: timeout: tells how long" test "$(site "$S" timeout)" -le 10
	done
	for family in 4 6; do
		family $family
		check "v$F: timeout: then it is gone" wait_for 15 absent "$S "
		check "v$F: timeout: and the next one decides" judged ECONNREFUSED any "$S" 5001
	done
	check "timeout: nothing is left of them" wait_for 5 entries_left 1
}

# -------------------------------------------------------------------------------------------------

check "the module is loaded" load_module
topo_up servers=2
for family in 4 6; do
	xfer_serve -$family
	xfer_serve -$family -p 5002
done
for family in 4 6; do
	family $family
	nets
	joins
done
# hits are counted, and a join is one
ns_c ip mptcp endpoint flush
ns_s ip mptcp endpoint flush
for family in 4 6; do
	family $family
	nets
	prefixes
	qualifiers
	listed
done
expires
check "what the server served was byte-exact" xfer_served
topo_down
