"""The rows of the table: what each measures in a round, and what it is compared with.

A row is a generator function: it is given the bench, and makes measurements `(side, run)`; the sides of
all rows are run in turn, round after round, so that whatever else the machine does meets all alike."""

import json
import os
import subprocess
import time

import statements
from data import FILTERS, size
from machine import result

CLIENTS = 64


class Measurement:
    """One side of a row: `run()` answers numbers by name. What takes long is measured `once`, not in each round."""

    def __init__(self, row, side, run, once=False):
        self.row, self.side, self.run, self.once = row, side, run, once


# Each client of pgbench prepares each script for itself: with a hundred of them it does little else.
SCRIPTS = 4


def _scripts(text, dataset, **lists):
    """A script with the variables of a few different rows."""
    count = min(SCRIPTS, max(len(values) for values in lists.values()))
    variables = [{name: values[place % len(values)] for name, values in lists.items()} for place in range(count)]
    return [(text, {"workspace": dataset.workspace, **each}) for each in variables]


def _creates(text, dataset, inboxes, **more):
    return _scripts(text, dataset, inbox=inboxes, customer=dataset.customers[:100], subject=["Refund for order 1042"], **more)


def _words(dataset):
    """The words of the subject, as the server marks them with the workspace."""
    workspace = int(dataset.workspace.replace("-", ""), 16)
    mark = "".join("abcdefghijklmnopqrstuvwxyz234567"[workspace >> 5 * place & 31] for place in range(5))
    return [" ".join(f"'{mark}{word}':{place}" for place, word in enumerate(("refund", "for", "order", "1042"), 1))]


def postgres(bench):
    """The rows of PostgreSQL."""
    main, writes, bare, seconds = bench.main, bench.writes, bench.bare, bench.seconds
    gets = _scripts(statements.GET, main.data, id=main.data.ids)
    lists = _scripts(statements.LIST, main.data, status=["open"])
    without_total = _scripts(statements.LIST_WITHOUT_TOTAL, main.data, status=["open"])
    creates = _creates(statements.CREATE, writes.data, writes.data.inboxes)
    with_words = _creates(statements.CREATE_WITH_WORDS, writes.data, writes.data.inboxes, words=_words(writes.data))
    updates = _scripts(statements.UPDATE, writes.data, count=[len(writes.data.ids)], user=writes.data.users)
    with_history = _scripts(statements.UPDATE_WITH_HISTORY, writes.data, count=[len(writes.data.ids)], user=writes.data.users)

    best = bench.best_clients(gets, main.data.name)
    http = lambda on, kind, connections=CLIENTS: lambda: on.run(kind, connections, seconds)
    pgbench = lambda scripts, on, clients=best: lambda: bench.postgres.pgbench(scripts, on, clients, seconds)
    yield Measurement("P1", "ours", http(main, "get"))
    yield Measurement("P1", "pgbench", pgbench(gets, main.data.name))
    yield Measurement("P2", "ours", http(main, "get", 256))
    yield Measurement("P2", "pgbench", pgbench(gets, main.data.name, 256))
    yield Measurement("P3", "ours", http(main, "list"))
    yield Measurement("P3", "pgbench", pgbench(lists, main.data.name))
    yield Measurement("P4", "with", pgbench(lists, main.data.name))
    yield Measurement("P4", "without", pgbench(without_total, main.data.name))
    yield Measurement("P7", "ours", http(writes, "create"))
    yield Measurement("P7", "pgbench", pgbench(with_words, bare, CLIENTS))
    yield Measurement("P7", "pgbench, the conversation alone", pgbench(creates, bare, CLIENTS))
    yield Measurement("P8", "ours", http(writes, "update"))
    yield Measurement("P8", "pgbench", pgbench(with_history, bare, CLIENTS))
    yield Measurement("P8", "pgbench, the conversation alone", pgbench(updates, bare, CLIENTS))
    yield Measurement("P11", "GET in the mix", lambda: _mixed(bench))


def _mixed(bench):
    """GETs while others list and write: 51 connections beside 13."""
    on = bench.writes
    others = on.loads["others"].start(on.server, on.data.key, 13, bench.seconds)
    gets = on.loads["get"].start(on.server, on.data.key, 51, bench.seconds)
    seen, beside = result(gets), result(others)
    return {**seen, "share": seen["requests"] / (seen["requests"] + beside["requests"])}


def sizes(bench):
    """P5: the list, and every shape of it, on the smallest and the largest data set."""
    for on in bench.by_size:
        name = size(on.data.rows)
        yield Measurement("P5", name, lambda on=on: on.run("list", CLIENTS, bench.seconds))
        yield Measurement("GET", name, lambda on=on: on.run("get", CLIENTS, bench.seconds))
    shapes = [lambda data, number=number: data.shape(number) for number in range(1 << len(FILTERS))]
    shapes += [lambda data: data.busiest(), lambda data: data.busiest("status"), lambda data: data.busiest("status", "priority")]
    for shape in shapes:
        for on in (bench.by_size[0], bench.by_size[-1]):
            name, path = shape(on.data)
            run = lambda on=on, path=path: on.server.sample(path, on.data.key, bench.shape_seconds)
            yield Measurement(f"P5 {name}", size(on.data.rows), run)


