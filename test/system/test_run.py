# SPDX-License-Identifier: BSD-3-Clause
"""./run and what it calls must be able to fail: seen on a small tree with faults in it."""
import os
import shutil
import subprocess
import tempfile

import pytest

from lib import TOP

NOBODY = 65534
AS_NOBODY = ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups']
MESON = '''project('small', 'c', version: '1')
foreach dir, name : {'dpdk-ipsecif': 'dpdk-ipsecif', 'ipsecifctl': 'ipsecifctl',
                     'bench': 'dpdk-ipsecif-bench'}
  subdir('app' / dir)
endforeach
if get_option('tests')
  executable('unit', 'unit.c')
endif
'''
GOOD = 'int main(void) { return 0; }\n'
BROKEN = 'int main(void) { return nothing; }\n'


@pytest.fixture(name='tree')
def small_tree():
    """A project of three small programs with our ./run in it, in a folder that all may enter."""
    top = tempfile.mkdtemp(prefix='run-', dir='/tmp')   # TMPDIR may be closed to others
    os.chmod(top, 0o755)
    shutil.copy(os.path.join(TOP, 'run'), top)
    os.mkdir(f'{top}/devtools')
    for name in ('lint', 'check-style', 'style-exceptions', 'codespell.words'):
        shutil.copy(os.path.join(TOP, 'devtools', name), f'{top}/devtools')
    write(f'{top}/devtools/make-deb', '#!/bin/sh\ntouch build/made.deb\n', 0o755)
    write(f'{top}/devtools/run-tests', 'print("0 passed, 0 failed")\n')
    write(f'{top}/meson.build', MESON)
    write(f'{top}/meson_options.txt', "option('tests', type: 'boolean', value: true)\n")
    write(f'{top}/unit.c', GOOD)
    for folder, name in (('dpdk-ipsecif', 'dpdk-ipsecif'), ('ipsecifctl', 'ipsecifctl'),
                         ('bench', 'dpdk-ipsecif-bench')):
        os.makedirs(f'{top}/app/{folder}')
        write(f'{top}/app/{folder}/main.c', GOOD)
        write(f'{top}/app/{folder}/meson.build', f"executable('{name}', 'main.c')\n")
    yield top
    shutil.rmtree(top)


def write(path, text, mode=0o644):
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    os.chmod(path, mode)


def run(tree, *args, before=(), **env):
    return subprocess.run([*before, f'{tree}/run', *args], env=dict(os.environ, **env),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
                          check=False)


def give(tree, uid):
    for folder, _, names in os.walk(tree):
        os.chown(folder, uid, uid)
        for name in names:
            os.chown(os.path.join(folder, name), uid, uid, follow_symlinks=False)


def test_a_build_says_what_it_made_and_how_far_it_is(tree):
    done = run(tree, 'build')
    assert done.returncode == 0, done.stdout + done.stderr
    assert '==> building build: 100 %\n' in done.stdout
    assert done.stdout.endswith(
        '==> build: dpdk-ipsecif, ipsecifctl and dpdk-ipsecif-bench in build/bin\n')
    for name in ('dpdk-ipsecif', 'ipsecifctl', 'dpdk-ipsecif-bench'):
        assert subprocess.run([f'{tree}/build/bin/{name}'], check=False).returncode == 0
    again = run(tree, 'build')
    assert again.returncode == 0 and 'building' not in again.stdout


@pytest.mark.parametrize('command', ['build', 'deb', 'bench', 'demo', 'test'])
def test_an_error_of_the_compiler_is_an_error_of_the_command(tree, command):
    assert run(tree, 'deb').returncode == 0     # programs of before are there
    os.unlink(f'{tree}/build/made.deb')
    broken = 'bench/main.c' if command == 'bench' else 'dpdk-ipsecif/main.c'
    write(f'{tree}/app/{broken}', BROKEN)
    done = run(tree, command)
    assert done.returncode == 1, done.stdout + done.stderr
    assert 'nothing' in done.stdout + done.stderr   # the compiler's own words
    assert done.stderr.endswith('run: building build failed, see above\n')
    assert 'in build/bin' not in done.stdout and 'passed' not in done.stdout
    assert not os.path.exists(f'{tree}/build/made.deb')


def test_a_test_that_does_not_compile_is_an_error_too(tree):
    write(f'{tree}/unit.c', BROKEN)
    assert run(tree, 'build').returncode == 0   # it is not asked for yet
    done = run(tree, 'test', 'unit')
    assert done.returncode == 1 and 'passed' not in done.stdout


