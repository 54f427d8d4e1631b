// SPDX-License-Identifier: GPL-2.0-or-later
// Work for a garbage collector: most objects die young, some live for a while.
const keep = [];
const end = Date.now() + 4000;
for (let round = 0; Date.now() < end; round++) {
	const batch = [];
	for (let i = 0; i < 20000; i++)
		batch.push({ i, text: 'x' + i, more: new Array(8) });
	if (round % 7 === 0)
		keep.push(batch);
	if (keep.length > 20)
		keep.splice(0, 15);
}
