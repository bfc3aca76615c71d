# SPDX-License-Identifier: BSD-3-Clause
"""The pages do what they say: each is typed from top to bottom by devtools/check-docs. And check-docs sees when one does not."""
import glob
import os
import re
import signal
import subprocess
import time

import pytest
from lib import CLIENT, PROGRAM, TOP, WAIT_S

CHECK_DOCS = os.path.join(TOP, 'devtools/check-docs')
PAGES = ['README.md', 'docs/reference/cli.md', 'docs/reference/semantics.md',
         *sorted(os.path.relpath(path, TOP) for kind in ('.', 'tutorial', 'how-to')
                 for path in glob.glob(os.path.join(TOP, 'docs', kind, '*.md')))]


def check_docs(*pages, timeout=1200):
    done = subprocess.run([CHECK_DOCS, *map(str, pages)], cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize('page', PAGES)
def test_a_page_does_what_it_says(page):
    code, out = check_docs(page)
    assert code == 0, out


def test_those_are_the_pages_that_check_docs_takes_by_itself():
    with open(CHECK_DOCS, encoding='utf-8') as f:
        patterns = re.search(r'^PAGES = \((.*?)\)$', f.read(), re.M | re.S).group(1)
    taken = [path for pattern in re.findall(r"'(.*?)'", patterns) for path in glob.glob(os.path.join(TOP, pattern))]
    assert sorted(os.path.relpath(path, TOP) for path in taken) == sorted(PAGES)


# --- check-docs itself ---

GATEWAY = '''
<!-- check: terminal gateway
     until ^ready$ -->
    build/bin/dpdk-ipsecif -l 0 --no-huge --no-pci --vdev net_null0,no-rx=1 -- -c gw.json
'''
SESSION = '''
<!-- check: file gw.json -->
```json
{ "ports": { "lan0": { "device": "net_null0", "addresses": ["10.1.0.1/24"] } } }
```
''' + GATEWAY + '''
<!-- check: terminal telnet
     until ^dpdk-ipsecif> -->
    telnet 127.0.0.1 8086
'''


def test_a_page_that_is_right_passes(folder):
    page = folder / 'page.md'
    page.write_text(SESSION + '''
Text with `show drops`, `route get ADDRESS`, `--no-telnet`, and a [link](page.md#here).

<!-- check: cli telnet
     expect ^ipsec0$
     expect sa .* without authentication -->
    ifconfig ipsec0 create reqid 100
    setkey -c
    add 10.1.0.1 10.1.0.2 esp 10000 -m tunnel -u 100 -E rijndael-cbc "VerySecureKey!!1";
    ^D

<!-- check: cli telnet -->
    dpdk-ipsecif> setkey -D
    10.1.0.1 10.1.0.2
            esp mode=tunnel spi=10000(...) reqid=100(...)
    ...
    dpdk-ipsecif> ifconfig -l
    lan0 ipsec0

<!-- check: expect ^b$ -->
```sh
echo a; echo b    # in the project's directory
test -x ./run
```

<!-- check: output -->
    a
    ...

<!-- check: part -->
    "state": { "file": "/var/lib/dpdk-ipsecif/state" }

```python
import scapy
```

<!-- check: instead ./run help -->
    ./run demo
''' + '''
<!-- check: not here, needs modprobe -->
    modprobe vfio-pci
    dpdk-devbind.py --bind vfio-pci 0000:03:00.0 && VALUE=1 ./run bench -l 0 -- --size 64

<!-- check: end gateway
     picture -->
    gone
''')
    code, out = check_docs(page)
    assert code == 0, out
    assert ': 12 blocks, 1 of them not here' in out


BROKEN = {
    'a command that fails': ('```sh\necho so; false; echo far\n```', r'FAIL .*:1: sh: echo so.*exit code 1\n    \| so\n\n'),
    'a program that does not exist': ('```sh\nipsecifctll show drops\n```', 'exit code 127'),
    'an option that a program does not have': ('```sh\nbuild/bin/ipsecifctl --colour show drops\n```', 'exit code 2'),
    'a wrong option in front of --': (SESSION.replace('--no-pci', '--no-pcy'), r'does not say "\^ready\$" and has ended'),
    'a pipe whose head fails': ('```sh\nfalse | cat\n```', 'exit code 1'),
    'python that fails': ('```python\nimport nothing_such\n```', 'ModuleNotFoundError'),
    'an output that is not printed': ('<!-- check: expect ^c$ -->\n```sh\necho a; echo b\n```', r'does not print "\^c\$"'),
    'an output that is another': ('```sh\necho a; echo b\n```\n<!-- check: output -->\n    a\n    c\n',
                                  '"c" is shown, and printed is:\n    | b'),
    'an output of which a part is shown': ('```sh\necho a; echo b\n```\n<!-- check: output -->\n    a\n',
                                           '"b" is printed and not shown'),
    'an output in another order': ('```sh\necho a; echo b\n```\n<!-- check: output -->\n    ...\n    b\n    a\n',
                                   '"a" is shown, and printed is'),
    'a command that does not end': ('<!-- check: within 1 -->\n```sh\nsleep 1000\n```', 'does not end in 1 s'),
    'sudo': ('```sh\ntrue; sudo true\n```', 'sudo: a minimal system'),
    'a file that is refused': (SESSION.replace('10.1.0.1/24', '10.1.0.1/99'), 'gw.json is refused:\n.*10.1.0.1/99'),
    'a part that is refused': ('<!-- check: part -->\n    "state": { "file": "relative" }\n', 'part.json is refused'),
    'a part that is no JSON': ('<!-- check: part -->\n    "state": ...\n', 'no members of JSON'),
    'a terminal that does not say it': ('<!-- check: terminal a\n     until ^ready$\n     within 1 -->\n    sleep 1000\n',
                                        r'does not say "\^ready\$" in 1 s'),
    'a terminal that ends': ('<!-- check: terminal a\n     until ^ready$ -->\n    echo steady\n', 'and has ended\n.*steady'),
    'a terminal that ends badly later': ('<!-- check: terminal a\n     until ^x -->\n    echo $$ >pid; echo x; exit 3\n\n'
                                         "```sh\nuntil grep 'State:.Z' /proc/$(cat pid)/status; do sleep 0.02; done\n```", 'terminal a has ended with exit code 3'),
    'a terminal that ends badly at ^C': ('<!-- check: terminal a\n     until ^x -->\n    trap "exit 4" INT; echo x; sleep 1000\n\n'
                                         '<!-- check: end a -->\n```sh\ntrue\n```', 'terminal a has ended with exit code 4'),
    'a command of the CLI that does not exist': (SESSION + '\n<!-- check: cli telnet -->\n    ifconfig -l # which\n    frob 1\n',
                                                 'answers what is not expected'),
    'a command of the CLI that is refused': (SESSION + '\n<!-- check: cli telnet\n     expect ^ipsec0$ -->\n'
                                             '    ifconfig ipsec0 create\n    ifconfig ipsec0 mtu 9000\n',
                                             '"ifconfig ipsec0 mtu 9000" answers what is not expected:\n.*above the maximum'),
    'an answer of the CLI that does not come': (SESSION + '\n<!-- check: cli telnet\n     expect ^ipsec0$\n     expect warning -->\n'
                                                '    ifconfig ipsec0 create\n', 'no answer has "warning"'),
    'an answer of the CLI that is another': (SESSION + '\n<!-- check: cli telnet -->\n    dpdk-ipsecif> ifconfig -l\n    wan0\n',
                                             '"wan0" is shown, and printed is:\n    | lan0'),
    'add outside of setkey -c': (SESSION + '\n<!-- check: cli telnet -->\n'
                                 '    add 10.1.0.1 10.1.0.2 esp 10000 -m tunnel -u 100 -E null "";\n', 'answers what is not expected'),
    'statements without end': (SESSION + '\n<!-- check: cli telnet -->\n    setkey -c\n    flush;\n', 'have no end'),
    'a session that has ended': (SESSION + '\n<!-- check: cli telnet -->\n    quit\n    clear counters\n',
                                 '"clear counters": the terminal has ended'),
    'a session that ends': (SESSION + '\n<!-- check: end gateway\n     cli telnet -->\n    clear counters\n',
                            'the terminal has ended'),
    'a terminal that nobody has opened': ('<!-- check: cli telnet -->\n    show drops\n', 'no terminal telnet has been opened'),
    'a block of which nothing is said': ('Text\n\n    ls\n', 'line 3: nothing says what this block is'),
    'a fenced block of which nothing is said': ('Text\n```\nls\n```', 'line 2: nothing says what this block is'),
    'a language that nothing is done with': ('```json\n{}\n```', 'nothing says what this block is'),
    'a direction that does not exist': ('<!-- check: perhaps -->\n```sh\nls\n```', '"perhaps" is no direction'),
    'a direction without its value': ('<!-- check: not here, -->\n```sh\nls\n```', '"not here," is no direction'),
    'a direction in front of text': ('<!-- check: picture -->\nText\n', '"picture" stands in front of no block'),
    'a direction behind the last block': ('<!-- check: picture -->\n', '"picture" stands in front of no block'),
    'two kinds': ('<!-- check: picture\n     output -->\n    x\n', 'two kinds: picture; output'),
    'not here: an unknown program': ('<!-- check: not here, needs a NIC -->\n    dpdk-devbinder.py --status\n',
                                     'dpdk-devbinder.py: no such program'),
    'not here: an unknown option': ('<!-- check: not here, needs a NIC -->\n    dpdk-devbind.py --bond vfio-pci 1:2.3\n',
                                    'dpdk-devbind.py: no option --bond'),
    'not here: an unknown option of ours': ('<!-- check: not here, it is an example -->\n'
                                            '    build/bin/dpdk-ipsecif -l 0-3 -- -c config/examples/ports.json --telnets\n',
                                            'dpdk-ipsecif: no option --telnets'),
    "not here: an unknown option of EAL's": ('<!-- check: not here, it is an example -->\n'
                                             '    build/bin/dpdk-ipsecif --no-hugo -- -c config/examples/ports.json\n',
                                             'dpdk-ipsecif: no option --no-hugo'),
    'not here: a configuration that is refused': ('<!-- check: not here, it is an example -->\n'
                                                  '    build/bin/dpdk-ipsecif -l 0-3 -- -c config/schema.json\n',
                                                  'config/schema.json is refused'),
    'not here: an unknown command of run': ('<!-- check: not here, it is an example -->\n    ./run demonstrate\n',
                                            './run demonstrate: no such command'),
    'instead: an unknown command of run': ('<!-- check: instead ./run help -->\n    ./run demonstrate\n',
                                           './run demonstrate: no such command'),
    'a file of the project is written': ('```sh\ntouch README.md\n```', 'Read-only file system'),
    'a setting of the machine is changed': ('```sh\nsysctl -w kernel.panic=$(sysctl -n kernel.panic)\n```', 'exit code 1'),
    'a link to nowhere': ('Text\nand [more](nowhere.md)\n', 'line 2: the link leads to no file: nowhere.md'),
    'an option in the text': ('Text\nwith `--idle-exits 1`\n', 'line 2: no program has an option --idle-exits'),
    'a command in the text': ('Text\nwith `show engines`\n', 'line 2: "show engines" is refused'),
}


@pytest.mark.parametrize('what', BROKEN)
def test_a_page_that_is_wrong_is_seen(folder, what):
    text, message = BROKEN[what]
    (folder / 'page.md').write_text(text)
    code, out = check_docs(folder / 'page.md')
    assert code == 1 and re.search(message, out, re.S), out
    assert 'Traceback (most recent call last)' not in out or what == 'python that fails', out


def processes(word):
    """Of the whole machine, with the word among their arguments."""
    out = []
    for path in glob.glob('/proc/[0-9]*/cmdline'):
        try:
            with open(path, 'rb') as f:
                out += [path] if word.encode() in f.read().split(b'\0') else []
        except OSError:
            pass
    return out


@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_when_it_is_interrupted(folder, how):
    word = f'{1000 + how}.{os.getpid()}'
    tag = f'd{os.getpid()}-{int(how)}'
    (folder / 'page.md').write_text(f'```sh\nip netns add {tag}\nip link add {tag} type veth peer name {tag}p\nmkdir /etc/{tag} /run/{tag} /tmp/{tag}\n'
                                    f'touch {tag}\nsleep {word} &\nip netns exec {tag} setsid sleep {word}\n```\n')
    with subprocess.Popen([CHECK_DOCS, str(folder / 'page.md')], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as running:
        end = time.monotonic() + WAIT_S
        while len(processes(word)) < 2:
            assert time.monotonic() < end and running.poll() is None
            time.sleep(0.02)
        running.send_signal(how)
        assert running.wait(WAIT_S) == (-how if how == signal.SIGKILL else 128 + how)
    if how == signal.SIGKILL:   # then it can not wait itself until they are gone
        end = time.monotonic() + WAIT_S
        while processes(word) and time.monotonic() < end:
            time.sleep(0.02)
    assert not processes(word)
    assert not [path for place in ('/run/netns', '/sys/class/net', '/etc', '/run', '/tmp', TOP)
                for path in glob.glob(f'{place}/{tag}')]
    with open('/proc/mounts', encoding='utf-8') as f:
        assert tag not in f.read()


def test_two_at_once_do_not_see_each_other(folder):
    """The same names of namespaces, the same port of telnet, the same file prefix."""
    (folder / 'page.md').write_text('```sh\nip netns add host-a\n```\n' + SESSION + '''
<!-- check: cli telnet -->
    dpdk-ipsecif> ifconfig ipsec0 create
    ipsec0
''' + '```sh\nsleep 1\n```\n')
    running = [subprocess.Popen([CHECK_DOCS, str(folder / 'page.md')], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    for one in running:
        out = one.communicate(timeout=600)[0]
        assert one.returncode == 0, out


# --- what pages, unit and programs must agree on ---

def text_of(path):
    with open(os.path.join(TOP, path), encoding='utf-8') as f:
        return f.read()


def test_there_is_one_path_for_the_configuration():
    unit = text_of('config/dpdk-ipsecif.service')
    path, = set(re.findall(r' -c (\S+)', unit))
    assert path == '/etc/dpdk-ipsecif/dpdk-ipsecif.json'
    others = {path, '/etc/dpdk-ipsecif/new.json'}      # that of the page about changes from afar
    for file in ('README.md', *(os.path.relpath(f, TOP) for f in glob.glob(os.path.join(TOP, 'docs/**/*'), recursive=True)
                                if os.path.isfile(f))):
        assert set(re.findall(r'/etc/dpdk-ipsecif[\w./-]*\.json', text_of(file))) <= others, file
    assert 'StateDirectory=dpdk-ipsecif\n' in unit and 'RuntimeDirectory=dpdk-ipsecif\n' in unit
    assert '/etc/dpdk-ipsecif"' in text_of('devtools/make-deb')


def test_the_unit_checks_the_file_before_it_starts(folder):
    """Its lines as systemd runs them, with the programs that were built and an example."""
    unit = text_of('config/dpdk-ipsecif.service')
    arguments = re.search(r'^Environment="EAL_ARGS=(.*)"$', unit, re.M).group(1)
    (folder / 'cfg.json').write_text(text_of('config/examples/ports.json'))
    line = re.search(r'^ExecStartPre=/usr/bin/dpdk-ipsecif (.*)$', unit, re.M).group(1)
    words = line.replace('$EAL_ARGS', arguments).replace('/etc/dpdk-ipsecif/dpdk-ipsecif.json', str(folder / 'cfg.json')).split()
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert (done.returncode, done.stdout) == (0, 'ok\n'), done.stderr


def test_the_completion_knows_the_options_of_the_client():
    text = text_of('app/ipsecifctl/ipsecifctl.bash')
    usage = subprocess.run([CLIENT, '--help'], capture_output=True, text=True, timeout=WAIT_S, check=True).stdout
    options = set(re.findall(r'(?<![\w-])--?[a-z]+', usage))
    assert options == set('-s -j -f -h --help --version'.split())
    assert options <= set(re.search(r'compgen -W "(.*?)\$commands"', text).group(1).split())
