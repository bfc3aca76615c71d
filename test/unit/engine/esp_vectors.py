#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Judge an engine: what it sends must decrypt elsewhere, what others send it must decrypt.

The other side is scapy. Where scapy 2.5 does not know (AES-XCBC-MAC, GMAC) or is wrong (the upper half of an extended
sequence number is missing from its HMACs), the ICV is computed here from the RFCs on python3-cryptography.

usage: esp_vectors.py PROGRAM ENGINE
"""
import hashlib
import hmac
import os
import struct
import subprocess
import sys
import warnings

warnings.simplefilter('ignore')
from cryptography.exceptions import InvalidTag  # noqa: E402
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402
from scapy.all import IP, IPv6, UDP, Raw, raw  # noqa: E402
from scapy.layers.inet6 import IPv6ExtHdrDestOpt, PadN  # noqa: E402
from scapy.layers.ipsec import ESP, SecurityAssociation  # noqa: E402

SPI = 0x12345678
ENDS = {4: ('192.168.0.3', '192.168.0.5'), 6: ('2001:db8::3', '2001:db8::5')}
INNER = {4: IP(src='10.1.0.1', dst='10.2.0.1') / UDP(sport=1, dport=2) / Raw(b'inner four'),
         6: IPv6(src='fd00:1::1', dst='fd00:2::1') / UDP(sport=1, dport=2) / Raw(b'inner six!!')}
PROTO = {4: 4, 6: 41}


def key(size):
    return bytes(range(1, size + 1))


# ours: scapy's name and key bytes with salt
CIPHERS = {
    'aes-gcm-16': ('AES-GCM', (20, 28, 36)),
    'chacha20-poly1305': ('CHACHA20-POLY1305', (36,)),
    'aes-cbc': ('AES-CBC', (16, 24, 32)),
    'rijndael-cbc': ('AES-CBC', (16,)),
    'aes-ctr': ('AES-CTR', (20, 28, 36)),
    '3des-cbc': ('3DES', (24,)),
    'null': ('NULL', (0,)),
    '-': ('NULL', (0,)),
}
# ours: key bytes, ICV bytes, digest
AUTHS = {
    'hmac-sha1': (20, 12, hashlib.sha1),
    'hmac-sha2-256': (32, 16, hashlib.sha256),
    'hmac-sha2-384': (48, 24, hashlib.sha384),
    'hmac-sha2-512': (64, 32, hashlib.sha512),
    'aes-xcbc-mac': (16, 12, None),
    'aes-gmac': (20, 16, None),
    '-': (0, 0, None),
    'null': (0, 0, None),
}
SCAPY_AUTH = {'hmac-sha1': 'HMAC-SHA1-96', 'hmac-sha2-256': 'SHA2-256-128', 'hmac-sha2-384': 'SHA2-384-192',
              'hmac-sha2-512': 'SHA2-512-256'}


def xcbc(k, data):
    """RFC 3566, 4, truncated to 96 bits."""
    def aes(k, block):
        enc = Cipher(algorithms.AES(k), modes.ECB()).encryptor()
        return enc.update(block) + enc.finalize()

    def xor(a, b):
        return bytes(x ^ y for x, y in zip(a, b))
    k1, k2, k3 = (aes(k, bytes([i]) * 16) for i in (1, 2, 3))
    e = bytes(16)
    blocks = [data[i:i + 16] for i in range(0, len(data), 16)] or [b'']
    for b in blocks[:-1]:
        e = aes(k1, xor(e, b))
    last = blocks[-1]
    if len(last) == 16:
        return aes(k1, xor(xor(e, last), k2))[:12]
    last = (last + b'\x80').ljust(16, b'\0')
    return aes(k1, xor(xor(e, last), k3))[:12]


class Case:
    def __init__(self, enc, enc_len, auth, outer, inner, natt=0, esn=0, start=0, pad='seq', ext=0):
        self.enc, self.enc_key, self.auth = enc, key(enc_len), auth
        self.auth_key, self.icv_len = key(AUTHS[auth][0]), AUTHS[auth][1]
        self.outer, self.inner, self.natt, self.esn = outer, inner, natt, esn
        self.start, self.pad, self.ext = start, pad, ext
        self.aead = CIPHERS[enc][0] in ('AES-GCM', 'CHACHA20-POLY1305')

    def __str__(self):
        opts = [f'{self.enc}/{len(self.enc_key) * 8}', self.auth, f'outer{self.outer}', f'inner{self.inner}']
        opts += [w for w in ('natt', 'esn', 'ext') if getattr(self, w)]
        if self.start:
            opts.append(f'seq>{self.start:#x}')
        if self.pad != 'seq':
            opts.append(self.pad + '-pad')
        return ' '.join(opts)

    def line(self, direction, l3_len, data):
        return ' '.join([direction, self.enc, self.enc_key.hex() or '-', self.auth, self.auth_key.hex() or '-',
                         str(self.outer), str(self.natt), str(self.esn), str(self.start), self.pad, str(l3_len),
                         data.hex()])

    def sa(self):
        """scapy's SA for the cipher alone, or for all of it where it can."""
        kw = {}
        if self.auth in SCAPY_AUTH and not self.esn:
            kw = dict(auth_algo=SCAPY_AUTH[self.auth], auth_key=self.auth_key)
        src, dst = ENDS[self.outer]
        outer = IP(src=src, dst=dst) if self.outer == 4 else IPv6(src=src, dst=dst)
        return SecurityAssociation(ESP, spi=SPI, crypt_algo=CIPHERS[self.enc][0], crypt_key=self.enc_key,
                                   tunnel_header=outer, esn_en=bool(self.esn), esn=self.seq() >> 32, **kw)

    def seq(self):
        return self.start + 1

    def own_icv(self, esp):
        """ICV over an ESP packet without one, where scapy is no help; b'' otherwise."""
        if self.auth == 'aes-gmac':  # RFC 4543, 3.3: the upper half is between SPI and number
            data = esp[:4] + (struct.pack('!L', self.seq() >> 32) if self.esn else b'') + esp[4:]
            return AESGCM(self.auth_key[:-4]).encrypt(self.auth_key[-4:] + esp[8:16], b'', data)
        data = esp + (struct.pack('!L', self.seq() >> 32) if self.esn else b'')
        if self.auth == 'aes-xcbc-mac':
            return xcbc(self.auth_key, data)
        if self.auth in SCAPY_AUTH and self.esn:
            return hmac.new(self.auth_key, data, AUTHS[self.auth][2]).digest()[:self.icv_len]
        return b''

    def l3(self):
        n = 20 if self.outer == 4 else 40
        return n + (8 if self.natt else 0) + (24 if self.ext else 0)

    def judge_out(self, wire):
        """The inner packet that the other side gets from what we sent."""
        cls = IP if self.outer == 4 else IPv6
        pkt = cls(wire)
        if self.outer == 4:
            assert pkt.len == len(wire) and (pkt.src, pkt.dst) == ENDS[4], 'outer header'
        else:
            assert pkt.plen == len(wire) - 40 and (pkt.src, pkt.dst) == ENDS[6], 'outer header'
        esp = wire[self.l3():]
        if self.natt:
            sport, dport, length, cksum = struct.unpack('!4H', wire[self.l3() - 8:self.l3()])
            assert (sport, dport, length, cksum) == (4500, 4500, len(esp) + 8, 0), 'UDP header'
        assert struct.unpack('!LL', esp[:8]) == (SPI, self.seq() & 0xffffffff), 'SPI or sequence number'
        if self.own_icv(b'\0' * 32):
            esp, icv = esp[:-self.icv_len], esp[-self.icv_len:]
            assert icv == self.own_icv(esp), 'ICV'
        if self.auth == 'aes-gmac':  # nothing is encrypted, but scapy must not take the IV for data
            esp = esp[:8] + esp[16:]
        header = raw(pkt)[:20 if self.outer == 4 else 40]
        bare = cls(header)
        for field in ('len', 'chksum', 'plen'):
            if field in bare.fields:
                delattr(bare, field)
        if self.outer == 4:
            bare.proto = 50
        else:
            bare.nh = 50
        self.last = esp
        plain = self.sa().decrypt(cls(raw(bare / Raw(esp))), esn_en=bool(self.esn), esn=self.seq() >> 32)
        return raw(plain)

    def make_in(self):
        """A packet of the other side, and the length of what is in front of ESP."""
        sa = self.sa()
        pkt = sa.encrypt(INNER[self.inner], seq_num=self.seq() & 0xffffffff or None,
                         esn_en=bool(self.esn), esn=self.seq() >> 32)
        cls = IP if self.outer == 4 else IPv6
        esp = raw(pkt)[20 if self.outer == 4 else 40:]
        if self.auth == 'aes-gmac':
            esp = esp[:8] + b'ivivIVIV' + esp[8:]
        esp += self.own_icv(esp)
        src, dst = ENDS[self.outer]
        outer = cls(src=src, dst=dst)
        if self.ext:
            outer /= IPv6ExtHdrDestOpt(options=[PadN(optdata=b'\0' * 20)])
        if self.natt:
            outer /= UDP(sport=4500, dport=4500, chksum=0)
        elif self.outer == 4:
            outer.proto = 50
        else:
            outer.lastlayer().nh = 50
        wire = raw(outer / Raw(esp))
        assert len(wire) == self.l3() + len(esp)
        return wire


