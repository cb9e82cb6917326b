# Sourced by the scripts beside it: where things are, and which kernels there are.
# shellcheck shell=bash
# shellcheck disable=SC2034	# most of these are for those who source us

VM=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$VM/../.." && pwd)
CACHE=${MPTCP_MB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mptcp-mb}
PATH=$PATH:/usr/sbin:/sbin

# What run says when the script itself is not to blame; a script should not exit with these.
EXIT_SETUP=96		# no such kernel, no QEMU, ...
EXIT_WARNING=97		# the kernel warned
EXIT_DIED=98		# the kernel crashed, or went away without leaving a result
EXIT_TIMEOUT=99		# nothing came within TIMEOUT seconds

# The kernels, one line each: NAME KIND SOURCE [FRAGMENT...]
#   stock   Debian's own, under QEMU; SOURCE is the image's meta package
#   uml     User-Mode Linux, built from package linux-source-SOURCE and these files of config/
#   smp     for a PC with several processors, built likewise, under QEMU
# The debug kernels have what finds bugs: KASAN, lockdep and so on; smp-debug is preemptible, too.
KERNELS_TABLE='
6.12	stock	linux-image-6.12-amd64
6.1	stock	linux-image-amd64
uml	uml	6.12	net uml
uml-debug	uml	6.12	net uml debug uml-debug
smp-debug	smp	6.12	net debug smp-debug
'
# Of the kernel's source: ynl, checkpatch
SOURCE_VERSION=6.12

die()
{
	echo "${0##*/}: $*" >&2
	exit "$EXIT_SETUP"
}

kernel_names()
{
	awk 'NF { print $1 }' <<<"$KERNELS_TABLE"
}

# kernel_select NAME: sets KERNEL, KIND, SOURCE and FRAGMENTS
kernel_select()
{
	read -r KERNEL KIND SOURCE FRAGMENTS < <(awk -v k="$1" '$1 == k' <<<"$KERNELS_TABLE")
	[ -n "$KERNEL" ] || die "no kernel '$1'; there are: $(kernel_names | xargs)"
}

# cache_lock NAME: one process at a time fills a part of the cache
cache_lock()
{
	mkdir -p "$CACHE"
	exec {CACHE_LOCK}>"$CACHE/.lock-$1"
	flock "$CACHE_LOCK"
}

cache_unlock()
{
	exec {CACHE_LOCK}>&-
}
