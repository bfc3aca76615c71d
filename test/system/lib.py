# SPDX-License-Identifier: BSD-3-Clause
"""A gateway under test: dpdk-ipsecif between two ports, its configuration, what goes in and out.

The stage is always the same. `lan` and `wan` are the gateway's ports; on `lan` sits a host, on
`wan` the far gateway; behind that a far net, which ipsec0 leads to.

    host ------ lan [ gateway ] wan ------ peer ------ far net
    10.1.0.2    10.1.0.1  192.168.0.3    192.168.0.5   10.2.0.0/16
    2001:db8:a::2   ::1   2001:db8:f::3  ::5           2001:db8:b::/64
"""
import copy
import json
import os
import signal
import socket
import subprocess
import time

from scapy.all import Ether, PcapReader, wrpcap
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
PROGRAM = os.path.join(TOP, 'build/bin/dpdk-ipsecif')
CLIENT = os.path.join(TOP, 'build/bin/ipsecifctl')
BENCH = os.path.join(TOP, 'build/bin/dpdk-ipsecif-bench')

LAN_MAC, WAN_MAC = '02:00:00:00:00:01', '02:00:00:00:00:02'
HOST_MAC, PEER_MAC = '02:00:00:00:00:0a', '02:00:00:00:00:05'
LAN4, HOST4, FAR4 = '10.1.0.1', '10.1.0.2', '10.2.0.9'
LAN6, HOST6, FAR6 = '2001:db8:a::1', '2001:db8:a::2', '2001:db8:b::9'
WAN4, PEER4 = '192.168.0.3', '192.168.0.5'
WAN6, PEER6 = '2001:db8:f::3', '2001:db8:f::5'

# Seconds for what never comes. Nothing waits so long that comes at all, on however busy a machine.
WAIT_S = 120
POLLS = 100     # of each worker without a packet: what was to come has come

CONFIG = {
    'ports': {
        'lan': {'device': 'net_pcap0', 'mac': LAN_MAC, 'addresses': [LAN4 + '/24', LAN6 + '/64']},
        'wan': {'device': 'net_pcap1', 'mac': WAN_MAC, 'addresses': [WAN4 + '/24', WAN6 + '/64']},
    },
    'neighbors': [
        {'port': 'lan', 'address': HOST4, 'mac': HOST_MAC},
        {'port': 'lan', 'address': HOST6, 'mac': HOST_MAC},
        {'port': 'wan', 'address': PEER4, 'mac': PEER_MAC},
        {'port': 'wan', 'address': PEER6, 'mac': PEER_MAC},
    ],
    'ipsec': {
        'ipsec0': {'reqid': 100, 'up': True, 'tunnel': {'local': WAN4, 'remote': PEER4},
                   'addresses': [{'local': '172.16.0.3/16', 'peer': '172.16.0.5'}]},
    },
    'routes': [
        {'prefix': '10.2.0.0/16', 'interface': 'ipsec0'},
        {'prefix': '2001:db8:b::/64', 'interface': 'ipsec0'},
    ],
    'sa': [],
}


def config(sas=(), tunnel=(WAN4, PEER4), **more):
    """The stage's configuration, with these SAs (entries of the file) and outer addresses."""
    out = copy.deepcopy(CONFIG)
    out['ipsec']['ipsec0']['tunnel'] = dict(zip(('local', 'remote'), tunnel))
    out['sa'] = list(sas)
    out.update(copy.deepcopy(more))
    return out


def clear4(n=0, size=100, ttl=64, src=HOST4, dst=FAR4, **ip):
    """A numbered packet from the host to the far net; `size` is the length of its data."""
    return IP(src=src, dst=dst, ttl=ttl, id=n & 0xffff, **ip) / UDP(sport=5000, dport=6000) / data(n, size)


def clear6(n=0, size=100, hlim=64, src=HOST6, dst=FAR6, **ip):
    return IPv6(src=src, dst=dst, hlim=hlim, **ip) / UDP(sport=5000, dport=6000) / data(n, size)


def data(n, size):
    return n.to_bytes(4, 'big') + bytes(i & 0xff for i in range(size - 4))


def to_lan(pkt, src=HOST_MAC, dst=LAN_MAC):
    return Ether(src=src, dst=dst) / pkt


def to_wan(pkt, src=PEER_MAC, dst=WAN_MAC):
    return Ether(src=src, dst=dst) / pkt


class Result:
    """What a finished run left: frames that came out of each port, text, exit code, counters."""

    def __init__(self):
        self.out, self.drops, self.stats = {}, {}, {}
        self.code, self.stdout, self.stderr = None, '', ''

    def frames(self, port):
        """The frames with IP that left by a port, without those that make neighbours known."""
        return [f for f in self.out[port] if f.type in (0x0800, 0x86dd) and not is_nd(f)]

    def ip(self, port):
        return [f.payload for f in self.frames(port)]


def is_nd(frame):
    return frame.type == 0x86dd and frame.payload.nh == 58 and 133 <= bytes(frame.payload.payload)[0] <= 137


