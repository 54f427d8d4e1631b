/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The address space around chosen operations of a script, as strips. */
#ifndef CLI_MAP_INTERNAL_H
#define CLI_MAP_INTERNAL_H

#include <report/strip.h>
#include <script/script.h>
#include <sim/sim.h>

/** map_layout() - the areas that a script maps, in @cells. Return: 0 or -ENOMEM. */
int map_layout(const struct script *script, unsigned int cells, struct strip_layout *ret_layout);

/**
 * map_draw() - execute the script once more and look at it around some of its operations.
 * @options: as the run that is shown; its hooks are not called
 * @index: numbers of the operations as in struct sim_op_result, ascending; @nr of them
 * @strips: one for each, made here, to be given to strip_release()
 *
 * Zapped are the SPTEs that an operation found and that were gone behind it: a guest access that
 * brings back what it lost shows as neither.
 * Return: 0, or the negative errno of sim_run(); then there are no strips.
 */
int map_draw(const struct script *script, const struct sim_options *options,
	     const struct strip_layout *layout, const uint64_t *index, size_t nr,
	     struct strip *strips);

#endif /* CLI_MAP_INTERNAL_H */
