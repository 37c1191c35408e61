"""What is to be reached by events: each target reads the figures of a run, as in `targets.py`."""

from targets import Target, ratio, series, spread

DATABASES = ("PostgreSQL", "SQLite")
DEAD = {"silent": "that never answers", "refusing": "that refuses connections"}
LOADS = {"mixed": "reads and writes", "writes": "writes"}


def event_targets():
    one = lambda row, what: lambda figures: spread(series(figures, row, "ours", what))
    versus = lambda row, above, below, what="rate": lambda figures: ratio(figures, row, above, below, what)
    found = []
    for name in ("PostgreSQL", "PostgreSQL, 2 ms", "SQLite"):
        for kind in ("create", "update"):
            row, text = f"E1 {name}, {kind}", f"{name.replace('2 ms', 'commits of 2 ms')}: {kind}s, of the build before"
            found.append(Target("E1", text, 0.9, seen=one(row, "ratio")))
            found.append(Target("E1", f"{text}, for the same processor time", 0.9, seen=one(row, "work")))
    for name in DATABASES:
        for load, among in LOADS.items():
            row = f"E2 {name}, {load}"
            for who in ("stream", "long poll"):
                text = f"{name}: from the answer of a write to its event by {who}, among {among} at half load"
                found.append(Target("E2", f"{text}, p50 in ms", most=20, seen=one(row, f"{who} p50")))
                found.append(Target("E2", f"{text}, p99 in ms", most=100, seen=one(row, f"{who} p99")))
            if name == "PostgreSQL":
                text = f"{name}: the same on a stream of another server, among {among}, p99 in ms"
                found.append(Target("E2", text, most=500, seen=one(row, "another server p99")))
    for name in DATABASES:
        found.append(Target("E3", f"{name}: memory of an idle stream, KiB", most=15, seen=one(f"E3 {name}", "kib_each")))
        text = f"{name}: what all idle streams take of a core, %"
        found.append(Target("E3", text, most=1, seen=one(f"E3 {name}", "core_share_percent")))
    for name in DATABASES:
        sides = f"E4 {name}", "304", "200"
        found.append(Target("E4", f"{name}: 304 of a list of 50, of the list", 3, seen=versus(*sides), sides=sides))
    for name in DATABASES:
        for dead, text in DEAD.items():
            text = f"{name}: p99 of deliveries to 20 receivers beside one {text}, of the same without it"
            found.append(Target("E5", text, most=1.2, seen=versus(f"E5 {name}", dead, "alone", "p99")))
    return found
