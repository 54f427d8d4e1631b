// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli_internal.h"
#include "verify_internal.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <report/table.h>

/* How many scripts are named behind the first that differs, and how many logs are shown. */
#define MAX_NAMED 20

/* struct totals - over all scripts of one kernel */
struct totals {
	uint64_t ops;
	uint64_t events;
	uint64_t violations;
	size_t nr[3];
};

static struct totals add_up(const struct verify_kernel *kernel)
{
	struct totals totals = { 0 };
	size_t i;

	for (i = 0; i < kernel->nr_results; i++) {
		totals.ops += kernel->results[i].ops;
		totals.events += kernel->results[i].events;
		totals.violations += kernel->results[i].violations;
		totals.nr[kernel->results[i].verdict]++;
	}
	return totals;
}

static const char *result_word(const struct verify_kernel *kernel, const struct totals *totals)
{
	if (kernel->skipped.len)
		return "skipped";
	if (kernel->failed.len || totals->nr[VERIFY_FAILED])
		return "failed";
	return totals->nr[VERIFY_DIFFERENT] ? "different" : "equal";
}

static void add_row(struct report_table *table, const struct verify_kernel *kernel, bool audit)
{
	const struct totals totals = add_up(kernel);

	report_table_row(table);
	report_table_str(table, kernel->name);
	report_table_str(table, kernel->release);
	report_table_str(table, kernel->profile ? kernel->profile : "");
	report_table_count(table, kernel->nr_results);
	report_table_count(table, totals.ops);
	report_table_count(table, totals.events);
	report_table_count(table, totals.nr[VERIFY_EQUAL]);
	if (audit)
		report_table_count(table, totals.violations);
	report_table_str(table, result_word(kernel, &totals));
}

static void print_table(const struct verify_kernel *kernels, size_t nr, bool audit, bool headings)
{
	struct report_column columns[9] = {
		{ "KERNEL" },		   { "RELEASE" },	     { "PROFILE" },
		{ "SCRIPTS", REPORT_RIGHT }, { "OPERATIONS", REPORT_RIGHT },
		{ "EVENTS", REPORT_RIGHT },  { "EQUAL", REPORT_RIGHT },
	};
	struct report_table *table;
	unsigned int used = 7;
	size_t i;

	if (audit)
		columns[used++] = (struct report_column){ "BROKEN INVARIANTS", REPORT_RIGHT };
	columns[used++] = (struct report_column){ "RESULT", 0 };
	if (report_table_new(columns, used, headings, &table))
		return;
	for (i = 0; i < nr; i++)
		add_row(table, &kernels[i], audit);
	(void)report_table_print(table, stdout);
	report_table_free(table);
}

static void print_indented(const char *text)
{
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		printf("  %.*s\n", (int)len, text);
	}
}

/* The first script that is not equal in full, the others by name. */
static void print_differences(const struct verify_scripts *scripts,
			      const struct verify_kernel *kernel)
{
	const struct verify_result *result;
	size_t i, shown = 0;

	for (i = 0; i < kernel->nr_results; i++) {
		result = &kernel->results[i];
		if (result->verdict == VERIFY_EQUAL)
			continue;
		if (!shown)
			printf("\n%s: %s on Linux %s\n%s", scripts->script[i]->file,
			       result->verdict == VERIFY_FAILED ? "failed" : "different",
			       kernel->release, strbuf_str(&result->text));
		else if (shown <= MAX_NAMED)
			printf("%s%s:%u: %s, too\n", shown == 1 ? "\n" : "",
			       scripts->script[i]->file, result->line,
			       result->verdict == VERIFY_FAILED ? "failed" : "different");
		shown++;
	}
	if (shown > MAX_NAMED + 1)
		printf("and %zu more\n", shown - MAX_NAMED - 1);
}

