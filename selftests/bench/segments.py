#!/usr/bin/python3
"""Prints the segments that `make bench` measures, one a line: NAME FAMILY STEPS BEFORE HEX.

HEX is an IP packet, what Linux would send: timestamps unless said otherwise, options padded with NOPs
in front. BEFORE is "-", or packets separated by commas that come first, once: they begin a session.
STEPS is what selftests/bench/mb_bench.c makes of it: how each segment differs from the one before.

usage: segments.py [crowd]      crowd: prints instead, one a line, packets that begin 1,000 sessions
"""
import hashlib
import hmac
import ipaddress
import struct
import sys
from collections import namedtuple

CLIENT = {4: "192.0.2.10", 6: "2001:db8:1::10"}
SERVER = {4: "198.51.100.20", 6: "2001:db8:2::20"}
PORTS = (40000, 443)
JOIN_PORT = 40001
# of the crowd: client number i has address CROWD + i and port CROWD_PORT + i
CROWD = {4: "192.0.0.0", 6: "2001:db8:1:1::"}
CROWD_PORT = 41000
CROWD_SESSIONS = 500            # of each family
ACK, SYN, PSH = 0x10, 0x02, 0x08

PAYLOAD = bytes(i & 0xff for i in range(500))
TS = bytes.fromhex("0101080a 11111111 22222222")
# MSS 1460, SACK permitted, timestamps, NOP, window scale 7
SYN_OPTIONS = bytes.fromhex("020405b4 0402 080a 11111111 00000000 01 030307")
SYNACK_OPTIONS = bytes.fromhex("020405b4 0402 080a 22222222 11111111 01 030307")
KEY = bytes.fromhex("0123456789abcdef")
SERVER_KEY = bytes.fromhex("fedcba9876543210")
CAPABLE_SYN = bytes.fromhex("1e040101")
CAPABLE_SYNACK = bytes.fromhex("1e0c0101") + KEY
# address id 1, the receiver's token, a nonce
JOIN_SYN = bytes.fromhex("1e0c1001 a1b2c3d4 5e6f7081")
NONCES = bytes.fromhex("5e6f7081"), bytes.fromhex("92a3b4c5")
# 4 bytes of data ACK; mapping with 4 bytes of data sequence number, and checksum
DSS = bytes.fromhex("1e142005 00001000 00002000 00000001") + struct.pack("!HH", len(PAYLOAD), 0xbeef)
DSS_ACK = bytes.fromhex("1e082001 00001000")
ADD_ADDR = bytes.fromhex("1e103002 c0000264") + KEY
SACK = bytes.fromhex("01010512 00001000 00001200 00001400 00001600")

# Sequence numbers of the first byte that client and server send
FIRST = 0x1000, 0x2000


def capable_ack(client, server):
    """RFC 8684, 3.1: the third ACK's option."""
    return bytes.fromhex("1e140101") + client + server


def token(key):
    return hashlib.sha256(key).digest()[:4]


def first_data(key):
    """Data sequence number of the first byte that the key's owner sends."""
    return int.from_bytes(hashlib.sha256(key).digest()[-8:], "big") + 1


def join_hmac(own, peer, nonces):
    return hmac.new(own + peer, nonces[0] + nonces[1], hashlib.sha256).digest()[:8]


def dss(data_ack, data_seq, subflow_seq, length):
    """As DSS, by the numbers of a session."""
    return struct.pack("!BBBBIIIHH", 30, 20, 0x20, 0x05, data_ack & 0xffffffff,
                       data_seq & 0xffffffff, subflow_seq, length, 0xbeef)


def dss64(data_ack, data_seq, subflow_seq, length):
    """8 bytes of data ACK and of data sequence number, no checksum, 2 bytes of padding"""
    return struct.pack("!BBBBQQIHBB", 30, 26, 0x20, 0x0f, data_ack, data_seq, subflow_seq, length, 1, 1)


