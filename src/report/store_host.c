// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine that a run is recorded on. */
#include <report/store.h>

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static void read_cpu(char *ret, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		const char *colon = strchr(line, ':');

		if (!colon || strncmp(line, "model name", 10))
			continue;
		colon += 1 + strspn(colon + 1, " \t");
		snprintf(ret, size, "%.*s", (int)strcspn(colon, "\n"), colon);
		break;
	}
	if (file)
		fclose(file);
}

void report_host_get(struct report_host *ret_host)
{
	struct report_host host = { .cpus = sysconf(_SC_NPROCESSORS_ONLN) };
	struct utsname name;

	if (!uname(&name)) {
		/* up to the first '-': the rest often names the machine's owner */
		name.release[strcspn(name.release, "-+")] = '\0';
		snprintf(host.kernel, sizeof(host.kernel), "%.63s", name.release);
		snprintf(host.machine, sizeof(host.machine), "%.63s", name.machine);
	}
	read_cpu(host.cpu, sizeof(host.cpu));
	host.memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
	*ret_host = host;
}
