// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls a function of the kernel that no system call reaches.
 *
 * NUMA hinting over exactly one range is change_prot_numa(), which only the scanner
 * calls, at times and over ranges of its own. So a module is made here, in memory, whose
 * init does the call and then refuses to stay (-ECANCELED). It needs no compiler and no
 * headers: struct module's size and the offsets come from the kernel's BTF, the addresses
 * from /proc/kallsyms, and the version checks are waived (CONFIG_MODULE_FORCE_LOAD).
 */
#include "guest_internal.h"

#include <elf.h>
#include <errno.h>
#include <linux/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "btf_internal.h"

#define MODULE_MAX 16384
#define STRUCT_MODULE_MAX 8192

/*
 * The parameter block behind the code, in the order that the code knows.
 * @current: address of the per-CPU pointer to the running task
 * @task_mm, @mm_lock, @mm_next_scan, @task_work, @vm_start, @vm_end: field offsets
 * @down_read, @up_read, @find_vma, @change_prot, @numa_work: addresses of functions
 * @start, @end: the range
 * @age: address of the function that asks secondary MMUs
 */
struct kcall_params {
	uint64_t current;
	uint64_t task_mm;
	uint64_t mm_lock;
	uint64_t vm_start;
	uint64_t vm_end;
	uint64_t down_read;
	uint64_t up_read;
	uint64_t find_vma;
	uint64_t change_prot;
	uint64_t start;
	uint64_t end;
	uint64_t mm_next_scan;
	uint64_t task_work;
	uint64_t numa_work;
	uint64_t age;
};

extern const char kcall_hint[], kcall_hint_end[], kcall_scan[], kcall_scan_end[],
	kcall_ask[], kcall_ask_end[];

/*
 * kcall_hint: with mmap_lock held for reading, change_prot_numa() on the part of each VMA
 * that lies in [start, end). kcall_scan: task_numa_work() as if its time had come. kcall_ask: a
 * function of the mm and the range, whose result is 0 (-ENODATA) or not. All
 * end in the place where the parameter block is put.
 */
__asm__(".pushsection .rodata\n"
	".balign 16\n"
	"kcall_hint:\n"
	"	endbr64\n"
	"	push %rbx\n"
	"	push %rbp\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	lea kcall_hint_end(%rip), %rbx\n"
	"	mov 0(%rbx), %rax\n"
	"	mov %gs:(%rax), %rax\n"
	"	add 8(%rbx), %rax\n"
	"	mov (%rax), %r12\n"
	"	mov %r12, %rdi\n"
	"	add 16(%rbx), %rdi\n"
	"	call *40(%rbx)\n"
	"	mov 72(%rbx), %r13\n"
	"1:	cmp 80(%rbx), %r13\n"
	"	jae 2f\n"
	"	mov %r12, %rdi\n"
	"	mov %r13, %rsi\n"
	"	call *56(%rbx)\n"
	"	test %rax, %rax\n"
	"	jz 2f\n"
	"	mov 24(%rbx), %rcx\n"
	"	mov (%rax,%rcx), %rsi\n"
	"	cmp %r13, %rsi\n"
	"	cmovb %r13, %rsi\n"
	"	cmp 80(%rbx), %rsi\n"
	"	jae 2f\n"
	"	mov 32(%rbx), %rcx\n"
	"	mov (%rax,%rcx), %rdx\n"
	"	cmp 80(%rbx), %rdx\n"
	"	cmova 80(%rbx), %rdx\n"
	"	mov %rdx, %r13\n"
	"	mov %rax, %rdi\n"
	"	call *64(%rbx)\n"
	"	jmp 1b\n"
	"2:	mov %r12, %rdi\n"
	"	add 16(%rbx), %rdi\n"
	"	call *48(%rbx)\n"
	"	mov $-125, %eax\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbp\n"
	"	pop %rbx\n"
	"	ret\n"
	"	.balign 16\n"
	"kcall_hint_end:\n"
	"kcall_scan:\n"
	"	endbr64\n"
	"	push %rbx\n"
	"	lea kcall_scan_end(%rip), %rbx\n"
	"	mov 0(%rbx), %rax\n"
	"	mov %gs:(%rax), %rdi\n"
	"	mov 8(%rbx), %rcx\n"
	"	mov (%rdi,%rcx), %rdx\n"
	"	mov 88(%rbx), %rcx\n"
	"	movq $1, (%rdx,%rcx)\n"
	"	add 96(%rbx), %rdi\n"
	"	call *104(%rbx)\n"
	"	mov $-125, %eax\n"
	"	pop %rbx\n"
	"	ret\n"
	"	.balign 16\n"
	"kcall_scan_end:\n"
	"kcall_ask:\n"
	"	endbr64\n"
	"	push %rbx\n"
	"	lea kcall_ask_end(%rip), %rbx\n"
	"	mov 0(%rbx), %rax\n"
	"	mov %gs:(%rax), %rax\n"
	"	add 8(%rbx), %rax\n"
	"	mov (%rax), %rdi\n"
	"	mov 72(%rbx), %rsi\n"
	"	mov 80(%rbx), %rdx\n"
	"	call *112(%rbx)\n"
	"	test %al, %al\n"
	"	mov $-125, %eax\n"
	"	mov $-61, %ecx\n"
	"	cmovz %ecx, %eax\n"
	"	pop %rbx\n"
	"	ret\n"
	"	.balign 16\n"
	"kcall_ask_end:\n"
	".popsection\n");

