# Sourced by 40-evasion.sh: the network beside topology.sh's, the phases, and what the judges say.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154	# for the test; MAC_... come from topology.sh

EVADE=$TOP/build/evade
SEED=${MB_SEED:-8684}
if [ -n "$MB_FULL" ]; then
	COUNT=24000
else
	COUNT=2000
fi
HOSTS=9				# the client's addresses, one for each phase: 10 and so on

# --- the network -----------------------------------------------------------------------------

# A VLAN on both sides of the gateway: the client sends tagged frames itself.
vlan_up()
{
	local netns dev

	for netns in "$NS_G g1" "$NS_G h1" "$NS_S s1"; do
		dev=${netns#* }
		ip -n "${netns% *}" link add link "$dev" name "$dev.7" type vlan id 7 || return
		ip -n "${netns% *}" link set "$dev.7" up || return
	done
	ip -n "$NS_G" -batch - <<-B &&
		addr add 10.1.7.254/24 dev g1.7
		addr add fd01:7::fe/64 dev g1.7 nodad
		addr add 10.2.7.254/24 dev h1.7
		addr add fd02:7::fe/64 dev h1.7 nodad
		neigh add 10.2.7.1 lladdr $MAC_s1 dev h1.7 nud permanent
		neigh add fd02:7::1 lladdr $MAC_s1 dev h1.7 nud permanent
	B
	ip -n "$NS_S" -batch - <<-B
		addr add 10.2.7.1/24 dev s1.7
		addr add fd02:7::1/64 dev s1.7 nodad
	B
}

# Whoever the client claims to be, what is for it goes there.
hosts_up()
{
	local host

	for ((host = 10; host < 10 + HOSTS; host++)); do
		printf 'neigh add %s lladdr %s dev %s nud permanent\n' \
			10.1.1.$host "$MAC_c1" g1 "fd01:1::$(printf %x $host)" "$MAC_c1" g1 \
			10.1.7.$host "$MAC_c1" g1.7 "fd01:7::$(printf %x $host)" "$MAC_c1" g1.7
	done | ip -n "$NS_G" -batch -
}

# The client's kernel must not answer for it, nor route what it does not know.
client_deaf()
{
	ns_c nft -f - <<-'N'
		table inet deaf {
			chain pre {
				type filter hook prerouting priority raw
				tcp dport < 32000 drop
			}
		}
	N
}

# Room for thousands of requests, of which none is answered or repeated. 0x403: any listener takes TCP Fast
# Open's cookies. Without asking for a right one (0x200 more) a listener of Linux 6.12 that closes what such a
# SYN began frees it twice ("refcount_t: underflow" in inet_release): a fault of its MPTCP, not looked for here.
server_room()
{
	ns_s sysctl -qew net.ipv4.tcp_max_syn_backlog=1000000 net.core.somaxconn=65535 \
		net.ipv4.tcp_syncookies=0 net.ipv4.tcp_synack_retries=0 net.ipv4.tcp_syn_retries=1 \
		net.ipv4.tcp_fastopen=0x403 net.mptcp.close_timeout=1 \
		net.ipv6.conf.all.seg6_enabled=1 net.ipv6.conf.s1.seg6_enabled=1 \
		net.ipv4.ipfrag_time=2 net.ipv6.ip6frag_time=2
	ns_g sysctl -qew net.ipv4.ipfrag_time=2 net.ipv6.ip6frag_time=2 net.netfilter.nf_conntrack_frag6_timeout=2
	sysctl -qew net.core.netdev_max_backlog=100000 net.ipv4.tcp_max_orphans=100000 \
		net.netfilter.nf_conntrack_max=400000
	ip -n "$NS_C" mptcp endpoint flush
}

# far_capture FILE: all that the server sees and says; lib.sh's has room for fewer
far_capture()
{
	ip netns exec "$NS_S" tcpdump -Z root --immediate-mode -B 65536 -s 2000 -Uni s1 -w "$1" \
		"greater 1" 2>"$TMP/tcpdump.s1" &
	CAPTURES+=("$!:$1")
	wait_for 20 grep -q listening "$TMP/tcpdump.s1"
}

serve()
{
	ip netns exec "$NS_S" "$EVADE" serve >"$TMP/served" 2>&1 &
	wait_for 20 grep -q ^ready "$TMP/served" && return
	cat "$TMP/served"
	return 1
}

# sessions: two new ones that stay; TOKEN[4] and TOKEN[6] are what a join to them names
declare -A TOKEN
sessions()
{
	local family s n

	for family in 4 6; do
		s=SERVER$family
		n=$(grep -c "^token$family" "$TMP/served")
		ip netns exec "$NS_C" "$EVADE" hold "${!s}" >"$TMP/held" 2>&1 &
		wait_for 20 more_tokens $family "$n" || { cat "$TMP/held" "$TMP/served"; return 1; }
		TOKEN[$family]=$(sed -n "s/^token$family //p" "$TMP/served" | tail -n 1)
	done
}

# known_sessions: the same, under a policy
known_sessions()
{
	apply "policy set default allow" && sessions
}

more_tokens() { [ "$(grep -c "^token$1" "$TMP/served")" -gt "$2" ]; }

# --- the phases ------------------------------------------------------------------------------

# received: frames that the gateway received from the client
received() { ip -n "$NS_G" -s -j link show g1 | jq '.[0].stats64.rx.packets'; }

# send_variants PHASE: for check; none is lost before the gateway; CAPABLE and JOINED: what the server's
# counters say of it
declare -a CAPABLE JOINED
send_variants()
{
	local phase=$1 before sent received

	CAPABLE[phase]=$(mib "$NS_S" MPTcpExtMPCapableSYNRX)
	JOINED[phase]=$(mib "$NS_S" MPTcpExtMPJoinSynRx)
	before=$(received)
	sent=$(ns_c "$EVADE" send "$SEED" 0 "$COUNT" "$phase" "${TOKEN[4]}" "${TOKEN[6]}" c1 "$MAC_c1" "$MAC_g1" \
		"/run/netns/$NS_S") || return
	sleep 0.2
	CAPABLE[phase]=$(($(mib "$NS_S" MPTcpExtMPCapableSYNRX) - CAPABLE[phase]))
	JOINED[phase]=$(($(mib "$NS_S" MPTcpExtMPJoinSynRx) - JOINED[phase]))
	FRAMES=${sent#sent }
	received=$(($(received) - before))
	[ "$received" -ge "$FRAMES" ] || is "$FRAMES" "$received"
}

# nft_rules [RULE]: what a user of nftables would write: joins refused, all else stripped
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

# With conntrack, whose defragmentation any rule of its kind brings
xt_rules()
{
	local tool

	modprobe -qa xt_tcpudp xt_TCPOPTSTRIP xt_conntrack
	for tool in iptables-legacy ip6tables-legacy; do
		ns_g $tool -t mangle -A FORWARD -m conntrack --ctstate INVALID &&
		ns_g $tool -t mangle -A FORWARD -p tcp -j TCPOPTSTRIP --strip-options 30 || return
	done
}

xt_flush()
{
	ns_g iptables-legacy -t mangle -F && ns_g ip6tables-legacy -t mangle -F
}

# --- the judges ------------------------------------------------------------------------------

# what_tshark_reads CAPTURE: to $TMP/tshark. Its start takes long in an emulated guest, its memory is for a
# phase of the full size.
what_tshark_reads()
{
	local file files

	"$EVADE" split "$1" "$TMP/phase" || return
	files=("$TMP"/phase.*)
	if [ -z "$MB_FULL" ]; then
		mergecap -a -F pcap -w "$TMP/all" "${files[@]}" || return
		files=("$TMP/all")
	fi
	for file in "${files[@]}"; do
		tshark -n -r "$file" -o tcp.analyze_sequence_numbers:FALSE -o tcp.desegment_tcp_streams:FALSE \
			-Y 'tcp && !tcp.short_segment && !icmp && !icmpv6' -T fields -E occurrence=a \
			-e ip.src -e ipv6.src -e tcp.srcport -e tcp.flags -e tcp.options.mptcp.subtype \
			2>"$TMP/tshark.err" || { cat "$TMP/tshark.err"; return 1; }
	done >"$TMP/tshark"
	rm -f "$TMP"/phase.*
}

# judges CAPTURE PHASE...: SAYS[PHASE] is what evade judge says of it; $TMP/list has each variant
declare -a SAYS
judges()
{
	local capture=$1 line

	shift
	what_tshark_reads "$capture" &&
	"$EVADE" judge "$SEED" "$COUNT" "$capture" "$TMP/tshark" "$TMP/list" "$@" >"$TMP/says" || return
	while read -r line; do
		[[ $line =~ ^phase=([0-9]+) ]] && SAYS[BASH_REMATCH[1]]=$line
	done <"$TMP/says"
	cp "$TMP/list" "$TMP/says" /out/ 2>/dev/null
	[ ${#SAYS[@]} = $# ]
}

# says PHASE KEY: REPLY is the number
says()
{
	[[ ${SAYS[$1]} =~ \ $2=([0-9]+) ]] && REPLY=${BASH_REMATCH[1]}
}

# none PHASE KEY...: for check; or which variants they are
none()
{
	local phase=$1 key bad=0 index rest pattern

	shift
	for key; do
		says "$phase" "$key" || return
		[ "$REPLY" = 0 ] || { echo "$key: $REPLY"; bad=1; }
		case $key in
		any | faithful*)	pattern+="|:MP_";;
		left)			pattern+="|kind-30";;
		late | lost)		pattern+="|$key";;
		spoiled)		pattern+="|sealed";;
		*)			pattern+="|${key/.*/:MP_}";;
		esac
	done
	pattern=${pattern#|}
	[ $bad = 1 ] || return 0
	grep -E "^$phase .*($pattern)" "$TMP/list" | head -n 20 | while read -r _ index rest; do
		echo "$rest"
		"$EVADE" show "$SEED" "$index"
	done
	return 1
}

# some PHASE KEY AT-LEAST: for check
some()
{
	says "$1" "$2"
	[ "$REPLY" -ge "$3" ] || { echo "$2 is $REPLY, want at least $3"; return 1; }
}
