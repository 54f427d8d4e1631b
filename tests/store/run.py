#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Result stores, sweeps, merge and diff as a user meets them, and as bad luck does.

usage: run.py MMUSCOPE SOURCE_FOLDER    (TAP on standard output)
"""
import hashlib
import json
import os
import pty
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tap  # noqa: E402

BINARY = os.path.abspath(sys.argv[1])
SOURCE = Path(sys.argv[2]).resolve()
SWEEP = str(SOURCE / 'scripts/sweeps/touched-pages.mms')
HEAD = str(SOURCE / 'scripts/head-of-512g.mms')
work = tempfile.mkdtemp(prefix='mmuscope-store-')

SCRIPT = """\
param n 1,2,3,4
param profile linux-6.1,linux-6.12
map ram 0x100000000000 1G rw anon private nohuge
vm vm0 shadow
memslot vm0 0 gpa=4G ram 1G
guest vm0 w 4G ${n*64M}
mprotect ram 1G r
"""


def run(*args, stdin='', env=None, **more):
    return subprocess.run([BINARY, *map(str, args)], input=stdin, capture_output=True, text=True,
                          cwd=work, timeout=300, errors='replace', check=False,
                          env=dict(os.environ, **(env or {})), **more)


def expect(status, *args, err=None, out=None, name=None, **more):
    got = run(*args, **more)
    good = got.returncode == status
    good = good and (err is None or re.search(err, got.stderr) is not None)
    good = good and (out is None or re.search(out, got.stdout) is not None)
    tap.ok(good, name or f"{' '.join(map(str, args))}: {status}", f'status {got.returncode}',
           got.stderr, got.stdout[:2000])
    return got


def ask(store, sql, *values):
    db = sqlite3.connect(os.path.join(work, store))
    db.text_factory = bytes
    try:
        return db.execute(sql, values).fetchall()
    finally:
        db.close()


def count(store, table='run'):
    return ask(store, f'SELECT count(*) FROM {table}')[0][0]


def damage(store):
    """What is wrong with a store; empty when nothing is."""
    counters = len(json.loads(run('list', '--json', 'counters').stdout))
    return (ask(store, 'SELECT * FROM pragma_integrity_check WHERE integrity_check <> \'ok\'') +
            ask(store, 'PRAGMA foreign_key_check') +
            ask(store, 'SELECT id FROM run r WHERE (SELECT count(*) FROM op WHERE run = r.nr) <> '
                       'executed OR (SELECT count(*) FROM counter WHERE run = r.nr) <> ? OR '
                       '(SELECT count(*) FROM notification WHERE run = r.nr) <> (SELECT value FROM '
                       "counter WHERE run = r.nr AND name = 'notifications')", counters))


def write(name, text):
    path = os.path.join(os.fsencode(work), os.fsencode(name))
    with open(path, 'wb') as file:
        file.write(text.encode() if isinstance(text, str) else text)
    return name


def test_run():
    expect(0, 'run', '--store', 'a.db', HEAD, err=r'a\.db: 1 run added$')
    expect(0, 'run', '--store', 'a.db', HEAD, err='0 runs added, 1 there already')
    expect(0, 'compare', '--store', 'a.db', HEAD, err='3 runs added, 1 there already')
    tap.ok(not damage('a.db'), 'the store is whole', damage('a.db'))
    got = run('run', '--json', '--store', 'b.db', HEAD)
    doc = json.loads(got.stdout)['scripts'][0]
    counters = dict(ask('b.db', 'SELECT name, value FROM counter'))
    tap.ok({name.encode(): value for name, value in doc['counters'].items()} == counters,
           'the counters are those of --json', counters)
    ops = ask('b.db', 'SELECT nr, line, text, result, counters, blocked_ns FROM op ORDER BY nr')
    tap.ok([(op['index'], op['line'], op['text'].encode(), op['result'].encode(), op['counters'],
             op['stall_ns']) for op in doc['ops']] ==
           [(nr, line, text, result, json.loads(values), ns)
            for nr, line, text, result, values, ns in ops], 'so are the operations', ops)
    digest = ask('b.db', 'SELECT digest, text FROM script')[0]
    text = Path(HEAD).read_bytes()
    tap.ok(digest == (hashlib.sha256(text).hexdigest().encode(), text),
           "the script is there, under its sha256sum")
    expect(1, 'run', '-q', '--store', 'wrong.db', write('wrong.mms', Path(HEAD).read_text() +
                                                        '> CLEAR 0x1000 0x2000\n'))
    tap.ok(b'CLEAR' in ask('wrong.db', 'SELECT failures FROM run WHERE failed = 1')[0][0],
           'a run with a failed expectation is kept with what failed')


def test_schema():
    text = (SOURCE / 'docs/store.md').read_text()
    named = set(re.findall(r'`(\w+)`', text))
    for kind, table in ask('a.db', "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view')"):
        table = table.decode()
        columns = [row[1].decode() for row in ask('a.db', f'PRAGMA table_info({table})')]
        missing = [name for name in columns if name not in named] if kind == b'table' else []
        tap.ok(f'**{table}**' in text and not missing, f'docs/store.md explains {table}', missing)
    queries = re.search(r'```\n(-- .*?)```', text, re.S)[1].split(';')
    for query in filter(str.strip, queries):
        ask('a.db', query)
    tap.ok(len(queries) > 2, 'its queries are right')
    tap.ok(ask('a.db', 'PRAGMA user_version')[0][0] == 2 and
           ask('a.db', 'PRAGMA application_id')[0][0] == 0x6d6d7573, 'and its version')


def test_param():
    write('p.mms', SCRIPT)
    expect(3, 'run', 'p.mms', err=r"p\.mms:1:7: error: the parameter 'n' has 4 values.*--param n=")
    expect(3, 'run', '--param', 'n=2', 'p.mms', err="'profile' has several values.*--param profile")
    expect(0, 'run', '--param', 'n=2', '--param', 'profile=linux-6.1', 'p.mms', out='linux-6.1, 5 op')
    expect(0, 'run', '-P', 'n=2', '--profile', 'linux-7.2', 'p.mms', out='linux-7.2, 5 operations')
    expect(3, 'run', '-P', 'm=2', 'p.mms', err="no parameter 'm'")
    expect(3, 'run', '-P', 'n=2', '-P', 'profile=linux-6.13', 'p.mms', err="did you mean 'linux-6.1")
    expect(2, 'run', '-P', 'n', 'p.mms', err='NAME=VALUE')
    expect(3, 'run', '-P', 'n=0', '-P', 'profile=linux-6.1', 'p.mms',
           err=r"p\.mms:6:\d+: error: (.|\n)*written as 'guest vm0 w 4G \$\{n\*64M\}' with n='0'")
    expect(0, 'compare', '-P', 'n=1', 'p.mms', out='linux-7.2')


def test_sweep():
    got = expect(0, 'sweep', '--store', 's.db', 'p.mms', err='8 runs added')
    rows = [line.split()[:2] for line in got.stdout.splitlines() if ' ok' in line]
    tap.ok(rows == [[n, p] for n in '1234' for p in ('linux-6.1', 'linux-6.12')],
           'all combinations, the last parameter fastest', rows)
    for jobs in (1, 3, 7):
        same = run('sweep', '--jobs', jobs, 'p.mms').stdout == got.stdout
        tap.ok(same, f'{jobs} at a time: the same output')
    expect(0, 'sweep', '--store', 's.db', 'p.mms', err='0 runs added, 8 there already')
    doc = json.loads(run('sweep', '--json', 'p.mms').stdout)
    tap.ok([row['params'] for row in doc['runs']] ==
           [{'n': n, 'profile': p} for n in '1234' for p in ('linux-6.1', 'linux-6.12')] and
           all(row['result'] == 'ok' for row in doc['runs']), 'the same as JSON', doc)
    stored = ask('s.db', "SELECT value FROM param WHERE name = 'n'")
    tap.ok(sorted(stored) == sorted([(n,) for n in (b'1', b'2', b'3', b'4')] * 2),
           'parameters are stored', stored)
    expect(0, 'sweep', '--param', 'n=9', 'p.mms', out='2 of 2 runs, n=9')
    expect(2, 'sweep', '--profile', 'linux-6.1', 'p.mms', err='--param profile=VALUE')
    expect(2, 'sweep', '--param', 'n=1,,2', 'p.mms', err='values with commas')
    expect(3, 'sweep', '--param', 'm=1', 'p.mms', err="no parameter 'm'")
    expect(3, 'sweep', '--param', 'n=1,0', '--store', 'never.db', 'p.mms', err='error: ')
    tap.ok(not os.path.exists(os.path.join(work, 'never.db')), 'a broken one runs nothing at all')
    write('none.mms', SCRIPT.split('\n', 2)[2].replace('${n*64M}', '64M'))
    expect(0, 'sweep', 'none.mms', out='1 of 1 runs')
    write('fails.mms', SCRIPT + '> linux-6.1 none\n')
    expect(1, 'sweep', 'fails.mms', out='FAILED')


def test_shards():
    for bad in ('0/2', '3/2', '1', 'a/b', '1/0', '-1/2', '1/2/3'):
        expect(2, 'sweep', '--shard', bad, 'p.mms', err='--shard wants K/N')
    for shard in (1, 2, 3):
        expect(0, 'sweep', '--shard', f'{shard}/3', '--store', 'sh.db', 'p.mms',
               err=fr'shard {shard} of 3: \d of 8 runs(.|\n)*sh\.{shard}-of-3\.db')
    parts = [f'sh.{shard}-of-3.db' for shard in (1, 2, 3)]
    tap.ok(sum(map(count, parts)) == 8, 'every run is in one shard')
    expect(0, 'merge', 'merged.db', *parts, out='sh.3-of-3.db +2 +0')
    expect(0, 'merge', 'merged.db', *parts, 's.db', out='s.db +0 +8')
    expect(0, 'diff', 'merged.db', 's.db', out='8 runs in both, 0 of them differ; 0 only in A, 0')
    tap.ok(count('merged.db') == 8 and not damage('merged.db'), 'merged shards are whole')
    expect(0, 'sweep', '--shard', '9/20', 'p.mms', err='shard 9 of 20: 0 of 8')
    slurm = {'SLURM_ARRAY_TASK_ID': '14', 'SLURM_ARRAY_TASK_MIN': '10', 'SLURM_ARRAY_TASK_COUNT': '4',
             'SLURM_ARRAY_TASK_STEP': '2', 'SLURM_ARRAY_TASK_MAX': '16'}
    expect(0, 'sweep', 'p.mms', env=slurm, err='shard 3 of 4, from the Slurm array')
    expect(0, 'sweep', '--shard', '1/1', 'p.mms', env=slurm, out='8 of 8 runs')
    expect(2, 'sweep', 'p.mms', env=dict(slurm, SLURM_ARRAY_TASK_ID='15'), err='--shard K/N')
    expect(2, 'sweep', 'p.mms', env={'SLURM_ARRAY_TASK_ID': '15'}, err='--shard K/N')


def shell(name, command, *prefix):
    """A command of the documents; shards of p.mms into NAME.*.db, merged into NAME.db."""
    tools = os.path.join(work, 'bin')
    os.makedirs(tools, exist_ok=True)
    if not os.path.exists(os.path.join(tools, 'mmuscope')):
        os.symlink(BINARY, os.path.join(tools, 'mmuscope'))
    env = dict(os.environ, PATH=tools + ':' + os.environ['PATH'])
    got = subprocess.run([*prefix, 'bash', '-ec', command], cwd=work, env=env, capture_output=True,
                         text=True, timeout=300, check=False)
    if got.returncode == 77:
        tap.skip(name, got.stdout)
        return
    tap.ok(got.returncode == 0 and count(f'{name}.db') == 8 and not damage(f'{name}.db'),
           f'a sweep with {name}, merged', got.stdout, got.stderr)


def test_sites():
    if shutil.which('parallel'):
        shell('parallel', 'parallel --will-cite mmuscope sweep --jobs 1 --shard {}/4 --store '
              'parallel.db p.mms ::: 1 2 3 4 && mmuscope merge parallel.db parallel.*-of-4.db')
    else:
        tap.skip('parallel', 'GNU parallel is missing: apt-get install parallel')
    shell('slurm', "sbatch --wait --array=1-4 --wrap 'mmuscope sweep --store slurm.db p.mms' && "
          'mmuscope merge slurm.db slurm.*-of-4.db', str(SOURCE / 'tests/store/one-node-slurm'))


def test_diff():
    for profile in ('linux-6.1', 'linux-6.12'):
        run('run', '-q', '-p', profile, '--store', f'{profile}.db', HEAD, 'none.mms')
    expect(0, 'diff', 'linux-6.1.db', 'linux-6.1.db', out='2 runs in both, 0 of them differ')
    expect(1, 'diff', 'linux-6.1.db', 'linux-6.12.db', out='0 runs in both.*2 only in A, 2 only in B')
    got = expect(1, 'diff', '--ignore', 'profile', 'linux-6.1.db', 'linux-6.12.db',
                 out='2 runs in both, 2 of them differ')
    tap.ok(re.search(r'bytes_notified +2G +1T +512x', got.stdout), 'a statistic with its change', got.stdout)
    tap.ok(re.search(r'8 mprotect ram 512G r +ranges +PROTECTION_VMA 0x100000000000 0x100040000000 '
                     r'+PROTECTION_VMA 0x100000000000 0x108000000000', got.stdout), 'per operation')
    lkml = run('diff', '--format=lkml', '--ignore', 'profile', 'linux-6.1.db', 'linux-6.12.db').stdout
    wide = [line for line in lkml.splitlines() if line != line.rstrip() or
            len(line) > 75 and ' ' in line]
    tap.ok('ranges' in lkml and not wide, '--format=lkml fits into a mail', *wide)
    doc = json.loads(run('diff', '--json', '--ignore', 'profile', 'linux-6.1.db', 'linux-6.12.db').stdout)
    values = {row['statistic']: (row['a'], row['b']) for row in doc['totals']}
    tap.ok(doc['differ'] == 2 and values['bytes_notified'][1] > values['bytes_notified'][0] and
           any(op['op_a'] == 3 for op in doc['runs'][0]['operations']) or
           any(op['line'] == 8 for op in doc['runs'][0]['operations']), '--json', doc)
    ids = [row['id'] for row in json.loads(run('list', '--json', 'runs', 'a.db').stdout)]
    tap.ok(len(ids) == 4, 'list runs', ids)
    expect(1, 'diff', f'a.db@{ids[0][:8]}', f'a.db@{ids[1][:8]}', out='the runs differ')
    expect(0, 'diff', f'a.db@{ids[0]}', f'b.db@{ids[0]}', out='the runs are the same')
    expect(3, 'diff', 'a.db@00000000', f'a.db@{ids[1]}', err='no run begins with 00000000')
    expect(2, 'diff', 'a.db@12', 'a.db@34', err='at least 4 digits')
    expect(2, 'diff', 'a.db', f'a.db@{ids[1]}', err='two stores or two runs')
    expect(2, 'diff', 'a.db', err='which two')
    expect(3, 'diff', 'a.db', 'absent.db', err=r'absent\.db: .*No such file')
    db = sqlite3.connect(os.path.join(work, 'linux-6.1.db'))
    shutil.copy(os.path.join(work, 'linux-6.1.db'), os.path.join(work, 'v1.db'))
    db.close()
    db = sqlite3.connect(os.path.join(work, 'v1.db'))
    db.executescript('DROP TABLE param; PRAGMA user_version = 1')
    db.close()
    expect(0, 'diff', 'v1.db', 'linux-6.1.db', out='0 of them differ')
    expect(0, 'list', 'runs', 'v1.db', out='linux-6.1')


HOSTILE = ("it's; DROP TABLE run; --.mms", 'a "quoted" `name`.mms', 'two\nlines\r.mms',
           '<script>alert(1)</script>&amp;.mms'.replace('/', '\\'), b'\xff\xfe\xc3.mms', '-x', '@1234',
           '%s%n%41?#.mms', '\x1b[31mred.mms', 'x' * 255)


def test_hostile():
    deep = '/'.join(["d'" + 'e' * 200] * 19)
    os.makedirs(os.path.join(work, deep), exist_ok=True)
    names = [*HOSTILE, deep + "/long'.mms"]
    for name in names:
        write(name, SCRIPT)
        got = run('sweep', '--store', 'hostile.db', '-P', "n=1,2", '--', os.fsdecode(name))
        tap.ok(got.returncode == 0 and '\x1b' not in got.stdout + got.stderr,
               f'a sweep of {os.fsencode(name)[:40]!r}', got.stderr)
    text = SCRIPT.replace('mprotect ram 1G r', 'mprotect ram 1G r # \'"<b>&\xff')
    write('x.mms', text.encode('latin-1'))
    run('sweep', '--store', 'hostile.db', 'x.mms')
    expect(0, 'list', 'runs', 'hostile.db')
    for name in names:
        store = os.fsdecode(name) + '.db' if len(name) < 250 else 'y' * 200
        got = run('run', '-q', '--store', './' + store if not store.startswith('d') else store, HEAD)
        tap.ok(got.returncode == 0, f'a store called {os.fsencode(store)[:40]!r}', got.stderr)
        merged = run('merge', 'from-hostile.db', './' + store)
        tap.ok(merged.returncode == 0, 'merged', merged.stderr)
    files = [row[0] for row in ask('hostile.db', 'SELECT DISTINCT file FROM run')]
    # SQLite's own words were "unable to open database file (No such file or directory)"
    expect(3, 'run', '-q', '--store', deep + '/x.db', HEAD, err='SQLite takes whole paths of at most')
    tap.ok(os.fsencode(names[0]) in files and not damage('hostile.db'), 'names are as they were', files)
    for path in ('one.db', 'other.db'):
        run('run', '-q', '--store', path, '-P', 'n=1', '-p', path == 'one.db' and 'linux-6.1' or 'linux-6.12',
            '--', os.fsdecode(HOSTILE[2]))
    for form in ('--json', '--format=lkml', '--format=table'):
        got = run('diff', '--ignore', 'profile', form, 'one.db', 'other.db')
        tap.ok(got.returncode in (0, 1) and '\r' not in got.stdout, f'diff {form} of hostile names', got.stderr)
        if form == '--json':
            json.loads(got.stdout)


def test_kill():
    """kill -9 of all processes of a sweep, and of runs one after another, at any moment."""
    chance = random.Random(1)
    write('many.mms', SCRIPT.replace('1,2,3,4', ','.join(str(n) for n in range(1, 16))))
    bad = []
    for _ in range(25):
        child = subprocess.Popen([BINARY, 'sweep', '--jobs', '3', '--store', 'killed.db', 'many.mms'],
                                 cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 start_new_session=True)
        time.sleep(chance.random() * 0.4)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if os.path.exists(os.path.join(work, 'killed.db')) and os.path.getsize(
                os.path.join(work, 'killed.db')):
            tables = ask('killed.db', "SELECT count(*) FROM sqlite_schema WHERE name = 'param'")
            bad += damage('killed.db') if tables[0][0] else []
    tap.ok(not bad, 'a sweep was killed 25 times: its store is whole', bad)
    expect(0, 'sweep', '--store', 'killed.db', 'many.mms', name='the sweep can be repeated')
    tap.ok(count('killed.db') == 30, 'and then all runs are there, once', count('killed.db'))
    acknowledged = Path(work, 'said')
    acknowledged.touch()
    command = (f'for i in $(seq 1 200); do "{BINARY}" run -q --store loop.db -P n=1 -P profile=linux-6.1 '
               f'-P x=$i loop.mms 2>/dev/null && echo $i >>"{acknowledged}"; done')
    write('loop.mms', 'param x 1\n' + SCRIPT + 'madvise ram ${x*4K} dontneed\n')
    for _ in range(6):
        child = subprocess.Popen(['bash', '-c', command], cwd=work, start_new_session=True)
        before, deadline = acknowledged.stat().st_size, time.monotonic() + 60
        while acknowledged.stat().st_size == before and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.5)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    said = set(acknowledged.read_text().split())
    stored = {row[0].decode() for row in ask('loop.db', "SELECT value FROM param WHERE name = 'x'")}
    tap.ok(said and said <= stored and not damage('loop.db'),
           'no run that was finished is lost', said - stored)


def test_signals():
    write('slow.mms', SCRIPT.replace('${n*64M}', '1G').replace('1,2,3,4', ','.join(map(str, range(1, 31))))
          + 'madvise ram ${n*4K} dontneed\n' + 'guest vm0 w 4G 1G\nmadvise ram 1G dontneed\n' * 3)
    for sig in (signal.SIGINT, signal.SIGTERM):
        store = f'{sig.name}.db'
        child = subprocess.Popen([BINARY, 'sweep', '--jobs', '2', '--store', store, 'slow.mms'], cwd=work,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and child.poll() is None:
            try:
                # each of the two workers may not have said yet that its last one is stored
                if count(store) > 3:
                    break
            except sqlite3.Error:
                pass
            time.sleep(0.02)
        child.send_signal(sig)
        out, err = child.communicate(timeout=60)
        rows = len(re.findall(r' ok$', out, re.M))
        tap.ok(child.returncode == -sig and re.search(fr'{rows} of 60 runs finished', err) and
               rows >= 2 and rows <= count(store) < 60 and not damage(store),
               f'{sig.name} leaves the {rows} finished runs, shown and stored', child.returncode, err, out)


def test_terminal():
    pid, fd = pty.fork()
    if not pid:
        os.chdir(work)
        os.execv(BINARY, ['mmuscope', 'sweep', '--jobs', '1', '-P', 'n=1,2,3,4,5,6,7,8', 'slow.mms'])
    seen = b''
    try:
        while True:
            seen += os.read(fd, 4096)
    except OSError:
        pass
    os.waitpid(pid, 0)
    tap.ok(re.search(rb'\r\d+ of 16 runs', seen), 'a progress line on a terminal', seen[-500:])


def test_trouble():
    lock = sqlite3.connect(os.path.join(work, 'a.db'), isolation_level=None)
    lock.execute('BEGIN IMMEDIATE')
    began = time.monotonic()
    waiting = subprocess.Popen([BINARY, 'run', '--store', 'a.db', '-p', 'linux-7.2', '-a', HEAD], cwd=work,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    expect(3, 'merge', 'm2.db', 'p.mms', 's.db', err=r'p\.mms: .*not an SQLite database', out='s.db +8',
           name='a store that is none does not keep the others out')
    expect(3, 'run', '--store', 'p.mms', HEAD, err='not an SQLite database')
    tap.ok((Path(work) / 'p.mms').read_text() == SCRIPT, 'a script given as a store is as it was')
    expect(3, 'run', '--store', '/proc/nothing.db', HEAD, err='cannot open the store')
    expect(3, 'run', '--store', '.', HEAD, err='Is a directory')
    expect(3, 'run', '--store', '', HEAD, err='cannot open the store')
    test_full()
    out, err = waiting.communicate(timeout=100)
    tap.ok(waiting.returncode == 3 and 'another process has it locked' in err and 'mprotect' in out and
           time.monotonic() - began > 25, 'a store that stays locked: results are shown, status 3', err)
    lock.execute('ROLLBACK')
    expect(0, 'run', '--store', 'a.db', '-p', 'linux-7.2', HEAD, name='and later it works')


def test_full():
    folder = os.path.join(work, 'full')
    os.mkdir(folder)
    if os.geteuid() or subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', folder],
                                      capture_output=True, check=False).returncode:
        tap.skip('a full disk', 'only root can mount a small one')
        return
    try:
        statuses = [run('sweep', '--store', 'full/s.db', 'p.mms').returncode]
        got = expect(3, 'sweep', '--store', 'full/s.db', 'many.mms', err='no space left',
                     out='not stored', name='a full disk')
        tap.ok(statuses == [0] and count('full/s.db') >= 8 and not damage('full/s.db'),
               'what was stored before is there', got.stderr[-300:])
        subprocess.run(['mount', '-o', 'remount,ro', folder], check=True)
        expect(3, 'run', '--store', 'full/s.db', HEAD, err='Read-only file system')
        expect(0, 'diff', 'full/s.db', 'full/s.db', name='a store on a medium that can only be read')
    finally:
        subprocess.run(['umount', folder], check=False)


def main():
    try:
        for test in (test_run, test_schema, test_param, test_sweep, test_shards, test_sites, test_diff, test_hostile,
                     test_kill, test_signals, test_terminal, test_trouble):
            test()
    finally:
        shutil.rmtree(work)
    return tap.done()


sys.exit(main())
