#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-ipsecif and ipsecifctl as programs: program.py DPDK-IPSECIF IPSECIFCTL. No root, no hugepages, net_null as port."""
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

DAEMON, CTL = map(os.path.abspath, sys.argv[1:3])
EAL = ['-l', '0', '--no-huge', '--no-pci', '--no-shconf', '--no-telemetry', '--log-level', 'error',
       '--vdev', 'net_null0,no-rx=1']
CONFIG = {'ports': {'wan0': {'device': 'net_null0', 'mac': '02:00:00:00:00:01', 'addresses': ['192.0.2.1/24']}}}
WAIT_S = 120  # for what never comes: no busy machine takes so long
ADD = 'add 192.0.2.1 192.0.2.2 esp 300 -m tunnel -u 7 -r 8 -E aes-gcm-16 "12345678901234567890";\n'


class Program(unittest.TestCase):
    def setUp(self):
        self.memory = '512'
        self.dir = tempfile.TemporaryDirectory(prefix='cli-program-')
        self.config = os.path.join(self.dir.name, 'cfg.json')
        self.socket = os.path.join(self.dir.name, 'ctl.sock')
        self.write(CONFIG)
        self.daemon = None

    def tearDown(self):
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.communicate()
        self.dir.cleanup()

    def write(self, config):
        with open(self.config, 'w', encoding='utf-8') as f:
            f.write(config if isinstance(config, str) else json.dumps(config))

    def once(self, *args):
        return subprocess.run([DAEMON, *EAL, '-m', self.memory, '--', '-c', self.config, *args], capture_output=True, text=True, timeout=WAIT_S)

    def start(self, *args):
        self.daemon = subprocess.Popen([DAEMON, *EAL, '-m', self.memory, '--', '-c', self.config, '--no-telnet', '--socket', self.socket, *args],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self.daemon.stdout:
            if line == 'ready\n':
                return
        self.fail(self.daemon.communicate()[1])

    def stop(self, sig=signal.SIGTERM):
        self.daemon.send_signal(sig)
        out, err = self.daemon.communicate(timeout=WAIT_S)
        code, self.daemon = self.daemon.returncode, None
        return code, out, err

    def ctl(self, *args, text=None, cwd=None):
        p = subprocess.run([CTL, '-s', self.socket, *args], input=text, capture_output=True, text=True, timeout=WAIT_S, cwd=cwd)
        return p.returncode, p.stdout, p.stderr

    def test_checks_without_opening_a_device(self):
        p = self.once('-n')
        self.assertEqual((p.returncode, p.stdout), (0, 'ok\n'))
        self.write({'ports': {'wan0': {'device': 5, 'mtu': 70000}}})
        p = self.once('-n')
        self.assertEqual((p.returncode, p.stdout), (1, ''))
        self.assertEqual([line.split(':')[0] for line in p.stderr.splitlines()], ['ports.wan0.device', 'ports.wan0.mtu'])

    def test_says_in_one_line_why_it_does_not_start(self):
        p = self.once('--telnet', '0.0.0.0:8086', '--no-socket')
        self.assertEqual((p.returncode, p.stdout), (1, ''))
        self.assertIn('dpdk-ipsecif: telnet: 0.0.0.0:8086 is not a loopback address (', p.stderr)
        self.assertIn('telnet: 0.0.0.0:8086', self.once('-n', '--telnet', '0.0.0.0:8086').stderr)  # before any device
        self.write({'ports': {'wan0': {'device': 'net_null7'}}})
        p = self.once('--no-telnet', '--no-socket')
        self.assertEqual((p.returncode, p.stdout), (1, ''))
        self.assertIn('net_null7', p.stderr)

    def test_ends_when_nothing_comes(self):
        p = self.once('--no-telnet', '--no-socket', '--idle-exit', '0.2')
        self.assertEqual((p.returncode, p.stdout), (0, 'ready\n'))

    def test_stops_at_a_signal_and_takes_its_socket_away(self):
        for sig in (signal.SIGINT, signal.SIGTERM):
            self.start()
            self.assertTrue(os.path.exists(self.socket))
            self.assertEqual(self.stop(sig)[0], 0)
            self.assertFalse(os.path.exists(self.socket))

    def test_reloads_at_a_hangup(self):
        self.start()
        self.write(dict(CONFIG, ipsec={'ipsec5': {'reqid': 5}}))
        self.daemon.send_signal(signal.SIGHUP)
        end = time.monotonic() + WAIT_S
        while True:
            code, out, _ = self.ctl('ifconfig', '-l')
            if out == 'wan0 ipsec5\n' or time.monotonic() > end:
                break
        self.assertEqual((code, out), (0, 'wan0 ipsec5\n'))
        self.write('{')
        self.daemon.send_signal(signal.SIGHUP)
        self.assertEqual(self.ctl('ifconfig', '-l')[1], 'wan0 ipsec5\n')
        self.assertIn('not reloaded', self.stop()[2])

    def test_makes_buffers_for_the_largest_mtu(self):
        self.write({'ports': {'wan0': dict(CONFIG['ports']['wan0'], mtu=9000)}})
        self.memory = '1024'
        self.start()
        self.assertIn(' mtu 9000\n', self.ctl('ifconfig', 'wan0')[1])
        code, _, err = self.ctl('ifconfig', 'wan0', 'mtu', '16000')
        self.assertEqual((code, err), (1, 'port net_null0: mtu 16000 bytes does not fit the buffers (9582)\n'))
        self.assertIn(' mtu 9000\n', self.ctl('ifconfig', 'wan0')[1])

    def test_tells_systemd(self):
        path = os.path.join(self.dir.name, 'notify')
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
            s.settimeout(WAIT_S)
            os.environ['NOTIFY_SOCKET'] = path
            try:
                self.start()
                self.stop()
            finally:
                del os.environ['NOTIFY_SOCKET']
            self.assertEqual([s.recv(64), s.recv(64)], [b'READY=1', b'STOPPING=1'])

    def test_ipsecifctl_answers_and_exits_as_the_command_went(self):
        self.start()
        self.assertEqual(self.ctl('ifconfig', 'ipsec', 'create', 'reqid', '7'), (0, 'ipsec0\n', ''))
        code, out, err = self.ctl('ifconfig', 'ipsec0', 'mtu', '9000')
        self.assertEqual((code, out), (1, ''))
        self.assertRegex(err, r'^ipsec0: mtu 9000 .*\(8192\)\n$')
        self.assertEqual(self.ctl('setkey', '-c', text=ADD), (0, '', ''))
        self.assertIn('key <', self.ctl('setkey', '-D')[1])
        self.assertNotIn('31323334', self.ctl('setkey', '-D')[1])
        self.assertIn('31323334', self.ctl('setkey', '-D', '-l')[1])
        self.assertEqual(json.loads(self.ctl('-j', 'setkey', '-D')[1])[0]['spi'], 300)
        self.assertEqual(self.ctl()[0], 2)
        self.assertEqual(self.ctl('-q')[0], 2)

    def test_ipsecifctl_does_files_of_commands(self):
        self.start()
        text = f'# tunnel\nifconfig ipsec0 create\nsetkey -c\n{ADD}.\nifconfig -l\nifconfig ipsec9\nifconfig -a\n'
        code, out, err = self.ctl('-f', '-', text=text)
        self.assertEqual((code, out), (1, 'ipsec0\nwan0 ipsec0\n'))
        self.assertEqual(err, 'ipsec9: interface does not exist (ifconfig -l lists them)\n'
                              'ipsecifctl: -: stopped at line 7\n')
        lines = [f'ifconfig ipsec{i} create' for i in range(1, 101)] + ['ifconfig ipsec1 mtu 7', 'ifconfig ipsec500 create', '']
        code, out, err = self.ctl('-f', '-', text='\n'.join(lines))
        self.assertEqual((code, out.split()), (1, [f'ipsec{i}' for i in range(1, 101)]))
        self.assertEqual(err, 'ipsec1: mtu 7 bytes is below the minimum (1280)\nipsecifctl: -: stopped at line 101\n')
        self.assertEqual(self.ctl('ifconfig', 'ipsec500')[0], 1)
        with open(os.path.join(self.dir.name, 'sa.conf'), 'w', encoding='utf-8') as f:
            f.write('flush;\n' + ADD)
        self.assertEqual(self.ctl('setkey', '-f', 'sa.conf', cwd=self.dir.name)[0], 0)
        self.assertEqual(self.ctl('save', 'saved.json', cwd=self.dir.name)[0], 0)
        self.assertEqual(os.stat(os.path.join(self.dir.name, 'saved.json')).st_mode & 0o777, 0o600)
        self.assertEqual(self.ctl('diff', 'saved.json', cwd=self.dir.name), (0, 'no difference\n', ''))

    def monitor(self, *args):
        """A `setkey -x` that has heard something already."""
        p = subprocess.Popen([CTL, '-s', self.socket, *args, 'setkey', '-x'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            self.assertEqual(self.ctl('setkey', '-FP')[0], 0)
            if select.select([p.stdout], [], [], 0.2)[0]:
                return p
        p.kill()
        self.fail(p.communicate()[1])

    def test_monitors_show_events_until_they_are_interrupted(self):
        self.start()
        text, objects = self.monitor(), self.monitor('-j')
        self.assertEqual(self.ctl('setkey', '-c', text=ADD)[0], 0)
        self.assertEqual(self.ctl('setkey', '-F')[0], 0)
        seen = []
        for line in objects.stdout:
            seen.append(json.loads(line))
            if seen[-1]['event'] == 'FLUSH':
                break
        self.assertEqual(seen[-2]['event'], 'ADD')
        self.assertEqual((seen[-2]['spi'], seen[-2]['reqid'], seen[-2]['encryption']), (300, 7, 'aes-gcm-16'))
        objects.send_signal(signal.SIGINT)
        objects.communicate(timeout=WAIT_S)
        self.assertEqual(objects.returncode, -signal.SIGINT)
        lines = iter(text.stdout.readline, '')
        self.assertTrue(any('type=3(ADD)' in line for line in lines))
        self.assertEqual(self.ctl('setkey', '-c', text=ADD + 'delete 192.0.2.1 192.0.2.2 esp 300;')[0], 0)
        self.assertTrue(any('type=4(DELETE)' in line for line in lines))
        code, _, err = self.stop()  # also while one listens
        self.assertEqual((code, err), (0, ''))
        rest = text.communicate(timeout=WAIT_S)
        self.assertEqual(text.returncode, 1)
        self.assertNotIn('1234567890', ''.join(rest))

    def test_a_file_of_commands_can_not_listen(self):
        self.start()
        code, out, err = self.ctl('-f', '-', text='setkey -F\nsetkey -x\nifconfig -l\n')
        self.assertEqual((code, out), (1, ''))
        self.assertEqual(err, 'ipsecifctl: line 2: setkey -x listens until it is interrupted: not in a file\n'
                              'ipsecifctl: -: stopped at line 2\n')

    def test_a_file_of_commands_may_name_files(self):
        self.start()
        file = os.path.join(self.dir.name, 'saved-from-a-file.json')
        lines = f'save {file}\ndiff {file}\nload -confirm 60 {file}\nconfirm\n' * 20
        code, out, err = self.ctl('-f', '-', text=lines)
        self.assertEqual((code, err), (0, ''))
        self.assertEqual(out.count('no difference'), 20)

    def test_more_statements_than_are_taken_are_not_sent(self):
        self.start()
        code, out, err = self.ctl('setkey', '-c', text='#' * (8 << 20) + '\n')
        self.assertEqual((code, out), (1, ''))
        self.assertEqual(err, 'ipsecifctl: 8388609 bytes of statements are too many (8388608)\n')

    def test_ipsecifctl_says_when_nobody_listens(self):
        code, _, err = self.ctl('ifconfig')
        self.assertEqual(code, 1)
        self.assertIn('is dpdk-ipsecif running?', err)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
