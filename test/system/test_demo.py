# SPDX-License-Identifier: BSD-3-Clause
"""./run demo is a test too: what it shows must be true, and nothing may stay behind."""
import os
import shutil
import signal
import subprocess
import time

from lib import TOP, WAIT_S

DEMO = os.path.join(TOP, 'devtools/demo.sh')


def namespaces(prefix):
    done = subprocess.run(['ip', 'netns', 'list'], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if line.startswith(prefix)]


def demo(prefix, **env):
    return subprocess.run([DEMO], env=dict(os.environ, DEMO_PREFIX=prefix, **env),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600,
                          check=False)


def wrapper(folder, name, script):
    """A program of this name that comes first in the PATH which is returned."""
    path = folder / name
    path.write_text(f'#!/bin/bash\n{script}\n')
    path.chmod(0o755)
    return f'{folder}:{os.environ["PATH"]}'


def test_the_demo_shows_what_it_says():
    prefix = f't{os.getpid()}-'
    done = demo(prefix)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ' 0% packet loss' in done.stdout
    assert '10 ESP packets, 0 others' in done.stdout
    assert 'ESP(spi=0x00002710' in done.stdout and 'ESP(spi=0x00002711' in done.stdout
    assert '10.1.0.2 > 10.2.0.2: ICMP echo request' in done.stdout
    assert not namespaces(prefix)


def test_the_demo_waits_for_what_tcpdump_has_not_written_yet(folder):
    prefix = f's{os.getpid()}-'
    # packets stay in the kernel's block, and written ones in the program, as long as can be
    path = wrapper(folder, 'tcpdump', f"""
        args=()
        for arg; do [ "$arg" = -U ] || [ "$arg" = --immediate-mode ] || args+=("$arg"); done
        exec {shutil.which('tcpdump')} "${{args[@]}}" """)
    done = demo(prefix, PATH=path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '10 ESP packets, 0 others' in done.stdout


def test_the_demo_says_what_failed_not_that_it_was_interrupted(folder):
    prefix = f'e{os.getpid()}-'
    path = wrapper(folder, 'ip', f"""
        case "$*" in
        *sysctl*) echo 'no such thing as sysctl' >&2; exit 255 ;;
        *) exec {shutil.which('ip')} "$@" ;;
        esac""")
    done = demo(prefix, PATH=path)
    assert done.returncode == 255
    assert 'interrupted' not in done.stderr
    assert 'no such thing as sysctl' in done.stderr
    assert not namespaces(prefix)


def test_the_demo_cleans_up_when_interrupted():
    prefix = f'i{os.getpid()}-'
    with subprocess.Popen([DEMO], env=dict(os.environ, DEMO_PREFIX=prefix), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        end = time.monotonic() + WAIT_S
        while len(namespaces(prefix)) < 4 and time.monotonic() < end:
            time.sleep(0.05)
        running.send_signal(signal.SIGTERM)
        out = running.communicate(timeout=WAIT_S)[0].decode()
    assert running.returncode == 143, out
    assert 'demo: interrupted' in out
    assert not namespaces(prefix)
    assert not os.path.exists(f'/run/dpdk-ipsecif-demo-{prefix}')
