#!/bin/bash
# Good input that is easily taken wrong: a policy comes back as it went in, by hand, from a file or from a
# list; each entry is deleted by its own words alone; JSON parses.
. "$(dirname "$0")/lib.sh"
plan 9

tricky_policy()
{
	cat <<-'P'
		policy set mode observe
		policy set default deny
		policy set fallback drop
		policy set join reset
		policy set orphan drop
		policy set orphan-grace 1h1m1s
		policy set add-addr block
		policy set midstream reset
		policy set malformed strip
		policy set local on
		policy set reset-rate 0
		policy set max-sessions 4194304
		policy set session-timeout 24d20h31m23s
		policy set share-mark 0xff00
		site add any deny fallback reset comment "\"quoted\" and \\ # no comment"
		site add fd00::/8 allow join accept override comment " blanks at both ends "
		site add 10.0.0.0/8 from 10.9.0.0/16 port 443 mark 0x1/0xff ctmark 0x0/0x80000000 allow join drop
		site add 0.0.0.0/0 allow
		site add 10.0.0.1 deny timeout 86400 comment "grün € 'x' $y `z`"
		site add ::/0 from fd09::1 deny
		site add 10.0.0.0/8 mark 0xffffffff deny comment "#"
		site add any from 10.9.0.0/16 allow comment "\\"
		site add any from fd09::/16 allow comment "\""
	P
}

identity()
{
	tricky_policy >"$TMP/p"
	mb policy apply "$TMP/p" || return
	mb policy save | sed 's/timeout 86[0-9]*/timeout 86400/' >"$TMP/saved"
	diff "$TMP/p" "$TMP/saved" || return
	mb policy save | mb policy apply - >"$TMP/changes" || return
	is "no change" "$(cat "$TMP/changes")" || return
	mb policy save | sed 's/timeout 86[0-9]*/timeout 86400/' >"$TMP/saved"
	diff "$TMP/p" "$TMP/saved"
}

# one site entry after the other, typed by hand, makes the same policy
identity_by_hand()
{
	local line

	mb policy flush
	while IFS= read -r line; do
		eval "mb ${line//[\`\$]/\\&}" || return
	done <"$TMP/p"
	mb policy save | sed 's/timeout 86[0-9]*/timeout 86400/' >"$TMP/saved"
	diff "$TMP/p" "$TMP/saved"
}

told_changes()
{
	printf '%s\n' 'policy set default allow' 'site add any allow' 'site add 10.0.0.0/8 deny' >"$TMP/f"
	mb policy apply "$TMP/f" >/dev/null || return
	printf '%s\n' 'policy set default deny reset-rate 5' 'site add any allow' \
		'site add 10.0.0.0/8 allow' 'site add fd00::/8 allow' >"$TMP/f"
	mb policy "$1" "$TMP/f" >"$TMP/changes" || return
	is 'default allow -> deny
reset-rate 1000 -> 5
sites 2 -> 3 (+2 -1)' "$(cat "$TMP/changes")" || return
	is "$2" "$(mb policy save | grep -c '^site add')"
}

# left_over N: the entries are the lines of f, without the first N
left_over()
{
	is "$(tail -n +$(($1 + 1)) "$TMP/f")" "$(mb policy save | grep ^site)"
}

