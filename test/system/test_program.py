# SPDX-License-Identifier: BSD-3-Clause
"""The program as operators and systemd see it: start, stop, exit codes, messages, reload."""
import json
import os
import re
import signal
import stat
import subprocess
import time

import pytest
from esp import Sa
from lib import (BENCH, CLIENT, PEER4, PROGRAM, TOP, WAIT_S, WAN4, Gateway, clear4, config, free_port,
                 pcap_vdevs, recorded, run, to_lan)
from scapy.all import wrpcap

SA = Sa(10000, WAN4, PEER4)


def check(folder, conf, text=None):
    """`-n`: (exit code, standard output, standard error)."""
    gateway = Gateway(folder, conf, [], args=['-n'], text=text)
    gateway.start(wait=False)
    code = gateway.wait()
    return code, gateway.text(gateway.out), gateway.text(gateway.err)


def test_a_good_file_is_ok(folder):
    code, out, err = check(folder, config([SA.config()]))
    assert (code, out.strip()) == (0, 'ok'), err


def at(conf, path, value):
    """A copy with the value at a path like 'sa[0].spi' replaced; None deletes it."""
    conf = json.loads(json.dumps(conf))
    node, keys = conf, [int(k) if k.isdigit() else k for k in re.findall(r'[^.\[\]]+', path)]
    for k in keys[:-1]:
        node = node[k]
    if value is None:
        del node[keys[-1]]
    else:
        node[keys[-1]] = value
    return conf


BAD = [
    # where, what, what the message must name
    ('ipsec.ipsec0.tunnel.remote', '10.0.0.300', ['ipsec.ipsec0.tunnel.remote', '10.0.0.300']),
    ('ipsec.ipsec0.tunnel.remote', '2001:db8::1', ['ipsec.ipsec0', 'IPv4', 'IPv6']),
    ('ipsec.ipsec0.tunnel.remote', '0.0.0.0', ['ipsec.ipsec0', '0.0.0.0']),
    ('ipsec.ipsec0.mtu', 1279, ['ipsec.ipsec0', '1279', '1280']),
    ('ipsec.ipsec0.mtu', 8193, ['ipsec.ipsec0', '8193', '8192']),
    ('ipsec.ipsec0.mtu', '1400', ['ipsec.ipsec0.mtu']),
    ('ipsec.ipsec0.reqid', -1, ['ipsec.ipsec0.reqid', '-1']),
    ('ipsec.ipsec0.reqid', 1 << 32, ['ipsec.ipsec0.reqid', '4294967296']),
    ('ipsec.ipsec0.colour', 'red', ['ipsec.ipsec0', 'colour']),
    ('ipsec.ipsec1', {'reqid': 100}, ['ipsec1', '100']),
    ('ipsec.tunnel0', {}, ['tunnel0']),
    ('ports.lan.mac', '02:00:00:00:00', ['ports.lan.mac', '02:00:00:00:00']),
    ('ports.lan.mtu', 20, ['ports.lan.mtu', '20']),
    ('ports.lan.device', None, ['ports.lan', 'device']),
    ('ports.lan.addresses', '10.1.0.1/24', ['ports.lan.addresses']),
    ('ports.lan.addresses', ['10.1.0.1/33'], ['ports.lan.addresses[0]', '10.1.0.1/33']),
    ('routes', [{'prefix': '10.9.0.0/16', 'interface': 'ipsec7'}], ['routes[0]', 'ipsec7']),
    ('routes', [{'prefix': '10.9.0.1/16', 'gateway': 'nobody'}], ['routes[0].gateway', 'nobody']),
    ('routes', [{'prefix': '10.9.0.0/16'}], ['routes[0]']),
    ('neighbors', [{'port': 'dmz', 'address': '10.9.0.1', 'mac': '02:00:00:00:00:09'}],
     ['neighbors[0]', 'dmz']),
    ('sa[0].spi', 255, ['sa[0]', '255', '256']),
    ('sa[0].encryption', 'rot13', ['sa[0]', 'rot13', 'aes-gcm-16']),
    ('sa[0].encryption_key', '0x0011', ['sa[0]', '16']),
    ('sa[0].encryption_key', '0xzz', ['sa[0].encryption_key']),
    ('sa[0].encryption_key_file', '/nowhere/key', ['is given too', 'encryption_key']),
    ('sa[0].authentication', 'hmac-sha1', ['sa[0]']),
    ('sa[0].dst', '2001:db8::1', ['sa[0]']),
    ('sa[0].replay_window_packets', 4097, ['sa[0]', '4097', '4096']),
    ('sa[0].lifetime', {'soft_seconds': 100, 'hard_seconds': 50}, ['sa[0]', '100', '50']),
    ('sa[0].natt', {'sport': 0, 'dport': 70000}, ['sa[0].natt.dport', '70000']),
    ('crypto', {'engine': 'gpu'}, ['crypto.engine', 'gpu']),
    ('sysctl', {'net.key.colour': 1}, ['net.key.colour']),
    ('sysctl', {'net.key.preferred_oldsa': 7}, ['net.key.preferred_oldsa', '7']),
    ('extra', {}, ['extra']),
]


