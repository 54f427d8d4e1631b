#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What holds for every file of the tree: a licence, lengths that a reader can take in, contracts.

usage: tree.py SOURCE_FOLDER   (TAP on standard output)
"""
import fnmatch
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tap  # noqa: E402

SOURCE = Path(sys.argv[1]).resolve()
LICENCE = 'GPL-2.0-or-later'
FUNCTION_LINES_MAX = 70
FILE_LINES_WARN = 600
FILE_LINES_MAX = 1500


def tracked_files():
    """What git tracks, None when this is no git tree or there is no git."""
    try:
        got = subprocess.run(['git', '-c', 'safe.directory=*', 'ls-files', '-z'], cwd=SOURCE,
                             capture_output=True, check=False)
    except OSError:
        return None
    if got.returncode:
        return None
    names = (Path(name.decode()) for name in got.stdout.split(b'\0') if name)
    return [name for name in names if (SOURCE / name).is_file()]


def covered_elsewhere():
    """Patterns of the files whose licence is in .reuse/dep5, as data cannot hold a comment.

    The paragraph of "*" says whose everything is; it excuses no file from saying its licence.
    """
    text = (SOURCE / '.reuse' / 'dep5').read_text()
    text = re.sub(r'^Files: \*\n', '', text, flags=re.M)
    return re.findall(r'\S+', ' '.join(re.findall(r'^Files:((?:.*\n(?: .*\n)*))', text, re.M)))


def test_licences(files):
    line = re.compile(rb'SPDX-License-' rb'Identifier: ' + LICENCE.encode() + rb'\b')
    patterns = covered_elsewhere()
    used = set()
    for name in files:
        by = [p for p in patterns if fnmatch.fnmatch(str(name), p)]
        used.update(by)
        if by or name.parts[0] == 'LICENSES' or name == Path('.reuse/dep5'):
            continue
        head = (SOURCE / name).read_bytes()[:1000]
        tap.ok(line.search(head), f'{name} says its licence')
    tap.ok(set(patterns) == used, '.reuse/dep5 covers only files that exist',
           sorted(set(patterns) - used))
    text = (SOURCE / 'LICENSES' / f'{LICENCE}.txt').read_text()
    tap.ok('GNU GENERAL PUBLIC LICENSE' in text, "the licence's text is here")


def test_reuse():
    """The REUSE specification's own checker."""
    if not shutil.which('reuse'):
        tap.skip('reuse lint', 'there is no reuse')
        return
    got = subprocess.run(['reuse', 'lint'], cwd=SOURCE, capture_output=True, text=True, check=False)
    tap.ok(got.returncode == 0, 'reuse lint', got.stdout, got.stderr)


def functions(lines):
    """(name, lines of the body with its braces) of each function: K&R, braces in column 0."""
    start = None
    for number, line in enumerate(lines):
        if line.rstrip() == '{':
            start = number
        elif line.startswith('}') and start is not None:
            head = start - 1
            while head > 0 and not re.match(r'\w.*\(', lines[head]):
                head -= 1
            name = re.search(r'(\w+)\s*\((?!\()', re.sub(r'__\w+__\s*\(\(.*?\)\)', '', lines[head]))
            yield name[1] if name else f'line {head + 1}', number - start + 1
            start = None


def long_functions_allowed():
    """path:function -> reason, from the list beside this file."""
    allowed = {}
    for line in (Path(__file__).parent / 'long-functions.txt').read_text().splitlines():
        if line and not line.startswith('#'):
            where, _, reason = line.partition(' ')
            allowed[where] = reason.strip()
    return allowed


def test_lengths(files):
    allowed = long_functions_allowed()
    for name in (name for name in files if name.suffix in ('.c', '.h')):
        lines = (SOURCE / name).read_text().splitlines()
        tap.ok(len(lines) <= FILE_LINES_MAX, f'{name}: at most {FILE_LINES_MAX} lines', len(lines))
        if len(lines) > FILE_LINES_WARN:
            tap.note(f'warning: {name} has {len(lines)} lines: is it still one idea?')
        long = [f'{name}:{function} {length}' for function, length in functions(lines)
                if length > FUNCTION_LINES_MAX and not allowed.pop(f'{name}:{function}', None)]
        tap.ok(not long, f'{name}: functions of at most {FUNCTION_LINES_MAX} lines', *long)
    tap.ok(not allowed, 'long-functions.txt names only long functions', *allowed)


def undocumented(lines):
    """Prototypes and inline functions with no comment in front of them or of their group."""
    for before, line in zip([''] + lines, lines):
        if re.match(r'(static inline |__attribute__|[a-z])[\w *(),]*\(', line) and \
                not line.startswith(('typedef', 'static_assert')) and (not before.strip() or before.startswith('#')):
            yield line


def test_contracts(files):
    """A public header is the contract of its room."""
    headers = [name for name in files if name.suffix == '.h' and 'include' in name.parts[:-1]]
    tap.ok(len(headers) > 40, f'{len(headers)} public headers')
    for name in headers:
        bare = list(undocumented((SOURCE / name).read_text().splitlines()))
        tap.ok(not bare, f'{name}: every function has its contract', *bare)


def main():
    files = tracked_files()
    if files is None:
        tap.skip('licences and lengths', 'git does not know this folder')
        return tap.done()
    test_licences(files)
    test_reuse()
    test_lengths(files)
    test_contracts(files)
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
