#!/bin/bash
# usage: selftests/demo.sh [KERNEL]
# What `make demo` does: installs what is missing, builds, boots a VM and has demo-guest.sh show
# there what the gateway does with real MPTCP connections. True if all went as expected.
. "$(dirname "${BASH_SOURCE[0]}")/vm/common.sh"
cd "$TOP" || exit "$EXIT_SETUP"
kernel_select "${1:-6.12}"
log=$TOP/build/demo.log

step()
{
	echo "== $*" >&2
}

# build WHAT...: quietly, unless it fails
build()
{
	make --no-print-directory "$@" >>"$log" 2>&1 && return
	tail -n 20 "$log" >&2
	die "building $1 failed; all of it is in build/demo.log"
}

step "packages"
selftests/vm/deps "$KERNEL" || exit
step "kernel $KERNEL"
selftests/vm/kernels get "$KERNEL" || exit
step "module and mbctl"
mkdir -p build
: >"$log"
build ko KDIR="$(selftests/vm/kernels kdir "$KERNEL")"
build tool
step "booting Linux $KERNEL in a VM"
exec env TIMEOUT="${TIMEOUT:-300}" selftests/vm/run "$KERNEL" selftests/demo-guest.sh
