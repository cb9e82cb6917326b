#!/bin/bash
# Called by churn with the client's port when nothing comes of a transfer whose socket is still open: what
# hosts and gateway know of it. 44-churn exports what is needed; the result is in $TMP/stuck.told.
PORT=$1

inside() { ip netns exec "$@"; }

# segments CAPTURE PORT N: the last of them; a ring of files, each line has its time
segments()
{
	local file

	for file in "$1"?; do
		tcpdump -tttt -nr "$file" "port $2" 2>/dev/null
	done | sort | tail -n "$3"
}

# host NETNS CAPTURE: its session may live on another connection, whose port nobody has told
host()
{
	local port

	echo "in $1"
	inside "$1" ss -Hatinoe "( sport = :6002 or dport = :6002 )"
	inside "$1" ss -HaMinoe "( sport = :6002 or dport = :6002 )"
	inside "$1" nstat -as 'MPTcp*' TcpExtTCPAbort\* TcpExtTCPKeepAlive TcpExtTCPTimeouts
	inside "$1" ip -s neigh
	inside "$1" ip -6 route show table all
	echo "segments, port $PORT"
	segments "$2" "$PORT" 40
	for port in $JOINS; do
		echo "segments, port $port"
		segments "$2" "$port" 25
	done
}

gateway()
{
	echo "in $NS_G"
	inside "$NS_G" ip -br addr
	inside "$NS_G" ip -s neigh
	inside "$NS_G" cat /proc/net/netfilter/nfnetlink_queue
	inside "$NS_G" conntrack -L 2>/dev/null | grep -e "port=$PORT\b"
	inside "$NS_G" nft list ruleset
	inside "$NS_G" "$MBCTL" -j session list | jq -c '.[]' | grep -e ":$PORT\b" -e "port\":$PORT\b"
	inside "$NS_G" "$MBCTL" stats show
}

sleep 1
# ports of the client's other address, the newest connections
JOINS=$(inside "$NS_C" ss -Hatn "dport = :6002" | grep -o -e '10\.1\.2\.1:[0-9]*' -e 'fd01:2::1\]:[0-9]*' |
	sed 's/.*://' | sort -u | head -n 8)
{
	date
	echo "== port $PORT"
	host "$NS_C" "$TMP/stuck.c.pcap"
	host "$NS_S" "$TMP/stuck.s.pcap"
	gateway
} >>"$TMP/stuck.told" 2>&1
