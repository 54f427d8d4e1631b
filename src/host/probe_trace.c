// SPDX-License-Identifier: GPL-2.0-or-later
/* What KVM's tracepoint says about one mprotect; the only part that asks for more rights. */
#include "probe_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACEFS "/sys/kernel/tracing"
#define EVENT "kvm_unmap_hva_range"
#define TOUCHED ((1ull << 30) + (2ull << 20))

static int put_one(const char *instance, const char *file)
{
	char path[160];
	int fd, err;

	snprintf(path, sizeof(path), "%s/%s", instance, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write(fd, "1", 1) == 1 ? 0 : -errno;
	close(fd);
	return err;
}

/* The first range that lies in the region. */
static int read_range(const char *instance, uint64_t len, uint64_t *ret_start, uint64_t *ret_end)
{
	unsigned long long start, end;
	char path[160], line[512];
	int err = -ENODATA;
	FILE *file;

	snprintf(path, sizeof(path), "%s/trace", instance);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (err && fgets(line, sizeof(line), file)) {
		const char *at = strstr(line, EVENT ": ");

		at = at ? strstr(at, "0x") : NULL;
		if (!at || sscanf(at, "%llx -- %llx", &start, &end) != 2)
			continue;
		if (start < HOST_PROBE_ADDR || end > HOST_PROBE_ADDR + len)
			continue;
		*ret_start = start - HOST_PROBE_ADDR;
		*ret_end = end - HOST_PROBE_ADDR;
		err = 0;
	}
	fclose(file);
	return err;
}

int host_probe_trace(struct host_probe *probe, uint64_t *ret_start, uint64_t *ret_end)
{
	const struct host_probe_shape shape = { .op = HOST_PROBE_MPROTECT, .len = 4ull << 30,
						.first = TOUCHED, .nr = 1, .vm = true,
						.guest = true };
	struct host_probe_times times;
	char instance[80];
	int err;

	snprintf(instance, sizeof(instance), TRACEFS "/instances/mmuscope-%d", (int)getpid());
	if (mkdir(instance, 0700))
		return -errno;
	err = put_one(instance, "events/kvm/" EVENT "/enable");
	if (!err)
		err = host_probe_measure(probe, &shape, 1, &times);
	if (!err)
		err = read_range(instance, shape.len, ret_start, ret_end);
	if (rmdir(instance) && !err)
		err = -errno;
	return err;
}
