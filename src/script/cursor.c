// SPDX-License-Identifier: GPL-2.0-or-later
#include "script_internal.h"

#include <assert.h>

void script_cursor_init(struct script_cursor *cursor, const struct script *script)
{
	memset(cursor, 0, sizeof(*cursor));
	cursor->script = script;
}

const struct script_op *script_cursor_next(struct script_cursor *cursor)
{
	const struct script *script = cursor->script;

	while (cursor->next < script->nr_ops) {
		const struct script_op *op = &script->ops[cursor->next++];

		if (op->code == OP_REPEAT) {
			assert(cursor->depth < SCRIPT_LOOP_DEPTH);
			cursor->left[cursor->depth++] = op->count;
		} else if (op->code == OP_END) {
			assert(cursor->depth > 0);
			if (--cursor->left[cursor->depth - 1])
				cursor->next = op->jump + 1;
			else
				cursor->depth--;
		} else {
			return op;
		}
	}
	return NULL;
}
