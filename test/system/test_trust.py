# SPDX-License-Identifier: BSD-3-Clause
"""What must not get in, does not: replays, forgeries, SAs of somebody else. And nonces."""
import random

import pytest
from esp import COUNTER_MODES, Sa
from lib import FAR4, HOST4, PEER4, WAN4, clear4, config, run, to_lan, to_wan
from scapy.all import ESP, IP, Raw, raw

SUITES = {'gcm': ('aes-gcm-16', 20, ''), 'cbc': ('aes-cbc', 16, 'hmac-sha1'),
          'chacha': ('chacha20-poly1305', 36, ''), 'ctr': ('aes-ctr', 20, 'hmac-sha2-256')}


def sa_in(suite='gcm', **more):
    return Sa(10001, PEER4, WAN4, *SUITES[suite], **more)


def sa_out(suite='gcm', **more):
    return Sa(10000, WAN4, PEER4, *SUITES[suite], **more)


def inward(n):
    return clear4(n, 24, src=FAR4, dst=HOST4)


def numbers_in(result):
    """The numbers that clear4() gave to the packets that reached the host."""
    return [int.from_bytes(bytes(p[Raw])[:4], 'big') for p in result.ip('lan')]


@pytest.mark.parametrize('esn', [False, True], ids=['32bit', 'esn'])
@pytest.mark.parametrize('window', [32, 64, 128, 256, 1024, 4096])
def test_no_packet_gets_in_twice(folder, window, esn):
    """All of a window in random order, then all of it again, then what is left of it."""
    sa, rng = sa_in(esn=esn), random.Random(window)
    count = min(window, 600)
    seqs = list(range(window + 1, window + 1 + count))
    mixed = seqs[:]
    rng.shuffle(mixed)
    again = mixed[:]
    rng.shuffle(again)
    old = [seqs[-1] - window, 1]    # the first number left of the window, and the very first
    frames = {s: to_wan(sa.encrypt(inward(s), s)) for s in seqs + old}
    order = mixed + again + old
    result = run(folder, config([sa_out(esn=esn).config(), sa.config(replay_window_packets=window)]),
                 {'wan': [frames[s] for s in order]})
    assert sorted(numbers_in(result)) == seqs
    assert result.drops == {'replay': count + len(old)} or (esn and result.drops.get(
        'replay', 0) + result.drops.get('auth-failed', 0) == count + len(old))


def test_the_window_is_as_wide_as_asked(folder):
    """The last number inside is accepted, the first one outside is not."""
    sa = sa_in()
    seqs = [1000, 1000 - 63, 1000 - 64]
    result = run(folder, config([sa_out().config(), sa.config(replay_window_packets=64)]),
                 {'wan': [to_wan(sa.encrypt(inward(s), s)) for s in seqs]})
    assert numbers_in(result) == [1000, 937]
    assert result.drops == {'replay': 1}


def test_without_a_window_replays_pass(folder):
    """setkey(8)'s default is no window; that is the operator's choice."""
    sa = sa_in()
    frames = [to_wan(sa.encrypt(inward(s), s)) for s in (1, 2)]
    result = run(folder, config([sa_out().config(), sa.config()]), {'wan': frames * 2})
    assert numbers_in(result) == [1, 2, 1, 2]


def test_sequence_number_zero_is_never_valid(folder):
    sa = sa_in()
    result = run(folder, config([sa_out().config(), sa.config(replay_window_packets=64)]),
                 {'wan': [to_wan(sa.encrypt(inward(0), 0))]})
    assert not result.ip('lan')
    assert result.drops == {'replay': 1}


@pytest.mark.parametrize('suite', SUITES)
def test_no_forged_packet_gets_in(folder, suite):
    """A bit turned in each byte behind the SPI: none gets in, and none moves the window."""
    sa = sa_in(suite)
    good = to_wan(sa.encrypt(inward(1), 0x101))     # no single bit makes this number 0
    start = len(good) - len(good[ESP]) + 4
    frames, forged = [], bytearray(raw(good))
    for i in range(start, len(forged)):
        forged[i] ^= 1 << (i % 8)
        frames.append(good.__class__(bytes(forged)))
        forged[i] ^= 1 << (i % 8)
    result = run(folder, config([sa_out(suite).config(), sa.config(replay_window_packets=64)]),
                 {'wan': frames + [good]})
    assert numbers_in(result) == [1]
    assert result.drops == {'auth-failed': len(frames)}


