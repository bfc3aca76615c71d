# SPDX-License-Identifier: BSD-3-Clause
"""Every algorithm, both ways, IPv4 and IPv6 outside and inside, judged by scapy."""
import pytest
from esp import AEADS, AUTHS, CIPHERS, Sa
from lib import (FAR4, FAR6, HOST4, HOST6, HOST_MAC, LAN_MAC, PEER4, PEER6, PEER_MAC, WAN4, WAN6,
                 WAN_MAC, clear4, clear6, config, run, to_lan, to_wan)
from scapy.all import ESP, IP, UDP, IPv6, raw

SIZES = (4, 5, 6, 7, 13, 14, 15, 16, 100, 1000, 1280)


def suites():
    """(encryption, bytes of key, authentication) of every algorithm, in pairs that are legal."""
    for enc, (_, lengths) in CIPHERS.items():
        for length in lengths:
            if enc in AEADS:
                yield enc, length, ''
            elif enc != 'null':
                yield enc, length, 'hmac-sha1'
    for auth in AUTHS:
        if auth != 'aes-gmac':
            yield 'aes-cbc', 16, auth
        yield 'null', 0, auth
    yield 'aes-cbc', 16, ''
    yield 'aes-ctr', 20, ''
    yield '3des-cbc', 24, ''


SUITES = list(dict.fromkeys(suites()))


def both_ways(folder, out_sa, in_sa):
    """Packets of both families through a tunnel in both directions; all must arrive intact."""
    there, back, n = [], [], 0
    for size in SIZES:
        for make, far, host in ((clear4, FAR4, HOST4), (clear6, FAR6, HOST6)):
            there.append(make(n, size))
            back.append(make(n, size, src=far, dst=host))
            n += 1
    packets = {
        'lan': [to_lan(p) for p in there],
        'wan': [to_wan(in_sa.encrypt(p, i)) for i, p in enumerate(back, 1)],
    }
    conf = config([out_sa.config(), in_sa.config()], tunnel=(out_sa.src, out_sa.dst))
    result = run(folder, conf, packets)
    assert not result.drops, result.drops
    check_out(result, out_sa, there)
    check_in(result, back)
    return result


def check_out(result, sa, there):
    got = result.ip('wan')
    assert len(got) == len(there)
    for i, (frame, pkt, sent) in enumerate(zip(result.out['wan'], got, there)):
        assert (frame.src, frame.dst) == (WAN_MAC, PEER_MAC)
        assert pkt[ESP].seq == i + 1
        assert raw(sa.decrypt(pkt)) == forwarded(sent), f'packet {i}'


def check_in(result, back):
    got = result.ip('lan')
    assert len(got) == len(back)
    for frame, pkt, sent in zip(result.out['lan'], got, back):
        assert (frame.src, frame.dst) == (LAN_MAC, HOST_MAC)
        assert raw(pkt) == forwarded(sent)


def forwarded(pkt):
    """The bytes of a clear packet after one router."""
    pkt = pkt.copy()
    if IP in pkt:
        pkt.ttl -= 1
    else:
        pkt.hlim -= 1
    return raw(pkt)


@pytest.mark.parametrize('outer', [(WAN4, PEER4), (WAN6, PEER6)], ids=['outer4', 'outer6'])
@pytest.mark.parametrize('suite', SUITES, ids=lambda s: '-'.join(map(str, s)))
def test_carries_both_families_both_ways(folder, suite, outer):
    enc, length, auth = suite
    local, remote = outer
    both_ways(folder, Sa(10000, local, remote, enc, length, auth),
              Sa(10001, remote, local, enc, length, auth))


@pytest.mark.parametrize('outer', [(WAN4, PEER4), (WAN6, PEER6)], ids=['outer4', 'outer6'])
@pytest.mark.parametrize('suite', [('aes-gcm-16', 20, ''), ('aes-cbc', 16, 'hmac-sha2-256'),
                                   ('chacha20-poly1305', 36, '')], ids=lambda s: s[0])
def test_carries_esp_in_udp(folder, suite, outer):
    local, remote = outer
    out_sa = Sa(10000, local, remote, *suite, natt=(4500, 4501))
    result = both_ways(folder, out_sa, Sa(10001, remote, local, *suite, natt=(4501, 4500)))
    for pkt in result.ip('wan'):
        assert (pkt[UDP].sport, pkt[UDP].dport) == (4500, 4501)
        if IPv6 in pkt:     # RFC 6935: zero is allowed for tunnels, else it must be right
            sent, pkt[UDP].chksum = pkt[UDP].chksum, None
            assert sent in (0, IPv6(raw(pkt))[UDP].chksum)


@pytest.mark.parametrize('suite', [('aes-gcm-16', 20, ''), ('aes-gcm-16', 36, ''),
                                   ('aes-cbc', 16, 'hmac-sha1'), ('aes-cbc', 32, 'hmac-sha2-512'),
                                   ('aes-ctr', 20, 'hmac-sha2-256'), ('chacha20-poly1305', 36, ''),
                                   ('null', 0, 'hmac-sha2-256'), ('aes-cbc', 16, 'aes-xcbc-mac')],
                         ids=lambda s: '-'.join(map(str, s)))
def test_extended_sequence_numbers(folder, suite):
    both_ways(folder, Sa(10000, WAN4, PEER4, *suite, esn=True),
              Sa(10001, PEER4, WAN4, *suite, esn=True))


@pytest.mark.parametrize('suite', [('aes-gcm-16', 20, ''), ('aes-cbc', 16, 'hmac-sha2-256')],
                         ids=lambda s: s[0])
def test_extended_sequence_numbers_pass_2_to_the_32(folder, suite):
    sa = Sa(10001, PEER4, WAN4, *suite, esn=True)
    numbers = [1, 0x7fffffff, 0xfffffffe, 0xffffffff, 0x100000000, 0x100000001, 0x100000005]
    back = [clear4(i, src=FAR4, dst=HOST4) for i in range(len(numbers))]
    conf = config([Sa(10000, WAN4, PEER4, *suite, esn=True).config(),
                   sa.config(replay_window_packets=64)])
    result = run(folder, conf, {'wan': [to_wan(sa.encrypt(p, s)) for p, s in zip(back, numbers)]})
    assert not result.drops
    check_in(result, back)


def test_a_cipher_without_authentication_works_and_is_warned_about(folder):
    """The man page's own example: rijndael-cbc and nothing else."""
    out_sa, in_sa = (Sa(10000, WAN4, PEER4, 'aes-cbc', 16), Sa(10001, PEER4, WAN4, 'aes-cbc', 16))
    result = both_ways(folder, out_sa, in_sa)
    warned = [line for line in result.stderr.splitlines() if 'authentication' in line]
    assert len(warned) >= 2, result.stderr
    assert not any(secret.hex() in result.stderr for secret in (out_sa.key, in_sa.key))


def test_plain_null_with_null_is_refused(folder):
    from lib import Gateway, pcap_vdevs
    conf = config([{'src': WAN4, 'dst': PEER4, 'spi': 10000, 'reqid': 100, 'encryption': 'null'}])
    gateway = Gateway(folder, conf, pcap_vdevs(folder, {}))
    gateway.start(wait=False)
    assert gateway.wait() == 1
    assert 'sa[0]' in gateway.text(gateway.err)