/* What is learnt once from the running kernel. */
static struct {
	bool ready;
	int err;
	struct kcall_params params;
	uint64_t age[3]; /* by SCRIPT_AGE_* */
	uint32_t module_size;
	uint32_t module_name;
	uint32_t module_init;
} known;

static int learn_offsets(const struct btf *btf)
{
	struct kcall_params *params = &known.params;
	const struct {
		const char *type;
		const char *member;
		uint64_t *to;
	} wanted[] = {
		{ "task_struct", "mm", &params->task_mm },
		{ "task_struct", "numa_work", &params->task_work },
		{ "mm_struct", "mmap_lock", &params->mm_lock },
		{ "mm_struct", "numa_next_scan", &params->mm_next_scan },
		{ "vm_area_struct", "vm_start", &params->vm_start },
		{ "vm_area_struct", "vm_end", &params->vm_end },
	};
	uint32_t offset;
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && !err; i++) {
		err = btf_struct_member(btf, wanted[i].type, wanted[i].member, &offset);
		if (!err)
			*wanted[i].to = offset;
	}
	if (!err)
		err = btf_struct_member(btf, "module", "name", &known.module_name);
	if (!err)
		err = btf_struct_member(btf, "module", "init", &known.module_init);
	if (!err)
		err = btf_struct_size(btf, "module", &known.module_size);
	return !err && known.module_size > STRUCT_MODULE_MAX ? -E2BIG : err;
}

/* "ADDRESS TYPE NAME" per line; of two current pointers a kernel has one. */
static int learn_symbols(const char *text)
{
	struct kcall_params *params = &known.params;
	const struct {
		const char *line;
		uint64_t *to;
	} wanted[] = {
		{ " current_task\n", &params->current },
		{ " pcpu_hot\n", &params->current },
		{ " down_read\n", &params->down_read },
		{ " up_read\n", &params->up_read },
		{ " find_vma\n", &params->find_vma },
		{ " change_prot_numa\n", &params->change_prot },
		{ " task_numa_work\n", &params->numa_work },
		{ " __mmu_notifier_clear_flush_young\n", &known.age[SCRIPT_AGE_FLUSH] },
		{ " __mmu_notifier_clear_young\n", &known.age[SCRIPT_AGE_CLEAR] },
		{ " __mmu_notifier_test_young\n", &known.age[SCRIPT_AGE_TEST] },
	};
	const char *at, *line;
	bool found;
	size_t i;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		at = strstr(text, wanted[i].line);
		for (line = at; line && line > text && line[-1] != '\n'; line--)
			;
		if (line)
			*wanted[i].to = strtoull(line, NULL, 16);
		found = at || (i < 2 && (i == 0 || strstr(text, wanted[0].line)));
		if (!found)
			return -ENOENT;
	}
	return 0;
}

static int learn(void)
{
	struct strbuf text = STRBUF_INIT;
	struct btf btf;
	int err;

	err = get_file("/sys/kernel/btf/vmlinux", &text);
	if (!err)
		err = btf_open(text.buf, text.len, &btf);
	if (!err)
		err = learn_offsets(&btf);
	strbuf_reset(&text);
	if (!err)
		err = get_file("/proc/kallsyms", &text);
	if (!err)
		err = learn_symbols(strbuf_str(&text));
	strbuf_release(&text);
	return err;
}

int kcall_prepare(void)
{
	if (!known.ready)
		known.err = learn();
	known.ready = true;
	return known.err;
}

enum {
	SEC_NULL,
	SEC_TEXT,
	SEC_MODULE,
	SEC_RELA,
	SEC_MODINFO,
	SEC_SYMTAB,
	SEC_STRTAB,
	SEC_NR
};

struct image {
	unsigned char data[MODULE_MAX];
	size_t len;
	Elf64_Shdr sections[SEC_NR];
};