# The session of the rows that end in -known: its keys, what the server sent first, and where the
# numbers are afterwards.
DATA = first_data(KEY), first_data(SERVER_KEY)
PROOF = dss64(DATA[0], DATA[1], 1, len(PAYLOAD))
ACKED = FIRST[1] + len(PAYLOAD)
DATA_ACK = DATA[1] + len(PAYLOAD)
NEXT_ACK = bytes.fromhex("1e082001") + struct.pack("!I", DATA_ACK & 0xffffffff)
JOIN_KNOWN = bytes.fromhex("1e0c1001") + token(SERVER_KEY) + NONCES[0]
JOIN_ANSWER = (bytes.fromhex("1e101000") + join_hmac(SERVER_KEY, KEY, NONCES[::-1]) + NONCES[1])

# before: names of STARTS that come first. steps: {word: what it grows by}; a word is "source" (last 4
# bytes of the address), "seq", or an offset into the options.
Segment = namedtuple("Segment", "name direction flags options payload seq ack port source before steps",
                     defaults=(None, None, PORTS[0], None, (), {}))
MOVE = len(PAYLOAD)

SEGMENTS = [
    #        name           direction  TCP flags  options                          payload
    Segment("plain",          "up",   ACK | PSH, b"",                             PAYLOAD),
    Segment("timestamps",     "up",   ACK | PSH, TS,                              PAYLOAD),
    Segment("pure-ack",       "up",   ACK,       TS,                              b""),
    Segment("sack",           "up",   ACK,       TS + SACK,                       b""),
    Segment("syn",            "up",   SYN,       SYN_OPTIONS,                     b""),
    Segment("same-ports",     "up",   ACK | PSH, TS,                              PAYLOAD,
            port=CROWD_PORT),
    Segment("syn-capable",    "up",   SYN,       SYN_OPTIONS + CAPABLE_SYN,       b""),
    Segment("synack-capable", "down", SYN | ACK, SYNACK_OPTIONS + CAPABLE_SYNACK, b""),
    Segment("syn-join",       "up",   SYN,       SYN_OPTIONS + JOIN_SYN,          b""),
    Segment("dss",            "up",   ACK | PSH, TS + DSS,                        PAYLOAD),
    Segment("dss-add-addr",   "up",   ACK,       TS + DSS_ACK + ADD_ADDR,         b""),
]
STARTS = {s.name: s for s in [
    Segment("third-ack",      "up",   ACK,       TS + capable_ack(KEY, SERVER_KEY), b"", *FIRST),
    Segment("proof",          "down", ACK | PSH, TS + PROOF,                      PAYLOAD, *FIRST[::-1]),
    Segment("infinite",       "up",   ACK | PSH, TS + dss(DATA_ACK, DATA[0], 1, 0), PAYLOAD,
            FIRST[0], ACKED),
    Segment("join",           "up",   SYN,       SYN_OPTIONS + JOIN_KNOWN,        b"", port=JOIN_PORT),
]}
KNOWN = ("third-ack", "proof")
# Each is measured with a session of its own, new.
SESSION_SEGMENTS = [
    Segment("learn",          "up",   ACK,       TS + capable_ack(KEY, SERVER_KEY), b"", *FIRST,
            steps={"source": 1, 12 + 8: 1, 12 + 16: 1}),
    Segment("dss-known",      "up",   ACK | PSH, TS + dss(DATA_ACK, DATA[0], 1, MOVE), PAYLOAD,
            FIRST[0], ACKED, before=KNOWN, steps={"seq": MOVE, 12 + 8: MOVE, 12 + 12: MOVE}),
    Segment("dss64-known",    "up",   ACK | PSH, TS + dss64(DATA_ACK, DATA[0], 1, MOVE), PAYLOAD,
            FIRST[0], ACKED, before=KNOWN, steps={"seq": MOVE, 12 + 16: MOVE, 12 + 20: MOVE}),
    Segment("ack-known",      "up",   ACK,       TS + NEXT_ACK,                   b"",
            FIRST[0], ACKED, before=KNOWN),
    Segment("fallback-known", "up",   ACK | PSH, TS,                              PAYLOAD,
            FIRST[0] + MOVE, ACKED, before=(*KNOWN, "infinite"), steps={"seq": MOVE}),
    Segment("syn-join-known", "up",   SYN,       SYN_OPTIONS + JOIN_KNOWN,        b"",
            port=JOIN_PORT, before=KNOWN),
    Segment("synack-join-known", "down", SYN | ACK, SYNACK_OPTIONS + JOIN_ANSWER, b"",
            FIRST[1], FIRST[0] + 1, port=JOIN_PORT, before=(*KNOWN, "join")),
]


