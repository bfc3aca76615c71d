# SPDX-License-Identifier: BSD-3-Clause
"""Two workers do what one does: the same packets, the same drops, none twice, none lost."""
from esp import Sa
from lib import FAR4, HOST4, PEER4, WAN4, clear4, config, data, run, to_lan, to_wan
from scapy.all import Raw, raw

OUT = [Sa(10000 + 2 * i, WAN4, f'192.168.0.{100 + i}', reqid=300 + i) for i in range(8)]
IN = [Sa(10001 + 2 * i, f'192.168.0.{100 + i}', WAN4, reqid=300 + i) for i in range(8)]
TWO = '0@0,1@1,2@0'


def eight_tunnels():
    conf = config([s.config() for s in OUT] + [s.config(replay_window_packets=64) for s in IN])
    conf['ipsec'], conf['routes'] = {}, []
    for i, sa in enumerate(OUT):
        conf['neighbors'].append({'port': 'wan', 'address': sa.dst, 'mac': f'02:00:00:00:01:{i:02x}'})
        conf['ipsec'][f'ipsec{i}'] = {'reqid': 300 + i, 'up': True,
                                      'tunnel': {'local': WAN4, 'remote': sa.dst}}
        conf['routes'].append({'prefix': f'10.2.{i}.0/24', 'interface': f'ipsec{i}'})
    return conf


def traffic():
    there = [clear4(n, 60 + n % 500, dst=f'10.2.{n % 8}.9') for n in range(800)]
    back = [IN[n % 8].encrypt(clear4(n, 60 + n % 500, src=f'10.2.{n % 8}.9', dst=HOST4), n // 8 + 1)
            for n in range(800)]
    back += back[400:500]     # replays
    return {'lan': [to_lan(p) for p in there], 'wan': [to_wan(p) for p in back]}


def summary(result):
    sas = {sa.dst: sa for sa in OUT}
    out = sorted(bytes(sas[p.dst].decrypt(p)[Raw]) for p in result.ip('wan'))
    return out, sorted(raw(p) for p in result.ip('lan')), result.drops


def test_two_workers_do_what_one_does(folder):
    packets, seen = traffic(), []
    for name, lcores in (('one', '0@0,1@1'), ('two', TWO)):
        sub = folder / name
        sub.mkdir()
        result = run(sub, eight_tunnels(), packets, lcores=lcores)
        assert len(result.workers) == (1 if name == 'one' else 2)
        seen.append(summary(result))
    out, back, drops = seen[0]
    assert out == sorted(data(n, 60 + n % 500) for n in range(800))
    assert len(back) == 800 and drops == {'replay': 100}
    assert seen[1] == seen[0]


def test_packets_of_one_sa_stay_in_order(folder):
    result = run(folder, eight_tunnels(), traffic(), lcores=TWO)
    for sa in IN:
        numbers = [int.from_bytes(bytes(p[Raw])[:4], 'big') for p in result.ip('lan')
                   if p.src == f'10.2.{sa.reqid - 300}.9']
        assert numbers == sorted(numbers) and len(numbers) == 100


def test_one_tunnel_on_two_workers(folder):
    sa = Sa(10000, WAN4, PEER4)
    sent = [clear4(n) for n in range(400)]
    back = Sa(10001, PEER4, WAN4)
    wan = [to_wan(back.encrypt(clear4(n, src=FAR4, dst=HOST4), n + 1)) for n in range(400)]
    result = run(folder, config([sa.config(), back.config(replay_window_packets=1024)]),
                 {'lan': [to_lan(p) for p in sent], 'wan': wan}, lcores=TWO)
    assert not result.drops
    assert len({bytes(sa.decrypt(p)[Raw]) for p in result.ip('wan')}) == 400
    assert len(result.ip('lan')) == 400
