#!/usr/bin/python3
"""Prints the segments that `make bench` measures, one a line: NAME FAMILY HEX, an IP packet each.

They are what Linux would send: timestamps unless said otherwise, options padded with NOPs in front.
"""
import ipaddress
import struct
import sys

CLIENT = {4: "192.0.2.10", 6: "2001:db8:1::10"}
SERVER = {4: "198.51.100.20", 6: "2001:db8:2::20"}
PORTS = (40000, 443)
ACK, SYN, PSH = 0x10, 0x02, 0x08

PAYLOAD = bytes(i & 0xff for i in range(500))
TS = bytes.fromhex("0101080a 11111111 22222222")
# MSS 1460, SACK permitted, timestamps, NOP, window scale 7
SYN_OPTIONS = bytes.fromhex("020405b4 0402 080a 11111111 00000000 01 030307")
SYNACK_OPTIONS = bytes.fromhex("020405b4 0402 080a 22222222 11111111 01 030307")
KEY = bytes.fromhex("0123456789abcdef")
CAPABLE_SYN = bytes.fromhex("1e040101")
CAPABLE_SYNACK = bytes.fromhex("1e0c0101") + KEY
# address id 1, the receiver's token, a nonce
JOIN_SYN = bytes.fromhex("1e0c1001 a1b2c3d4 5e6f7081")
# 4 bytes of data ACK; mapping with 4 bytes of data sequence number, and checksum
DSS = bytes.fromhex("1e142005 00001000 00002000 00000001") + struct.pack("!HH", len(PAYLOAD), 0xbeef)
DSS_ACK = bytes.fromhex("1e082001 00001000")
ADD_ADDR = bytes.fromhex("1e103002 c0000264") + KEY
SACK = bytes.fromhex("01010512 00001000 00001200 00001400 00001600")

#    name           direction  TCP flags   options                          payload
SEGMENTS = [
    ("plain",        "up",      ACK | PSH, b"",                             PAYLOAD),
    ("timestamps",   "up",      ACK | PSH, TS,                              PAYLOAD),
    ("pure-ack",     "up",      ACK,       TS,                              b""),
    ("sack",         "up",      ACK,       TS + SACK,                       b""),
    ("syn",          "up",      SYN,       SYN_OPTIONS,                     b""),
    ("syn-capable",  "up",      SYN,       SYN_OPTIONS + CAPABLE_SYN,       b""),
    ("synack-capable", "down",  SYN | ACK, SYNACK_OPTIONS + CAPABLE_SYNACK, b""),
    ("syn-join",     "up",      SYN,       SYN_OPTIONS + JOIN_SYN,          b""),
    ("dss",          "up",      ACK | PSH, TS + DSS,                        PAYLOAD),
    ("dss-add-addr", "up",      ACK,       TS + DSS_ACK + ADD_ADDR,         b""),
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


def build(family, direction, flags, options, payload):
    assert len(options) % 4 == 0 and len(options) <= 40
    src, dst = (ipaddress.ip_address(a[family]).packed for a in (CLIENT, SERVER))
    sport, dport = PORTS
    if direction == "down":
        src, dst, sport, dport = dst, src, dport, sport
    length = 20 + len(options) + len(payload)
    if family == 4:
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 1, 0x4000, 64, 6, 0) + src + dst
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    else:
        ip = struct.pack("!IHBB", 6 << 28, length, 6, 64) + src + dst
    tcp = struct.pack("!HHIIBBHHH", sport, dport, 0x1000, 0 if flags == SYN else 0x2000,
                      (20 + len(options)) // 4 << 4, flags, 501, 0, 0) + options + payload
    total = checksum(pseudo_header(ip + tcp) + tcp)
    return ip + tcp[:16] + struct.pack("!H", total) + tcp[18:]


def main():
    for name, *segment in SEGMENTS:
        for family in (4, 6):
            print(name, family, build(family, *segment).hex())


if __name__ == "__main__":
    sys.exit(main())
