# SPDX-License-Identifier: BSD-3-Clause
"""The router around the tunnel: TTL, ICMP errors, ARP, ND, echo, routes, MTU, counters."""
import pytest
from esp import Sa
from lib import (FAR4, FAR6, HOST4, HOST6, HOST_MAC, LAN4, LAN6, LAN_MAC, PEER4, PEER6, PEER_MAC,
                 WAN4, WAN6, WAN_MAC, clear4, clear6, config, is_nd, run, to_lan, to_wan)
from scapy.all import (ARP, ICMP, IP, UDP, Ether, ICMPv6DestUnreach, ICMPv6EchoReply,
                       ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr,
                       ICMPv6NDOptSrcLLAddr, ICMPv6PacketTooBig, ICMPv6TimeExceeded, IPv6, raw)

SA = Sa(10000, WAN4, PEER4)
SA_IN = Sa(10001, PEER4, WAN4)


def both():
    return config([SA.config(), SA_IN.config()])


def right(pkt):
    """Checksums and lengths as scapy would write them."""
    again = pkt.copy()
    for layer, fields in ((IP, ('len', 'chksum')), (IPv6, ('plen',)), (ICMP, ('chksum',))):
        if layer in again:
            for field in fields:
                delattr(again[layer], field)
    if 'cksum' in getattr(again.lastlayer(), 'fields', {}):
        del again.lastlayer().cksum
    assert raw(pkt) == raw(again), pkt.show(dump=True)


def test_a_hop_is_counted(folder):
    sent = [clear4(1, ttl=64), clear6(2, hlim=2)]
    result = run(folder, both(), {'lan': [to_lan(p) for p in sent]})
    got = [SA.decrypt(p) for p in result.ip('wan')]
    assert (got[0].ttl, got[1].hlim) == (63, 1)
    right(got[0])


def test_the_hops_of_a_tunnel_count_as_one(folder):
    """Inner TTL is not the outer one: a packet with TTL 2 passes, the outer header has its own."""
    result = run(folder, both(), {'lan': [to_lan(clear4(1, ttl=2))]})
    (outer,) = result.ip('wan')
    assert outer.ttl == 64
    assert SA.decrypt(outer).ttl == 1


def test_the_last_hop_is_answered_with_time_exceeded(folder):
    result = run(folder, both(), {'lan': [to_lan(clear4(1, ttl=1)), to_lan(clear6(2, hlim=1))]})
    assert not result.ip('wan')
    four, six = sorted(result.ip('lan'), key=lambda p: p.version)
    assert (four.src, four.dst, four[ICMP].type, four[ICMP].code) == (LAN4, HOST4, 11, 0)
    assert raw(four[ICMP].payload)[:28] == raw(clear4(1, ttl=1))[:28]
    assert (six.src, six.dst) == (LAN6, HOST6) and ICMPv6TimeExceeded in six
    assert result.drops == {'ttl-exceeded': 2}
    right(four)


def test_no_route_is_answered_with_unreachable(folder):
    sent = [clear4(1, dst='203.0.113.7'), clear6(2, dst='2001:db8:ffff::7')]
    result = run(folder, both(), {'lan': [to_lan(p) for p in sent]})
    four, six = sorted(result.ip('lan'), key=lambda p: p.version)
    assert (four[ICMP].type, four[ICMP].code) == (3, 0)
    assert six[ICMPv6DestUnreach].code == 0
    assert result.drops == {'no-route': 2}


def test_blackhole_is_silent_and_reject_is_not(folder):
    conf = both()
    conf['routes'] += [{'prefix': '203.0.113.0/24', 'blackhole': True},
                       {'prefix': '198.51.100.0/24', 'reject': True}]
    sent = [clear4(1, dst='203.0.113.7'), clear4(2, dst='198.51.100.7')]
    result = run(folder, conf, {'lan': [to_lan(p) for p in sent]})
    (answer,) = result.ip('lan')
    assert (answer[ICMP].type, answer[ICMP].code) == (3, 13)
    assert result.drops == {'blackhole': 1, 'reject': 1}


