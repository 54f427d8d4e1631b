// SPDX-License-Identifier: GPL-2.0-or-later
/* Scripts through the library. */
#include "api_test.h"

static const char text[] =
	"map a 0x10000000 4M rw anon private nohuge   # memory\n"
	"vm v shadow\n"
	"memslot v 0 gpa=4G a 4M\n"
	"guest v w 4G 1M\n"
	"mprotect a+4M 4K r\n"
	"mprotect a 4M r\n"
	"> linux-6.12 PROTECTION_VMA a a+4M\n"
	"assert sptes_zapped == 256\n";

struct seen {
	unsigned int messages, located, events, ops, errors;
	char last[200];
	uint64_t notifications;
};

static void message(void *ctx, const char *line)
{
	struct seen *seen = ctx;

	seen->messages++;
	seen->located += strstr(line, "broken:2:") != NULL;
	snprintf(seen->last, sizeof(seen->last), "%s", line);
}

static void on_event(void *ctx, const struct ms_event *event)
{
	struct seen *seen = ctx;
	char shown[16], whole[300];
	uint64_t number;
	int len = ms_event_format(event, shown, sizeof(shown));

	if (seen->events++ != ms_event_sequence(event) || ms_event_pid(event) != 1)
		seen->errors++;
	if (ms_event_format(event, whole, sizeof(whole)) != len || strlen(whole) != (size_t)len ||
	    strncmp(whole, shown, 15) || ms_event_format(event, NULL, 0) != len ||
	    strncmp(whole, ms_event_name(event), strlen(ms_event_name(event))))
		seen->errors++;
	if (ms_event_number(event, MS_EVENT_NUMBERS, &number) != -EINVAL ||
	    ms_event_number(event, 1, &number))
		seen->errors++;
	if (!strcmp(ms_event_name(event), "mmu_notifier_invalidate_range_start"))
		tap_eq(number, 0x10000000, "number 1 of a start is where");
}

static void on_op(void *ctx, const struct ms_op *op)
{
	struct seen *seen = ctx;
	uint64_t value;
	size_t len;
	const char *line = ms_op_text(op, &len);

	if (ms_op_line(op) != ++seen->ops)
		seen->errors++;
	if (ms_op_line(op) == 1)
		tap_ok(len == 42 && !strncmp(line, "map a", 5), "text without comment: %.*s",
		       (int)len, line);
	if (ms_op_line(op) == 5)
		is(ms_op_error(op), -ENOMEM, "what Linux returns for a hole");
	if (ms_op_counter(op, "notifications", &value))
		seen->errors++;
	seen->notifications += value;
	if (ms_op_counter(op, "none", &value) != -ENOENT)
		seen->errors++;
}

static void test_run(const struct ms_script *script)
{
	struct seen seen = { 0 };
	struct ms_run_options options = {
		.size = sizeof(options), .profile = "linux-6.12", .audit = 1, .on_event = on_event,
		.on_op = on_op, .on_message = message, .ctx = &seen,
	};
	struct ms_run *run;
	uint64_t value;

	if (!is(ms_script_run(script, &options, &run), 0, "run"))
		return;
	tap_eq(ms_run_operations(run), 6, "operations");
	tap_eq(ms_run_checked(run), 2, "expectations");
	tap_eq(ms_run_failed(run), 0, "all hold");
	tap_ok(!*ms_run_failures(run), "no text");
	tap_eq(ms_run_violations(run), 0, "no invariant is broken");
	tap_eq(seen.ops, 6, "operations shown");
	tap_eq(seen.errors, 0, "everything shown was right");
	tap_ok(seen.events > 256, "%u events", seen.events);
	is(ms_run_counter(run, "notifications", &value), 0, "a counter");
	tap_eq(value, seen.notifications, "is the sum of its operations'");
	is(ms_run_counter(run, "none", &value), -ENOENT, "no such counter");
	tap_ok(seen.messages == 1 && strstr(seen.last, "ENOMEM"), "told: %s", seen.last);
	ms_run_free(run);
	options.mmu = MS_MMU_TDP;
	options.on_event = NULL;
	options.on_op = NULL;
	is(ms_script_run(script, &options, &run), 0, "run with another MMU");
	is(ms_run_counter(run, "rmap_scanned", &value), 0, "reverse maps");
	tap_eq(value, 0, "there are none");
	ms_run_free(run);
	options.mmu = 9;
	is(ms_script_run(script, &options, &run), -EINVAL, "no such MMU");
	options.mmu = 0;
	options.profile = "linux-2.4";
	is(ms_script_run(script, &options, &run), -EINVAL, "no such profile");
}

static void test_failing(void)
{
	static const char wrong[] = "map a 0x10000000 4M rw anon private\ntouch a 4K w\n"
				    "munmap a 4M\n> CLEAR a a+4M\n";
	struct ms_script *script;
	struct ms_run *run;

	is(ms_script_parse("wrong", wrong, strlen(wrong), NULL, NULL, &script), 0, "parse");
	is(ms_script_run(script, NULL, &run), 0, "a failed expectation is a result");
	tap_eq(ms_run_failed(run), 1, "one");
	tap_ok(strstr(ms_run_failures(run), "wrong:4"), "with its line");
	ms_run_free(run);
	ms_script_free(script);
}

static void test_broken(void)
{
	struct seen seen = { 0 };
	struct ms_script *script = NULL;

	is(ms_script_parse("broken", "mapp a\nmap\n", 11, message, &seen, &script), -EINVAL, "broken");
	tap_ok(seen.messages >= 2 && seen.located == 1, "told where");
	is(ms_script_load("/nonexistent/script", message, &seen, &script), -ENOENT, "no file");
	tap_ok(!script, "nothing is returned");
	ms_script_free(NULL);
	ms_run_free(NULL);
}

int main(void)
{
	struct ms_script *script;

	if (is(ms_script_parse("test", text, strlen(text), NULL, NULL, &script), 0, "parse")) {
		test_run(script);
		ms_script_free(script);
	}
	test_failing();
	test_broken();
	return tap_done();
}
