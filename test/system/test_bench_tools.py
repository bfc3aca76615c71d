# SPDX-License-Identifier: BSD-3-Clause
"""app/bench/compare and app/bench/pair: verdicts, refusals, exit codes. ipsec-secgw is not part of
the project: a stand-in answers as it would, so that only the pairing is tested here."""
import copy
import json
import os
import subprocess
import sys

import pytest
from lib import TOP

COMPARE = os.path.join(TOP, 'app/bench/compare')
PAIR = os.path.join(TOP, 'app/bench/pair')
RUN = {
    'size': 64, 'tunnels': 1, 'direction': 'out', 'source': 'generator', 'encryption': 'aes-gcm-16',
    'key_bits': 128, 'authentication': 'none', 'engine': 'auto', 'replay_window': 1024, 'esn': False,
    'natt': False, 'inner': 4, 'outer': 4, 'workers': 1, 'rx_pps': 6e6, 'cycles_per_packet': 400.0,
    'latency': [{'percent': 10, 'p50_us': 4.0, 'p99_us': 9.0}],
    'machine': {'cpu': 'A CPU', 'flags': '01234567', 'tsc_mhz': 2445, 'hugepages': '2048 kB', 'dpdk': 'DPDK 22.11.7'},
}


def run_with(**more):
    run = copy.deepcopy(RUN)
    for name, value in more.items():
        if name in run['machine']:
            run['machine'][name] = value
        else:
            run[name] = value
    return run


def compare(folder, stored, new, *args):
    files = []
    for name, runs in (('stored', stored), ('new', new)):
        path = str(folder / name)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(runs if isinstance(runs, str) else ''.join(json.dumps(r) + '\n' for r in runs))
        files.append(path)
    done = subprocess.run([COMPARE, *args, *files], capture_output=True, text=True, check=False)
    assert 'Traceback' not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_the_same_is_the_same(folder):
    code, out, _ = compare(folder, [RUN], [run_with(rx_pps=5.8e6, cycles_per_packet=412.0)])
    assert code == 0 and 'same' in out and 'worse (' in out and '  worse\n' not in out


def test_compare_judges_the_quiet_tenth_where_both_have_it(folder):
    old, new = run_with(quiet_cycles_per_packet=300.0), run_with(quiet_cycles_per_packet=330.0)
    code, out, _ = compare(folder, [old], [new])
    assert code == 1
    assert [line.split()[-1] for line in out.splitlines() if 'quiet' in line] == ['worse']
    code, out, _ = compare(folder, [RUN], [new])
    assert code == 0 and 'quiet' not in out


@pytest.mark.parametrize('new', [run_with(rx_pps=5.6e6), run_with(cycles_per_packet=430.0),
                                 run_with(latency=[{'percent': 10, 'p50_us': 4.5, 'p99_us': 9.0}])])
def test_worse_is_exit_1_beyond_the_tolerance(folder, new):
    code, out, _ = compare(folder, [RUN], [new])
    assert code == 1 and '  worse\n' in out and '1 worse' in out
    assert compare(folder, [RUN], [new], '--tolerance', '20')[0] == 0


def test_faster_is_better(folder):
    code, out, _ = compare(folder, [RUN], [run_with(rx_pps=9e6, cycles_per_packet=260.0)])
    assert code == 0 and out.count('better') == 2 and '1.500' in out


def test_medians_of_several_runs_count(folder):
    new = [run_with(rx_pps=1e6, cycles_per_packet=2400.0), RUN, RUN]
    assert compare(folder, [RUN], new)[0] == 0


@pytest.mark.parametrize('more', [{'cpu': 'Another'}, {'flags': '89abcdef'}, {'tsc_mhz': 2300},
                                  {'hugepages': 'none'}, {'dpdk': 'DPDK 23.11'}])
def test_another_machine_is_refused(folder, more):
    code, out, err = compare(folder, [RUN], [run_with(**more)])
    assert code == 2 and out == '' and f'another machine: {list(more)[0]}' in err


@pytest.mark.parametrize('stored, message', [
    ('', 'no run in it'), ('{"size": 64}\n', 'not a run'), ('{nonsense\n', 'not JSON'),
    (json.dumps(run_with(tunnels=5)), 'same options'),
])
def test_what_can_not_be_compared_is_refused(folder, stored, message):
    code, _, err = compare(folder, stored, [RUN])
    assert code == 2 and message in err