static void print_logs(const struct verify_scripts *scripts, const struct verify_kernel *kernel)
{
	size_t i, shown = 0;

	for (i = 0; i < kernel->nr_results && shown < MAX_NAMED; i++) {
		if (!kernel->results[i].log.len)
			continue;
		printf("\n%s: Linux %s logged\n", scripts->script[i]->file, kernel->release);
		print_indented(strbuf_str(&kernel->results[i].log));
		shown++;
	}
}

void verify_print(const struct verify_scripts *scripts, const struct verify_kernel *kernels,
		  size_t nr, bool audit, bool headings)
{
	size_t i;

	print_table(kernels, nr, audit, headings);
	for (i = 0; i < nr; i++) {
		if (kernels[i].skipped.len)
			printf("\nkernel %s: skipped\n%s", kernels[i].name,
			       strbuf_str(&kernels[i].skipped));
		if (kernels[i].failed.len)
			printf("\nkernel %s: failed\n%s", kernels[i].name,
			       strbuf_str(&kernels[i].failed));
		print_differences(scripts, &kernels[i]);
		print_logs(scripts, &kernels[i]);
	}
}

void verify_print_minimal(const struct verify_minimal *minimal)
{
	if (!minimal->reproduced) {
		printf("\nseed %llu: equal on %s when run once more: what differed depends on what ran "
		       "before it\n", (unsigned long long)minimal->seed, minimal->kernel);
		return;
	}
	printf("\n%s: the smallest script found that differs on %s:\n%s%s", minimal->name,
	       minimal->kernel, strbuf_str(&minimal->text), strbuf_str(&minimal->difference));
}

static void json_results(struct report_json *json, const struct verify_scripts *scripts,
			 const struct verify_kernel *kernel)
{
	static const char *const words[] = { "equal", "different", "failed" };
	const struct verify_result *result;
	size_t i;

	report_json_array(json, "scripts");
	for (i = 0; i < kernel->nr_results; i++) {
		result = &kernel->results[i];
		report_json_line(json, NULL);
		report_json_str(json, "file", scripts->script[i]->file);
		report_json_str(json, "result", words[result->verdict]);
		report_json_uint(json, "operations", result->ops);
		report_json_uint(json, "events", result->events);
		report_json_uint(json, "violations", result->violations);
		report_json_uint(json, "line", result->line);
		report_json_str(json, "text", strbuf_str(&result->text));
		report_json_str(json, "log", strbuf_str(&result->log));
		report_json_close(json);
	}
	report_json_close(json);
}

static void json_kernel(struct report_json *json, const struct verify_scripts *scripts,
			const struct verify_kernel *kernel, bool audit)
{
	const struct totals totals = add_up(kernel);

	report_json_object(json, NULL);
	report_json_str(json, "kernel", kernel->name);
	report_json_str(json, "release", kernel->release);
	report_json_str(json, "package", kernel->package);
	report_json_str(json, "profile", kernel->profile ? kernel->profile : "");
	report_json_str(json, "result", result_word(kernel, &totals));
	report_json_str(json, "skipped", strbuf_str(&kernel->skipped));
	report_json_str(json, "failure", strbuf_str(&kernel->failed));
	report_json_uint(json, "operations", totals.ops);
	report_json_uint(json, "events", totals.events);
	report_json_uint(json, "equal", totals.nr[VERIFY_EQUAL]);
	report_json_uint(json, "different", totals.nr[VERIFY_DIFFERENT]);
	report_json_uint(json, "failed", totals.nr[VERIFY_FAILED]);
	report_json_bool(json, "audit", audit);
	report_json_uint(json, "violations", totals.violations);
	report_json_uint(json, "boot_ms", kernel->boot_ms);
	report_json_uint(json, "total_ms", kernel->total_ms);
	json_results(json, scripts, kernel);
	report_json_close(json);
}

void verify_json_kernels(struct report_json *json, const struct verify_scripts *scripts,
			 const struct verify_kernel *kernels, size_t nr, bool audit)
{
	size_t i;

	report_json_array(json, "kernels");
	for (i = 0; i < nr; i++)
		json_kernel(json, scripts, &kernels[i], audit);
	report_json_close(json);
}