def test_the_longest_match_wins(folder):
    conf = both()
    conf['neighbors'].append({'port': 'wan', 'address': '192.168.0.7', 'mac': '02:00:00:00:00:07'})
    conf['routes'] += [{'prefix': '0.0.0.0/0', 'gateway': PEER4},
                       {'prefix': '10.2.128.0/17', 'gateway': '192.168.0.7'},
                       {'prefix': '10.2.200.1/32', 'blackhole': True}]
    sent = [clear4(1, dst='8.8.8.8'), clear4(2, dst='10.2.129.1'), clear4(3, dst='10.2.200.1'),
            clear4(4, dst='10.2.1.1')]
    result = run(folder, conf, {'lan': [to_lan(p) for p in sent]})
    ways = {(f.dst, f.payload.dst) for f in result.out['wan'] if not is_nd(f) and f.type != 0x0806}
    assert ways == {(PEER_MAC, '8.8.8.8'), ('02:00:00:00:00:07', '10.2.129.1'), (PEER_MAC, PEER4)}
    assert result.drops == {'blackhole': 1}


def test_too_big_is_reported_to_the_inner_sender(folder):
    """1400 is the MTU of an ipsec interface."""
    sent = [clear4(1, 1400, flags='DF'), clear6(2, 1400), clear4(3, 1372, flags='DF')]
    result = run(folder, both(), {'lan': [to_lan(p) for p in sent]})
    four, six = sorted(result.ip('lan'), key=lambda p: p.version)
    assert (four[ICMP].type, four[ICMP].code, four[ICMP].nexthopmtu) == (3, 4, 1400)
    assert six[ICMPv6PacketTooBig].mtu == 1400
    assert result.drops == {'too-big': 2}
    (passed,) = result.ip('wan')
    assert raw(SA.decrypt(passed)[UDP]) == raw(IP(raw(sent[2]))[UDP])


@pytest.mark.parametrize('port,own,mac', [('lan', LAN4, LAN_MAC), ('wan', WAN4, WAN_MAC)])
def test_arp_is_answered(folder, port, own, mac):
    asker, asker_mac = (HOST4, HOST_MAC) if port == 'lan' else (PEER4, PEER_MAC)
    ask = Ether(src=asker_mac, dst='ff:ff:ff:ff:ff:ff') / ARP(
        op=1, hwsrc=asker_mac, psrc=asker, pdst=own)
    other = ask.copy()
    other[ARP].pdst = own[:-1] + '99'
    result = run(folder, both(), {port: [ask, other]})
    (answer,) = [f for f in result.out[port] if ARP in f and f[ARP].op == 2]
    assert (answer.src, answer.dst) == (mac, asker_mac)
    assert (answer[ARP].hwsrc, answer[ARP].psrc) == (mac, own)
    assert (answer[ARP].hwdst, answer[ARP].pdst) == (asker_mac, asker)


def test_neighbour_solicitations_are_answered(folder):
    group = 'ff02::1:ff00:1'
    ask = Ether(src=HOST_MAC, dst='33:33:ff:00:00:01') / IPv6(src=HOST6, dst=group, hlim=255) / \
        ICMPv6ND_NS(tgt=LAN6) / ICMPv6NDOptSrcLLAddr(lladdr=HOST_MAC)
    far = ask.copy()
    far.hlim = 254      # from beyond the link: not to be believed (RFC 4861, 7.1)
    result = run(folder, both(), {'lan': [ask, far]})
    (answer,) = [f for f in result.out['lan'] if ICMPv6ND_NA in f and f.dst == HOST_MAC]
    assert answer.payload.src == LAN6 and answer.payload.dst == HOST6 and answer.payload.hlim == 255
    assert answer[ICMPv6ND_NA].tgt == LAN6 and answer[ICMPv6ND_NA].S == 1
    assert answer[ICMPv6NDOptDstLLAddr].lladdr == LAN_MAC
    assert result.drops.get('nd-invalid') == 1


@pytest.mark.parametrize('own', [LAN4, WAN4, '172.16.0.3'])
def test_echo_is_answered_on_every_ipv4_address(folder, own):
    ask = IP(src=HOST4, dst=own) / ICMP(id=7, seq=3) / b'are you there'
    result = run(folder, both(), {'lan': [to_lan(ask)]})
    (answer,) = result.ip('lan')
    assert (answer.src, answer.dst, answer[ICMP].type) == (own, HOST4, 0)
    assert (answer[ICMP].id, answer[ICMP].seq) == (7, 3)
    assert raw(answer[ICMP].payload) == b'are you there'
    right(answer)


