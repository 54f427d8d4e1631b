#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of mmuscope report: its structure, what is in it, hostile names.

usage: report.py MMUSCOPE SOURCE_FOLDER    (TAP on standard output)
"""
import base64
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from html.parser import HTMLParser

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import tap  # noqa: E402

BINARY = os.path.abspath(sys.argv[1])
SOURCE = os.path.abspath(sys.argv[2])
VOID = {'meta', 'link', 'input'}
# HTML lets these be ended by what follows.
OPTIONAL = {'td', 'th', 'tr', 'thead', 'tbody'}
ELEMENTS = set('html head meta link title style body header h1 main nav ol ul li a section h2 h3 p div '
               'table thead tbody tr th td label input code figure figcaption span svg path rect g text '
               'title b i details summary pre footer dl dt dd script'.split())


class Page(HTMLParser):
    """What a browser would build, as far as it matters here."""

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong, self.elements = [], [], []
        self.ids, self.headings, self.policy, self.script = [], [], '', ''
        self.text = ''
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.elements.append((tag, attrs))
        if tag not in ELEMENTS:
            self.wrong.append(f'element {tag}')
        self.wrong += [f'{tag} {name}' for name in attrs if name.startswith('on')]
        if 'id' in attrs:
            self.ids.append(attrs['id'])
        if attrs.get('http-equiv') == 'Content-Security-Policy':
            self.policy = attrs['content']
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        while self.open and self.open[-1] != tag and self.open[-1] in OPTIONAL:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f'/{tag} at {self.getpos()}')

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] == 'script':
            self.script += data
        if self.open and self.open[-1] in ('h1', 'h2', 'h3'):
            self.headings.append(data)


def run(*args, cwd=None, **more):
    return subprocess.run([BINARY, *args], capture_output=True, cwd=cwd or work, timeout=300, **more)


def page_of(*args, cwd=None):
    got = run('report', *args, cwd=cwd)
    tap.ok(got.returncode == 0 and b'error' not in got.stderr, f"report {' '.join(args)[:100]}", got.returncode,
           got.stderr.decode(errors='replace'))
    return got.stdout.decode()


def check(text, name):
    """What holds for every page."""
    page = Page(text)
    tap.ok(not page.wrong and set(page.open) <= {'html', 'body'}, f'{name}: well formed', page.wrong,
           page.open)
    tap.ok(len(page.ids) == len(set(page.ids)), f'{name}: identifiers are unique')
    digest = base64.b64encode(hashlib.sha256(page.script.encode()).digest()).decode()
    tap.ok(f"script-src 'sha256-{digest}'" in page.policy and "default-src 'none'" in page.policy,
           f'{name}: the policy allows this script and nothing else', page.policy, digest)
    links = [attrs for _, attrs in page.elements if 'href' in attrs or 'src' in attrs]
    tap.ok(all(re.match(r'#s\d+$|data:,$', attrs.get('href', attrs.get('src'))) for attrs in links),
           f'{name}: no link leaves the page', links)
    tap.ok(not re.search(r'url\(|@import|https?:', text), f'{name}: nothing is loaded')
    for_, inputs = re.findall(r':has\(#(\w+):checked\) #(\w+)', text), page.ids
    tap.ok(all(one in inputs and two in inputs for one, two in for_),
           f'{name}: every choice has its figure')
    return page


HEADINGS = ['Operations and the address space', 'Timeline', 'Placements and designs', 'Growth',
            'Commands', 'How to read it']


def test_content():
    script = 'scripts/one-touched-page-512g.mms'
    text = page_of('--stall-limit', '1ms', script, cwd=SOURCE)
    page = check(text, 'one script')
    tap.ok(page.headings == ['mmuscope report', script] + HEADINGS, 'the sections', page.headings)
    tap.ok('No soft lockup predicted; the longest stall is 165 ms, by line 9 (mprotect ram 512G r).'
           in page.text, 'the verdict in words')
    tap.ok('Of the kernels, linux-6.1 (646 us) stalls least and linux-3.14 (331 ms) most: 512 times '
           'as long.' in page.text, 'the kernels against each other')
    tap.ok('verdict bad' in text and 'OVER 1.00 ms' in page.text, "the user's own limit")
    tap.ok(text == page_of('--stall-limit', '1ms', script, cwd=SOURCE), 'the same bytes again')
    rows = json.loads(run('compare', '--json', '-p', 'linux-6.1', script, cwd=SOURCE).stdout)['rows']
    scanned = f"{rows[0]['counters']['rmap_scanned']:,}"
    row = re.search(r'<tr><th scope="row">linux-6\.1<.*', text)[0]
    tap.ok(f'<td>{scanned}<' in row, 'the table has the numbers of compare', row, scanned)
    commands = [line for line in page.text.splitlines() if re.match('mmuscope [a-z]+ .', line)]
    tap.ok(len(commands) == 3, 'commands', commands)
    for command in commands:
        got = subprocess.run(['bash', '-c', command.replace('mmuscope', f"'{BINARY}'", 1)], cwd=SOURCE,
                             capture_output=True)
        tap.ok(got.returncode == 0, f'command: {command}', got.stderr.decode())


def growth(text):
    found = re.search(r'<summary>The numbers</summary>(.*?)</table>', text, re.S)
    rows = re.findall(r'<tr><th scope="row">(.*?)<td>(.*?)<td>(.*?)<td>(.*?)<td>(.*?)\n',
                      found[1] if found else '')
    return [[re.sub('<.*?>', '', cell) for cell in row] for row in rows]


def test_growth():
    """Every point is a run: the script with that size, executed."""
    with open(os.path.join(SOURCE, 'scripts/one-touched-page-512g.mms')) as file:
        script = file.read()
    rows = growth(page_of('scripts/one-touched-page-512g.mms', cwd=SOURCE))
    tap.ok(len({row[1] for row in rows}) >= 6, 'at least six sizes', rows)
    names = {row[0] for row in rows}
    tap.ok(any('linux-3.14' in name for name in names) and any('+ tight' in name for name in names),
           'kernels and designs', names)
    for name, size, _, scanned, _ in rows:
        profile = name.split(';')[0]
        if profile.startswith('+'):
            continue
        resized = ''.join(line for line in script.splitlines(True) if not line.startswith('>'))
        got = run('compare', '--json', '-p', profile, '-', input=resized.replace('512G', size).encode())
        want = json.loads(got.stdout)['rows'][0]['counters']['rmap_scanned']
        tap.ok(scanned == f'{want:,}', f'{profile} at {size}: {scanned} heads', want)
    text = page_of('--no-growth', 'scripts/one-touched-page-512g.mms', cwd=SOURCE)
    tap.ok(not growth(text) and 'Not asked for.' in text, '--no-growth')
    text = page_of('scripts/brk.mms', cwd=SOURCE)
    tap.ok(not growth(text), 'nothing that could grow', growth(text))
    with open(os.path.join(work, 'two.mms'), 'w') as file:
        file.write('map a 0x100000000000 8G rw anon private\nmap b 0x100200000000 8G rw anon private\n'
                   'touch a 4K w\nmprotect a 8G r\n')
    sizes = [row[1] for row in growth(page_of('two.mms'))]
    tap.ok(sizes and max(sizes, key=lambda s: int(s[:-1]) * (1024 if s[-1] == 'G' else 1)) == '8G',
           'a size at which maps would run into each other has no point', sizes)


def test_many():
    folder = os.path.join(SOURCE, 'scripts')
    scripts = sorted(os.path.join('scripts', name) for name in os.listdir(folder)
                     if name.endswith('.mms'))
    text = page_of('--no-growth', *scripts, cwd=SOURCE)
    page = check(text, 'all scripts')
    tap.ok(len([tag for tag, attrs in page.elements if tag == 'section']) == len(scripts),
           'a section for each')
    check(page_of('-m', 'tdp,shadow,direct,nested', '-d', 'tight', 'scripts/guest-refaults.mms', cwd=SOURCE),
          'all MMUs')


EVIL = ['quote"\'`.mms', 'line\nbreak.mms', '</script><script>alert(1)</script>.mms'.replace('/', '\u2215'),
        '<img src=x onerror=alert(1)>.mms', '&lt;&amp;.mms', '\u202egnp.mms', '$(touch pwned);`touch pwned`.mms',
        '-->\x1b[31m.mms', b'\xff\xfe\x80.mms'.decode(errors='surrogateescape')]


def test_hostile():
    body = ('# </script><script>alert(3)</script> "\' & \u202e\n'
            'map ram 0x100000000000 2M rw anon private # <b onclick=x>\ntouch ram 4K w\n'
            'mprotect   ram 4K r # <!--\n> PROTECTION_VMA ram ram+8K\n')
    for name in EVIL:
        with open(os.path.join(work, name), 'w') as file:
            file.write(body)
    long = os.path.join(*['d' * 250] * 15)
    os.makedirs(os.path.join(work, long))
    long = os.path.join(long, 'x' * 200 + '.mms')
    with open(os.path.join(work, long), 'w') as file:
        file.write(body)
    text = page_of('-o', '-', *[name if name[0] != '-' else './' + name for name in EVIL], long)
    page = check(text, 'hostile names')
    tap.ok(text.count('<script') == 1 and len(page.ids) > 10, 'no script of theirs')
    tap.ok(all(name.replace('\u202e', '\ufffd').replace('\x1b', '\ufffd') in page.text
               for name in EVIL[:-1]), 'they can be read')
    tap.ok('x' * 200 in page.text, 'one of 4 KB, too')
    tap.ok('expected' in page.text and 'verdict bad' in text, 'what failed is shown')
    commands = [line for line in page.text.split('\n\n') if '$(touch' in line]
    command = next(line for line in page.text.splitlines() if line.startswith('mmuscope run') and '$(' in line)
    subprocess.run(['bash', '-c', command.replace('mmuscope', f"'{BINARY}'", 1)], cwd=work, capture_output=True)
    tap.ok(commands and not os.path.exists(os.path.join(work, 'pwned')), 'commands are quoted', command)


def test_store():
    """What a sweep stored: every number of the page is in the store."""
    script = os.path.join(SOURCE, 'scripts/sweeps/touched-pages.mms')
    tap.ok(run('sweep', '--store', 'a"\'<b>.db', script).returncode == 0, 'a sweep into a store')
    run('compare', '--store', 'a"\'<b>.db', os.path.join(SOURCE, 'scripts/guest-refaults.mms'))
    text = page_of('--store', 'a"\'<b>.db')
    page = check(text, 'a store')
    with sqlite3.connect(os.path.join(work, 'a"\'<b>.db')) as db:
        want = sorted(f'{one[0]:,}' for one in db.execute(
            "SELECT value FROM counter WHERE name = 'rmap_scanned'"))
        param = {row[0] for row in db.execute("SELECT DISTINCT value FROM param WHERE name = 'pages'")}
        runs = db.execute('SELECT count(*) FROM run').fetchone()[0]
    rows = re.findall(r'<tr(?: class="shown")?><th scope="row">.*?(?=<td class="bar">)', text)
    scanned = sorted(re.findall('<td>(.*?)(?=<td|$)', row)[4] for row in rows)
    tap.ok(len(rows) == runs and scanned == want, 'every run, with its heads', rows, want)
    tap.ok({row[1] for row in growth(text)} >= {f'{int(value):,}' for value in param if value.isdigit()},
           'growth by the parameter', growth(text), param)
    tap.ok('mprotect' in page.text and text.count('class="shown"') == 2, 'operations of one run of each')
    for args, status, what in ((['--store', 'missing.db'], 3, b'missing.db'),
                               (['--store', script], 3, b'touched-pages'),
                               (['--store', 'x.db', script], 2, b'not both')):
        got = run('report', *args)
        tap.ok(got.returncode == status and what in got.stderr, f"report {' '.join(args)}: {status}",
               got.returncode, got.stderr)


def test_output():
    script = os.path.join(SOURCE, 'scripts/one-touched-page.mms')
    tap.ok(run('report', '-o', 'out.html', script).returncode == 0 and
           os.path.getsize(os.path.join(work, 'out.html')) > 10000, 'into a file')
    tap.ok([name for name in os.listdir(work) if 'out.html' in name] == ['out.html'], 'and nothing beside it')
    for args, status, what in ((['-o', 'x/y', script], 3, b'x/y: the report could not be written'),
                               (['-o', '/dev/full', script], 3, b'No space left'),
                               (['missing.mms'], 3, b'missing.mms'), ([], 2, b'which script'),
                               (['--grow', '1X', script], 2, b'--grow wants a size')):
        got = run('report', *args)
        tap.ok(got.returncode == status and what in got.stderr, f"report {' '.join(args)}: {status}",
               got.returncode, got.stderr)
    with open(os.path.join(work, 'kept.html'), 'w') as file:
        file.write('before')
    run('report', '-o', 'kept.html', script, 'missing.mms')
    with open(os.path.join(work, 'kept.html')) as file:
        tap.ok(file.read() == 'before', 'a page that fails leaves the one before')


def main():
    global work
    work = tempfile.mkdtemp(prefix='mmuscope-report-')
    try:
        test_content()
        test_growth()
        test_many()
        test_hostile()
        test_store()
        test_output()
    finally:
        shutil.rmtree(work)
    return tap.done()


sys.exit(main())
