/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runs of a result store as sections of a page. */
#ifndef REPORT_STORE_PAGE_H
#define REPORT_STORE_PAGE_H

#include <report/page.h>
#include <report/stall.h>
#include <report/store.h>

/** struct store_page - the sections, and all that they point to */
struct store_page {
	struct page_script *sections;
	size_t nr;
	size_t cap;
	char **strings;
	size_t nr_strings;
	size_t cap_strings;
	int error;
};

/**
 * report_store_page() - a section for each script name of the store: its runs side by side, the
 * operations of the run that stalls longest, and what grows with a parameter that was set to
 * several numbers. Only what is stored: there is no picture of the address space.
 * @path: of the store, as a shell reads it, for the commands that are shown
 * @limits: for soft lockups
 * @ret_page: to be given to store_page_release()
 * Return: 0, or a negative errno as report_store_open(), with a line in @diag.
 */
int report_store_page(struct report_store *store, const char *path,
		      const struct report_stall_limits *limits, struct strbuf *diag,
		      struct store_page *ret_page);

/** store_page_release() - the sections and their strings; empty is fine. */
void store_page_release(struct store_page *page);

#endif /* REPORT_STORE_PAGE_H */
