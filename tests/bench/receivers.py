"""How long webhooks take to receivers that work, alone and beside one that does not."""

import asyncio
import multiprocessing
import socket
import time
from contextlib import contextmanager

from followers import MARK, PATIENCE, Writer, milliseconds
from machine import free_port

LIVE = 20
# What a server needs to send to receivers of this machine.
ALLOWED = ("--webhook-allow=127.0.0.0/8", "--webhook-allow-http")
# A webhook without work waits for the next look at the feed, so the first events are not counted.
WARM_UP = 20


class Receiver(asyncio.Protocol):
    """Answers each request at once, and notes when it was there: by the path it came to and what it is about."""

    def __init__(self, seen):
        self.seen, self.rest = seen, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        at = time.monotonic()
        self.rest += data
        while True:
            head, blank, rest = self.rest.partition(b"\r\n\r\n")
            if not blank:
                return
            lower = head.lower()
            length = int(lower[lower.index(b"content-length:") + 15 :].split(b"\r", 1)[0])
            if len(rest) < length:
                return
            body, self.rest = rest[:length], rest[length:]
            found = MARK.search(body)
            if found:
                self.seen.setdefault((head.split(b" ", 2)[1], int(found[1])), at)
            self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


def receive(port, expected, tell):
    """Receives until all is there."""

    async def until_all_is_there():
        seen = {}
        server = await asyncio.get_running_loop().create_server(lambda: Receiver(seen), "127.0.0.1", port, backlog=1024)
        tell.send("ready")
        while len(seen) < expected:
            await asyncio.sleep(0.05)
        server.close()
        tell.send(seen)
        # Its connections are closed with the process.

    asyncio.run(until_all_is_there())


@contextmanager
def silent():
    """An address that takes connections, which the kernel does alone, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        yield listening.getsockname()[1]


@contextmanager
def refusing():
    """An address that takes no connections."""
    yield free_port()


@contextmanager
def webhooks(server, key, *urls):
    """A webhook for each URL, until the end."""
    made = []
    try:
        for url in urls:
            body = {"name": "Measured", "url": url, "events": ["*"]}
            made.append(server.ask("POST", "/api/v1/webhooks", key, body)[1]["data"]["_id"])
        yield
    finally:
        for one in made:
            server.ask("DELETE", f"/api/v1/webhooks/{one}", key)


def delays(server, dataset, count, pause, dead=None):
    """p50 and p99 of the deliveries to the receivers that work, with a dead one beside them or without."""
    port, total = free_port(), count + WARM_UP
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=receive, args=(port, total * LIVE, there), daemon=True)
    process.start()
    try:
        if not here.poll(PATIENCE):
            raise RuntimeError("the receivers did not start")
        here.recv()
        urls = [f"http://127.0.0.1:{port}/{number}" for number in range(LIVE)]
        if dead is not None:
            urls.append(f"http://127.0.0.1:{dead}/dead")
        with webhooks(server, dataset.key, *urls):
            answered = Writer(server.port, dataset).several(total, pause)
            if not here.poll(3 * PATIENCE):
                raise RuntimeError("not all events were delivered")
            seen = here.recv()
    finally:
        process.terminate()
        process.join()
    counted = range(WARM_UP, total)
    return milliseconds(
        max(0.0, seen[f"/{one}".encode(), number] - answered[number]) for number in counted for one in range(LIVE)
    )
