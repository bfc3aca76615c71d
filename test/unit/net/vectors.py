#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Packets that the tests of lib/net compare with, made by scapy: an opinion that is not our own.

Run: /usr/bin/python3 test/unit/net/vectors.py > test/unit/net/vectors.c
With a directory as argument: the packets as files in it, seeds for test/fuzz/fuzz_parse.
"""
import os
import sys

from scapy.all import (ARP, ICMP, ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest,
                       ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_RS, ICMPv6NDOptDstLLAddr,
                       ICMPv6NDOptMTU, ICMPv6NDOptSrcLLAddr, ICMPv6PacketTooBig, ICMPv6ParamProblem,
                       ICMPv6TimeExceeded, IP, IPOption, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                       IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, Raw, TCP, UDP, raw)

MAC_A, MAC_B = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
A4, B4, R4 = "10.1.0.2", "10.2.0.9", "10.1.0.1"
A6, B6, R6 = "2001:db8:1::2", "2001:db8:2::9", "2001:db8:1::1"
LL = "fe80::ff:fe00:a"
ESP_BYTES = bytes(range(40))


def data(n):
    return Raw(bytes(i & 0xff for i in range(n)))


def quote(p, n):
    return Raw(raw(p)[:n])


v = {}
v["echo4_request"] = IP(src=A4, dst=R4, ttl=3, id=77, tos=0x28) / ICMP(id=7, seq=9) / data(57)
v["echo4_reply"] = IP(src=R4, dst=A4, ttl=64, id=77, tos=0x28) / ICMP(type=0, id=7, seq=9) / data(57)
options = [IPOption(b"\x07\x07\x04\x00\x00\x00\x00"), IPOption(b"\x01")]
v["echo4_options"] = IP(src=A4, dst=R4, ttl=3, id=77, tos=0x28, options=options) / ICMP(id=7, seq=9) / data(57)
v["echo6_request"] = IPv6(src=A6, dst=R6, hlim=3, tc=0x28, fl=0x12345) / ICMPv6EchoRequest(id=7, seq=9, data=raw(data(57)))
v["echo6_reply"] = IPv6(src=R6, dst=A6, hlim=64, tc=0x28, fl=0x12345) / ICMPv6EchoReply(id=7, seq=9, data=raw(data(57)))

about4 = IP(src=A4, dst=B4, ttl=1, id=5, flags="DF") / UDP(sport=1000, dport=53) / data(100)
about6 = IPv6(src=A6, dst=B6, hlim=1) / UDP(sport=1000, dport=53) / data(100)
long4 = IP(src=A4, dst=B4, ttl=1, id=5, flags="DF") / UDP(sport=1000, dport=53) / data(1401)
long6 = IPv6(src=A6, dst=B6, hlim=1) / UDP(sport=1000, dport=53) / data(1401)
v["about4"], v["about6"], v["long4"], v["long6"] = about4, about6, long4, long6


def err4(about, n=548, **kw):
    return IP(src=R4, dst=A4, ttl=64, id=0, tos=0xc0) / ICMP(**kw) / quote(about, n)


v["time_exceeded4"] = err4(about4, type=11, code=0)
v["net_unreachable4"] = err4(about4, type=3, code=0)
v["host_unreachable4"] = err4(about4, type=3, code=1)
v["admin_prohibited4"] = err4(about4, type=3, code=13)
v["proto_unreachable4"] = err4(about4, type=3, code=2)
v["port_unreachable4"] = err4(about4, type=3, code=3)
v["too_big4"] = err4(about4, type=3, code=4, nexthopmtu=1400)
v["too_big4_long"] = err4(long4, type=3, code=4, nexthopmtu=1400)


def err6(about, message, n=1232):
    return IPv6(src=R6, dst=A6, hlim=64) / message / quote(about, n)


v["time_exceeded6"] = err6(about6, ICMPv6TimeExceeded(code=0))
v["net_unreachable6"] = err6(about6, ICMPv6DestUnreach(code=0))
v["host_unreachable6"] = err6(about6, ICMPv6DestUnreach(code=3))
v["admin_prohibited6"] = err6(about6, ICMPv6DestUnreach(code=1))
v["proto_unreachable6"] = err6(about6, ICMPv6ParamProblem(code=1, ptr=6))
v["port_unreachable6"] = err6(about6, ICMPv6DestUnreach(code=4))
v["too_big6"] = err6(about6, ICMPv6PacketTooBig(mtu=1400))
v["too_big6_long"] = err6(long6, ICMPv6PacketTooBig(mtu=1400))

v["arp_request"] = ARP(op=1, hwsrc=MAC_A, psrc=A4, hwdst="00:00:00:00:00:00", pdst=R4)
v["arp_reply"] = ARP(op=2, hwsrc=MAC_A, psrc=A4, hwdst=MAC_B, pdst=R4)
v["arp_probe"] = ARP(op=1, hwsrc=MAC_A, psrc="0.0.0.0", hwdst="00:00:00:00:00:00", pdst=R4)

GROUP = "ff02::1:ff00:2"  # of A6
v["ns"] = IPv6(src=R6, dst=GROUP, hlim=255) / ICMPv6ND_NS(tgt=A6) / ICMPv6NDOptSrcLLAddr(lladdr=MAC_A)
v["ns_unicast"] = IPv6(src=R6, dst=A6, hlim=255) / ICMPv6ND_NS(tgt=A6) / ICMPv6NDOptSrcLLAddr(lladdr=MAC_A)
v["ns_dad"] = IPv6(src="::", dst=GROUP, hlim=255) / ICMPv6ND_NS(tgt=A6)
v["na"] = (IPv6(src=A6, dst=R6, hlim=255) / ICMPv6ND_NA(tgt=A6, R=1, S=1, O=1) /
           ICMPv6NDOptDstLLAddr(lladdr=MAC_A))
v["na_all_nodes"] = (IPv6(src=A6, dst="ff02::1", hlim=255) / ICMPv6ND_NA(tgt=A6, R=1, S=0, O=1) /
                     ICMPv6NDOptDstLLAddr(lladdr=MAC_A))
v["rs"] = IPv6(src=LL, dst="ff02::2", hlim=255) / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr=MAC_A)
v["ra"] = (IPv6(src=LL, dst="ff02::1", hlim=255) / ICMPv6ND_RA() / ICMPv6NDOptMTU(mtu=1500) /
           ICMPv6NDOptSrcLLAddr(lladdr=MAC_A))

# wrong in one way each; the checksums are right, unless they are what is wrong
v["ns_hop_limit"] = IPv6(src=R6, dst=GROUP, hlim=254) / ICMPv6ND_NS(tgt=A6)
v["ns_checksum"] = IPv6(src=R6, dst=GROUP, hlim=255) / ICMPv6ND_NS(tgt=A6, cksum=0x1234)
v["ns_code"] = IPv6(src=R6, dst=GROUP, hlim=255) / ICMPv6ND_NS(tgt=A6, code=1)
v["ns_group_target"] = IPv6(src=R6, dst=GROUP, hlim=255) / ICMPv6ND_NS(tgt="ff02::5")
v["ns_option_zero"] = IPv6(src=R6, dst=GROUP, hlim=255) / ICMPv6ND_NS(tgt=A6) / Raw(bytes([1, 0, 2, 0, 0, 0, 0, 10]))
v["ns_option_cut"] = IPv6(src=R6, dst=GROUP, hlim=255) / ICMPv6ND_NS(tgt=A6) / Raw(bytes([1, 2, 2, 0, 0, 0, 0, 10]))
v["ns_option_odd"] = IPv6(src=R6, dst=GROUP, hlim=255) / ICMPv6ND_NS(tgt=A6) / Raw(b"\x01")
v["ns_group_mac"] = (IPv6(src=R6, dst=GROUP, hlim=255) / ICMPv6ND_NS(tgt=A6) /
                     ICMPv6NDOptSrcLLAddr(lladdr="01:00:00:00:00:0a"))
v["ns_dad_unicast"] = IPv6(src="::", dst=A6, hlim=255) / ICMPv6ND_NS(tgt=A6)
v["ns_dad_mac"] = IPv6(src="::", dst=GROUP, hlim=255) / ICMPv6ND_NS(tgt=A6) / ICMPv6NDOptSrcLLAddr(lladdr=MAC_A)
v["na_group_solicited"] = IPv6(src=A6, dst="ff02::1", hlim=255) / ICMPv6ND_NA(tgt=A6, R=1, S=1, O=1)
v["na_group_target"] = IPv6(src=A6, dst=R6, hlim=255) / ICMPv6ND_NA(tgt="ff02::5", R=0, S=1, O=1)
v["ra_global"] = IPv6(src=A6, dst="ff02::1", hlim=255) / ICMPv6ND_RA()
v["rs_any_mac"] = IPv6(src="::", dst="ff02::2", hlim=255) / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr=MAC_A)

esp = Raw(bytes.fromhex("00002710" "00000001") + ESP_BYTES)
v["esp4"] = IP(src="192.168.0.5", dst="192.168.0.3", ttl=64, id=1, proto=50) / esp
v["esp4_options"] = IP(src="192.168.0.5", dst="192.168.0.3", id=1, proto=50, options=[IPOption(b"\x01" * 4)]) / esp
v["esp4_first_fragment"] = IP(src="192.168.0.5", dst="192.168.0.3", id=1, proto=50, flags="MF") / esp
v["esp4_last_fragment"] = IP(src="192.168.0.5", dst="192.168.0.3", id=1, proto=50, frag=6) / esp
v["esp6"] = IPv6(src=A6, dst=R6, nh=50) / esp
v["esp6_extensions"] = (IPv6(src=A6, dst=R6) / IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0" * 4)]) /
                        IPv6ExtHdrRouting(segleft=0, addresses=[]) /
                        IPv6ExtHdrDestOpt(nh=50, options=[PadN(optdata=b"\0" * 12)]) / esp)
v["esp6_segments_left"] = IPv6(src=A6, dst=R6) / IPv6ExtHdrRouting(nh=50, segleft=1, addresses=[B6]) / esp
v["esp6_first_fragment"] = IPv6(src=A6, dst=R6) / IPv6ExtHdrFragment(nh=50, m=1, id=9) / esp
v["esp6_last_fragment"] = IPv6(src=A6, dst=R6) / IPv6ExtHdrFragment(nh=50, offset=6, id=9) / esp
v["esp6_atomic_fragment"] = IPv6(src=A6, dst=R6) / IPv6ExtHdrFragment(nh=50, id=9) / esp
chain = IPv6(src=A6, dst=R6)
for _ in range(8):
    chain = chain / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)])
v["esp6_chain8"] = chain / Raw(raw(esp))
chain9 = chain / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)])
v["esp6_chain9"] = chain9 / Raw(raw(esp))
v["esp6_long_chain"] = (IPv6(src=A6, dst=R6) / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 204)]) /
                        IPv6ExtHdrDestOpt(nh=50, options=[PadN(optdata=b"\0" * 4)]) / esp)
natt4 = IP(src="192.168.0.5", dst="192.168.0.3", id=1)
v["natt4"] = natt4 / UDP(sport=4500, dport=4500, chksum=0) / esp
v["natt4_options"] = IP(src="192.168.0.5", dst="192.168.0.3", id=1, options=[IPOption(b"\x01" * 4)]) / UDP(
    sport=1025, dport=4500, chksum=0) / esp
v["natt4_fragment"] = IP(src="192.168.0.5", dst="192.168.0.3", id=1, flags="MF") / UDP(sport=4500, dport=4500, chksum=0) / esp
v["natt4_later_fragment"] = IP(src="192.168.0.5", dst="192.168.0.3", id=1, frag=4, proto=17) / Raw(raw(esp))
v["natt4_length"] = natt4 / UDP(sport=4500, dport=4500, chksum=0, len=40) / esp
v["natt4_port"] = natt4 / UDP(sport=4500, dport=4501, chksum=0) / esp
v["ike4"] = natt4 / UDP(sport=4500, dport=4500) / Raw(b"\0\0\0\0" + ESP_BYTES)
v["ike4_fragment"] = IP(src="192.168.0.5", dst="192.168.0.3", id=1, flags="MF") / UDP(
    sport=4500, dport=4500, chksum=0) / Raw(b"\0\0\0\0" + ESP_BYTES)
v["keepalive4"] = natt4 / UDP(sport=4500, dport=4500) / Raw(b"\xff")
v["natt6"] = IPv6(src=A6, dst=R6) / UDP(sport=4500, dport=4500, chksum=0) / esp
v["natt6_extension"] = IPv6(src=A6, dst=R6) / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)]) / UDP(
    sport=4500, dport=4500, chksum=0) / esp
v["tcp4"] = IP(src=A4, dst=B4, id=1, tos=0xb9, flags="DF") / TCP(sport=1000, dport=80) / data(12)
v["tcp6"] = IPv6(src=A6, dst=B6, tc=0xb9, fl=0xabcde) / TCP(sport=1000, dport=80) / data(12)
v["tcp4_options"] = IP(src=A4, dst=B4, id=1, options=[IPOption(b"\x01" * 8)]) / TCP(sport=1000, dport=80)

# outer headers around tcp4 and tcp6, which stand for ESP; the flow label is ours to choose
for outer, inner in ((4, 4), (4, 6), (6, 4), (6, 6)):
    payload = Raw(raw(v["tcp%d" % inner]))
    for natt in (False, True):
        if outer == 4:
            p = IP(src="192.168.0.3", dst="192.168.0.5", ttl=61, id=0x1234, tos=0xb9, flags="DF")
        else:
            p = IPv6(src="2001:db8::3", dst="2001:db8::5", hlim=61, tc=0xb9)
        if natt:
            p = p / UDP(sport=4500, dport=1025, chksum=0)
        elif outer == 4:
            p.proto = 50
        else:
            p.nh = 50
        v["outer%d_tcp%d%s" % (outer, inner, "_natt" if natt else "")] = p / payload


for name, p in v.items():
    if name.startswith("esp6_chain"):
        # scapy gives "no next header" to what it does not know: the last header announces ESP
        b = bytearray(raw(p))
        b[40 + 8 * (int(name[-1]) - 1)] = 50
        v[name] = Raw(bytes(b))

if len(sys.argv) > 1:
    for name, p in v.items():
        with open(os.path.join(sys.argv[1], name), "wb") as f:
            f.write(raw(p))
    sys.exit()

print("""/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets made by scapy; generated by vectors.py, do not edit. The data starts at the IP or ARP
 * header.
 */
/* clang-format off */
#include "packets.h"

const struct vector vectors[] = {""")
for name, p in v.items():
    print('\t{ "%s",' % name)
    h = raw(p).hex()
    for i in range(0, len(h), 76):
        print('\t\t"%s"%s' % (h[i:i + 76], "" if i + 76 < len(h) else " },"))
print("""};

const size_t nb_vectors = sizeof(vectors) / sizeof(vectors[0]);""")
