# Sourced by run: boots a User-Mode Linux kernel, an ordinary process of this machine.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2054,SC2154	# variables shared with run; commas are UML's

uml_prepare()
{
	"$VM/kernels" get "$KERNEL" || exit "$EXIT_SETUP"
	modroot=$CACHE/$KERNEL/modroot
	console=/dev/tty1
	# Kernel messages go to tty0, which is a file; the script's to tty1, which is our output.
	# shellcheck disable=SC2206	# APPEND is words
	boot=("$CACHE/$KERNEL/linux" mem="${MEM:-1G}"
		root=/dev/root rootfstype=hostfs rootflags=/ ro
		init="$VM/uml-init" mb_out="$outdir"
		con0=null,fd:5 con1=fd:3,fd:4 con=null ssl=null
		quiet loglevel=5 panic=-1 slab_nomerge $APPEND)
}

# On a processor of its own, if one is free: its processes hand on to each other all the time, which is
# slow from one processor to another, slower still beside another such VM.
uml_pin()
{
	local cpu

	pin=()
	for ((cpu = 0; cpu < $(nproc --all); cpu++)); do
		taskset -c "$cpu" true 2>/dev/null || continue
		# the VM keeps it; somebody else's cache is read only
		{ exec {pin_lock}>"$CACHE/.cpu-$cpu"; } 2>/dev/null || continue
		flock -n "$pin_lock" && pin=(taskset -c "$cpu") && return
		exec {pin_lock}>&-
	done
}

uml_boot()
{
	uml_pin
	# UML's memory is a file in TMPDIR, which must allow exec and had better be a tmpfs.
	TMPDIR=/dev/shm "${limit[@]}" "${pin[@]}" "${boot[@]}" \
		3<&0 4>&1 5>"$outdir/kernel.log" >"$outdir/uml.log" 2>&1
}
