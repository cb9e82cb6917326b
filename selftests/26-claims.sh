#!/bin/bash
# A client that claims another server's key, for its server or as its own, to join that one in the name of
# an allowed session. What proves the server's key, and what may be joined before. All of it crafted,
# v4 and v6.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"
plan 70

FAR=1500000000			# beyond any window
SERVER="server-key-proven"

strict() { policy default allow orphan reset orphan-grace 0; }

# prefix: of addresses behind the server, of the other family, as those that begin with OTHER are; near: of
# this one

# refused_at ADDRESS: for check; a join to it is an orphan
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
	strict
	begin a x "" "$@"
	play "open x" "send x c PA len=10 dss" "send x s A dss"
}

# refused_from ADDRESS ADDRESS, joins_from: for check; a join that the server opens, to the client
refused_from()
{
	mb stats reset
	play "conn q a $1 80 $2 $((port += 1)) reverse" "send q c S join" &&
		counted join-orphan=1 exit-reset-orphan=1 join-known=0
}

joins_from()
{
	mb stats reset
	play "conn q a $1 80 $2 $((port += 1)) reverse" "join q" &&
		counted join-known=1 join-orphan=0 subflow-joined=1
}

# --- what proves the server's key ------------------------------------------------------------------

proofs()
{
	local i

	half_proven
	play "send x s PA len=20 forged dsn=+20000000 dss"
	check "v$F: data far from what the key says" known a no-flag=$SERVER
	play "send x s PA len=20 forged back dss"
	check "v$F: from where the client is" known a no-flag=$SERVER
	play "send x s A forged back addaddr"
	check "v$F: likewise an announcement" known a no-flag=$SERVER
	play "send x s PA len=20 four dss"
	check "v$F: 32 bits of the number" known a no-flag=$SERVER
	play "send x s PA len=20 dss"
	check "v$F: all of the number is proof" known a flag=$SERVER
	half_proven
	play "send x s PA len=20 dack=+5000000000 dss"
	check "v$F: also after the client has sent much" known a flag=$SERVER
	half_proven
	for i in {1..32}; do
		play "send x s PA len=20 dsn=+20000000 dss"
	done
	play "send x s PA len=20 dss"
	check "v$F: after 32 segments that do not fit none is believed" known a state=confirmed no-flag=$SERVER

	half_proven
	join_conn j a
	play "join j" "send x c R" "send j s PA len=20 dss"
	check "v$F: data of a join is as good" known a live=1 flag=$SERVER
	half_proven
	join_conn j a
	play "join j" "send x c R" "send j s A addaddr"
	check "v$F: so is an announcement there" known a live=1 flag=$SERVER

	half_proven
	play "send x c PA len=7 forged"
	check "v$F: somebody makes it look like TCP" known a state=fallback
	play "send x c PA len=10 dss" "send x c PA len=10 dss"
	check "v$F: it is not" known a state=confirmed no-flag=$SERVER
	play "send x s PA len=20 dss"
	check "v$F: the server's key can be proven still" known a flag=$SERVER
}

# A client that first plays its own client, in its server's name
reversed()
{
	strict
	begin a x
	play "session forger" "send x c S mpc" "send x s SA mpc" "send x s A forged back keys=forger mpc" \
		"send x c A mpc" "send x s A forged back dss"
	check "v$F: who began is not told by who is where the client is" unknown a
	play "send x c PA len=10 dss" "send x s A dss"
	check "v$F: but by the server" known a state=confirmed client="$C"
}

# --- another server's key as the client's own --------------------------------------------------------

turned()
{
	strict
	begin a x
	play "open x" "confirm x"
	check "v$F: both keys are proven" known a flag=$SERVER
	check "v$F: the server can open a join to any address of the client" joins_from "$S" "$C2"
	check "v$F: and from any of its own to the client's first" joins_from "${near}9" "$C"
	check "v$F: from nowhere to nowhere is none" refused_from "${near}9" "$C2"
	mb site add "$C2" deny
	mb stats reset
	play "conn q a $S 80 $C2 $((port += 1)) reverse" "send q c S join"
	check "v$F: nor to who is denied" counted join-known=1 exit-reset-site=1
}

# --- a waypoint ------------------------------------------------------------------------------------

# by_way known|orphan CRAFT'S OPTIONS: for check; a join to the session's server
by_way()
{
	mb stats reset
	from_c_to "$S" $((port += 1)) 80 --options "1e0c1001${TOKEN#0x}00000001" "${@:2}"
	wait_for 5 counted "join-$1=1" || counted "join-$1=1"
}

waypoints()
{
	local farther=(--ip-options 830704c0000201) other=(--ip-options 94040000)

	[ "$F" = 4 ] || farther=(--ext routing4:40 --final 2001:db8::1) other=(--ext dest)
	strict
	begin a x
	play "open x" "confirm x"
	check "v$F: a join by way of the server is not one with the server" by_way orphan "${farther[@]}"
	check "v$F: one with other options of IP is" by_way known "${other[@]}"
	half_proven
	check "v$F: whatever is proven" by_way orphan "${farther[@]}"
}

# --- what the server announces before, in version 0 ----------------------------------------------------

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
	play "send x s A back addaddr0=$OTHER_S"
	check "v$F: one from where the client is" refused_at "$OTHER_S"
	play "send x s A addaddr0=$OTHER_S"
	check "v$F: what the server announces can be joined" joins_at "$OTHER_S"
	check "v$F: and can join" joins_at "$OTHER_S" reverse
	check "v$F: another address cannot" refused_at "${prefix}1"
	play "send x s A addaddr0=${prefix}1 addaddr0=${prefix}2" "send x s A addaddr0=${prefix}1"
	for i in {3..8}; do
		play "send x s A addaddr0=$prefix$i dss"
	done
	check "v$F: two can be in one segment" joins_at "${prefix}2"
	check "v$F: there can be eight" joins_at "${prefix}7"
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
ns_g sysctl -qew net.ipv4.conf.all.accept_source_route=1 net.ipv4.conf.g1.accept_source_route=1 \
	net.ipv4.conf.h1.accept_source_route=1
deaf
check "both hosts are played" play_start
for family in 4 6; do
	family $((10 - family))
	OTHER_S=$S
	if [ "$F" = 4 ]; then
		OTHER_C2=$CLIENT4_2 C2=$CLIENT6_2 prefix=192.0.2. near=2001:db8::
	else
		OTHER_C2=$CLIENT6_2 C2=$CLIENT4_2 prefix=2001:db8:: near=192.0.2.
	fi
	family $family
	proofs
	reversed
	turned
	waypoints
	announcements
done
