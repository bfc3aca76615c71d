# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-ipsecif-bench as users run it: counted packets, the prompt, prepared traffic."""
import json
import os
import re
import subprocess

import pytest
from lib import TOP
from scapy.all import Ether, PcapReader
from scapy.layers.ipsec import ESP, SecurityAssociation

BENCH = os.path.join(TOP, 'build/bin/dpdk-ipsecif-bench')


def bench(*args, stdin='', lcores='0', eal=()):
    where = ['--lcores', lcores] if '@' in lcores else ['-l', lcores]
    return subprocess.run([BENCH, *where, '--no-huge', '-m', '1024', '--no-shconf', '--no-telemetry',
                           *eal, '--', *args], input=stdin, capture_output=True, text=True,
                          timeout=600, check=False)


def result(*args, **how):
    done = bench(*args, '--json', **how)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize('more', [
    [], ['--direction', 'in'], ['--direction', 'both'], ['--esn'], ['--natt', '--direction', 'in'],
    ['--inner', '6', '--size', '80'], ['--outer', '6', '--direction', 'both'],
    ['--size', 'imix', '--tunnels', '100', '--direction', 'both'],
    ['--encryption', 'aes-cbc', '--authentication', 'hmac-sha1', '--direction', 'in', '--esn'],
], ids=' '.join)
def test_what_goes_in_comes_out(more):
    """Counted packets, none of them lost; more than were prepared, so that they come in again."""
    run = result('--total-num-packets', '30000', *more)
    assert (run['rx_packets'], run['tx_packets']) == (30000, 30000), run
    assert run['drops'] == {} and run['dropped'] == 0


def test_two_workers_share_the_traffic():
    run = result('--total-num-packets', '40000', '--tunnels', '50', '--direction', 'both',
                 lcores='0@0,1@0,2@1')
    assert run['workers'] == 2
    assert run['rx_packets'] == 40000 and run['tx_packets'] + run['dropped'] == 40000, run
    # more than two cores can take here: the ring between the workers overflows
    assert set(run['drops']) <= {'ring-full', 'crypto-full', 'vector-full'}, run


def test_the_prompt():
    done = bench('-i', stdin='set size 128\nset tunnels 3\nset size 9\nstart\nset size 64\nstop\n'
                 'show config\nshow port stats 1\nshow drops\nshow engines\nshow nothing\n'
                 'set algorithm aes-cbc 256 hmac-sha1\nstart\nstop\nset encryption nonsense\nstart\n'
                 'quit\n')
    assert done.returncode == 0, done.stderr
    out = done.stdout
    assert 'size: "9" is not possible (60 to 1400)' in out
    assert 'set: traffic flows (stop)' in out
    assert re.search(r'size +128 ', out) and re.search(r'tunnels +3 ', out)
    assert 'show: not a command (help)' in out
    assert out.count('NIC statistics for port 1') == 3
    assert len(re.findall(r'RX-packets: [1-9]', out)) >= 2
    assert 'nonsense' in out.splitlines()[-1] or 'nonsense' in out


def test_latency_is_measured_for_every_packet():
    run = result('--latency', '--seconds', '1')
    assert [at['percent'] for at in run['latency']] == [10, 50, 90]
    for at in run['latency']:
        assert 0 < at['p50_us'] <= at['p99_us'] <= at['p999_us'] <= at['max_us']
        # in a second at least, at that rate: each of them, but for those on their way at its ends
        assert at['packets'] >= at['pps'] / 2 > 0


def test_what_was_prepared_is_esp_that_others_decrypt(tmp_path):
    path = str(tmp_path / 'in.pcap')
    done = bench('--direction', 'in', '--write-pcap', path, '--size', '90')
    assert done.returncode == 0, done.stderr
    key = bytes([0x20, 0x4e, 0, 0]) + bytes(0x30 + i for i in range(4, 20))
    sa = SecurityAssociation(ESP, spi=20000, crypt_algo='AES-GCM', crypt_key=key)
    frames = [Ether(bytes(p)) for _, p in zip(range(40), PcapReader(path))]
    assert len(frames) == 40
    for number, frame in enumerate(frames, 1):
        packet = frame.payload
        assert (packet.src, packet.dst) == ('192.168.1.1', '192.168.0.3')
        assert packet[ESP].seq == number
        inner = sa.decrypt(packet).payload
        assert inner.dst == '10.192.0.0' and len(inner) == 76


@pytest.mark.parametrize('args, message', [
    (['--size', '20'], '--size: "20" is not possible (60 to 1400)'),
    (['--source', 'nic'], 'source: nic without devices'),
    (['--encryption', 'rot13'], 'rot13'),
    (['--engine', 'steam'], 'steam'),
])
def test_what_is_not_possible_is_said(args, message):
    done = bench(*args, '--seconds', '1')
    assert done.returncode in (1, 2) and message in done.stderr, done.stderr
    assert 'Traceback' not in done.stderr