# del takes away the entry that has just these qualifiers, and no other
deletes()
{
	local net client q i=0
	local -a keys=()

	mb policy flush
	for net in 10.0.0.0/8 fd00::/8; do
		client=10.9.0.0/16
		[ $net = 10.0.0.0/8 ] || client=fd09::/16
		for q in "" "port 443" "from $client" "mark 0x1/0xff" "ctmark 0x2" override \
			"from $client port 443 mark 0x1 ctmark 0x0/0xf0 override"; do
			keys+=("$net${q:+ $q}")
		done
	done
	keys+=(any "any from fd09::/16")
	printf 'site add %s deny\n' "${keys[@]}" | sed 's/ override deny/ deny override/' >"$TMP/f"
	mb policy apply "$TMP/f" >/dev/null || return
	while [ $i -lt ${#keys[@]} ]; do
		# shellcheck disable=SC2086	# words
		mb site del ${keys[i]} || return
		left_over $((++i)) || return
	done
}

import_list()
{
	printf '# a list\n10.0.0.0/8\n\n  fd00::/8 # six\n203.0.113.7\n' >"$TMP/list"
	mb policy flush
	mb site import "$TMP/list" deny fallback drop comment "a b" || return
	is '10.0.0.0/8 fd00::/8 203.0.113.7' \
		"$(mb policy save | awk '/deny fallback drop comment "a b"/ { print $3 }' | xargs)" || return
	echo 'site import list allow' >"$TMP/f"
	mb policy apply "$TMP/f" && is 3 "$(mb policy save | grep -c '^site.*allow$')"
}

# What each of them prints is one JSON value with what scripts rely on.
json()
{
	mb policy apply "$TMP/p" >/dev/null
	{
		mb -j status && mb -j policy show && mb -j site list && mb -j stats show &&
		mb -j site get 10.0.0.1 from 10.9.0.1 port 443 mark 1 && mb -j policy check "$TMP/initial" &&
		mb policy flush && mb -j site list && mb -jp status | tr -d '\n' && echo
	} >"$TMP/json" || return
	cat "$TMP/json"
	/usr/bin/python3 - "$TMP/json" <<-'P'
		import json, sys
		status, policy, sites, stats, get, check, none, pretty = map(json.loads, open(sys.argv[1]))
		assert status["armed"] is True and status["sites"] == 9 and "forward4" in status["hooks"]
		assert policy == {"mode": "observe", "default": "deny", "fallback": "drop", "join": "reset",
		    "orphan": "drop", "orphan-grace": 3661, "add-addr": "block", "midstream": "reset",
		    "malformed": "strip", "local": True, "reset-rate": 0, "max-sessions": 4194304,
		    "session-timeout": 2147483, "share-mark": "0xff00"}
		assert status["sessions"] == 0 and status["max-sessions"] == 4194304 and status["impaired"] is False
		assert [s["prefix"] for s in sites][:4] == ["any", "fd00::/8", "10.0.0.0/8", "0.0.0.0/0"]
		assert sites[0]["comment"] == '"quoted" and \\ # no comment'
		assert sites[1]["override"] is True and sites[1]["join"] == "accept"
		assert sites[2]["mark"] == "0x1/0xff" and sites[2]["ctmark"] == "0x0/0x80000000"
		assert sites[2]["from"] == "10.9.0.0/16" and sites[2]["port"] == 443 and sites[2]["hits"] == 0
		assert 86000 < sites[4]["timeout"] <= 86400
		assert stats["seen"] == 0 and stats["exit-plain"] == 0 and stats["reset-limited"] == 0
		assert get["site"]["prefix"] == "10.0.0.1" and get["mode"] == "observe"
		assert get["outcome"]["mp-capable"] == {"verdict": "drop", "cause": "site"}
		assert [b["why"] for b in get["beaten"]] == ["its prefix is shorter"] * 3
		assert check["dry_run"] is True and check["sites"] == {"before": 9, "after": 0, "added": 0, "removed": 9}
		assert check["settings"]["local"] == {"before": True, "after": False}
		assert check["settings"]["share-mark"] == {"before": "0xff00", "after": "0x0"}
		assert check["settings"]["orphan-grace"] == {"before": 3661, "after": 600}
		assert check["sessions-denied"] == 0
		assert none == [] and pretty["armed"] is False
	P
}

# 10,000 sites load, as a file and as a list, and come back in their order
many()
{
	awk 'BEGIN { for (i = 0; i < 10000; i++)
		printf "site add 10.%d.%d.0/24 allow\n", i / 256, i % 256 }' >"$TMP/many"
	mb policy apply "$TMP/many" || return
	mb policy save | grep ^site >"$TMP/saved"
	cmp "$TMP/many" "$TMP/saved" || return
	mb site flush && sed -n 's/site add \(.*\) allow/\1/p' "$TMP/many" | mb site import - allow || return
	mb policy save | grep ^site >"$TMP/saved"
	cmp "$TMP/many" "$TMP/saved"
}

echo "policy set default allow" >"$TMP/initial"
ip netns add "$NS_G"
check "the module is loaded" load_module

check "save and apply change nothing" identity
check "typed by hand it is the same" identity_by_hand
check "check tells the changes" told_changes check 2
check "apply tells the changes" told_changes apply 3
check "import" import_list
check "del" deletes
check "JSON" json
check "10,000 sites" many