@pytest.mark.parametrize('path,value,named', BAD, ids=lambda v: str(v) if isinstance(v, str) else '')
def test_a_mistake_in_the_file_is_named(folder, path, value, named):
    code, out, err = check(folder, at(config([SA.config()]), path, value))
    assert code == 1 and 'ok' not in out.split()
    assert SA.key.hex() not in err
    for word in named:
        assert word in err, err
    assert len([line for line in err.splitlines() if named[0] in line]) == 1, err


def test_all_mistakes_are_named_at_once(folder):
    conf = config([SA.config()])
    for path, value in (('ports.lan.mac', 'x'), ('ipsec.ipsec0.mtu', 9), ('sa[0].spi', 1),
                        ('routes[0].prefix', '10.2.0.0/99')):
        conf = at(conf, path, value)
    code, _, err = check(folder, conf)
    assert code == 1
    for word in ('ports.lan.mac', 'ipsec.ipsec0', 'sa[0]', 'routes[0].prefix'):
        assert word in err


@pytest.mark.parametrize('text,line', [('{ "ports": { "a": }', ':1:'), ('{\n"ports"\n', ':'), ('', ':'),
                                       ('[1, 2]', ''), ('\x00\x01\x02', ':')])
def test_syntax_errors_say_where(folder, text, line):
    code, _, err = check(folder, None, text=text)
    assert code == 1
    assert line in err and 'cfg.json' in err or line == '', err


def test_a_missing_file_is_named(folder):
    gateway = Gateway(folder, config(), [], args=['-n'])
    gateway.config_file = str(folder / 'not-there.json')
    gateway.start(wait=False)
    assert gateway.wait() == 1
    assert 'not-there.json' in gateway.text(gateway.err)


def test_wrong_usage_is_exit_2(folder):
    for args in (['--colour'], ['--idle-exit', 'soon'], ['stray'], ['--telnet']):
        gateway = Gateway(folder, config(), [], args=args)
        gateway.start(wait=False)
        assert gateway.wait() == 2, args
        assert gateway.text(gateway.err).strip()


