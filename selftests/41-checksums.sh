#!/bin/bash
# timeout: 300
# Checksums of what was rewritten or injected, computed in full behind our hook, where segments leave, and
# on the far side (selftests/ipsum): whatever state they came in, shared or not, GSO or not, put
# together from fragments or merged on receipt, at odd offsets; a wrong one stays as wrong. No cell of
# the table may be empty. Then real hosts, whose own counters tell. MB_FULL=1: in each state both before
# and after defragmentation.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/sessions.sh
. "$SELFTESTS/sessions.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
ROUNDS="early-none late-unnecessary late-partial late-complete"
[ -z "$MB_FULL" ] || ROUNDS=$(echo {early,late}-{none,unnecessary,partial,complete})
read -ra rounds <<<"$ROUNDS"
plan $((51 + 7 * ${#rounds[@]}))

IPSUM_KO=$TOP/build/$(uname -r)/ipsum/mb_ipsum.ko
IPSUM=/sys/kernel/debug/mb_ipsum
KINDS="syn synack hmac v0 mixed"
HMAC=1122334455667788
V0=1e0834020a020202
JUDGED=0 WRONG=0

# judge NETNS WHAT HOW...: of ipsum's control
judge()
{
	echo "${*:2}" | in_ns "$1" tee $IPSUM/control >/dev/null
}

# --- what is sent ------------------------------------------------------------------------------

# kind | flags | options | at odd offsets
kinds()
{
	cat <<-E
	syn|S|$MPC|01${MPC}1e05f0aabb0101
	synack|SA|020405b4$MPC_SYNACK|01${MPC_SYNACK}
	hmac|A|$DSS$ADD_ADDR$HMAC|01$ADD_ADDR${HMAC}010101
	v0|A|$V0$DSS|01$V0$DSS
	mixed|A|$DSS$V0$ADD_ADDR$HMAC|01$V0$ADD_ADDR$HMAC$DSS
	E
}

# segments ADDRESS: craft's calls for all that is rewritten on the way there
segments()
{
	local to="c1 $MAC_c1 $MAC_g1 $C" flags even odd n=${SPORT:-1000} more="--ip-options 01010101"

	[ "$F" = 4 ] || more="--ext dest"
	while IFS='|' read -r _ flags even odd; do
		cat <<-E
		$to $((n + 1)) $1 80 --flags $flags --options $even --payload 5
		$to $((n + 2)) $1 80 --flags $flags --options $odd --payload 301
		$to $((n + 3)) $1 80 --flags $flags --options $odd --payload 8 --partial
		$to $((n + 4)) $1 80 --flags $flags --options $even --payload 2 $more
		$to $((n + 5)) $1 80 --flags $flags --options $even --payload 301 --fragment 24
		$to $((n + 6)) $1 80 --flags $flags --options $odd --payload 100 --fragment 48 --reverse
		$to $((n + 7)) $1 80 --flags $flags --options $even --payload 250 --gso 100
		$to $((n + 8)) $1 80 --flags $flags --options $odd --payload 251 --gso 100
		$to $((n + 9)) $1 666 --flags $flags --options $even --payload 9 --bad-checksum
		$to $((n + 10)) $1 666 --flags $flags --options $odd --payload 90 --bad-checksum
		E
		n=$((n + 20))
	done < <(kinds)
}

# joins ADDRESS: what is answered by resets
joins()
{
	local to="c1 $MAC_c1 $MAC_g1 $C"

	cat <<-E
	$to 3001 $1 80 --options 1e0c10020102030405060708
	$to 3002 $1 80 --flags SA --options 1e1010020102030405060708090a0b0c --ack 9
	E
}

lists()
{
	local family

	for family in 4 6; do
		family $family
		SPORT=1000 segments "$S"
		SPORT=2000 segments "$GC"
		joins "$S"
	done >"$TMP/sent"
	BAD=$(grep -c bad-checksum "$TMP/sent")
}

# --- what must have been seen --------------------------------------------------------------------

# take NAME: what was counted since the last time, as the round's
take()
{
	sleep 0.1
	cat $IPSUM/counts >"$TMP/round.$1"
	JUDGED=$((JUDGED + $(figures "$1" seen)))
	WRONG=$((WRONG + $(figures "$1" wrong)))
}

# figures ROUND seen|wrong: judged behind the gateway's hook, or on the far side
figures()
{
	awk -v field="$2" '/place=(forward|in|out|far) / {
		for (i = 1; i <= NF; i++)
			if (index($i, field "=") == 1)
				n += substr($i, length(field) + 2)
	} END { print n + 0 }' "$TMP/round.$1"
}

# right ROUND: for check; all are as they should be
right()
{
	grep -q seen= "$TMP/round.$1" && ! grep -v ' wrong=0$' "$TMP/round.$1" && return
	dmesg | grep 'mb_ipsum: ' | tail -n 20
	return 1
}

# cells ROUND PLACE KINDS SUMMED GSO FIELD...: for check; in each cell of the table each of these counts
# something. SUMMED "any", GSO "any": any of them. alone: seen without being cloned
cells()
{
	awk -v place="$2" -v kinds="$3" -v summed="$4" -v gso="$5" -v fields="${*:6}" '
		{
			delete v
			for (i = 1; i <= NF; i++) {
				split($i, pair, "=")
				v[pair[1]] = pair[2]
			}
			v["alone"] = v["seen"] - v["cloned"]
			if (v["place"] != place || (summed != "any" && v["summed"] != summed) ||
			    (gso != "any" && v["gso"] != gso))
				next
			for (name in v)
				n[v["kind"] " " v["family"] " " name] += v[name]
		}
		END {
			nk = split(kinds, k, " ")
			nf = split(fields, f, " ")
			for (i = 1; i <= nk; i++)
				for (family = 4; family <= 6; family += 2)
					for (j = 1; j <= nf; j++)
						if (n[k[i] " " family " " f[j]] + 0 < 1) {
							print place, k[i], "IPv" family, summed, "gso=" gso ": none " f[j]
							bad = 1
						}
			exit bad
		}' "$TMP/round.$1" && return
	grep "place=$2 " "$TMP/round.$1"
	return 1
}

# --- rounds --------------------------------------------------------------------------------------

# pass ROUND HOW...: everything once for itself, once shared; HOW is for the judge
pass()
{
	local clone

	CSUM_ERRORS=$(mib "$NS_G" TcpInCsumErrors)
	judge "$NS_G" reset all early as-is late as-is "${@:2}"
	for clone in 0 1; do
		judge "$NS_G" clone $clone
		craft_in "$NS_C" - <"$TMP/sent" || return
		sleep "$HELD"
	done
	take "$1"
	CSUM_ERRORS=$(($(mib "$NS_G" TcpInCsumErrors) - CSUM_ERRORS))
}

# came HOW WORD: IN, FORWARD and FAR are the states that segments are in there
came()
{
	IN=$2 FORWARD=$2
	# as ip_forward() has it
	[ "$1 $2" != "early complete" ] || FORWARD=none
	FAR=$FORWARD
	[ "$FORWARD" != complete ] || FAR=none
}

# round early|late WORD DEVICES: DEVICES is on, or off: with those that compute and cut nothing
round()
{
	local name="$1-$2-$3" what="$1 $2, devices' offloads $3" more="bad" bad=$BAD

	came "$1" "$2"
	check "$what: sent" pass "$name" "$1" "$2"
	check "$what: forwarded and received: single ones, shared and not, at odd offsets" \
		both_places "$name" 0 cloned alone odd
	check "$what: GSO" both_places "$name" 1 cloned alone odd
	# no sender leaves a wrong one so, nor the checksum of a fragment
	[ "$2" = partial ] && more=
	[ "$1 $2" = "early partial" ] || more="$more frag"
	# shellcheck disable=SC2086	# words
	check "$what: wrong before, and in fragments" both_places "$name" 0 ${more:-seen}
	check "$what: leaving, cut, arriving; and resets" beyond "$name" "$3"
	check "$what: all as they should be" right "$name"
	[ "$2" != unnecessary ] || bad=0
	check "$what: TCP believes all but the wrong ones" is "$bad" "$CSUM_ERRORS"
}

# both_places ROUND GSO FIELD...
both_places()
{
	cells "$1" forward "$KINDS" "$FORWARD" "${@:2}" && cells "$1" in "$KINDS" "$IN" "${@:2}"
}

# beyond ROUND DEVICES
beyond()
{
	cells "$1" post "$KINDS" "$FORWARD" any seen && cells "$1" cut "$KINDS" any 1 seen &&
	cells "$1" post rst none 0 seen && cells "$1" far rst none 0 seen || return
	if [ "$2" = on ]; then
		cells "$1" far "$KINDS" "$FAR" 0 seen && cells "$1" far "$KINDS" any 1 seen
	else
		# the device got them complete
		cells "$1" far "$KINDS" "${FAR/partial/none}" 0 seen
	fi && cells "$1" far "$KINDS" any 0 bad frag
}

# --- merged on receipt -------------------------------------------------------------------------------

merging()
{
	local family to flags odd n=4001

	for family in 4 6; do
		family $family
		[ "$1" = forwarded ] && to=$S || to=$GC
		while IFS='|' read -r _ flags _ odd; do
			[ "$flags" = A ] || continue
			echo "c1 $MAC_c1 $MAC_g1 $C $((n += 1)) $to 80 --flags A --options $odd --payload 100 --segments 2"
		done < <(kinds)
	done >"$TMP/sent"
}

# merged NAME PLACE SUMMED HOW...: for check; they are merged if they arrive at once: on a busy machine not always
merged()
{
	for _ in 1 2 3 4 5 6 7 8; do
		pass "$1" "${@:4}" || return
		! cells "$1" "$2" "hmac v0 mixed" "$3" 1 cloned alone odd >/dev/null || break
	done
	cells "$1" "$2" "hmac v0 mixed" "$3" 1 cloned alone odd && right "$1" && is 0 "$CSUM_ERRORS"
}

# The last one waits for more, for gro_flush_timeout.
HELD=0
gro()
{
	HELD=0.3
	# what comes from a device that could send it as one is not merged
	ip netns exec "$NS_C" ethtool -K c1 tso off >/dev/null
	ns_g ethtool -K g1 gro on >/dev/null
	ip netns exec "$NS_G" bash -c 'echo 100000000 >/sys/class/net/g1/gro_flush_timeout'
	merging forwarded
	check "merged on receipt: as they come" merged gro forward partial
	check "merged on receipt: none" merged gro-none forward none early none
	check "merged on receipt: unnecessary" merged gro-unnecessary forward unnecessary early unnecessary
	check "merged on receipt: complete" merged gro-complete forward complete late complete
	ns_g ethtool -K g1 rx-gro-list on >/dev/null
	check "merged on receipt into a list, where TCP's are" merged list forward any
	merging received
	check "merged on receipt into a list, for the gateway" merged list-in in any
	ns_g ethtool -K g1 rx-gro-list off gro off >/dev/null
	HELD=0
}

# --- real hosts --------------------------------------------------------------------------------------

# errors NETNS: segments that TCP did not believe
errors()
{
	echo "$(mib "$1" TcpInCsumErrors) $(mib "$1" TcpInErrs)"
}

falls_back()
{
	transfer "$F" --bytes 20000 && xfer_is fallback=yes
}

from_gateway()
{
	xfer_server "-$F" || return
	in_ns "$NS_G" "$XFER_BIN" client "$S" 5001 --bytes 2000
	xfer_server_end
}

# closes: for check; a session whose server announces an address, and which is closed
closes()
{
	pair a "$S" 5001 --rate 1000000 --duration 60 || return
	soon '.[0].state == "confirmed"' client "$C" || return
	wait_for 10 announced
	mb session close client "$C" && { pair_end a; is ECONNRESET "$(xfer_get error "$CLIENT")"; }
}

announced() { [ "$(counter exit-neutralised)" -gt 0 ]; }

# real WORD
real()
{
	local what="real hosts, $1" netns

	judge "$NS_G" reset all early as-is late "$1" clone 1
	for family in 4 6; do
		family $family
		fresh "policy set default deny fallback strip local on"
		check "$what: v$F: falls back" falls_back
		check "$what: v$F: the gateway's own connection" from_gateway
		fresh "policy set default allow add-addr block local on"
		check "$what: v$F: is closed" closes
		check "$what: v$F: addresses were announced" announced
	done
	take "real-$1"
	check "$what: SYNs, addresses, the gateway's own" real_cells "real-$1"
	check "$what: MP_FASTCLOSE arrives" cells "real-$1" far fastclose none 0 seen
	check "$what: all as they should be" right "real-$1"
	for netns in "$NS_C" "$NS_S"; do
		check "$what: hosts believe every segment" is "0 0" "$(errors "$netns")"
	done
	check "$what: so does the gateway" is "$OWN_ERRORS" "$(errors "$NS_G")"
}

real_cells()
{
	cells "$1" forward "syn hmac" any 0 cloned && cells "$1" out syn partial 0 cloned &&
	cells "$1" far "syn hmac" any 0 seen
}

# ---------------------------------------------------------------------------------------------------

load_ipsum() { insmod "$IPSUM_KO"; }

unload_ipsum()
{
	topo_down
	rmmod mptcp_mb && rmmod mb_ipsum
}

# shellcheck disable=SC2119	# no arguments are meant
load_module
check "the judge is loaded" load_ipsum
topo_up servers=2
deaf
lists
judge "$NS_C" far 1
judge "$NS_S" far 1
judge "$NS_G" gateway 1
policy default deny fallback strip add-addr block local on reset-rate 100000
for how in "${rounds[@]}"; do
	round "${how%-*}" "${how#*-}" on
done
gro
lists
topo_offload_off
# but for whom they are sent by, else it cuts them itself
ip netns exec "$NS_C" ethtool -K c1 tx on sg on tso on gso on >/dev/null
round early none off
round late partial off
hear
OWN_ERRORS=$(errors "$NS_G")
real none
real complete
check "the judge is unloaded" unload_ipsum
check "nothing was wrong" is 0 "$WRONG"
note "figure checksums.segments $JUDGED"
note "figure checksums.wrong $WRONG"
