/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Field offsets out of a kernel's BTF (/sys/kernel/btf/vmlinux).
 *
 * The format is that of Documentation/bpf/btf.rst: a header, an array of type records of
 * varying length, a string table. The reader trusts nothing: every offset is checked
 * against the blob.
 */
#ifndef HOST_BTF_INTERNAL_H
#define HOST_BTF_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct btf - a checked blob
 * @types, @types_len: the type section; @strings, @strings_len: the string section,
 * NUL-ended
 */
struct btf {
	const unsigned char *types;
	size_t types_len;
	const char *strings;
	size_t strings_len;
};

/**
 * btf_open() - check the header of @len bytes at @data, which must outlive @ret_btf.
 * Return: 0; -EINVAL when it is no little-endian BTF of version 1 or its sections are not
 * inside.
 */
int btf_open(const void *data, size_t len, struct btf *ret_btf);

/**
 * btf_struct_member() - where a member of a named struct lies.
 * @ret_offset: its offset in bytes
 *
 * Members of anonymous structs and unions inside count as members, as in C.
 * Return: 0; -ENOENT when there is no such struct or member; -EINVAL for a broken type
 * section or a bit field that starts within a byte.
 */
int btf_struct_member(const struct btf *btf, const char *name, const char *member,
		      uint32_t *ret_offset);

/** btf_struct_size() - bytes of a named struct. Return: as btf_struct_member(). */
int btf_struct_size(const struct btf *btf, const char *name, uint32_t *ret_size);

#endif /* HOST_BTF_INTERNAL_H */
