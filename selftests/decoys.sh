# Sourced by 09-decoys.sh: the cases, what sends them, and what became of them.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154	# for the test; MAC_... come from topology.sh

CRAFT=$TOP/build/craft
PORT=5001
declare -A NAME=([capable]=MP_CAPABLE [join]=MP_JOIN)
# What M stands for, by kind and family; a join's has the token of a live session.
declare -A SYN=([capable4]=1e040101 [capable6]=1e040101) SYNACK
for family in 4 6; do
	SYNACK[capable$family]=1e0c01010102030405060708
	SYNACK[join$family]=1e101001010203040506070801020304
done

# --- the cases -------------------------------------------------------------------------------

# NAME | OPTION (c MP_CAPABLE, j MP_JOIN) | FAMILY | an endpoint reads it | CRAFT'S OPTIONS
# In the options M stands for the option; N, E and S fill the header to its 40 bytes: with NOPs,
# MP_EXPERIMENTALs of 4 bytes, kind-30 options of 2. "some": endpoints do and do not, kernels differ;
# "sealed": is read, cannot be stripped, must not pass.
CASES='
plain                     | cj | 46 | yes | M
experimental before       | cj | 46 | yes | 1e04f000 M
subtype 9 before          | cj | 46 | yes | 1e049000 M
REMOVE_ADDR before        | cj | 46 | some | 1e044001 M
DSS before                | cj | 46 | some | 1e08200100000001 M
two                       | cj | 46 | yes | M M
v0 before                 | c  | 46 | yes | 1e0c0001 0102030405060708 M
v0 alone                  | c  | 46 | no  | 1e0c0001 0102030405060708
version 2                 | c  | 46 | yes | 1e040201
extensibility flag before | c  | 46 | yes | 1e040141 M
MP_CAPABLE and MP_JOIN    | j  | 46 | no  | 1e040101 M
many experimental before  | cj | 46 | yes | E M
many of length 2 before   | cj | 46 | yes | S M
length 2 before           | cj | 46 | yes | 1e02 M
length 3 before           | cj | 46 | yes | 1e03f0 M
length 2 behind           | cj | 46 | yes | M 1e02
length 1 before           | cj | 46 | no  | 1e01 0101 M
length 1 behind           | cj | 46 | yes | M 1e01
length 0 before           | cj | 46 | no  | 1e00 0101 M
length 0 behind           | cj | 46 | yes | M 1e00
lone kind at the end      | cj | 46 | yes | M 0101011e
overrun before            | cj | 46 | no  | 1e28f000 M
overrun behind            | cj | 46 | yes | M 1e28f000
unknown overruns before   | cj | 46 | no  | fd280000 M
unknown overruns behind   | cj | 46 | yes | M fd280000
after EOL                 | cj | 46 | no  | 00 M
after NOP and EOL         | cj | 46 | no  | 0100 0000 M
EOL and rubbish behind    | cj | 46 | yes | M 00 1e04f0
odd offset                | cj | 46 | yes | 010101 M
end of 60 bytes           | cj | 46 | yes | N M
padded with NOPs          | cj | 46 | yes | 01 M --pad 1
behind the usual options  | cj | 46 | yes | 020405b40402080a0102030400000000 01030307 M
unknown before            | cj | 46 | yes | fd080000000000 00 fe02 M
inside an unknown one     | cj | 46 | no  | fd10 0000 M
beyond the data offset    | cj | 46 | no  | M --doff 5
data in the SYN           | cj | 46 | yes | M --payload 100
odd data in the SYN       | cj | 46 | yes | 01 M --payload 1
PSH URG ECE CWR           | cj | 46 | yes | M --flags SPUEC
SYN and FIN               | cj | 46 | no  | M --flags SF
checksum left to device   | cj | 46 | yes | M --partial
IP options                | cj | 4  | yes | M --ip-options 01010101
record route              | cj | 4  | yes | M --ip-options 07070400000000
router alert              | cj | 4  | yes | M --ip-options 94040000
fragments of 8            | cj | 4  | yes | M --fragment 8
fragments of 8, reverse   | cj | 4  | yes | M --fragment 8 --reverse
fragments of 16           | cj | 4  | yes | M --fragment 16
fragments, 24 and data    | cj | 4  | yes | M --fragment 24 --payload 99
fragments with IP options | cj | 4  | yes | M --fragment 16 --ip-options 01010101
hop-by-hop                | cj | 6  | yes | M --ext hop
destination options       | cj | 6  | yes | M --ext dest
routing, experimental     | cj | 6  | yes | M --ext routing
routing type 0            | cj | 6  | yes | M --ext routing0
routing type 4            | cj | 6  | yes | M --ext routing4
hop, dest, routing, dest  | cj | 6  | yes | M --ext hop,dest,routing0,dest
many headers              | cj | 6  | yes | M --ext hop,DEST,routing,DEST
atomic fragment           | cj | 6  | yes | M --ext frag
headers, atomic fragment  | cj | 6  | yes | M --ext hop,dest,routing,dest,frag
atomic fragment, headers  | cj | 6  | yes | M --ext frag,dest,dest
hop-by-hop not first      | cj | 6  | no  | M --ext dest,hop
fragments of 24           | cj | 6  | yes | 01010101 M --fragment 24
fragments of 24, reverse  | cj | 6  | yes | 01010101 M --fragment 24 --reverse
fragments behind headers  | cj | 6  | yes | 01010101 M --ext hop,routing --fragment 24
headers in a fragment     | cj | 6  | yes | 01010101 M --ext DEST,dest --fragment 144
header chain cut short    | cj | 6  | no  | M --ext dest --fragment 8
fragments of 8, v6        | cj | 6  | no  | M --fragment 8
TCP-AO beside             | cj | 46 | sealed | 1d080102 01020304 M
'
DEST_14=dest$(printf ',dest%.0s' {1..13})

