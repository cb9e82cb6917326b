# Sourced after crafted.sh: play, which plays both hosts of sessions, as a process that listens to
# us; and what the gateway knows of sessions.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154	# variables for the tests; MACs are from topology.sh
shopt -s extglob

play_start()
{
	coproc PLAY { exec "$TOP/build/play" "$NS_C,c1,$MAC_c1,$MAC_g1" "$NS_S,s1,$MAC_s1,$MAC_h1"; }
	play "session start"
}

# play LINE...: PLAYED is the answer to the last one. Each segment is through the gateway then.
play()
{
	local line

	for line; do
		echo "$line" >&"${PLAY[1]}" && read -r PLAYED <&"${PLAY[0]}" || return
		[[ $PLAYED == *ok ]] || { echo "$line: $PLAYED"; return 1; }
	done
}

# play_bg LINE: does not wait for it; play_wait does, and sets PLAYED
play_bg()
{
	echo "$1" >&"${PLAY[1]}"
}

play_wait()
{
	read -r PLAYED <&"${PLAY[0]}" && [[ $PLAYED == *ok ]]
}

# begin SESSION CONNECTION [PORT [WORD...]]: a new session, and its connection from $C, 4-tuple free
# to choose; TOKEN is its server's
begin()
{
	play "session $1 ${*:4}" "conn $2 $1 $C ${3:-$((port += 1))} $S 80" && token "$1"
}
port=20000

# join_conn CONNECTION SESSION [ADDRESS]: a connection for a join, from the client's second address
join_conn()
{
	play "conn $1 $2 ${3:-$C2} $((port += 1)) $S 80"
}

# token SESSION: TOKEN is its server's, CLIENT_TOKEN its client's; CLIENT_KEY and SERVER_KEY
token()
{
	play "show $1" || return
	read -r CLIENT_TOKEN TOKEN CLIENT_KEY SERVER_KEY _ <<<"${PLAYED//[a-z]*([a-z-])=/}"
}

# list FILTER...: LISTED is the JSON array of these sessions without blanks
list()
{
	LISTED=$(mb -j session list "$@") || { echo "$LISTED"; return 1; }
	LISTED=${LISTED//[[:space:]]/}
}

# occurrences PATTERN TEXT
occurrences()
{
	local rest=${2//"$1"/}

	echo $(((${#2} - ${#rest}) / ${#1}))
}

# sessions_are N FILTER...: for check; so many match
sessions_are()
{
	list "${@:2}" && is "$1" "$(occurrences '"subflows":[' "$LISTED")" && return
	echo "$LISTED"
	return 1
}

# known SESSION KEY=VALUE...: for check; the gateway knows one session of these tokens, and it has
# all of these (values are regular expressions). Some keys are ours: flag=NAME and no-flag=NAME, live=N and
# closed=N subflows, sub=TEXT in the JSON of the subflows.
known()
{
	token "$1" && sessions_are 1 token "$TOKEN" && session_has "${@:2}"
}

unknown()
{
	token "$1" && sessions_are 0 token "$TOKEN"
}

# session_has KEY=VALUE...: likewise, of the one session in LISTED
session_has()
{
	local pair head=${LISTED%%'"subflows":['*} subflows=${LISTED#*'"subflows":['} re bad=

	for pair; do
		case $pair in
		flag=*)		[[ $head == *"\"${pair#*=}\""* ]] || bad=$pair;;
		no-flag=*)	[[ $head != *"\"${pair#*=}\""* ]] || bad=$pair;;
		live=* | closed=*)
			[ "${pair#*=}" = "$(occurrences "\"state\":\"${pair%=*}\"" "$subflows")" ] ||
				bad=$pair;;
		sub=*)		[[ $subflows == *"${pair#*=}"* ]] || bad=$pair;;
		*)	re="\"${pair%%=*}\":\"?${pair#*=}\"?[],}]"
			[[ $head, =~ $re ]] || bad=$pair;;
		esac
		[ -z "$bad" ] || { echo "want $bad, got $LISTED"; return 1; }
	done
}

# session_value KEY: of the one session in LISTED
session_value()
{
	[[ ${LISTED%%'"subflows":['*} =~ \"$1\":\"?([^\",}]*) ]] && echo "${BASH_REMATCH[1]}"
}

# status KEY: of the gateway
status()
{
	[[ $(mb -j status) =~ \"$1\":[[:space:]]*\"?([^\",}]*) ]] && echo "${BASH_REMATCH[1]}"
}

# each COMMAND...: for check; all are true
each()
{
	local line

	for line; do
		eval "$line" || return
	done
}
