// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An L1 hypervisor in a random script. Its nested tables lie in memory of their own, which no
 * other operation touches: what they hold must be what was written there. L2's addresses are
 * handed out once, by page size, so that the loader never changes what L2 may already use; L1
 * itself does.
 */
#include "random_internal.h"

#define TABLES_ADDR 0x0f0000000000ull
#define TABLES_GPA (4 * SIZE_1G)
#define TABLES_LEN (16 * SIZE_1M)
#define TABLES_SLOT 100
#define ZONE_4K (1 * SIZE_1G)
#define ZONE_2M (16 * SIZE_1G)
#define ZONE_1G (64 * SIZE_1G)

static uint64_t root_gpa(unsigned int root)
{
	return TABLES_GPA + root * (TABLES_LEN / NESTED_ROOTS);
}

/* On a host without the TDP MMU; drawn beside the other draws, which stay what they were. */
static bool pick_no_tdp_mmu(const struct random_state *r)
{
	struct rng rng = r->rng;

	return rng_chance(&rng, 1, 3);
}

static void start(struct random_state *r)
{
	unsigned int i;

	strbuf_addstr(r->out, "map nt 0x");
	strbuf_addhex(r->out, TABLES_ADDR, 1);
	strbuf_addf(r->out, " %lluM rw anon private noreserve nohuge\n", TABLES_LEN / SIZE_1M);
	strbuf_addf(r->out, "vm vm0 nested%s%s\nmemslot vm0 %u gpa=%lluG nt %lluM\n",
		    pick_no_tdp_mmu(r) ? " no_tdp_mmu" : "",
		    has(r, SCRIPT_RANDOM_MEMSLOT) ? random_vm_flags(r) : "", TABLES_SLOT,
		    TABLES_GPA / SIZE_1G, TABLES_LEN / SIZE_1M);
	r->vm = r->nested.on = true;
	r->nr_vms = has(r, SCRIPT_RANDOM_MEMSLOT);
	for (i = 0; i < NESTED_ROOTS; i++) {
		r->nested.next[i][0] = ZONE_4K;
		r->nested.next[i][1] = ZONE_2M;
		r->nested.next[i][2] = ZONE_1G;
	}
}

/* Guest-physical memory for a page of @size, in one slot; false when no slot has room. */
static bool pick_target(struct random_state *r, uint64_t size, uint64_t *ret_gpa)
{
	const struct slot *slot = &r->slots[rng_below(&r->rng, r->nr_slots)];
	uint64_t first = (slot->gpa + size - 1) & -size, end = slot->gpa + slot->len;

	if (first >= end || end - first < size)
		return false;
	if (has(r, SCRIPT_RANDOM_MEMSLOT) && !slot->alive && chance(r, 7, 8))
		return false;
	*ret_gpa = (slot->gpa + pick_page(r, 0, slot->len)) & -size;
	if (*ret_gpa < first || end - *ret_gpa < size)
		*ret_gpa = first;
	return true;
}

static const char *pick_rights(struct random_state *r)
{
	static const char *const rights[] = { "rwx", "rwx", "rwx", "rw", "r", "rx" };

	return rights[rng_below(&r->rng, NR_WORDS(rights))];
}

static void add_page(struct random_state *r, uint64_t l2, uint64_t gpa, unsigned int size,
		     unsigned int root)
{
	struct nested_page *page = r->nested.nr_pages < MAX_NESTED ?
					   &r->nested.pages[r->nested.nr_pages++] :
					   &r->nested.pages[rng_below(&r->rng, MAX_NESTED)];

	*page = (struct nested_page){ .l2 = l2, .gpa = gpa, .size = size, .root = root };
}

static unsigned int pick_size(struct random_state *r)
{
	unsigned int pick = rng_below(&r->rng, 16);

	return pick < 11 ? 0 : pick < 15 ? 1 : 2;
}

static const uint64_t sizes[] = { PAGE_SIZE, SIZE_2M, SIZE_1G };
static const char *const size_words[] = { "", " page=2M", " page=1G" };

static void random_map_l2(struct random_state *r)
{
	unsigned int size = pick_size(r), root = rng_below(&r->rng, NESTED_ROOTS);
	uint64_t *next = &r->nested.next[root][size], gpa, l2, nr, i;
	bool accessed = chance(r, 1, 3);

	if (!pick_target(r, sizes[size], &gpa))
		return;
	/* a few entries further on now and then, and in another table */
	if (chance(r, 1, 3))
		*next += sizes[size] * rng_below(&r->rng, 12);
	if (size < 2 && chance(r, 1, 8))
		*next = (*next + 512 * sizes[size]) & -(512 * sizes[size]);
	nr = size ? 1 + rng_below(&r->rng, 2) : 1 + rng_below(&r->rng, 24);
	for (i = 1; i < nr; i++)
		if (!random_in_slot(r, gpa + i * sizes[size], sizes[size]))
			break;
	nr = i;
	if (*next + nr * sizes[size] > SCRIPT_L2_END)
		return;
	l2 = *next;
	*next += nr * sizes[size];
	strbuf_addf(r->out, "l2_map vm0 0x%llx 0x%llx", (unsigned long long)l2,
		    (unsigned long long)gpa);
	add_size(r, nr * sizes[size]);
	strbuf_addf(r->out, " %s tables=0x%llx%s%s\n", pick_rights(r),
		    (unsigned long long)root_gpa(root), size_words[size],
		    !accessed ? "" : chance(r, 1, 2) ? " accessed" : " dirty");
	for (i = 0; i < nr; i++)
		add_page(r, l2 + i * sizes[size], gpa + i * sizes[size], size, root);
	if (!r->nested.mapped)
		r->nested.root = root;
	r->nested.mapped |= 1u << root;
}