declare -a CASE_NAME CASE_KINDS CASE_FAMILIES CASE_READ CASE_ARGS
read_cases()
{
	local name kinds families reads args

	while IFS='|' read -r name kinds families reads args; do
		[ -n "$name" ] || continue
		CASE_NAME+=("${name%"${name##*[! ]}"}") CASE_KINDS+=("${kinds// }")
		CASE_FAMILIES+=("${families// }") CASE_READ+=("${reads// }")
		CASE_ARGS+=("${args//DEST/$DEST_14}")
	done <<<"$CASES"
}

# case_args OPTION N: REPLY is what craft wants. Here and below no process is started: in a VM each
# takes a while, and there are many cases.
case_args()
{
	local hex rest unit room

	hex=${CASE_ARGS[$2]%%--*}
	rest=${CASE_ARGS[$2]#"$hex"}
	hex=${hex// }
	hex=${hex//M/$1}
	case $hex in
	*N*)	unit=01;;
	*E*)	unit=1e04f000;;
	*S*)	unit=1e02;;
	*)	unit=;;
	esac
	if [ -n "$unit" ]; then
		room=$(((80 - ${#hex} + 1) / ${#unit}))
		printf -v room '%*s' $room ''
		hex=${hex/[NES]/${room// /$unit}}
	fi
	REPLY="--options $hex $rest"
}

# each KINDS COMMAND...: for every case: COMMAND... KIND FAMILY N
each()
{
	local kind family n kinds=$1

	shift
	for kind in $kinds; do
		for n in "${!CASE_NAME[@]}"; do
			[[ ${CASE_KINDS[n]} == *${kind:0:1}* ]] || continue
			for family in 4 6; do
				[[ ${CASE_FAMILIES[n]} != *$family* ]] || "$@" "$kind" $family "$n"
			done
		done
	done
}

# --- sending, and what became of it ----------------------------------------------------------

# sport KIND FAMILY N: REPLY is a port for each phase, kind and case: captures then tell them apart
declare -A AREA=([capable]=0 [join]=100)
sport()
{
	REPLY=$((20000 + phase * 1000 + AREA[$1] + $3))
}

craft_syn()
{
	local c=CLIENT$2 s=SERVER$2 port

	sport "$@"
	port=$REPLY
	case_args "${SYN[$1$2]}" "$3"
	echo "c1 $MAC_c1 $MAC_g1 ${!c} $port ${!s} $PORT --flags S $REPLY"
}

craft_synack()
{
	local c=CLIENT$2 s=SERVER$2 port

	sport "$@"
	port=$REPLY
	case_args "${SYNACK[$1$2]}" "$3"
	echo "s1 $MAC_s1 $MAC_h1 ${!s} $PORT ${!c} $port --flags SA --ack 1 $REPLY"
}

# OUT["PHASE KIND FAMILY N"]: the MPTCP options of the SYN that left towards the server, "plain" if
# it had none, "none" if there was no SYN; its option bytes in OPTS. ANSWER likewise: of the SYN/ACK
# that came back.
declare -A OUT OPTS ANSWER
phase=0

# digest FILE: lines of FAMILY SPORT OUT OPTS ANSWER, from a capture on h1
digest()
{
	"$TOP/build/wire" "$1" | awk -v port=$PORT '
		function get(key) {
			if (!match($0 " ", "(^| )" key "=[^ ]*"))
				return ""
			split(substr($0, RSTART, RLENGTH), pair, "=")
			return pair[2]
		}
		function options() {
			return get("tcpsum") == "bad" ? "bad-checksum" : get("mptcp") == "-" ? "plain" : get("mptcp")
		}
		get("flags") !~ /S/ { next }
		{ family = get("src") ~ /:/ ? 6 : 4 }
		get("dport") == port {
			out[family " " get("sport")] = options()
			opts[family " " get("sport")] = get("opts")
		}
		get("sport") == port { answer[family " " get("dport")] = options() }
		END {
			for (key in out)
				print key, out[key], opts[key], key in answer ? answer[key] : "none"
		}'
}

# send_all PHASE KINDS: these cases, to the server; what the server's counters say in CAPABLE, JOINED
send_all()
{
	local family sport line
	declare -A seen

	phase=$1
	CAPABLE[phase]=$(mib "$NS_S" MPTcpExtMPCapableSYNRX)
	JOINED[phase]=$(mib "$NS_S" MPTcpExtMPJoinSynRx)
	each "$2" craft_syn >"$TMP/send.$phase"
	capture_start "$NS_G" h1 "$TMP/h1.$phase" "ip or ip6" &&
	ns_c "$CRAFT" - <"$TMP/send.$phase" || return
	capture_stop
	CAPABLE[phase]=$(($(mib "$NS_S" MPTcpExtMPCapableSYNRX) - CAPABLE[phase]))
	JOINED[phase]=$(($(mib "$NS_S" MPTcpExtMPJoinSynRx) - JOINED[phase]))
	while read -r family sport line; do
		seen[$family $sport]=$line
	done < <(digest "$TMP/h1.$phase")
	[ ${#seen[@]} -gt 10 ] || { echo "only ${#seen[@]} segments came through"; return 1; }
	each "$2" collect
}
declare -a CAPABLE JOINED

collect()
{
	local key="$phase $*" line

	sport "$@"
	line=${seen["$2 $REPLY"]:-none - none}
	OUT[$key]=${line%% *}
	ANSWER[$key]=${line##* }
	line=${line#* }
	OPTS[$key]=${line% *}
}

# reads PHASE KIND FAMILY N: whether the endpoint took it for MPTCP
reads()
{
	[[ ${ANSWER[$*]} == *${NAME[$2]}* ]]
}
