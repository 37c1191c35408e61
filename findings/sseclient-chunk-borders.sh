#!/usr/bin/env bash
# sseclient 0.0.27 (PyPI, over requests): the data of an event ends at the border of an HTTP chunk, without an error.
#
# Expected: RFC 9112 7.1: the chunked coding frames a body for its transport; where its chunks end means nothing.
# Seen: an event whose data is sent in two chunks arrives with the first half only; its id is taken over.
# Why it matters: proxies and compressors cut chunks as they like, so a follower misses the rest of a change and goes on
# after it. The author of the server does not notice it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check sseclient==0.0.27 requests==2.34.2 urllib3==2.8.0
seen=$("$dir/venv/bin/python" - <<'PY'
import socketserver
import threading
import time
from sseclient import SSEClient

class Feed(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(65536)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                             b"Transfer-Encoding: chunked\r\n\r\n")
        for part in (b"id: 1\ndata: left", b"right\n\n", b"id: 2\ndata: next\n\n"):
            self.request.sendall(b"%x\r\n%s\r\n" % (len(part), part))
            time.sleep(0.3)
        time.sleep(2)

server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Feed)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
client = SSEClient(f"http://127.0.0.1:{server.server_address[1]}/")
first = next(client)
print(first.id, first.data)
PY
)
echo "id and data of the first event: $seen"
[ "$seen" = "1 left" ] || { echo "this has changed"; exit 1; }
