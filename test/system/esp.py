# SPDX-License-Identifier: BSD-3-Clause
"""ESP by scapy and python3-cryptography: the judge of what the dataplane sends, and the peer
that it hears. Nothing here shares code with the dataplane.

scapy 2.5 needs help in four places: an HMAC with extended sequence numbers leaves the upper
half out of the ICV (RFC 4303, 2.2.1 wants it behind the packet), seq_num=0 means none, the UDP
length of NAT-T is wrong, and it knows neither AES-XCBC-MAC (RFC 3566) nor AES-GMAC (RFC 4543).
"""
import hashlib
import os
import socket
import struct

from cryptography.hazmat.backends import default_backend
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from scapy.all import ESP, IP, UDP, IPv6, raw
from scapy.layers.ipsec import AUTH_ALGOS, IPSecIntegrityError, SecurityAssociation

# name in setkey(8) and the JSON file: scapy's, bytes of key with salt
CIPHERS = {
    'null': ('NULL', (0,)),
    'aes-cbc': ('AES-CBC', (16, 24, 32)),
    'aes-ctr': ('AES-CTR', (20, 28, 36)),
    'aes-gcm-16': ('AES-GCM', (20, 28, 36)),
    'chacha20-poly1305': ('CHACHA20-POLY1305', (36,)),
    '3des-cbc': ('3DES', (24,)),
}
AEADS = ('aes-gcm-16', 'chacha20-poly1305')
COUNTER_MODES = ('aes-ctr', 'aes-gcm-16', 'chacha20-poly1305', 'aes-gmac')
# name: scapy's (None: made here), bytes of key
AUTHS = {
    'hmac-sha1': ('HMAC-SHA1-96', 20),
    'hmac-sha2-256': ('SHA2-256-128', 32),
    'hmac-sha2-384': ('SHA2-384-192', 48),
    'hmac-sha2-512': ('SHA2-512-256', 64),
    'aes-xcbc-mac': (None, 16),
    'aes-gmac': (None, 20),
}


def key(name, size):
    """A key that is the same in each run, and different for each name."""
    return hashlib.shake_128(name.encode()).digest(size)


def aes_xcbc_96(secret, data):
    """RFC 3566."""
    def aes(k, block):
        enc = Cipher(algorithms.AES(k), modes.ECB(), default_backend()).encryptor()
        return enc.update(block) + enc.finalize()

    def xor(a, b):
        return bytes(x ^ y for x, y in zip(a, b))

    k1, k2, k3 = (aes(secret, bytes([i]) * 16) for i in (1, 2, 3))
    blocks = [data[i:i + 16] for i in range(0, len(data), 16)] or [b'']
    e = bytes(16)
    for block in blocks[:-1]:
        e = aes(k1, xor(e, block))
    last = blocks[-1]
    if len(last) == 16:
        return aes(k1, xor(xor(e, last), k2))[:12]
    last = (last + b'\x80').ljust(16, b'\0')
    return aes(k1, xor(xor(e, last), k3))[:12]


class Auth:
    """In the place of one of scapy's AUTH_ALGOS: with the upper half of an ESN, and XCBC."""

    def __init__(self, name, sa):
        self.name, self.sa = name, sa
        self.scapy = AUTH_ALGOS[AUTHS[name][0]] if AUTHS[name][0] else None
        self.icv_size = self.scapy.icv_size if self.scapy else 12

    def icv(self, data, secret):
        if self.sa.esn:
            data += struct.pack('!L', self.sa.high)
        if not self.scapy:
            return aes_xcbc_96(secret, data)
        mac = self.scapy.new_mac(secret)
        mac.update(data)
        return mac.finalize()[:self.icv_size]

    def sign(self, pkt, secret, **_):
        pkt[ESP].data += self.icv(raw(pkt[ESP]), secret)
        return pkt

    def verify(self, pkt, secret, **_):
        data = raw(pkt)
        if self.icv(data[:-self.icv_size], secret) != data[-self.icv_size:]:
            raise IPSecIntegrityError('ICV')


