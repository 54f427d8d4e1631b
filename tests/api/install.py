#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The installed copy as a stranger uses it: files, pkg-config, examples, C++, completion, manual.

usage: install.py BUILD_FOLDER SOURCE_FOLDER   (TAP on standard output)
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tap  # noqa: E402

BUILD, SOURCE = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()

CLASH = '''
#include <mmuscope/mmuscope.h>
#include <stdio.h>
int mm_create(void);
int strbuf_add(void);
int mm_create(void) { return 1; }
int strbuf_add(void) { return 2; }
int main(void)
{
	struct ms_machine *machine;
	struct ms_mm *mm;
	if (ms_machine_create(NULL, &machine) || ms_mm_create(machine, &mm))
		return 1;
	ms_machine_destroy(machine);
	return mm_create() + strbuf_add() != 3;
}
'''
CXX = '''
#include <mmuscope/mmuscope.h>
#include <cstdio>
int main()
{
	ms_machine_options options{};
	ms_machine *machine;
	options.size = sizeof(options);
	options.profile = ms_profile_name(0);
	if (ms_machine_create(&options, &machine))
		return 1;
	std::puts(ms_machine_profile(machine));
	return ms_machine_destroy(machine);
}
'''
COMPLETE = '''
. /usr/share/bash-completion/bash_completion
_completion_loader mmuscope
COMP_WORDS=(mmuscope ver); COMP_CWORD=1
$(complete -p mmuscope | sed 's/.*-F \\([^ ]*\\).*/\\1/')
printf '%s\\n' "${COMPREPLY[@]}"
'''


class Installed:
    def __init__(self, work):
        self.work = work
        self.dest = work / 'dest'
        options = json.loads(subprocess.run(
            ['meson', 'introspect', '--buildoptions', BUILD], capture_output=True, text=True,
            check=True).stdout)
        self.option = {option['name']: option['value'] for option in options}
        self.prefix = self.dest / self.option['prefix'].lstrip('/')
        self.libdir = self.prefix / self.option['libdir']
        self.env = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=str(self.dest),
                        PKG_CONFIG_PATH=str(self.libdir / 'pkgconfig'),
                        LD_LIBRARY_PATH=str(self.libdir), LC_ALL='C')

    def run(self, *command, **more):
        return subprocess.run(command, cwd=self.work, env=self.env, capture_output=True, text=True,
                              check=False, **more)

    def flags(self, *options):
        return self.run('pkg-config', *options, 'mmuscope').stdout.split()

    def install(self):
        got = subprocess.run(['meson', 'install', '-C', BUILD, '--no-rebuild', '--destdir', self.dest],
                             capture_output=True, text=True, check=False)
        return tap.ok(got.returncode == 0, 'meson install with DESTDIR', got.stdout, got.stderr)


def test_files(inst):
    for name in ('libmmuscope.so', 'libmmuscope.so.0', 'libmmuscope.a', 'pkgconfig/mmuscope.pc'):
        tap.ok((inst.libdir / name).exists(), f'{name} is installed')
    here = {path.name for path in (SOURCE / 'include/mmuscope').glob('*.h')}
    there = {path.name for path in (inst.prefix / 'include/mmuscope').iterdir()}
    tap.ok(here == there, 'the public headers and no others', here ^ there)
    stray = [str(path) for path in inst.dest.rglob('*') if path.is_file()
             and not path.suffix == '.pc' and path.suffix != '.a' and path.suffix != '.0'
             and str(inst.dest).encode() in path.read_bytes()]
    tap.ok(not stray, 'no installed file knows where it was staged', *stray)
    got = inst.run(str(inst.prefix / 'bin/mmuscope'), '--version')
    version = inst.run('pkg-config', '--modversion', 'mmuscope').stdout.strip()
    tap.ok(got.stdout.startswith(f'mmuscope {version}\n'), 'pkg-config has the version', got.stdout)