@pytest.mark.parametrize('own', [LAN6, WAN6])
def test_echo_is_answered_on_every_ipv6_address(folder, own):
    ask = IPv6(src=HOST6, dst=own) / ICMPv6EchoRequest(id=7, seq=3, data=b'are you there')
    result = run(folder, both(), {'lan': [to_lan(ask)]})
    (answer,) = result.ip('lan')
    assert (answer.src, answer.dst) == (own, HOST6)
    reply = answer[ICMPv6EchoReply]
    assert (reply.id, reply.seq, reply.data) == (7, 3, b'are you there')
    right(answer)


def test_echo_through_the_tunnel_is_answered_through_the_tunnel(folder):
    ask = IP(src='172.16.0.5', dst='172.16.0.3') / ICMP(id=9, seq=1) / b'inside'
    result = run(folder, both(), {'wan': [to_wan(SA_IN.encrypt(ask, 1))]})
    (outer,) = result.ip('wan')
    answer = SA.decrypt(outer)
    assert (answer.src, answer.dst, answer[ICMP].type) == ('172.16.0.3', '172.16.0.5', 0)


def test_bad_packets_are_dropped_by_name(folder):
    frames = [
        to_lan(clear4(1, chksum=1)),                                       # checksum
        Ether(raw(to_lan(clear4(2)))[:20]),                                # cut
        to_lan(clear4(3, src='127.0.0.1')),
        Ether(src=HOST_MAC, dst=LAN_MAC, type=0x88b5) / b'experimental',
        to_lan(clear4(4), dst='02:00:00:00:00:99'),
        to_lan(clear4(5, len=2000)),
        Ether(src=HOST_MAC, dst=LAN_MAC, type=0x86dd) / raw(clear4(6)),
        to_lan(clear4(7, dst='127.0.0.1')),
    ]
    conf = both()
    conf['routes'].append({'prefix': '0.0.0.0/0', 'gateway': PEER4})
    result = run(folder, conf, {'lan': frames})
    assert not result.ip('wan')
    assert result.drops == {'ip-checksum': 1, 'runt': 1, 'ip-source': 1, 'ethertype': 1,
                            'not-for-us': 1, 'ip-header': 1, 'ip-version': 1, 'ip-destination': 1}


def test_counters_agree(folder):
    """Every packet is somewhere: sent, dropped by name, or with the control core."""
    good = [clear4(i) for i in range(200)]
    lost = [clear4(i, dst='203.0.113.7') for i in range(30)] + [clear4(i, ttl=1) for i in range(10)]
    back = [clear4(i, src=FAR4, dst=HOST4) for i in range(150)]
    forged = [Sa(10001, PEER4, WAN4, keyname='no').encrypt(clear4(1), 5000 + i) for i in range(20)]
    frames = {'lan': [to_lan(p) for p in good + lost],
              'wan': [to_wan(SA_IN.encrypt(p, i)) for i, p in enumerate(back, 1)]
              + [to_wan(p) for p in forged]}
    views = {}

    def inspect(gateway):
        views.update({v: gateway.view(v) for v in ('setkey -D', 'show workers')})
        views['ifs'] = gateway.interfaces()

    result = run(folder, both(), frames, inspect=inspect)
    assert result.drops == {'no-route': 30, 'ttl-exceeded': 10, 'auth-failed': 20}
    ifs = views['ifs']
    inner = sum(len(p) for p in good)
    assert (ifs['ipsec0']['opackets'], ifs['ipsec0']['obytes']) == (200, inner)
    assert (ifs['ipsec0']['ipackets'], ifs['ipsec0']['ibytes']) == (150, sum(map(len, back)))
    assert ifs['lan']['ipackets'] == 240 and ifs['wan']['ipackets'] == 170
    sas = {row['spi']: row for row in views['setkey -D']}
    assert (sas[10000]['packets'], sas[10000]['bytes']) == (200, inner)
    assert (sas[10001]['packets'], sas[10001]['auth_failed']) == (150, 20)
    workers = views['show workers']
    rx, tx, injected = (sum(w[k] for w in workers) for k in ('rx', 'tx', 'injected'))
    assert rx == 410
    # What came in and what the control core made has gone out, has a name, or is with the control
    # core (ICMP errors are about packets that have a name already; they are not counted twice).
    punted = sum(w['punted'] for w in workers)
    assert rx + injected == tx + sum(result.drops.values()) + punted
    assert tx == sum(len(frames) for frames in result.out.values())
