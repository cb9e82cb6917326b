#!/bin/bash
# A server under SYN cookies makes an MPTCP session from the third ACK alone: it must not get one
# past a denied site whose SYN had been stripped. v4 and v6.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
plan 14

# handshake PORT: a client that insists. SYN with MP_CAPABLE; then, with the server's sequence
# number from the SYN/ACK, an ACK with both keys, of which the server's is made up: another each
# time, for a key makes a token, and a token is one session's
handshake()
{
	local seq

	watch
	from_c "$1" 5001 --options 1e040101 --seq 1000
	unwatch
	find c1 flags=SA "dport=$1"
	seq=$(xfer_get seq "${FOUND[0]}")
	[ -n "$seq" ] || return
	watch
	from_c "$1" 5001 --flags A --seq 1001 --ack $(((seq + 1) & 0xffffffff)) \
		--options "1e140101 1111111122222222 33333333444$F$1"
	unwatch
}

sessions()
{
	mib "$NS_S" MPTcpExtMPCapableACKRX
}

# grown BEFORE BY: for check
grown()
{
	is "$2" $(($(sessions) - $1))
}

# shellcheck disable=SC2119	# no arguments are meant
load_module
topo_up
# the client's kernel knows nothing of the connections and must not reset them
ns_c nft -f - <<-'N'
	table inet deaf {
		chain pre {
			type filter hook prerouting priority raw
			tcp sport 5001 drop
		}
	}
N
xfer_serve -4 -p 5001
xfer_serve -6 -p 5001
ns_s sysctl -qw net.ipv4.tcp_syncookies=2
for family in 4 6; do
	family $family
	mb policy flush
	before=$(sessions)
	check "v$F: no policy: SYN/ACK and ACK" handshake 7001
	check "v$F: no policy: the server makes a session of it" wait_for 5 grown "$before" 1

	before=$(sessions)
	policy default deny fallback strip
	check "v$F: denied: SYN/ACK and ACK" handshake 7002
	check "v$F: denied: the server is told" seen 1 s1 dport=5001 sport=7002 flags=RA opts=1e048003
	check "v$F: denied: and gets no MPTCP option" seen 0 s1 sport=7002 "opts=.*1e14.*"
	check "v$F: denied: it makes no session" grown "$before" 0
	check "v$F: denied: counted" counted exit-strip-default=1 exit-reset-default=1
done
