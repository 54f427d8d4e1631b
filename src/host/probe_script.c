// SPDX-License-Identifier: GPL-2.0-or-later
/* A measured shape as a script for the model. */
#include "probe_internal.h"

#define PAGE 4096ull
/* Tables for the guest's aliases; where they lie changes no count. */
#define TABLES_ADDR (HOST_PROBE_ADDR - (1ull << 30))

static unsigned long long alias_gva(unsigned int alias)
{
	return PROBE_ALIAS_GVA + alias * HOST_PROBE_ALIAS_BYTES;
}

/* @words and the pages from @base on. */
static void add_touch(const struct host_probe_shape *shape, const char *words, uint64_t base,
		      const char *access, struct strbuf *out)
{
	strbuf_addf(out, "%s0x%llx %llu%s", words, (unsigned long long)(base + shape->first),
		    (unsigned long long)((shape->nr - 1) * shape->stride + PAGE), access);
	if (shape->nr > 1)
		strbuf_addf(out, " stride=%llu", (unsigned long long)shape->stride);
	strbuf_addch(out, '\n');
}

static void add_vm(const struct host_probe_shape *shape, const char *mmu, struct strbuf *out)
{
	unsigned int alias;

	strbuf_addf(out, "vm vm0 %s\nmemslot vm0 0 gpa=4G ram ", mmu);
	strbuf_addsize(out, shape->len);
	strbuf_addch(out, '\n');
	if (!shape->aliases)
		return;
	strbuf_addf(out, "map tables 0x%llx 1M rw anon private\nmemslot vm0 1 gpa=1G tables 1M\n",
		    TABLES_ADDR);
	for (alias = 0; alias < shape->aliases; alias++)
		strbuf_addf(out, "guest_map vm0 0x%llx 4G %llu rwx tables=1G user dirty\n",
			    alias_gva(alias), HOST_PROBE_ALIAS_BYTES);
	strbuf_addstr(out, "cr3 vm0 1G\n");
}

/* The process writes to the pages, then the guest does. */
static void add_touches(const struct host_probe_shape *shape, struct strbuf *out)
{
	unsigned int alias;

	if (!shape->nr)
		return;
	add_touch(shape, "touch ", HOST_PROBE_ADDR, " w", out);
	if (shape->guest && !shape->aliases)
		add_touch(shape, "guest vm0 w ", HOST_PROBE_GPA, "", out);
	for (alias = 0; alias < shape->aliases; alias++)
		add_touch(shape, "guest vm0 w gva=", alias_gva(alias), "", out);
}

static void add_call(const struct host_probe_shape *shape, struct strbuf *out)
{
	static const char *const calls[HOST_PROBE_OP_NR][2] = {
		[HOST_PROBE_MPROTECT] = { "mprotect", " r" },
		[HOST_PROBE_DONTNEED] = { "madvise", " dontneed" },
		[HOST_PROBE_MUNMAP] = { "munmap", "" },
	};

	strbuf_addf(out, "%s ram %llu%s\n", calls[shape->op][0], (unsigned long long)shape->len,
		    calls[shape->op][1]);
}

void host_probe_script(const struct host_probe_shape *shape, const char *mmu, struct strbuf *out)
{
	unsigned long long len = shape->len;

	strbuf_addf(out, "map ram 0x%llx ", HOST_PROBE_ADDR);
	strbuf_addsize(out, len);
	strbuf_addstr(out, " rw anon private noreserve nohuge\n");
	if (shape->vm)
		add_vm(shape, mmu, out);
	add_touches(shape, out);
	if (shape->op != HOST_PROBE_REFAULT) {
		add_call(shape, out);
		return;
	}
	strbuf_addf(out, "mprotect ram %llu r\nmprotect ram %llu rw\n", len, len);
	add_touches(shape, out);
}
