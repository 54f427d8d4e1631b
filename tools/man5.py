#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the manual page mmuscope-script(5) from docs/script.md, which is the reference.

usage: tools/man5.py SCDOC DOCUMENT   (the page on standard output)
"""
import re
import subprocess
import sys
from pathlib import Path

from man3 import escape

HEAD = '''mmuscope-script(5) "mmuscope"

# NAME

mmuscope-script - the language of mmuscope's scripts

# DESCRIPTION
'''
TAIL = '''
# SEE ALSO

*mmuscope*(1), *mmuscope-run*(1), *mmuscope-verify*(1), *mmuscope-import*(1)
'''


def inline(text):
    """Code stands out, links become their text."""
    text = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', text)
    parts = re.split(r'(`[^`]*`)', text)
    return ''.join(f'*{escape(part[1:-1])}*' if part.startswith('`') else
                   escape(part.replace('**', '')) if part else '' for part in parts)


def cells(line):
    return [cell.strip().replace('\\|', '|') for cell in re.split(r'(?<!\\)\|', line.strip())[1:-1]]


def table(rows):
    """A list of terms; the third column is given as examples."""
    lines = []
    for row in rows[2:]:
        term, text, *rest = cells(row)
        lines += [inline(term) or '-', '\t' + inline(text) + ''.join(f': {inline(r)}' for r in rest), '']
    return lines


def convert(lines):
    out, at = [], 0
    while at < len(lines):
        line = lines[at]
        if line.startswith('```'):
            end = lines.index('```', at + 1)
            out += ['```', *lines[at + 1:end], '```']
            at = end
        elif line.startswith('|'):
            end = at
            while end < len(lines) and lines[end].startswith('|'):
                end += 1
            out += table(lines[at:end])
            at = end - 1
        elif line.startswith('#'):
            marks, _, text = line.partition(' ')
            out += ['', f'{marks[1:]} {text.upper() if len(marks) == 2 else escape(text)}', '']
        elif line.startswith('- '):
            out.append('- ' + inline(line[2:]))
        elif not line.startswith(('<!--', 'Contents:')):
            out.append(inline(line))
            if lines[at - 1].startswith('### '):
                out.append('')
        at += 1
    return '\n'.join(out)


def main():
    scdoc, document = sys.argv[1], Path(sys.argv[2])
    lines = document.read_text().splitlines()
    title = next(i for i, line in enumerate(lines) if line.startswith('# '))
    text = HEAD + convert(lines[title + 1:]) + TAIL
    text = re.sub(r'\n{3,}', '\n\n', text)
    got = subprocess.run([scdoc], input=text, capture_output=True, text=True, check=False)
    sys.stdout.write(got.stdout)
    if got.returncode:
        print(got.stderr, text, file=sys.stderr)
    return got.returncode


if __name__ == '__main__':
    sys.exit(main())
