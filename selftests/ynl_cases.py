# SPDX-License-Identifier: GPL-2.0
"""Cases for 12-ynl.sh, with the library of the kernel's stock ynl client.

usage: ynl_cases.py FUNCTION    with PYTHONPATH=.../tools/net/ynl SPEC=mptcp_mb.yaml
"""
import copy
import os
import socket
import sys
import time

from lib import NlError, YnlFamily

SOL_NETLINK, CAP_ACK, EXT_ACK = 270, 10, 11

# read once: the specification takes its time
ynl = YnlFamily(os.environ["SPEC"], "")

TEN = {"address": "0a000000", "prefix-len": 8}
FD = {"address": "fd" + 15 * "00", "prefix-len": 8}


def another():
    """The same family on a socket of its own."""
    other = copy.copy(ynl)
    other.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
    for option in (CAP_ACK, EXT_ACK):
        other.sock.setsockopt(SOL_NETLINK, option, 1)
    return other


def sites(who):
    return [message["site"] for message in who.dump("site-get", {})]


def policy(who):
    return who.do("policy-get", {}), sites(who)


def refused(who, op, request, text):
    """The kernel refuses the request, and says text."""
    try:
        who.do(op, request)
    except NlError as e:
        said = (e.nl_msg.extack or {}).get("msg", "")
        assert text in said, f"{op} {request}: want {text}, got {e}: {said}"
        return
    raise AssertionError(f"{op} {request} is not refused")


def transaction():
    """Two sockets, one transaction."""
    a, b = another(), another()
    before = policy(b)
    a.do("txn-begin", {})
    a.do("policy-set", {"settings": {"default": "deny"}})
    a.do("site-add", {"site": {**TEN, "action": "deny"}})
    refused(a, "txn-begin", {}, "already")
    refused(b, "txn-begin", {}, "another process has a transaction open")
    refused(b, "txn-commit", {}, "begin one")
    refused(b, "txn-abort", {}, "no transaction")
    assert policy(b) == before and policy(a) == before
    assert b.do("status-get", {})["txn-pid"] == os.getpid()
    # b's statements go to the policy in force, the candidate knows nothing of them
    b.do("policy-set", {"settings": {"join": "reset"}})
    reply = a.do("txn-commit", {})
    assert reply["settings-before"]["join"] == "reset"
    assert reply["settings"]["join"] == "accept" and reply["settings"]["default"] == "deny"
    assert (reply["sites-after"], reply["sites-added"]) == (1, 1)
    assert sites(b)[0]["address"] == "10.0.0.0"
    assert "txn-pid" not in b.do("status-get", {})
    # a candidate is forgotten by abort, by a dry run, with its socket
    before = policy(b)
    a.do("txn-begin", {})
    a.do("txn-abort", {})
    a.do("txn-begin", {})
    assert a.do("txn-commit", {"dry-run": True})["sites-removed"] == 1
    a.do("txn-begin", {})
    a.do("policy-set", {"settings": {"default": "allow"}})
    a.sock.close()
    assert policy(b) == before
    b.do("txn-begin", {})
    b.do("txn-abort", {})


def hold():
    """Holds a transaction until somebody kills it."""
    ynl.do("txn-begin", {})
    ynl.do("policy-set", {"settings": {"default": "allow"}})
    print("holds", flush=True)
    time.sleep(1000)


DENY = {"action": "deny"}
ALLOW = {"action": "allow"}

