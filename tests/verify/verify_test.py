# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of mmuscope verify share: TAP, calls of the binary, changed streams."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import tap  # noqa: E402
from tap import ok, skip  # noqa: E402, F401


def done():
    sys.exit(tap.done())


def call(binary, *args, env=None, timeout=120, **more):
    return subprocess.run([binary, 'verify', *args], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, errors='replace', timeout=timeout,
                          env=dict(os.environ, **env) if env else None, **more)


def event(words):
    """The fields of a '+' or '-' line of a stream: sign, pid, event, start, end, name."""
    return [words[0], words[1], int(words[2]), int(words[3], 16), int(words[4], 16), words[5]]


def line_of(fields):
    sign, pid, number, start, end, name = fields
    return f'{sign} {pid} {number} {start:x} {end:x} {name}'


def pairs(lines):
    """The notifications of a stream: the indices of each start with its end."""
    open_starts, found = [], []
    for i, line in enumerate(lines):
        if line[:2] == '+ ':
            open_starts.append(i)
        elif line[:2] == '- ':
            for start in reversed(open_starts):
                if lines[start][1:] == line[1:]:
                    open_starts.remove(start)
                    found.append((start, i))
                    break
    return found


def change_pair(lines, pair, change):
    """Both halves of a notification with other fields."""
    lines = list(lines)
    for i in pair:
        fields = event(lines[i].split())
        change(fields)
        lines[i] = line_of(fields)
    return lines


def round_start(fields):
    """A start that was rounded to 4 KiB where the kernel rounds to a larger page."""
    fields[3] += 4096


def short_end(fields):
    fields[4] -= 4096


def mutations(lines):
    """What a wrong profile would do: (name, changed lines), for each notification it concerns."""
    for pair in pairs(lines):
        fields = event(lines[pair[0]].split())
        where = f'{fields[5]} [{fields[3]:x}, {fields[4]:x})'
        if fields[4] - fields[3] > 4096:
            yield f'start rounded to 4 KiB: {where}', change_pair(lines, pair, round_start)
            yield f'end short by a page: {where}', change_pair(lines, pair, short_end)
        if fields[2] == 1 and fields[3] % (2 << 20) == 0 and fields[4] - fields[3] == 2 << 20:
            yield f'no split notification: {where}', [
                line for i, line in enumerate(lines) if i not in pair]
