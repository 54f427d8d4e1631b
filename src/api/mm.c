// SPDX-License-Identifier: GPL-2.0-or-later
/* Address spaces. */
#include "api_internal.h"

#include <string.h>
#include <sys/mman.h>

static_assert((int)MS_READ == MM_READ && (int)MS_WRITE == MM_WRITE && (int)MS_EXEC == MM_EXEC,
	      "accesses");
static_assert((int)MS_MPOL_DEFAULT == MM_MPOL_DEFAULT &&
	      (int)MS_MPOL_PREFERRED == MM_MPOL_PREFERRED && (int)MS_MPOL_BIND == MM_MPOL_BIND &&
	      (int)MS_MPOL_INTERLEAVE == MM_MPOL_INTERLEAVE &&
	      (int)MS_MPOL_LOCAL == MM_MPOL_LOCAL, "policies");
static_assert((int)MS_MBIND_MOVE == MM_MBIND_MOVE && (int)MS_MBIND_STRICT == MM_MBIND_STRICT,
	      "flags of mbind");

static void mm_start(struct ms_mm *mm, struct ms_machine *machine)
{
	mm->machine = machine;
	mm->pid = ++machine->last_pid;
	mm_notifiers(mm->mm)->pid = mm->pid;
	LIST_INIT(&mm->vms);
	LIST_INIT(&mm->notifiers);
	LIST_INIT(&mm->intervals);
	LIST_INSERT_HEAD(&machine->mms, mm, link);
}

/* A new process: a copy of @parent, or empty when that is NULL. */
static int mm_new(struct ms_machine *machine, struct ms_mm *parent, struct ms_mm **ret_mm)
{
	struct ms_mm *mm;
	int err = api_enter(machine, parent ? parent->pid : machine->last_pid + 1);

	if (err)
		return err;
	mm = mem_zalloc(sizeof(*mm));
	if (!mm)
		return -ENOMEM;
	err = parent ? mm_fork(parent->mm, &mm->mm) : mm_create(machine->machine, &mm->mm);
	if (err) {
		mem_free(mm);
		return err;
	}
	mm_start(mm, machine);
	*ret_mm = mm;
	return 0;
}

int ms_mm_create(struct ms_machine *machine, struct ms_mm **ret_mm)
{
	return mm_new(machine, NULL, ret_mm);
}

int ms_mm_fork(struct ms_mm *mm, struct ms_mm **ret_child)
{
	return mm_new(mm->machine, mm, ret_child);
}

void api_mm_free(struct ms_mm *mm)
{
	mm->machine->events.pid = mm->pid;
	while (!LIST_EMPTY(&mm->vms))
		api_vm_free(LIST_FIRST(&mm->vms));
	api_intervals_free(mm);
	api_keep_mm(mm);
	mm_destroy(mm->mm); /* tells the subscribers, which are then off the list */
	api_notifiers_free(mm);
	LIST_REMOVE(mm, link);
	mem_free(mm);
}

int ms_mm_destroy(struct ms_mm *mm)
{
	if (!mm)
		return 0;
	if (mm->machine->inside)
		return -EDEADLK;
	api_mm_free(mm);
	return 0;
}

uint32_t ms_mm_pid(const struct ms_mm *mm)
{
	return mm->pid;
}

struct ms_machine *ms_mm_machine(const struct ms_mm *mm)
{
	return mm->machine;
}

int ms_mm_observe(struct ms_mm *mm)
{
	int err = api_enter_mm(mm);

	if (!err)
		mm_observe(mm->mm);
	return err;
}

/* Linux: shmem_zero_setup(): shared anonymous memory is a file without a name. */
static int map_shared(struct ms_mm *mm, uint64_t addr, uint64_t len, int prot, int flags)
{
	struct mm_file *file;
	int err = mm_file_create(mm->machine->machine, len, true, &file);

	if (err)
		return err;
	err = mm_mmap(mm->mm, addr, len, prot, flags, file, 0);
	mm_file_put(file);
	return err;
}

int ms_mm_map(struct ms_mm *mm, uint64_t addr, uint64_t len, int prot, int flags,
	      struct ms_file *file, uint64_t offset)
{
	int kind = flags & (MAP_PRIVATE | MAP_SHARED);
	int err = api_enter_range(mm, addr, len);

	if (err)
		return err;
	if ((flags & ~(MAP_PRIVATE | MAP_SHARED | MAP_NORESERVE)) ||
	    (kind != MAP_PRIVATE && kind != MAP_SHARED) ||
	    (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) ||
	    (file && file->machine != mm->machine))
		return -EINVAL;
	if (offset >= API_FILE_END)
		return -EOVERFLOW;
	flags |= MAP_FIXED;
	if (file)
		return mm_mmap(mm->mm, addr, len, prot, flags, file->file, offset);
	if (kind == MAP_SHARED)
		return map_shared(mm, addr, len, prot, flags);
	return mm_mmap(mm->mm, addr, len, prot, flags | MAP_ANONYMOUS, NULL, 0);
}

int ms_mm_munmap(struct ms_mm *mm, uint64_t addr, uint64_t len)
{
	int err = api_enter_range(mm, addr, len);

	return err ? err : mm_munmap(mm->mm, addr, len);
}

int ms_mm_mprotect(struct ms_mm *mm, uint64_t addr, uint64_t len, int prot)
{
	int err = api_enter_range(mm, addr, len);

	if (err)
		return err;
	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC))
		return -EINVAL;
	return mm_mprotect(mm->mm, addr, len, prot);
}

