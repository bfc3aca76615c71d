# SPDX-License-Identifier: BSD-3-Clause
"""Checks what is between the blocks of a page: links lead to files, a program has the option, and a
gateway takes the commands of the CLI that only show something."""
import os
import re

from . import Wrong, known
from .page import Block

SPAN = re.compile(r'(?<!`)`([^`]+)`(?!`)')
LINK = re.compile(r'\]\(([^)\s]+)\)')
SHOWS = re.compile(r'(show|netstat|arp|ndp|sysctl|help) \S.*|explain (in|out) .*|route get \S+|'
                   r'setkey -D.*|ifconfig( \S+)?')
# What stands for words in capitals.
EXAMPLES = {'ADDRESS': '10.2.0.7', 'REMOTE': '192.168.0.5', 'SRC': '10.1.0.9', 'DST': '10.2.0.7',
            'SPI': '10001', 'COMMAND': 'show'}
HELPS = [['./run', 'help'], ['app/bench/pair', '--help'], ['app/bench/compare', '--help'],
         ['dpdk-devbind.py', '--help'], ['tcpdump', '--help'], known.EAL_HELP,
         *([known.BIN + program, '--help'] for program in known.OURS)]

GATEWAY = r"""
printf '\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\xff\xff\0\0\1\0\0\0' >in.pcap     # an empty file
build/bin/dpdk-ipsecif -l 0 --no-huge --no-pci --no-shconf --no-telemetry \
    -- -c config/examples/pcap.json --no-telnet --socket /tmp/prose.sock
"""


def check_links(path, prose):
    for number, line in prose:
        for target in LINK.findall(line):
            file = target.split('#')[0]
            there = os.path.exists(os.path.join(os.path.dirname(path), file))
            if file and ':' not in file and not there:
                raise Wrong(f'line {number}: the link leads to no file: {target}')


def spans(prose):
    """[(number of the line, words)] of what is in back quotes."""
    text = '\n'.join(line for _, line in prose)
    numbers = [number for number, _ in prose]
    return [(numbers[text.count('\n', 0, found.start())], found.group(1).split())
            for found in SPAN.finditer(text)]


def commands(prose):
    for number, words in spans(prose):
        typed = ' '.join(EXAMPLES.get(word, word) for word in words)
        if SHOWS.fullmatch(typed) and '...' not in typed and not re.search(r'\b[A-Z]{2,}\b', typed):
            yield number, typed


def check(prose, typist):
    """In the place, after the last block."""
    options = [(number, word) for number, words in spans(prose) for word in words
               if re.fullmatch(r'--[a-z][a-z-]+', word)]
    helps = '\n'.join(typist.run(call, 30)[1] for call in HELPS) if options else ''
    for number, option in options:
        if not known.names(helps, option):
            raise Wrong(f'line {number}: no program has an option {option}')
    for at, (number, typed) in enumerate(commands(prose)):
        if at == 0:
            gateway = Block(number, 'terminal', GATEWAY)
            gateway.value, gateway.until = 'prose', '^ready$'
            typist.open_terminal(gateway)
        code, answer = typist.run([known.BIN + 'ipsecifctl', '-s', '/tmp/prose.sock',
                                   *typed.split()], 30)
        if code:
            raise Wrong(f'line {number}: "{typed}" is refused: {answer.strip()}')