class Sa:
    """One direction of a tunnel. natt: (sport, dport) or None."""

    def __init__(self, spi, src, dst, enc='aes-gcm-16', enc_len=None, auth='', esn=False,
                 natt=None, keyname=None, reqid=100):
        self.spi, self.src, self.dst, self.reqid = spi, src, dst, reqid
        self.enc, self.auth, self.esn, self.natt = enc, auth, esn, natt
        self.high = 0
        name = keyname or f'{enc}/{auth}/{spi}'
        size = CIPHERS[enc][1][0] if enc_len is None else enc_len
        self.key = key(name + '/enc', size)
        self.auth_key = key(name + '/auth', AUTHS[auth][1]) if auth else b''
        self.ip = IPv6 if ':' in src else IP
        if auth == 'aes-gmac':
            return
        self.scapy = SecurityAssociation(
            ESP, spi=spi, crypt_algo=CIPHERS[enc][0], crypt_key=self.key or None,
            tunnel_header=self.ip(src=src, dst=dst), esn_en=esn,
            nat_t_header=UDP(sport=natt[0], dport=natt[1]) if natt else None)
        if auth:
            self.scapy.auth_algo, self.scapy.auth_key = Auth(auth, self), self.auth_key

    def config(self, **more):
        """Its entry in the configuration file."""
        out = {'src': self.src, 'dst': self.dst, 'spi': self.spi, 'mode': 'tunnel',
               'reqid': self.reqid, 'encryption': self.enc}
        if self.key:
            out['encryption_key'] = '0x' + self.key.hex()
        if self.auth:
            out['authentication'] = self.auth
            out['authentication_key'] = '0x' + self.auth_key.hex()
        if self.esn:
            out['esn'] = True
        if self.natt:
            out['natt'] = {'sport': self.natt[0], 'dport': self.natt[1]}
        return {**out, **more}

    def encrypt(self, inner, seq):
        """The outer IP packet that carries a clear IP packet."""
        self.high = seq >> 32
        inner = inner.__class__(raw(inner))
        if self.auth == 'aes-gmac':
            return self._gmac_encrypt(inner, seq)
        self.scapy.seq_num = seq & 0xffffffff
        out = self.scapy.encrypt(inner, esn=self.high)
        if UDP in out:
            out[UDP].len = 8 + len(out[UDP].payload)
        return out.__class__(raw(out))

    def decrypt(self, pkt, high=0):
        """The clear IP packet inside an outer one; raises when anything is wrong with it."""
        self.high = high
        pkt = pkt.__class__(raw(pkt))
        assert (pkt.src, pkt.dst) == (self.src, self.dst), pkt.summary()
        assert bool(self.natt) == (UDP in pkt), 'UDP encapsulation'
        if UDP in pkt:
            assert (pkt[UDP].sport, pkt[UDP].dport) == self.natt
            assert pkt[UDP].len == len(pkt[UDP])
        check_lengths(pkt)
        assert pkt[ESP].spi == self.spi
        if self.auth == 'aes-gmac':
            return self._gmac_decrypt(pkt)
        out = self.scapy.decrypt(pkt, esn=high)
        return out.__class__(raw(out))

    def iv(self, pkt):
        """The explicit IV on the wire, of counter modes."""
        return raw(pkt[ESP])[8:16]

    def _gmac_aad(self, head, text):
        return head[:4] + (struct.pack('!L', self.high) if self.esn else b'') + head[4:] + text

    def _gmac_encrypt(self, inner, seq):
        head, iv = struct.pack('!LL', self.spi, seq & 0xffffffff), os.urandom(8)
        pad = -(len(inner) + 2) % 4
        nh = socket.IPPROTO_IPIP if inner.version == 4 else socket.IPPROTO_IPV6
        text = raw(inner) + bytes(range(1, pad + 1)) + bytes([pad, nh])
        icv = AESGCM(self.auth_key[:-4]).encrypt(
            self.auth_key[-4:] + iv, b'', self._gmac_aad(head, iv + text))
        outer = self.ip(src=self.src, dst=self.dst)
        if self.natt:
            outer /= UDP(sport=self.natt[0], dport=self.natt[1], chksum=0)
        else:
            setattr(outer, 'proto' if self.ip is IP else 'nh', socket.IPPROTO_ESP)
        return self.ip(raw(outer / (head + iv + text + icv)))

    def _gmac_decrypt(self, pkt):
        data = raw(pkt[ESP])
        head, iv, text, icv = data[:8], data[8:16], data[16:-16], data[-16:]
        want = AESGCM(self.auth_key[:-4]).encrypt(
            self.auth_key[-4:] + iv, b'', self._gmac_aad(head, iv + text))
        if want != icv:
            raise IPSecIntegrityError('ICV')
        pad, nh = text[-2], text[-1]
        assert text[-2 - pad:-2] == bytes(range(1, pad + 1)), 'padding'
        return {socket.IPPROTO_IPIP: IP, socket.IPPROTO_IPV6: IPv6}[nh](text[:-2 - pad])


def check_lengths(pkt):
    """An IP header whose length and checksum are right."""
    if pkt.version == 4:
        fresh = pkt.copy()
        del fresh.len, fresh.chksum
        fresh = IP(raw(fresh))
        assert (pkt.len, pkt.chksum) == (fresh.len, fresh.chksum), pkt.show(dump=True)
    else:
        assert pkt.plen == len(pkt) - 40, pkt.show(dump=True)
