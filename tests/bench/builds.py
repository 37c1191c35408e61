"""Two builds side by side: servers of both on copies of the same data, which are asked in turn."""

import shutil

import data
from machine import Server

CLIENTS = 64


class Builds:
    """A server of each build on its own copy."""

    def __init__(self, name, scratch, binaries, prepared):
        self.dataset, urls, self.postgres = prepared
        self.loads = self.dataset.loads(scratch)
        self.servers = [
            Server(binary, url, scratch / f"{name}-{place}.log") for place, (binary, url) in enumerate(zip(binaries, urls))
        ]
        self.turns = {}

    def compare(self, kind, seconds):
        """What both answer of a kind of request: per second, and per second that the processors worked."""
        number = self.turns[kind] = self.turns.get(kind, -1) + 1
        rates, costs = [0, 0], [0, 0]
        # The first one meets another state of the machine, so they take turns.
        for place in (0, 1) if number % 2 == 0 else (1, 0):
            workers = [self.servers[place], *([self.postgres] if self.postgres else [])]
            began = sum(worker.processor_seconds() for worker in workers)
            seen = self.loads[kind].run(self.servers[place], self.dataset.key, CLIENTS, seconds)
            worked = sum(worker.processor_seconds() for worker in workers) - began
            rates[place], costs[place] = seen["rate"], seen["requests"] / worked
        before, after = rates
        return {"before": before, "after": after, "ratio": after / before, "work": costs[1] / costs[0]}

    def stop(self):
        for server in self.servers:
            server.stop()


def on_sqlite(scratch, binaries, rows):
    """A data set for each build: the same file, copied. The first build makes it."""
    dataset = data.on_sqlite(scratch, binaries[0], rows)
    origin = dataset.url.removeprefix("sqlite://")
    urls = []
    for place in range(len(binaries)):
        copy = scratch / f"side-{place}.db"
        shutil.copy(origin, copy)
        urls.append(f"sqlite://{copy}")
    return dataset, urls, None


def on_postgres(postgres, binaries, rows):
    """The same on PostgreSQL, with databases copied from a template."""
    dataset = data.on_postgres(postgres, binaries[0], rows, "bench_beside")
    urls = []
    for place in range(len(binaries)):
        name = f"bench_beside_{place}"
        postgres.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        postgres.sql(f"CREATE DATABASE {name} TEMPLATE bench_beside")
        urls.append(postgres.database_url(name))
    return dataset, urls, postgres
