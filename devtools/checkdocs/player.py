# SPDX-License-Identifier: BSD-3-Clause
"""Types the blocks of a page and compares what comes back."""
import codecs
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time

from . import Wrong, known

PROGRAM, EXAMPLE = 'build/bin/dpdk-ipsecif', 'config/examples/man-page.json'
CONTROL = re.compile(r'\x1b\[[0-9;?]*[A-Za-z]|[\x07\r\0]')
SUDO = re.compile(r'(^|[|;&(])\s*sudo\b', re.M)
SHELL = ['bash', '-e', '-o', 'pipefail']
END = ('^D', '.')       # of statements
HEAD, TAIL = 10, 20     # lines of output that a message shows


def quoted(text):
    lines = text.rstrip().split('\n')
    if len(lines) > HEAD + TAIL + 1:
        lines[HEAD:-TAIL] = [f'... ({len(lines) - HEAD - TAIL} lines)']
    return ''.join(f'    | {line}\n' for line in lines)


class Terminal:
    """A shell with a terminal, in the background. Whoever waits reads all of them meanwhile."""

    def __init__(self, script, until):
        self.until, self.seen = re.compile(until, re.M), ''
        self.decode = codecs.getincrementaldecoder('utf-8')('replace').decode
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 250, 0, 0))
        self.process = subprocess.Popen(
            [*SHELL, script], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def read(self):
        try:
            got = os.read(self.master, 65536)
        except OSError:         # its last process has ended
            got = b''
        if not got:
            os.close(self.master)
            self.master = -1
        self.seen += CONTROL.sub('', self.decode(got))

    def write(self, text):
        os.write(self.master, text.encode())

    def is_open(self):
        return self.master >= 0

    def code(self):
        return self.process.poll()


class Player:
    def __init__(self):
        self.terminals, self.last = {}, ''
        self.cpus = sorted(os.sched_getaffinity(0))

    # --- waiting ---

    def read_terminals(self, seconds):
        is_open = {t.master: t for t in self.terminals.values() if t.is_open()}
        for fd in select.select(list(is_open), [], [], seconds)[0]:
            is_open[fd].read()

    def wait(self, condition, seconds):
        """@return whether the condition came to be in time."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            self.read_terminals(0.02)
        return True

    # --- kinds of blocks ---

    def on_this_machine(self, text):
        """Where there are fewer CPUs than the page has lcores, lcores share them."""
        def lcores(found):
            wanted = []
            for part in found.group(2).split(','):
                first, _, last = part.partition('-')
                wanted += range(int(first), int(last or first) + 1)
            if set(wanted) <= set(self.cpus):
                return found.group(0)
            return found.group(1) + '--lcores ' + ','.join(f'{n}@{self.cpu(n)}' for n in wanted)

        def cpus(found):
            return re.sub('(?<=@)[0-9]+', lambda n: str(self.cpu(int(n.group()))), found.group())

        text = re.sub(r'(\s)-l ([0-9][0-9,-]*)(?=\s)', lcores, text)
        return re.sub(r'(?<=--lcores )\S+', cpus, text)

    def cpu(self, n):
        return self.cpus[n % len(self.cpus)]

    def script(self, text):
        if SUDO.search(text):
            raise Wrong('sudo: a minimal system, where one is root, has none')
        with tempfile.NamedTemporaryFile('w', suffix='.sh', delete=False) as f:
            f.write(self.on_this_machine(text))
        return f.name

    def run(self, argv, seconds):
        """To its end: (exit code, what it has printed)."""
        with tempfile.TemporaryFile('w+') as out:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT, start_new_session=True)
            in_time = self.wait(lambda: process.poll() is not None, seconds)
            if not in_time:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            out.seek(0)
            text = out.read()
        if not in_time:
            raise Wrong(f'does not end in {seconds} s\n' + quoted(text))
        return process.returncode, CONTROL.sub('', text)

    def type_shell(self, text, seconds, shell):
        code, self.last = self.run([*shell, self.script(text)], seconds)
        if code != 0:
            raise Wrong(f'exit code {code}\n' + quoted(self.last))

    def open_terminal(self, block):
        if block.value in self.terminals and self.terminals[block.value].is_open():
            raise Wrong(f'terminal {block.value} is in use')
        t = self.terminals[block.value] = Terminal(self.script(block.text), block.until)
        self.wait(lambda: t.until.search(t.seen) or not t.is_open(), block.within)
        if not t.until.search(t.seen):
            when = f'in {block.within} s' if t.is_open() else 'and has ended'
            raise Wrong(f'does not say "{block.until}" {when}\n' + quoted(t.seen))
        self.last = t.seen

    def end_terminal(self, name, seconds):
        t = self.terminal(name)
        if t.is_open():
            t.write('\x03')
        if not self.wait(lambda: t.code() is not None, seconds):
            raise Wrong(f'terminal {name} does not end at ^C in {seconds} s\n' + quoted(t.seen))
        if t.code() != 0:
            raise Wrong(f'terminal {name} has ended with exit code {t.code()}\n' + quoted(t.seen))
        del self.terminals[name]

    def terminal(self, name):
        if name not in self.terminals:
            raise Wrong(f'no terminal {name} has been opened')
        return self.terminals[name]

    def type_lines(self, t, lines, block):
        """Typed at the prompt, up to the next prompt. @return the answer."""
        before = len(t.seen)
        if not t.is_open():
            raise Wrong(f'"{lines[0]}": the terminal has ended\n' + quoted(t.seen))

        def is_done():
            echo = t.seen.find('\n', before) + 1
            return not t.is_open() or echo and t.until.search(t.seen, echo)

        t.write(''.join('\x04' if line == '^D' else line + '\r' for line in lines))
        if not self.wait(is_done, block.within):
            raise Wrong(f'no prompt after "{lines[0]}"\n' + quoted(t.seen[before:]))
        if not t.is_open() and lines[0].strip() not in ('quit', 'exit', '^D'):
            raise Wrong(f'the terminal has ended after "{lines[0]}"\n' + quoted(t.seen[before:]))
        answer = t.until.sub('', t.seen[before:])
        answer = answer.replace('Connection closed by foreign host.\n', '')
        for line in lines:      # the echo, which is not the answer
            answer = answer.replace(line + '\n', '', 1)
        return answer

    def type_commands(self, block):
        t = self.terminal(block.value)
        self.last, missing = '', list(block.expect)
        for lines, shown in commands(block.text, t.until):
            answer = self.type_lines(t, lines, block)
            self.last += answer
            if shown is not None:
                compare(shown, answer)
                continue
            found = [e for e in block.expect if re.search(e, answer, re.M)]
            missing = [e for e in missing if e not in found]
            if answer.strip() and not found:
                raise Wrong(f'"{lines[0]}" answers what is not expected:\n' + quoted(answer))
        if missing:
            raise Wrong(f'no answer has "{missing[0]}":\n' + quoted(self.last))

    def write_file(self, block):
        os.makedirs(os.path.dirname(block.value) or '.', exist_ok=True)
        with open(block.value, 'w', encoding='utf-8') as f:
            f.write(block.text)
        if block.value.endswith('.json'):
            self.check_configuration(block.value)

    def check_configuration(self, path):
        known.check_configuration(self.run, [PROGRAM, '--', '-c', path])

    def check_part(self, block):
        try:
            with open(EXAMPLE, encoding='utf-8') as f:
                whole = dict(json.load(f), **json.loads('{' + block.text + '}'))
        except ValueError as e:
            raise Wrong(f'no members of JSON: {e}') from None
        with open('part.json', 'w', encoding='utf-8') as f:
            json.dump(whole, f)
        self.check_configuration('part.json')

    def check_unplayed(self, block):
        known.check(self.run, block.text, block.value if block.kind == 'not here,' else '')

    # --- a block ---

    def play(self, block):
        for name in block.end:
            self.end_terminal(name, block.within)
        if block.kind in ('sh', 'python'):
            self.type_shell(block.text, block.within, SHELL if block.kind == 'sh' else ['python3'])
        elif block.kind == 'terminal':
            self.open_terminal(block)
        elif block.kind == 'cli':
            self.type_commands(block)
            return
        elif block.kind == 'file':
            self.write_file(block)
        elif block.kind == 'part':
            self.check_part(block)
        elif block.kind == 'output':
            compare(block.text, self.last)
        elif block.kind == 'instead':
            self.check_unplayed(block)
            self.type_shell(block.value, block.within, SHELL)
        elif block.kind == 'not here,':
            self.check_unplayed(block)
        for expression in block.expect:
            if not re.search(expression, self.last, re.M):
                raise Wrong(f'does not print "{expression}":\n' + quoted(self.last))

    def close(self):
        """At the end of the page: what was to stay must still be there."""
        for name, t in self.terminals.items():
            self.wait(lambda: True, 0)
            if t.code() not in (None, 0):
                raise Wrong(f'terminal {name} has ended with exit code {t.code()}\n'
                            + quoted(t.seen))


def commands(text, prompt):
    """[(lines to type until the next prompt, the answer that the page shows or None)]"""
    out, lines = [], text.rstrip('\n').split('\n')
    transcript = any(prompt.match(line) for line in lines)
    while lines:
        line = lines.pop(0)
        shown = prompt.match(line)
        if transcript and not shown:
            if not out:
                raise Wrong(f'"{line}" stands before the first prompt')
            out[-1][1].append(line)
            continue
        if not line.strip():
            continue
        typed = [line[shown.end():].strip() if shown else line]
        if re.match(r'\s*setkey\s.*-c', typed[0]):
            while typed[-1].strip() not in END:
                if not lines:
                    raise Wrong('the statements of setkey -c have no end (^D, or a line with .)')
                typed.append(lines.pop(0).strip())
        out.append((typed, []))
    return [(typed, '\n'.join(shown) if transcript else None) for typed, shown in out]


def same(shown, line):
    parts = [re.escape(' '.join(part.split())) for part in shown.strip().split('...')]
    return re.fullmatch(r'\s*' + r'.*'.join(parts) + r'\s*', ' '.join(line.split())) is not None


def compare(shown, printed):
    """What is shown is what is printed; a line of "..." stands for any lines."""
    printed = [line for line in printed.split('\n') if line.strip()]
    at, free = 0, False
    for line in shown.split('\n'):
        if not line.strip():
            continue
        if line.strip() == '...':
            free = True
            continue
        found = next((i for i in range(at, len(printed) if free else min(at + 1, len(printed)))
                      if same(line, printed[i])), None)
        if found is None:
            raise Wrong(f'"{line.strip()}" is shown, and printed is:\n'
                        + quoted('\n'.join(printed[at:])))
        at, free = found + 1, False
    if at < len(printed) and not free:
        raise Wrong(f'"{printed[at].strip()}" is printed and not shown (a line of ... leaves out)')
