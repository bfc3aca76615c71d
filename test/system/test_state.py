# SPDX-License-Identifier: BSD-3-Clause
"""A gateway that is restarted, with a state file and without: sequence numbers on the wire, replays
from before the restart, nonces. Judged by scapy."""
import json
import os
import signal
import stat

from esp import Sa
from lib import (FAR4, HOST4, PEER4, WAN4, Gateway, clear4, config, pcap_vdevs, recorded, to_lan, to_wan)
from scapy.all import ESP, IP, UDP

# both directions share key and salt, as FreeBSD's own tests have it
SA_OUT = Sa(10000, WAN4, PEER4, keyname='shared')
SA_IN = Sa(10001, PEER4, WAN4, keyname='shared')


def conf():
    return config([SA_OUT.config(), SA_IN.config(replay_window_packets=64)])


def inbound(*numbers):
    return [to_wan(SA_IN.encrypt(clear4(n, src=FAR4, dst=HOST4), n)) for n in numbers]


def outbound(n):
    return [to_lan(clear4(i)) for i in range(n)]


class Run:
    """One life of the gateway: plays packets, ends, and says what was seen."""

    def __init__(self, folder, packets, how=signal.SIGTERM, args=(), conf_=None):
        folder.mkdir(exist_ok=True)
        gateway = Gateway(folder, conf_ or conf(), pcap_vdevs(folder, packets), args=args)
        with gateway:
            gateway.settle()
            self.drops, self.state = gateway.drops(), gateway.view('show state')
            if how == signal.SIGKILL:
                gateway.kill()
            else:
                assert gateway.stop(how) == 0
        self.stderr = gateway.text(gateway.err)
        self.esp = [p.payload for p in recorded(folder, 'wan') if p.type == 0x0800 and ESP in p]
        self.seq = [p[ESP].seq for p in self.esp]
        self.ivs = [SA_OUT.iv(p) for p in self.esp]
        self.clear = [int.from_bytes(bytes(p.payload[UDP].payload)[:4], 'big')
                      for p in recorded(folder, 'lan') if p.type == 0x0800 and p.payload.dst == HOST4]
        for p in self.esp:
            SA_OUT.decrypt(p)


def test_numbers_and_windows_go_on_behind_an_orderly_end(folder):
    args = ['--state', str(folder / 'state')]
    first = Run(folder / '1', {'lan': outbound(5), 'wan': inbound(1, 2, 4, 5, 7)}, args=args)
    assert first.seq == [1, 2, 3, 4, 5]
    assert first.clear == [1, 2, 4, 5, 7]
    assert 'begin at sequence number 1' in first.stderr
    file = folder / 'state'
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    text = file.read_text()
    assert json.loads(text)['running'] is False
    for sa in (SA_OUT, SA_IN):
        assert sa.key.hex() not in text

    # replayed from before the restart; lost then, come now; new
    second = Run(folder / '2', {'lan': outbound(3), 'wan': inbound(1, 7, 3, 6, 8, 6)}, args=args)
    assert second.seq == [6, 7, 8]
    assert second.clear == [3, 6, 8]
    assert second.drops == {'replay': 3}
    assert (second.state['carried'], second.state['fresh']) == (2, 0)
    assert 'begin at sequence number 1' not in second.stderr
    assert not set(first.ivs) & set(second.ivs)


def test_numbers_go_on_behind_a_crash(folder):
    args = ['--state', str(folder / 'state')]
    first = Run(folder / '1', {'lan': outbound(5)}, how=signal.SIGKILL, args=args)
    assert json.loads((folder / 'state').read_text())['running'] is True
    second = Run(folder / '2', {'lan': outbound(5)}, how=signal.SIGKILL, args=args)
    assert 'while packets went on' in second.stderr
    third = Run(folder / '3', {'lan': outbound(5)}, args=args)
    if first.seq:  # what is recorded of a killed run depends on the driver's buffer
        assert min(second.seq or [2**32]) > max(first.seq)
    assert min(third.seq) > 2**25
    if second.seq:
        assert min(third.seq) > max(second.seq)
    assert third.seq == list(range(third.seq[0], third.seq[0] + 5))


