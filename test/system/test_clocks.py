# SPDX-License-Identifier: BSD-3-Clause
"""Clocks that are days apart, and clocks that somebody sets: the end when idle, lifetimes, what is shown.

The machine's own clocks are left alone: a time namespace gives a process another time since boot, libfaketime
another wall clock, which can be set while it runs."""
import glob
import json
import pathlib
import re
import time

import pytest
from esp import Sa
from lib import PEER4, WAN4, Gateway, clear4, config, pcap_vdevs, recorded, to_lan

DAY = 86400
SA_OUT = Sa(10000, WAN4, PEER4)
SA_IN = Sa(10001, PEER4, WAN4)
SLOW = 60  # seconds that a slow machine may take from one look to the next


def uptime():
    return int(time.clock_gettime(time.CLOCK_BOOTTIME))


def clocks_at(monotonic, boottime):
    """The program finds that the machine runs for so much longer, or less long, but its TSC counts as ever."""
    return ['unshare', '--time', '--monotonic', str(monotonic), '--boottime', str(boottime), '--fork', '--kill-child']


def up_longer(seconds):
    return clocks_at(seconds, seconds)


def up_for(seconds):
    """A machine that has slept shows less on one of them."""
    return clocks_at(seconds - int(time.clock_gettime(time.CLOCK_MONOTONIC)), seconds - uptime())


AHEAD, BEHIND = 10 * DAY, 'up since 5 s'


@pytest.fixture(params=[AHEAD, BEHIND])
def apart(request):
    return up_for(5) if request.param == BEHIND else up_longer(request.param)


def test_it_ends_when_idle_whatever_the_tsc_shows(folder, apart):
    gateway = Gateway(folder, config([SA_OUT.config()]),
                      pcap_vdevs(folder, {'lan': [to_lan(clear4(i)) for i in range(100)]}),
                      args=['--idle-exit', '1'], wrap=apart)
    start = time.monotonic()
    with gateway:
        ready = time.monotonic()
        assert gateway.wait(SLOW) == 0
    assert time.monotonic() - start >= 1
    assert time.monotonic() - ready < SLOW
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
    """A wall clock of the gateway's own, and gateways that have it."""

    def __init__(self, folder):
        self.folder, self.file = folder, folder / 'wall-clock'
        self.started = []
        self.ahead = 0
        self.set(0)

    def set(self, ahead):
        self.ahead = ahead
        self.file.write_text(f'{ahead:+d}\n')

    def now(self):
        return time.time() + self.ahead

    def gateway(self, name, conf, packets=None, args=()):
        library, = glob.glob('/usr/lib/*/faketime/libfaketime.so.1')
        where = self.folder / name
        where.mkdir()
        wrap = ['env', f'LD_PRELOAD={library}', f'FAKETIME_TIMESTAMP_FILE={self.file}', 'FAKETIME_NO_CACHE=1',
                'FAKETIME_DONT_FAKE_MONOTONIC=1']
        self.started.append(Gateway(where, conf, pcap_vdevs(where, packets or {}), args=args, wrap=wrap))
        return self.started[-1]

    def clean(self):
        """What libfaketime leaves in a program that is killed."""
        for gateway in self.started:
            for name in ('faketime_shm_', 'sem.faketime_sem_'):
                if gateway.process:
                    pathlib.Path(f'/dev/shm/{name}{gateway.process.pid}').unlink(missing_ok=True)


@pytest.fixture
def wall(folder):
    clock = Wall(folder)
    yield clock
    clock.clean()


def limited(sa, seconds, **more):
    return sa.config(lifetime={'soft_seconds': seconds - 1, 'hard_seconds': seconds}, **more)


def sas(gateway):
    return {sa['spi']: sa for sa in gateway.view('setkey -D')}


class Birth:
    """When an SA was made, by our clock: between these two, however slow we are."""

    def __init__(self, gateway, spi=10000):
        asked = time.monotonic()
        age = sas(gateway)[spi]['age_seconds']
        self.first, self.last = asked - age - 1, time.monotonic() - age

    def check(self, age, asked):
        """An age that we asked for at `asked` and have now."""
        assert asked - self.last - 1 <= age <= time.monotonic() - self.first


