#!/usr/bin/env bash
# httpx-sse 0.4.3 (PyPI): after the first id, each comment that an empty line follows is handed out as an event.
#
# Expected: HTML Living Standard 9.2.6: a line that begins with a colon is ignored, and a block whose data is empty is no
# event. 9.2.7 recommends such comments to keep connections open.
# Seen: an event with data "" and the id of the event before comes for each comment.
# Why it matters: `event.json()` raises on it, and a follower that counts or stores what it sees stores a change that
# never was. A server that wants to be safe ends a comment with one line feed and sends no empty line after it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check httpx-sse==0.4.3 httpx==0.28.1
seen=$("$dir/venv/bin/python" - <<'PY'
import httpx
from httpx_sse import connect_sse

def answer(request):
    text = b"id: 1\ndata: one\n\n: keep-alive\n\n: keep-alive\n\nid: 2\ndata: two\n\n"
    return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=text)

client = httpx.Client(transport=httpx.MockTransport(answer))
with connect_sse(client, "GET", "http://feed.example/") as source:
    print([(event.id, event.data) for event in source.iter_sse()])
PY
)
echo "ids and data of the events: $seen"
[ "$seen" = "[('1', 'one'), ('1', ''), ('1', ''), ('2', 'two')]" ] || { echo "this has changed"; exit 1; }
