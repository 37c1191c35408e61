"""Follows the stream of events with httpx-sse, which leaves it to its caller to connect again.

CONVERSATIONS_URL and CONVERSATIONS_KEY say where and as whom, CONVERSATIONS_AFTER after which cursor, and
CONVERSATIONS_EVENTS for how many events. Prints the sequence of each event, and `closed` with the reason of
each end of a stream."""

import json
import os
import time

import httpx
from httpx_sse import connect_sse

LEFT = int(os.environ["CONVERSATIONS_EVENTS"])
URL = f"{os.environ['CONVERSATIONS_URL']}/api/v1/events/stream"
KEY = os.environ["CONVERSATIONS_KEY"]
# Longer than the heartbeat: a stream that sends nothing for as long is broken.
TIMEOUT = httpx.Timeout(10, read=45)


def follow() -> None:
    last_id, retry, left = os.environ["CONVERSATIONS_AFTER"], 1.0, LEFT
    with httpx.Client(timeout=TIMEOUT, headers={"Authorization": f"Bearer {KEY}"}) as client:
        while left:
            try:
                with connect_sse(client, "GET", URL, headers={"Last-Event-ID": last_id}) as source:
                    for event in source.iter_sse():
                        last_id = event.id
                        retry = (event.retry or retry * 1000) / 1000
                        data = json.loads(event.data)
                        if event.event == "feed.close":
                            print("closed", data["reason"], flush=True)
                        elif not event.event.startswith("feed."):
                            print(data["sequence"], flush=True)
                            left -= 1
                            if not left:
                                return
            except httpx.TransportError:
                pass
            time.sleep(retry)


follow()
