"""What is measured on: seeded databases, keys to them, and requests made of what they hold."""

import json
import random
import sqlite3
import uuid
from pathlib import Path

from machine import Load, command

PERMISSIONS = [
    f"--permission={verb}:{noun}"
    for noun in ("conversations", "customers", "inboxes", "users")
    for verb in ("read", "write")
]
WORKSPACE = "bench"
# Which filters there are; every set of them is a shape.
FILTERS = ("status", "priority", "assignedTo", "inboxId", "customerId")


def seed(binary, url, rows):
    """Makes sure that the database has this many conversations; existing ones are not created again."""
    command(binary, url, "seed", f"--workspace={WORKSPACE}", f"--conversations={rows}")


def make_key(binary, url, *more):
    granted = [*PERMISSIONS, *(f"--permission={permission}" for permission in more)]
    printed = command(binary, url, "keys", "create", f"--workspace={WORKSPACE}", "--name=bench", "--json", *granted)
    return json.loads(printed)["key"]


def size(rows):
    """10000000 as 10M."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if rows >= unit and rows % unit == 0:
            return f"{rows // unit}{name}"
    return str(rows)


class Dataset:
    """A seeded database: its ids, and what lists are filtered by, the most frequent first."""

    def __init__(self, name, url, key, rows, ids, people):
        self.name, self.url, self.key, self.rows, self.ids = name, url, key, rows, ids
        self.inboxes, self.customers, self.users, self.workspace = people

    def values(self):
        """The value of each filter: what most conversations have, and a customer as most are."""
        return {
            "status": "open",
            "priority": "medium",
            "assignedTo": self.users[0],
            "inboxId": self.inboxes[0],
            "customerId": self.customers[len(self.customers) // 2],
        }

    def loads(self, directory):
        """The requests of each kind."""
        some = random.Random(1)
        base = "/api/v1/conversations"
        file = lambda kind: Path(directory) / f"{self.name}-{kind}.requests"
        subjects = [f"Refund for order {some.randrange(10**6)}" for _ in range(3_000)]
        creates = [
            {"subject": subject, "inboxId": some.choice(self.inboxes), "customerId": some.choice(self.customers)}
            for subject in subjects
        ]
        updates = [
            (some.choice(self.ids), {
                "status": some.choice(["open", "pending"]),
                "priority": some.choice(["low", "medium", "high", "urgent"]),
                "assignedTo": some.choice(self.users),
            })
            for _ in range(20_000)
        ]
        gets = [f"GET {base}/{one}" for one in self.ids]
        page = f"GET {base}?status=open&limit=50"
        posts = [f"POST {base} {json.dumps(body)}" for body in creates]
        one_inbox = [f"POST {base} {json.dumps({**body, 'inboxId': self.inboxes[0]})}" for body in creates]
        patches = [f"PATCH {base}/{one} {json.dumps(body)}" for one, body in updates]
        # Three lists to each write: beside four times as many GETs that is 80, 15 and 5 of a hundred.
        others = [line for pair in zip(posts, patches) for write in pair for line in (page, page, page, write)]
        mixed = [line for place, other in enumerate(others) for line in (other, *(gets[(4 * place + n) % len(gets)] for n in range(4)))]
        writes = [line for pair in zip(posts, patches) for line in pair]
        kinds = {
            "get": gets, "list": [page], "create": posts, "create-one-inbox": one_inbox, "update": patches,
            "others": others, "mixed": mixed, "writes": writes,
        }
        return {kind: Load(file(kind), lines) for kind, lines in kinds.items()}

    def shape(self, number):
        """The list with the filters whose bits the number has."""
        return _listed([name for bit, name in enumerate(FILTERS) if number >> bit & 1], self.values())

    def busiest(self, *others):
        """The list of the customer with the most conversations, with other filters too."""
        name, path = _listed([*others, "customerId"], {**self.values(), "customerId": self.customers[0]})
        return f"{name} of the busiest", path


def _listed(chosen, values):
    query = "&".join([*(f"{name}={values[name]}" for name in chosen), "limit=50"])
    return "+".join(chosen) or "none", f"/api/v1/conversations?{query}"


def on_postgres(postgres, binary, rows, name=None):
    """A database with this many rows on PostgreSQL."""
    name = name or f"bench_{size(rows).lower()}"
    url = postgres.database_url(name)
    if not postgres.has(name):
        postgres.sql(f"CREATE DATABASE {name}")
    seed(binary, url, rows)
    return read_postgres(postgres, binary, name, rows)


def read_postgres(postgres, binary, name, rows):
    url = postgres.database_url(name)
    column = lambda statement: [row[0] for row in postgres.sql(statement, name)]
    workspace = column(f"SELECT id FROM workspaces WHERE name = '{WORKSPACE}'")[0]
    # A sample from all over the table, whatever its size.
    ids = column(f"SELECT id FROM conversations WHERE random() < {min(1.0, 8_000 / rows)} LIMIT 5000")
    random.Random(1).shuffle(ids)
    # Among the newest, the most frequent are the same as among all.
    by_use = lambda what: column(
        f"SELECT {what} FROM (SELECT {what} FROM conversations WHERE {what} IS NOT NULL ORDER BY id DESC LIMIT 10000) c "
        f"GROUP BY 1 ORDER BY count(*) DESC, 1"
    )
    people = by_use("inbox_id"), by_use("customer_id"), by_use("assignee_id"), workspace
    return Dataset(name, url, make_key(binary, url), rows, ids, people)


def on_sqlite(directory, binary, rows):
    """A database with this many rows on SQLite."""
    path = Path(directory) / f"bench-{size(rows).lower()}.db"
    url = f"sqlite://{path}"
    seed(binary, url, rows)
    key = make_key(binary, url)
    with sqlite3.connect(path) as connection:
        column = lambda statement: [str(uuid.UUID(bytes=row[0])) for row in connection.execute(statement)]
        workspace = column(f"SELECT id FROM workspaces WHERE name = '{WORKSPACE}'")[0]
        step = max(1, rows // 5_000)
        every = connection.execute("SELECT id FROM conversations ORDER BY workspace_id, id")
        ids = [str(uuid.UUID(bytes=row[0])) for place, row in enumerate(every) if place % step == 0][:5_000]
        by_use = lambda what: column(
            f"SELECT {what} FROM (SELECT {what} FROM conversations WHERE {what} IS NOT NULL ORDER BY workspace_id, id DESC "
            f"LIMIT 10000) GROUP BY 1 ORDER BY count(*) DESC, 1"
        )
        people = by_use("inbox_id"), by_use("customer_id"), by_use("assignee_id"), workspace
    connection.close()
    random.Random(1).shuffle(ids)
    return Dataset(f"sqlite-{size(rows)}", url, key, rows, ids, people)