# for the v4 or v6 prefix each
ENTRIES = [
    ({}, "allow or deny"),
    ({**DENY, "port": 0}, ""),
    ({**DENY, "mark": 1, "mark-mask": 0}, "mask 0"),
    ({**DENY, "mark-mask": 1}, "mask without a mark"),
    ({**DENY, "ctmark": 2, "ctmark-mask": 1}, "outside its mask"),
    ({"action": 2}, ""),
    ({**DENY, "join": "reset"}, "join goes with allow"),
    ({**ALLOW, "join": "strip"}, "join cannot be strip"),
    ({**ALLOW, "join": "neutralise"}, ""),
    ({**ALLOW, "fallback": "drop"}, "fallback goes with deny"),
    ({**DENY, "fallback": "accept"}, ""),
    ({**DENY, "timeout": 0}, ""),
    ({**DENY, "timeout": 2147484}, ""),
    ({**DENY, "comment": "a\nb"}, "printable"),
    ({**DENY, "comment": "\x7f"}, "printable"),
    ({**DENY, "comment": 64 * "x"}, ""),
    ({**DENY, "hits": 1}, "read only"),
    ({**DENY, "last-hit": 1}, "read only"),
]

# prefixes that are none
PREFIXES = [
    ({"address": "0a000001", "prefix-len": 31}, "bits beyond its prefix"),
    ({"address": FD["address"], "prefix-len": 7}, "bits beyond its prefix"),
    ({"address": "0a000000", "prefix-len": 33}, "at most 32 bits"),
    ({"address": FD["address"], "prefix-len": 129}, ""),
    ({"address": "0a0000", "prefix-len": 8}, "4 or 16 bytes"),
    ({"address": "0a00000000", "prefix-len": 8}, "4 or 16 bytes"),
    ({"address": 17 * "00", "prefix-len": 8}, "4 or 16 bytes"),
    ({"prefix-len": 8}, "without an address"),
    ({**TEN, "from-address": FD["address"]}, "another address family"),
    ({**FD, "from-address": "0a000000"}, "another address family"),
    ({**TEN, "from-address": "0a000001", "from-prefix-len": 8}, "bits beyond its prefix"),
]

OTHERS = [
    ("site-add", {}, "which entry"),
    ("site-del", {}, "which entry"),
    ("site-del", {"site": {**TEN, **DENY}}, "only prefix and qualifiers"),
    ("site-get", {}, "which server"),
    ("site-get", {"site": {}}, "which server"),
    ("site-get", {"site": TEN}, "single server"),
    ("site-get", {"site": {"address": "0a000001", "override": True}}, "override"),
    ("policy-set", {}, "which settings"),
    ("policy-set", {"settings": {"default": "allow", "join": "strip"}}, "join cannot be strip"),
    ("policy-set", {"settings": {"default": "allow", "mode": 3}}, ""),
    ("policy-set", {"settings": {"fallback": "accept"}}, ""),
    ("policy-set", {"settings": {"malformed": "reset"}}, ""),
    ("policy-set", {"settings": {"reset-rate": 1000001}}, ""),
    ("policy-set", {"settings": {"generation": 1}}, "read only"),
]


def raw():
    """What no user of mbctl can send: the kernel refuses it as well, and says why."""
    before = policy(ynl)
    for op in ("site-add", "site-replace"):
        for words, text in ENTRIES:
            for prefix in (TEN, FD):
                refused(ynl, op, {"site": {**prefix, **words}}, text)
        for prefix, text in PREFIXES:
            refused(ynl, op, {"site": {**prefix, **DENY}}, text)
    for op, request, text in OTHERS:
        refused(ynl, op, request, text)
    assert policy(ynl) == before


def many():
    """A dump of many messages: each entry once, in order of arrival."""
    ynl.do("site-flush", {})
    statements = [("site-add", {"site": {"address": f"0a{i:04x}00", "prefix-len": 24, **ALLOW}}, [])
                  for i in range(4000)]
    for i in range(0, len(statements), 100):
        ynl.do_multi(statements[i:i + 100])
    want = [f"10.{i >> 8}.{i & 255}.0" for i in range(4000)]
    assert [site["address"] for site in sites(ynl)] == want
    ynl.do("site-flush", {})
    assert sites(ynl) == []


{f.__name__: f for f in (transaction, hold, raw, many)}[sys.argv[1]]()
