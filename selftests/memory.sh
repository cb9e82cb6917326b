# Sourced after lib.sh: what memory the kernel has in use, and whether it comes back.
# shellcheck shell=bash
# shellcheck disable=SC2034	# variables for the tests

# used: OBJECTS BYTES PERCPU VMALLOC PAGES, sizes but the second in kB. OBJECTS are of kmalloc() and of the
# module's own caches, which the virtual machines' slab_nomerge keeps apart. Caches are shrunk before: then
# slabinfo counts what is really in use. PAGES are those that nobody accounts for: neither
# free (the processors' own lists of free pages, up to 40 MB, included: MemFree is without them) nor a
# file's, a process's, a slab's or a stack. They stay within 300 kB whatever else happens.
used()
{
	local file

	echo 3 >/proc/sys/vm/drop_caches
	sleep 0.3
	for file in /sys/kernel/slab/*/shrink; do
		echo 1 >"$file"
	done 2>/dev/null
	awk '
		FILENAME ~ /zoneinfo/ { listed += $1 == "count:" ? $2 * page : 0; next }
		FILENAME ~ /slabinfo/ && $1 ~ /^(kmalloc|mptcp_mb)/ { objects += $2; bytes += $2 * $4 }
		{ of[$1] = $2 }
		END {
			pages = of["MemTotal:"] - of["MemFree:"] - listed - of["Cached:"] - of["SwapCached:"]
			pages -= of["Buffers:"] + of["AnonPages:"] + of["Slab:"] + of["KernelStack:"]
			pages -= of["PageTables:"]
			print objects, bytes, of["Percpu:"], of["VmallocUsed:"], pages
		}
	' page=$(($(getconf PAGESIZE) / 1024)) /proc/zoneinfo /proc/slabinfo /proc/meminfo
}

# memory: likewise, once nothing more is given back: RCU, closed sockets and the like take their time
memory()
{
	local now last

	now=$(used)
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		last=$now
		sleep 0.3
		now=$(used)
		[ $((${last%% *} - ${now%% *})) -gt 10 ] || break
	done
	echo "$now"
}

# no_growth BEFORE OBJECTS: for check; OBJECTS more in use are noise. What is freed after RCU grace
# periods, in batches, takes seconds to go; what leaked stays.
no_growth()
{
	local _

	for _ in 1 2 3 4 5; do
		not_grown "$@" && return
		sleep 2
	done
	return 1
}

# A kernel with KASAN and kmemleak keeps every stack trace, in pages of which it gives none back: there
# kmemleak judges what is not a slab's, at the end of the run.
keeps_stacks() { [ -e /sys/kernel/debug/kmemleak ]; }

not_grown()
{
	local a b

	read -ra a <<<"$1"
	read -ra b <<<"$(memory)"
	echo "objects, bytes, per-CPU, vmalloc, pages: before ${a[*]}, now ${b[*]}"
	[ ${#a[@]} = 5 ] && [ ${#b[@]} = 5 ] || return
	GREW="$((b[0] - a[0])) objects, $((b[1] - a[1])) bytes, $((b[2] - a[2])) kB per-CPU"
	[ $((b[0] - a[0])) -le "$2" ] && [ $((b[1] - a[1])) -le $(($2 * 1024)) ] &&
	[ $((b[2] - a[2])) -le 64 ] || return
	keeps_stacks && return
	[ $((b[3] - a[3])) -le 256 ] && [ $((b[4] - a[4])) -le 1024 ]
}

# no_loss BEFORE OBJECTS COMMAND...: for check; what the kernel keeps for others comes and goes, a
# leak comes again: where OBJECTS more are in use than before COMMAND, it runs once more
no_loss()
{
	local before

	no_growth "$1" "$2" && return
	echo "grew by $GREW; once more"
	before=$(memory)
	"${@:3}" && no_growth "$before" "$2"
}

# grown BEFORE BYTES: for check; the measure measures
grown()
{
	local a b

	read -ra a <<<"$1"
	read -ra b <<<"$(memory)"
	echo "before ${a[*]}, now ${b[*]}"
	[ $((b[1] - a[1])) -gt "$2" ]
}

# How many there are in memory. The kernel frees one when the next one goes; slabinfo counts what is
# free, too, until the cache is shrunk.
namespaces()
{
	ip netns add last
	ip netns del last
	sleep 0.3
	echo 1 >/sys/kernel/slab/net_namespace/shrink
	awk '$1 == "net_namespace" { print $2 }' /proc/slabinfo
}

as_many_namespaces() { [ "$(namespaces)" -le "$1" ]; }
