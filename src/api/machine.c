// SPDX-License-Identifier: GPL-2.0-or-later
/* Machines and files. */
#include "api_internal.h"

#include <mm/audit.h>

static_assert((int)MS_THP_NEVER == THP_NEVER && (int)MS_THP_MADVISE == THP_MADVISE &&
	      (int)MS_THP_ALWAYS == THP_ALWAYS, "modes");
static_assert((int)MS_DESIGN_TIGHT == SIM_DESIGN_TIGHT &&
	      (int)MS_DESIGN_LAZY_UNMAP == SIM_DESIGN_LAZY_UNMAP &&
	      (int)MS_DESIGN_RMAP_INDEX == SIM_DESIGN_RMAP_INDEX &&
	      (int)MS_DESIGN_NUMA_SKIP == SIM_DESIGN_NUMA_SKIP, "designs");

#define KNOWN_DESIGNS \
	(MS_DESIGN_TIGHT | MS_DESIGN_LAZY_UNMAP | MS_DESIGN_RMAP_INDEX | MS_DESIGN_NUMA_SKIP)

static void emit(struct event_sink *sink, const struct event *event)
{
	struct ms_machine *machine =
		(struct ms_machine *)((char *)sink - offsetof(struct ms_machine, sink));

	machine->inside++;
	machine->on_event(machine->event_ctx, api_event(event));
	machine->inside--;
}

static int options_check(const struct ms_machine_options *options)
{
	if (options->designs & ~(uint32_t)KNOWN_DESIGNS)
		return -EINVAL;
	if (options->run_level && options->run_level != 2 && options->run_level != 3)
		return -EINVAL;
	return options->levels && options->levels != 4 && options->levels != 5 ? -EINVAL : 0;
}

static int machine_init(struct ms_machine *machine, const struct ms_machine_options *options)
{
	const char *profile = options->profile ? options->profile : "linux-6.12";
	struct machine_config config = {
		.profile = mm_profile_find(profile),
		.design = {
			.tight = options->designs & MS_DESIGN_TIGHT,
			.lazy_unmap = options->designs & MS_DESIGN_LAZY_UNMAP,
			.numa_skip = options->designs & MS_DESIGN_NUMA_SKIP,
			.run_level = options->run_level ? options->run_level : PT_LEVEL_PMD,
			.run_gap = options->run_gap,
		},
		.geo = pt_geometry_x86(options->levels ? options->levels : 4),
		.events = &machine->events,
		.thp = THP_MADVISE,
		.shmem_thp = THP_NEVER,
	};

	machine->kvm_profile = kvm_profile_find(profile);
	if (!config.profile || !machine->kvm_profile)
		return -EINVAL;
	machine->sink.emit = emit;
	machine->rmap_index = options->designs & MS_DESIGN_RMAP_INDEX;
	machine->literal = options->literal;
	LIST_INIT(&machine->mms);
	LIST_INIT(&machine->files);
	return machine_create(&config, &machine->machine);
}

int ms_machine_create(const struct ms_machine_options *options, struct ms_machine **ret_machine)
{
	struct ms_machine_options known = { 0 };
	struct ms_machine *machine;
	int err = api_options(&known, sizeof(known), options);

	if (!err)
		err = options_check(&known);
	if (err)
		return err;
	machine = mem_zalloc(sizeof(*machine));
	if (!machine)
		return -ENOMEM;
	err = machine_init(machine, &known);
	if (err) {
		mem_free(machine);
		return err;
	}
	*ret_machine = machine;
	return 0;
}

static void file_free(struct ms_file *file)
{
	LIST_REMOVE(file, link);
	mm_file_put(file->file);
	mem_free(file);
}

int ms_machine_destroy(struct ms_machine *machine)
{
	if (!machine)
		return 0;
	if (machine->inside)
		return -EDEADLK;
	while (!LIST_EMPTY(&machine->mms))
		api_mm_free(LIST_FIRST(&machine->mms));
	while (!LIST_EMPTY(&machine->files))
		file_free(LIST_FIRST(&machine->files));
	machine_destroy(machine->machine);
	mem_free(machine);
	return 0;
}

const char *ms_machine_profile(const struct ms_machine *machine)
{
	return machine_profile(machine->machine)->name;
}

