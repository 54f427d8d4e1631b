// SPDX-License-Identifier: GPL-2.0-or-later
/* What each understood call of a strace log means. */
#include "import_internal.h"

#include <errno.h>
#include <string.h>

static bool number(const struct call_text *text, unsigned int i, uint64_t *ret_value)
{
	return i < text->nr && i < MAX_ARGS &&
	       imp_parse_number(text->args[i].s, text->args[i].len, ret_value);
}

static bool result(const struct call_text *text, uint64_t *ret_value)
{
	return imp_parse_number(text->result.s, text->result.len, ret_value);
}

static int do_mmap(struct import *im, struct task *task, const struct call_text *text)
{
	struct map_call call = { 0 };
	struct token path;
	uint64_t prot;
	int fd;

	if (text->nr != 6 || !result(text, &call.addr) || !number(text, 1, &call.len) ||
	    !imp_parse_prot(text->args[2].s, text->args[2].len, &prot) ||
	    !imp_parse_map_flags(text->args[3].s, text->args[3].len, &call.flags) ||
	    !number(text, 5, &call.offset))
		return -EBADMSG;
	path = imp_fd_path(&text->args[4], &fd);
	call.prot = prot;
	call.kind = imp_map_kind_of(call.flags, path.s, path.len);
	/*
	 * descriptors of one name may be different objects: the number has to agree as
	 * well
	 */
	if (path.len)
		call.object =
			imp_hash(path.s, path.len) + (uint64_t)fd * 0x9e3779b97f4a7c15ULL;
	return imp_op_mmap(im, task->mm, &call);
}

static int do_munmap(struct import *im, struct task *task, const struct call_text *text)
{
	uint64_t addr, len;

	if (text->nr != 2 || !number(text, 0, &addr) || !number(text, 1, &len))
		return -EBADMSG;
	return imp_op_munmap(im, task->mm, addr, len);
}

static int do_mprotect(struct import *im, struct task *task, const struct call_text *text,
		       bool enomem)
{
	uint64_t addr, len, prot;

	if (text->nr < 3 || !number(text, 0, &addr) || !number(text, 1, &len) ||
	    !imp_parse_prot(text->args[2].s, text->args[2].len, &prot))
		return -EBADMSG;
	return imp_op_mprotect(im, task->mm, addr, len, prot, enomem);
}

static int do_madvise(struct import *im, struct task *task, const struct call_text *text,
		      bool enomem)
{
	uint64_t addr, len, advice;
	const char *name;

	if (text->nr != 3 || !number(text, 0, &addr) || !number(text, 1, &len))
		return -EBADMSG;
	if (!imp_parse_advice(text->args[2].s, text->args[2].len, &advice))
		return 0;
	name = imp_advice_name(advice);
	return name ? imp_op_madvise(im, task->mm, addr, len, name, enomem) : 0;
}

static int do_mremap(struct import *im, struct task *task, const struct call_text *text)
{
	uint64_t addr, len, new_len, new_addr, flags;

	if (text->nr < 4 || !number(text, 0, &addr) || !number(text, 1, &len) ||
	    !number(text, 2, &new_len) || !result(text, &new_addr) ||
	    !imp_parse_mremap_flags(text->args[3].s, text->args[3].len, &flags))
		return -EBADMSG;
	return imp_op_mremap(im, task->mm, addr, len, new_len, new_addr,
			     flags & MREMAP_BIT_DONTUNMAP);
}

static int do_brk(struct import *im, struct task *task, const struct call_text *text)
{
	uint64_t brk;

	if (!result(text, &brk))
		return -EBADMSG;
	return imp_op_brk(im, task->mm, brk);
}

/* "[0x000000000000003]": the first word of the node mask */
static bool node_mask(const struct token *token, uint64_t *ret_nodes)
{
	const char *s = token->s;
	size_t len = token->len, n;

	*ret_nodes = 0;
	if (imp_token_is(token, "NULL") || imp_token_is(token, "[]"))
		return true;
	if (len < 3 || s[0] != '[')
		return false;
	for (n = 1; n < len && s[n] != ']' && s[n] != ',' && s[n] != ' '; n++)
		;
	return imp_parse_number(s + 1, n - 1, ret_nodes);
}

