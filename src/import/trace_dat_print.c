// SPDX-License-Identifier: GPL-2.0-or-later
/* trace.dat through libtracecmd, as lines of tracefs text. Runs in a process of its own. */
#include "trace_dat_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trace-cmd.h>

#define MAX_INSTANCES 64
#define MAX_ARGS 6
#define EVENTS_PER_IDLE 4096

struct printer {
	FILE *out;
	void (*idle)(void);
	uint64_t events;
};

/* A name of the file: one word of text, whatever it holds. */
static void put_text(FILE *out, const char *s, size_t max)
{
	for (; s && *s && max; s++, max--)
		putc((unsigned char)*s >= ' ' && *s != 0x7f ? *s : '?', out);
}

static bool get_number(struct tep_format_field *field, struct tep_record *record, uint64_t *ret_value)
{
	unsigned long long value;

	if (!field || field->offset < 0 || field->size <= 0 || record->size < 0 ||
	    (uint64_t)field->offset + field->size > (uint64_t)record->size)
		return false;
	if (tep_read_number_field(field, record->data, &value))
		return false;
	*ret_value = value;
	return true;
}

static bool get_named(struct tep_event *event, struct tep_record *record, const char *name,
		      uint64_t *ret_value)
{
	return get_number(tep_find_field(event, name), record, ret_value);
}

/* "0x1000, 0x2000": the fields behind the call's number */
static void put_args(struct printer *p, struct tep_event *event, struct tep_record *record)
{
	struct tep_format_field *field;
	unsigned int nr = 0;
	uint64_t value;

	for (field = event->format.fields; field && nr < MAX_ARGS; field = field->next) {
		if (!strcmp(field->name, "__syscall_nr") || !strcmp(field->name, "nr") ||
		    (field->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC)) ||
		    !get_number(field, record, &value))
			continue;
		fprintf(p->out, "%s%#" PRIx64, nr++ ? ", " : "", value);
	}
}

static void put_exit(struct printer *p, struct tep_event *event, struct tep_record *record)
{
	uint64_t value;

	if (get_named(event, record, "ret", &value))
		fprintf(p->out, "%#" PRIx64, value);
}

/* "NR 9 (0, 10000)", of raw_syscalls */
static void put_raw_args(struct printer *p, struct tep_event *event, struct tep_record *record)
{
	struct tep_format_field *args = tep_find_field(event, "args");
	uint64_t number, i;

	if (!get_named(event, record, "id", &number))
		return;
	fprintf(p->out, "NR %" PRId64 " (", number);
	if (args && args->offset >= 0 && (uint64_t)args->offset + 8 * MAX_ARGS <= (uint64_t)record->size)
		for (i = 0; i < MAX_ARGS; i++)
			fprintf(p->out, "%s%llx", i ? ", " : "",
				tep_read_number(event->tep, (char *)record->data + args->offset + 8 * i, 8));
	putc(')', p->out);
}

static void put_raw_exit(struct printer *p, struct tep_event *event, struct tep_record *record)
{
	uint64_t number, value;

	if (get_named(event, record, "id", &number) && get_named(event, record, "ret", &value))
		fprintf(p->out, "NR %" PRId64 " = %" PRId64, number, value);
}

/* " name=12", when the event has it */
static void put_field(struct printer *p, struct tep_event *event, struct tep_record *record,
		      const char *name, bool hex)
{
	uint64_t value;

	if (get_named(event, record, name, &value))
		fprintf(p->out, hex ? " %s=%#" PRIx64 : " %s=%" PRId64, name, value);
}

static void put_fault(struct printer *p, struct tep_event *event, struct tep_record *record)
{
	put_field(p, event, record, "address", true);
	put_field(p, event, record, "ip", true);
	put_field(p, event, record, "error_code", true);
}

static void put_fork(struct printer *p, struct tep_event *event, struct tep_record *record)
{
	put_field(p, event, record, "pid", false);
	put_field(p, event, record, "child_pid", false);
	put_field(p, event, record, "clone_flags", true);
}

static void put_guest_fault(struct printer *p, struct tep_event *event, struct tep_record *record)
{
	uint64_t vcpu, rip, addr, code;

	if (get_named(event, record, "vcpu_id", &vcpu) && get_named(event, record, "guest_rip", &rip) &&
	    get_named(event, record, "fault_address", &addr) &&
	    get_named(event, record, "error_code", &code))
		fprintf(p->out, "vcpu %" PRIu64 " rip %#" PRIx64 " address %#018" PRIx64
			" error_code %#" PRIx64, vcpu, rip, addr, code);
}

static void put_unmap(struct printer *p, struct tep_event *event, struct tep_record *record)
{
	uint64_t start, end;

	if (get_named(event, record, "start", &start) && get_named(event, record, "end", &end))
		fprintf(p->out, "mmu notifier unmap range: %#018" PRIx64 " -- %#018" PRIx64, start, end);
}