def test_an_error_of_meson_is_an_error_of_the_command(tree):
    write(f'{tree}/meson.build', "project('small', 'c')\nnothing()\n")
    done = run(tree, 'build')
    assert done.returncode == 1
    assert 'Unknown function "nothing"' in done.stderr
    assert done.stderr.endswith('run: meson setup build failed\n')


def test_warnings_are_errors_only_in_ci(tree):
    write(f'{tree}/app/bench/main.c', '#warning "beware"\n' + GOOD)
    done = run(tree, 'build', CI='')
    assert done.returncode == 0 and 'beware' in done.stdout
    assert run(tree, 'build', CI='1').returncode == 1


def test_what_root_builds_in_the_tree_of_a_user_is_the_users(tree):
    give(tree, NOBODY)
    assert run(tree, 'build').returncode == 0
    write(f'{tree}/app/ipsecifctl/main.c', BROKEN)
    assert run(tree, 'build').returncode == 1   # handed back when it fails, too
    for folder, names, files in os.walk(f'{tree}/build'):
        for name in names + files:
            assert os.lstat(os.path.join(folder, name)).st_uid == NOBODY, name
    write(f'{tree}/app/ipsecifctl/main.c', GOOD)
    done = run(tree, 'build', before=AS_NOBODY, HOME=tree)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_build_directory_of_another_user_is_one_sentence(tree):
    assert run(tree, 'build').returncode == 0
    give(tree, NOBODY)
    os.chown(f'{tree}/build/build.ninja', 0, 0)
    done = run(tree, 'build', before=AS_NOBODY)
    assert done.returncode == 1
    assert done.stderr == ('run: build: build/build.ninja belongs to root: remove build, or chown it '
                           'to you, as root\n')


@pytest.mark.parametrize('command', ['demo', 'test', 'setup', 'debian'])
def test_what_needs_root_says_so_and_needs_no_sudo(tree, command):
    args = [command, '13'] if command == 'debian' else [command]
    done = run(tree, *args, before=AS_NOBODY)
    assert done.returncode == 1
    assert done.stderr == (f'run: {command} needs root: ./run {command} as root, or with sudo in '
                           'front\n')


@pytest.mark.parametrize('args, message', [
    (['setup', 'all'], 'run: setup: no group all (build demo test lint fuzz debian)\n'),
    (['test', 'most'], 'run: test: no suite most (all, unit, sanitize, system)\n'),
    (['fuzz', '0'], 'run: fuzz: "0" is not possible (seconds, 1 to 999999)\n'),
    (['debian'], 'run: debian: no release "" (12, 13)\n'),
    (['debian', '11'], 'run: debian: no release "11" (12, 13)\n'),
])
def test_a_wrong_word_is_one_sentence(tree, args, message):
    done = run(tree, *args)
    assert done.returncode == 1 and done.stderr == message


LINT = {
    'clang-format': ('app/bench/main.c', 'int main(void) { return 0; }\n'),
    'check-style': ('app/bench/main.c', 'int x;\n'),
    'shellcheck': ('some.sh', '#!/bin/sh\nrm $1\n'),
    'codespell': ('text.md', 'This is rec' 'ieved.\n'),
}


@pytest.mark.parametrize('name', LINT)
def test_each_check_of_lint_can_fail(tree, name):
    shutil.copy(os.path.join(TOP, '.clang-format'), tree)
    lint = [f'{tree}/devtools/lint', name]
    clean = '/* SPDX-License-Identifier: BSD-3-Clause */\n/* Nothing. */\nint x;\n'
    for folder in ('bench', 'dpdk-ipsecif', 'ipsecifctl'):
        write(f'{tree}/app/{folder}/main.c', clean)
    write(f'{tree}/unit.c', clean)
    write(f'{tree}/devtools/make-deb', '#!/bin/sh\n# SPDX-License-Identifier: BSD-3-Clause\n')
    nothing = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert nothing.returncode == 1, 'no git checkout, so no files: ' + nothing.stdout
    assert nothing.stdout.endswith(f'FAIL  {name}\nlint: failed: {name}\n')
    subprocess.run(['git', 'init', '-q', tree], check=True)
    good = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stdout + good.stderr
    path, text = LINT[name]
    write(f'{tree}/{path}', text)
    bad = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert bad.stdout.endswith(f'lint: failed: {name}\n')


def test_a_check_that_lint_does_not_have_is_refused(tree):
    done = subprocess.run([f'{tree}/devtools/lint', 'all'], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr == 'lint: no check is called all\n'
