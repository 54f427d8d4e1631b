// SPDX-License-Identifier: GPL-2.0-or-later
/* The pages of an object: a radix tree of arena tables from page index to frame. */
#include "mm_internal.h"

#define FILE_LEVELS 5 /* 2^45 pages */

static unsigned int file_index(uint64_t index, unsigned int level)
{
	return (index >> (9 * (level - 1))) & 511;
}

int mm_file_create(struct machine *machine, uint64_t size, bool shmem, struct mm_file **ret_file)
{
	struct mm_file *file = mem_zalloc(sizeof(*file));

	if (!file) {
		machine->oom = true;
		return -ENOMEM;
	}
	file->machine = machine;
	file->size = size;
	file->refs = 1;
	file->page_size = PAGE_SIZE;
	file->shmem = shmem;
	TAILQ_INIT(&file->i_mmap);
	LIST_INSERT_HEAD(&machine->files, file, node);
	*ret_file = file;
	return 0;
}

int mm_file_create_hugetlb(struct machine *machine, uint64_t size, uint64_t page_size,
			   struct mm_file **ret_file)
{
	struct mm_file *file;
	int err;

	if (page_size != PMD_SIZE && page_size != PUD_SIZE)
		return -EINVAL;
	err = mm_file_create(machine, (size + page_size - 1) & ~(page_size - 1), false, &file);
	if (err)
		return err;
	file->kind = MM_FILE_HUGETLB;
	file->page_size = page_size;
	*ret_file = file;
	return 0;
}

void mm_file_get(struct mm_file *file)
{
	file->refs++;
}

void mm_file_put(struct mm_file *file)
{
	if (!file || --file->refs)
		return;
	assert(TAILQ_EMPTY(&file->i_mmap));
	if (!file->machine->ending)
		filemap_truncate(file, 0, UINT64_C(1) << (9 * FILE_LEVELS));
	LIST_REMOVE(file, node);
	mem_free(file->policies);
	mem_free(file);
}

/* The slot of page @index, NULL when its table does not exist. */
static uint64_t *file_slot(const struct mm_file *file, uint64_t index)
{
	uint64_t pfn = file->root;
	unsigned int level;

	if (file->last_table && file->last_index == index >> 9)
		return pt_arena_table(&file->machine->tables, file->last_table) + (index & 511);
	if (index >> (9 * FILE_LEVELS))
		return NULL;
	for (level = FILE_LEVELS; pfn; level--) {
		uint64_t *slot = pt_arena_table(&file->machine->tables, pfn) +
				 file_index(index, level);

		if (level == 1)
			return slot;
		pfn = *slot;
	}
	return NULL;
}

uint64_t filemap_find(const struct mm_file *file, uint64_t index)
{
	uint64_t *slot = file_slot(file, index);

	return slot ? *slot : 0;
}

static int file_table(struct mm_file *file, uint64_t *slot, unsigned int level)
{
	uint64_t pfn;
	int err;

	if (*slot)
		return 0;
	err = pt_alloc_table(file->machine, level, &pfn);
	if (!err)
		*slot = pfn;
	return err;
}

/* The lowest table that page @index is in, for the next pages. */
static void remember_table(struct mm_file *file, uint64_t index, uint64_t pfn)
{
	file->last_index = index >> 9;
	file->last_table = pfn;
}

int filemap_add(struct mm_file *file, uint64_t index, uint64_t pfn)
{
	uint64_t *slot = &file->root;
	unsigned int level;

	if (file->last_table && file->last_index == index >> 9) {
		*file_slot(file, index) = pfn;
		return 0;
	}
	if (index >> (9 * FILE_LEVELS))
		return -EFBIG;
	for (level = FILE_LEVELS; level; level--) {
		int err = file_table(file, slot, level);

		if (err)
			return err;
		slot = pt_arena_table(&file->machine->tables, *slot) + file_index(index, level);
		if (level == 1)
			remember_table(file, index, pt_arena_pfn(&file->machine->tables, slot));
	}
	*slot = pfn;
	return 0;
}

