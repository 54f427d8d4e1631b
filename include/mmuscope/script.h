/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scripts as in mmuscope-script(5): parse one, run it on a machine of its own, ask what it did. */
#ifndef MMUSCOPE_SCRIPT_H
#define MMUSCOPE_SCRIPT_H

#include <mmuscope/base.h>
#include <mmuscope/event.h>

MS_BEGIN_DECLS

struct ms_script;
struct ms_run;

/* One executed operation; valid during the callback that shows it. */
struct ms_op;

/**
 * ms_script_parse() - parse @len bytes of @text. A parameter must have one value: none can be set.
 * @name: for messages, "NAME:LINE:COLUMN: error: ..."
 * @message: called for each error and warning; may be NULL
 * Return: 0; -EINVAL: malformed; -E2BIG: over a limit of the language; -ENOMEM.
 */
MS_API int ms_script_parse(const char *name, const char *text, size_t len, ms_message_fn *message,
			   void *ctx, struct ms_script **ret_script);

/**
 * ms_script_load() - read and parse the file @path.
 * Return: as ms_script_parse(), or the error of open() or read().
 */
MS_API int ms_script_load(const char *path, ms_message_fn *message, void *ctx,
			  struct ms_script **ret_script);

/** ms_script_free() - free a script; NULL is fine. No run of it may be going on. */
MS_API void ms_script_free(struct ms_script *script);

/**
 * struct ms_run_options - how to run a script
 * @size: sizeof(struct ms_run_options)
 * @profile, @designs, @levels, @run_level, @literal, @run_gap: as in struct ms_machine_options
 * @mmu: enum ms_mmu, for every VM of the script
 * @audit: not 0: check the invariants after every operation
 * @on_event: called for every record; may be NULL
 * @on_op: called after every operation; may be NULL. Running is faster without.
 * @on_message: things worth telling: a system call that failed, an invariant broken; may be NULL
 * @ctx: for the three
 */
struct ms_run_options {
	size_t size;
	const char *profile;
	uint32_t designs;
	uint32_t levels;
	uint32_t run_level;
	uint32_t literal;
	uint64_t run_gap;
	uint32_t mmu;
	uint32_t audit;
	ms_event_fn *on_event;
	void (*on_op)(void *ctx, const struct ms_op *op);
	ms_message_fn *on_message;
	void *ctx;
};

/**
 * ms_script_run() - execute a script on a machine of its own. Expectations that do not hold are
 * results, not errors. Only @options say how it is run: the script's parameters of the names
 * profile, design, mmu and levels are not looked at.
 * @ret_run: what it did, to be freed with ms_run_free()
 * Return: 0; -EINVAL: options, or a script that cannot run (on_message says why); -E2BIG; -ENOMEM.
 */
MS_API int ms_script_run(const struct ms_script *script, const struct ms_run_options *options,
			 struct ms_run **ret_run);

/** ms_run_free() - free the results of a run; NULL is fine. */
MS_API void ms_run_free(struct ms_run *run);

/** ms_run_operations() - operations executed. */
MS_API uint64_t ms_run_operations(const struct ms_run *run);

/** ms_run_checked() - expectations and budgets that were checked. */
MS_API uint64_t ms_run_checked(const struct ms_run *run);

/** ms_run_failed() - expectations and budgets that did not hold. */
MS_API uint64_t ms_run_failed(const struct ms_run *run);

/** ms_run_violations() - invariants found broken; 0 without audit. */
MS_API uint64_t ms_run_violations(const struct ms_run *run);

/**
 * ms_run_failures() - what failed, as text: script line, expected and actual, for each that failed;
 * "" if none. Valid until ms_run_free().
 */
MS_API const char *ms_run_failures(const struct ms_run *run);

/** ms_run_counter() - the total of a counter of ms_counter_name(). Return: 0; -ENOENT. */
MS_API int ms_run_counter(const struct ms_run *run, const char *name, uint64_t *ret_value);

/** ms_op_line() - line of an operation in the script, from 1. Callback safe. */
MS_API unsigned int ms_op_line(const struct ms_op *op);

/**
 * ms_op_text() - the line of an operation as written, without comment. Not terminated: @ret_len is
 * its length in bytes. Callback safe.
 */
MS_API const char *ms_op_text(const struct ms_op *op, size_t *ret_len);

/** ms_op_error() - what Linux returns for an operation: 0 or a negative errno. Callback safe. */
MS_API int ms_op_error(const struct ms_op *op);

/**
 * ms_op_counter() - what an operation added to a counter; of maxima and "now" counters the value
 * after it.
 * Return: 0; -ENOENT. Callback safe.
 */
MS_API int ms_op_counter(const struct ms_op *op, const char *name, uint64_t *ret_value);

MS_END_DECLS

#endif /* MMUSCOPE_SCRIPT_H */
