// SPDX-License-Identifier: GPL-2.0-or-later
#include "btf_internal.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define BTF_MAGIC 0xeb9f
#define BTF_MAX_DEPTH 8

enum {
	BTF_INT = 1,
	BTF_PTR,
	BTF_ARRAY,
	BTF_STRUCT,
	BTF_UNION,
	BTF_ENUM,
	BTF_FWD,
	BTF_TYPEDEF,
	BTF_VOLATILE,
	BTF_CONST,
	BTF_RESTRICT,
	BTF_FUNC,
	BTF_FUNC_PROTO,
	BTF_VAR,
	BTF_DATASEC,
	BTF_FLOAT,
	BTF_DECL_TAG,
	BTF_TYPE_TAG,
	BTF_ENUM64,
};

struct btf_header {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t hdr_len;
	uint32_t type_off;
	uint32_t type_len;
	uint32_t str_off;
	uint32_t str_len;
};

struct btf_type {
	uint32_t name_off;
	uint32_t info;
	uint32_t size_or_type;
};

struct btf_member {
	uint32_t name_off;
	uint32_t type;
	uint32_t offset;
};

/* One type record found by its position; @tail points at what follows the fixed part. */
struct btf_found {
	struct btf_type type;
	const unsigned char *tail;
	uint32_t vlen;
	uint32_t kind;
	bool kind_flag;
};

int btf_open(const void *data, size_t len, struct btf *ret_btf)
{
	struct btf_header header;
	struct btf btf;

	if (len < sizeof(header))
		return -EINVAL;
	memcpy(&header, data, sizeof(header));
	if (header.magic != BTF_MAGIC || header.version != 1 || header.hdr_len > len ||
	    header.hdr_len < sizeof(header))
		return -EINVAL;
	len -= header.hdr_len;
	if (header.type_off > len || header.type_len > len - header.type_off ||
	    header.str_off > len || header.str_len > len - header.str_off ||
	    !header.str_len)
		return -EINVAL;
	btf.types = (const unsigned char *)data + header.hdr_len + header.type_off;
	btf.types_len = header.type_len;
	btf.strings = (const char *)data + header.hdr_len + header.str_off;
	btf.strings_len = header.str_len;
	if (btf.strings[btf.strings_len - 1])
		return -EINVAL;
	*ret_btf = btf;
	return 0;
}

/* Bytes that follow the fixed part of a record; -1 for a kind that this reader does not
 * know. */
static int64_t tail_len(uint32_t kind, uint32_t vlen)
{
	switch (kind) {
	case BTF_PTR:
	case BTF_FWD:
	case BTF_TYPEDEF:
	case BTF_VOLATILE:
	case BTF_CONST:
	case BTF_RESTRICT:
	case BTF_FUNC:
	case BTF_FLOAT:
	case BTF_TYPE_TAG:
		return 0;
	case BTF_INT:
	case BTF_VAR:
	case BTF_DECL_TAG:
		return 4;
	case BTF_ARRAY:
		return 12;
	case BTF_ENUM:
	case BTF_FUNC_PROTO:
		return 8ll * vlen;
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_DATASEC:
	case BTF_ENUM64:
		return 12ll * vlen;
	default:
		return -1;
	}
}

/* Read the record at @pos. Return: the position after it, or -EINVAL. */
static int64_t read_type(const struct btf *btf, size_t pos, struct btf_found *found)
{
	int64_t tail;

	if (btf->types_len - pos < sizeof(found->type))
		return -EINVAL;
	memcpy(&found->type, btf->types + pos, sizeof(found->type));
	found->kind = (found->type.info >> 24) & 0x1f;
	found->vlen = found->type.info & 0xffff;
	found->kind_flag = found->type.info >> 31;
	pos += sizeof(found->type);
	found->tail = btf->types + pos;
	tail = tail_len(found->kind, found->vlen);
	if (tail < 0 || (size_t)tail > btf->types_len - pos)
		return -EINVAL;
	return pos + tail;
}

static const char *btf_string(const struct btf *btf, uint32_t offset)
{
	return offset < btf->strings_len ? btf->strings + offset : "";
}

static int find_struct(const struct btf *btf, const char *name, struct btf_found *found)
{
	int64_t pos = 0;

	while ((size_t)pos < btf->types_len) {
		pos = read_type(btf, pos, found);
		if (pos < 0)
			return pos;
		if (found->kind == BTF_STRUCT &&
		    !strcmp(btf_string(btf, found->type.name_off), name))
			return 0;
	}
	return -ENOENT;
}

static int find_id(const struct btf *btf, uint32_t id, struct btf_found *found)
{
	int64_t pos = 0;
	uint32_t at;

	for (at = 1; (size_t)pos < btf->types_len; at++) {
		pos = read_type(btf, pos, found);
		if (pos < 0)
			return pos;
		if (at == id)
			return 0;
	}
	return -ENOENT;
}

/* The bit offset of @member in @in, looking into anonymous members. */
static int member_bits(const struct btf *btf, const struct btf_found *in,
		       const char *member, unsigned int depth, uint32_t *ret_bits)
{
	struct btf_found inner;
	struct btf_member m;
	const char *name;
	uint32_t i, bits;
	int err;

	for (i = 0; i < in->vlen; i++) {
		memcpy(&m, in->tail + i * sizeof(m), sizeof(m));
		bits = in->kind_flag ? m.offset & 0xffffff : m.offset;
		name = btf_string(btf, m.name_off);
		if (!strcmp(name, member)) {
			*ret_bits = bits;
			return 0;
		}
		if (*name || depth == BTF_MAX_DEPTH)
			continue;
		err = find_id(btf, m.type, &inner);
		if (err)
			return err;
		if (inner.kind != BTF_STRUCT && inner.kind != BTF_UNION)
			continue;
		err = member_bits(btf, &inner, member, depth + 1, ret_bits);
		if (!err)
			*ret_bits += bits;
		if (err != -ENOENT)
			return err;
	}
	return -ENOENT;
}

int btf_struct_member(const struct btf *btf, const char *name, const char *member,
		      uint32_t *ret_offset)
{
	struct btf_found found;
	uint32_t bits;
	int err;

	if (!*member)
		return -ENOENT;
	err = find_struct(btf, name, &found);
	if (!err)
		err = member_bits(btf, &found, member, 0, &bits);
	if (err)
		return err;
	if (bits % 8)
		return -EINVAL;
	*ret_offset = bits / 8;
	return 0;
}

int btf_struct_size(const struct btf *btf, const char *name, uint32_t *ret_size)
{
	struct btf_found found;
	int err = find_struct(btf, name, &found);

	if (!err)
		*ret_size = found.type.size_or_type;
	return err;
}