def cases():
    for enc, (_, sizes) in CIPHERS.items():
        for size in sizes:
            for auth in AUTHS:
                if CIPHERS[enc][0] in ('AES-GCM', 'CHACHA20-POLY1305'):
                    if auth != '-':
                        continue
                elif enc in ('null', '-'):
                    if auth in ('-', 'null'):
                        continue
                elif auth == 'aes-gmac':
                    continue
                yield Case(enc, size, auth, 4, 4)
                yield Case(enc, size, auth, 6, 4)
                has_icv = CIPHERS[enc][0] in ('AES-GCM', 'CHACHA20-POLY1305') or auth not in ('-', 'null')
                if has_icv:
                    yield Case(enc, size, auth, 4, 6, esn=1, start=(5 << 32) + 7)
    for enc, size, auth in (('aes-gcm-16', 20, '-'), ('aes-cbc', 16, 'hmac-sha2-256'), ('null', 0, 'hmac-sha1')):
        for outer in (4, 6):
            for inner in (4, 6):
                for natt in (0, 1):
                    for esn in (0, 1):
                        yield Case(enc, size, auth, outer, inner, natt=natt, esn=esn)
                        # the numbers on both sides of 2^32
                        if esn:
                            yield Case(enc, size, auth, outer, inner, natt=natt, esn=1, start=0xfffffffe)
                            yield Case(enc, size, auth, outer, inner, natt=natt, esn=1, start=1 << 32)
        yield Case(enc, size, auth, 6, 4, ext=1)
        yield Case(enc, size, auth, 6, 6, ext=1, natt=1, esn=1)
        yield Case(enc, size, auth, 4, 4, pad='zero')
        yield Case(enc, size, auth, 4, 6, pad='random', esn=1)


