#!/usr/bin/env python3
"""Loads dialogues from a file into a running server, with several clients at once.

    CONVERSATIONS_KEY=sk_live_… docs/examples/load-dialogues.py dialogues.jsonl --verify

Needs Python 3.9 or newer and nothing else. A line of the file is one dialogue:

    {"_id": 1, "source": "shop", "domain": "orders", "subject": "Late parcel",
     "turns": [{"author": "customer", "body": "Where is it?"}, {"author": "agent", "body": "…"}]}

Each domain becomes an inbox, each dialogue a conversation with a customer of its own, each turn a
message in its place; all agents are one user. Every run creates all of these again. Nothing is tried
twice: the first answer that is not a success ends the load with what the server said.

With --verify everything is read back and compared: every body, author, place and total. The last
of these counts all conversations, so no other program should create or delete any at the same time.
"""

import argparse
import http.client
import json
import os
import sys
import threading
import time
import urllib.parse
import uuid
from collections import Counter

MAX_SUBJECT, MAX_BODY, MAX_NAME = 255, 65_536, 100
AUTHORS = ("customer", "agent", "system")


class Failure(Exception):
    """What ends the program, as a sentence for the person who runs it."""


class Client:
    """One keep-alive connection to the API."""

    def __init__(self, url, key):
        parts = urllib.parse.urlsplit(url)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        if parts.scheme not in kinds or not parts.hostname:
            raise Failure(f"not the URL of a server: {url}")
        self.connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=60)
        self.base = parts.path.rstrip("/") + "/api/v1"
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def request(self, method, path, body=None):
        """Sends one request and answers the whole reply; anything but a 2xx is a failure."""
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            self.connection.request(method, self.base + path, content, self.headers)
            response = self.connection.getresponse()
            reply = response.read().decode()
        except (OSError, http.client.HTTPException, UnicodeDecodeError) as error:
            raise Failure(f"{method} {path}: {type(error).__name__}: {error}") from error
        if not 200 <= response.status < 300:
            raise Failure(f"{method} {path}: the server answered {response.status}: {reply}")
        try:
            return json.loads(reply)
        except ValueError as error:
            raise Failure(f"{method} {path}: the reply is not JSON: {reply[:200]}") from error

    def get(self, path, **query):
        return self.request("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def post(self, path, body):
        return self.request("POST", path, body)["data"]

    def total(self, **query):
        """How many conversations there are."""
        return self.get("/conversations", limit=1, **query)["pagination"]["total"]


def text_problem(text, most):
    """Why the server would refuse a text, or None."""
    if not isinstance(text, str):
        return "is not text"
    if not 1 <= len(text) <= most:
        return f"has {len(text)} characters, not 1 to {most}"
    if any(character < " " and character not in "\t\n\r" for character in text):
        return "has a control character"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "has half of a surrogate pair"
    return None


def problems_of(dialogue):
    """Everything for which the server would refuse a dialogue."""
    if not isinstance(dialogue, dict):
        return ["is not an object"]
    missing = {"_id", "source", "domain", "subject", "turns"} - dialogue.keys()
    if missing or not isinstance(dialogue["turns"], list):
        return [f"has no {', '.join(sorted(missing))}" if missing else "turns is not a list"]
    problems = []
    for field, value, most in (
        ("subject", dialogue["subject"], MAX_SUBJECT),
        ("domain", dialogue["domain"], MAX_NAME),
        ("source with _id", customer_name(dialogue), MAX_SUBJECT),
    ):
        # The server trims names and subjects, but not bodies.
        if problem := text_problem(value.strip() if isinstance(value, str) else value, most):
            problems.append(f"{field} {problem}")
    for number, turn in enumerate(dialogue["turns"], 1):
        if not isinstance(turn, dict) or turn.get("author") not in AUTHORS:
            problems.append(f"turn {number} has no author of {', '.join(AUTHORS)}")
        elif problem := text_problem(turn.get("body"), MAX_BODY):
            problems.append(f"body of turn {number} {problem}")
    return problems


def read_dialogues(path):
    """Reads the file; reports every line that cannot be loaded before anything is."""
    dialogues, problems = [], []
    try:
        with open(path, encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    dialogue = json.loads(line)
                except ValueError as error:
                    problems.append(f"line {number}: is not JSON: {error}")
                    continue
                problems += [f"line {number}: {problem}" for problem in problems_of(dialogue)]
                dialogues.append(dialogue)
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{path}: {error}") from error
    if problems:
        raise Failure("\n".join([f"{path} cannot be loaded:", *problems]))
    return dialogues


def in_parallel(clients, work, items):
    """Runs work(client, item) for every item, each client on a thread; answers the results in the
    order of the items. The first failure stops all."""
    results, failures = [None] * len(items), []
    pending, lock = iter(enumerate(items)), threading.Lock()

    def loop(client):
        try:
            while not failures:
                with lock:
                    index, item = next(pending, (None, None))
                if index is None:
                    return
                results[index] = work(client, item)
        except Exception as error:  # whatever it is, it belongs to the main thread
            failures.append(error)

    threads = [threading.Thread(target=loop, args=(client,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results


def message_of(turn, agent):
    author = {"type": turn["author"]}
    if turn["author"] == "agent":
        author["_id"] = agent
    return {"author": author, "body": turn["body"]}


def customer_name(dialogue):
    return f"{dialogue['source']} {dialogue['_id']}"[:MAX_SUBJECT].strip()


def load(client, dialogue, inboxes, agent):
    """Loads one dialogue and answers the id of its conversation."""
    body = {
        "subject": dialogue["subject"],
        "inboxId": inboxes[dialogue["domain"]],
        "customer": {"profile": {"firstName": customer_name(dialogue)}},
    }
    first, rest = dialogue["turns"][:1], dialogue["turns"][1:]
    if first:
        body["message"] = message_of(first[0], agent)
    conversation = client.post("/conversations", body)["_id"]
    for turn in rest:
        client.post(f"/conversations/{conversation}/messages", message_of(turn, agent))
    return conversation


def expect(what, actual, expected):
    if actual != expected:
        raise Failure(f"{what} is {actual!r}, not {expected!r}")


def verify(client, dialogue, conversation, inboxes, agent):
    """Compares what the server has of one dialogue with the dialogue."""
    path = f"/conversations/{conversation}"
    turns = dialogue["turns"]
    shown = client.get(path)["data"]
    customer = shown["customerId"]
    expect(f"{path}: subject", shown["subject"], dialogue["subject"].strip())
    expect(f"{path}: inboxId", shown["inboxId"], inboxes[dialogue["domain"]])
    expect(f"{path}: firstName", customer["profile"]["firstName"], customer_name(dialogue))
    expect(f"{path}: messageCount", shown["messageCount"], len(turns))

    messages = []
    for page in range(1, len(turns) // 100 + 2):
        reply = client.get(f"{path}/messages", page=page, limit=100)
        expect(f"{path}/messages: total", reply["pagination"]["total"], len(turns))
        messages += reply["data"]
    expect(f"{path}: number of messages", len(messages), len(turns))
    ids = {"customer": customer["_id"], "agent": agent, "system": None}
    for number, (message, turn) in enumerate(zip(messages, turns), 1):
        what = f"{path}: message {number}"
        expect(f"{what}: number", message["number"], number)
        expect(f"{what}: body", message["body"].encode(), turn["body"].encode())
        expect(f"{what}: author", message["author"]["type"], turn["author"])
        expect(f"{what}: author's id", message["author"].get("_id"), ids[turn["author"]])
        expect(f"{what}: internal", message["internal"], False)


def run(options):
    dialogues = read_dialogues(options.file)
    messages = sum(len(dialogue["turns"]) for dialogue in dialogues)
    per_inbox = Counter(dialogue["domain"] for dialogue in dialogues)

    def connect():
        # Fresh connections for each phase: the server may close idle ones.
        return [Client(options.url, options.key) for _ in range(options.clients)]

    def took(started, text):
        seconds = time.monotonic() - started
        conversation_rate, message_rate = len(dialogues) / seconds, messages / seconds
        print(f"{text} in {seconds:.1f} s with {options.clients} clients: "
              f"{conversation_rate:,.0f} conversations/s, {message_rate:,.0f} messages/s", flush=True)

    main = Client(options.url, options.key)
    total_before = main.total()
    email = f"agent-{uuid.uuid4().hex[:12]}@example.com"
    agent = main.post("/users", {"name": "Agent", "email": email})["_id"]
    inboxes = {domain: main.post("/inboxes", {"name": domain})["_id"] for domain in per_inbox}

    started = time.monotonic()
    conversations = in_parallel(
        connect(), lambda client, dialogue: load(client, dialogue, inboxes, agent), dialogues)
    took(started, f"loaded {len(dialogues):,} conversations with {messages:,} messages "
                  f"into {len(inboxes)} inboxes")
    if not options.verify:
        return

    started = time.monotonic()
    in_parallel(connect(), lambda client, pair: verify(client, *pair, inboxes, agent),
                list(zip(dialogues, conversations)))
    main = Client(options.url, options.key)
    for domain, count in per_inbox.items():
        expect(f"total of inbox {domain}", main.total(inboxId=inboxes[domain]), count)
    expect("total of all conversations", main.total(), total_before + len(dialogues))
    took(started, "verified every body, author, place and total")


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE", help="the dialogues, one JSON object a line")
    parser.add_argument("--url", help="the server (CONVERSATIONS_URL, else http://127.0.0.1:8080)",
                        default=os.environ.get("CONVERSATIONS_URL") or "http://127.0.0.1:8080")
    parser.add_argument("--key", help="an API key (CONVERSATIONS_KEY)",
                        default=os.environ.get("CONVERSATIONS_KEY"))
    parser.add_argument("--clients", type=int, default=8, help="how many at once (8)")
    parser.add_argument("--verify", action="store_true", help="read everything back and compare")
    options = parser.parse_args()
    if not options.key:
        parser.error("a key is needed: --key or CONVERSATIONS_KEY")
    if options.clients < 1:
        parser.error("--clients must be at least 1")
    return options


if __name__ == "__main__":
    try:
        run(parse_options())
    except Failure as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit(130)
