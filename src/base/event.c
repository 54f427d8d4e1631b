// SPDX-License-Identifier: GPL-2.0-or-later
#include <base/event.h>

#include <assert.h>
#include <string.h>

static const char *const notify_names[MMU_NOTIFY_NR] = {
	[MMU_NOTIFY_UNMAP] = "UNMAP",
	[MMU_NOTIFY_CLEAR] = "CLEAR",
	[MMU_NOTIFY_PROTECTION_VMA] = "PROTECTION_VMA",
	[MMU_NOTIFY_PROTECTION_PAGE] = "PROTECTION_PAGE",
	[MMU_NOTIFY_SOFT_DIRTY] = "SOFT_DIRTY",
	[MMU_NOTIFY_RELEASE] = "RELEASE",
	[MMU_NOTIFY_MIGRATE] = "MIGRATE",
	[MMU_NOTIFY_EXCLUSIVE] = "EXCLUSIVE",
};

const char *mmu_notify_name(unsigned int event)
{
	return event < MMU_NOTIFY_NR ? notify_names[event] : "?";
}

int mmu_notify_number(const char *name, size_t len)
{
	unsigned int event;

	for (event = 0; event < MMU_NOTIFY_NR; event++)
		if (strlen(notify_names[event]) == len && !memcmp(notify_names[event], name, len))
			return event;
	return -1;
}

void event_emit(struct event_source *source, enum event_id id, unsigned int nr_args,
		const uint64_t *args)
{
	struct event event = { .id = id, .pid = source->pid, .seq = source->seq++ };

	assert(source->sink && nr_args <= EVENT_ARGS);
	memcpy(event.arg, args, nr_args * sizeof(args[0]));
	source->sink->emit(source->sink, &event);
}

void event_mark(struct event_source *source, const char *text, size_t len)
{
	struct event event = {
		.id = EVENT_TRACING_MARK_WRITE,
		.pid = source->pid,
		.text = text,
		.text_len = len,
	};

	if (!event_on(source))
		return;
	event.seq = source->seq++;
	source->sink->emit(source->sink, &event);
}
