#!/bin/bash
# timeout: 200
# Data of known sessions goes a quick way through the gateway: DSS behind timestamps, nothing else. What
# it counts and remembers is what the other way does, which the same segments go with these two options
# in turned order; and what is news it leaves to the other. Crafted, v4 and v6.
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/crafted.sh
. "$SELFTESTS/crafted.sh"
# shellcheck source=selftests/play.sh
. "$SELFTESTS/play.sh"
plan 31

# what LISTED tells of a session but for what is its own: keys, ports, times
essence()
{
	sed -E 's/"(id|client-token|server-token|client-port|started|age|idle|tsval|data-end|data-ack)":"?[0-9a-fx]+"?,?//g' \
		<<<"$LISTED"
}

# both_ways WORDS SEGMENT...: for check; two sessions alike, and the segments, in which QUICK stands for
# timestamps and DSS, with it in either order; WORDS is then to be known of either
both_ways()
{
	local words=$1 way quick slow

	shift
	for way in "ts dss" "dss ts"; do
		policy default allow && play "session a" "conn x a $C $((port += 1)) $S 80 seq=1000,2000" \
			"send x c S mpc" "send x s SA mpc" "send x c A mpc" "send x c PA len=10 $way" \
			"send x s PA len=20 $way" "send x c A $way" || return
		for segment; do
			play "send x ${segment/QUICK/$way}" || return
		done
		# shellcheck disable=SC2086	# words
		known a $words || return
		[ "$way" = "ts dss" ] && quick=$(essence) || slow=$(essence)
	done
	[ "$quick" = "$slow" ] && return
	diff <(tr , '\n' <<<"$quick") <(tr , '\n' <<<"$slow")
	return 1
}

ways()
{
	check "v$F: data and ACKs" both_ways "state=confirmed client-data=110 server-data=1020 client-acked=110" \
		"c PA len=100 QUICK" "s A QUICK" "s PA len=1000 QUICK" "c A QUICK"
	check "v$F: 4 bytes of data sequence" both_ways "state=confirmed client-data=110 server-acked=30" \
		"c PA len=100 four QUICK" "s PA len=10 four QUICK" "c A four QUICK"
	check "v$F: without data ACK" both_ways "state=confirmed client-data=110" "c PA len=100 nodack QUICK"
	check "v$F: twice the same" both_ways "state=confirmed client-data=110" \
		"c PA len=100 forged QUICK" "c PA len=100 QUICK" "c PA len=100 seq=-100 dsn=-100 forged QUICK"
	check "v$F: a gap" both_ways "state=confirmed client-data=710" \
		"c PA len=100 seq=+500 dsn=+500 forged QUICK" "c PA len=100 seq=+600 dsn=+600 forged QUICK"
	check "v$F: far away" both_ways "state=confirmed client-data=10" \
		"c PA len=100 seq=+1500000000 forged QUICK" "s A ack=+1500000000 forged QUICK"
	check "v$F: data far away" both_ways "state=confirmed client-data=10 server-data=20" \
		"c A dack=+1099511627776 forged QUICK" "c PA len=1 dsn=+1099511627776 forged QUICK"
	check "v$F: DATA_FIN" both_ways "state=confirmed flag=client-data-fin" "c A datafin QUICK"
	check "v$F: DATA_FINs" both_ways "state=closed how=data-fin" "c A datafin QUICK" "s A datafin QUICK" \
		"c A QUICK"
	check "v$F: FIN" both_ways "state=confirmed live=1" "c FA QUICK" "s A QUICK"
	check "v$F: FINs" both_ways "state=detached live=0" "c FA QUICK" "s FA QUICK" "c A QUICK"
	check "v$F: RST" both_ways "state=detached live=0" "c R QUICK"
	check "v$F: infinite mapping" both_ways "state=fallback fallback=infinite-mapping" \
		"c PA len=10 infinite QUICK"
	check "v$F: data without mapping" both_ways "state=fallback fallback=no-dss" "c PA len=10 nomap QUICK"
	check "v$F: which was forged, as data with mapping shows" both_ways "state=confirmed client-data=60" \
		"c PA len=10 nomap forged QUICK" "c PA len=30 QUICK" "c PA len=20 QUICK"
}

# shellcheck disable=SC2119	# no arguments are meant
load_module
check "both hosts are played" each topo_up deaf play_start
for family in 4 6; do
	family $family
	ways
done
