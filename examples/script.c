// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Run a script, from a file or the one below; read its events and its counters.
 *
 *	cc -o script script.c $(pkg-config --cflags --libs mmuscope)
 */
#include <mmuscope/mmuscope.h>

#include <stdio.h>
#include <string.h>

static const char text[] =
	"map      ram 0x100000000000 64G rw anon private noreserve nohuge\n"
	"vm       vm0 shadow\n"
	"memslot  vm0 0 gpa=4G ram 64G\n"
	"touch    ram 4K w\n"
	"mprotect ram 64G r\n"
	"> linux-6.1   PROTECTION_VMA ram ram+1G\n"
	"> linux-6.12+ PROTECTION_VMA ram ram+64G\n";

static void message(void *ctx, const char *line)
{
	(void)ctx;
	fprintf(stderr, "%s\n", line);
}

static void on_event(void *ctx, const struct ms_event *event)
{
	unsigned int *nr = ctx;
	char line[200];

	++*nr;
	if (ms_event_format(event, line, sizeof(line)) >= 0)
		printf("%6llu %s\n", (unsigned long long)ms_event_sequence(event), line);
}

static void print_counters(const struct ms_run *run)
{
	const char *name;
	unsigned int i;
	uint64_t value;

	for (i = 0; (name = ms_counter_name(i)); i++)
		if (!ms_run_counter(run, name, &value) && value)
			printf("%-18s %12llu  %s\n", name, (unsigned long long)value,
			       ms_counter_help(name));
}

int main(int argc, char **argv)
{
	unsigned int nr_events = 0;
	const struct ms_run_options options = {
		.size = sizeof(options),
		.profile = "linux-6.1",
		.audit = 1,
		.on_event = on_event,
		.on_message = message,
		.ctx = &nr_events,
	};
	struct ms_script *script;
	struct ms_run *run;
	uint64_t failed;
	int err;

	if (argc > 1)
		err = ms_script_load(argv[1], message, NULL, &script);
	else
		err = ms_script_parse("example", text, strlen(text), message, NULL, &script);
	if (err)
		return 3;
	err = ms_script_run(script, &options, &run);
	ms_script_free(script);
	if (err) {
		fprintf(stderr, "run: %s\n", strerror(-err));
		return 3;
	}
	printf("%u events, %llu operations, %llu invariants broken\n", nr_events,
	       (unsigned long long)ms_run_operations(run),
	       (unsigned long long)ms_run_violations(run));
	print_counters(run);
	failed = ms_run_failed(run);
	fputs(ms_run_failures(run), stdout);
	ms_run_free(run);
	return failed != 0;
}