void verify_json_minimal(struct report_json *json, const struct verify_minimal *minimal)
{
	report_json_object(json, NULL);
	report_json_str(json, "kernel", minimal->kernel);
	report_json_uint(json, "seed", minimal->seed);
	report_json_bool(json, "reproduced", minimal->reproduced);
	report_json_str(json, "script", strbuf_str(&minimal->text));
	report_json_str(json, "text", strbuf_str(&minimal->difference));
	report_json_close(json);
}

/*
 * struct shown - what is known of each kernel under way
 * @tenth: the last step of ten that was printed, for plain lines
 */
static struct {
	struct {
		char kernel[16];
		const char *what;
		size_t done;
		size_t total;
		size_t tenth;
	} job[VERIFY_MAX_KERNELS];
	size_t nr;
	char round[80];
	bool terminal;
	bool plain;
	bool dirty;
	struct timespec last;
} shown;

void verify_progress_init(bool plain)
{
	memset(&shown, 0, sizeof(shown));
	shown.plain = plain;
	shown.terminal = !plain && isatty(STDERR_FILENO);
}

void verify_progress_clear(void)
{
	if (shown.dirty)
		fputs("\r\033[K", stderr);
	shown.dirty = false;
	shown.nr = 0;
}

void verify_progress_round(const char *fmt, ...)
{
	va_list ap;

	verify_progress_clear();
	va_start(ap, fmt);
	vsnprintf(shown.round, sizeof(shown.round), fmt, ap);
	va_end(ap);
	if (shown.plain)
		fprintf(stderr, "%s\n", shown.round);
}

static bool is_due(void)
{
	struct timespec now;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - shown.last.tv_sec) * 1000 +
	     (now.tv_nsec - shown.last.tv_nsec) / 1000000;
	if (ms < 100)
		return false;
	shown.last = now;
	return true;
}

static void draw(void)
{
	size_t i;

	fprintf(stderr, "\r%s%s", shown.round, *shown.round ? ": " : "");
	for (i = 0; i < shown.nr; i++) {
		fprintf(stderr, "%s%s %s", i ? " | " : "", shown.job[i].kernel, shown.job[i].what);
		if (!strcmp(shown.job[i].what, "run"))
			fprintf(stderr, " %zu/%zu", shown.job[i].done, shown.job[i].total);
	}
	fputs("\033[K", stderr);
	shown.dirty = true;
}

static void print_plain(size_t i, bool changed)
{
	size_t tenth = shown.job[i].total ? 10 * shown.job[i].done / shown.job[i].total : 0;

	if (!changed && tenth == shown.job[i].tenth)
		return;
	shown.job[i].tenth = tenth;
	if (strcmp(shown.job[i].what, "run"))
		fprintf(stderr, "%s: %s\n", shown.job[i].kernel, shown.job[i].what);
	else
		fprintf(stderr, "%s: script %zu of %zu\n", shown.job[i].kernel, shown.job[i].done,
			shown.job[i].total);
}

void verify_progress(void *ctx, const struct host_progress *progress)
{
	bool changed;
	size_t i;

	(void)ctx;
	for (i = 0; i < shown.nr; i++)
		if (!strcmp(shown.job[i].kernel, progress->kernel))
			break;
	if (i == VERIFY_MAX_KERNELS)
		return;
	changed = i == shown.nr || strcmp(shown.job[i].what, progress->what);
	if (i == shown.nr)
		snprintf(shown.job[shown.nr++].kernel, sizeof(shown.job[0].kernel), "%s",
			 progress->kernel);
	shown.job[i].what = progress->what;
	shown.job[i].done = progress->done;
	shown.job[i].total = progress->total;
	if (shown.plain)
		print_plain(i, changed);
	else if (shown.terminal && (changed || is_due()))
		draw();
}