/* What was written into trace_marker. */
static void put_mark(struct printer *p, struct tep_event *event, struct tep_record *record)
{
	struct tep_format_field *field = tep_find_field(event, "buf");
	const char *data = record->data;
	size_t len;

	if (!field || field->offset < 0 || field->offset >= record->size)
		return;
	len = strnlen(data + field->offset, record->size - field->offset);
	while (len && data[field->offset + len - 1] == '\n')
		len--;
	put_text(p->out, data + field->offset, len);
}

static const struct kind {
	const char *system;
	const char *name; /* ends in '_': all that begin so */
	void (*put)(struct printer *p, struct tep_event *event, struct tep_record *record);
} kinds[] = {
	{ "syscalls", "sys_enter_", put_args },
	{ "syscalls", "sys_exit_", put_exit },
	{ "raw_syscalls", "sys_enter", put_raw_args },
	{ "raw_syscalls", "sys_exit", put_raw_exit },
	{ "exceptions", "page_fault_user", put_fault },
	{ "exceptions", "page_fault_kernel", put_fault },
	{ "task", "task_newtask", put_fork },
	{ "sched", "sched_process_fork", put_fork },
	{ "kvm", "kvm_unmap_hva_range", put_unmap },
	{ "kvm", "kvm_page_fault", put_guest_fault },
	{ "ftrace", "print", put_mark },
};

static const struct kind *kind_of(const struct tep_event *event)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *kind = &kinds[i];
		size_t len = strlen(kind->name);

		if (strcmp(event->system, kind->system))
			continue;
		if (kind->name[len - 1] == '_' ? !strncmp(event->name, kind->name, len) :
						 !strcmp(event->name, kind->name))
			return kind;
	}
	return NULL;
}

static void put_event(struct printer *p, struct tep_handle *tep, struct tep_record *record)
{
	struct tep_event *event = tep_find_event_by_record(tep, record);
	const struct kind *kind = event && event->system && event->name ? kind_of(event) : NULL;
	int pid = tep_data_pid(tep, record);

	put_text(p->out, tep_data_comm_from_pid(tep, pid), 15);
	fprintf(p->out, "-%d [%03d] ..... %llu.%09llu: ", pid, record->cpu, record->ts / 1000000000,
		record->ts % 1000000000);
	if (kind && kind->put == put_mark)
		fputs("tracing_mark_write", p->out);
	else
		put_text(p->out, event && event->name ? event->name : "unknown_event", 100);
	fputs(": ", p->out);
	if (kind)
		kind->put(p, event, record);
	putc('\n', p->out);
}

static int print_record(struct tracecmd_input *handle, struct tep_record *record, int cpu, void *ctx)
{
	struct printer *p = ctx;

	(void)cpu;
	/* a number below zero: some, the kernel does not say how many */
	if (record->missed_events)
		fprintf(p->out, "# lost %lld events on processor %d\n",
			record->missed_events > 0 ? record->missed_events : 1, record->cpu);
	put_event(p, tracecmd_get_tep(handle), record);
	if (++p->events % EVENTS_PER_IDLE == 0)
		p->idle();
	return ferror(p->out) ? -1 : 0;
}

/* The top buffer and the instances beside it, in one order of time. */
static enum trace_dat_status print_all(struct tracecmd_input *top, struct printer *p)
{
	struct tracecmd_input *handles[MAX_INSTANCES] = { top };
	int nr = 1, instances = tracecmd_buffer_instances(top);

	for (int i = 0; i < instances && nr < MAX_INSTANCES; i++) {
		handles[nr] = tracecmd_buffer_instance_handle(top, i);
		if (!handles[nr])
			return TRACE_DAT_BROKEN;
		nr++;
	}
	if (tep_get_long_size(tracecmd_get_tep(top)) != 8)
		return TRACE_DAT_FOREIGN;
	if (tracecmd_iterate_events_multi(handles, nr, print_record, p))
		return ferror(p->out) ? TRACE_DAT_OUTPUT : TRACE_DAT_BROKEN;
	return TRACE_DAT_WHOLE;
}

/* Exported by every version so far, without a place in the public header. */
extern const char *tracecmd_get_uname(struct tracecmd_input *handle) __attribute__((weak));

enum trace_dat_status imp_trace_dat_print(int fd, FILE *out, struct trace_dat_about *about,
					  void (*idle)(void))
{
	const char *uname;
	struct printer printer = { .out = out, .idle = idle };
	struct tracecmd_input *handle;

	tracecmd_set_loglevel(TEP_LOG_NONE);
	handle = tracecmd_open_fd(fd, TRACECMD_FL_LOAD_NO_PLUGINS | TRACECMD_FL_LOAD_NO_SYSTEM_PLUGINS);
	if (!handle)
		return TRACE_DAT_UNREADABLE;
	uname = tracecmd_get_uname ? tracecmd_get_uname(handle) : NULL;
	if (uname)
		snprintf(about->uname, sizeof(about->uname), "%s", uname);
	return print_all(handle, &printer);
}
