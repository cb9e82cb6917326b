# Sourced after lib.sh: allocations that fail. The module of `make ko-faults` tells, in the kernel log,
# where it called what may be out of memory, and where it was: by the kernel (failed), or by its own
# shim (denied).
# shellcheck shell=bash
# shellcheck disable=SC2034	# variables for the tests

FAULTS=$TOP/build/faults
FAULTS_KO=$TOP/build/$(uname -r)/faults/mptcp_mb.ko
FAULTS_SITES=$TOP/build/$(uname -r)/faults/sites
FAILSLAB=/sys/kernel/debug/failslab
FAIL_PAGE=/sys/kernel/debug/fail_page_alloc

has_failslab() { [ -d $FAILSLAB ]; }

# knobs DIRECTORY NAME=VALUE...
knobs()
{
	local pair

	for pair in "${@:2}"; do
		echo "${pair#*=}" >"$1/${pair%%=*}" || return
	done
}

# All allocations may be made to fail, that of one page and those that could wait for memory too. Nothing
# is printed: it is the shim that tells.
faults_any()
{
	knobs $FAILSLAB probability=0 ignore-gfp-wait=N verbose=0 times=-1 task-filter=Y &&
	knobs /sys/kernel/debug/fail_usercopy probability=0 verbose=0 &&
	knobs $FAIL_PAGE probability=0 ignore-gfp-wait=N ignore-gfp-highmem=N min-order=0 verbose=0 \
		times=-1 task-filter=Y
}

# rate PERCENT: of the allocations of tasks that have make-it-fail set
rate()
{
	knobs $FAILSLAB "probability=$1" times=-1
}

# rate_of_pages PERCENT: likewise, of what is too large for caches
rate_of_pages()
{
	knobs $FAIL_PAGE "probability=$1" times=-1
}

# pages_fail yes|no: whether pages are among what is counted, too
pages_fail()
{
	knobs $FAIL_PAGE "min-order=$([ "$1" = yes ] && echo 0 || echo 11)"
}

# load_watched: with its calls watched
load_watched()
{
	KO=$FAULTS_KO load_module "$@"
}

# The kernel's log so far, for what the module tells in it
kept()
{
	dmesg | sed -n 's/.*mptcp_mb: faults: //p' >>"$TMP/told"
}

# told called|failed|denied: sites, as FUNCTION+OFFSET CALL FILE:LINE
told()
{
	kept
	awk -v how="$1" '
		FILENAME ~ /told$/ {
			sub(/\/0x[0-9a-f]+.*/, "", $4)
			if ($1 == how)
				hit[$4 " " $2] = 1
			next
		}
		($1 " " $2) in hit
	' "$TMP/told" "$FAULTS_SITES"
}

# not_in FILE: lines of standard input that are not there
not_in() { grep -vxFf "$1"; }

# faults INJECTOR WHAT...: for check; sums up how many there were, tells how many of each
INJECTED=0
faults()
{
	local status n

	# ip netns exec would hide debugfs
	in_ns "$NS_G" "$FAULTS" "$@" >"$TMP/faults.out" 2>&1
	status=$?
	sed -n 's/^# /# /p' "$TMP/faults.out" >>"$TMP/faults.notes"
	n=$(sed -n 's/^injected //p' "$TMP/faults.out")
	INJECTED=$((INJECTED + ${n:-0}))
	[ $status = 0 ] && return
	cat "$TMP/faults.out"
	return 1
}

# The gateway with TUN devices in place of hosts: see faults/way.h
way_up()
{
	modprobe -q tun
	topo_netns "$NS_G" &&
	ip netns exec "$NS_G" sysctl -qw net.ipv6.conf.all.mtu=1500 2>/dev/null
	ip -n "$NS_G" -batch - <<-B
		tuntap add tc mode tun
		tuntap add ts mode tun
		link set tc up
		link set ts up
		addr add 10.1.255.254/16 dev tc
		addr add 10.2.1.254/24 dev ts
		addr add fd01::fe/32 dev tc nodad
		addr add fd02:1::fe/64 dev ts nodad
	B
}
