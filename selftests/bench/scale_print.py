#!/usr/bin/python3
"""Tables of what scale.py reads, for selftests/bench/report."""
import statistics

import scale

WHAT = {"mb": "mb", "nft": "nft", "nft_merged": "nft merged"}


def table(head, rows, markdown):
    if not rows:
        return
    cells = [[text(cell) for cell in row] for row in rows]
    if markdown:
        print("| " + " | ".join(head) + " |")
        print("|" + "|".join(["---"] + ["---:"] * (len(head) - 1)) + "|")
        for row in cells:
            print("| " + " | ".join(row) + " |")
    else:
        width = [max(len(row[i]) for row in [head] + cells) for i in range(len(head))]
        for row in [head] + cells:
            print("  ".join(cell.ljust(width[0]) if i == 0 else cell.rjust(width[i])
                            for i, cell in enumerate(row)).rstrip())
    print()


def text(value):
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return f"{value:,.2f}" if 0 < abs(value) < 10 and value != int(value) else f"{value:,.0f}"


def size(n):
    return f"{n // 1000000}M" if n >= 1000000 else f"{n // 1000}k" if n >= 1000 else str(n)


def sizes(rows):
    return sorted({r["n"] for r in rows if r.get("n")})


def sites(rows, markdown):
    for family in (4, 6):
        lines = []
        for n in sizes(rows):
            for what, name in WHAT.items():
                loaded = scale.find(rows, what=what, family=family, n=n, kind="table")
                if not loaded:
                    continue
                lines.append([f"{size(n)} {name}",
                              scale.cost(rows, what, family, n, "lookup"),
                              scale.lookup(rows, what, family, n) if what == "mb" else None,
                              scale.per_entry(loaded[-1]), loaded[-1]["load"],
                              scale.one(rows, "took", what=what, family=family, n=n, kind="replace"),
                              loaded[-1]["dump"]])
        if lines:
            print(f"Sites, IPv{family}: instructions a SYN that is stripped, of these the lookup's; "
                  "bytes an entry; milliseconds of processor time, at one instruction a nanosecond\n")
            table(["sites", "SYN", "lookup", "bytes", "load", "replace", "dump"], lines, markdown)


def sessions(rows, markdown):
    for family in (4, 6):
        lines = []
        for n in sizes(rows):
            row = scale.find(rows, what="mb", family=family, n=n, kind="sessions")
            if not row:
                continue
            lines.append([size(n), scale.cost(rows, "mb", family, n, "data"),
                          scale.cost(rows, "mb", family, n, "join"), 2 * row[-1]["mean"],
                          scale.per_entry(row[-1]), row[-1]["dump"]])
        if lines:
            print(f"Sessions, IPv{family}: instructions a segment with DSS, a SYN with MP_JOIN, to learn "
                  "and confirm a session; bytes a session; milliseconds to list all\n")
            table(["sessions", "DSS", "join", "begin", "bytes", "dump"], lines, markdown)


def native(rows, markdown):
    lines = [[f"{size(n)} IPv{family}", scale.cost(rows, "mb", family, n, "native"),
              scale.lookup(rows, "mb", family, n, "native")]
             for n in sizes(rows) for family in (4, 6)]
    if lines:
        print("Nanoseconds a SYN that is stripped, to a random address, in User-Mode Linux; of these the "
              "lookup's\n")
        table(["sites", "SYN", "lookup"], lines, markdown)


def tail(rows, markdown):
    if rows:
        print(f"Nanoseconds (instructions) until a segment has passed, with {size(rows[0]['n'])} sites\n")
        table(["meanwhile", "mean", "worst", "segments"],
              [[r["what"].replace("_", " "), r["mean"], r["worst"], r["beats"]] for r in rows], markdown)


def throughput(kernel, rows, markdown):
    lines = []
    for (mode, streams), found in scale.ratios(rows).items():
        gbits = statistics.median(r["bps"] for r in scale.find(rows, what="disarm", mode=mode,
                                                               streams=streams)) / 1e9
        lines.append([f"{mode}, {streams}", f"{gbits:.2f}", f"{statistics.median(found):.3f}",
                      f"{min(found):.3f}", f"{max(found):.3f}", str(len(found))])
    if lines:
        print(f"Throughput, {kernel}: Gbit/s without the module; armed to without, by pairs\n")
        table(["streams", "Gbit/s", "ratio", "least", "most", "pairs"], lines, markdown)


def goals(judged, markdown):
    words = {True: "met", False: "MISSED", None: "not measured"}
    table(["goal", "measured", "limit", "unit", ""],
          [[g["goal"], g["measured"], f"{'>= ' if g['least'] else ''}{g['limit']}", g["unit"],
            words[g["met"]]] for g in judged], markdown)
