/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mmuscope verify: the same scripts on the model and on real kernels, and what differs.
 *
 * verify.c	    the command: options, kernels, exit status
 * verify_scripts.c where scripts come from: files, kept folders, the random generator
 * verify_check.c   one script on one kernel: the comparison
 * verify_report.c  results as text and JSON, progress
 * verify_own.c     which records are of the executor's own guest memory
 * verify_keep.c    streams in a folder
 * verify_shrink.c  a script that differs, made small
 */
#ifndef CLI_VERIFY_INTERNAL_H
#define CLI_VERIFY_INTERNAL_H

#include <base/event.h>
#include <host/host.h>
#include <report/json.h>
#include <script/random.h>
#include <script/script.h>
#include <sim/sim.h>

#define VERIFY_MAX_KERNELS 8
/* The limit of a boot with @nr scripts, for slow machines: one that is stuck falls silent before. */
#define VERIFY_TIMEOUT_MS(nr) (600000 + 10000 * (unsigned int)(nr))

/**
 * struct verify_scripts - what is run
 * @script: @nr of them; owned
 * @seed: the seed of each random one; NULL when they were given
 */
struct verify_scripts {
	struct script **script;
	uint64_t *seed;
	size_t nr;
	size_t cap;
	size_t cap_seed;
};

/** enum verify_verdict - what became of a script on a kernel */
enum verify_verdict {
	VERIFY_EQUAL,
	VERIFY_DIFFERENT,
	VERIFY_FAILED, /* hang, panic, BUG, ...: nothing that could be equal */
};

/**
 * struct verify_result - one script on one kernel
 * @violations: invariants that the model's audit found broken
 * @ops: operations compared, @events: events compared in them
 * @line: the script's line that differs or in which it failed; 0 for none
 * @text: the difference in two columns, or how it failed; empty when equal
 * @log: messages of the kernel that tell of something broken
 */
struct verify_result {
	enum verify_verdict verdict;
	uint64_t violations;
	uint64_t ops;
	uint64_t events;
	uint32_t line;
	struct strbuf text;
	struct strbuf log;
};

/**
 * struct verify_kernel - one kernel's column of the result
 * @name: as asked for; @profile: what it is held against
 * @skipped: why there is nothing to compare with; empty when there is
 * @failed: the machine as a whole failed: what it said; empty when it did not
 * @results: one per script; NULL when skipped
 */
struct verify_kernel {
	const char *name;
	const char *profile;
	char release[80];
	char package[160];
	struct strbuf skipped;
	struct strbuf failed;
	struct verify_result *results;
	size_t nr_results;
	unsigned int boot_ms;
	unsigned int total_ms;
};

/** struct verify_minimal - a random script that differs, made small */
struct verify_minimal {
	struct strbuf text;
	struct strbuf difference;
	const char *kernel;
	char *name;
	uint64_t seed;
	bool reproduced;
};

/* verify_scripts.c */

/**
 * verify_random_features() - bits over verify_random_names[] as SCRIPT_RANDOM_*, which have the
 * same order; 0 is all of them, less memslot and age unless there are @kinds of guests
 */
unsigned int verify_random_features(uint64_t chosen, uint64_t kinds);

/** verify_random_names[] - the features as --features knows them, in the order of their bits. */
extern const char *const verify_random_names[];

/**
 * verify_scripts_load() - @nr files given by the user.
 * @values: of their parameters, @nr_values of them
 * @warn: print the first warnings about each
 * Return: false after a message.
 */
bool verify_scripts_load(struct verify_scripts *scripts, char **paths, size_t nr,
			 const struct script_value *values, size_t nr_values, bool warn);

/**
 * verify_scripts_random() - @nr scripts, of the seeds @seed, @seed + 1, ...
 * Return: false after a message.
 */
bool verify_scripts_random(struct verify_scripts *scripts, size_t nr, uint64_t seed,
			   const struct script_random_options *options);

/** verify_scripts_kept() - the scripts of a folder that --keep made. Return: false after a message. */
bool verify_scripts_kept(struct verify_scripts *scripts, const char *dir);

void verify_scripts_release(struct verify_scripts *scripts);

/** verify_base_name() - the file's name without folder and ".mms"; @len receives its length. */
const char *verify_base_name(const char *file, size_t *ret_len);

/* verify_check.c */

/** verify_is_own() - the record is of the guest's own slot, which belongs to the executor. */
bool verify_is_own(const struct script *script, const struct event *event);

/** verify_profile() - the newest profile that is not newer than @release; NULL for none. */
const char *verify_profile(const char *release);

/**
 * verify_check() - hold one script's stream against the model.
 * @ret: to be released with verify_result_release()
 * Return: 0 or a negative errno (-ENOMEM).
 */
int verify_check(const struct script *script, const struct host_stream *stream,
		 const char *release, const char *profile, bool audit, struct verify_result *ret);

void verify_result_release(struct verify_result *result);

/* verify_report.c */

void verify_print(const struct verify_scripts *scripts, const struct verify_kernel *kernels,
		  size_t nr, bool audit, bool headings);
void verify_print_minimal(const struct verify_minimal *minimal);
void verify_json_kernels(struct report_json *json, const struct verify_scripts *scripts,
			 const struct verify_kernel *kernels, size_t nr, bool audit);
void verify_json_minimal(struct report_json *json, const struct verify_minimal *minimal);

/** verify_progress_init() - a line that is rewritten on a terminal; with @plain one line per step. */
void verify_progress_init(bool plain);
/** verify_progress() - for host_options.progress */
void verify_progress(void *ctx, const struct host_progress *progress);
/** verify_progress_round() - what the following boots are for. */
__attribute__((format(printf, 1, 2))) void verify_progress_round(const char *fmt, ...);
/** verify_progress_clear() - take the line away before anything else is printed. */
void verify_progress_clear(void);

/* verify_keep.c */

/** verify_write_file() - DIR/NAME with @text, whole or not at all. Return: false after a message. */
bool verify_write_file(const char *dir, const char *name, const struct strbuf *text);

/** verify_make_dir() - the folder and those above it. Return: false after a message. */
bool verify_make_dir(const char *dir);

/**
 * verify_keep() - keep scripts and streams: DIR/NAME.mms and DIR/NAME.KERNEL.stream.
 * Return: false after a message.
 */
bool verify_keep(const char *dir, const struct verify_scripts *scripts,
		 const struct host_run *runs, size_t nr_runs);

/** verify_keep_names() - false, with a message, when two scripts would have one name in a folder. */
bool verify_keep_names(const struct verify_scripts *scripts);

/**
 * verify_kept_read() - the kept stream of @script on @kernel.
 * Return: 1; 0 when there is none; negative after a message.
 */
int verify_kept_read(const char *dir, const struct script *script, const char *kernel,
		     struct host_stream *ret_stream, struct strbuf *ret_release);

/* verify_shrink.c */

/**
 * verify_shrink() - make up to @max scripts that differ on @kernel small, all at the same time.
 * @options: how to boot; @host_kernel: what to boot
 * @ret_minimal: room for @max; @ret_nr of them are filled, to be released one by one
 *
 * Each round boots once and tries all candidates of all scripts.
 * Return: 0 or a negative errno of host_run().
 */
int verify_shrink(const struct verify_scripts *scripts, const struct verify_kernel *kernel,
		  const struct host_kernel *host_kernel, const struct host_options *options,
		  size_t max, struct verify_minimal *ret_minimal, size_t *ret_nr,
		  struct strbuf *diag);

void verify_minimal_release(struct verify_minimal *minimal);

#endif /* CLI_VERIFY_INTERNAL_H */
