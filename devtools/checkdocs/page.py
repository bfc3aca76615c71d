# SPDX-License-Identifier: BSD-3-Clause
"""Reads a page: blocks with their directions, and prose. devtools/check-docs has the grammar."""
import re
import textwrap

from . import Wrong

LANGUAGES = ('sh', 'python')
# Kind of block: does it take a value?
KINDS = {'sh': False, 'python': False, 'terminal': True, 'cli': True, 'file': True, 'part': False,
         'output': False, 'picture': False, 'instead': True, 'not here,': True}
OTHERS = ('until', 'expect', 'within', 'end')
FENCE = re.compile(r' {0,3}(```+)\s*(\w*)')


class Block:
    def __init__(self, line, kind, text):
        self.line, self.kind, self.value, self.text = line, kind, '', text
        self.until, self.expect, self.end, self.within = '', [], [], 60

    def __str__(self):
        first = (self.text.strip().splitlines() or [''])[0].strip()
        return f'{self.kind.rstrip(",")} {self.value}'.strip() + f': {first[:64]}'

    def take(self, direction):
        """@return whether the direction says what the block is."""
        word = next((w for w in [*KINDS, *OTHERS] if (direction + ' ').startswith(w + ' ')), None)
        value = direction[len(word):].strip() if word else ''
        if not word or (value != '') != KINDS.get(word, True):
            raise Wrong(f'"{direction}" is no direction (check-docs --help lists them)')
        if word in KINDS:
            self.kind, self.value = word, value
        elif word in ('expect', 'end'):
            getattr(self, word).append(value)
        else:
            setattr(self, word, int(value) if word == 'within' else value)
        return word in KINDS


def block_of(line, language, directions, text):
    block = Block(line, language if language in LANGUAGES else '', text)
    if sum(block.take(direction) for direction in directions) > 1:
        raise Wrong('two kinds: ' + '; '.join(directions))
    if not block.kind:
        raise Wrong('nothing says what this block is (a language, or <!-- check: ... -->)')
    if (block.kind == 'terminal') != (block.until != ''):
        raise Wrong('terminal and until belong together')
    for expression in [block.until, *block.expect]:
        re.compile(expression)
    return block


def comment_at(lines, at):
    """(directions, text after `given` or None, next line) of the comment that begins there."""
    end = next((i for i in range(at, len(lines)) if '-->' in lines[i]), None)
    if end is None:
        raise Wrong('a comment without end')
    found = re.fullmatch(r'\s*<!--\s*check:(.*)-->\s*', '\n'.join(lines[at:end + 1]), re.S)
    body, given = found.group(1).split('\n') if found else [], None
    for i, line in enumerate(body):
        if line.strip() == 'given':
            given = textwrap.dedent('\n'.join(body[i + 1:])).rstrip() + '\n'
            body = body[:i]
            break
    return [line.strip() for line in body if line.strip()], given, end + 1


def code_at(lines, at):
    """(language, text, next line) of the block that begins there."""
    end, fence = at + 1, FENCE.match(lines[at])
    if fence:
        while end < len(lines) and lines[end].strip() != fence.group(1):
            end += 1
        if end == len(lines):
            raise Wrong('a block without end')
        return fence.group(2), '\n'.join(lines[at + 1:end]) + '\n', end + 1
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith('    ')):
        end += 1
    return '', '\n'.join(line[4:] for line in lines[at:end]).rstrip() + '\n', end


def begins_code(lines, at):
    before = lines[at - 1].strip() if at else ''
    return FENCE.match(lines[at]) or (lines[at].startswith('    ') and lines[at].strip() and
                                      (not before or before.endswith('-->')))


def read(path):
    """The blocks of a page in order, and its prose as [(number of the line, line)]."""
    with open(path, encoding='utf-8') as f:
        lines = f.read().split('\n')
    blocks, prose, directions, at = [], [], [], 0
    while at < len(lines):
        start = at
        try:
            if lines[at].lstrip().startswith('<!--'):
                found, given, at = comment_at(lines, at)
                directions += found
                if given is None:
                    continue
                blocks.append(block_of(start + 1, 'sh', directions, given))
                directions = []
            elif begins_code(lines, at):
                language, text, at = code_at(lines, at)
                blocks.append(block_of(start + 1, language, directions, text))
                directions = []
            else:
                if lines[at].strip() and directions:
                    raise Wrong(f'"{directions[0]}" stands in front of no block')
                prose.append((at + 1, lines[at]))
                at += 1
        except (Wrong, ValueError, re.error) as e:
            raise Wrong(f'line {start + 1}: {e}') from None
    if directions:
        raise Wrong(f'line {at}: "{directions[0]}" stands in front of no block')
    return blocks, prose
