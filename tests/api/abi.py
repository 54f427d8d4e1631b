#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the library exports is what its list says, its headers declare and its manual explains.

usage: abi.py SOURCE_FOLDER LIBRARY.so LIBRARY.a [MAN_FOLDER]   (TAP on standard output)
"""
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tap  # noqa: E402

SOURCE = Path(sys.argv[1])
SHARED, STATIC = sys.argv[2:4]
MAN = Path(sys.argv[4]) if len(sys.argv) > 4 else None
HEADERS = sorted((SOURCE / 'include/mmuscope').glob('*.h'))
PROTOTYPE = re.compile(r'^MS_API\s([^;]*?\b(ms_\w+)\([^;]*\));', re.M)
# A library neither prints nor ends the program.
FORBIDDEN = set('printf fprintf puts fputs putchar putc fputc perror vprintf vfprintf fwrite exit '
                '_exit stdout stderr err errx warn warnx syslog __printf_chk __fprintf_chk '
                '__vfprintf_chk setlocale signal'.split())


def nm(*options):
    out = subprocess.run(['nm', *options], capture_output=True, text=True, check=True).stdout
    return [line.split() for line in out.splitlines() if line.strip() and not line.endswith(':')]


def listed():
    """symbol -> version, as the list in the repository has it."""
    text = (SOURCE / 'src/api/libmmuscope.map').read_text()
    symbols = {}
    for version, body in re.findall(r'^(\w+\.[\w.]+) \{\s*global:(.*?)(?:local:.*?)?\}', text,
                                    re.M | re.S):
        symbols.update({name: version for name in re.findall(r'(\w+);', body)})
    return symbols


def declared():
    """function -> (header, prototype on one line, the comment above)"""
    found = {}
    for header in HEADERS:
        text = header.read_text()
        for match in PROTOTYPE.finditer(text):
            comment = text[:match.start()].rstrip().rpartition('/**')[2]
            found[match[2]] = (header.name, ' '.join(match[1].split()), comment)
    return found


def squeeze(text):
    return re.sub(r'\s+', ' ', re.sub(r'\s*([*(),])\s*', r'\1', text)).strip()


def test_symbols(symbols, functions):
    exported = {}
    for word in nm('-D', '--defined-only', '--with-symbol-versions', SHARED):
        name, _, version = word[-1].partition('@')
        if word[-2] != 'A':
            exported[name] = version.lstrip('@')
    tap.ok(exported == symbols, 'the shared library exports src/api/libmmuscope.map',
           sorted(set(exported.items()) ^ set(symbols.items())))
    static = {word[-1] for word in nm('-g', '--defined-only', STATIC)}
    tap.ok(static == set(symbols), 'the static library shows the same names and no others',
           sorted(static ^ set(symbols)))
    tap.ok(set(functions) == set(symbols), 'the headers declare the same',
           sorted(set(functions) ^ set(symbols)))
    tap.ok(all(name.startswith('ms_') for name in symbols), 'all names begin with ms_')
    needed = {word[-1].partition('@')[0] for word in nm('-D', '--undefined-only', SHARED)}
    tap.ok(not needed & FORBIDDEN, 'the library cannot print or exit', sorted(needed & FORBIDDEN))


def test_headers(functions):
    for name, (header, _, comment) in sorted(functions.items()):
        tap.ok(re.search(rf'^ ?(\* )?{name}\(\) - ', comment, re.M) and '*/' in comment,
               f'{header} says what {name}() does', comment)
    for header in HEADERS:
        includes = re.findall(r'^#\s*include\s+(\S+)', header.read_text(), re.M)
        strange = [name for name in includes
                   if not re.fullmatch(r'<(mmuscope/\w+|stddef|stdint)\.h>', name)]
        tap.ok(not strange, f'{header.name} includes nothing of the inside', strange)


def test_manual(functions):
    """The pages are made from the headers by tools/man3.py: is everything there?"""
    if not MAN:
        tap.skip('the manual', 'there is no scdoc')
        return
    for name, (_, prototype, _) in sorted(functions.items()):
        page = (MAN / f'{name}.3').read_text().replace('\\&', '').replace('\\-', '-')
        tap.ok(squeeze(prototype) in squeeze(page), f'{name}(3) has the prototype', page)
    overview = (SOURCE / 'man/libmmuscope.3.scd').read_text()
    named = set(re.findall(r'\*(ms_\w+)\*\(3\)', overview))
    tap.ok(named and named <= set(functions), 'libmmuscope(3) names functions that exist',
           named - set(functions))


def main():
    functions = declared()
    test_symbols(listed(), functions)
    test_headers(functions)
    test_manual(functions)
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