/* Append a section's contents; @name is its offset in the string table. */
static void add_section(struct image *image, unsigned int which, uint32_t name,
			uint32_t type, uint64_t flags, const void *data, size_t len)
{
	image->len = (image->len + 63) & ~63ul;
	image->sections[which] = (Elf64_Shdr){ .sh_name = name,
					       .sh_type = type,
					       .sh_flags = flags,
					       .sh_offset = image->len,
					       .sh_size = len,
					       .sh_addralign = 64 };
	memcpy(image->data + image->len, data, len);
	image->len += len;
}

static void finish_image(struct image *image)
{
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_REL,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(header),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = SEC_NR,
		.e_shstrndx = SEC_STRTAB,
	};

	image->len = (image->len + 63) & ~63ul;
	header.e_shoff = image->len;
	memcpy(image->data, &header, sizeof(header));
	memcpy(image->data + image->len, image->sections, sizeof(image->sections));
	image->len += sizeof(image->sections);
}

/* One table for the names of sections and symbols; the numbers are offsets into it. */
static const char strings[] =
	"\0.text\0.gnu.linkonce.this_module\0"
	".rela.gnu.linkonce.this_module\0.modinfo\0.symtab\0.strtab\0"
	"init_module";
enum {
	STR_TEXT = 1,
	STR_MODULE = 7,
	STR_RELA = 33,
	STR_MODINFO = 64,
	STR_SYMTAB = 73,
	STR_STRTAB = 81,
	STR_INIT = 89
};

static void make_image(struct image *image, const char *code, size_t code_len,
		       const struct kcall_params *params)
{
	static const char info[] = "license=GPL\0name=mmuscope_call";
	static unsigned char module[STRUCT_MODULE_MAX], text[4096];
	const Elf64_Sym symbols[] = {
		{ 0 },
		{ .st_name = STR_INIT,
		  .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
		  .st_shndx = SEC_TEXT,
		  .st_size = code_len },
	};
	const Elf64_Rela rela = { .r_offset = known.module_init,
				  .r_info = ELF64_R_INFO(1, R_X86_64_64) };

	memset(image, 0, sizeof(*image));
	memset(module, 0, sizeof(module));
	strcpy((char *)module + known.module_name, "mmuscope_call");
	memcpy(text, code, code_len);
	memcpy(text + code_len, params, sizeof(*params));
	image->len = sizeof(Elf64_Ehdr);
	add_section(image, SEC_TEXT, STR_TEXT, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR,
		    text, code_len + sizeof(*params));
	add_section(image, SEC_MODULE, STR_MODULE, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE,
		    module, known.module_size);
	add_section(image, SEC_RELA, STR_RELA, SHT_RELA, SHF_INFO_LINK, &rela,
		    sizeof(rela));
	add_section(image, SEC_MODINFO, STR_MODINFO, SHT_PROGBITS, SHF_ALLOC, info,
		    sizeof(info));
	add_section(image, SEC_SYMTAB, STR_SYMTAB, SHT_SYMTAB, 0, symbols,
		    sizeof(symbols));
	add_section(image, SEC_STRTAB, STR_STRTAB, SHT_STRTAB, 0, strings,
		    sizeof(strings));
	image->sections[SEC_RELA].sh_link = SEC_SYMTAB;
	image->sections[SEC_RELA].sh_info = SEC_MODULE;
	image->sections[SEC_RELA].sh_entsize = sizeof(Elf64_Rela);
	image->sections[SEC_SYMTAB].sh_link = SEC_STRTAB;
	image->sections[SEC_SYMTAB].sh_info = 1;
	image->sections[SEC_SYMTAB].sh_entsize = sizeof(Elf64_Sym);
	finish_image(image);
}

static int load_image(const struct image *image)
{
	int fd = memfd_create("call", MFD_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, image->data, image->len) != (ssize_t)image->len)
		err = -EIO;
	else if (syscall(SYS_finit_module, fd, "",
			 MODULE_INIT_IGNORE_MODVERSIONS | MODULE_INIT_IGNORE_VERMAGIC))
		err = -errno;
	close(fd);
	return err == -ECANCELED ? 0 : err ? err : -EEXIST;
}

static int call(const char *code, const char *code_end, const struct kcall_params *params)
{
	static struct image image;

	make_image(&image, code, code_end - code, params);
	return load_image(&image);
}

int kcall_numa_hint(uint64_t start, uint64_t end)
{
	struct kcall_params params = known.params;

	if (known.err)
		return known.err;
	params.start = start;
	params.end = end;
	return call(kcall_hint, kcall_hint_end, &params);
}

int kcall_age(unsigned int how, uint64_t start, uint64_t end)
{
	struct kcall_params params = known.params;

	if (known.err)
		return known.err;
	params.age = known.age[how];
	params.start = start;
	params.end = end;
	return call(kcall_ask, kcall_ask_end, &params);
}

int kcall_numa_scan(void)
{
	return known.err ? known.err : call(kcall_scan, kcall_scan_end, &known.params);
}
