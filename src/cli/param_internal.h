/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters that set how a script is run: profile, design, mmu, levels. */
#ifndef CLI_PARAM_INTERNAL_H
#define CLI_PARAM_INTERNAL_H

#include <stdbool.h>

#include <base/strbuf.h>

/** struct param_setting - what one of them says; the others are NULL, false, -1 and 0 */
struct param_setting {
	const char *profile;
	bool has_designs;
	unsigned int designs;
	int mmu;
	unsigned int levels;
};

/**
 * param_setting() - the meaning of a value. A design is one name, several with '+', or "none".
 * Return: 0, or -EINVAL when there is no such thing.
 */
int param_setting(const char *name, const char *value, struct param_setting *ret_setting);

/** param_add_problem() - "param profile: no profile is called 'linux-6.13'; ..." and a newline. */
void param_add_problem(struct strbuf *out, const char *name, const char *value);

#endif /* CLI_PARAM_INTERNAL_H */
