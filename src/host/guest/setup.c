// SPDX-License-Identifier: GPL-2.0-or-later
/* Brings the booted kernel into the state that every script finds. */
#include "guest_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THP "/sys/kernel/mm/transparent_hugepage/"

static int mount_at(const char *type, const char *dir, const char *data)
{
	mkdir(dir, 0755);
	return mount(type, dir, type, 0, data) ? -errno : 0;
}

int setup_mounts(void)
{
	int err;

	err = mount_at("proc", "/proc", NULL);
	if (!err)
		err = mount_at("sysfs", "/sys", NULL);
	if (!err)
		err = mount_at("tracefs", "/sys/kernel/tracing", NULL);
	if (err)
		return err;
	(void)mount_at("devtmpfs", "/dev", NULL);
	(void)mount_at("debugfs", "/sys/kernel/debug", NULL);
	return mount_at("tmpfs", "/files", "size=100%,huge=never");
}

/* Load /modules/NAME.ko; a file that is not there means that the kernel has it built in.
 */
int setup_module(const char *name, const char *params)
{
	char path[128];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/modules/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (syscall(SYS_finit_module, fd, params, 0) && errno != EEXIST)
		err = -errno;
	close(fd);
	return err;
}

static void unload(const char *name)
{
	(void)syscall(SYS_delete_module, name, 0);
}

/*
 * With the mitigation for good off, where the kernel knows that (6.5), a VM's first run makes no
 * thread in the process: it would count for the NUMA scanner, which starts again when one is made.
 */
static int load_kvm(const char *tdp_mmu)
{
	char params[64];
	int err;

	snprintf(params, sizeof(params), "%s nx_huge_pages=never", tdp_mmu);
	err = setup_module("kvm", params);
	return err == -EINVAL ? setup_module("kvm", tdp_mmu) : err;
}

/* KVM with the MMU that a script wants; loaded anew only when the wish changes. */
int setup_kvm(enum script_mmu mmu, bool tdp_mmu)
{
	static int now = -1;
	const int wanted = 2 * mmu + tdp_mmu;
	int err;

	if (now == wanted)
		return 0;
	if (now >= 0) {
		(void)kvmtrace_set(false);
		unload("kvm_amd");
		unload("kvm");
	}
	now = -1;
	err = setup_module("irqbypass", "");
	if (!err)
		err = load_kvm(tdp_mmu ? "tdp_mmu=1" : "tdp_mmu=0");
	if (!err)
		err = setup_module("kvm-amd", mmu == SCRIPT_MMU_SHADOW ? "npt=0" : "npt=1");
	if (!err)
		now = wanted;
	return err;
}

static const char *const thp_words[SCRIPT_THP_NR] = {
	[SCRIPT_THP_NEVER] = "never",
	[SCRIPT_THP_MADVISE] = "madvise",
	[SCRIPT_THP_ALWAYS] = "always",
};

/* shmem_enabled says "advise" where enabled says "madvise" */
int setup_sysctl(enum script_sysctl which, uint64_t value)
{
	int err;

	if (value >= SCRIPT_THP_NR)
		return -EINVAL;
	if (which == SCRIPT_SYSCTL_THP) {
		err = put_file(THP "enabled", thp_words[value]);
		khugepaged_settle();
		return err;
	}
	if (which == SCRIPT_SYSCTL_SHMEM_THP)
		return put_file(THP "shmem_enabled", value == SCRIPT_THP_MADVISE
							     ? "advise"
							     : thp_words[value]);
	return -EINVAL;
}

void setup_settings(void)
{
	static const struct {
		const char *path;
		const char *text;
	} settings[] = {
		{ THP "enabled", "madvise" },
		{ THP "shmem_enabled", "never" },
		{ THP "defrag", "madvise" },
		{ THP "use_zero_page", "1" },
		{ "/sys/kernel/mm/ksm/run", "0" },
		{ "/proc/sys/kernel/numa_balancing", "0" },
		{ "/sys/kernel/debug/sched/numa_balancing/scan_delay_ms", "0" },
		{ "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages",
		  "640" },
		{ "/proc/sys/vm/overcommit_memory", "1" },
		{ "/proc/sys/vm/max_map_count", "16777216" },
		{ "/proc/sys/vm/mmap_min_addr", "0" },
		{ "/proc/sys/vm/compaction_proactiveness", "0" },
		{ "/proc/sys/kernel/randomize_va_space", "0" },
	};
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		(void)put_file(settings[i].path, settings[i].text);
	khugepaged_settle();
}
