"""The rows of events: what they cost writers, and how fast they are with those who wait for them.

Each is of servers on databases of its own, with the options that it needs; those of PostgreSQL and SQLite alike."""

import json
import os
import subprocess
from contextlib import contextmanager, nullcontext

import data
import followers
import receivers
from builds import Builds, on_postgres, on_sqlite
from machine import Server, result
from rows import CLIENTS, Measurement

# How often a conversation is opened of which is measured when others see it, in seconds; and the same for
# webhooks, of which each goes to all receivers.
WRITE_EVERY, DELIVER_EVERY = 0.02, 0.05
# For how many times as long as requests are measured, streams are idle: some heartbeats.
IDLE_TIMES = 15


class Stage:
    """Where the rows of events are measured; `before` is a build that this one is compared with, if there is one."""

    def __init__(self, binary, before, scratch, postgres, rows, seconds, streams):
        self.binary, self.before, self.scratch, self.postgres = binary, before, scratch, postgres
        self.rows, self.seconds, self.streams = rows, seconds, streams
        self.datasets, self.pairs, self.turn = {}, {}, 0

    def dataset(self, name):
        """Conversations on PostgreSQL or SQLite."""
        if name not in self.datasets:
            if name == "PostgreSQL":
                self.postgres.sql("DROP DATABASE IF EXISTS bench_events WITH (FORCE)")
                made = data.on_postgres(self.postgres, self.binary, self.rows, "bench_events")
            else:
                folder = self.scratch / "events"
                folder.mkdir()
                made = data.on_sqlite(folder, self.binary, self.rows)
            made.key = data.make_key(self.binary, made.url, "read:webhooks", "write:webhooks")
            self.datasets[name] = made
        return self.datasets[name]

    @contextmanager
    def server(self, name, *options):
        self.turn += 1
        server = Server(self.binary, self.dataset(name).url, self.scratch / f"events-{self.turn}.log", options)
        try:
            yield server
        finally:
            server.stop()

    def builds(self, name):
        """Both builds side by side."""
        if name not in self.pairs:
            binaries = [self.before, self.binary]
            folder = self.scratch / "builds"
            folder.mkdir(exist_ok=True)
            prepared = on_postgres(self.postgres, binaries, self.rows) if name == "PostgreSQL" else on_sqlite(folder, binaries, self.rows)
            self.pairs[name] = Builds(name, folder, binaries, prepared)
        return self.pairs[name]

    def stop(self):
        for pair in self.pairs.values():
            pair.stop()


def event_rows(stage):
    """All of them."""
    for part in (writes, delays, streams, lists, webhooks):
        yield from part(stage)


def writes(stage):
    """E1: creates and updates, of those of the build before."""
    if stage.before is None:
        return
    states = (("PostgreSQL", nullcontext), ("PostgreSQL, 2 ms", stage.postgres.slow_commits), ("SQLite", nullcontext))
    for name, state in states:
        for kind in ("create", "update"):

            def run(name=name, state=state, kind=kind):
                builds = stage.builds(name.split(",")[0])
                with state():
                    return builds.compare(kind, stage.seconds)

            yield Measurement(f"E1 {name}, {kind}", "ours", run)


def delays(stage):
    """E2: from the answer of a write to its event, among reads and writes at half of what the server takes."""

    def run(name, load):
        dataset = stage.dataset(name)
        requests = dataset.loads(stage.scratch)[load]
        with stage.server(name) as server, stage.server(name) if name == "PostgreSQL" else nullcontext() as other:
            full = requests.run(server, dataset.key, CLIENTS, 2)
            # What requests take at half load is a part of what they take at full load.
            pause = 1000 * 2 * CLIENTS / full["rate"] - full["p50"] / 3
            seconds = max(4, 2 * stage.seconds)
            seconds = max(4, 2 * stage.seconds)
            those = {"stream": (followers.by_stream, server.port), "long poll": (followers.by_long_poll, server.port)}
            if other:
                those["another server"] = followers.by_stream, other.port
            with requests.start(server, dataset.key, CLIENTS, seconds + 3, pause=pause) as beside:
                seen = followers.delays(dataset, server.port, those, int(seconds / WRITE_EVERY), WRITE_EVERY)
                rate = result(beside)["rate"]
            found = {f"{who} {what}": value for who, each in seen.items() for what, value in each.items()}
            return {**found, "rate": rate, "share": rate / full["rate"]}

    for name in ("PostgreSQL", "SQLite"):
        for load in ("mixed", "writes"):
            yield Measurement(f"E2 {name}, {load}", "ours", lambda name=name, load=load: run(name, load))


def streams(stage):
    """E3: what streams cost that wait. It takes minutes, so it is done once."""

    def run(name):
        script = os.path.join(os.path.dirname(__file__), "..", "measure-streams")
        command = [script, stage.binary, "--json", "--streams", str(stage.streams), "--seconds", str(IDLE_TIMES * stage.seconds)]
        environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        if name == "PostgreSQL":
            # A database of its own: what the streams follow should be idle.
            stage.postgres.sql("DROP DATABASE IF EXISTS bench_streams WITH (FORCE)")
            stage.postgres.sql("CREATE DATABASE bench_streams")
            environment["DATABASE_URL"] = stage.postgres.database_url("bench_streams")
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        return json.loads(done.stdout)

    for name in ("PostgreSQL", "SQLite"):
        yield Measurement(f"E3 {name}", "ours", lambda name=name: run(name), once=True)


def lists(stage):
    """E4: the list of 50 that has not changed, and the same when it is not said what is known."""
    path = "/api/v1/conversations?status=open&limit=50"

    def run(name, known):
        dataset = stage.dataset(name)
        with stage.server(name) as server:
            tag = server.ask("GET", path, dataset.key)[0]["ETag"] if known else ""
            seen = dataset.loads(stage.scratch)["list"].run(server, dataset.key, CLIENTS, stage.seconds, tag=tag)
            if known and server.ask("GET", path, dataset.key)[0]["ETag"] != tag:
                raise RuntimeError("the list changed meanwhile")
            return seen

    for name in ("PostgreSQL", "SQLite"):
        yield Measurement(f"E4 {name}", "304", lambda name=name: run(name, True))
        yield Measurement(f"E4 {name}", "200", lambda name=name: run(name, False))


def webhooks(stage):
    """E5: deliveries to 20 receivers, and the same beside one more that is dead."""

    def run(name, dead):
        count = int(max(4, 2 * stage.seconds) / DELIVER_EVERY)
        with stage.server(name, *receivers.ALLOWED) as server, (dead() if dead else nullcontext()) as address:
            return receivers.delays(server, stage.dataset(name), count, DELIVER_EVERY, address)

    for name in ("PostgreSQL", "SQLite"):
        yield Measurement(f"E5 {name}", "alone", lambda name=name: run(name, None))
        yield Measurement(f"E5 {name}", "silent", lambda name=name: run(name, receivers.silent))
        yield Measurement(f"E5 {name}", "refusing", lambda name=name: run(name, receivers.refusing))
