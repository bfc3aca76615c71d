# SPDX-License-Identifier: BSD-3-Clause
"""The programs where there is little: no hugepages, no root, no directory to write to. Each runs in a
mount namespace of its own, in which the machine's hugepages are hidden; nothing of the machine is changed."""
import json
import re
import shlex
import subprocess

import pytest
from lib import BENCH, CLIENT, PROGRAM, Gateway

USER = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH="$PATH" '
ROOT = 'exec '
# /tmp and /run are new, with the programs in /tmp; no hugetlbfs is mounted, and /sys knows of no page.
PLACE = '''set -e
place=$1; shift
mount --make-rprivate /
mkdir "$place"
mount -t tmpfs -o mode=1777 none "$place"
cp -L "$@" "$place"
mount --bind "$place" /tmp
mount -t tmpfs -o mode=0755 none /run
cd /tmp
ulimit -l 0
while read -r _ where kind _; do
    [ "$kind" != hugetlbfs ] || umount -l "$where"
done </proc/mounts
[ ! -d /sys/kernel/mm/hugepages ] || mount -t tmpfs none /sys/kernel/mm/hugepages
'''
NONE = ''
# Pages, as /sys has them, and a hugetlbfs for root alone.
OF_ROOT = '''mkdir -p /sys/kernel/mm/hugepages/hugepages-2048kB hugetlbfs
echo 1024 | tee /sys/kernel/mm/hugepages/hugepages-2048kB/{nr,free}_hugepages >/dev/null
echo 0 >/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages
mount -t hugetlbfs -o mode=0755 none hugetlbfs
'''
# What is left where root was the first to run a DPDK program with /tmp as its runtime directory.
TMP_OF_ROOT = 'mkdir -m 0700 dpdk\n'
COUNTED = ['--total-num-packets', '30000', '--json']
CONFIG = {'ports': {'lan0': {'device': 'net_null0', 'addresses': ['10.1.0.1/24']},
                    'wan0': {'device': 'net_null1', 'addresses': ['192.168.0.3/24']}}}


def command(folder, more, who, *words):
    with open(folder / 'gw.json', 'w', encoding='utf-8') as f:
        json.dump(CONFIG, f)
    script = PLACE + more + 'chmod 0644 gw.json\n' + who + shlex.join(words)
    return ['unshare', '-m', 'bash', '-c', script, 'place', str(folder / 'place'),
            BENCH, PROGRAM, CLIENT, str(folder / 'gw.json')]


def run_in(folder, more, who, *words):
    return subprocess.run(command(folder, more, who, *words), capture_output=True, text=True, timeout=120,
                          check=False)


def said(text, what):
    """The one line that says it."""
    lines = [line for line in text.splitlines() if what in line]
    assert len(lines) == 1, text
    return lines[0]


@pytest.mark.parametrize('more, who, how', [
    (NONE, ROOT, 'sysctl -w vm.nr_hugepages='), (NONE, USER, 'sysctl -w vm.nr_hugepages='),
    (OF_ROOT, USER, 'mount -t hugetlbfs -o uid=65534'), (TMP_OF_ROOT, USER, 'sysctl -w vm.nr_hugepages='),
], ids=['root', 'user', 'hugepages of root', 'directory of root'])
def test_the_benchmark_runs_where_there_is_little(folder, more, who, how):
    done = run_in(folder, more, who, './dpdk-ipsecif-bench', '-l', '0', '--', *COUNTED)
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)       # nothing else is there
    assert run['machine']['hugepages'] == 'none' and run['rx_packets'] == run['tx_packets'] == 30000
    line = said(done.stderr, 'without hugepages')
    assert 'figures are not comparable' in line and f'(as root: {how}' in line
    assert ('going on without it' in done.stderr) == (more == TMP_OF_ROOT), done.stderr


@pytest.mark.parametrize('tunnels', [1000, 10000])
def test_the_benchmark_has_memory_for_all_tunnels_without_hugepages(folder, tunnels):
    done = run_in(folder, NONE, USER, './dpdk-ipsecif-bench', '--lcores', '0@0,(1-3)@0', '--', *COUNTED,
                  '--tunnels', str(tunnels))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)['rx_packets'] == 30000


def test_too_little_memory_is_told_with_what_is_enough():
    def bench(mib):
        return subprocess.run([BENCH, '-l', '0', '--no-huge', '-m', str(mib), '--no-shconf', '--no-telemetry', '--',
                               *COUNTED, '--tunnels', '10000', '--direction', 'both', '--engine', 'cryptodev'],
                              capture_output=True, text=True, timeout=120, check=False)

    done = bench(200)
    assert done.returncode == 1, done.stdout
    enough = re.search(r"^dpdk-ipsecif-bench: .* \(tunnels: 10000, workers: 1: they need EAL's -m (\d+)\)$", done.stderr, re.M)
    assert enough, done.stderr
    done = bench(enough[1])
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize('more', [NONE, OF_ROOT, TMP_OF_ROOT], ids=['nothing', 'hugepages of root', 'directory of root'])
def test_a_user_runs_a_gateway(folder, more):
    """And asks it by the control socket."""
    words = ('./dpdk-ipsecif -l 0 --vdev net_null0,no-rx=1 --vdev net_null1,no-rx=1 -- -c gw.json --no-telnet '
             '--socket /tmp/ctl.sock --idle-exit 60 & gateway=$!\n'
             'for _ in $(seq 200); do [ -S ctl.sock ] && break; kill -0 $gateway || break; sleep 0.1; done\n'
             './ipsecifctl -s /tmp/ctl.sock ifconfig -l; kill $gateway; wait $gateway; echo "exit $?"')
    done = run_in(folder, more, USER, 'bash', '-c', words)
    assert done.returncode == 0, done.stderr
    assert 'ready\n' in done.stdout and 'exit 0\n' in done.stdout, done.stderr
    assert re.search(r'^lan0 wan0$', done.stdout, re.M), done.stdout
    said(done.stderr, 'without hugepages')
    assert 'PCI' not in done.stderr


def test_a_user_is_told_of_a_control_socket_of_his_own(folder):
    words = ['./dpdk-ipsecif', '-l', '0', '--vdev', 'net_null0,no-rx=1', '--vdev', 'net_null1,no-rx=1', '--',
             '-c', 'gw.json', '--no-telnet', '--idle-exit', '1']
    done = run_in(folder, TMP_OF_ROOT, USER, *words)
    assert done.returncode == 0 and 'ready\n' in done.stdout, done.stderr
    line = said(done.stderr, '--socket PATH')
    assert '/run/dpdk-ipsecif: Permission denied' in line


def test_programs_of_one_name(folder, monkeypatch):
    """The benchmark takes another name by itself; a gateway, which others look for by it, is told."""
    monkeypatch.setenv('RUNTIME_DIRECTORY', str(folder))
    with Gateway(folder, CONFIG, ['net_null0,no-rx=1', 'net_null1,no-rx=1'], prefix='same') as first:
        eal = ['-l', '0', '--no-huge', '--file-prefix', 'same']
        done = subprocess.run([BENCH, *eal, '--', *COUNTED], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)['rx_packets'] == 30000
        done = subprocess.run([PROGRAM, *eal, '--no-pci', '--', '-c', first.config_file, '--no-telnet',
                               '--socket', str(folder / 'second.sock')],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1
        assert done.stderr.endswith(f'dpdk-ipsecif: EAL: another program runs with this name, {folder}/dpdk/same '
                                    'is its directory (--file-prefix NAME)\n')
        assert first.stop() == 0
