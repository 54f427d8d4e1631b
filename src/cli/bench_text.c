// SPDX-License-Identifier: GPL-2.0-or-later
/* Recordings read and replayed, and how long a small script takes from start to end. */
#include "bench_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/mem.h>
#include <base/stopwatch.h>
#include <host/bench.h>
#include <import/import.h>
#include <script/script.h>

#define MAX_RECORDINGS 4

/**
 * struct recording - a recording: its file, its lines, and the script that it becomes
 * @name: of the file, without its suffixes; @plain: the same for the reference
 */
struct recording {
	const char *path;
	const char *name;
	const char *plain;
	enum import_format format;
	struct strbuf text;
	struct strbuf script;
	uint64_t ops;
	struct import_report report;
};

/* From the file's first byte to the script, decompression included. */
static int import_once(struct recording *rec, double *ret_ns)
{
	struct import_options options = { .name = "bench" };
	struct import_sink sink = import_sink_strbuf(&rec->script);
	struct stopwatch watch;
	int err;

	stopwatch_start(&watch);
	strbuf_reset(&rec->script);
	err = import_file(rec->format, rec->path, &options, &sink, &rec->report);
	*ret_ns = stopwatch_ns(&watch);
	return err ? err : strbuf_error(&rec->script);
}

/* The lines of the file and nothing else, decompression included. */
static int read_once(struct recording *rec, double *ret_ns)
{
	struct import_source source;
	struct stopwatch watch;
	int fd, err;

	stopwatch_start(&watch);
	fd = open(rec->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	strbuf_reset(&rec->text);
	source = import_source_fd(fd);
	err = import_text(&source, &rec->text);
	close(fd);
	*ret_ns = stopwatch_ns(&watch);
	return err;
}

/* Names that live as long as the result. */
static void name_recording(struct bench_result *result, struct recording *rec)
{
	static const char reading[] = "reading ";
	const char *slash = strrchr(rec->path, '/'), *name = slash ? slash + 1 : rec->path;
	char(*names)[BENCH_NAME_MAX] = &result->names[result->nr_names];
	size_t len = strcspn(name, ".");

	len = len < BENCH_NAME_MAX - sizeof(reading) ? len : BENCH_NAME_MAX - sizeof(reading);
	memcpy(names[0], name, len);
	names[0][len] = '\0';
	memcpy(names[1], reading, sizeof(reading) - 1);
	memcpy(names[1] + sizeof(reading) - 1, names[0], len + 1);
	rec->name = names[0];
	rec->plain = names[1];
	result->nr_names += 2;
	rec->format = strstr(name, ".ftrace") ? IMPORT_FTRACE : IMPORT_STRACE;
}

/* Calls @one for every recording there is; says why when there is none. */
static int for_recordings(const struct bench_env *env, struct bench_result *result,
			  int (*one)(const struct bench_env *env, struct bench_result *result,
				     struct recording *rec))
{
	struct strbuf pattern = STRBUF_INIT;
	struct recording *rec = mem_zalloc(sizeof(*rec));
	glob_t found = { 0 };
	size_t i;
	int err = rec ? 0 : -ENOMEM;

	strbuf_addf(&pattern, "%s/*.{strace,ftrace}{,.zst}", env->recordings);
	if (!err && glob(strbuf_str(&pattern), GLOB_BRACE, NULL, &found))
		strbuf_addf(&result->skipped, "no recording in %s (--recordings DIR says where)",
			    env->recordings);
	for (i = 0; i < found.gl_pathc && i < MAX_RECORDINGS && !err; i++) {
		rec->path = found.gl_pathv[i];
		name_recording(result, rec);
		err = one(env, result, rec);
		strbuf_release(&rec->text);
		strbuf_release(&rec->script);
	}
	globfree(&found);
	mem_free(rec);
	strbuf_release(&pattern);
	return err;
}

static int import_measure(const struct bench_env *env, struct bench_result *result,
			  struct recording *rec)
{
	double ns, plain = 0, text;
	uint64_t lines;
	unsigned int i;
	int err = 0;

	for (i = 0; i < env->runs && !err; i++) {
		err = import_once(rec, &ns);
		if (!err)
			err = read_once(rec, &plain);
		if (!err)
			err = bench_add(result, rec->name, "line", ns / rec->report.lines);
		if (!err)
			err = bench_add(result, rec->plain, "line", plain / rec->report.lines);
	}
	if (err)
		return err;
	text = host_loop_lines(rec->text.buf, rec->text.len, &lines);
	strbuf_addf(&result->notes, "%s: getline() over its text in memory takes %.0f ns a line\n",
		    rec->name, text / lines);
	bench_at_most(result, rec->name, BENCH_RATIO,
		      bench_median(result, rec->name) / bench_median(result, rec->plain), 10);
	return 0;
}

int bench_import(const struct bench *bench, const struct bench_env *env,
		 struct bench_result *result)
{
	bench_progress("%s: measuring", bench->name);
	return for_recordings(env, result, import_measure);
}

static int replay_once(struct recording *rec, struct bench_result *result)
{
	const struct sim_options options = { .mmu = -1 };
	struct strbuf diag = STRBUF_INIT;
	struct script *script = NULL;
	struct sim_result done = { 0 };
	double parsed = 0, ran = 0;
	struct stopwatch watch;
	int err;

	stopwatch_start(&watch);
	err = script_parse("<bench>", rec->script.buf, rec->script.len, &diag, &script);
	parsed = stopwatch_ns(&watch);
	if (!err)
		err = sim_check(script, &options, &diag);
	stopwatch_start(&watch);
	if (!err)
		err = sim_run(script, &options, &done);
	ran = stopwatch_ns(&watch);
	rec->ops = done.ops;
	if (!err)
		err = bench_add(result, rec->name, "operation", ran / done.ops);
	if (!err)
		err = bench_add(result, "parsing", "operation", parsed / done.ops);
	sim_result_release(&done);
	script_free(script);
	strbuf_release(&diag);
	return err;
}

static int replay_measure(const struct bench_env *env, struct bench_result *result,
			  struct recording *rec)
{
	unsigned int i;
	double ns;
	int err = import_once(rec, &ns);

	for (i = 0; i < env->runs && !err; i++)
		err = replay_once(rec, result);
	if (err)
		return err;
	ns = bench_median(result, rec->name);
	bench_fact(result, rec->name, BENCH_RATE, 1e9 / ns);
	result->all_ops += rec->ops;
	result->all_ns += ns * rec->ops;
	return 0;
}

int bench_replay(const struct bench *bench, const struct bench_env *env,
		 struct bench_result *result)
{
	int err;

	bench_progress("%s: measuring", bench->name);
	err = for_recordings(env, result, replay_measure);
	if (!err && result->all_ops)
		bench_at_least(result, "operations of all of them", BENCH_RATE,
			       1e9 * result->all_ops / result->all_ns, 1e6);
	return err;
}

static const char seven_lines[] =
	"map      ram 0x100000000000 512G rw anon private noreserve nohuge\n"
	"vm       vm0 shadow\n"
	"memslot  vm0 0 gpa=4G ram 512G\n"
	"touch    ram 4K w\n"
	"mprotect ram 512G r\n"
	"> linux-6.12 PROTECTION_VMA ram ram+512G\n"
	"mprotect ram 512G rw\n";

int bench_start(const struct bench *bench, const struct bench_env *env,
		struct bench_result *result)
{
	static const char *const none[] = { "true", NULL };
	static const char *const ours[] = { "/proc/self/exe", "run", "-", NULL };
	unsigned int i;
	int err = 0;

	bench_progress("%s: measuring", bench->name);
	for (i = 0; i < 2 * env->runs && !err; i++) {
		double ns;
		int status = host_bench_spawn(ours, seven_lines, &ns);

		if (status)
			return status < 0 ? status : -EPROTO;
		err = bench_add(result, "ours", "run", ns);
		status = err ? 0 : host_bench_spawn(none, "", &ns);
		if (status)
			return status < 0 ? status : -EPROTO;
		if (!err)
			err = bench_add(result, "true", "run", ns);
	}
	if (!err)
		bench_at_most(result, "ours - true", BENCH_NS,
			      bench_median(result, "ours") - bench_median(result, "true"), 5e6);
	return err;
}
