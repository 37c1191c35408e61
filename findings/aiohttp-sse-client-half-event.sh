#!/usr/bin/env bash
# aiohttp-sse-client 0.2.1 (PyPI): half an event is kept over a reconnection and put before its repetition.
#
# Expected: HTML Living Standard 9.2.6: at the end of a stream, what was not ended by an empty line is discarded.
# Seen: the stream ends after `data: two`; the client comes back with the id of the event before, the server sends event
# 2 again, and it is handed out as "two\ntwo".
# Why it matters: JSON in it does not parse, or a text is doubled, once for each restart of the server in mid-event. A
# server that wants to be safe writes an event at once and ends streams between events.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp-sse-client==0.2.1 aiohttp==3.14.5
seen=$("$dir/venv/bin/python" - <<'PY'
import asyncio
import datetime
from aiohttp import web
from aiohttp_sse_client.client import EventSource

connections = 0

async def feed(request):
    global connections
    connections += 1
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    if connections == 1:
        await response.write(b"id: 1\ndata: one\n\nid: 2\ndata: two\n")
    else:
        assert request.headers["Last-Event-ID"] == "1", request.headers
        await response.write(b"id: 2\ndata: two\n\n")
        await asyncio.sleep(5)
    return response

async def main():
    application = web.Application()
    application.router.add_get("/", feed)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    seen = []
    wait = datetime.timedelta(milliseconds=100)
    async with EventSource(f"http://127.0.0.1:{port}/", reconnection_time=wait) as source:
        async for event in source:
            seen.append(event.data)
            if len(seen) == 2:
                break
    print(seen)

asyncio.run(asyncio.wait_for(main(), 20))
PY
)
echo "data of the events: $seen"
[ "$seen" = "['one', 'two\\ntwo']" ] || { echo "this has changed"; exit 1; }
