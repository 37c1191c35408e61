#!/usr/bin/env python3
"""Keeps a copy of a workspace in a local SQLite file, and follows the feed of events to keep it current.

    CONVERSATIONS_KEY=sk_live_… docs/examples/mirror.py workspace.db

Needs Python 3.9 or newer and nothing else, and a running server: CONVERSATIONS_URL says where,
http://127.0.0.1:8080 unless set. The key needs read:conversations, read:customers, read:users and
read:inboxes. It runs until it is stopped; with --once it stops as soon as the copy is current. It may be
killed at any moment: the copy and its place in the feed are stored in one transaction.
"""

import argparse
import http.client
import json
import os
import random
import sqlite3
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

LONGEST_WAIT = 60  # seconds
WAIT_FOR_EVENTS = 20  # seconds
LISTS = {"conversation": "/conversations", "customer": "/customers", "user": "/users", "inbox": "/inboxes"}

TABLES = """
CREATE TABLE IF NOT EXISTS resources (
    type TEXT NOT NULL, id TEXT NOT NULL, parent TEXT, data TEXT NOT NULL, PRIMARY KEY (type, id)
);
CREATE INDEX IF NOT EXISTS resources_by_parent ON resources (parent);
CREATE TABLE IF NOT EXISTS place (cursor TEXT NOT NULL);
"""


class Refused(Exception):
    """What the server said no to."""

    def __init__(self, status, error):
        super().__init__(f"{status} {error.get('code')}: {error.get('message')} {error.get('details')}")
        self.status, self.code = status, error.get("code")


class Client:
    """The API, for one key. Reads are repeated until there is an answer."""

    def __init__(self, url, key):
        self.base = url.rstrip("/") + "/api/v1"
        self.headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}

    def get(self, path, **query):
        url = self.base + path + ("?" + urllib.parse.urlencode(query) if query else "")
        attempt = 0
        while True:
            attempt += 1
            after = None
            try:
                request = urllib.request.Request(url, headers=self.headers)
                with urllib.request.urlopen(request, timeout=WAIT_FOR_EVENTS + 30) as reply:
                    return json.load(reply)
            except urllib.error.HTTPError as reply:
                if reply.status not in (429, 500, 502, 503, 504):
                    raise refusal(reply) from None
                after = reply.headers["Retry-After"]
            except (OSError, http.client.HTTPException, ValueError):
                pass  # The server restarts, or the network fails: it will come back.
            seconds = int(after) if after and after.isdigit() else 0.1 * 2 ** min(attempt, 10)
            time.sleep(min(seconds, LONGEST_WAIT) + random.uniform(0, 0.1))

    def walk(self, path):
        """Every item of a list, page by page. What changes meanwhile does not shift the pages."""
        query = {"limit": 100}
        while query.get("cursor", "first"):
            page = self.get(path, **query)
            yield from page["data"]
            query["cursor"] = page["pagination"]["nextCursor"]


def refusal(reply):
    try:
        return Refused(reply.status, json.load(reply)["error"])
    except (ValueError, KeyError, TypeError):  # a proxy's page, not the server's
        return Refused(reply.status, {"message": reply.reason})


class Mirror:
    """The copy, and the place in the feed up to which it is current."""

    def __init__(self, file, api):
        self.database = sqlite3.connect(file)
        self.database.executescript(TABLES)
        self.api = api

    def follow(self, once):
        """Applies events as they come; with `once`, only up to now."""
        row = self.database.execute("SELECT cursor FROM place").fetchone()
        cursor = row[0] if row else self.read_everything()
        while True:
            try:
                page = self.api.get("/events", after=cursor, limit=200, wait=0 if once else WAIT_FOR_EVENTS)
            except Refused as refused:
                # The copy is older than the feed, or the server was restored from a backup.
                if refused.code != "CURSOR_GONE":
                    raise
                cursor = self.read_everything()
                continue
            if any(event["type"] == "feed.reset" for event in page["data"]):
                cursor = self.read_everything()
                continue
            cursor = page["pagination"]["cursor"]
            with self.database:
                for event in page["data"]:
                    self.apply(event)
                self.move_to(cursor)
            if once and page["pagination"]["remaining"] == 0:
                return

    def read_everything(self):
        """Makes the copy anew. What changes meanwhile comes again as events after the returned cursor."""
        cursor = self.api.get("/inboxes", limit=1)["pagination"]["asOf"]
        with self.database:
            self.database.execute("DELETE FROM resources")
            for kind, path in LISTS.items():
                for resource in self.api.walk(path):
                    self.store(kind, resource)
            for (conversation,) in self.database.execute(
                "SELECT id FROM resources WHERE type = 'conversation'"
            ).fetchall():
                try:
                    for message in self.api.walk(f"/conversations/{conversation}/messages"):
                        self.store("message", message, conversation)
                except Refused as refused:
                    if refused.status != 404:  # It was deleted meanwhile; its event comes.
                        raise
            self.move_to(cursor)
        return cursor

    def apply(self, event):
        subject = event["subject"]
        if event["data"] is None:
            self.delete(subject["type"], subject["_id"])
        else:
            self.store(subject["type"], event["data"], subject.get("conversationId"))
        # A message changes its conversation, too.
        if event["conversation"]:
            self.store("conversation", event["conversation"]["data"])

    def store(self, kind, resource, parent=None):
        if kind == "conversation":
            # The people that it shows have events of their own.
            resource = {**resource, **{name: id_in(resource[name]) for name in ("customerId", "assignedTo")}}
        row = (kind, resource["_id"], parent, json.dumps(resource, sort_keys=True))
        self.database.execute("REPLACE INTO resources VALUES (?, ?, ?, ?)", row)

    def delete(self, kind, resource):
        self.database.execute("DELETE FROM resources WHERE type = ? AND id = ?", (kind, resource))
        self.database.execute("DELETE FROM resources WHERE parent = ?", (resource,))

    def move_to(self, cursor):
        self.database.execute("DELETE FROM place")
        self.database.execute("INSERT INTO place VALUES (?)", (cursor,))


def id_in(person):
    return person and person["_id"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("file", help="the SQLite file of the copy; it is created if it does not exist")
    parser.add_argument("--once", action="store_true", help="stop when the copy is current")
    options = parser.parse_args()
    if "CONVERSATIONS_KEY" not in os.environ:
        sys.exit("set CONVERSATIONS_KEY to the key that the server printed at its first start")
    server = os.environ.get("CONVERSATIONS_URL", "http://127.0.0.1:8080")
    try:
        Mirror(options.file, Client(server, os.environ["CONVERSATIONS_KEY"])).follow(options.once)
    except KeyboardInterrupt:
        pass
    except Refused as problem:
        sys.exit(f"{server}: {problem}")
