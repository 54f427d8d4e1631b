// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KVM's binary statistics (KVM_GET_STATS_FD): read after each operation, and what changed goes
 * into the trace as a mark "S VM STAT VALUE".
 */
#include "guest_internal.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <base/mem.h>

#define MAX_DESCS 256u
#define MAX_DESC_BYTES 256u

/* Where the figure called as @desc says is in the file; remembered by its number. */
static void take_desc(struct guest_stats *stats, const struct kvm_stats_header *header,
		      const struct kvm_stats_desc *desc)
{
	int stat = event_kvm_stat_number(desc->name, strnlen(desc->name, header->name_size));

	if (stat >= 0 && desc->size == 1)
		stats->at[stat] = header->data_offset + desc->offset;
	if (!strncmp(desc->name, "exits", header->name_size) && desc->size == 1)
		stats->exits_at = header->data_offset + desc->offset;
}

static int read_descs(struct guest_stats *stats)
{
	static _Alignas(8) char buf[MAX_DESCS * MAX_DESC_BYTES];
	struct kvm_stats_header header;
	size_t size, bytes;
	uint32_t i;

	if (pread(stats->fd, &header, sizeof(header), 0) != sizeof(header))
		return -EIO;
	size = sizeof(struct kvm_stats_desc) + header.name_size;
	bytes = size * header.num_desc;
	if (header.num_desc > MAX_DESCS || bytes > sizeof(buf))
		return -E2BIG;
	if (pread(stats->fd, buf, bytes, header.desc_offset) != (ssize_t)bytes)
		return -EIO;
	for (i = 0; i < header.num_desc; i++)
		take_desc(stats, &header, (const void *)(buf + i * size));
	return 0;
}

int kvmstat_open(struct guest_stats *stats, int fd)
{
	memset(stats, 0, sizeof(*stats));
	/* the first figure is told in any case, so that the stream says that there are any */
	stats->value[0] = UINT64_MAX;
	stats->fd = ioctl(fd, KVM_GET_STATS_FD, NULL);
	return stats->fd < 0 ? -errno : read_descs(stats);
}

void kvmstat_close(struct guest_stats *stats)
{
	if (stats->fd > 0)
		close(stats->fd);
	stats->fd = 0;
}

uint64_t kvmstat_exits(const struct guest_stats *stats)
{
	uint64_t value;

	if (!stats->exits_at || pread(stats->fd, &value, sizeof(value), stats->exits_at) !=
					sizeof(value))
		return 0;
	return value;
}

static void mark_changes(struct guest_stats *stats, unsigned int vm)
{
	char text[64];
	unsigned int i;
	uint64_t value;

	for (i = 0; i < EVENT_STAT_NR && stats->fd > 0; i++) {
		if (!stats->at[i] ||
		    pread(stats->fd, &value, sizeof(value), stats->at[i]) != sizeof(value) ||
		    value == stats->value[i])
			continue;
		stats->value[i] = value;
		ftrace_mark(text, snprintf(text, sizeof(text), "S %u %u %lx", vm, i, value));
	}
}

void kvmstat_mark(struct executor *ex)
{
	size_t i;

	for (i = 0; i < ex->script->nr_names; i++) {
		mark_changes(&ex->vm[i].stats, i);
		mark_changes(&ex->vm[i].vcpu_stats, i);
	}
}
