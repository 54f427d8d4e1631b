/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The random generator's picture of the address space, and its choices of places. */
#ifndef SCRIPT_RANDOM_INTERNAL_H
#define SCRIPT_RANDOM_INTERNAL_H

#include <script/random.h>
#include <script/script.h>

#include <base/rng.h>

#define PAGE_SIZE 4096ull
#define SIZE_1M (1ull << 20)
#define SIZE_2M (2ull << 20)
#define SIZE_1G (1ull << 30)
#define SIZE_512G (512ull << 30)
#define SIZE_2T (2ull << 40)

#define NR_WORDS(words) (sizeof(words) / sizeof((words)[0]))

/* All maps lie in [RANDOM_START, RANDOM_END). */
#define RANDOM_START 0x100000000000ull
#define RANDOM_END 0x200000000000ull

#define MAX_AREAS 256
#define MAX_OBJECTS 32
#define MAX_SLOTS 8
#define MAX_VMS 2
#define MAX_PROCESSES 4

/* The heap lies below all maps and is never larger than this. */
#define RANDOM_HEAP (RANDOM_START - SIZE_1G)
#define RANDOM_HEAP_MAX (8 * SIZE_1M)

/*
 * struct area - mapped memory [start, end) with one protection
 * @base: where the map called m<name> starts; offsets are written from there
 * @named: false once mremap has moved it
 * @huge: MADV_HUGEPAGE is in force
 * @grows: private anonymous memory, which may be larger than what was mapped first
 */
struct area {
	uint64_t start;
	uint64_t end;
	uint64_t base;
	uint64_t page_size;
	uint32_t name;
	uint8_t prot;
	uint8_t kind;
	bool named;
	bool grows;
	bool huge;
};

/* struct object - a shared object that a later map may view again */
struct object {
	uint64_t len;
	uint64_t page_size;
	uint32_t name;
	uint8_t kind;
};

/*
 * struct slot - a memslot: [gpa, gpa + len) of the guest is [addr, addr + len)
 * @vm: its VM's number; @alive, @readonly, @log: as it was last set
 */
struct slot {
	uint64_t gpa;
	uint64_t addr;
	uint64_t len;
	unsigned int vm;
	bool alive;
	bool readonly;
	bool log;
};

#define SHADOW_SPACES 5
#define MAX_SHADOW_MAPS 32

/* struct shadow_map - what one guest_map maps: @nr pages of @size at @va */
struct shadow_map {
	unsigned int space;
	uint64_t va;
	uint64_t size;
	uint64_t nr;
};

/*
 * struct shadow - a guest with page tables of its own
 * @loaded: the address space in CR3, if @cr3; @alias: the second slot is there
 * @log: what is written to the memory is logged
 */
struct shadow {
	bool on;
	bool cr3;
	bool alias;
	bool log;
	uint8_t format;
	unsigned int nr_spaces;
	unsigned int loaded;
	struct shadow_map maps[MAX_SHADOW_MAPS];
	unsigned int nr_maps;
};

/* struct nested_page - a page that an L1 hypervisor's nested tables map; @size: 4K, 2M or 1G */
struct nested_page {
	uint64_t l2;
	uint64_t gpa;
	uint8_t size;
	uint8_t root;
};

#define MAX_NESTED 256
#define NESTED_ROOTS 2

/*
 * struct nested - an L1 hypervisor
 * @next: where the next page of L2 goes, by tables and size
 * @root: the tables in use; @mapped: a bit for those that hold something
 * @log: what is written to the tables is logged
 */
struct nested {
	bool on;
	struct nested_page pages[MAX_NESTED];
	size_t nr_pages;
	uint64_t next[NESTED_ROOTS][3];
	unsigned int root;
	unsigned int mapped;
	bool log;
};

/*
 * struct process - what a process that is not the running one has
 */
struct process {
	bool alive;
	uint32_t name;
	struct area areas[MAX_AREAS];
	size_t nr_areas;
	struct object objects[MAX_OBJECTS];
	size_t nr_objects;
	uint64_t brk;
};

/*
 * struct random_state - one script in the making
 * @features: SCRIPT_RANDOM_* that are in it
 * @kind_given: the script is about a guest of kind @mmu
 * @areas: ascending and disjoint
 * @budget: pages that may still be touched
 * @huge_budget: hugetlb and dax pages that may still be touched
 */
