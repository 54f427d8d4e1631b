// SPDX-License-Identifier: GPL-2.0-or-later
/* Several processes in a random script: each has its own picture of its memory. */
#include "random_internal.h"

#include <string.h>

static void save(const struct random_state *r, struct process *to)
{
	memcpy(to->areas, r->areas, sizeof(r->areas));
	to->nr_areas = r->nr_areas;
	memcpy(to->objects, r->objects, sizeof(r->objects));
	to->nr_objects = r->nr_objects;
	to->brk = r->brk;
	to->alive = true;
}

static void restore(struct random_state *r, const struct process *from)
{
	memcpy(r->areas, from->areas, sizeof(r->areas));
	r->nr_areas = from->nr_areas;
	memcpy(r->objects, from->objects, sizeof(r->objects));
	r->nr_objects = from->nr_objects;
	r->brk = from->brk;
}

/* "main" is process 0 and does not end. */
static void add_name(struct random_state *r, size_t i)
{
	if (i)
		strbuf_addf(r->out, " p%u\n", r->processes[i].name);
	else
		strbuf_addstr(r->out, " main\n");
}

void random_fork(struct random_state *r)
{
	size_t i = 1;

	while (i < MAX_PROCESSES && (r->processes[i].alive || i == r->running))
		i++;
	if (i == MAX_PROCESSES)
		return;
	save(r, &r->processes[i]);
	r->processes[i].name = r->nr_forks++;
	strbuf_addstr(r->out, "fork");
	add_name(r, i);
}

/* A process that waits for its turn; the running one when there is none. */
static size_t pick_other(struct random_state *r, size_t first)
{
	size_t i = first + rng_below(&r->rng, MAX_PROCESSES - first), tries;

	for (tries = 0; tries < MAX_PROCESSES; tries++) {
		if (i != r->running && r->processes[i].alive)
			return i;
		i = i + 1 < MAX_PROCESSES ? i + 1 : first;
	}
	return r->running;
}

void random_switch(struct random_state *r)
{
	size_t to = pick_other(r, 0);

	if (to == r->running)
		return;
	save(r, &r->processes[r->running]);
	restore(r, &r->processes[to]);
	r->running = to;
	strbuf_addstr(r->out, "switch");
	add_name(r, to);
}

void random_exit(struct random_state *r)
{
	size_t which = pick_other(r, 1);

	if (which == r->running)
		return;
	strbuf_addstr(r->out, "exit");
	add_name(r, which);
	r->processes[which].alive = false;
}

/* The names of guests would be those of VMs that are gone. */
void random_exec(struct random_state *r)
{
	if (has(r, SCRIPT_RANDOM_GUEST | SCRIPT_RANDOM_NESTED | SCRIPT_RANDOM_SHADOW |
			   SCRIPT_RANDOM_MEMSLOT))
		return;
	strbuf_addstr(r->out, "exec\n");
	r->nr_areas = 0;
	r->brk = 0;
}
