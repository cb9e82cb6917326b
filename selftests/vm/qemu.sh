# Sourced by run: boots one of Debian's kernels, or one of ours, under QEMU. There is no KVM to rely on: TCG.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2054,SC2154	# variables shared with run; commas are QEMU's

# qemu_initramfs DIRECTORY VERSION MODULE...: sets initramfs
qemu_initramfs()
{
	local dir=$1 version=$2 stamp

	cache_lock "initramfs-$KERNEL"
	stamp=$(cat "$VM/initramfs" "$VM/initramfs-init" | sha256sum | cut -c1-16)
	initramfs=$dir/initramfs-$stamp
	[ -e "$initramfs" ] || "$VM/initramfs" "$initramfs" "$dir" "$version" "${@:3}"
	cache_unlock
}

stock_prepare()
{
	"$VM/kernels" get "$KERNEL" || exit "$EXIT_SETUP"
	modroot=$(readlink -f "$CACHE/stock-$KERNEL")
	qemu_initramfs "$modroot" "$(ls "$modroot/lib/modules")" \
		virtio_pci virtio_console 9pnet_virtio 9p overlay
	qemu_prepare "$modroot/vmlinux"
}

smp_prepare()
{
	"$VM/kernels" get "$KERNEL" || exit "$EXIT_SETUP"
	modroot=$CACHE/$KERNEL/modroot
	# what it needs to boot is built in
	qemu_initramfs "$modroot" "$(ls "$modroot/lib/modules")"
	qemu_prepare "$CACHE/$KERNEL/vmlinux"
}

# qemu_prepare VMLINUX: sets console, boot
qemu_prepare()
{
	local accel cpu smp mitigations audit='' icount=() cmdline

	command -v qemu-system-x86_64 >/dev/null || die "no QEMU: run selftests/vm/deps"
	console=/dev/hvc0

	# One thread emulates all processors in turn. With a thread for each the kernel's patching
	# of its own code now and then goes wrong (Oops: int3), and with a VM a core it is no faster.
	accel=tcg,thread=${TCG_THREAD:-single},tb-size=512
	# la57: five-level page tables cost an emulator time and nobody profits
	cpu=${CPU:-max,la57=off}
	smp=${SMP:-2}
	mitigations=mitigations=off
	if [ -n "$ICOUNT" ]; then
		# One instruction is one nanosecond: the guest's clock counts them, the same at
		# every run. Here mitigations stay at their default, as users have them.
		accel=tcg,thread=single,tb-size=512
		cpu=${CPU:-max}
		smp=1
		mitigations=
		audit=audit=0
		icount=(-icount "shift=0,sleep=off")
	fi
	# q35 boots every time; microvm is a little faster and now and then hangs. AppArmor stays
	# on: without it SELinux comes up and hooks FORWARD. The stall and lockup detectors get
	# patience, for an emulated CPU may wait long for a busy host's.
	# norandmaps makes programs start ten times as fast: without it the emulator translates
	# their code anew at every address it turns up at.
	# shellcheck disable=SC2206	# mitigations and audit may be no word at all
	cmdline=(console=ttyS0 quiet loglevel=5 panic=-1 slab_nomerge oops=panic $mitigations
		tsc=reliable no_timer_check nokaslr random.trust_cpu=on $audit
		norandmaps rcupdate.rcu_expedited=1 rcupdate.rcu_cpu_stall_timeout=60 watchdog_thresh=30
		"$APPEND")
	# shellcheck disable=SC2206	# QEMU_EXTRA is words
	boot=(qemu-system-x86_64 -M "q35,usb=off,vmport=off,smbus=off,sata=off"
		-accel "$accel" -cpu "$cpu" -smp "$smp" -m "${MEM:-2G}" "${icount[@]}"
		-nodefaults -no-user-config -display none -no-reboot
		-kernel "$1" -initrd "$initramfs"
		-serial "file:$outdir/kernel.log"
		-device virtio-serial-pci -device virtconsole,chardev=con
		-chardev "stdio,id=con,signal=off"
		-device virtio-rng-pci
		-fsdev "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap"
		-device virtio-9p-pci,fsdev=root,mount_tag=root
		-fsdev "local,id=out,path=$outdir,security_model=none"
		-device virtio-9p-pci,fsdev=out,mount_tag=out
		$QEMU_EXTRA
		-append "${cmdline[*]}")
}

stock_boot()
{
	"${limit[@]}" "${boot[@]}"
}

smp_boot() { stock_boot; }
