# SPDX-License-Identifier: BSD-3-Clause
"""The telnet CLI: what the man page prints can be pasted; rubbish harms nobody."""
import os
import random
import re
import socket
import time

import pytest
from esp import Sa
from lib import PEER4, WAIT_S, WAN4, Gateway, config, free_port, pcap_vdevs

MAN_PAGE = '''\
ifconfig ipsec0 create reqid 100
ifconfig ipsec0 inet tunnel 192.168.0.3 192.168.0.5
ifconfig ipsec0 inet 172.16.0.3/16 172.16.0.5
setkey -c
add 192.168.0.3 192.168.0.5 esp 10000 -m tunnel -u 100 -E rijndael-cbc "VerySecureKey!!1";
add 192.168.0.5 192.168.0.3 esp 10001 -m tunnel -u 100 -E rijndael-cbc "VerySecureKey!!2";
\x04
'''
NEGOTIATION = re.compile(rb'\xff(?:[\xfb-\xfe].|\xfa.*?\xff\xf0|[\xf0-\xf9])', re.S)
TERMINAL = re.compile(rb'\x1b\[[0-9;?]*[A-Za-z]|\x07')


class Telnet:
    """A session as telnet(1) has it: the server echoes, a character at a time."""

    def __init__(self, port, negotiate=True):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=WAIT_S)
        self.seen = b''
        if negotiate:
            self.send(b'\xff\xfd\x01\xff\xfd\x03')     # DO ECHO, DO SUPPRESS-GO-AHEAD

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.replace('\n', '\r\n').encode())

    def until(self, word, timeout=WAIT_S):
        """Read until a word has come; what came since the last call, as a person sees it."""
        end = time.monotonic() + timeout
        while word.encode() not in self.clean(self.seen):
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                got = self.socket.recv(65536)
            except (TimeoutError, socket.timeout):
                raise AssertionError(f'no {word!r} in {self.clean(self.seen)[-2000:]!r}') from None
            if not got:
                break
            self.seen += got
        text, self.seen = self.clean(self.seen).decode(errors='replace'), b''
        return text

    def rest(self):
        """Everything until the server closes."""
        self.socket.settimeout(WAIT_S)
        while True:
            got = self.socket.recv(65536)
            if not got:
                return self.clean(self.seen).decode(errors='replace')
            self.seen += got

    def command(self, line):
        self.send(line + '\n')
        return self.until('dpdk-ipsecif> ')

    @staticmethod
    def clean(data):
        return TERMINAL.sub(b'', NEGOTIATION.sub(b'', data)).replace(b'\r\n', b'\n')


def bare():
    """The stage without tunnel, SAs and routes into it."""
    conf = config()
    conf['ipsec'], conf['routes'] = {}, []
    return conf


@pytest.fixture
def gateway(folder):
    gw = Gateway(folder, bare(), pcap_vdevs(folder, {}))
    gw.port = free_port()
    gw.args = ['--telnet', f'127.0.0.1:{gw.port}']
    with gw:
        yield gw
        assert gw.process.poll() is None, 'the program has died'
        assert gw.stop() == 0


def test_the_man_page_pasted(gateway):
    session = Telnet(gateway.port)
    session.send(MAN_PAGE + 'quit\n')
    seen = session.rest()
    assert 'authentication' in seen      # the warning about a bare cipher
    text = gateway.ctl('ifconfig ipsec0')
    assert 'tunnel inet 192.168.0.3 --> 192.168.0.5' in text
    assert 'inet 172.16.0.3 --> 172.16.0.5 netmask 0xffff0000' in text
    assert 'reqid: 100' in text and 'groups: ipsec' in text
    assert 'UP' in text and 'RUNNING' in text and 'mtu 1400' in text
    assert {row['spi'] for row in gateway.view('setkey -D')} == {10000, 10001}
    dump = gateway.ctl('setkey -D')
    assert 'VerySecure' not in dump and b'VerySecureKey!!1'.hex() not in dump.replace(' ', '')
    policies = gateway.ctl('setkey -DP')
    assert policies.count('unique:100') == 4


def test_the_same_through_the_client(gateway, folder):
    lines = MAN_PAGE.replace('\x04', '.')
    (folder / 'commands').write_text(lines)
    gateway.ctl(f'-f {folder}/commands')
    assert 'reqid: 100' in gateway.ctl('ifconfig ipsec0')
    gateway.ctl('setkey -F')
    assert gateway.view('setkey -D') == []
    statements = '\n'.join(lines.splitlines()[4:6])
    gateway.ctl('setkey -c', stdin=statements)
    assert len(gateway.view('setkey -D')) == 2


def test_the_prompt_answers_and_help_lists_commands(gateway):
    session = Telnet(gateway.port)
    session.until('dpdk-ipsecif> ')
    text = session.command('help')
    for word in ('ifconfig', 'setkey', 'route', 'netstat', 'sysctl', 'show', 'arp', 'ndp', 'save', 'load'):
        assert word in text
    assert 'lan' in session.command('ifconfig -a')


