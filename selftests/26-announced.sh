#!/bin/bash
# Addresses that a server announces before anything proves its key: in version 0 they are not signed,
# but clients join them at once. All of it crafted, v4 and v6.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"
plan 22

FAR=1500000000			# beyond any window

# refused ADDRESS: for check; a join to it is an orphan
refused_at()
{
	mb stats reset
	play "conn q a $OTHER_C2 $((port += 1)) $1 80" "send q c S join" &&
		counted join-orphan=1 exit-reset-orphan=1 join-known=0
}

# joins_at ADDRESS [reverse]: for check; a join to it, or from it, becomes a subflow
joins_at()
{
	local conn="$OTHER_C2 $((port += 1)) $1 80"

	[ "${2-}" != reverse ] || conn="$1 80 $OTHER_C2 $port reverse"
	mb stats reset
	play "conn q a $conn" "join q" && counted join-known=1 join-orphan=0 subflow-joined=1
}

# half_proven [WORD]: the client's key is, the server's is not
half_proven()
{
	policy default allow orphan reset orphan-grace 0
	begin a x "" "$@"
	play "open x" "send x c PA len=10 dss" "send x s A dss"
}

announcements()
{
	local i

	half_proven v0
	play "send x c A addaddr0=$OTHER_S"
	check "v$F: an address that the client announces for its server" refused_at "$OTHER_S"
	play "send x s A badsum addaddr0=$OTHER_S"
	check "v$F: one in a segment with a wrong checksum" refused_at "$OTHER_S"
	play "send x s A forged seq=+$FAR addaddr0=$OTHER_S"
	check "v$F: one in a segment with numbers of another connection" refused_at "$OTHER_S"
	play "send x s A addaddr0=$OTHER_S"
	check "v$F: what the server announces can be joined" joins_at "$OTHER_S"
	check "v$F: and can join" joins_at "$OTHER_S" reverse
	check "v$F: another address cannot" refused_at "${prefix}1"
	for i in {1..8}; do
		play "send x s A addaddr0=$prefix$i"
	done
	check "v$F: so it is for eight" joins_at "${prefix}7"
	check "v$F: not for a ninth" refused_at "${prefix}8"
	play "send x s PA len=20 dss" "send x c A dss"
	check "v$F: nor matters it once the server's key is proven" joins_at "${prefix}8"
	half_proven
	play "send x s A addaddr0=$OTHER_S"
	check "v$F: in a session of version 1 they are signed, or nothing" refused_at "$OTHER_S"
}

# shellcheck disable=SC2119	# no arguments are meant
load_module
check "topology" each topo_up \
	"ip -n $NS_G route add 192.0.2.0/24 via $SERVER4 dev h1" \
	"ip -n $NS_G route add 2001:db8::/64 via $SERVER6 dev h1"
deaf
check "both hosts are played" play_start
for family in 4 6; do
	family $((10 - family))
	OTHER_S=$S
	if [ "$F" = 4 ]; then
		OTHER_C2=$CLIENT4_2 prefix=192.0.2.
	else
		OTHER_C2=$CLIENT6_2 prefix=2001:db8::
	fi
	family $family
	announcements
done
