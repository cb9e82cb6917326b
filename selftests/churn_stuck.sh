#!/bin/bash
# Called by churn with the client's port when nothing comes of a transfer whose socket is still open: what
# hosts and gateway know of it. 44-churn exports what is needed; the result is in $TMP/stuck.told.
PORT=$1

inside() { ip netns exec "$@"; }

# host NETNS CAPTURE
host()
{
	local file

	echo "in $1"
	inside "$1" ss -Hatinoe "( sport = :$PORT or dport = :$PORT )"
	inside "$1" ss -HaMinoe "( sport = :$PORT or dport = :$PORT )"
	inside "$1" nstat -as 'MPTcp*' TcpExtTCPAbort\* TcpExtTCPKeepAlive TcpExtTCPTimeouts
	inside "$1" ip -s neigh
	# a ring of files: each line has its time
	for file in "$2"?; do
		tcpdump -tttt -nr "$file" "port $PORT" 2>/dev/null
	done | sort | tail -n 60
}

gateway()
{
	echo "in $NS_G"
	inside "$NS_G" ip -s neigh
	inside "$NS_G" cat /proc/net/netfilter/nfnetlink_queue
	inside "$NS_G" conntrack -L 2>/dev/null | grep -e "port=$PORT\b"
	inside "$NS_G" nft list ruleset
	inside "$NS_G" "$MBCTL" -j session list | jq -c '.[]' | grep -e ":$PORT\b" -e "port\":$PORT\b"
	inside "$NS_G" "$MBCTL" stats show
}

sleep 1
{
	echo "== port $PORT"
	host "$NS_C" "$TMP/stuck.c.pcap"
	host "$NS_S" "$TMP/stuck.s.pcap"
	gateway
} >>"$TMP/stuck.told" 2>&1
