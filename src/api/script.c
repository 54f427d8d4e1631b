// SPDX-License-Identifier: GPL-2.0-or-later
/* Scripts: parse, run, results. */
#include "api_internal.h"

#include <script/script.h>

#include <string.h>

struct ms_script {
	struct script *script;
};

struct ms_run {
	struct sim_result result;
};

/* struct ms_op is one of these, on the stack of on_op(). */
struct ms_op {
	const struct script *script;
	const struct sim_op_result *result;
};

/* A run on its way: the model's listeners lead to the user's. */
struct running {
	struct event_sink sink;
	const struct script *script;
	const struct ms_run_options *options;
};

/* Hand the lines of @text to @message one by one; the text is cut up. */
static void each_line(struct strbuf *text, ms_message_fn *message, void *ctx)
{
	char *line = text->buf, *end;

	for (; message && line && *line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		else
			end = line + strlen(line);
		message(ctx, line);
	}
}

static int give_script(int err, struct strbuf *diag, struct script *parsed, ms_message_fn *message,
		       void *ctx, struct ms_script **ret_script)
{
	struct ms_script *script;

	each_line(diag, message, ctx);
	strbuf_release(diag);
	if (err)
		return err;
	script = mem_zalloc(sizeof(*script));
	if (!script) {
		script_free(parsed);
		return -ENOMEM;
	}
	script->script = parsed;
	*ret_script = script;
	return 0;
}

int ms_script_parse(const char *name, const char *text, size_t len, ms_message_fn *message,
		    void *ctx, struct ms_script **ret_script)
{
	struct strbuf diag = STRBUF_INIT;
	struct script *parsed = NULL;
	int err = script_parse(name, text, len, &diag, &parsed);

	return give_script(err, &diag, parsed, message, ctx, ret_script);
}

int ms_script_load(const char *path, ms_message_fn *message, void *ctx,
		   struct ms_script **ret_script)
{
	struct strbuf diag = STRBUF_INIT;
	struct script *parsed = NULL;
	int err = script_load(path, &diag, &parsed);

	return give_script(err, &diag, parsed, message, ctx, ret_script);
}

void ms_script_free(struct ms_script *script)
{
	if (!script)
		return;
	script_free(script->script);
	mem_free(script);
}

static void emit(struct event_sink *sink, const struct event *event)
{
	struct running *running = (struct running *)sink;

	running->options->on_event(running->options->ctx, api_event(event));
}

static void op_done(void *ctx, const struct sim_op_result *result)
{
	struct running *running = ctx;
	struct ms_op op = { .script = running->script, .result = result };

	running->options->on_op(running->options->ctx, &op);
}

static void note(void *ctx, const char *text)
{
	struct running *running = ctx;

	running->options->on_message(running->options->ctx, text);
}

static int sim_options_of(const struct ms_run_options *options, struct running *running,
			  struct sim_options *ret)
{
	static const int mmus[] = {
		[MS_MMU_DEFAULT] = -1,
		[MS_MMU_TDP] = SCRIPT_MMU_TDP,
		[MS_MMU_DIRECT] = SCRIPT_MMU_DIRECT,
		[MS_MMU_SHADOW] = SCRIPT_MMU_SHADOW,
		[MS_MMU_NESTED] = SCRIPT_MMU_NESTED,
	};

	if (options->mmu > MS_MMU_NESTED || options->designs >> 4 ||
	    (options->run_level && options->run_level != 2 && options->run_level != 3) ||
	    (options->levels && options->levels != 4 && options->levels != 5) ||
	    (options->profile && !sim_profile_summary(options->profile)))
		return -EINVAL;
	*ret = (struct sim_options){
		.profile = options->profile,
		.designs = options->designs,
		.run_level = options->run_level,
		.run_gap = options->run_gap,
		.levels = options->levels,
		.mmu = mmus[options->mmu],
		.audit = options->audit,
		.literal = options->literal,
		.sink = options->on_event ? &running->sink : NULL,
		.op_done = options->on_op ? op_done : NULL,
		.note = options->on_message ? note : NULL,
		.ctx = running,
	};
	return 0;
}

int ms_script_run(const struct ms_script *script, const struct ms_run_options *options,
		  struct ms_run **ret_run)
{
	struct ms_run_options known = { 0 };
	struct running running = {
		.sink = { .emit = emit }, .script = script->script, .options = &known,
	};
	struct strbuf diag = STRBUF_INIT;
	struct sim_options sim_options;
	struct ms_run *run;
	int err = api_options(&known, sizeof(known), options);

	if (!err)
		err = sim_options_of(&known, &running, &sim_options);
	if (err)
		return err;
	err = sim_check(script->script, &sim_options, &diag);
	each_line(&diag, known.on_message, known.ctx);
	strbuf_release(&diag);
	if (err)
		return err;
	run = mem_zalloc(sizeof(*run));
	if (!run)
		return -ENOMEM;
	err = sim_run(script->script, &sim_options, &run->result);
	if (err) {
		ms_run_free(run);
		return err;
	}
	*ret_run = run;
	return 0;
}

void ms_run_free(struct ms_run *run)
{
	if (!run)
		return;
	sim_result_release(&run->result);
	mem_free(run);
}

uint64_t ms_run_operations(const struct ms_run *run)
{
	return run->result.ops;
}

uint64_t ms_run_checked(const struct ms_run *run)
{
	return run->result.checked;
}

uint64_t ms_run_failed(const struct ms_run *run)
{
	return run->result.failed;
}

uint64_t ms_run_violations(const struct ms_run *run)
{
	return run->result.violations;
}

const char *ms_run_failures(const struct ms_run *run)
{
	return strbuf_str(&run->result.failures);
}

int ms_run_counter(const struct ms_run *run, const char *name, uint64_t *ret_value)
{
	int index = api_counter_index(name);

	if (index < 0)
		return -ENOENT;
	*ret_value = run->result.counters[index];
	return 0;
}

unsigned int ms_op_line(const struct ms_op *op)
{
	return op->result->op->line;
}

const char *ms_op_text(const struct ms_op *op, size_t *ret_len)
{
	*ret_len = op->result->op->text_len;
	return op->script->text + op->result->op->text;
}

int ms_op_error(const struct ms_op *op)
{
	return op->result->err;
}

int ms_op_counter(const struct ms_op *op, const char *name, uint64_t *ret_value)
{
	int index = api_counter_index(name);

	if (index < 0)
		return -ENOENT;
	*ret_value = op->result->delta[index];
	return 0;
}
