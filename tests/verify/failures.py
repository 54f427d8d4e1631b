#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What can go wrong around a boot: a clear message each time, and nothing half-written is used.

usage: failures.py MMUSCOPE SOURCE_FOLDER    (TAP on standard output; needs neither QEMU nor network)

QEMU and the package tools are shell scripts of ours in PATH; the kernel in the cache is a few
bytes that nobody boots.
"""
import json
import os
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

from verify_test import call, done, ok

BINARY = os.path.abspath(sys.argv[1])
work = tempfile.mkdtemp(prefix='mmuscope-verify-')
tools = os.path.join(work, 'bin')
cache = os.path.join(work, 'cache')
ENV = {'PATH': tools + ':/usr/bin:/bin', 'XDG_CACHE_HOME': cache}
SCRIPT = os.path.join(work, 's.mms')

# What a guest says of SCRIPT when all is well; the kernel's release is made up.
GOOD = '''\
kernel 6.12.1-fake
ready
script 0
op 0 1
ret 0
op 1 1
ret 0
op 2 1
+ 1 2 100000000000 100000001000
- 1 2 100000000000 100000001000
ret 0
state ok 0
close 0
end
'''


def checksum(data):
    total = 0xcbf29ce484222325
    data += bytes(-len(data) % 8)
    for i in range(0, len(data), 8):
        total = (total ^ int.from_bytes(data[i:i + 8], 'little')) * 0x100000001b3 % (1 << 64)
        total ^= total >> 29
    return total


def make_kernel():
    folder = os.path.join(cache, 'mmuscope', 'kernels', '6.12')
    shutil.rmtree(cache, ignore_errors=True)
    os.makedirs(os.path.join(folder, 'modules'))
    info = ['mmuscope-kernel 1', 'name 6.12', 'release 6.12.1-fake', 'package fake 1']
    for name, data in (('vmlinuz', b'no kernel at all'), ('modules/kvm.ko', b'no module')):
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(data)
        info.append(f'file {name} {len(data)} {checksum(data):016x}')
    with open(os.path.join(folder, 'info'), 'w') as file:
        file.write('\n'.join(info) + '\n')
    return folder


def tool(name, text):
    path = os.path.join(tools, name)
    with open(path, 'w') as file:
        file.write('#!/bin/sh\n' + text)
    os.chmod(path, 0o755)


def guest(text, then='', console=''):
    """A QEMU whose guest says this."""
    with open(os.path.join(work, 'guest'), 'w') as file:
        file.write(text)
    tool('qemu-system-x86_64', f"printf '%b' '{console}'\ncat {work}/guest >&4\n{then}\n")


def verify(*args, **more):
    env = dict(ENV, **more.pop('env', {}))
    return call(BINARY, '--kernel', '6.12', *args, env=env, **more)


def test_good():
    guest(GOOD)
    got = verify(SCRIPT)
    ok(got.returncode == 0 and 'equal' in got.stdout and '6.12.1-fake' in got.stdout, 'a good guest',
       got.returncode, got.stdout, got.stderr)
    doc = json.loads(verify('--json', SCRIPT).stdout)
    kernel = doc['kernels'][0]
    ok(kernel['events'] == 2 and kernel['operations'] == 3 and kernel['equal'] == 1 and
       kernel['package'] == 'fake 1', 'counted', doc)
    guest(GOOD.replace('100000001000\nret', '100000002000\nret'))
    got = verify(SCRIPT)
    ok(got.returncode == 1 and f'{SCRIPT}:3: mprotect' in got.stdout and '|' in got.stdout,
       'a difference, with the line', got.stdout)


def test_broken_guests():
    start = GOOD[:GOOD.index('op 2 1')]
    guest(start, 'exit 1', 'Kernel panic - not syncing: made up\\n')
    got = verify(SCRIPT)
    ok(got.returncode == 1 and 'panicked' in got.stdout and f'{SCRIPT}:2' in got.stdout,
       'a panic: the script and its line', got.stdout, got.stderr)
    guest('', 'exit 1', 'Kernel panic - not syncing: made up\\n')
    got = verify(SCRIPT)
    ok(got.returncode == 1 and 'Kernel panic - not syncing: made up' in got.stdout,
       'a panic before the first script: the console', got.stdout, got.stderr)
    guest('hello\n', 'exec sleep 100')
    got = verify(SCRIPT)
    ok(got.returncode == 1 and 'nonsense' in got.stdout, 'nonsense', got.stdout)
    guest(GOOD[:GOOD.index('script')] + 'end\n')
    got = verify(SCRIPT)
    ok(got.returncode == 1, 'a guest that claims to be through', got.stdout)
    guest(start + 'state hang 1\nclose 0\nend\n')
    got = verify(SCRIPT)
    ok(got.returncode == 1 and 'did not come back' in got.stdout and 'could not even be killed' in
       got.stdout, 'a hang', got.stdout)
    guest(GOOD.replace('close', 'log BUG: Bad page state in process\nclose'))
    got = verify(SCRIPT)
    ok(got.returncode == 1 and 'BUG: Bad page state' in got.stdout, 'a BUG', got.stdout)


def running(text):
    """Processes whose command line has the text."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as file:
                if text.encode() in file.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def mark(name):
    """Seconds to sleep that no other process here sleeps."""
    return f'{name}.{os.getpid():09}'