def test_without_a_file_numbers_begin_again_but_no_nonce_does(folder):
    runs = [Run(folder / str(i), {'lan': outbound(200), 'wan': inbound(*range(1, 20))}) for i in range(3)]
    sent = [iv for run in runs for iv in run.ivs]
    for run in runs:
        assert run.seq == list(range(1, 201))
        assert '1 outbound SAs begin at sequence number 1' in run.stderr
        # the same packets again: nothing says that they have been seen
        assert len(run.clear) == 19
    # one key and salt for both directions and all lives: what was sent, and what the peer (scapy's IVs are the number) sent
    peer = [SA_IN.iv(f.payload) for f in inbound(*range(1, 20))]
    assert len(set(sent)) == 600
    assert not set(sent) & set(peer)


def test_what_does_not_belong_to_an_sa_is_not_given_to_it(folder):
    args = ['--state', str(folder / 'state')]
    Run(folder / '1', {'lan': outbound(5), 'wan': inbound(9)}, args=args)
    other = config([Sa(10000, WAN4, PEER4, keyname='another').config(),
                    Sa(10002, PEER4, WAN4, keyname='shared').config(replay_window_packets=64)])
    folder2 = folder / '2'
    folder2.mkdir()
    gateway = Gateway(folder2, other, pcap_vdevs(folder2, {'lan': outbound(2)}), args=args)
    with gateway:
        gateway.settle()
        state = gateway.view('show state')
        assert (state['carried'], state['fresh'], state['left']) == (0, 2, 2)
        # added later, with the same keys: it goes on
        gateway.ctl_run('setkey', '-c', stdin=f'add {PEER4} {WAN4} esp 10001 -m tunnel -u 100 -r 8 -E aes-gcm-16 '
                        f'0x{SA_IN.key.hex()};')
        assert gateway.view('show state')['carried'] == 1
        assert gateway.stop() == 0
    err = gateway.text(gateway.err)
    assert f'sa {PEER4} spi 10000 has another key now' in err
    assert '1 SAs of' in err and 'are not there' in err
    assert [p.payload[ESP].seq for p in recorded(folder2, 'wan') if IP in p and ESP in p] == [1, 2]


def test_a_damaged_file_is_told_and_put_aside(folder):
    file = folder / 'state'
    args = ['--state', str(file)]
    Run(folder / '1', {'lan': outbound(5)}, args=args)
    text = file.read_text()
    file.write_text(text.replace('"sequence": "5"', '"sequence": "4"'))
    second = Run(folder / '2', {'lan': outbound(5)}, args=args)
    assert second.seq == [1, 2, 3, 4, 5]
    assert 'is damaged or no state file (its check value is wrong): nothing of it is used' in second.stderr
    assert (folder / 'state.damaged').exists()


def test_the_configuration_names_the_file_and_save_writes_another(folder):
    c = conf()
    c['state'] = {'file': str(folder / 'kept'), 'seconds': 1}
    first = folder / '1'
    first.mkdir()
    gateway = Gateway(first, c, pcap_vdevs(first, {'lan': outbound(5)}))
    with gateway:
        gateway.settle()
        assert gateway.ctl(f'save -state {folder}/copy') == f'saved {folder}/copy\n'
        gateway.ctl(f'save {folder}/cfg.json')
        assert gateway.view('show state')['file'] == str(folder / 'kept')
        assert gateway.stop() == 0
    assert json.loads((folder / 'cfg.json').read_text())['state'] == c['state']
    assert json.loads((folder / 'copy').read_text())['running'] is True
    assert Run(folder / '2', {'lan': outbound(1)}, conf_=c).seq == [6]
