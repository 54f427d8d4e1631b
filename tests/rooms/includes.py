#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The build refuses includes from rooms outside a room's row, and every header compiles alone.

usage: includes.py BUILD_FOLDER SOURCE_FOLDER 'ROOM: OTHER OTHER...'...   (TAP on standard output)

The compiler is called exactly as the build calls it for a source of the room, with another source.
"""
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tap  # noqa: E402

BUILD = Path(sys.argv[1]).resolve()
SOURCE = Path(sys.argv[2]).resolve()
ALLOWED = {room: others.split() for room, others in (row.split(':') for row in sys.argv[3:])}


def flags_of(command):
    """The compiler and its flags without the source and the outputs."""
    words = iter(shlex.split(command))
    kept = []
    for word in words:
        if word in ('-o', '-MF', '-MQ', '-MT'):
            next(words)
        elif word not in ('-c', '-MD') and not word.endswith(('.c', '.S')):
            kept.append(word)
    return kept


def read_commands():
    """The compiler's calls for each target, and the different ones for each folder of sources."""
    targets, folders = {}, {}
    with open(BUILD / 'compile_commands.json', encoding='utf-8') as file:
        for entry in json.load(file):
            path = (Path(entry['directory']) / entry['file']).resolve()
            if path.suffix == '.c' and path.is_relative_to(SOURCE):
                flags = flags_of(entry['command'])
                targets.setdefault(Path(entry['output']).parent.name, flags)
                known = folders.setdefault(str(path.relative_to(SOURCE).parent), [])
                if flags not in known:
                    known.append(flags)
    return targets, folders


def compiles(flags, text):
    """(does it compile, what the compiler said)"""
    got = subprocess.run([*flags, '-fdiagnostics-color=never', '-fsyntax-only', '-x', 'c', '-'], input=text, cwd=BUILD,
                         capture_output=True, text=True, check=False)
    return got.returncode == 0, got.stderr


def public_headers(room):
    """Those of api are the library's."""
    folder = SOURCE / ('include' if room == 'api' else f'src/{room}/include')
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*.h'))


def test_pair(room, other, flags):
    headers = public_headers(other)
    if other == room or other in ALLOWED[room]:
        for header in headers:
            good, said = compiles(flags, f'#include <{header}>\n')
            tap.ok(good, f'{room} may include <{header}>', said)
    else:
        good, said = compiles(flags, f'#include <{headers[0]}>\n')
        refused = f'{headers[0]}: No such file' in said
        tap.ok(not good and refused, f'{room} cannot include <{headers[0]}>', said)


def test_rooms(targets):
    folders = {path.name for path in (SOURCE / 'src').iterdir() if path.is_dir()}
    tap.ok(folders == set(ALLOWED), 'every folder of src has its row',
           f'folders {sorted(folders)}', f'rows {sorted(ALLOWED)}')
    without = [room for room in ALLOWED if not public_headers(room)]
    tap.ok(without == ['cli'], 'every room but cli has public headers', without)
    for room in ALLOWED:
        flags = targets.get('mmuscope.p' if room == 'cli' else f'libroom_{room}.a.p')
        tap.ok(flags, f'{room} is built')
        for other in ALLOWED:
            if flags and public_headers(other):
                test_pair(room, other, flags)


def test_no_cycles():
    """With no room above itself, an order of the rooms exists."""
    left = {room: set(others) for room, others in ALLOWED.items()}
    while True:
        ready = [room for room, others in left.items() if not others & set(left)]
        if not ready:
            break
        for room in ready:
            del left[room]
    tap.ok(not left, 'the table has no cycle', sorted(left))


def documented_rows():
    """room -> the rooms it may use, from the table of ARCHITECTURE.md."""
    rows = {}
    text = (SOURCE / 'ARCHITECTURE.md').read_text()
    for room, uses in re.findall(r'^\| `(\w+)` \|.*\| *([\w, ]*?) *\|$', text, re.M):
        named = set(re.findall(r'\w+', uses.replace('all but', '')))
        rows[room] = set(ALLOWED) - {room} - named if 'all but' in uses else named
    return rows


def test_documented():
    if not (SOURCE / 'ARCHITECTURE.md').exists():
        tap.skip("the document's table", 'there is no ARCHITECTURE.md')
        return
    rows = documented_rows()
    wrong = [f'{room}: {sorted(rows.get(room, []))} in ARCHITECTURE.md, {sorted(ALLOWED[room])} here'
             for room in ALLOWED if rows.get(room) != set(ALLOWED[room])]
    tap.ok(not wrong, "ARCHITECTURE.md has the build's table", *wrong)


def test_other_headers(folders):
    """Internal headers and those of tests need no other header before them."""
    for path in sorted(SOURCE.glob('src/**/*.h')) + sorted(SOURCE.glob('tests/**/*.h')):
        name = path.relative_to(SOURCE)
        if 'include' in name.parts:
            continue
        near = [folders[str(folder)] for folder in name.parents if str(folder) in folders]
        near = near or [folders['tests/script']]
        for flags in near[0]:
            good, said = compiles([*flags, '-Wno-unused-function'], f'#include "{path}"\n')
            if good:
                break
        tap.ok(good, f'{name} compiles alone', said)


def test_no_climbing():
    """No include leaves its folder by the path: the folders that a room may see are the build's."""
    bad = []
    for path in sorted(SOURCE.glob('src/**/*.[ch]')) + sorted(SOURCE.glob('tests/**/*.[ch]')):
        for name in re.findall(r'^\s*#\s*include\s+["<]([^">]+)[">]', path.read_text(), re.M):
            if '..' in Path(name).parts or name.startswith('/'):
                bad.append(f'{path.relative_to(SOURCE)}: {name}')
    tap.ok(not bad, 'no include climbs out of its folder', *bad)


def main():
    targets, folders = read_commands()
    test_no_cycles()
    test_documented()
    test_rooms(targets)
    test_other_headers(folders)
    test_no_climbing()
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