def wait_for(condition):
    for _ in range(1200):
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    return None


def start(*args):
    return subprocess.Popen([BINARY, 'verify', '--kernel', '6.12', *args], text=True,
                            env=dict(os.environ, **ENV), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_killed():
    """QEMU killed, and ourselves interrupted, in the middle of a run."""
    slept = mark(98765)
    guest(GOOD[:GOOD.index('op 1 1')], f'exec sleep {slept}')
    job = start(SCRIPT)
    found = wait_for(lambda: running(slept))
    time.sleep(0.3)
    os.kill(found[0], signal.SIGKILL)
    out, _ = job.communicate(timeout=60)
    ok(job.returncode == 1 and 'panicked, or the machine ended' in out, 'QEMU is killed',
       job.returncode, out)
    for sig in (signal.SIGINT, signal.SIGTERM):
        kept = os.path.join(work, 'kept')
        job = start('--keep', kept, SCRIPT)
        wait_for(lambda: running(slept))
        job.send_signal(sig)
        out, err = job.communicate(timeout=60)
        ok(job.returncode == -sig and 'interrupted' in err and not out, f'{sig.name}', job.returncode,
           out, err)
        ok(not wait_for(lambda: not running(slept)) is None and os.listdir(kept) == [],
           'no machine is left, and nothing is kept', os.listdir(kept))
    job = start(SCRIPT)
    wait_for(lambda: running(slept))
    job.kill()
    job.communicate(timeout=60)
    ok(wait_for(lambda: not running(slept)), 'nor when we are killed ourselves', running(slept))


def test_missing_tools():
    guest(GOOD)
    os.unlink(os.path.join(tools, 'qemu-system-x86_64'))
    got = verify(SCRIPT, env={'PATH': tools})
    ok(got.returncode == 77 and 'apt-get install' in got.stdout and 'qemu-system-x86' in got.stdout,
       'no QEMU: skipped, with the command that gets it', got.returncode, got.stdout)
    empty = {'XDG_CACHE_HOME': os.path.join(work, 'nothing'), 'PATH': tools}
    got = verify(SCRIPT, env=empty)
    ok(got.returncode == 77 and "'apt-get' is missing" in got.stdout, 'no apt: skipped', got.stdout)
    got = verify('--offline', SCRIPT, env=empty)
    ok(got.returncode == 77 and 'not in the cache' in got.stdout and
       'mmuscope verify --kernel 6.12' in got.stdout, 'offline: skipped', got.stdout)
    doc = json.loads(verify('--json', '--offline', SCRIPT, env=empty).stdout)
    ok(doc['status'] == 77 and doc['kernels'][0]['result'] == 'skipped' and
       doc['kernels'][0]['skipped'], 'also in JSON', doc)
    guest(GOOD)
    got = call(BINARY, '--offline', SCRIPT, env=ENV)
    ok(got.returncode == 77 and re.search(r'^6\.12 .* equal$', got.stdout, re.M) and
       re.search(r'^6\.1 .* skipped$', got.stdout, re.M), 'one kernel of three is no pass', got.stdout)


def test_cache():
    folder = make_kernel()
    guest(GOOD)
    with open(os.path.join(folder, 'vmlinuz'), 'r+b') as file:
        file.truncate(5)
    got = verify('--offline', SCRIPT)
    ok(got.returncode == 77 and 'damaged' in got.stdout + got.stderr, 'a truncated file in the cache',
       got.returncode, got.stdout, got.stderr)
    make_kernel()
    with open(os.path.join(folder, 'modules', 'kvm.ko'), 'r+b') as file:
        file.write(b'X')
    got = verify('--offline', SCRIPT)
    ok(got.returncode == 77 and 'equal' not in got.stdout, 'a damaged one', got.stdout)
    shutil.rmtree(cache)
    os.makedirs(os.path.join(cache, 'mmuscope', 'kernels', '.6.12.part', 'modules'))
    got = verify('--offline', SCRIPT)
    ok(got.returncode == 77 and 'equal' not in got.stdout, 'one that was never finished', got.stdout)
    make_kernel()
    for parent, folders, files in os.walk(cache):
        for name in files:
            os.chmod(os.path.join(parent, name), stat.S_IRUSR)
        os.chmod(parent, stat.S_IRUSR | stat.S_IXUSR)
    got = verify(SCRIPT)
    ok(got.returncode == 0, 'a cache that is read-only and has the kernel', got.stdout, got.stderr)
    got = call(BINARY, '--kernel', '6.1', SCRIPT, env=ENV | (
        {'XDG_CACHE_HOME': '/sys/kernel/none'} if not os.geteuid() else {}))
    ok(got.returncode == 3 and 'cannot keep kernels here' in got.stdout,
       'and one that has not', got.returncode, got.stdout, got.stderr)
    for parent, folders, files in os.walk(cache):
        os.chmod(parent, 0o755)
    got = verify(SCRIPT, env={'XDG_CACHE_HOME': os.path.join(SCRIPT, 'x')})
    ok(got.returncode == 3 and 'Not a directory' in got.stdout, 'a cache that is no folder',
       got.returncode, got.stdout, got.stderr)


def package_tools(unpack):
    """apt and dpkg as far as a fetch calls them; @unpack is what dpkg-deb -x does with $3."""
    tool('apt-cache', 'echo "  Depends: linux-image-6.12.1-fake"\n')
    tool('apt-get', 'case "$*" in *download*) echo deb > linux-image-6.12.1-fake_1_amd64.deb;; esac\n')
    tool('dpkg-deb', 'if [ "$1" = -W ]; then echo "linux-image-6.12.1-fake 1"; exit; fi\n' + unpack)


GOOD_UNPACK = '''\
m=$3/lib/modules/6.12.1-fake/kernel; mkdir -p $3/boot $m
echo image > $3/boot/vmlinuz-6.12.1-fake
for name in kvm kvm-amd; do echo $name > $m/$name.ko; done
'''


def cached():
    folder = os.path.join(cache, 'mmuscope', 'kernels')
    return [name for name in (os.listdir(folder) if os.path.isdir(folder) else [])
            if not name.startswith('.')]


def test_fetch():
    guest(GOOD)
    shutil.rmtree(cache)
    package_tools('echo "dpkg-deb: error: unexpected end of file in archive" >&2; exit 2\n')
    got = verify(SCRIPT)
    ok(got.returncode == 77 and 'unexpected end of file' in got.stdout and not cached(),
       'a truncated package', got.returncode, got.stdout, got.stderr)
    package_tools(GOOD_UNPACK + 'echo "cannot write: No space left on device" >&2; exit 2\n')
    got = verify(SCRIPT)
    ok(got.returncode == 3 and 'no space left' in got.stdout and not cached(), 'a full disk',
       got.returncode, got.stdout)
    package_tools('mkdir -p $3/boot; echo image > $3/boot/vmlinuz\n')
    got = verify(SCRIPT)
    ok(got.returncode == 3 and not cached(), 'a package without modules', got.returncode, got.stdout)
    slept = mark(87654)
    package_tools(GOOD_UNPACK + f'exec sleep {slept}\n')
    job = start(SCRIPT)
    wait_for(lambda: running(slept))
    job.send_signal(signal.SIGINT)
    job.communicate(timeout=60)
    ok(job.returncode == -signal.SIGINT and not cached() and
       wait_for(lambda: not running(slept)), 'an interrupted fetch leaves no kernel and no process',
       job.returncode, cached())
    package_tools(GOOD_UNPACK)
    got = verify(SCRIPT)
    ok(got.returncode == 0 and cached() == ['6.12'], 'the next one is whole', got.returncode,
       got.stdout, got.stderr)
    tool('apt-get', 'exit 100\n')
    got = verify(SCRIPT)
    ok(got.returncode == 0, 'and is used without the network', got.stdout, got.stderr)


def test_keep():
    make_kernel()
    guest(GOOD)
    kept = os.path.join(work, 'kept2')
    got = verify('--keep', kept, SCRIPT)
    ok(got.returncode == 0 and sorted(os.listdir(kept)) == ['s.6.12.stream', 's.mms'], '--keep',
       got.stdout, got.stderr)
    again = call(BINARY, '--from', kept)
    ok(again.returncode == 0 and again.stdout == got.stdout, '--from says the same', again.stdout)
    kept = os.path.join(work, 'kept3')
    size = 4 << 20  # less than the stream, more than what a boot needs
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    pair = GOOD[GOOD.index('+ 1 2'):GOOD.rindex('ret 0')]
    guest(GOOD.replace(pair, pair * 60000))
    got = verify('--keep', kept, SCRIPT, preexec_fn=limit)
    ok(got.returncode and 'File too large' in got.stderr and os.listdir(kept) == [],
       'streams that cannot be written', got.returncode, got.stderr, os.listdir(kept))
    guest(GOOD)
    got = verify('--keep', '/dev/null/x', SCRIPT)
    ok(got.returncode == 3 and '/dev/null/x: Not a directory' in got.stderr, 'no such folder', got.stderr)
    other = os.path.join(work, 'other')
    os.mkdir(other)
    shutil.copy(SCRIPT, other)
    got = verify('--keep', kept, SCRIPT, os.path.join(other, 's.mms'))
    ok(got.returncode == 3 and 'one name' in got.stderr, 'two scripts of one name', got.stderr)


def test_usage():
    for args in ([], ['--random', '3', SCRIPT], ['--from', work, SCRIPT], ['--seed', '3', SCRIPT],
                 ['--kernel', '5.10', SCRIPT], ['--random', '1', '--ops', '0'],
                 ['--random', '1', '--features', 'anom'], ['--kind', 'tdp', SCRIPT],
                 ['--random', '1', '--kind', 'tpd']):
        got = call(BINARY, *args, env=ENV)
        ok(got.returncode == 2 and got.stderr, f"usage: {' '.join(args).replace(work, '')}",
           got.returncode, got.stderr)
    got = call(BINARY, os.path.join(work, 'none.mms'), env=ENV)
    ok(got.returncode == 3 and 'No such file' in got.stderr, 'a script that is not there', got.stderr)
    with open(os.path.join(work, 'bad.mms'), 'w') as file:
        file.write('mprotcet\n')
    got = call(BINARY, os.path.join(work, 'bad.mms'), env=ENV)
    ok(got.returncode == 3 and 'bad.mms:1:1: ' in got.stderr, 'a broken script', got.stderr)


def main():
    os.mkdir(tools)
    with open(SCRIPT, 'w') as file:
        file.write('map a 0x100000000000 4K rw anon private\ntouch a 4K w\nmprotect a 4K r\n')
    make_kernel()
    try:
        test_good()
        test_broken_guests()
        test_killed()
        test_missing_tools()
        test_cache()
        test_fetch()
        test_keep()
        test_usage()
    finally:
        shutil.rmtree(work)
    done()


main()
