# SPDX-License-Identifier: BSD-3-Clause
"""Every algorithm, both ways, IPv4 and IPv6 outside and inside, with each engine, judged by scapy."""
import pytest
from esp import AEADS, AUTHS, CIPHERS, Sa
from lib import (FAR4, FAR6, HOST4, HOST6, HOST_MAC, LAN_MAC, PEER4, PEER6, PEER_MAC, WAN4, WAN6,
                 WAN_MAC, Gateway, clear4, clear6, config, pcap_vdevs, run, to_lan, to_wan)
from scapy.all import ESP, IP, UDP, IPv6, Raw, raw

ENDS4, ENDS6 = (WAN4, PEER4), (WAN6, PEER6)
FARS = ((FAR4, FAR6), ('10.3.0.9', '2001:db8:c::9'))
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


# auto is ipsec_mb for all but 3des-cbc
ENGINES = ('auto', 'cryptodev')
SUITES = list(dict.fromkeys(suites()))


def pair(ends, suite, **more):
    """The outbound and the inbound SA of a tunnel."""
    (local, remote), reqid = ends, 100 if ends == ENDS4 else 101
    first = 10000 if ends == ENDS4 else 20000
    natt = more.pop('natt', None)
    return (Sa(first, local, remote, *suite, reqid=reqid, natt=natt, **more),
            Sa(first + 1, remote, local, *suite, reqid=reqid, natt=natt and natt[::-1], **more))


def two_tunnels(pairs, engine):
    """The stage with a second interface: ipsec0 over IPv4, ipsec1 over IPv6."""
    conf = config([sa.config() for p in pairs for sa in p], crypto={'engine': engine})
    conf['ipsec']['ipsec1'] = {'reqid': 101, 'up': True,
                               'tunnel': {'local': WAN6, 'remote': PEER6}}
    conf['routes'] += [{'prefix': '10.3.0.0/16', 'interface': 'ipsec1'},
                       {'prefix': '2001:db8:c::/64', 'interface': 'ipsec1'}]
    return conf


def both_ways(folder, suite, engine='auto', **more):
    """Packets of both families through tunnels over both families, in both directions; all must
    arrive intact."""
    pairs = [pair(ends, suite, **more) for ends in (ENDS4, ENDS6)]
    there, back, wan = {}, {}, []
    for (out_sa, in_sa), far in zip(pairs, FARS):
        seq = 0
        for size in SIZES:
            for make, far_end, host in ((clear4, far[0], HOST4), (clear6, far[1], HOST6)):
                n, seq = len(there), seq + 1
                there[n] = make(n, size, dst=far_end)
                back[n] = make(n, size, src=far_end, dst=host)
                wan.append(to_wan(in_sa.encrypt(back[n], seq)))
    result = run(folder, two_tunnels(pairs, engine),
                 {'lan': [to_lan(p) for p in there.values()], 'wan': wan})
    assert not result.drops, result.drops
    for out_sa, _ in pairs:
        check_out(result, out_sa, there)
    assert len(result.ip('wan')) == len(there)
    check_in(result, back)
    return result


def number(pkt):
    return int.from_bytes(bytes(pkt[Raw])[:4], 'big')


def check_out(result, sa, there):
    """What left through a tunnel: the right neighbour, every sequence number once, content."""
    frames = [f for f in result.frames('wan') if f.payload.dst == sa.dst]
    assert {(f.src, f.dst) for f in frames} == {(WAN_MAC, PEER_MAC)}
    assert [f[ESP].seq for f in frames] == list(range(1, len(frames) + 1))
    assert len(frames) == 2 * len(SIZES)
    for f in frames:
        inner = sa.decrypt(f.payload)
        assert raw(inner) == forwarded(there[number(inner)])


def check_in(result, back):
    frames = result.frames('lan')
    assert {(f.src, f.dst) for f in frames} == {(LAN_MAC, HOST_MAC)}
    assert sorted(number(f.payload) for f in frames) == sorted(back)
    for f in frames:
        assert raw(f.payload) == forwarded(back[number(f.payload)])


def forwarded(pkt):
    """The bytes of a clear packet after one router."""
    pkt = pkt.copy()
    if IP in pkt:
        pkt.ttl -= 1
    else:
        pkt.hlim -= 1
    return raw(pkt)


