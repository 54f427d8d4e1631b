// SPDX-License-Identifier: GPL-2.0-or-later
"use strict";
/* Zooming into the timelines; the page is complete without it. */
for (const svg of document.querySelectorAll("svg.zoom")) {
	const box = svg.viewBox.baseVal, full = box.width;
	const show = (middle, width) => {
		width = Math.min(full, Math.max(full / 1e6, width));
		box.x = Math.min(full - width, Math.max(0, middle - width / 2));
		box.width = width;
	};
	const at = event => {
		const place = svg.getBoundingClientRect();
		return box.x + box.width * (event.clientX - place.left) / place.width;
	};
	svg.addEventListener("wheel", event => {
		if (!event.ctrlKey && !event.shiftKey)
			return;
		event.preventDefault();
		const x = at(event), factor = event.deltaY > 0 || event.deltaX > 0 ? 2 : 0.5;
		show(x + (box.x + box.width / 2 - x) * factor, box.width * factor);
	}, { passive: false });
	svg.addEventListener("dblclick", event => show(at(event), box.width / 4));
	const tools = document.createElement("div");
	tools.className = "tools";
	const button = (text, title, action) => {
		const made = document.createElement("button");
		made.type = "button";
		made.textContent = text;
		made.title = title;
		made.addEventListener("click", action);
		tools.append(made);
	};
	const middle = () => box.x + box.width / 2;
	button("+", "zoom in (or double click, or Ctrl and the wheel)", () => show(middle(), box.width / 2));
	button("\u2212", "zoom out", () => show(middle(), box.width * 2));
	button("\u2190", "earlier", () => show(middle() - box.width / 2, box.width));
	button("\u2192", "later", () => show(middle() + box.width / 2, box.width));
	button("all", "the whole of it", () => show(full / 2, full));
	const left = document.createElement("span");
	left.className = "tools";
	svg.after(left, tools);
}