def test_mistakes_get_one_clear_sentence(gateway):
    session = Telnet(gateway.port)
    session.until('dpdk-ipsecif> ')
    session.command('ifconfig ipsec0 create reqid 100')
    for line, words in (
            ('ifconfig ipsec1 create reqid 100', ['ipsec1', '100']),
            ('ifconfig ipsec0 mtu 1279', ['ipsec0', '1279', '1280']),
            ('ifconfig ipsec0 mtu 8193', ['ipsec0', '8193', '8192']),
            ('ifconfig ipsec0 tunnel 192.168.0.3 2001:db8::5', ['ipsec0']),
            ('ifconfig ipsec0 tunnel 0.0.0.0 192.168.0.5', ['ipsec0', '0.0.0.0']),
            ('ifconfig ipsec9 up', ['ipsec9']),
            ('ifconfig ipsec0 frobnicate', ['frobnicate']),
            ('frobnicate', ['frobnicate']),
            ('route add 10.0.0.0/8 -interface ipsec9', ['ipsec9']),
            ('route delete 10.99.0.0/16', ['10.99.0.0']),
            ('sysctl net.key.colour=1', ['net.key.colour']),
            ('sysctl net.key.preferred_oldsa=2', ['net.key.preferred_oldsa', '2']),
            ('arp -s 10.1.0.9 not-a-mac lan', ['not-a-mac']),
            ('show nothing', ['nothing']),
            ('load /nowhere/cfg.json', ['/nowhere/cfg.json'])):
        answer = session.command(line).split('\n', 1)[1]
        for word in words:
            assert word in answer, f'{line!r}: {answer!r}'
    before = gateway.ctl('ifconfig ipsec0')
    assert 'mtu 1400' in before and 'tunnel' not in before


def test_wrong_statements_of_setkey_name_the_line_and_change_nothing(gateway):
    key = '0x' + '00' * 20
    for statement in (
            f'add {WAN4} {PEER4} esp 255 -m tunnel -u 100 -E aes-gcm-16 {key};',
            f'add {WAN4} {PEER4} esp 1000 -m tunnel -u 100 -E aes-gcm-16 0x00;',
            f'add {WAN4} {PEER4} esp 1000 -m tunnel -u 100 -E rot13 {key};',
            f'add {WAN4} {PEER4} ah 1000 -m tunnel -u 100 -A hmac-sha1 {key};',
            f'add {WAN4} 2001:db8::1 esp 1000 -m tunnel -u 100 -E aes-gcm-16 {key};',
            f'add {WAN4} {PEER4} esp 1000 -E aes-gcm-16 {key}',
            'spdadd 10.0.0.0/8 10.0.0.0/8 any -P out none;',
            'add add add;', '"', ';;;x;'):
        code, out, err = gateway.ctl_run('setkey', '-c', stdin=statement)
        assert code == 1 and err.strip(), f'{statement}: {out}'
        assert '00' * 20 not in err
        assert gateway.view('setkey -D') == []


def test_several_sessions_at_once(gateway):
    sessions = [Telnet(gateway.port) for _ in range(4)]
    for s in sessions:
        s.until('dpdk-ipsecif> ')
    for i, s in enumerate(sessions):
        s.command(f'ifconfig ipsec{i} create reqid {200 + i}')
    for s in sessions:
        text = s.command('ifconfig -l')
        assert all(f'ipsec{i}' in text for i in range(4))


def test_a_line_is_edited(gateway):
    """Backspace, home, ^W, history: what a terminal sends."""
    session = Telnet(gateway.port)
    session.until('dpdk-ipsecif> ')
    session.send(b'xshow versioo\x7fn\x01\x04\r')      # ^A, then delete under the cursor
    first = session.until('dpdk-ipsecif> ')
    assert '0.1' in first
    session.send(b'\x1b[A\r')           # cursor up
    assert '0.1' in session.until('dpdk-ipsecif> ')
    session.send(b'show rubbish\x17version\r')
    assert '0.1' in session.until('dpdk-ipsecif> ')


def test_tab_completes_and_question_mark_explains(gateway):
    session = Telnet(gateway.port)
    session.until('dpdk-ipsecif> ')
    session.send(b'netst\t')
    session.until('netstat ')
    session.send(b'\x01\x0bsh\t\x01\x0bshow ?')     # ^A ^K empties the line
    text = session.until('drops')
    assert 'drops' in text


@pytest.mark.parametrize('seed', range(3))
def test_rubbish_harms_nobody(gateway, seed):
    rng = random.Random(seed)
    for _ in range(20):
        session = Telnet(gateway.port, negotiate=rng.random() < 0.5)
        try:
            session.send(bytes(rng.randrange(256) for _ in range(rng.randrange(1, 3000))))
            if rng.random() < 0.5:
                session.send(b'\xff\xfa\x1f' + os.urandom(200))
                session.send(b'\r\n' * 10)
        except OSError:
            pass
        session.socket.close()
    assert 'lan' in gateway.ctl('ifconfig -l')


def test_a_line_without_end_is_cut_off(gateway):
    session = Telnet(gateway.port)
    session.until('dpdk-ipsecif> ')
    try:
        for _ in range(64):
            session.send(b'A' * 65536)
    except OSError:
        pass
    session.socket.close()
    other = Telnet(gateway.port)
    other.until('dpdk-ipsecif> ')
    assert 'lan' in other.command('ifconfig -l')


def test_commands_that_never_end_do_not_stop_the_others(gateway):
    """A session in the middle of setkey -c, another that never reads."""
    waiting, deaf = Telnet(gateway.port), Telnet(gateway.port)
    waiting.send('setkey -c\nadd 192.168.0.3 ')
    deaf.send('ifconfig -a\n' * 2000)
    sa = Sa(5000, WAN4, PEER4)
    gateway.ctl('setkey -c', stdin=f'add {WAN4} {PEER4} esp 5000 -m tunnel -u 9 -E aes-gcm-16 0x{sa.key.hex()};')
    assert len(gateway.view('setkey -D')) == 1
    waiting.socket.close()
    deaf.socket.close()