static int do_mbind(struct import *im, struct task *task, const struct call_text *text)
{
	uint64_t addr, len, policy, nodes, flags;
	const char *name;

	if (text->nr != 6 || !number(text, 0, &addr) || !number(text, 1, &len))
		return -EBADMSG;
	if (!imp_parse_policy(text->args[2].s, text->args[2].len, &policy) ||
	    !node_mask(&text->args[3], &nodes) ||
	    !imp_parse_mbind_flags(text->args[5].s, text->args[5].len, &flags))
		return 0;
	name = imp_policy_name(policy);
	return name ? imp_op_mbind(im, task->mm, addr, len, name, nodes, flags) : 0;
}

/*
 * {slot=0, flags=0, guest_phys_addr=0, memory_size=786432, userspace_addr=0x7f5487e00000}
 */
static int do_memslot(struct import *im, struct task *task, int fd,
		      const struct token *region)
{
	static const char *const names[] = { "slot", "guest_phys_addr", "memory_size",
					     "userspace_addr" };
	struct token value, flags;
	uint64_t v[4];

	for (int i = 0; i < 4; i++)
		if (!imp_member(region, names[i], &value) ||
		    !imp_parse_number(value.s, value.len, &v[i]))
			return -EBADMSG;
	if (!imp_member(region, "flags", &flags))
		return -EBADMSG;
	return imp_op_memslot(im, task->mm, fd, v[0], v[1], v[2], v[3],
			      memmem(flags.s, flags.len, "KVM_MEM_READONLY", 16) != NULL);
}

static int do_ioctl(struct import *im, struct task *task, const struct call_text *text)
{
	uint64_t request = 0, fd;
	const struct token *what;

	if (text->nr < 2)
		return -EBADMSG;
	what = &text->args[1];
	(void)imp_parse_number(what->s, what->len, &request);
	if (imp_token_is(what, "KVM_CREATE_VM") || request == 0xae01) {
		if (!result(text, &fd) || (int)fd < 0)
			return -EBADMSG;
		return imp_op_vm_create(im, task->mm, fd);
	}
	if (!imp_token_is(what, "KVM_SET_USER_MEMORY_REGION") && request != 0x4020ae46)
		return 0;
	if (text->nr < 3 || text->args[2].s[0] != '{')
		return 0;
	if (!number(text, 0, &fd))
		return -EBADMSG;
	return do_memslot(im, task, fd, &text->args[2]);
}

/* The flags of clone and clone3, as far as the text goes; fork has none, vfork two. */
static uint64_t clone_flags(const struct call *call, const char *args, size_t len)
{
	struct token all = { args, len }, value;
	uint64_t flags = 0;

	if (call->id == CALL_VFORK)
		return CLONE_BIT_VM | CLONE_BIT_VFORK;
	if (call->id == CALL_FORK)
		return 0;
	if (call->id == CALL_CLONE3 && len && args[0] == '{')
		all = (struct token){ args + 1, len - 1 };
	if (imp_member(&all, "flags", &value))
		(void)imp_parse_clone_flags(value.s, value.len, &flags);
	return flags;
}

bool imp_is_fork(const struct call *call)
{
	return call->id == CALL_FORK || call->id == CALL_VFORK ||
	       call->id == CALL_CLONE || call->id == CALL_CLONE3;
}