@pytest.mark.parametrize('engine', ENGINES)
@pytest.mark.parametrize('suite', SUITES, ids=lambda s: '-'.join(map(str, s)))
def test_carries_both_families_over_both(folder, suite, engine):
    both_ways(folder, suite, engine)


@pytest.mark.parametrize('engine', ENGINES)
@pytest.mark.parametrize('suite', [('aes-gcm-16', 20, ''), ('aes-cbc', 16, 'hmac-sha2-256'),
                                   ('chacha20-poly1305', 36, '')], ids=lambda s: s[0])
def test_carries_esp_in_udp(folder, suite, engine):
    result = both_ways(folder, suite, engine, natt=(4500, 4501))
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
@pytest.mark.parametrize('engine', ENGINES)
def test_extended_sequence_numbers(folder, suite, engine):
    both_ways(folder, suite, engine, esn=True)


@pytest.mark.parametrize('suite', [('aes-gcm-16', 20, ''), ('aes-cbc', 16, 'hmac-sha2-256')],
                         ids=lambda s: s[0])
def test_extended_sequence_numbers_pass_2_to_the_32(folder, suite):
    """The upper half is not sent; it is worked out from the lower one and the top of the window. So
    the steps towards 2^32 are less than half the space each, and of a poll of their own, which
    64 frames for somebody else see to."""
    sa = Sa(10001, PEER4, WAN4, *suite, esn=True)
    steps = [1], [0x7fffffff], [0xfffffffe, 0xffffffff, 0x100000000, 0x100000001, 0x100000005]
    others, frames, back = [to_wan(clear4(0), dst=HOST_MAC)] * 64, [], {}
    for step in steps:
        for seq in step:
            back[len(back)] = clear4(len(back), src=FAR4, dst=HOST4)
            frames.append(to_wan(sa.encrypt(back[len(back) - 1], seq)))
        frames += others
    conf = config([Sa(10000, WAN4, PEER4, *suite, esn=True).config(),
                   sa.config(replay_window_packets=64)])
    result = run(folder, conf, {'wan': frames})
    assert result.drops == {'not-for-us': 64 * len(steps)}
    check_in(result, back)


def test_gmac_with_extended_sequence_numbers(folder):
    both_ways(folder, ('null', 0, 'aes-gmac'), esn=True)


def test_gmac_with_extended_sequence_numbers_is_refused_by_cryptodev(folder):
    """rte_ipsec leaves the upper half out of its ICV: better not than wrong."""
    conf = config([sa.config() for sa in pair(ENDS4, ('null', 0, 'aes-gmac'), esn=True)],
                  crypto={'engine': 'cryptodev'})
    gateway = Gateway(folder, conf, pcap_vdevs(folder, {}))
    gateway.start(wait=False)
    assert gateway.wait() == 1
    assert 'sa[0]' in gateway.text(gateway.err) and 'aes-gmac' in gateway.text(gateway.err)


def test_triple_des_is_refused_by_ipsec_mb(folder):
    conf = config([sa.config() for sa in pair(ENDS4, ('3des-cbc', 24, 'hmac-sha1'))],
                  crypto={'engine': 'ipsec_mb'})
    gateway = Gateway(folder, conf, pcap_vdevs(folder, {}))
    gateway.start(wait=False)
    assert gateway.wait() == 1
    err = gateway.text(gateway.err)
    assert 'ipsec_mb does not run 3des-cbc with authentication hmac-sha1' in err and 'sa[0]: ' in err


def test_a_cipher_without_authentication_works_and_is_warned_about(folder):
    """The man page's own example: rijndael-cbc and nothing else."""
    result = both_ways(folder, ('aes-cbc', 16, ''))
    warned = [line for line in result.stderr.splitlines() if 'authentication' in line]
    assert len(warned) == 4, result.stderr
    for sa in pair(ENDS4, ('aes-cbc', 16, '')):
        assert sa.key.hex() not in result.stderr


def test_plain_null_with_null_is_refused(folder):
    conf = config([{'src': WAN4, 'dst': PEER4, 'spi': 10000, 'reqid': 100, 'encryption': 'null'}])
    gateway = Gateway(folder, conf, pcap_vdevs(folder, {}))
    gateway.start(wait=False)
    assert gateway.wait() == 1
    assert 'sa[0]' in gateway.text(gateway.err)