STAND_IN = '''#!{python}
import re, signal, sys, time
config = open(sys.argv[sys.argv.index('-f') + 1]).read()
assert 'sa out 5 ' in config and 'sa in 20000 ' in config, config
rate = 2000 if 'type cpu-crypto' in config else 1000
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
sent = 0
while True:
    sent += rate
    print(f'Statistics for core 0\\nPackets sent: {{sent:24}}\\nPackets dropped: {{0:21}}', flush=True)
    time.sleep(0.5)
'''
BENCH_STAND_IN = '''#!{python}
import json, sys
if '--write-pcap' in sys.argv:
    open(sys.argv[sys.argv.index('--write-pcap') + 1], 'wb').write(bytes(24))
print(json.dumps(dict(rx_pps=3000, dropped=0, rx_packets=1, machine={{}})))
'''


def pair(folder, secgw, bench, seconds=1):
    """What pair says; None: of so short a time it has nothing to say, since the machine was busy."""
    for name, text in (('secgw', secgw), ('bench', bench)):
        with open(folder / name, 'w', encoding='utf-8') as f:
            f.write(text.format(python=sys.executable))
        os.chmod(folder / name, 0o755)
    done = subprocess.run([PAIR, '--rounds', '1', '--seconds', str(seconds), '--sizes', '64', '--algorithms', 'gcm',
                           '--directions', 'in', '--json'], capture_output=True, text=True, check=False,
                          env=dict({name: value for name, value in os.environ.items() if name != 'RUNTIME_DIRECTORY'},
                                   SECGW=str(folder / 'secgw'), BENCH=str(folder / 'bench')))
    if done.returncode == 1 and 'no packet was sent' in done.stderr:
        return None
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def pair_that_says(what, *args):
    """Measured for longer and longer, until it says that."""
    for seconds in (1, 10, 60):
        at = pair(*args, seconds=seconds)
        if at is not None and what(at):
            return at
    raise AssertionError(f'last it said: {at}')


def test_pairs_are_put_in_relation_to_the_better_mode(folder):
    at = pair_that_says(lambda at: True, folder, STAND_IN, BENCH_STAND_IN)
    assert at['secgw_mode'] == 'cpu-crypto' and at['secgw_pps'] == 2000 and at['ratio'] == 1.5
    assert at['quiet'] is None and at['quiet_ratio'] is None     # neither says it


@pytest.mark.parametrize('pages, factor', [('none', 2), ('2048 kB', 1)])
def test_pairs_are_without_hugepages_both_or_neither(folder, pages, factor):
    secgw = STAND_IN.replace('signal.signal', "rate *= 2 if '--no-huge' in sys.argv else 1\nsignal.signal")
    at = pair(folder, secgw, BENCH_STAND_IN.replace('machine={{}}', f"machine=dict(hugepages='{pages}')"))
    assert at['secgw_pps'] == 2000 * factor


TELEMETRY = '''#!{python}
import json, os, socket, sys, threading, time
prefix = sys.argv[sys.argv.index('--file-prefix') + 1]
device = 500000 if 'type cpu-crypto' in open(sys.argv[sys.argv.index('-f') + 1]).read() else 1000000

def serve():
    os.makedirs(f'/var/run/dpdk/{{prefix}}', exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        path = f'/var/run/dpdk/{{prefix}}/dpdk_telemetry.v2'
        door.bind(path)
        door.listen()
        peer, _ = door.accept()
        os.unlink(path)
        os.rmdir(os.path.dirname(path))
        peer.send(b'{{"version": "stand-in", "pid": 1, "max_output_len": 16384}}')
        while peer.recv(100) == b'/ethdev/stats,0':
            now = time.perf_counter()
            slow = now % 1 < 0.5        # half of each second a neighbour takes half of it
            serve.sent += (now - serve.last) * device * (0.5 if slow else 1)
            serve.last = now
            peer.send(json.dumps({{'/ethdev/stats': {{'opackets': int(serve.sent)}}}}).encode())

serve.sent, serve.last = 0, time.perf_counter()
threading.Thread(target=serve, daemon=True).start()
'''


def test_pairs_have_the_quiet_tenth_of_both(folder):
    secgw = TELEMETRY + STAND_IN.split('\n', 1)[1]
    bench = BENCH_STAND_IN.replace('machine={{}}', 'quiet_cycles_per_packet=1000, machine=dict(tsc_mhz=2000)')
    at = pair_that_says(lambda at: at['quiet'] is not None, folder, secgw, bench)
    assert at['quiet']['ours'] == 2e6
    # a slice of 4 ms is off by 0.4 ms at most: who was slower to answer is not counted
    assert 0.9e6 < at['quiet']['no-offload'] < 1.1e6 and 0.45e6 < at['quiet']['cpu-crypto'] < 0.55e6
    assert 1.8 < at['quiet_ratio'] < 2.3


def test_pairs_need_secgw(folder):
    done = subprocess.run([PAIR], capture_output=True, text=True, check=False,
                          env=dict(os.environ, SECGW=str(folder / 'nowhere')))
    assert done.returncode == 2 and 'nowhere' in done.stderr