static void touch_stack(struct import *im, struct task *task, const char *args,
			size_t len)
{
	struct token all = { args, len }, stack, size;
	uint64_t addr, bytes;

	if (im->options.touch != IMPORT_TOUCH_WRITTEN)
		return;
	if (len && args[0] == '{')
		all = (struct token){ args + 1, len - 1 };
	if (imp_member(&all, "stack", &stack) && imp_member(&all, "stack_size", &size) &&
	    imp_parse_number(stack.s, stack.len, &addr) &&
	    imp_parse_number(size.s, size.len, &bytes) && addr && bytes &&
	    bytes < ADDR_END && addr < ADDR_END)
		imp_touch_pointer(im, task->mm, addr + bytes - 1, 1);
	else if (imp_member(&all, "child_stack", &stack) &&
		 imp_parse_number(stack.s, stack.len, &addr) && addr)
		imp_touch_pointer(im, task->mm, addr - 1, 1);
}

static int do_fork(struct import *im, struct task *task, const struct call *call,
		   const struct call_text *text)
{
	const char *args = text->nr ? text->args[0].s : "";
	size_t len = text->nr ? (size_t)(text->result.s - args) : 0;
	uint64_t child = 0;
	int err;

	if (!task->forking)
		imp_fork_begins(im, task, clone_flags(call, args, len));
	if (text->error.len || !result(text, &child) || child > UINT32_MAX)
		child = 0;
	if (child)
		touch_stack(im, task, args, len);
	err = imp_fork_ends(im, task, child);
	return err ? err : child != 0;
}

int imp_strace_begun(struct import *im, struct task *task, const struct call *call,
		     const char *args, size_t len)
{
	struct import_call *count;
	struct token arg[2];
	uint64_t addr, bytes;
	const char *comma;
	int err;

	if (imp_is_fork(call))
		imp_fork_begins(im, task, clone_flags(call, args, len));
	if (call->id != CALL_MUNMAP)
		return 0;
	/* at once: by its end another thread may have mapped something there */
	comma = memchr(args, ',', len);
	if (!comma || comma + 2 >= args + len)
		return 0;
	arg[0] = (struct token){ args, comma - args };
	arg[1] = (struct token){ comma + 2, args + len - (comma + 2) };
	if (!imp_parse_number(arg[0].s, arg[0].len, &addr) ||
	    !imp_parse_number(arg[1].s, arg[1].len, &bytes))
		return 0;
	err = imp_op_munmap(im, task->mm, addr, bytes);
	if (err > 0) {
		count = imp_count_call(im, call->name, strlen(call->name));
		count->seen--; /* counted by the caller */
		count->used++;
	}
	return err;
}

static bool failed(const struct call_text *text)
{
	return text->result.len &&
	       (text->result.s[0] == '-' || text->result.s[0] == '?' || text->error.len);
}

int imp_strace_call(struct import *im, struct task *task, const struct call *call,
		    const struct call_text *text, struct import_call *count)
{
	const bool enomem = failed(text) && imp_token_is(&text->error, "ENOMEM");
	const bool partly =
		enomem && (call->id == CALL_MPROTECT || call->id == CALL_MADVISE);

	if (call->id == CALL_EXIT || call->id == CALL_EXIT_GROUP) {
		imp_task_exit(im, task, call->id == CALL_EXIT_GROUP);
		return 1;
	}
	if (imp_is_fork(call))
		return do_fork(im, task, call, text);
	if (failed(text)) {
		count->failed++;
		if (!partly) {
			im->report->failed++;
			return 0;
		}
	}
	switch (call->id) {
	case CALL_MMAP:
		return do_mmap(im, task, text);
	case CALL_MUNMAP:
		return do_munmap(im, task, text);
	case CALL_MPROTECT:
		return do_mprotect(im, task, text, enomem);
	case CALL_MADVISE:
		return do_madvise(im, task, text, enomem);
	case CALL_MREMAP:
		return do_mremap(im, task, text);
	case CALL_BRK:
		return do_brk(im, task, text);
	case CALL_MBIND:
		return do_mbind(im, task, text);
	case CALL_IOCTL:
		return do_ioctl(im, task, text);
	case CALL_EXEC:
		return imp_task_exec(im, task) ? -ENOMEM : 1;
	default:
		return 0;
	}
}
