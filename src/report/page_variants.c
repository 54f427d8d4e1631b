// SPDX-License-Identifier: GPL-2.0-or-later
/* Placements and designs side by side. */
#include "html_internal.h"

#include <math.h>

/* A bar as long as the logarithm of the figure: six powers of ten. */
static void add_bar(struct strbuf *out, double value, double most)
{
	double share = value > 0 && most > 0 ? 1 + log10(value / most) / 6 : 0;

	strbuf_addstr(out, "<td class=\"bar\"><svg viewBox=\"0 0 100 10\" "
			   "preserveAspectRatio=\"none\" "
			   "aria-hidden=\"true\">");
	if (share > 0)
		strbuf_addf(out, "<path d=\"M0 1h%.1fv8H0z\"/>", fmax(share, 0.01) * 100);
	strbuf_addstr(out, "</svg>");
}

static void add_row(struct strbuf *out, const struct page_variant *variant, double most)
{
	strbuf_addf(out, "<tr%s><th scope=\"row\">",
		    variant->shown ? " class=\"shown\"" : "");
	html_str(out, variant->name);
	strbuf_addstr(out, "<td class=\"t\">");
	html_str(out, variant->mmu);
	html_count(out, variant->notifications);
	html_size(out, variant->notified);
	html_size(out, variant->populated);
	html_count(out, variant->frames);
	html_count(out, variant->scanned);
	html_count(out, variant->longest);
	html_count(out, variant->zapped);
	html_ns(out, variant->longest_ns);
	html_ns(out, variant->stall);
	add_bar(out, variant->stall, most);
	strbuf_addf(out, "<td class=\"t\">%s\n",
		    variant->lockup ? "<b>soft lockup</b>" : "");
}

void page_add_variants(struct strbuf *out, const struct page_script *script)
{
	double most = 0;
	size_t i;

	if (!script->nr_variants)
		return;
	for (i = 0; i < script->nr_variants; i++)
		most = fmax(most, script->variants[i].stall);
	strbuf_addstr(
		out,
		"<h3>Placements and designs</h3>\n<p>The whole script under each; the "
		"one shown "
		"above is marked. + is a change that no kernel has, on the kernel shown. "
		"The "
		"bars are logarithmic, a millionth of the longest is none.</p>\n"
		"<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th "
		"class=\"t\">kernel"
		"<th "
		"class=\"t\">MMU<th>pairs<th>notified<th>populated<th>frames<th>scanned"
		"<th>longest<th>zapped<th>longest time<th>stall<th class=\"t\">log "
		"stall<th></thead>"
		"\n<tbody>\n");
	for (i = 0; i < script->nr_variants; i++)
		add_row(out, &script->variants[i], most);
	strbuf_addstr(out, "</tbody></table></div>\n");
}
