// SPDX-License-Identifier: GPL-2.0-or-later
/* What the machine is: kernel, processor, KVM's modules and parameters, cache, memory. */
#include "probe_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define EVICT_MIN (8ull << 20)
#define EVICT_MAX (512ull << 20)
#define MEMORY_MAX (2ull << 30)

/* The first line of a file without its newline; false when there is none. */
static bool read_line(const char *path, char *buf, size_t size)
{
	FILE *file = fopen(path, "re");
	bool got = file && fgets(buf, size, file);

	if (file)
		fclose(file);
	if (got)
		buf[strcspn(buf, "\n")] = '\0';
	return got;
}

/* The text behind @key and its colon in a file such as /proc/cpuinfo. */
static bool read_key(const char *path, const char *key, char *ret, size_t size)
{
	FILE *file = fopen(path, "re");
	char line[512];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		const char *colon = strchr(line, ':');

		if (!colon || strncmp(line, key, strlen(key)))
			continue;
		colon += 1 + strspn(colon + 1, " \t");
		snprintf(ret, size, "%.*s", (int)strcspn(colon, "\n"), colon);
		found = true;
	}
	if (file)
		fclose(file);
	return found;
}

static bool parameter_on(const char *path)
{
	char value[8];

	return read_line(path, value, sizeof(value)) && (value[0] == 'Y' || value[0] == '1');
}

/* Two-dimensional paging is a parameter of the vendor's module, the TDP MMU one of kvm. */
static void fill_mmu(struct host_probe_info *info)
{
	static const struct { const char *module, *name, *path; } tdp[] = {
		{ "kvm_intel", "kvm_intel.ept", "/sys/module/kvm_intel/parameters/ept" },
		{ "kvm_amd", "kvm_amd.npt", "/sys/module/kvm_amd/parameters/npt" },
	};
	unsigned int i;

	info->mmu = HOST_PROBE_MMU_SHADOW;
	snprintf(info->mmu_source, sizeof(info->mmu_source), "no parameter enables npt or ept");
	for (i = 0; i < 2; i++) {
		if (access(tdp[i].path, F_OK))
			continue;
		snprintf(info->module, sizeof(info->module), "%s", tdp[i].module);
		if (!parameter_on(tdp[i].path))
			continue;
		info->mmu = parameter_on("/sys/module/kvm/parameters/tdp_mmu") ?
				    HOST_PROBE_MMU_TDP : HOST_PROBE_MMU_DIRECT;
		snprintf(info->mmu_source, sizeof(info->mmu_source), "%s and kvm.tdp_mmu",
			 tdp[i].name);
	}
	if (!info->module[0] && !access("/sys/module/kvm_pvm", F_OK))
		snprintf(info->module, sizeof(info->module), "kvm_pvm");
}

/* Twice the last-level cache. */
static uint64_t evict_bytes(void)
{
	char path[80], value[32];
	uint64_t largest = 0;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%u/size", i);
		if (read_line(path, value, sizeof(value))) {
			uint64_t size = strtoull(value, NULL, 10) << 10;

			largest = size > largest ? size : largest;
		}
	}
	largest = 2 * (largest ? largest : 32u << 20);
	return largest < EVICT_MIN ? EVICT_MIN : largest > EVICT_MAX ? EVICT_MAX : largest;
}

static uint64_t choose_memory(void)
{
	char value[64];
	uint64_t bytes = 1ull << 30;

	if (read_key("/proc/meminfo", "MemAvailable", value, sizeof(value)))
		bytes = strtoull(value, NULL, 10) << 10;
	return bytes / 4 < MEMORY_MAX ? bytes / 4 : MEMORY_MAX;
}

void probe_info_fill(struct host_probe_info *info)
{
	struct utsname name;

	if (!uname(&name))
		snprintf(info->release, sizeof(info->release), "%.*s",
			 (int)strcspn(name.release, "-+"), name.release);
	if (!read_key("/proc/cpuinfo", "model name", info->cpu, sizeof(info->cpu)))
		snprintf(info->cpu, sizeof(info->cpu), "unknown");
	info->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	fill_mmu(info);
	info->evict = evict_bytes();
	if (!info->memory)
		info->memory = choose_memory();
}