/* L1 rewrites the entry of a page, which may then map nothing. */
static void random_remap_l2(struct random_state *r)
{
	struct nested_page *page = &r->nested.pages[rng_below(&r->rng, r->nested.nr_pages)];
	uint64_t gpa;

	if (!pick_target(r, sizes[page->size], &gpa))
		return;
	if (chance(r, 1, 4))
		gpa = page->gpa;
	strbuf_addf(r->out, "l2_remap vm0 0x%llx 0x%llx %s tables=0x%llx%s%s\n",
		    (unsigned long long)page->l2, (unsigned long long)gpa,
		    chance(r, 1, 6) ? "none" : pick_rights(r),
		    (unsigned long long)root_gpa(page->root), size_words[page->size],
		    chance(r, 1, 4) ? " dirty" : "");
	page->gpa = gpa;
}

static void random_vmrun(struct random_state *r)
{
	unsigned int root = rng_below(&r->rng, NESTED_ROOTS);

	if (chance(r, 1, 3)) {
		strbuf_addstr(r->out, "vmrun vm0\n");
		return;
	}
	if (!(r->nested.mapped & 1u << root))
		return;
	strbuf_addf(r->out, "vmrun vm0 tables=0x%llx\n", (unsigned long long)root_gpa(root));
	r->nested.root = root;
}

/* The page of L2 at @l2 in the tables in use; NULL: none is known. */
static const struct nested_page *find_page(const struct random_state *r, uint64_t l2)
{
	size_t i;

	for (i = 0; i < r->nested.nr_pages; i++) {
		const struct nested_page *page = &r->nested.pages[i];

		if (page->root == r->nested.root && l2 - page->l2 < sizes[page->size])
			return page;
	}
	return NULL;
}

static void random_access_l2(struct random_state *r)
{
	static const char words[] = "rwwwx";
	const struct nested_page *page =
		&r->nested.pages[rng_below(&r->rng, r->nested.nr_pages)];
	char word = words[rng_below(&r->rng, 5)];
	uint64_t l2 = page->l2, nr = 1 + rng_below(&r->rng, 4), i;

	if (page->root != r->nested.root)
		return;
	if (page->size)
		l2 += pick_page(r, 0, sizes[page->size]);
	for (i = 0; i < nr; i++) {
		page = find_page(r, l2 + i * PAGE_SIZE);
		if (!page)
			break;
		if (!random_spend(r, page->gpa + (l2 + i * PAGE_SIZE - page->l2), word == 'w'))
			return;
	}
	if (i < nr && !chance(r, 1, 6))
		nr = i;
	strbuf_addf(r->out, "guest vm0 %c l2=0x%llx %lluK\n", word, (unsigned long long)l2,
		    (unsigned long long)nr * 4);
}

/* What is written to the tables is logged, or not any more; the log is read. */
static void log_tables(struct random_state *r)
{
	if (r->nested.log && chance(r, 2, 3)) {
		random_read_log(r, 0, TABLES_SLOT, TABLES_LEN);
		return;
	}
	r->nested.log = !r->nested.log;
	strbuf_addf(r->out, "memslot vm0 %u gpa=%lluG nt %lluM%s\n", TABLES_SLOT,
		    TABLES_GPA / SIZE_1G, TABLES_LEN / SIZE_1M,
		    r->nested.log ? " dirty_log" : "");
}

/* The tables' own memory becomes read-only for a moment, or is shared with a child. */
static void random_tables(struct random_state *r)
{
	if (has(r, SCRIPT_RANDOM_MEMSLOT) && chance(r, 1, 2)) {
		log_tables(r);
		return;
	}
	if (chance(r, 1, 2))
		strbuf_addstr(r->out, "forkwait\n");
	else
		strbuf_addf(r->out, "mprotect nt %lluM r\nmprotect nt %lluM rw\n",
			    TABLES_LEN / SIZE_1M, TABLES_LEN / SIZE_1M);
}

bool random_nested(struct random_state *r)
{
	unsigned int pick = rng_below(&r->rng, 20);

	if (!r->nested.on)
		start(r);
	else if (!r->nr_slots)
		return false;
	else if (!r->nested.nr_pages || pick < 4)
		random_map_l2(r);
	else if (pick < 7)
		random_remap_l2(r);
	else if (pick < 8)
		random_vmrun(r);
	else if (pick < 9)
		random_tables(r);
	else if (pick < 16)
		random_access_l2(r);
	else
		return false;
	return true;
}
