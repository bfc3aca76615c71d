# SPDX-License-Identifier: BSD-3-Clause
"""Checks commands without typing them: programs exist, and their help names the options."""
import functools
import os
import re
import shlex
import shutil

from . import Wrong

BIN = 'build/bin/'
OURS = ('dpdk-ipsecif', 'dpdk-ipsecif-bench', 'ipsecifctl')
EALS = ('dpdk-ipsecif', 'dpdk-ipsecif-bench', 'change_bench')   # take EAL's options in front of --
# Where PROGRAM --help does not list all that the program takes.
HELPS = {
    'dpdk-ipsecif': [[BIN + 'dpdk-ipsecif', '--help']],
    'dpdk-ipsecif-bench': [[BIN + 'dpdk-ipsecif-bench', '--help']],
    'change_bench': [[BIN + 'dpdk-ipsecif-bench', '--help']],
    'ipsecifctl': [[BIN + 'ipsecifctl', '--help']],
    './run': [['./run', 'help'], [BIN + 'dpdk-ipsecif-bench', '--help'],
              ['app/bench/pair', '--help'], ['app/bench/compare', '--help']],
    'valgrind': [['valgrind', '--tool=cachegrind', '--help']],
}
EAL_HELP = [BIN + 'dpdk-ipsecif-bench', '-h', '--']
BUILTINS = ('echo', 'printf', 'for', 'do', 'done', 'if', 'then', 'fi', 'cd', 'umask', 'exec', ')')
SEPARATORS = ('|', '||', '&&', ';', '&', '|&')


def commands_of(text):
    """The simple commands of shell text as lists of words."""
    out = []
    for line in text.replace('\\\n', ' ').split('\n'):
        try:
            lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
            lexer.commenters, lexer.whitespace_split = '#', True
            words = list(lexer)
        except ValueError as e:
            raise Wrong(f'no shell command: {line.strip()}: {e}') from None
        command = []
        for word in [*words, ';']:
            if word not in SEPARATORS:
                command.append(word)
                continue
            while command and (re.match(r'\w+=', command[0]) or command[0] in ('do', 'then', '(')):
                command.pop(0)
            # `valgrind OPTIONS build/PROGRAM OPTIONS` is two commands
            ours = [i for i, word in enumerate(command) if i and word.startswith('build/')]
            for part in (command[:ours[0]], command[ours[0]:]) if ours else (command, ):
                out += [part] if part else []
            command = []
    return out


def names(text, option):
    if re.search(r'(?<![\w-])' + re.escape(option) + r'(?![\w-])', text):
        return True
    letters = option[1:] if re.fullmatch(r'-[A-Za-z]{2,}', option) else ''
    return bool(letters) and all(names(text, '-' + letter) for letter in letters)


class Known:
    """Helps, asked for once. run(argv, seconds) gives exit code and output."""

    def __init__(self, run):
        self.run = run
        self.help = functools.lru_cache(maxsize=None)(self.help)

    def help(self, program):
        calls = HELPS.get(program, [[program, '--help']])
        return '\n'.join(self.run(call, 30)[1] for call in calls)

    def eal(self):
        return self.run(EAL_HELP, 30)[1]

    def check(self, command, reason):
        program = os.path.basename(command[0]) if command[0].startswith('build/') else command[0]
        if program in BUILTINS:
            return
        if not shutil.which(command[0]):
            if not re.search(rf'(?<![\w-]){re.escape(program)}(?![\w-])', reason):
                raise Wrong(f'{program}: no such program (name it in the reason if it may be missing)')
            return
        if program == './run' and not re.search(rf'^  {command[1]}\b', self.help(program), re.M):
            raise Wrong(f'./run {command[1]}: no such command')
        ours = program not in EALS
        for word in command[1:]:
            if word == '--':
                ours = True
            elif re.match(r'-[A-Za-z]|--[a-z]', word):
                option = word.split('=')[0]
                text = self.help(program) if ours else self.eal()
                if program == './run':      # what it gives to another is the other's
                    text += self.eal()
                if not names(text, option):
                    raise Wrong(f'{program}: no option {option}')


def check(run, text, reason):
    known = Known(run)
    for command in commands_of(text):
        known.check(command, reason)
        if command[0].endswith('dpdk-ipsecif') and '-c' in command:
            check_configuration(run, command)


def check_configuration(run, command):
    """The command itself, but with -n: no device is opened."""
    code, text = run([BIN + 'dpdk-ipsecif', *command[1:], '-n'], 30)
    if code != 0 or not re.search('^ok$', text, re.M):
        raise Wrong(f'{command[command.index("-c") + 1]} is refused:\n{text}')
