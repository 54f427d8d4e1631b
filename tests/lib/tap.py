# SPDX-License-Identifier: GPL-2.0-or-later
"""TAP output for the tests in Python, as tap.h is for those in C."""

_count = _failed = 0


def _printable(text):
    return ' '.join(str(text).split()).replace('#', '(hash)')


def ok(cond, name, *details):
    """One case; the details are printed when it fails. Returns cond."""
    global _count, _failed
    _count += 1
    _failed += not cond
    print(f"{'ok' if cond else 'not ok'} {_count} - {_printable(name)}", flush=True)
    for detail in details if not cond else ():
        note(detail)
    return cond


def skip(name, reason):
    """A case that could not be run, with the reason."""
    global _count
    _count += 1
    print(f'ok {_count} - {_printable(name)} # SKIP {_printable(reason)}', flush=True)


def note(text):
    """A remark that decides nothing."""
    for line in str(text).splitlines():
        print('#', line, flush=True)


def done():
    """The plan line; the exit status of the test program."""
    print(f'1..{_count}')
    return 1 if _failed else 0
