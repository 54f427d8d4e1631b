#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a manual page of section 3 for each function of the public headers.

The comment above a prototype is its contract; the page says that and nothing else, with the
structures and callbacks that the prototype names.

usage: tools/man3.py SCDOC OUTPUT_FOLDER HEADER...
"""
import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r'/\*\*\s(.*?)\*/\s*([^;{]*?\{.*?\}[^;]*;|[^;{]*;)', re.S)
NAME = re.compile(r'(?:struct |enum )?(\w+)(?:\(\))? - ')
ARGUMENT = re.compile(r'@([\w, @]+):\s*(.*)')


class Contract:
    """A comment in parts: what it is, its arguments or members, what it returns."""

    def __init__(self, header, comment, code):
        lines = [re.sub(r'^\s*\* ?', '', line) for line in comment.splitlines()]
        text = '\n'.join(lines).strip()
        head = NAME.match(text)
        self.header = header
        self.code = code.strip()
        self.name = head[1] if head else ''
        body, _, returned = text[head.end():].partition('Return:') if head else ('', '', '')
        returned, safe, _ = returned.partition('Callback safe.')
        self.safe = bool(safe) or 'Callback safe.' in body
        body = body.replace('Callback safe.', '').strip()
        self.returned = ' '.join(returned.split())
        self.text, self.arguments = self.split(body)

    @staticmethod
    def split(body):
        text, arguments = [], []
        for line in body.splitlines():
            found = ARGUMENT.match(line)
            if found:
                arguments.append((found[1].replace('@', ''), [found[2]]))
            elif arguments and line.startswith('\t'):
                arguments[-1][1].append(line.strip())
            else:
                text.append(line.strip())
        return (' '.join(' '.join(text).split()),
                [(names, ' '.join(' '.join(parts).split())) for names, parts in arguments])

    def summary(self):
        first = re.split(r'[.;:](?:\s|$)| \(', self.text)[0]
        return first if len(first) < 90 else first[:first.rindex(' ', 0, 90)]


def escape(text):
    text = re.sub(r'([\\*_<>#`~])', r'\\\1', re.sub(r'@(\w+)', r'\1', text))
    return '\\' + text if text.startswith(('-', '.', "'", ';', '|', '[', ']')) else text


def prose(text):
    """Names of arguments stand out."""
    parts = re.split(r'(@\w+)', text)
    return ''.join(f'_{part[1:]}_' if part.startswith('@') else escape(part) for part in parts)


def sentence(text):
    text = text[0].upper() + text[1:]
    return text if text.endswith('.') else text + '.'


def plain_code(code):
    """Without what only the compiler wants to know."""
    return re.sub(r'\bMS_API\s+', '', re.sub(r'/\*.*?\*/', '', code, flags=re.S)).strip()


def used_types(contract, types):
    """Structures and callbacks that a prototype names, those that they name included."""
    found, todo = [], [contract.code]
    while todo:
        for name in re.findall(r'\bms_\w+', todo.pop()):
            known = types.get(name)
            if known and known not in found and known is not contract:
                found.append(known)
                todo.append(known.code)
    return found


def listing(items):
    lines = []
    for names, text in items:
        bold = ', '.join(f'*{escape(name.strip())}*' for name in names.split(','))
        lines += [bold, '\t' + prose(text), '']
    return lines


def header_notes(text):
    """What the header says before its first declaration, for all of its functions."""
    comment = re.search(r'\*/\n/\*\s(.*?)\*/', text, re.S)[1]
    body = '\n'.join(re.sub(r'^\s*\* ?', '', line) for line in comment.splitlines())
    lines = []
    for part in re.split(r'\n\s*\n', body.strip()):
        words = [line for line in part.splitlines() if not line.startswith('\t')]
        lines += [prose(' '.join(words)), '']
        if len(words) < len(part.splitlines()):
            lines += ['```', *[line.strip('\n') for line in part.splitlines() if line.startswith('\t')],
                      '```', '']
    return lines


def page(contract, types, siblings, notes):
    used = used_types(contract, types)
    lines = [f'{contract.name}(3) "libmmuscope"', '', '# NAME', '',
             f'{contract.name} - {escape(contract.summary())}', '', '# SYNOPSIS', '', '```',
             f'#include <mmuscope/{contract.header}>', '', plain_code(contract.code)]
    for known in used:
        lines += ['', plain_code(known.code)]
    lines += ['```', '', '# DESCRIPTION', '', prose(sentence(contract.text)), '']
    lines += listing(contract.arguments)
    for known in used:
        lines += [f'## {known.name}', '', prose(sentence(known.text)), '']
        lines += listing(known.arguments)
    if contract.returned:
        lines += ['# RETURN VALUE', '', prose(sentence(contract.returned)), '']
    if contract.safe:
        lines += ['# CALLBACKS', '', 'This function may be called from a callback.', '']
    if contract.header != 'base.h':
        lines += ['# NOTES', '', *notes]
    others = ', '.join(f'*{name}*(3)' for name in siblings if name != contract.name)
    lines += ['# SEE ALSO', '', f'*libmmuscope*(3), {others}', '']
    return '\n'.join(lines)


def main():
    scdoc, folder = sys.argv[1], Path(sys.argv[2])
    functions, types, notes = {}, {}, {}
    for path in map(Path, sys.argv[3:]):
        notes[path.name] = header_notes(path.read_text())
        for comment, code in BLOCK.findall(path.read_text()):
            contract = Contract(path.name, comment, code)
            if code.lstrip().startswith('MS_API'):
                functions[contract.name] = contract
            elif contract.name:
                types[contract.name] = contract
    for name, contract in functions.items():
        siblings = [other for other, its in functions.items() if its.header == contract.header]
        text = page(contract, types, siblings, notes[contract.header])
        got = subprocess.run([scdoc], input=text, capture_output=True, text=True, check=False)
        if got.returncode:
            print(f'{name}: {got.stderr}\n{text}', file=sys.stderr)
            return 1
        (folder / f'{name}.3').write_text(got.stdout)
    return 0


if __name__ == '__main__':
    sys.exit(main())