def pages(bench):
    """P6: the first, the middle and the last page, by number."""
    on = bench.by_size[-1]
    for path, name in (("", "no filter"), ("status=closed&", "closed")):
        base = f"/api/v1/conversations?{path}limit=50"
        last = on.server.get(base, on.data.key)["pagination"]["totalPages"]
        for side, page in (("first", 1), ("middle", last // 2), ("last", last)):
            path = f"{base}&page={page}"
            run = lambda path=path: on.server.sample(path, on.data.key, bench.shape_seconds)
            yield Measurement(f"P6 {name}", side, run)


def slow_commits(bench):
    """P9: 16 writers on one inbox while each commit waits for 2 ms."""
    on = bench.writes
    scripts = _creates(statements.CREATE_WITH_WORDS, on.data, on.data.inboxes[:1], words=_words(on.data))
    updates = _scripts(statements.UPDATE_WITH_HISTORY, on.data, count=[len(on.data.ids)], user=on.data.users)

    def slowly(run):
        with bench.postgres.slow_commits():
            return run()

    pgbench = lambda scripts: bench.postgres.pgbench(scripts, bench.bare, 16, bench.seconds)
    yield Measurement("P9 inserts", "ours", lambda: slowly(lambda: on.run("create-one-inbox", 16, bench.seconds)))
    yield Measurement("P9 inserts", "pgbench", lambda: slowly(lambda: pgbench(scripts)))
    yield Measurement("P9 updates", "ours", lambda: slowly(lambda: on.run("update", 16, bench.seconds)))
    yield Measurement("P9 updates", "pgbench", lambda: slowly(lambda: pgbench(updates)))


def sqlite(bench):
    """The rows of SQLite."""
    small, large = bench.sqlite[0], bench.sqlite[-1]

    def raw(what, *ids):
        path = large.data.url.removeprefix("sqlite://")
        arguments = [bench.raw_sqlite, path, what, str(bench.seconds), large.data.workspace, *ids]
        done = subprocess.run(arguments, check=True, capture_output=True, text=True)
        return {"rate": float(done.stdout)}

    yield Measurement("S1", "ours", lambda: large.run("get", CLIENTS, bench.seconds))
    yield Measurement("S1", "raw", lambda: raw("get", *large.data.ids[:1000]))
    yield Measurement("S2", "ours", lambda: large.run("list", CLIENTS, bench.seconds))
    yield Measurement("S2", "raw", lambda: raw("list"))
    yield Measurement("S2", size(small.data.rows), lambda: small.run("list", CLIENTS, bench.seconds))
    yield Measurement("S3", "ours", lambda: bench.sqlite_writes.run("create", CLIENTS, bench.seconds))
    yield Measurement("S3", "raw", lambda: _raw_create(bench))


def _raw_create(bench):
    on = bench.sqlite_writes
    path = on.data.url.removeprefix("sqlite://")
    # The server has closed the file: another writer would stand in the way.
    arguments = [bench.raw_sqlite, bench.raw_copy(path), "create", str(bench.seconds), on.data.workspace]
    done = subprocess.run([*arguments, on.data.inboxes[0], on.data.customers[0]], check=True, capture_output=True, text=True)
    return {"rate": float(done.stdout)}


def overload(bench):
    """O1: what is left of the peak when four times as much is asked, on SQLite, of the same processor time."""

    def run():
        script = os.path.join(os.path.dirname(__file__), "..", "measure-overload")
        command = [script, bench.binary, "--json", "--seconds", str(bench.seconds)]
        # The script makes a database of its own.
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        patient, soon, at_once = json.loads(done.stdout)["this"]
        return {"patient": patient, "soon": soon, "at once": at_once}

    yield Measurement("O1", "ours", run)


def footprint(bench):
    """F1: size, start and memory."""

    def start():
        server = bench.start(bench.writes.data)
        time.sleep(1)
        idle = server.memory()
        on = bench.writes
        on.loads["get"].run(server, on.data.key, CLIENTS, bench.seconds)
        on.loads["list"].run(server, on.data.key, CLIENTS, bench.seconds)
        on.loads["create"].run(server, on.data.key, CLIENTS, bench.seconds)
        loaded = server.memory()
        server.stop()
        return {"start": server.milliseconds_to_first, "idle": idle, "loaded": loaded}

    yield Measurement("F1", "ours", start)
    yield Measurement("F1", "binary", lambda: {"size": os.path.getsize(bench.binary) / 1e6})
