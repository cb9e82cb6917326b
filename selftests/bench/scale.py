#!/usr/bin/python3
"""Reads and judges what scale-guest, tail-guest and throughput-guest leave: lines of KEY=VALUE.

Functions for selftests/bench/report; it prints nothing by itself.
"""
import re
import statistics

#        segment, table of how many, at most so many instructions over an empty hook
LOOKUP_GOALS = [
    ("SYN with MP_CAPABLE stripped, its site one of 1M", "lookup", 1000000, 450),
    ("DSS of a known session among 1M", "data", 1000000, 330),
    ("MP_JOIN SYN of a known session among 1M", "join", 1000000, 500),
]
# a lookup among the first costs at most so many times as much as one among the second
RATIO_GOAL = 1000000, 1000, 1.5
NATIVE_RATIO_GOAL = 1000000, 1000, 3
SITE_BYTES = {4: 100, 6: 160}
SESSION_BYTES = 400
TIME_SHARE = 0.5                # of what nft takes
THROUGHPUT = 0.98
NOISE = 0.05
MANY = 1000000
MEMORY_FROM = 1000              # less is lost in the noise


def read(path):
    """A dict for each line; numbers are numbers."""
    found = []
    with open(path, encoding="ascii") as file:
        for line in file:
            row = dict(word.split("=", 1) for word in line.split())
            for key, value in row.items():
                if re.fullmatch(r"-?\d+(\.\d+)?", value):
                    row[key] = float(value) if "." in value else int(value)
            found.append(row)
    return found


def find(rows, **want):
    """Those that have all of these values."""
    return [r for r in rows if all(r.get(k) == v for k, v in want.items())]


def one(rows, key, **want):
    found = find(rows, **want)
    return found[-1].get(key) if found else None


def cost(rows, what, family, n, kind):
    """What a segment costs more than without a hook; None if that was not measured."""
    got = [r["median" if kind == "native" else "mean"]
           for r in find(rows, what=what, family=family, n=n, kind="lookup" if kind == "native" else kind)]
    empty = find(rows, what="empty", family=family, kind="lookup" if kind == "native" else kind)
    empty = find(empty, n=n) or empty
    if not got or not empty:
        return None
    return statistics.median(got) - empty[-1]["median" if kind == "native" else "mean"]


def lookup(rows, what, family, n, kind="lookup"):
    """What is the lookup's share: over the same verdict by default, without sites."""
    some, none = (cost(rows, what, family, size, kind) for size in (n, 0))
    return some - none if some is not None and none is not None else None


def per_entry(row):
    return row["kb"] * 1024 / row["n"] if row["n"] >= MEMORY_FROM else None


def judge(name, measured, limit, unit, at_least=False):
    met = None if measured is None else measured >= limit if at_least else measured <= limit
    return {"goal": name, "unit": unit, "measured": measured, "limit": limit,
            "least": at_least, "met": met}


def quotient(a, b):
    return a / b if a is not None and b else None


def scale_goals(sites, sessions):
    judged = []
    for family in (4, 6):
        ip = f"IPv{family}"
        for name, kind, n, limit in LOOKUP_GOALS:
            rows = sites if kind == "lookup" else sessions
            judged.append(judge(f"{name}, {ip}", cost(rows, "mb", family, n, kind), limit,
                                "instructions"))
        many, few, limit = RATIO_GOAL
        judged.append(judge(f"lookup among 1M to one among 1k, {ip}",
                            quotient(lookup(sites, "mb", family, many), lookup(sites, "mb", family, few)),
                            limit, "times"))
        table = find(sites, what="mb", family=family, n=MANY, kind="table")
        judged.append(judge(f"memory of one of 1M sites, {ip}", per_entry(table[-1]) if table else None,
                            SITE_BYTES[family], "bytes"))
        for kind, key in (("table", "load"), ("replace", "took")):
            ours, theirs = (one(sites, key, what=what, family=family, n=MANY, kind=kind)
                            for what in ("mb", "nft"))
            judged.append(judge(f"to {'load' if key == 'load' else 'replace'} 1M sites, to nft -f, {ip}",
                                quotient(ours, theirs), TIME_SHARE, "times"))
        table = find(sessions, what="mb", family=family, n=MANY, kind="sessions")
        judged.append(judge(f"memory of one of 1M sessions with its subflow, {ip}",
                            per_entry(table[-1]) if table else None, SESSION_BYTES, "bytes"))
    return judged


def native_goals(rows):
    many, few, limit = NATIVE_RATIO_GOAL
    return [judge(f"lookup among 1M to one among 1k, in time, IPv{family}",
                  quotient(lookup(rows, "mb", family, many, "native"),
                           lookup(rows, "mb", family, few, "native")), limit, "times")
            for family in (4, 6)]


def ratios(rows):
    """{(mode, streams): armed to without, of each pair}"""
    found = {}
    for r in find(rows, what="arm"):
        other = find(rows, what="disarm", mode=r["mode"], streams=r["streams"], pair=r["pair"])
        if other and other[-1]["bps"]:
            found.setdefault((r["mode"], r["streams"]), []).append(r["bps"] / other[-1]["bps"])
    return found


def noisy(found):
    """Whether pairs differ so much that their median says nothing: half of them are farther from it."""
    median = statistics.median(found)
    return statistics.median(abs(ratio - median) for ratio in found) > NOISE


def throughput_goals(kernel, rows):
    return [judge(f"throughput armed to without, {mode}, {streams} streams, {kernel}",
                  None if noisy(found) else statistics.median(found), THROUGHPUT, "times", at_least=True)
            for (mode, streams), found in ratios(rows).items()]


def doubts(sites, sessions, throughputs):
    """Lines about figures that cannot be what they are taken for."""
    lines = []
    for r in sites + sessions:
        where = f"{r['what']}, {r.get('kind')}, {r.get('n')}, IPv{r.get('family')}"
        if r.get("kind") == "lookup" and r.get("changed") != (0 if r["what"] == "empty" else 1):
            lines.append(f"{where}: {r.get('changed')} of the segments stripped")
        if r.get("kind") in ("data", "join") and (r.get("dropped") != 0 or r.get("changed") != 0):
            lines.append(f"{where}: not all segments passed as they were")
        # two segments began each session
        if isinstance(r.get("tracked"), int) and r["tracked"] != 2 * r["n"] + r["segments"]:
            lines.append(f"{where}: {r['tracked']} segments tracked")
        if r["what"] == "mb" and r.get("kind") == "join" and r.get("known") != r.get("segments"):
            lines.append(f"{where}: of some joins the session was not known")
        if r.get("kind") == "sessions" and not r["n"] == r.get("confirmed") == r["lines"] - 1:
            lines.append(f"{where}: {r.get('confirmed')} sessions confirmed, {r['lines'] - 1} listed")
    for kernel, rows in throughputs.items():
        for (mode, streams), found in ratios(rows).items():
            if noisy(found):
                lines.append(f"{kernel}: {mode}, {streams} streams: ratios from {min(found):.2f} to "
                             f"{max(found):.2f}: the machine is busy with something else")
        for r in find(rows, what="arm"):
            if (r["sessions"] > 0) != (r["mode"] == "mptcp"):
                lines.append(f"{kernel}: {r['mode']}: {r['sessions']} sessions were seen")
    return lines
