# SPDX-License-Identifier: BSD-3-Clause
"""Live links: a veth into a network namespace, where the kernel is the neighbour that has to be
found, and that finds us."""
import os
import subprocess

import pytest
from lib import WAIT_S, Gateway

LAN, HOST = '10.55.0.1', '10.55.0.2'
LAN6, HOST6 = '2001:db8:55::1', '2001:db8:55::2'


def sh(line, check=True):
    return subprocess.run(line.split(), capture_output=True, text=True, check=check, timeout=WAIT_S)


class Link:
    """A veth pair: `ours` for the gateway, in the namespace `gw`; `eth0` in `host`."""

    def __init__(self, tag):
        self.gw, self.host = f'{tag}g', f'{tag}h'

    def __enter__(self):
        for name in (self.gw, self.host):
            sh(f'ip netns add {name}')
            sh(f'ip -n {name} link set lo up')
        sh(f'ip -n {self.gw} link add ours type veth peer name eth0 netns {self.host}')
        for name, dev in ((self.gw, 'ours'), (self.host, 'eth0')):
            sh(f'ip netns exec {name} ethtool -K {dev} tx off sg off tso off gso off gro off', check=False)
        sh(f'ip netns exec {self.gw} sysctl -qw net.ipv6.conf.ours.disable_ipv6=1')
        sh(f'ip netns exec {self.host} sysctl -qw net.ipv6.conf.eth0.accept_dad=0')
        for family in ('ipv4', 'ipv6'):     # it asks for us as long as it takes
            sh(f'ip netns exec {self.host} sysctl -qw net.{family}.neigh.eth0.mcast_solicit={WAIT_S}')
        sh(f'ip -n {self.gw} link set ours arp off up')
        sh(f'ip -n {self.host} addr add {HOST}/24 dev eth0')
        sh(f'ip -n {self.host} addr add {HOST6}/64 dev eth0 nodad')
        sh(f'ip -n {self.host} link set eth0 up')
        sh(f'ip -n {self.host} route add default via {LAN}')
        sh(f'ip -n {self.host} route add default via {LAN6}')
        return self

    def __exit__(self, *_):
        for name in (self.gw, self.host):
            sh(f'ip netns del {name}', check=False)

    def ping(self, address, *args):
        return sh(f'ip netns exec {self.host} ping -n -i 0.1 -W 60 {" ".join(args)} {address}', check=False)


@pytest.fixture
def link():
    with Link(f'ips{os.getpid()}') as it:
        yield it


@pytest.fixture
def gateway(folder, link):
    conf = {'ports': {'lan': {'device': 'net_af_packet0', 'addresses': [LAN + '/24', LAN6 + '/64']}}}
    gw = Gateway(folder, conf, ['net_af_packet0,iface=ours'], wrap=['ip', 'netns', 'exec', link.gw])
    with gw:
        yield gw
        assert gw.stop() == 0


@pytest.mark.parametrize('address', [LAN, LAN6])
def test_the_kernel_finds_us_and_we_find_it(gateway, link, address):
    done = link.ping(address, '-c', '5')
    assert ' 0% packet loss' in done.stdout, done.stdout + gateway.text(gateway.err)
    show = gateway.ctl('arp -a' if '.' in address else 'ndp -a')
    assert (HOST if '.' in address else HOST6) in show


def test_packets_wait_for_a_neighbour(gateway, link):
    """The first packet to an unknown neighbour is not lost: it waits for the answer to our question.
    The host asks with a static entry for us, so that it is we who have to ask."""
    mac = gateway.ctl('ifconfig lan').split('ether ')[1].split()[0]
    sh(f'ip -n {link.host} neigh replace {LAN} lladdr {mac} dev eth0 nud permanent')
    done = link.ping(LAN, '-c', '3')
    assert ' 0% packet loss' in done.stdout, done.stdout
    assert not {k: v for k, v in gateway.drops().items() if k.startswith('neighbour')}


def test_a_neighbour_that_does_not_answer_is_reported(gateway, link):
    """Nobody is 10.55.0.66. The host sends to it through us: host unreachable, in bounded time."""
    sh(f'ip -n {link.host} route add 10.55.0.66/32 via {LAN}')
    done = link.ping('10.55.0.66', '-c', '1', '-w', '60')     # the first error ends it
    assert '100% packet loss' in done.stdout
    assert 'Unreachable' in done.stdout, done.stdout
    assert gateway.drops().get('neighbour-failed', 0) > 0


def test_neighbours_are_static_and_deleted_by_hand(gateway, link):
    gateway.ctl('arp -s 10.55.0.7 02:00:00:00:00:07 lan')
    assert 'permanent' in gateway.ctl('arp -a')
    gateway.ctl('arp -d 10.55.0.7')
    assert '10.55.0.7 ' not in gateway.ctl('arp -a')


def test_large_packets_pass_and_larger_ones_are_refused_politely(gateway, link):
    assert ' 0% packet loss' in link.ping(LAN, '-c', '2', '-s', '1472', '-M', 'do').stdout