class Gateway:
    """A running dpdk-ipsecif."""

    started = 0

    def __init__(self, folder, conf, vdevs, lcores='0', args=(), text=None, prefix=None, wrap=()):
        Gateway.started += 1
        self.folder = str(folder)
        self.name = f'{os.getpid()}-{Gateway.started}'
        self.config_file = os.path.join(self.folder, 'cfg.json')
        self.socket = os.path.join(self.folder, 'ctl.sock')
        with open(self.config_file, 'w', encoding='utf-8') as f:
            f.write(text if text is not None else json.dumps(conf, indent=2))
        self.vdevs, self.lcores, self.args = list(vdevs), lcores, list(args)
        self.prefix, self.wrap = prefix, list(wrap)
        self.out = os.path.join(self.folder, 'stdout')
        self.err = os.path.join(self.folder, 'stderr')
        self.process = None

    def command(self):
        where = ['--lcores', self.lcores] if '@' in self.lcores else ['-l', self.lcores]
        eal = [*where, '--no-huge', '-m', '1024', '--no-pci', '--no-telemetry']
        eal += ['--file-prefix', self.prefix] if self.prefix else ['--no-shconf']
        for vdev in self.vdevs:
            eal += ['--vdev', vdev]
        args = list(self.args)
        if not any(a.startswith('--telnet') or a == '--no-telnet' for a in args):
            args.append('--no-telnet')
        return [*self.wrap, PROGRAM, *eal, '--', '-c', self.config_file, '--socket', self.socket, *args]

    def start(self, wait=True, timeout=WAIT_S):
        with open(self.out, 'w', encoding='utf-8') as out, open(self.err, 'w', encoding='utf-8') as err:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err)
        if wait:
            self.wait_for(self.is_ready, timeout, 'ready')
        return self

    def is_ready(self):
        return 'ready\n' in self.text(self.out)

    def wait_for(self, condition, timeout, what):
        end = time.monotonic() + timeout
        while not condition():
            if self.process.poll() is not None:
                raise AssertionError(f'exit {self.process.returncode} before {what}:\n'
                                     + self.text(self.err)[-3000:])
            if time.monotonic() > end:
                self.kill()
                raise AssertionError(f'not {what} in {timeout} s:\n' + self.text(self.err)[-3000:])
            time.sleep(0.01)

    @staticmethod
    def text(path):
        with open(path, encoding='utf-8', errors='replace') as f:
            return f.read()

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self, how=signal.SIGTERM, timeout=WAIT_S):
        self.process.send_signal(how)
        return self.wait(timeout)

    def wait(self, timeout=WAIT_S):
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError('does not end:\n' + self.text(self.err)[-3000:]) from None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()

    def ctl_run(self, *words, stdin='', json_out=False):
        """ipsecifctl as a user runs it: (exit code, standard output, standard error)."""
        done = subprocess.run([CLIENT, '-s', self.socket, *(['-j'] if json_out else []), *words],
                              input=stdin, capture_output=True, text=True, timeout=WAIT_S, check=False)
        return done.returncode, done.stdout, done.stderr

    def ctl(self, line, stdin=''):
        """One command that must succeed: its answer as text."""
        code, out, err = self.ctl_run(*line.split(), stdin=stdin)
        assert code == 0, f'{line}: {err}'
        return out

    def view(self, line):
        """One command that must succeed: its answer as data."""
        code, out, err = self.ctl_run(*line.split(), json_out=True)
        assert code == 0, f'{line}: {err}'
        return json.loads(out)

    def drops(self):
        """Drop reasons that are not zero."""
        return {row['reason']: row['packets'] for row in self.view('show drops') if row['packets']}

    def interfaces(self):
        """Counters by interface."""
        return {row['name']: row for row in self.view('netstat -i') if 'ipackets' in row}

    def settle(self, timeout=WAIT_S, quiet=0.15):
        """Wait until the counters of packets stand still though each worker polls, and return those of all workers."""
        last, polls, since, end = None, [], time.monotonic(), time.monotonic() + timeout
        while time.monotonic() < end:
            now = self.view('show workers')
            seen = [(w['rx'], w['tx'], w['punted'], w['injected']) for w in now]
            if seen != last:
                last, polls, since = seen, [w['polls'] for w in now], time.monotonic()
            elif (time.monotonic() - since > quiet and any(s[0] for s in seen)
                  and all(w['polls'] >= before + POLLS for w, before in zip(now, polls))):
                return now
            time.sleep(0.03)
        raise AssertionError(f'no rest: {last}')


def pcap_vdevs(folder, packets):
    """--vdev arguments that play packets['lan'] and packets['wan'] and record what comes out."""
    out = []
    for i, port in enumerate(('lan', 'wan')):
        rx, tx = (os.path.join(str(folder), f'{port}.{way}.pcap') for way in ('rx', 'tx'))
        frames = packets.get(port, [])
        if frames:
            wrpcap(rx, frames)
            out.append(f'net_pcap{i},rx_pcap={rx},tx_pcap={tx}')
        else:
            out.append(f'net_pcap{i},tx_pcap={tx}')
    return out


def recorded(folder, port):
    path = os.path.join(str(folder), f'{port}.tx.pcap')
    if not os.path.exists(path) or os.path.getsize(path) == 0:
        return []
    with PcapReader(path) as reader:
        return list(reader)


def run(folder, conf, packets, lcores='0', inspect=None, args=()):
    """Play packets through a gateway until it is quiet; stop it; return the Result.

    inspect(gateway), when given, is called while it still runs and may ask it questions.
    """
    result = Result()
    gateway = Gateway(folder, conf, pcap_vdevs(folder, packets), lcores=lcores, args=args)
    with gateway:
        result.workers = gateway.settle()
        result.drops = gateway.drops()
        if inspect:
            inspect(gateway)
        result.code = gateway.stop()
    result.stdout, result.stderr = gateway.text(gateway.out), gateway.text(gateway.err)
    assert result.code == 0, result.stderr
    for port in ('lan', 'wan'):
        result.out[port] = recorded(folder, port)
    return result


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]