int ms_mm_madvise(struct ms_mm *mm, uint64_t addr, uint64_t len, int advice)
{
	int err = api_enter_range(mm, addr, len);

	return err ? err : mm_madvise(mm->mm, addr, len, advice);
}

int ms_mm_mremap(struct ms_mm *mm, uint64_t old_addr, uint64_t old_len, uint64_t new_len,
		 int flags, uint64_t new_addr)
{
	const int move = MREMAP_MAYMOVE | MREMAP_FIXED;
	int err = api_enter_range(mm, old_addr, old_len);

	if (err)
		return err;
	if (flags && (flags & ~MREMAP_DONTUNMAP) != move)
		return -EINVAL;
	if (!flags)
		new_addr = old_addr;
	err = api_enter_range(mm, new_addr, new_len);
	return err ? err : mm_mremap(mm->mm, old_addr, old_len, new_len, flags, new_addr);
}

int ms_mm_set_heap(struct ms_mm *mm, uint64_t addr)
{
	int err = api_enter_range(mm, addr, 0);

	return err ? err : mm_set_heap(mm->mm, addr);
}

int ms_mm_brk(struct ms_mm *mm, uint64_t addr)
{
	int err = api_enter_range(mm, addr, 0);

	return err ? err : mm_brk(mm->mm, addr);
}

int ms_mm_touch(struct ms_mm *mm, uint64_t addr, uint64_t len, uint64_t step,
		enum ms_access access)
{
	int err = api_enter_range(mm, addr, len);

	if (err)
		return err;
	if (!step || (unsigned int)access > MS_EXEC)
		return -EINVAL;
	if (step > API_ADDRESS_END)
		step = API_ADDRESS_END;
	return mm_access(mm->mm, addr, len, step, (enum mm_access)access);
}

int ms_mm_numa_hint(struct ms_mm *mm, uint64_t addr, uint64_t len)
{
	int err = api_enter_range(mm, addr, len);

	return err ? err : mm_numa_hint(mm->mm, addr, len);
}

int ms_mm_numa_scan(struct ms_mm *mm)
{
	int err = api_enter_mm(mm);

	return err ? err : mm_numa_scan(mm->mm);
}

int ms_mm_mbind(struct ms_mm *mm, uint64_t addr, uint64_t len, enum ms_mpol mode, uint64_t nodes,
		unsigned int flags)
{
	int err = api_enter_range(mm, addr, len);

	if (err)
		return err;
	if ((unsigned int)mode > MS_MPOL_LOCAL || (flags & ~(MS_MBIND_MOVE | MS_MBIND_STRICT)))
		return -EINVAL;
	return mm_mbind(mm->mm, addr, len, (enum mm_mpol)mode, nodes, flags);
}

int ms_mm_move_pages(struct ms_mm *mm, uint64_t addr, uint64_t len, unsigned int node)
{
	int err = api_enter_range(mm, addr, len);

	return err ? err : mm_move_pages(mm->mm, addr, len, node);
}

int ms_mm_pin(struct ms_mm *mm, uint64_t addr, uint64_t len)
{
	int err = api_enter_range(mm, addr, len);

	return err ? err : mm_pin(mm->mm, addr, len);
}

int ms_mm_clear_refs(struct ms_mm *mm, unsigned int value)
{
	int err = api_enter_mm(mm);

	return err ? err : mm_clear_refs(mm->mm, value);
}

int ms_mm_uffd_register(struct ms_mm *mm, uint64_t addr, uint64_t len)
{
	int err = api_enter_range(mm, addr, len);

	return err ? err : mm_uffd_register(mm->mm, addr, len);
}

int ms_mm_uffd_unregister(struct ms_mm *mm, uint64_t addr, uint64_t len)
{
	int err = api_enter_range(mm, addr, len);

	return err ? err : mm_uffd_unregister(mm->mm, addr, len);
}

int ms_mm_uffd_writeprotect(struct ms_mm *mm, uint64_t addr, uint64_t len, int protect)
{
	int err = api_enter_range(mm, addr, len);

	return err ? err : mm_uffd_writeprotect(mm->mm, addr, len, protect);
}

int ms_mm_vma_next(const struct ms_mm *mm, uint64_t addr, struct ms_vma *ret_vma)
{
	struct mm_vma_info info;
	struct ms_vma vma;

	if (addr >= API_ADDRESS_END || !mm_vma_next(mm->mm, addr, &info))
		return -ENOENT;
	vma = (struct ms_vma){
		.start = info.start,
		.end = info.end,
		.flags = info.flags,
		.has_file = info.has_file,
	};
	return api_output(ret_vma, &vma, sizeof(vma));
}

static int give_translation(const struct mm_translation *at, struct ms_translation *ret)
{
	struct ms_translation known = {
		.pfn = at->pfn,
		.level = at->level,
		.writable = at->writable,
	};

	return api_output(ret, &known, sizeof(known));
}

int ms_mm_translate(const struct ms_mm *mm, uint64_t addr, struct ms_translation *ret)
{
	struct mm_translation at;
	int err = addr < API_ADDRESS_END ? mm_translate(mm->mm, addr, &at) : -ENOENT;

	return err ? err : give_translation(&at, ret);
}

int ms_mm_get_user_page(struct ms_mm *mm, uint64_t addr, enum ms_access access,
			struct ms_translation *ret)
{
	struct mm_translation at;
	int err = api_enter_range(mm, addr, 0);

	if (err)
		return err;
	if ((access != MS_READ && access != MS_WRITE) || ret->size < sizeof(ret->size))
		return -EINVAL;
	err = mm_get_user_page(mm->mm, addr, access == MS_WRITE, &at);
	return err ? err : give_translation(&at, ret);
}