def test_a_forged_packet_far_ahead_does_not_move_the_window(folder):
    sa, other = sa_in(), sa_in(keyname='another key')
    frames = [to_wan(sa.encrypt(inward(1), 1)), to_wan(other.encrypt(inward(9), 4000000000)),
              to_wan(sa.encrypt(inward(2), 2))]
    result = run(folder, config([sa_out().config(), sa.config(replay_window_packets=64)]),
                 {'wan': frames})
    assert numbers_in(result) == [1, 2]
    assert result.drops == {'auth-failed': 1}


def test_an_sa_of_another_reqid_serves_no_interface(folder):
    sa = sa_in()
    conf = config([sa_out().config(reqid=101), sa.config(reqid=101)])
    result = run(folder, conf, {'wan': [to_wan(sa.encrypt(inward(1), 1))],
                                'lan': [to_lan(clear4(1))]})
    assert not result.ip('lan') and not result.ip('wan')
    assert result.drops == {'sa-no-interface': 1, 'no-sa-out': 1}


def test_a_packet_from_another_source_is_dropped(folder):
    sa = sa_in()
    pkt = sa.encrypt(inward(1), 1)
    pkt[IP].src, pkt[IP].chksum = '192.168.0.66', None
    result = run(folder, config([sa_out().config(), sa.config()]), {'wan': [to_wan(pkt)]})
    assert not result.ip('lan')
    assert result.drops == {'sa-source': 1}


def test_an_unknown_spi_is_dropped(folder):
    sa, other = sa_in(), Sa(77777, PEER4, WAN4)
    result = run(folder, config([sa_out().config(), sa.config()]),
                 {'wan': [to_wan(other.encrypt(inward(1), 1))]})
    assert result.drops == {'no-sa-in': 1}


def test_esp_in_udp_needs_an_sa_of_nat_t_and_the_reverse(folder):
    plain, natt = sa_in(), Sa(10002, PEER4, WAN4, natt=(4500, 4500))
    plain_in_udp = Sa(10001, PEER4, WAN4, natt=(4500, 4500))
    plain_in_udp.scapy.crypt_key = plain.scapy.crypt_key
    natt_bare = Sa(10002, PEER4, WAN4)
    frames = [to_wan(plain_in_udp.encrypt(inward(1), 1)), to_wan(natt_bare.encrypt(inward(2), 1))]
    result = run(folder, config([sa_out().config(), plain.config(), natt.config()]), {'wan': frames})
    assert not result.ip('lan')
    assert result.drops == {'sa-encapsulation': 2}


def test_clear_packets_do_not_pass_for_decrypted_ones(folder):
    """The far net's address as source, in clear, on the outer port: it is routed as any packet is,
    but nothing says that it came out of the tunnel."""
    seen = {}

    def inspect(gateway):
        seen.update(gateway.interfaces())

    result = run(folder, config([sa_out().config(), sa_in().config()]),
                 {'wan': [to_wan(inward(1))]}, inspect=inspect)
    assert seen['ipsec0']['ipackets'] == 0
    assert len(result.ip('lan')) == 1


@pytest.mark.parametrize('suite', [s for s, v in SUITES.items() if v[0] in COUNTER_MODES])
def test_nonces_differ_between_two_lives_of_a_key(folder, suite):
    sa, ivs = sa_out(suite), []
    for life in ('first', 'second'):
        sub = folder / life
        sub.mkdir()
        sent = [clear4(i) for i in range(50)]
        result = run(sub, config([sa.config()]), {'lan': [to_lan(p) for p in sent]})
        got = result.ip('wan')
        assert [bytes(sa.decrypt(p)[Raw]) for p in got] == [bytes(p[Raw]) for p in sent]
        ivs.append([sa.iv(p) for p in got])
    assert len(set(ivs[0] + ivs[1])) == 100


def test_ivs_of_cbc_do_not_repeat(folder):
    sa, sent = sa_out('cbc'), [clear4(i) for i in range(50)]
    result = run(folder, config([sa.config()]), {'lan': [to_lan(p) for p in sent]})
    assert len({raw(p[ESP])[8:24] for p in result.ip('wan')}) == 50
