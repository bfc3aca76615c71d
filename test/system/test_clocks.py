# SPDX-License-Identifier: BSD-3-Clause
"""Clocks that are days apart, and clocks that somebody sets: the end when idle, lifetimes, what is shown.

The machine's own clocks are left alone: a time namespace gives a process another time since boot, libfaketime
another wall clock, which can be set while it runs."""
import glob
import json
import re
import time

import pytest
from esp import Sa
from lib import PEER4, WAN4, Gateway, clear4, config, pcap_vdevs, recorded, to_lan

DAY = 86400
SA_OUT = Sa(10000, WAN4, PEER4)
SA_IN = Sa(10001, PEER4, WAN4)
SLOW = 20  # seconds that a slow machine may take from one look to the next


def uptime():
    return int(time.clock_gettime(time.CLOCK_BOOTTIME))


def up_since(offset):
    """The program finds that the machine runs for so much longer, or less long, but its TSC counts as ever."""
    return ['unshare', '--time', '--monotonic', str(offset), '--boottime', str(offset), '--fork', '--kill-child']


AHEAD, BEHIND = 10 * DAY, 'up since 5 s'


@pytest.fixture(params=[AHEAD, BEHIND])
def apart(request):
    return up_since(5 - uptime() if request.param == BEHIND else request.param)


def test_it_ends_when_idle_whatever_the_tsc_shows(folder, apart):
    gateway = Gateway(folder, config([SA_OUT.config()]),
                      pcap_vdevs(folder, {'lan': [to_lan(clear4(i)) for i in range(100)]}),
                      args=['--idle-exit', '1'], wrap=apart)
    start = time.monotonic()
    with gateway:
        assert gateway.wait() == 0
    assert 1 <= time.monotonic() - start < SLOW
    assert sum(1 for f in recorded(folder, 'wan') if f.type == 0x800) == 100


def test_it_does_not_end_under_traffic_whatever_the_tsc_shows(folder, apart):
    conf = config([SA_OUT.config()])
    conf['ports']['lan']['device'] = 'net_null0'
    gateway = Gateway(folder, conf, ['net_null0', pcap_vdevs(folder, {})[1]], args=['--idle-exit', '0.3'], wrap=apart)

    def received():
        return sum(w['rx'] for w in gateway.view('show workers'))

    with gateway:
        end = time.monotonic() + 1.5
        before = received()
        while time.monotonic() < end:
            time.sleep(0.1)
            assert gateway.process.poll() is None, gateway.text(gateway.err)
        assert received() > before


class Wall:
    """A wall clock of the gateway's own."""

    def __init__(self, folder):
        self.file = folder / 'wall-clock'
        self.ahead = 0
        self.set(0)

    def set(self, ahead):
        self.ahead = ahead
        self.file.write_text(f'{ahead:+d}\n')

    def now(self):
        return time.time() + self.ahead

    def wrap(self):
        library, = glob.glob('/usr/lib/*/faketime/libfaketime.so.1')
        return ['env', f'LD_PRELOAD={library}', f'FAKETIME_TIMESTAMP_FILE={self.file}', 'FAKETIME_NO_CACHE=1',
                'FAKETIME_DONT_FAKE_MONOTONIC=1']


def limited(sa, seconds, **more):
    return sa.config(lifetime={'soft_seconds': seconds - 1, 'hard_seconds': seconds}, **more)


def sas(gateway):
    return {sa['spi']: sa for sa in gateway.view('setkey -D')}


def shown(gateway, wall, age):
    """The only SA, `age` seconds old at least: what setkey -D says of its times holds together."""
    text = gateway.ctl('setkey -D')
    of = {key: re.search(rf'{key}: (.*?)(?:\t|\(s\)|\n)', text).group(1)
          for key in ('created', 'current', 'diff', 'last')}
    at = {key: time.mktime(time.strptime(of[key], '%b %d %H:%M:%S %Y')) for key in ('created', 'current')}
    assert age <= int(of['diff']) <= age + SLOW, text
    assert abs(at['current'] - wall.now()) <= SLOW, text
    assert at['current'] - at['created'] == int(of['diff']), text
    return of