int ms_machine_set_thp(struct ms_machine *machine, enum ms_thp mode)
{
	if (machine->inside)
		return -EDEADLK;
	if ((unsigned int)mode > MS_THP_ALWAYS)
		return -EINVAL;
	machine_set_thp(machine->machine, (enum thp_mode)mode);
	return 0;
}

int ms_machine_set_shmem_thp(struct ms_machine *machine, enum ms_thp mode)
{
	if (machine->inside)
		return -EDEADLK;
	if ((unsigned int)mode > MS_THP_ALWAYS)
		return -EINVAL;
	machine_set_shmem_thp(machine->machine, (enum thp_mode)mode);
	return 0;
}

int ms_machine_ksm(struct ms_machine *machine, uint64_t passes)
{
	return machine->inside ? -EDEADLK : machine_ksm(machine->machine, passes);
}

int ms_machine_on_event(struct ms_machine *machine, ms_event_fn *fn, void *ctx)
{
	if (machine->inside)
		return -EDEADLK;
	machine->on_event = fn;
	machine->event_ctx = ctx;
	machine->events.sink = fn ? &machine->sink : NULL;
	return 0;
}

uint64_t ms_machine_bytes(const struct ms_machine *machine, uint64_t *ret_peak)
{
	return machine_bytes(machine->machine, ret_peak);
}

int ms_machine_exhausted(const struct ms_machine *machine)
{
	return machine->exhausted || machine_oom(machine->machine);
}

struct violations {
	struct ms_machine *machine;
	ms_violation_fn *fn;
	void *ctx;
	uint64_t nr;
};

static void violated(void *ctx, unsigned int invariant, const char *text)
{
	struct violations *violations = ctx;

	violations->nr++;
	if (!violations->fn)
		return;
	violations->machine->inside++;
	violations->fn(violations->ctx, invariant, text);
	violations->machine->inside--;
}

int ms_machine_audit(struct ms_machine *machine, ms_violation_fn *fn, void *ctx,
		     uint64_t *ret_violations)
{
	struct violations violations = { .machine = machine, .fn = fn, .ctx = ctx };
	struct ms_mm *mm;
	struct ms_vm *vm;

	if (machine->inside)
		return -EDEADLK;
	if (mm_audit(machine->machine, violated, &violations) < 0)
		return -ENOMEM;
	LIST_FOREACH (mm, &machine->mms, link)
		LIST_FOREACH (vm, &mm->vms, link)
			(void)kvm_audit(vm->kvm, true, violated, &violations);
	if (ret_violations)
		*ret_violations = violations.nr;
	return 0;
}

static int file_make(struct machine *machine, enum ms_file_kind kind, uint64_t size,
		     uint64_t page_size, struct mm_file **ret_file)
{
	switch (kind) {
	case MS_FILE_PAGE_CACHE:
	case MS_FILE_SHMEM:
		if (page_size)
			return -EINVAL;
		return mm_file_create(machine, size, kind == MS_FILE_SHMEM, ret_file);
	case MS_FILE_HUGETLB:
		return mm_file_create_hugetlb(machine, size, page_size, ret_file);
	case MS_FILE_DAX:
		return mm_file_create_dax(machine, size, page_size, ret_file);
	}
	return -EINVAL;
}

int ms_file_create(struct ms_machine *machine, enum ms_file_kind kind, uint64_t size,
		   uint64_t page_size, struct ms_file **ret_file)
{
	struct ms_file *file;
	int err;

	if (machine->inside)
		return -EDEADLK;
	if (size > API_FILE_END)
		return -EFBIG;
	file = mem_zalloc(sizeof(*file));
	if (!file)
		return -ENOMEM;
	err = file_make(machine->machine, kind, size, page_size, &file->file);
	if (err) {
		mem_free(file);
		return err;
	}
	file->machine = machine;
	LIST_INSERT_HEAD(&machine->files, file, link);
	*ret_file = file;
	return 0;
}

int ms_file_truncate(struct ms_file *file, uint64_t size)
{
	if (file->machine->inside)
		return -EDEADLK;
	return size > API_FILE_END ? -EFBIG : mm_truncate(file->file, size);
}

int ms_file_close(struct ms_file *file)
{
	if (!file)
		return 0;
	if (file->machine->inside)
		return -EDEADLK;
	file_free(file);
	return 0;
}
