#!/bin/bash
# The netlink family as its specification has it: the kernel's stock ynl client (linux-source-6.12)
# gets, sets and dumps with it. Transactions of sockets that do not know of each other; input that
# mbctl would never send; who listens to events, and who may not.
. "$(dirname "$0")/lib.sh"

YNL=${MPTCP_MB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mptcp-mb}/ynl-6.12/tools/net/ynl
SPEC=$TOP/docs/netlink/mptcp_mb.yaml
plan 16

# cli ARGS...: the stock client, in the gateway
cli()
{
	ns_g /usr/bin/python3 "$YNL/cli.py" --spec "$SPEC" --no-schema --output-json "$@"
}

# answers TEXT ARGS...: for check; what the client prints holds TEXT
answers()
{
	local text=$1

	shift
	cli "$@" >"$TMP/cli" 2>&1
	cat "$TMP/cli"
	grep -qF -- "$text" "$TMP/cli"
}

# cases NAME: a function of ynl_cases.py, which uses the client's library: Python is slow to start
# where there is no KVM
cases()
{
	PYTHONPATH=$YNL PYTHONDONTWRITEBYTECODE=1 SPEC=$SPEC \
		ns_g /usr/bin/python3 "$SELFTESTS/ynl_cases.py" "$@"
}

seen_by_mbctl()
{
	is 'policy set default deny
policy set reset-rate 7
site add 10.0.0.0/8 port 443 allow comment "by ynl"' "$(mb policy save | grep -E 'default|rate|site')"
}

killed_transaction()
{
	local before pid

	before=$(mb policy save)
	echo "policy set default deny" >"$TMP/statement"
	cases hold >"$TMP/hold" 2>&1 &
	pid=$!
	wait_for 60 grep -q holds "$TMP/hold" || return
	mb policy check "$TMP/statement" && return 1
	pid=$(mb -j status | sed 's/.*"txn_pid":\([0-9]*\).*/\1/')
	kill -9 "$pid"
	wait_for 10 mb policy check "$TMP/statement" || return
	is "$before" "$(mb policy save)"
}

[ -e "$YNL/cli.py" ] || note "$YNL is missing: run tools/netlink/generate --check on the host"
ip netns add "$NS_G"
# shellcheck disable=SC2119	# its arguments would be the module's
load_module || exit

check "get: status" answers '"armed": 0' --do status-get
check "set: a setting" answers null --do policy-set --json '{"settings": {"default": "deny", "reset-rate": 7}}'
check "get: settings" answers '"default": "deny"' --do policy-get
check "set: an entry" answers null --do site-add --json \
	'{"site": {"address": "0a000000", "prefix-len": 8, "port": 443, "action": "allow", "comment": "by ynl"}}'
check "mbctl sees what ynl has set" seen_by_mbctl
mb site add fd00::/8 deny fallback reset
check "dump: entries" answers '"address": "fd00::"' --dump site-get
check "get: an explanation" answers '{"segment": "mp-capable", "verdict": "reset", "cause": "site"}' \
	--do site-get --json '{"site": {"address": "fd000000000000000000000000000001"}}'
check "get: counters" answers '{"id": "exit-plain", "value": 0}' --do stats-get
check "a refusal with its reason" answers 'exists: use replace' --do site-add --json \
	'{"site": {"address": "0a000000", "prefix-len": 8, "port": 443, "action": "deny"}}'
check "transactions of two sockets" cases transaction
check "a process with a transaction is killed: nothing has changed" killed_transaction
check "input that mbctl never sends" cases raw
check "4,000 entries in one dump" cases many
check "events of a changing policy, in order" cases events
check "a listener that is slow holds up nobody" cases slow
check "unprivileged users get neither sessions nor events" cases unprivileged
