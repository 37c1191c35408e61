#!/usr/bin/env python3
"""Answers the next open, unassigned conversation: claims it, reads it, writes to the
customer and closes it.

    CONVERSATIONS_KEY=sk_live_… docs/examples/answer-next.py "The refund is on its way."

Needs Python 3.9 or newer and nothing else, and a running server: CONVERSATIONS_URL says where,
http://127.0.0.1:8080 unless set. It answers as the user whose id comes after --user, or as the first
one that the workspace has. Any number may run at once, each as another user: none answers what another
one took.
"""

import argparse
import http.client
import json
import os
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

ATTEMPTS = 8
LONGEST_WAIT = 60  # seconds


class Refused(Exception):
    """What the server said no to."""

    def __init__(self, status, error):
        super().__init__(f"{status} {error.get('code')}: {error.get('message')} {error.get('details')}")
        self.status, self.code = status, error.get("code")


class Client:
    """The API, for one key. What may be sent again is, until there is an answer."""

    def __init__(self, url, key):
        self.base = url.rstrip("/") + "/api/v1"
        self.key = key

    def send(self, method, path, body=None, headers=None, query=None):
        """Answers the body of the reply, and its tag."""
        url = self.base + path + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {"Authorization": f"Bearer {self.key}", "Accept": "application/json", **(headers or {})}
        if body is not None:
            body = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        if method == "POST":
            # One key for all attempts: however many of them arrive, it is done once.
            headers["Idempotency-Key"] = str(uuid.uuid4())

        for attempt in range(1, ATTEMPTS + 1):
            request = urllib.request.Request(url, body, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=30) as reply:
                    return json.load(reply), reply.headers["ETag"]
            except urllib.error.HTTPError as reply:
                refused, after = refusal(reply), reply.headers["Retry-After"]
                if attempt == ATTEMPTS or not may_be_sent_again(refused):
                    raise refused from None
            except (OSError, http.client.HTTPException, ValueError):
                # No answer, or half of one: it is unknown whether it was done.
                if attempt == ATTEMPTS:
                    raise
                after = None
            time.sleep(wait(attempt, after))

    def walk(self, path, **query):
        """Every item of a list, page by page. What changes meanwhile does not shift the pages."""
        query["limit"] = 100
        while query.get("cursor", "first"):
            page, _ = self.send("GET", path, query=query)
            yield from page["data"]
            query["cursor"] = page["pagination"]["nextCursor"]


def refusal(reply):
    try:
        return Refused(reply.status, json.load(reply)["error"])
    except (ValueError, KeyError, TypeError):  # a proxy's page, not the server's
        return Refused(reply.status, {"message": reply.reason})


def may_be_sent_again(refused):
    """Too many requests, the first one with this Idempotency-Key still being done, or a server that
    cannot answer now."""
    return refused.status in (429, 500, 502, 503, 504) or refused.code == "IDEMPOTENCY_IN_PROGRESS"


def wait(attempt, after):
    """How many seconds until the next attempt: what the server says, else twice as long each time;
    a bit more by chance, so that those who were refused together do not come back together."""
    seconds = int(after) if after and after.isdigit() else 0.1 * 2**attempt
    return min(seconds, LONGEST_WAIT) + random.uniform(0, 0.1)


def claim_next(api, user):
    """Claims the first open, unassigned conversation, or returns None: the longest waiting comes first."""
    for conversation in api.walk("/conversations", status="open", assignedTo="none", sort="updatedAt"):
        try:
            path = f"/conversations/{conversation['_id']}/claim"
            return api.send("POST", path, {"assignedTo": user})[0]["data"]
        except Refused as refused:
            # Another user claimed it (409) or deleted it (404): try the next one.
            if refused.status not in (404, 409):
                raise
    return None


def close(api, conversation, answer):
    """Closes a conversation, unless a message arrived after the answer; returns whether it is closed."""
    path = f"/conversations/{conversation}"
    while True:
        reply, tag = api.send("GET", path)
        if reply["data"]["status"] == "closed":
            return True
        if reply["data"]["lastMessageAt"] > answer["createdAt"]:
            return False
        try:
            api.send("PATCH", path, {"status": "closed"}, {"If-Match": tag})
        except Refused as refused:
            # It changed since it was read: so read it again, and decide again.
            if refused.status != 412:
                raise


def run(api, user, text):
    if user is None:
        users = api.send("GET", "/users", query={"limit": 1})[0]["data"]
        if not users:
            sys.exit("the workspace has no user to answer as")
        user = users[0]["_id"]

    conversation = claim_next(api, user)
    if conversation is None:
        print("Nothing is left to answer.")
        return
    path = f"/conversations/{conversation['_id']}"
    print(f"{conversation['_id']} {conversation['subject']}")
    for message in api.walk(f"{path}/messages"):
        print(f"  {message['author']['type']}: {message['body']}")

    body = {"author": {"type": "agent", "_id": user}, "body": text}
    answer = api.send("POST", f"{path}/messages", body)[0]["data"]
    closed = close(api, conversation["_id"], answer)
    print("Answered and closed." if closed else "Answered; it stays open, because there is a new message.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("text", help="what to answer")
    parser.add_argument("--user", help="the id of the user who answers")
    options = parser.parse_args()
    if "CONVERSATIONS_KEY" not in os.environ:
        sys.exit("set CONVERSATIONS_KEY to the key that the server printed at its first start")
    server = os.environ.get("CONVERSATIONS_URL", "http://127.0.0.1:8080")
    try:
        run(Client(server, os.environ["CONVERSATIONS_KEY"]), options.user, options.text)
    except (Refused, OSError, http.client.HTTPException) as problem:
        sys.exit(f"{server}: {problem}")
