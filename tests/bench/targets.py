"""What is to be reached, and whether it was: each target reads the figures of a run."""

import statistics


class Missing(Exception):
    """A figure that was not measured."""


def series(figures, row, side, what="rate"):
    """A number of each round; `None` for one that failed."""
    runs = figures.get(row, {}).get(side, [])
    if not any(runs):
        raise Missing(f"{row}, {side}")
    return [run and run[what] for run in runs]


def spread(values):
    """Median, least and most."""
    values = [value for value in values if value is not None]
    if not values:
        raise Missing("no round in which both sides were measured")
    return statistics.median(values), min(values), max(values)


def ratio(figures, row, above, below, what="rate", other=None):
    """Round by round, one side over another."""
    over, under = series(figures, row, above, what), series(figures, other or row, below, what)
    return spread([one and another and one / another for one, another in zip(over, under)])


class Target:
    def __init__(self, name, text, least=None, most=None, seen=None, sides=(), numbers=None):
        self.name, self.text, self.least, self.most, self.seen = name, text, least, most, seen
        self.numbers = numbers or (rates(*sides) if sides else lambda figures: "")

    def reached(self, value):
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


def rates(row, *sides):
    """How many a second on each side."""
    return lambda figures: ", ".join(f"{side} {spread(series(figures, row, side))[0]:,.0f}" for side in sides)


def tail(row, side):
    """p99 over p50."""

    def seen(figures):
        runs = zip(series(figures, row, side, "p99"), series(figures, row, side, "p50"))
        return spread([p99 and p99 / p50 for p99, p50 in runs])

    return seen


def is_full(figures, row, smallest, largest):
    """Whether a list has as many rows on its page on the smallest data set as on the largest."""
    listed = [runs[-1]["listed"] for runs in (figures[row].get(name) for name in (smallest, largest)) if runs and runs[-1]]
    return len(set(listed)) == 1


def shape(figures, row, smallest, largest):
    """How much longer a list takes on the largest data set. Where the smallest has no full page of it, an
    unfiltered page there is what it is compared with."""
    other = None if is_full(figures, row, smallest, largest) else "P5 none"
    return ratio(figures, row, largest, smallest, "p50", other)


def shapes(smallest, largest):
    """The worst of the filter shapes."""

    def seen(figures):
        names = [row for row in figures if row.startswith("P5 ") and not row.endswith("of the busiest")]
        if not names:
            raise Missing("P5")
        return max(shape(figures, row, smallest, largest) for row in names)

    return seen


def pages(side):
    def seen(figures):
        return ratio(figures, "P6 no filter", side, "first", "p50")

    return seen


def targets(smallest, largest, sqlite_smallest):
    """All of them, for a run on these sizes."""
    one = lambda row, side, what: lambda figures: spread(series(figures, row, side, what))
    versus = lambda row, above, below, what="rate": lambda figures: ratio(figures, row, above, below, what)
    return [
        Target("P1", "GET one, of pgbench's same statement", 1.0, seen=versus("P1", "ours", "pgbench"), sides=("P1", "ours", "pgbench")),
        Target("P2", "the same at 256 connections", 1.3, seen=versus("P2", "ours", "pgbench"), sides=("P2", "ours", "pgbench")),
        Target("P3", "list of 50 with its total, of pgbench's same statement", 0.75, seen=versus("P3", "ours", "pgbench"), sides=("P3", "ours", "pgbench")),
        Target("P4", "the statement of the list with its total, of the same without", 0.9, seen=versus("P4", "with", "without"), sides=("P4", "with", "without")),
        Target("P5", f"p50 of the list at {largest}, of that at {smallest}", most=1.1, seen=versus("P5", largest, smallest, "p50")),
        Target("P5", f"the worst of the 32 filter shapes at {largest}, of its p50 at {smallest}", most=1.5, seen=shapes(smallest, largest)),
        Target("P6", "p50 of the middle page, of page 1", most=10, seen=pages("middle")),
        Target("P6", "p50 of the last page, of page 1", most=1.5, seen=pages("last")),
        Target("P7", "create with totals, of pgbench's same inserts without", 1.0, seen=versus("P7", "ours", "pgbench"), sides=("P7", "ours", "pgbench")),
        Target("P8", "update with totals, of pgbench's same update without", 0.9, seen=versus("P8", "ours", "pgbench"), sides=("P8", "ours", "pgbench")),
        Target("P9", "16 writers into one inbox at 2 ms commits, of pgbench's inserts without totals", 0.9, seen=versus("P9 inserts", "ours", "pgbench"), sides=("P9 inserts", "ours", "pgbench")),
        Target("P9", "16 writers that update at 2 ms commits, of pgbench's without totals", 0.9, seen=versus("P9 updates", "ours", "pgbench"), sides=("P9 updates", "ours", "pgbench")),
        Target("P11", "p99 of GET, of its p50", most=3, seen=tail("P1", "ours")),
        Target("P11", "p99 of the list, of its p50", most=3, seen=tail("P3", "ours")),
        Target("P11", "p99 of create, of its p50", most=3, seen=tail("P7", "ours")),
        Target("P11", "p99 of update, of its p50", most=3, seen=tail("P8", "ours")),
        Target("P11", "p99 of GET among lists and writes, of its own alone", most=3, seen=lambda figures: ratio(figures, "P11", "GET in the mix", "ours", "p99", "P1")),
        Target("S1", "SQLite: GET, of raw SQLite in one thread", 0.33, seen=versus("S1", "ours", "raw"), sides=("S1", "ours", "raw")),
        Target("S2", "SQLite: list with its total, of raw SQLite", 0.55, seen=versus("S2", "ours", "raw"), sides=("S2", "ours", "raw")),
        Target("S2", f"SQLite: p50 of the list at most rows, of that at {sqlite_smallest}", most=1.1, seen=versus("S2", "ours", sqlite_smallest, "p50")),
        Target("S3", "SQLite: durable creates, of raw SQLite with a commit for each", 2.0, seen=versus("S3", "ours", "raw"), sides=("S3", "ours", "raw")),
        Target("O1", "SQLite: answers for a second of processor time at four times the capacity, of the peak; the refused wait as told", 0.9, seen=one("O1", "ours", "patient")),
        Target("O1", "the same; the refused come again after a moment", 0.9, seen=one("O1", "ours", "soon")),
        Target("O1", "the same; the refused come again at once", 0.9, seen=one("O1", "ours", "at once")),
        Target("F1", "size of the binary, MB", most=25, seen=one("F1", "binary", "size")),
        Target("F1", "memory when idle, MiB", most=30, seen=one("F1", "ours", "idle")),
        Target("F1", "memory under load, MiB", most=60, seen=one("F1", "ours", "loaded")),
        Target("F1", "start on an existing database to the first 200, ms", most=50, seen=one("F1", "ours", "start")),
    ]
