"""How long after a write was answered its event is with those who wait for it. Writer and followers are
processes of their own, so that none waits for the others; their clock is the machine's."""

import http.client
import json
import multiprocessing
import re
import socket
import time
import urllib.parse

MARK = re.compile(rb'"Measured (\d+)"')
# How long a follower may take for an event, and how long it needs to begin, in seconds.
PATIENCE, START = 10, 1.0


def milliseconds(values):
    """p50 and p99 of seconds."""
    ordered = sorted(values)
    return {"p50": ordered[len(ordered) // 2] * 1000, "p99": ordered[len(ordered) * 99 // 100] * 1000}


class Writer:
    """Opens conversations one after the other, which are numbered in their subjects."""

    def __init__(self, port, dataset):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.headers = {"Authorization": f"Bearer {dataset.key}", "Content-Type": "application/json"}
        self.refers = {"inboxId": dataset.inboxes[0], "customerId": dataset.customers[0]}

    def write(self, number):
        """When the write was answered."""
        body = json.dumps({"subject": f"Measured {number}", **self.refers})
        self.connection.request("POST", "/api/v1/conversations", body, self.headers)
        answer = self.connection.getresponse()
        at = time.monotonic()
        answer.read()
        if answer.status != 201:
            raise RuntimeError(f"{answer.status} for a write")
        return at

    def several(self, count, pause):
        """Opens this many, one each `pause` seconds, and returns when each was answered."""
        answered, due = {}, time.monotonic()
        for number in range(count):
            due += pause
            time.sleep(max(0.0, due - time.monotonic()))
            answered[number] = self.write(number)
        return answered


def by_stream(port, key, count, tell):
    """Follows a stream, and tells when each of the conversations was there."""
    follower = socket.create_connection(("127.0.0.1", port))
    follower.settimeout(PATIENCE)
    head = f"GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n"
    follower.sendall(head.encode())
    seen, rest = {}, b""
    while len(seen) < count:
        data = follower.recv(1 << 18)
        at = time.monotonic()
        if not data:
            break
        rest += data
        # The last line may go on in what comes next.
        whole, _, rest = rest.rpartition(b"\n")
        for number in MARK.findall(whole):
            seen.setdefault(int(number), at)
    tell.send(seen)


def by_long_poll(port, key, count, tell):
    """The same with requests that wait for events."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE + 5)
    seen, after = {}, "latest"
    while len(seen) < count:
        query = urllib.parse.urlencode({"after": after, "limit": 500, "wait": PATIENCE})
        connection.request("GET", f"/api/v1/events?{query}", headers={"Authorization": f"Bearer {key}"})
        page = connection.getresponse().read()
        at = time.monotonic()
        # The events are not parsed, which would take longer than what is measured.
        pagination = page[page.rindex(b'"pagination":') + 13 :]
        after = json.JSONDecoder().raw_decode(pagination.decode())[0]["cursor"]
        for number in MARK.findall(page):
            seen.setdefault(int(number), at)
    tell.send(seen)


def delays(dataset, port, followers, count, pause):
    """p50 and p99 of each follower, for writes to the server at `port`: `{name: (how, port)}`."""
    pipes = {}
    for name, (how, at) in followers.items():
        here, there = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.Process(target=how, args=(at, dataset.key, count, there), daemon=True)
        process.start()
        pipes[name] = process, here
    try:
        time.sleep(START)
        answered = Writer(port, dataset).several(count, pause)
        found = {}
        for name, (_, pipe) in pipes.items():
            if not pipe.poll(PATIENCE):
                raise RuntimeError(f"{name} has not seen all events")
            seen = pipe.recv()
            if len(seen) < count:
                raise RuntimeError(f"{name} saw {len(seen)} of {count} events")
            # An event may be there before its writer knows.
            found[name] = milliseconds(max(0.0, seen[number] - answered[number]) for number in range(count))
        return found
    finally:
        for process, _ in pipes.values():
            process.terminate()
            process.join()
