# SPDX-License-Identifier: BSD-3-Clause
"""./run demo is a test too: what it shows must be true, and nothing may stay behind."""
import os
import signal
import subprocess
import time

from lib import TOP

DEMO = os.path.join(TOP, 'devtools/demo.sh')


def namespaces(prefix):
    done = subprocess.run(['ip', 'netns', 'list'], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if line.startswith(prefix)]


def test_the_demo_shows_what_it_says():
    prefix = f't{os.getpid()}-'
    done = subprocess.run([DEMO], env=dict(os.environ, DEMO_PREFIX=prefix), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ' 0% packet loss' in done.stdout
    assert '10 ESP packets, 0 others' in done.stdout
    assert 'ESP(spi=0x00002710' in done.stdout and 'ESP(spi=0x00002711' in done.stdout
    assert '10.1.0.2 > 10.2.0.2: ICMP echo request' in done.stdout
    assert not namespaces(prefix)


def test_the_demo_cleans_up_when_interrupted():
    prefix = f'i{os.getpid()}-'
    with subprocess.Popen([DEMO], env=dict(os.environ, DEMO_PREFIX=prefix), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as demo:
        end = time.monotonic() + 30
        while len(namespaces(prefix)) < 4 and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(1)
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(30) == 143
    assert not namespaces(prefix)
    assert not os.path.exists(f'/run/dpdk-ipsecif-demo-{prefix}')