def check(case, run):
    inner = raw(INNER[case.inner])
    if not case.ext:
        verdict, _, _, data = run(case.line('out', 0, inner))
        assert verdict == 'ok', f'encap: {verdict}'
        got = case.judge_out(bytes.fromhex(data))
        assert got == inner, f'sent {inner.hex()}, the other side gets {got.hex()}'
    wire = case.make_in()
    verdict, proto, seq, data = run(case.line('in', case.l3(), wire))
    assert verdict == 'ok', f'decap: {verdict}'
    assert (int(proto), int(seq)) == (PROTO[case.inner], case.seq()), f'protocol {proto}, number {seq}'
    assert bytes.fromhex(data) == inner, f'the other side sent {inner.hex()}, we get {data}'
    if case.aead or case.icv_len:
        broken = wire[:-1] + bytes([wire[-1] ^ 1])
        verdict, *_ = run(case.line('in', case.l3(), broken))
        assert verdict == 'auth-failed', f'a broken ICV: {verdict}'


def runs(engine, case):
    """What an engine does not run it refuses; unit/engine/caps and unit/engine/alike say so."""
    if engine == 'ipsec_mb':
        return case.enc != '3des-cbc'
    return case.auth != 'aes-gmac' or not case.esn


def main():
    program, engine = sys.argv[1:]
    prog = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                            env=dict(os.environ, TEST_ENGINE=engine))

    def run(line):
        prog.stdin.write(line + '\n')
        prog.stdin.flush()
        return prog.stdout.readline().split()

    failed = total = 0
    for case in cases():
        if not runs(engine, case):
            continue
        total += 1
        try:
            check(case, run)
        except (AssertionError, InvalidTag, ValueError) as e:
            failed += 1
            print(f'FAILED {case}: {type(e).__name__} {e}')
        if prog.poll() is not None:
            sys.exit('the program ended')
    prog.stdin.close()
    rc = prog.wait(timeout=120)
    print(f'{total} cases, {failed} failed, program ended with {rc}')
    sys.exit(1 if failed or rc or total < 150 else 0)


main()
