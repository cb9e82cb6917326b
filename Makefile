# SPDX-License-Identifier: GPL-2.0
# The verbs people type; `make help` lists them. The module's object list is in Kbuild.

# The kernel to build for: the running one, or else the newest whose headers are installed.
KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
		    $(shell ls -d /lib/modules/*/build 2>/dev/null | sort -rV))
KERNELRELEASE = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null)
KARCH = $(if $(shell grep -s ^CONFIG_UML=y $(KDIR)/.config),ARCH=um)

# Test kernels for check, and patterns of test names: make check KERNELS=6.12 TESTS="sites* 00*"
KERNELS ?= 6.1 6.12
TESTS ?= *

# Several kernels' objects live side by side: each has a tree of links to the sources.
BUILD = build/$(KERNELRELEASE)
SOURCES = Kbuild $(shell find src include -name '*.[ch]')
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

all: module tool

module: ko
	cp $(BUILD)/mptcp_mb.ko mptcp_mb.ko

# The module in build/KERNELRELEASE only. The lock is for two people in one checkout.
ko:
	@[ -n "$(KERNELRELEASE)" ] || { echo "no kernel to build for in KDIR=$(KDIR): install" \
		"linux-headers, or name a build directory"; exit 1; }
	@mkdir -p $(BUILD) $(sort $(dir $(addprefix $(BUILD)/,$(SOURCES))))
	@find $(BUILD) -xtype l -delete
	@for f in $(SOURCES); do [ -e $(BUILD)/$$f ] || ln -sr $$f $(BUILD)/$$f; done
	flock $(BUILD)/.lock $(MAKE) $(JOBS) -C $(KDIR) $(KARCH) M=$(CURDIR)/$(BUILD) modules

tool:
	$(MAKE) -C tools/mbctl

build/xfer: selftests/xfer.c selftests/xfer_exchange.c selftests/xfer.h
	@mkdir -p build
	$(CC) -O2 -Wall -Wextra -static -o $@ $(filter %.c,$^)

build/craft: selftests/craft.c selftests/craft_build.c selftests/craft.h selftests/checksum.h
	@mkdir -p build
	$(CC) -O2 -Wall -Wextra -static -o $@ $(filter %.c,$^)

build/play: selftests/play.c selftests/play_option.c selftests/play_flood.c \
		selftests/craft_build.c selftests/play.h selftests/craft.h \
		selftests/checksum.h
	@mkdir -p build
	$(CC) -O2 -Wall -Wextra -D_GNU_SOURCE -o $@ $(filter %.c,$^) -lcrypto

build/wire: selftests/wire.c selftests/checksum.h
	@mkdir -p build
	$(CC) -O2 -Wall -Wextra -static -o $@ $<

build/hold: selftests/hold.c include/uapi/linux/mptcp_mb.h
	@mkdir -p build
	$(CC) -O2 -Wall -Wextra -static -Iinclude/uapi -o $@ $<

build/audit: selftests/audit.c
	@mkdir -p build
	$(CC) -O2 -Wall -Wextra -static -o $@ $<

build/replace: selftests/replace.c include/uapi/linux/mptcp_mb.h
	@mkdir -p build
	$(CC) -O2 -Wall -Wextra -Iinclude/uapi -o $@ $< -lmnl

build/evade: $(addprefix selftests/,evade.c evade_options.c evade_layout.c evade_frame.c evade_endpoint.c \
		evade_judge.c evade_read.c evade_fragments.c evade_tshark.c craft_build.c capture.c \
		unit/option_naive.c evade.h evade_judge.h craft.h checksum.h capture.h unit/option_aid.h) src/option.h
	@mkdir -p build
	$(CC) -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -Iselftests -Isrc -o $@ $(filter %.c,$^) -lpcap

build/nlfuzz: $(addprefix selftests/,nlfuzz.c nlfuzz_table.c nlfuzz_make.c nlfuzz_wild.c nlfuzz_mutate.c \
		nlfuzz_sweep.c nlfuzz_sock.c nlfuzz_rights.c nlfuzz_entries.c nlfuzz_txn.c nlfuzz_threads.c \
		nlfuzz_dump.c nlfuzz.h nlfuzz_entries.h nlfuzz_record.c) include/uapi/linux/mptcp_mb.h
	@mkdir -p build
	$(CC) -O2 -Wall -Wextra -D_GNU_SOURCE -shared -fPIC -o $@_record.so selftests/nlfuzz_record.c -ldl
	$(CC) -O2 -Wall -Wextra -Wno-missing-field-initializers -D_GNU_SOURCE -static -pthread -Iinclude/uapi \
		-o $@ $(filter-out %_record.c,$(filter %.c,$^))

build/queue: selftests/queue.c
	@mkdir -p build
	$(CC) -O2 -Wall -Wextra -o $@ $< -lmnl

build/churn: selftests/churn.c selftests/churn_nl.c selftests/churn_talk.c selftests/churn_net.c \
		selftests/churn_netns.c selftests/churn.h selftests/checksum.h \
		include/uapi/linux/mptcp_mb.h
	@mkdir -p build
	$(CC) -O2 -Wall -Wextra -D_GNU_SOURCE -pthread -Iinclude/uapi -o $@ $(filter %.c,$^) -lmnl

build/faults: $(addprefix selftests/,$(addprefix faults/,faults.c inject.c netlink.c policy.c module.c \
		way.c stage.c stories.c steps.c known.c judges.c closing.c flood.c faults.h way.h stories.h) \
		play_option.c craft_build.c play.h craft.h checksum.h) include/uapi/linux/mptcp_mb.h
	@mkdir -p build
	$(CC) -O2 -Wall -Wextra -D_GNU_SOURCE -Iinclude/uapi -Iselftests -o $@ $(filter %.c,$^) -lcrypto

build/capcount: selftests/capcount.c selftests/capture.c src/option.c src/option_name.c \
		selftests/capture.h src/option.h
	@mkdir -p build
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter -Isrc -o $@ $(filter %.c,$^) -lpcap

build/replay: selftests/replay.c selftests/capture.c selftests/capture.h
	@mkdir -p build
	$(CC) -O2 -Wall -Wextra -o $@ $(filter %.c,$^) -lpcap

# The kernel's own MPTCP selftests
PEERS = mptcp_connect mptcp_inq mptcp_sockopt pm_nl_ctl
build/peers/mptcp/mptcp_connect: selftests/vm/source
	@mkdir -p build
	selftests/vm/source build/peers.source $(addprefix tools/testing/selftests/net/,lib.sh net_helper.sh mptcp)
	rm -rf build/peers
	mv build/peers.source/tools/testing/selftests/net build/peers
	rm -r build/peers.source
	for p in $(PEERS); do $(CC) -O2 -o build/peers/mptcp/$$p build/peers/mptcp/$$p.c || exit; done

# What the VMs need beside module and tool
testtools: build/xfer build/craft build/play build/wire build/hold build/audit build/replace build/nlfuzz build/queue build/churn build/faults build/capcount \
	   build/replay build/evade build/crowd build/peers/mptcp/mptcp_connect

# On KERNEL; installs first what building needs
demo:
	selftests/demo.sh $(KERNEL)

check:
	selftests/vm/check "$(KERNELS)" $(foreach t,$(TESTS),'$(t)')

# The quick loop while developing: User-Mode Linux boots in a second.
check-fast:
	$(MAKE) check KERNELS=uml

# On kernels that look for bugs: all of it on one that is quick, what provokes races on one with
# several processors and preemption.
RACES = 07-replace,11-lifecycle,34-queue,43-faults,44-churn
check-debug:
	TCG_THREAD=multi SMP=4 MEM=4G MB_BOOT_TIMEOUT=$${MB_BOOT_TIMEOUT:-10800} MB_PATIENCE=4 \
		selftests/vm/check "uml-debug smp-debug:$(RACES)" $(foreach t,$(TESTS),'$(t)')

# The counts in docs/reliability.md; PARTS="evasion fuzz" chooses
reliability:
	selftests/reliability $(PARTS)

# libFuzzer on the parsers, each target for SECONDS, two at a time; TARGETS="option reply" chooses
SECONDS ?= 60
fuzz:
	selftests/fuzz/run $(SECONDS) $(TARGETS)

# What this gateway costs, in instructions and memory; make bench ARGS=--help
bench:
	selftests/bench/run $(ARGS)

# Makes many sites and many sessions' segments
build/crowd: $(addprefix selftests/bench/,crowd.c crowd_sites.c crowd_push.c crowd.h)
	@mkdir -p build
	$(CC) -O2 -Wall -Wextra -o $@ $(filter %.c,$^) -lcrypto

# The module that pushes segments, in build/KERNELRELEASE/bench
ko-bench:
	@mkdir -p $(BUILD)/bench
	@for f in Kbuild bench.h main.c passage.c push.c many.c beat.c; do \
		ln -sfr selftests/bench/$$f $(BUILD)/bench/$$f; done
	flock $(BUILD)/bench/.lock $(MAKE) -C $(KDIR) $(KARCH) M=$(CURDIR)/$(BUILD)/bench modules

# The module that judges checksums, in build/KERNELRELEASE/ipsum
ko-ipsum:
	@mkdir -p $(BUILD)/ipsum
	@for f in selftests/ipsum/*; do ln -sfr $$f $(BUILD)/ipsum/; done
	flock $(BUILD)/ipsum/.lock $(MAKE) $(JOBS) -C $(KDIR) $(KARCH) M=$(CURDIR)/$(BUILD)/ipsum modules

# The module with its calls that may be out of memory watched, in build/KERNELRELEASE/faults
ko-faults:
	@mkdir -p $(BUILD)/faults
	@for f in Kbuild shim.c; do ln -sfr selftests/faults/$$f $(BUILD)/faults/$$f; done
	@ln -sfr Kbuild $(BUILD)/faults/Kbuild.module
	@selftests/faults/generate $(BUILD)/faults
	$(MAKE) ko BUILD=$(BUILD)/faults
	selftests/faults/sites.py $(BUILD)/faults/mptcp_mb.ko >$(BUILD)/faults/sites

clean:
	rm -rf build mptcp_mb.ko
	[ ! -e tools/mbctl/Makefile ] || $(MAKE) -C tools/mbctl clean
	[ ! -e selftests/unit/Makefile ] || $(MAKE) -C selftests/unit clean

help:
	@echo 'make [all]       module and tool'
	@echo 'make module      mptcp_mb.ko for the running kernel; KDIR=DIR names another build directory'
	@echo 'make tool        tools/mbctl/mbctl'
	@echo 'make demo        installs what is missing; shows in a VM what the gateway does; KERNEL=6.12, 6.1, uml'
	@echo 'make check       installs what is missing; unit tests; selftests in VMs, on Debian'"'s"' 6.1 and 6.12'
	@echo '                 KERNELS="$(KERNELS)" TESTS="NAME..." choose, patterns are allowed'
	@echo 'make check-fast  the same under User-Mode Linux: quick; its kernel is built once'
	@echo 'make check-debug the same on kernels with KASAN, lockdep, kmemleak and so on; they are built once'
	@echo 'make reliability evasion, fuzzing, faults, races at full size, hours; writes docs/reliability.md'
	@echo '                 PARTS="evasion fuzz" choose'
	@echo 'make fuzz        fuzzes the parsers of options, policies and netlink answers: SECONDS=60 each'
	@echo '                 TARGETS="NAME..." choose; what is found stays in build/fuzz'
	@echo 'make bench       what segments, sites and sessions cost, beside nftables; 1M takes hours'
	@echo '                 ARGS="--parts segments" takes minutes; ARGS=--help'
	@echo 'make clean       removes what was built; the kernels in the cache stay'

.PHONY: all module ko tool testtools demo check check-fast fuzz check-debug reliability bench ko-bench ko-ipsum ko-faults clean help