def test_examples(inst):
    shutil.copytree(SOURCE / 'examples', inst.work / 'examples')
    got = inst.run('make', '-C', 'examples', 'CFLAGS=-O2 -Wall -Wextra -Werror -Wno-unused-parameter')
    if not tap.ok(got.returncode == 0, 'the examples build against the installed copy', got.stdout,
                  got.stderr):
        return
    expected = {
        'notifier': r'start PROTECTION_VMA +\[0x100000000000, 0x100000800000\)(.|\n)*release',
        'script': r'start=0x100000000000 end=0x100040000000(.|\n)*rmap_scanned +262657 ',
        'vm': r'\ntdp +0 (.|\n)*\nshadow +4202512 ',
    }
    sources = {path.stem for path in (SOURCE / 'examples').glob('*.c')}
    tap.ok(sources == set(expected), 'every example is tried', sources ^ set(expected))
    for name, pattern in expected.items():
        got = inst.run(str(inst.work / 'examples' / name))
        tap.ok(got.returncode == 0 and re.search(pattern, got.stdout), f'examples/{name} runs',
               got.stdout, got.stderr)
    got = inst.run(str(inst.work / 'examples/script'), str(SOURCE / 'scripts/one-touched-page-512g.mms'))
    tap.ok(got.returncode == 0, 'examples/script runs a file', got.stdout[-500:], got.stderr)


def build_and_run(inst, name, compiler, source, flags, libraries):
    if not shutil.which(compiler):
        tap.skip(name, f'there is no {compiler}')
        return
    path = inst.work / f'try{".cc" if compiler == "g++" else ".c"}'
    path.write_text(source)
    out = inst.work / 'try'
    got = inst.run(compiler, '-Wall', '-Wextra', '-Werror', '-pedantic', *flags,
                   *inst.flags('--cflags'), '-o', str(out), str(path), *libraries)
    if tap.ok(got.returncode == 0, f'{name}: builds', got.stderr):
        tap.ok(inst.run(str(out)).returncode == 0, f'{name}: runs')


def test_languages(inst):
    shared = inst.flags('--libs')
    static = [str(inst.libdir / 'libmmuscope.a')]
    build_and_run(inst, 'C++ 11', 'g++', CXX, ['-std=c++11'], shared)
    build_and_run(inst, 'static, with names like those inside', 'gcc', CLASH, ['-std=c99'], static)
    build_and_run(inst, 'shared, with names like those inside', 'gcc', CLASH, ['-std=c11'], shared)
    for header in sorted((SOURCE / 'include/mmuscope').glob('*.h')):
        got = inst.run('gcc', '-std=c99', '-Wall', '-Wextra', '-Werror', '-pedantic', '-fsyntax-only',
                       '-x', 'c', *inst.flags('--cflags'), '-',
                       input=f'#include <mmuscope/{header.name}>\nint main(void) {{ return 0; }}\n')
        tap.ok(got.returncode == 0, f'{header.name} stands alone in C99', got.stderr)


def test_completion(inst):
    if not Path('/usr/share/bash-completion/bash_completion').exists():
        tap.skip('bash finds the completion', 'there is no bash-completion')
        return
    data = str(inst.prefix / inst.option['datadir'])
    got = subprocess.run(['bash', '-c', COMPLETE], capture_output=True, text=True, check=False,
                         env=dict(inst.env, XDG_DATA_DIRS=data))
    tap.ok(got.stdout.split() == ['verify'], 'bash finds the completion', got.stdout, got.stderr)


def test_manual(inst):
    man = inst.prefix / inst.option['mandir']
    if not shutil.which('scdoc'):
        tap.skip('the manual', 'there is no scdoc')
        return
    pages = sorted(path for path in man.rglob('*') if path.is_file())
    sources = {path.stem for path in (SOURCE / 'man').glob('*.scd')}
    tap.ok(sources <= {page.name for page in pages}, 'every page is installed',
           sources - {page.name for page in pages})
    tap.ok(all(page.suffix[1:] == page.parent.name[3:] for page in pages), 'in its section')
    if not shutil.which('groff'):
        tap.skip('all pages are well formed', 'there is no groff')
        return
    got = subprocess.run(['groff', '-man', '-t', '-Kutf8', '-Tutf8', '-ww', '-z', *map(str, pages)],
                         capture_output=True, text=True, check=False)
    tap.ok(got.returncode == 0 and not got.stderr, f'all {len(pages)} pages are well formed',
           got.stderr)


def main():
    with tempfile.TemporaryDirectory() as folder:
        inst = Installed(Path(folder))
        if inst.install():
            test_files(inst)
            if shutil.which('pkg-config'):
                test_examples(inst)
                test_languages(inst)
            else:
                tap.skip('programs against the installed copy', 'there is no pkg-config')
            test_completion(inst)
            test_manual(inst)
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