struct random_state {
	struct rng rng;
	const struct script_random_options *options;
	struct strbuf *out;
	unsigned int features;
	bool kind_given;
	struct area areas[MAX_AREAS];
	size_t nr_areas;
	struct object objects[MAX_OBJECTS];
	size_t nr_objects;
	struct slot slots[MAX_SLOTS];
	size_t nr_slots;
	uint64_t budget;
	uint64_t huge_budget;
	uint64_t dax_page;
	uint64_t brk; /* 0: no heap */
	struct process processes[MAX_PROCESSES];
	size_t running;
	uint32_t nr_forks;
	uint64_t dax_left; /* pages of 1 GiB that the device still has */
	uint32_t nr_maps;
	bool thp;
	bool thp_always;
	bool vm;
	size_t nr_vms; /* with SCRIPT_RANDOM_MEMSLOT */
	uint64_t nr_places;
	uint64_t mmu;
	struct nested nested;
	struct shadow shadow;
};

/* True in @num of @den cases. */
static inline bool chance(struct random_state *r, uint32_t num, uint32_t den)
{
	return rng_chance(&r->rng, num, den);
}

/* Is one of these SCRIPT_RANDOM_* asked for? */
static inline bool has(const struct random_state *r, unsigned int features)
{
	return r->features & features;
}

/* random_map.c */
/* By SCRIPT_PROT_* */
extern const char *const random_prot_texts[8];
uint8_t random_prot(struct random_state *r);
void random_map(struct random_state *r);

/* random_guest.c */
void random_guest(struct random_state *r);
/* [@gpa, @gpa + @len) lies in one of the slots. */
bool random_in_slot(const struct random_state *r, uint64_t gpa, uint64_t len);
/* Take an access to guest memory from the budget; false: it would be too much, or mostly fail. */
bool random_spend(struct random_state *r, uint64_t gpa, bool write);

/* random_shadow.c: lines about a guest with page tables of its own */
void random_shadow(struct random_state *r);

/* random_nested.c: one line about a nested guest, the first makes the VM; false: not this time. */
bool random_nested(struct random_state *r);

/* random_process.c */
void random_fork(struct random_state *r);
void random_switch(struct random_state *r);
void random_exit(struct random_state *r);
void random_exec(struct random_state *r);

/* random_kernel.c */
void random_uffd(struct random_state *r);
void random_soft_dirty(struct random_state *r);
void random_place_pages(struct random_state *r);
void random_ksm(struct random_state *r);
void random_pageout(struct random_state *r);
void random_populate(struct random_state *r);
void random_brk(struct random_state *r);

/* random_memslot.c: a line about slots and logs, when no other VM is there */
void random_slots(struct random_state *r);
/* " manual_protect" and the like, behind a VM's kind */
const char *random_vm_flags(struct random_state *r);
/* A line that reads the log of slot @id of vm@vm, @len bytes, or clears a part of it. */
void random_read_log(struct random_state *r, unsigned int vm, unsigned int id, uint64_t len);

/* random_kind.c: which kind of guest a script has, and what it does with it */
void random_pick_kind(struct random_state *r);

/* random_area.c */
/* False when a huge page is in the way, as it is in Linux's. */
bool areas_cut(struct random_state *r, uint64_t start, uint64_t end);
void areas_add(struct random_state *r, const struct area *area);
/* mprotect as Linux does it: up to the first hole. */
void areas_protect(struct random_state *r, uint64_t start, uint64_t end, uint8_t prot);
/* MADV_HUGEPAGE or MADV_NOHUGEPAGE */
void areas_advise(struct random_state *r, uint64_t start, uint64_t end, bool huge);
/* True when nothing of the range is mapped. */
bool areas_free(const struct random_state *r, uint64_t start, uint64_t end);
/* The area that contains @addr, NULL in a hole. */
const struct area *area_at(const struct random_state *r, uint64_t addr);
/* True when every byte of the range is mapped with at least @prot. */
bool areas_cover(const struct random_state *r, uint64_t start, uint64_t end,
		 uint8_t prot);
/* What a touched page may cost the machine, in pages of 4 KiB. */
uint64_t page_cost(const struct random_state *r, const struct area *area, bool write);
/* A random area; there must be one. */
struct area *pick_area(struct random_state *r);
/*
 * A page in [start, end) where something could go wrong: at an end or beside a boundary.
 */
uint64_t pick_page(struct random_state *r, uint64_t start, uint64_t end);
/* A range for a system call; mostly mapped, sometimes with holes. */
struct range {
	uint64_t start;
	uint64_t end;
	const struct area *area; /* whose name to write the start with, NULL for none */
};
struct range pick_range(struct random_state *r);
/* A place for a new map of @len bytes in units of @align. */
uint64_t pick_place(struct random_state *r, uint64_t len, uint64_t align);
uint64_t pick_len(struct random_state *r);
/* "m3+4K" or "0x..."; a blank in front */
void add_addr(struct random_state *r, uint64_t addr, const struct area *area);
void add_size(struct random_state *r, uint64_t size);

#endif /* SCRIPT_RANDOM_INTERNAL_H */