int filemap_get(struct mm_file *file, uint64_t index, uint64_t *ret_pfn)
{
	uint64_t pfn = filemap_find(file, index);
	int err;

	if (pfn) {
		*ret_pfn = pfn;
		return 0;
	}
	err = page_alloc(file->machine, PG_CACHE | PG_ZEROS, &pfn);
	if (err)
		return err;
	file->machine->zeros = true;
	err = filemap_add(file, index, pfn);
	if (err) {
		page_drop_cache(file->machine, pfn);
		return err;
	}
	*ret_pfn = pfn;
	return 0;
}

int mm_file_read(struct mm_file *file, uint64_t start, uint64_t end)
{
	uint64_t index, pfn;
	int err = 0;

	if (file->kind != MM_FILE_CACHE)
		return -EINVAL;
	end = end < file->size ? end : file->size;
	for (index = start / PAGE_SIZE; !err && index * PAGE_SIZE < end; index++)
		err = filemap_get(file, index, &pfn);
	return err;
}

/* A huge page goes with the last of its small ones; all of them do. */
static void drop_page(struct mm_file *file, uint64_t pfn)
{
	if (file->kind == MM_FILE_CACHE && page_is_large(file->machine, pfn) &&
	    (pfn & (HPAGE_PMD_NR - 1)) != HPAGE_PMD_NR - 1)
		return;
	page_drop_cache(file->machine, pfn);
}

/*
 * Drop [first, last) below the table in *@slot, which covers the indices from @base; the table
 * itself goes when it is covered as a whole.
 */
static void truncate_below(struct mm_file *file, uint64_t *slot, unsigned int level, uint64_t base,
			   uint64_t first, uint64_t last)
{
	struct machine *m = file->machine;
	uint64_t span = UINT64_C(1) << (9 * (level - 1));
	uint64_t *table = pt_arena_table(&m->tables, *slot);
	uint64_t from = first > base ? (first - base) / span : 0;
	uint64_t i;

	for (i = from; i < 512 && base + i * span < last; i++) {
		if (!table[i])
			continue;
		if (level > 1) {
			truncate_below(file, &table[i], level - 1, base + i * span, first, last);
		} else {
			drop_page(file, table[i]);
			table[i] = 0;
		}
	}
	if (first <= base && last >= base + 512 * span) {
		pt_arena_free(&m->tables, *slot);
		*slot = 0;
	}
}

void filemap_truncate(struct mm_file *file, uint64_t first, uint64_t last)
{
	file->last_table = 0;
	if (file->root && first < last)
		truncate_below(file, &file->root, FILE_LEVELS, 0, first, last);
}

/* The table at frame @pfn, whose pages begin with @base; how many tables it and those below are. */
static uint64_t walk_below(const struct machine *m, uint64_t pfn, unsigned int level, uint64_t base,
			   void (*fn)(void *ctx, uint64_t index, uint64_t pfn), void *ctx)
{
	const uint64_t *table = pt_arena_table(&m->tables, pfn);
	uint64_t nr = 1, i;

	for (i = 0; i < 512; i++) {
		uint64_t index = base + (i << (9 * (level - 1)));

		if (table[i] && level == 1)
			fn(ctx, index, table[i]);
		else if (table[i])
			nr += walk_below(m, table[i], level - 1, index, fn, ctx);
	}
	return nr;
}

uint64_t filemap_walk(const struct mm_file *file,
		      void (*fn)(void *ctx, uint64_t index, uint64_t pfn), void *ctx)
{
	return file->root ? walk_below(file->machine, file->root, FILE_LEVELS, 0, fn, ctx) : 0;
}

uint64_t filemap_next(const struct mm_file *file, uint64_t index, uint64_t end)
{
	while (index < end && !(index >> (9 * FILE_LEVELS))) {
		uint64_t pfn = file->root;
		unsigned int level = FILE_LEVELS;

		for (; pfn && level; level--)
			pfn = pt_arena_table(&file->machine->tables, pfn)[file_index(index, level)];
		if (pfn)
			return index;
		index = ((index >> (9 * level)) + 1) << (9 * level);
	}
	return end;
}