@pytest.mark.parametrize('step', [3 * DAY, -3 * DAY])
def test_the_wall_clock_is_set_while_it_runs_and_between_runs(folder, step):
    wall = Wall(folder)
    state = folder / 'state'
    args = ['--state', str(state)]
    conf = config([limited(SA_OUT, 3600)])
    packets = {'lan': [to_lan(clear4(i)) for i in range(5)]}
    born = time.monotonic()
    (folder / '1').mkdir()
    with Gateway(folder / '1', conf, pcap_vdevs(folder / '1', packets), args=args, wrap=wall.wrap()) as gateway:
        gateway.settle()
        shown(gateway, wall, 0)
        wall.set(step)
        last = shown(gateway, wall, int(time.monotonic() - born) - 2)['last']
        used = time.mktime(time.strptime(last, '%b %d %H:%M:%S %Y'))
        assert 0 <= wall.now() - used <= SLOW
        ago = re.search(r'saved (\S+) s ago', gateway.ctl('show state'))
        assert 0 <= int(ago.group(1)) <= SLOW
        time.sleep(2.1)     # lifetimes are looked at each second
        assert list(sas(gateway)) == [10000]
        assert gateway.stop() == 0
    saved = json.loads(state.read_text())
    assert abs(saved['saved'] - wall.now()) <= SLOW
    assert saved['saved'] - SLOW <= saved['sa'][0]['created'] <= saved['saved']

    # back again while it was down
    wall.set(0)
    (folder / '2').mkdir()
    with Gateway(folder / '2', conf, pcap_vdevs(folder / '2', {}), args=args, wrap=wall.wrap()) as gateway:
        assert gateway.view('show state')['carried'] == 1
        time.sleep(1.5)
        assert list(sas(gateway)) == [10000]
        shown(gateway, wall, int(time.monotonic() - born) - 2)
        assert gateway.stop() == 0
    assert 'the wall clock has been set' in gateway.text(gateway.err)


@pytest.mark.parametrize('step', [3 * DAY, -3 * DAY])
def test_a_lifetime_ends_on_time_though_the_wall_clock_is_set(folder, step):
    wall = Wall(folder)
    args = ['--state', str(folder / 'state')]
    life = 10
    conf = config([limited(SA_OUT, life), limited(SA_IN, 3600)])
    (folder / '1').mkdir()
    with Gateway(folder / '1', conf, pcap_vdevs(folder / '1', {}), args=args, wrap=wall.wrap()) as gateway:
        born = time.monotonic() - sas(gateway)[10000]['age_seconds'] - 1
        wall.set(step)
        assert gateway.stop() == 0
    time.sleep(5)
    wall.set(-step)
    (folder / '2').mkdir()
    with Gateway(folder / '2', conf, pcap_vdevs(folder / '2', {}), args=args, wrap=wall.wrap()) as gateway:
        # what it was down for counts
        age = time.monotonic() - born
        assert age - 3 <= sas(gateway)[10001]['age_seconds'] <= age + SLOW
        gateway.wait_for(lambda: list(sas(gateway)) == [10001], 2 * SLOW, 'without the SA that has ended')
        assert life <= time.monotonic() - born
        assert time.monotonic() - born < life + SLOW
        assert gateway.stop() == 0


def test_a_restart_in_another_time_namespace_keeps_ages(folder):
    """The time since boot is the machine's, whatever a container is told."""
    state = folder / 'state'
    args = ['--state', str(state)]
    conf = config([limited(SA_OUT, 3600)])
    born = time.monotonic()
    for i, wrap in enumerate([[], up_since(AHEAD), up_since(5 - uptime())]):
        where = folder / str(i)
        where.mkdir()
        with Gateway(where, conf, pcap_vdevs(where, {}), args=args, wrap=wrap) as gateway:
            time.sleep(1.2)
            sa = sas(gateway)[10000]
            assert int(time.monotonic() - born) - SLOW <= sa['age_seconds'] <= int(time.monotonic() - born) + 1
            gateway.ctl(f'save -state {state}')     # unshare passes no signal on
        saved = json.loads(state.read_text())
        assert abs(saved['uptime_ms'] / 1000 - uptime()) <= SLOW
        assert saved['sa'][0]['age_ms'] >= sa['age_seconds'] * 1000
