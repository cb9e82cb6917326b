# SPDX-License-Identifier: GPL-2.0
"""Cases for 12-ynl.sh, with the library of the kernel's stock ynl client.

usage: ynl_cases.py FUNCTION    with PYTHONPATH=.../tools/net/ynl SPEC=mptcp_mb.yaml
"""
import copy
import errno
import os
import socket
import sys
import time

from lib import NlError, YnlFamily

SOL_NETLINK, CAP_ACK, EXT_ACK, BROADCAST_ERROR = 270, 10, 11, 4

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
    other.async_msg_queue = []
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
    ("session-get", {}, "an id is needed"),
    ("session-get", {"session-id": 0}, "no session has this id"),
    ("session-get", {"session-id": 0xffffffff}, "no session has this id"),
    ("session-close", {}, "an id is needed"),
    ("session-close", {"session-id": 0xffffffff}, ""),
    ("session-reset", {}, "both ends are needed"),
    ("refused-get", {}, "nothing has been refused"),
]

END = {"source": "0a000001", "source-port": 1, "destination": "0a000002", "destination-port": 2}

# connections that are none
CONNECTIONS = [
    *[({k: v for k, v in END.items() if k != without}, "both ends are needed") for without in END],
    ({**END, "source": "0a0000"}, "4 or 16 bytes"),
    ({**END, "destination": 17 * "00"}, "4 or 16 bytes"),
    ({**END, "source": FD["address"]}, "two address families"),
    ({**END, "destination": 10 * "00" + "ffff" + "0a000001"}, "mapped into IPv6"),
    ({**END, "destination": END["source"], "destination-port": 1}, "the same"),
    ({**END, "source-port": 0}, ""),
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
    for request, text in CONNECTIONS:
        refused(ynl, "session-reset", request, text)
    assert policy(ynl) == before
    assert ynl.dump("session-get", {}) == [] and ynl.dump("refused-get", {}) == []


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


def lost():
    """How many events the kernel has left out, ever."""
    counts = ynl.do("stats-get", {})["count"]
    return next(count["value"] for count in counts if count["id"] == "event-lost")


def heard(who):
    """The events that came meanwhile."""
    who.check_ntf()
    got = [ntf["msg"] for ntf in who.async_msg_queue]
    who.async_msg_queue.clear()
    return got


def touch(times):
    """Changes the policy."""
    for i in range(times):
        ynl.do("policy-set", {"settings": {"reset-rate": 1000 + i % 2}})


def events():
    """Each change of the policy is told, in order, and by whom."""
    who = another()
    who.ntf_subscribe("events")
    began = ynl.do("policy-get", {})["settings"]["generation"]
    touch(50)
    got = heard(who)
    assert [e["event"] for e in got] == 50 * ["policy-changed"], got
    assert [e["generation"] for e in got] == [began + 1 + i for i in range(50)], got
    assert {e["pid"] for e in got} == {os.getpid()} and got[0]["comm"].startswith("python"), got[0]
    times = [e["time"] for e in got]
    assert times == sorted(times) and abs(times[0] / 1e9 - time.time()) < 60, times
    assert not any("lost" in e for e in got) and lost() == 0
    who.sock.close()
    touch(10)
    assert lost() == 0


def slow():
    """Who does not read delays nobody: it misses events and knows, and so does the kernel."""
    quick, sleeper = another(), another()
    for who in (quick, sleeper):
        who.ntf_subscribe("events")
    sleeper.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 10000)
    sleeper.sock.setsockopt(SOL_NETLINK, BROADCAST_ERROR, 1)
    touch(100)
    missed = lost()
    assert 50 < missed < 100, missed
    assert len(heard(quick)) == 100
    try:
        heard(sleeper)
        raise AssertionError("the sleeper does not know what it has missed")
    except OSError as e:
        assert e.errno == errno.ENOBUFS, e
    assert len(heard(sleeper)) == 100 - missed
    touch(1)
    for who in (quick, sleeper):
        got = heard(who)
        assert len(got) == 1 and "lost" not in got[0], got
    assert lost() == missed


def unprivileged():
    """Without CAP_NET_ADMIN there are counters, and nothing else."""
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    who = another()
    who.do("stats-get", {})
    for op, request in (("session-get", {"session-id": 1}), ("session-close", {"session-id": 1}),
                        ("session-reset", END), ("refused-get", {})):
        refused_eperm(lambda: who.do(op, request))
    for op in ("session-get", "refused-get"):
        refused_eperm(lambda: who.dump(op, {}))
    refused_eperm(lambda: another().ntf_subscribe("events"))


def refused_eperm(call):
    try:
        call()
    except (NlError, OSError) as e:
        assert getattr(e, "error", None) == errno.EPERM or e.errno == errno.EPERM, e
        return
    raise AssertionError("an unprivileged user may")


def sessions():
    """What a dump says of the sessions, in order, each once."""
    got = [message["session"] for message in ynl.dump("session-get", {})]
    ids = [session["id"] for session in got]
    assert all(a < b for a, b in zip(ids, ids[1:])), ids
    return {session["id"]: session for session in got}


def changing():
    """Dumps while sessions come, until there are N: those of before are in each of them."""
    before = sessions()
    print(len(before), flush=True)
    counts = []
    while not counts or counts[-1][0] < int(sys.argv[2]):
        there = ynl.do("status-get", {})["sessions"]
        now = sessions()
        assert before.keys() <= now.keys() and there <= len(now), (there, len(now))
        counts.append((there, len(now)))
    print(counts)
    assert counts[0][0] < int(sys.argv[2]) and counts[0][1] > len(before), counts


def subflows():
    """A session of LIVE live subflows, the first in the dump, CLOSED at least are closed."""
    live, closed = int(sys.argv[2]), int(sys.argv[3])
    for session in (ynl.dump("session-get", {})[0]["session"],
                    ynl.do("session-get", {"session-id": int(sys.argv[4])})["session"]):
        states = [sub["state"] for sub in session["subflow"]]
        print(session["id"], states.count("live"), states.count("closed"))
        assert states.count("live") == live and states.count("closed") >= closed
        assert all("from-client" in sub for sub in session["subflow"])
        assert "initial" in session["subflow"][0]["flags"]


class Recorder:
    """A socket whose every answer is kept."""
    def __init__(self, sock):
        self.sock, self.seen = sock, b""

    def recv(self, *args):
        got = self.sock.recv(*args)
        self.seen += got
        return got

    def __getattr__(self, name):
        return getattr(self.sock, name)


def keyless():
    """TOKEN is in what the kernel tells, KEY... are not."""
    ynl.sock = recorder = Recorder(ynl.sock)
    for op in ("session-get", "refused-get"):
        ynl.dump(op, {})
    for session in sessions():
        ynl.do("session-get", {"session-id": session})
    seen = recorder.seen
    assert int(sys.argv[2], 16).to_bytes(4, sys.byteorder) in seen, "no token"
    for key in sys.argv[3:]:
        key = bytes.fromhex(key)
        assert len(key) == 8 and key not in seen and key[::-1] not in seen, "a key!"


def refusals():
    """The last 256 of N refusals; LAST is the token of the very last."""
    got = [message["refusal"] for message in ynl.dump("refused-get", {})]
    assert len(got) == 256, len(got)
    times = [r["time"] for r in got]
    assert times == sorted(times)
    assert ynl.do("refused-get", {})["refusal"] == got[-1]
    assert (got[-1]["token"], got[-1]["cause"]) == (int(sys.argv[3], 0), "orphan"), got[-1]
    assert ynl.do("status-get", {})["refused"] == int(sys.argv[2])


globals()[sys.argv[1]]()
