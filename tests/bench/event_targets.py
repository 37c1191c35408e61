"""What is to be reached by events: each target reads the figures of a run, as in `targets.py`."""

from targets import Target, rates, ratio, series, spread

DATABASES = ("PostgreSQL", "SQLite")
LOADS = {"mixed": "reads and writes", "writes": "writes alone"}
DEAD = {"silent": "never answers", "refusing": "refuses connections"}


def event_targets():
    return [*_costs(), *_delays(), *_streams(), *_lists(), *_webhooks()]


def _one(row, what):
    return lambda figures: spread(series(figures, row, "ours", what))


def _numbers(text, row, *fields, side="ours"):
    """A text with the medians of these numbers of a row."""
    return lambda figures: text.format(*(spread(series(figures, row, side, what))[0] for what in fields))


def _costs():
    for name in ("PostgreSQL", "PostgreSQL, 2 ms", "SQLite"):
        for kind in ("create", "update"):
            row, text = f"E1 {name}, {kind}", f"{name}: {kind}s, of those of the build before"
            seen = _numbers("before {:,.0f}/s, after {:,.0f}/s", row, "before", "after")
            yield Target("E1", text, 0.9, seen=_one(row, "ratio"), numbers=seen)
            yield Target("E1", "the same for a second of the processors", 0.9, seen=_one(row, "work"))


def _delays():
    for name in DATABASES:
        for load, among in LOADS.items():
            row = f"E2 {name}, {load}"
            at = _numbers("{:,.0f} requests/s, {:.2f} of the most", row, "rate", "share")
            for who in ("stream", "long poll"):
                text = f"{name}, among {among}: from a write to a {who} of the same server"
                yield Target("E2", f"{text}, p50 in ms", most=20, seen=_one(row, f"{who} p50"), numbers=at)
                yield Target("E2", "p99 of that, in ms", most=100, seen=_one(row, f"{who} p99"))
            if name == "PostgreSQL":
                text = f"{name}, among {among}: from a write to a stream of another server, p99 in ms"
                half = _numbers("p50 {:,.0f} ms", row, "another server p50")
                yield Target("E2", text, most=500, seen=_one(row, "another server p99"), numbers=half)


def _streams():
    for name in DATABASES:
        row = f"E3 {name}"
        yield Target("E3", f"{name}: memory of an idle stream, KiB", most=15, seen=_one(row, "kib_each"))
        event = _numbers("an event to all of {:,.0f}: {:.2f} s", row, "streams", "event_to_all_seconds")
        yield Target("E3", f"{name}: all idle streams, % of a core", most=1, seen=_one(row, "core_share_percent"), numbers=event)


def _lists():
    for name in DATABASES:
        row, above, below = f"E4 {name}", "304", "200"
        seen = lambda figures, row=row: ratio(figures, row, "304", "200")
        yield Target("E4", f"{name}: 304 of a list of 50, of the list", 3, seen=seen, numbers=rates(row, above, below))


def _webhooks():
    for name in DATABASES:
        row = f"E5 {name}"
        for dead, text in DEAD.items():
            seen = lambda figures, row=row, dead=dead: ratio(figures, row, dead, "alone", "p99")
            alone, beside = (_numbers(f"{side} {{:,.0f}} ms", row, "p99", side=side) for side in ("alone", dead))
            numbers = lambda figures, alone=alone, beside=beside: f"{alone(figures)}, {beside(figures)}"
            text = f"{name}: p99 of deliveries to 20 receivers beside one that {text}, of that alone"
            yield Target("E5", text, most=1.2, seen=seen, numbers=numbers)