def shown(gateway, wall, born):
    """The only SA: what setkey -D says of its times holds together."""
    asked = time.monotonic()
    text = gateway.ctl('setkey -D')
    of = {key: re.search(rf'{key}: (.*?)(?:\t|\(s\)|\n)', text).group(1)
          for key in ('created', 'current', 'diff', 'last')}
    at = {key: time.mktime(time.strptime(of[key], '%b %d %H:%M:%S %Y')) for key in ('created', 'current')}
    born.check(int(of['diff']), asked)
    assert abs(at['current'] - wall.now()) <= SLOW, text
    assert at['current'] - at['created'] == int(of['diff']), text
    return of


@pytest.mark.parametrize('step', [3 * DAY, -3 * DAY])
def test_the_wall_clock_is_set_while_it_runs_and_between_runs(folder, wall, step):
    state = folder / 'state'
    args = ['--state', str(state)]
    conf = config([limited(SA_OUT, 3600)])
    packets = {'lan': [to_lan(clear4(i)) for i in range(5)]}
    with wall.gateway('1', conf, packets, args) as gateway:
        gateway.settle()
        born = Birth(gateway)
        shown(gateway, wall, born)
        wall.set(step)
        last = shown(gateway, wall, born)['last']
        used = time.mktime(time.strptime(last, '%b %d %H:%M:%S %Y'))
        assert 0 <= wall.now() - used <= time.monotonic() - born.first + 1
        ago = re.search(r'saved (\S+) s ago', gateway.ctl('show state'))
        assert 0 <= int(ago.group(1)) <= time.monotonic() - born.first
        time.sleep(2.1)     # lifetimes are looked at each second
        assert list(sas(gateway)) == [10000]
        assert gateway.stop() == 0
    saved = json.loads(state.read_text())
    assert abs(saved['saved'] - wall.now()) <= SLOW
    assert abs(saved['saved'] - saved['sa'][0]['created'] - saved['sa'][0]['age_ms'] // 1000) <= 2

    # back again while it was down
    wall.set(0)
    with wall.gateway('2', conf, args=args) as gateway:
        assert gateway.view('show state')['carried'] == 1
        time.sleep(1.5)
        assert list(sas(gateway)) == [10000]
        shown(gateway, wall, born)
        assert gateway.stop() == 0
    assert 'the wall clock has been set' in gateway.text(gateway.err)


@pytest.mark.parametrize('step', [3 * DAY, -3 * DAY])
def test_a_lifetime_ends_on_time_though_the_wall_clock_is_set(folder, wall, step):
    args = ['--state', str(folder / 'state')]
    life = 10
    conf = config([limited(SA_OUT, life), limited(SA_IN, 3600)])
    with wall.gateway('1', conf, args=args) as gateway:
        born = Birth(gateway, 10001)
        wall.set(step)
        assert gateway.stop() == 0
    time.sleep(5)
    wall.set(-step)
    with wall.gateway('2', conf, args=args) as gateway:
        # what it was down for counts
        asked = time.monotonic()
        born.check(sas(gateway)[10001]['age_seconds'], asked)
        gateway.wait_for(lambda: list(sas(gateway)) == [10001], 2 * SLOW, 'without the SA that has ended')
        assert life <= time.monotonic() - born.first
        assert gateway.stop() == 0


def test_a_restart_in_another_time_namespace_keeps_ages(folder):
    """The time since boot is the machine's, whatever a container is told."""
    state = folder / 'state'
    args = ['--state', str(state)]
    conf = config([limited(SA_OUT, 3600)])
    born = None
    for i, wrap in enumerate([[], up_longer(AHEAD), up_for(5)]):
        where = folder / str(i)
        where.mkdir()
        with Gateway(where, conf, pcap_vdevs(where, {}), args=args, wrap=wrap) as gateway:
            born = born or Birth(gateway)
            time.sleep(1.2)
            asked = time.monotonic()
            age = sas(gateway)[10000]['age_seconds']
            born.check(age, asked)
            gateway.ctl(f'save -state {state}')     # unshare passes no signal on
        saved = json.loads(state.read_text())
        assert abs(saved['uptime_ms'] / 1000 - uptime()) <= SLOW
        assert saved['sa'][0]['age_ms'] >= age * 1000
