#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The documents say what is so: output they show is printed, files and functions they name exist.

usage: documents.py MMUSCOPE SOURCE_FOLDER             (TAP on standard output)
       documents.py MMUSCOPE SOURCE_FOLDER --write     (puts the demo's output into README.md
                                                        and the tables into docs/designs.md)
"""
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tap  # noqa: E402

BINARY = os.path.abspath(sys.argv[1])
SOURCE = Path(sys.argv[2]).resolve()
DOCUMENTS = ('README.md', 'ARCHITECTURE.md', 'CAVEATS.md', 'docs/profiles.md',
             'docs/designs.md', 'docs/store.md', 'docs/sweep.md')
BLOCK = re.compile(r'(<!-- the output of make demo -->\n```\n)(.*?)(```\n)', re.S)
# A command in the form of compare --format lkml, which prints the command, too.
TABLE = re.compile(r'^```\n(\$ mmuscope .*?)^```\n', re.S | re.M)
# Functions of Linux, not of ours.
LINUX = {'do_mprotect_pkey', 'need_resched'}


def demo():
    """What tools/demo.sh prints with this binary; it writes into its own build folder."""
    with tempfile.TemporaryDirectory(prefix='mmuscope-demo-') as folder:
        tree = Path(folder)
        (tree / 'tools').mkdir()
        (tree / 'build').mkdir()
        shutil.copy(SOURCE / 'tools' / 'demo.sh', tree / 'tools')
        (tree / 'scripts').symlink_to(SOURCE / 'scripts')
        (tree / 'build' / 'mmuscope').symlink_to(BINARY)
        return subprocess.run([tree / 'tools' / 'demo.sh'], capture_output=True, text=True,
                              timeout=240)


def difference(shown, printed):
    """The first line in which two texts differ."""
    left, right = shown.splitlines(), printed.splitlines()
    for number in range(max(len(left), len(right))):
        one = left[number] if number < len(left) else '(end)'
        two = right[number] if number < len(right) else '(end)'
        if one != two:
            return f'line {number + 1}\nshown:   {one}\nprinted: {two}'
    return 'white space at the end'


def test_demo():
    got = demo()
    tap.ok(got.returncode == 0 and not got.stderr, 'the demo runs', got.returncode, got.stderr,
           got.stdout[-2000:])
    found = BLOCK.search((SOURCE / 'README.md').read_text())
    if tap.ok(found, 'README.md shows the output of make demo'):
        tap.ok(found[2] == got.stdout, 'exactly as it is printed',
               difference(found[2], got.stdout), 'renew it: documents.py MMUSCOPE SOURCE --write')


def print_table(shown):
    command = shown.split('\n\n')[0].replace('\\\n', ' ').split()[2:]
    return subprocess.run([BINARY, *command], capture_output=True, text=True, cwd=SOURCE, timeout=240)


def test_tables():
    """The tables of docs/designs.md are what the command over each prints, 75 columns wide."""
    tables = TABLE.findall((SOURCE / 'docs' / 'designs.md').read_text())
    tap.ok(len(tables) >= 4, 'docs/designs.md has a table for each design')
    for shown in tables:
        name = shown.splitlines()[0]
        got = print_table(shown)
        tap.ok(got.returncode == 0 and got.stdout == shown, f'{name} prints what is shown',
               got.stderr, difference(shown, got.stdout),
               'renew it: documents.py MMUSCOPE SOURCE --write')
        tap.ok(max(map(len, shown.splitlines())) <= 75, f'{name}: at most 75 columns')


def test_files(name, text):
    for path in sorted(set(re.findall(r'\b(?:src|scripts|docs|tests|tools|man)/[\w./-]*[\w/]', text))):
        tap.ok((SOURCE / path).exists(), f'{name} names {path}')
    for target in re.findall(r'\]\(([^)#:]+)', text):
        tap.ok(((SOURCE / name).parent / target).exists(), f'{name} links to {target}')


def test_functions():
    code = ''.join(path.read_text() for path in sorted(SOURCE.glob('src/**/*.[ch]')))
    names = set(re.findall(r'`(\w+)\(\)`', (SOURCE / 'ARCHITECTURE.md').read_text())) - LINUX
    for name in sorted(names):
        tap.ok(re.search(rf'\b{name}\(', code), f'ARCHITECTURE.md names {name}()')


def test_rooms():
    build = (SOURCE / 'meson.build').read_text()
    table = ast.literal_eval(re.search(r'^may_use = (\{.*?^\})', build, re.S | re.M)[1])
    text = (SOURCE / 'ARCHITECTURE.md').read_text()
    for room, uses in table.items():
        row = re.search(rf'^\| `{room}` \|.*\| ([\w, ]*)\|$', text, re.M)
        shown = set(re.findall(r'\w+', row[1])) if row else None
        tap.ok(shown == set(uses), f"ARCHITECTURE.md: what {room} may include", shown, uses)


def test_evidence():
    text = (SOURCE / 'docs' / 'profiles.md').read_text()
    scripts = {str(path.relative_to(SOURCE / 'scripts').with_suffix(''))
               for path in SOURCE.glob('scripts/**/*.mms') if path.parent.name != 'sweeps'}
    named = set(re.findall(r'(?:stories/)?[\w]+(?:-[\w]+)*', text)) & scripts
    for script in sorted(scripts):
        tap.ok(script in named, f'docs/profiles.md has {script}')


def write():
    got = demo()
    if got.returncode or got.stderr:
        sys.exit(f'the demo failed:\n{got.stdout[-2000:]}{got.stderr}')
    path = SOURCE / 'README.md'
    path.write_text(BLOCK.sub(lambda found: found[1] + got.stdout + found[3], path.read_text()))
    path = SOURCE / 'docs' / 'designs.md'
    path.write_text(TABLE.sub(lambda found: f'```\n{print_table(found[1]).stdout}```\n',
                              path.read_text()))


def main():
    if sys.argv[3:] == ['--write']:
        write()
        return 0
    test_demo()
    test_tables()
    for name in DOCUMENTS:
        test_files(name, (SOURCE / name).read_text())
    test_functions()
    test_rooms()
    test_evidence()
    return tap.done()


sys.exit(main())
