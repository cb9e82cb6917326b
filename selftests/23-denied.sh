#!/bin/bash
# A policy that denies a live session's site leaves the session alone, and says how many there are;
# session close denied ends exactly those, with a site only that site's.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/sessions.sh
. "$SELFTESTS/sessions.sh"
plan 33

# now_denied N check|apply STATEMENT...: for check; says so, in text and in JSON
now_denied()
{
	local want=$1 verb=$2 said

	shift 2
	if [ "$verb" = check ]; then
		said=$(printf '%s\n' "$@" | mb -j policy check -)
		is "$want" "$(jq '."sessions-denied"' <<<"$said")" || { echo "$said"; return 1; }
	fi
	said=$(printf '%s\n' "$@" | mb policy "$verb" -) || { echo "$said"; return 1; }
	[ "$want" = 0 ] || [[ $said == *"live sessions now denied: $want"* ]] || { echo "$said"; return 1; }
}

# are_denied NAME...: for check; session list denied has these, by the server's port
are_denied()
{
	local name want=()

	for name; do
		want+=("${PORT[$name]}")
	done
	look denied state confirmed
	is "${want[*]}" "$(value '[.[]."server-port"] | sort | join(" ")')" &&
		holds 'all(.[]; .denied == true)'
}

# end_of NAME...: for check; their applications get a reset
end_of()
{
	local name

	for name; do
		pair_end "$name"
		is "ECONNRESET ECONNRESET" "$(xfer_get error "$CLIENT") $(xfer_get error "$SERVER")" || return
	done
}

declare -A PORT=([one4]=5011 [one6]=5012 [two4]=5021 [two6]=5022)

check "the module is loaded" load_module
topo_up servers=2
endpoints "$NS_C" "$CLIENT4_2 subflow" "$CLIENT6_2 subflow"
endpoints "$NS_S"
apply "policy set default allow"
xfer_serve -4
xfer_serve -6
pair one4 "$SERVER4" "${PORT[one4]}" --rate 20000 --duration 100 --receive 1000
pair one6 "$SERVER6" "${PORT[one6]}" --rate 20000 --duration 100 --receive 1000
pair two4 "$SERVER4_2" "${PORT[two4]}" --rate 20000 --duration 100 --receive 1000
pair two6 "$SERVER6_2" "${PORT[two6]}" --rate 20000 --duration 100 --receive 1000
check "four sessions of two sites, each with two subflows" soon \
	'length == 4 and all(.[]; .subflows | length == 2)' state confirmed
check "none is denied" are_denied
check "check: none would be" now_denied 0 check "policy set default allow"

deny_one=("policy set default allow" "site add $SERVER4 deny" "site add $SERVER6 deny")
check "check: two would be" now_denied 2 check "${deny_one[@]}"
check "check: changes nothing" are_denied
check "check: a deny for one client" now_denied 1 check "site add any from $CLIENT6 port ${PORT[two6]} deny"
check "check: by default, all but an allowed site's" now_denied 3 check "policy set default deny" \
	"site add $SERVER6_2 allow"
check "apply: two are" now_denied 2 apply "${deny_one[@]}"
check "they are listed" are_denied one4 one6
check "filters: and another word" is "${PORT[one6]}" \
	"$(mb -j session list denied client "$CLIENT6" state confirmed | jq -r '.[]."server-port"')"
for name in one4 one6 two4 two6; do
	check "$name lives on" alive $name
done
check "all keep their subflows" soon \
	'length == 4 and all(.[]; [.subflows[] | select(.state == "live")] | length == 2)' state confirmed
check "new ones are denied: v4" goes tcp "$SERVER4" 5001
check "new ones are denied: v6" goes tcp "$SERVER6" 5001

deny_all=("policy set default deny")
check "apply: four are" now_denied 4 apply "${deny_all[@]}"
check "they are listed, too" are_denied one4 one6 two4 two6
check "close denied site P" mb session close denied site "$SERVER4/32"
check "it ends that site's" end_of one4
check "close denied site P, of the other family" mb session close denied site fd02:2::/64
check "it ends that site's, too" end_of two6
check "and no others: one6" alive one6
check "and no others: two4" alive two4

check "apply: one is" now_denied 1 apply "site add $SERVER6 deny"
check "close denied" mb session close denied
check "it ends the denied one" end_of one6
mb session close denied >"$TMP/said" 2>&1
check "close denied, and none is: says so" test $? = 2 -o -s "$TMP/said"
check "the other has gone on all the time" alive two4
check "its transfer is byte-exact" unharmed two4
look state closed
check "nothing but the three was closed" holds '[.[] | select(.how == "closed")] | length == 3'
topo_down