def checksum(data):
    """RFC 1071 checksum of data, an int; 0 if data holds a right one."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def pseudo_header(packet):
    """What the TCP checksum covers beside the segment."""
    if packet[0] >> 4 == 4:
        return packet[12:20] + struct.pack("!HH", 6, len(packet) - 20)
    return packet[8:40] + struct.pack("!II", len(packet) - 40, 6)


def tcp_offset(packet):
    return 20 if packet[0] >> 4 == 4 else 40


def build(family, segment):
    options, payload, flags = segment.options, segment.payload, segment.flags
    assert len(options) % 4 == 0 and len(options) <= 40
    src, dst = (ipaddress.ip_address(a[family]).packed for a in (CLIENT, SERVER))
    src = segment.source or src
    sport, dport = segment.port, PORTS[1]
    if segment.direction == "down":
        src, dst, sport, dport = dst, src, dport, sport
    seq = 0x1000 if segment.seq is None else segment.seq
    ack = (0 if flags == SYN else 0x2000) if segment.ack is None else segment.ack
    length = 20 + len(options) + len(payload)
    if family == 4:
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 1, 0x4000, 64, 6, 0) + src + dst
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    else:
        ip = struct.pack("!IHBB", 6 << 28, length, 6, 64) + src + dst
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq, ack,
                      (20 + len(options)) // 4 << 4, flags, 501, 0, 0) + options + payload
    total = checksum(pseudo_header(ip + tcp) + tcp)
    return ip + tcp[:16] + struct.pack("!H", total) + tcp[18:]


def steps(family, segment):
    """ADD@OFF,... or -. One client has a /64: another address there is not another client."""
    tcp = 20 if family == 4 else 40
    where = {"source": 12, "seq": tcp + 4}
    words = [f"{add}@{where[word] if word in where else tcp + 20 + word}"
             for word, add in segment.steps.items()]
    return ",".join(words) or "-"


def arriving(family, segment):
    """DEVICE:HEX: what proves a session does not come from where it goes to."""
    device = {"up": "in0", "down": "out0"}[segment.direction]
    return f"{device}:{build(family, segment).hex()}"


def crowd():
    """Packets, for all sessions of the crowd."""
    for family in (4, 6):
        base = ipaddress.ip_address(CROWD[family])
        for i in range(CROWD_SESSIONS):
            keys = struct.pack("!Q", i), struct.pack("!Q", ~i & (1 << 64) - 1)
            end = {"port": CROWD_PORT + i, "source": (base + i).packed}
            proof = dss64(first_data(keys[0]), first_data(keys[1]), 1, MOVE)
            yield arriving(family, STARTS["third-ack"]._replace(options=TS + capable_ack(*keys), **end))
            yield arriving(family, STARTS["proof"]._replace(options=TS + proof, **end))


def main():
    if sys.argv[1:] == ["crowd"]:
        for packet in crowd():
            print(packet)
        return
    for segment in SEGMENTS + SESSION_SEGMENTS:
        for family in (4, 6):
            before = [arriving(family, STARTS[name]) for name in segment.before]
            print(segment.name, family, steps(family, segment), ",".join(before) or "-",
                  build(family, segment).hex())


if __name__ == "__main__":
    sys.exit(main())