def test_without_a_file_it_is_wrong_usage():
    done = subprocess.run([PROGRAM, '-l', '0', '--no-huge', '--no-pci', '--no-shconf', '--'],
                          capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert done.returncode == 2


def test_telnet_beyond_loopback_is_refused(folder):
    gateway = Gateway(folder, config(), pcap_vdevs(folder, {}), args=['--telnet', f'0.0.0.0:{free_port()}'])
    gateway.start(wait=False)
    assert gateway.wait() in (1, 2)
    assert '0.0.0.0' in gateway.text(gateway.err)


@pytest.mark.parametrize('device,vdevs,remedy', [
    ('net_pcap9', [], 'made by --vdev net_pcap9 on the command line or by "devargs"'),
    ('net_tap0', [], 'made by --vdev net_tap0 on the command line or by "devargs"'),
    ('net_pcap7', ['net_pcap7,rx_pcap=/nowhere/wan.in.pcap'], "its --vdev failed, EAL's lines above say why"),
    ('0000:99:00.0', [], 'bind it by dpdk-devbind.py'),
    ('eth0', [], 'a PCI address, or a vdev such as net_tap0'),
])
def test_a_device_that_is_not_there_is_named_with_the_remedy(folder, device, vdevs, remedy):
    gateway = Gateway(folder, at(config(), 'ports.lan.device', device), vdevs)
    gateway.start(wait=False)
    assert gateway.wait() == 1
    assert f'ports.lan: port lan: no device "{device}" ({remedy}' in gateway.text(gateway.err)


EXAMPLES = os.path.join(TOP, 'config/examples')


@pytest.mark.parametrize('example', sorted(os.listdir(EXAMPLES)))
def test_every_example_starts_as_it_is(folder, example):
    """In a network namespace: the names of TAP devices are those of the ports."""
    with open(os.path.join(EXAMPLES, example), encoding='utf-8') as f:
        text = f.read()
    wrpcap(str(folder / 'in.pcap'), to_lan(clear4(1)))
    with Gateway(folder, None, [], text=text, wrap=['unshare', '--net', 'env', '-C', str(folder)]) as gateway:
        assert set(json.loads(text)['ports']) <= set(gateway.ctl('ifconfig -l').split())
        assert gateway.stop() == 0


@pytest.mark.parametrize('option', ['-h', '--help', '--version'])
@pytest.mark.parametrize('program,page', [(PROGRAM, 'dpdk-ipsecif.8'), (CLIENT, 'ipsecifctl.8'),
                                          (BENCH, 'dpdk-ipsecif-bench.8')])
def test_every_program_tells_what_it_takes_and_is(program, page, option):
    done = subprocess.run([program, option], capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert (done.returncode, done.stderr) == (0, '')
    name = os.path.basename(program)
    assert done.stdout.startswith(f'{name} 0.' if option == '--version' else f'usage: {name} ')
    with open(os.path.join(TOP, 'docs/man', page), encoding='utf-8') as f:
        assert '.Fl h | Fl -help | Fl -version' in f.read()


def test_the_client_takes_them_among_its_options(folder):
    done = subprocess.run([CLIENT, '-s', str(folder / 'none.sock'), '--version'], capture_output=True,
                          text=True, timeout=WAIT_S, check=False)
    assert done.returncode == 0 and done.stdout.startswith('ipsecifctl 0.')
    # behind the command they are the command's
    assert subprocess.run([CLIENT, '-s', str(folder / 'none.sock'), 'show', '--version'],
                          capture_output=True, timeout=WAIT_S, check=False).returncode == 1


def test_ready_is_alone_on_its_line_and_comes_once(folder):
    result = run(folder, config([SA.config()]), {'lan': [to_lan(clear4(1))]})
    assert [line for line in result.stdout.splitlines() if 'ready' in line] == ['ready']
    assert result.code == 0


@pytest.mark.parametrize('how', [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_in_good_order(folder, how):
    gateway = Gateway(folder, config([SA.config()]), pcap_vdevs(folder, {'lan': [to_lan(clear4(1))]}))
    with gateway:
        gateway.settle()
        assert os.path.exists(gateway.socket)
        assert stat.S_IMODE(os.stat(gateway.socket).st_mode) == 0o600
        assert gateway.stop(how) == 0
    assert len(recorded(folder, 'wan')) >= 1
    assert not os.path.exists(gateway.socket)


def test_it_ends_when_idle(folder):
    gateway = Gateway(folder, config([SA.config()]),
                      pcap_vdevs(folder, {'lan': [to_lan(clear4(i)) for i in range(100)]}),
                      args=['--idle-exit', '1'])
    start = time.monotonic()
    with gateway:
        assert gateway.wait() == 0
    assert time.monotonic() - start >= 1
    assert sum(1 for f in recorded(folder, 'wan') if f.type == 0x800) == 100


def test_hangup_reloads_the_file(folder):
    conf = config([SA.config()])
    gateway = Gateway(folder, conf, pcap_vdevs(folder, {}))
    with gateway:
        assert 'ipsec7' not in gateway.ctl('ifconfig -l')
        conf['ipsec']['ipsec7'] = {'reqid': 7, 'tunnel': {'local': WAN4, 'remote': '192.168.0.77'}}
        conf['routes'].append({'prefix': '10.77.0.0/16', 'interface': 'ipsec7'})
        with open(gateway.config_file, 'w', encoding='utf-8') as f:
            json.dump(conf, f)
        gateway.process.send_signal(signal.SIGHUP)
        gateway.wait_for(lambda: 'ipsec7' in gateway.ctl('ifconfig -l'), WAIT_S, 'reloaded')
        assert '10.77' in gateway.ctl('netstat -rn')

        with open(gateway.config_file, 'w', encoding='utf-8') as f:
            f.write('{ "ipsec": 5 }')
        gateway.process.send_signal(signal.SIGHUP)
        gateway.wait_for(lambda: 'ipsec' in gateway.text(gateway.err), WAIT_S, 'refused')
        assert 'ipsec7' in gateway.ctl('ifconfig -l')      # a refused file changes nothing
        assert gateway.stop() == 0


def test_what_was_saved_loads_again(folder):
    saved = folder / 'saved.json'
    secret = Sa(10001, PEER4, WAN4, 'aes-cbc', 32, 'hmac-sha2-256', esn=True)
    conf = config([SA.config(), secret.config(replay_window_packets=256)])
    with Gateway(folder, conf, pcap_vdevs(folder, {})) as gateway:
        gateway.ctl(f'save {saved}')
        first = gateway.ctl('ifconfig -a'), gateway.ctl('netstat -rn'), sas(gateway)
        assert stat.S_IMODE(os.stat(saved).st_mode) == 0o600
        assert gateway.ctl(f'diff {saved}').strip() == 'no difference'
        gateway.stop()
    text = saved.read_text()
    with Gateway(folder, None, pcap_vdevs(folder, {}), text=text) as gateway:
        assert (gateway.ctl('ifconfig -a'), gateway.ctl('netstat -rn'), sas(gateway)) == first
        gateway.stop()


def sas(gateway):
    """What the SAs are, without what changes by itself."""
    return [{k: row[k] for k in ('src', 'dst', 'spi', 'reqid')} for row in gateway.view('setkey -D')]


def test_the_client_says_when_nobody_listens(folder):
    done = subprocess.run([CLIENT, '-s', str(folder / 'none.sock'), 'show', 'version'],
                          capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert done.returncode == 1 and 'none.sock' in done.stderr
    assert subprocess.run([CLIENT], capture_output=True, timeout=WAIT_S, check=False).returncode == 2
