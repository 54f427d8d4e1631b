// SPDX-License-Identifier: GPL-2.0-or-later
/* What can be wrong with a script although each line is well formed. */
#include "sim_internal.h"

#include <base/nearest.h>
#include <sim/counters.h>

#include <stdio.h>
#include <string.h>

static void error_at(const struct script *script, const struct script_op *op, struct strbuf *diag,
		     const char *what)
{
	strbuf_addf(diag, "%s:%u: error: %s: ", script->file, op->line, what);
	strbuf_add(diag, script->text + op->text, op->text_len);
	strbuf_addch(diag, '\n');
}

static bool check_map(const struct script *script, const struct script_op *op,
		      const struct pt_geometry *geo, struct strbuf *diag)
{
	char what[120];

	if (op->addr <= geo->task_size && op->len <= geo->task_size - op->addr)
		return true;
	snprintf(what, sizeof(what), "address beyond the user address space of %u levels, %#llx",
		 geo->levels, (unsigned long long)geo->task_size);
	error_at(script, op, diag, what);
	return false;
}

static bool check_counter(const struct script *script, const struct script_op *op,
			  struct strbuf *diag)
{
	const char *name = script_name(script, op->name2);
	const char *near;
	char what[160];

	if (sim_counter_index(name) >= 0)
		return true;
	near = nearest_word(name, strlen(name), sim_counter_names, SIM_COUNTER_NR);
	snprintf(what, sizeof(what), "no counter is called '%.40s'%s%s%s", name,
		 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	error_at(script, op, diag, what);
	return false;
}

static bool check_op(const struct script *script, const struct script_op *op,
		     const struct pt_geometry *geo, struct strbuf *diag)
{
	switch (op->code) {
	case OP_MAP:
		return check_map(script, op, geo, diag);
	case OP_ASSERT:
		return check_counter(script, op, diag);
	}
	return true;
}

int sim_check(const struct script *script, const struct sim_options *options, struct strbuf *diag)
{
	const struct pt_geometry *geo = pt_geometry_x86(options->levels ? options->levels : 4);
	unsigned int bad = 0;
	size_t i;

	if (!geo)
		return -EINVAL;
	for (i = 0; i < script->nr_ops && bad < 20; i++)
		bad += !check_op(script, &script->ops[i], geo, diag);
	return bad ? -EINVAL : 0;
}
