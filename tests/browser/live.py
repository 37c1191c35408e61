"""The live events of the page: the panel, and the modules that follow a stream."""

from webdriver import expect, wait_for

NAME = "<img src=x onerror=alert(1)> Zürich"
ROWS = "return [...document.querySelectorAll('.tail li')].map((row) => row.innerText)"


def events_are_shown_as_they_are_stored(site):
    start(site)
    made = site.post("/api/v1/inboxes", {"name": NAME})

    wait_for("an event", lambda: site.browser.run(ROWS))
    row = site.browser.text(".tail li")
    expect("inbox.created" in row and made["_id"] in row, f"the row is {row}")
    site.browser.click(".tail summary")
    site.browser.wait_for_text(".tail .json", f'"name": "{NAME}"')
    expect(not site.browser.all(".tail img"), "what an event says became markup")
    stop(site)


def a_paused_list_stands_still(site):
    start(site)
    site.post("/api/v1/inboxes", {"name": "One"})
    wait_for("an event", lambda: len(site.browser.run(ROWS)) == 1)

    site.browser.click(button("Pause"))
    for name in ("Two", "Three"):
        site.post("/api/v1/inboxes", {"name": name})
    site.browser.wait_for_text(button("Pause"), "Resume · 2")
    expect(len(site.browser.run(ROWS)) == 1, "the list moves while it is paused")
    site.browser.click(button("Pause"))
    wait_for("the others", lambda: len(site.browser.run(ROWS)) == 3)
    sequences = [int(row.split()[0]) for row in site.browser.run(ROWS)]
    expect(sequences == sorted(sequences, reverse=True), f"the order is {sequences}")
    site.browser.click(button("Clear"))
    expect(not site.browser.run(ROWS), "the list is not cleared")
    stop(site)


def it_goes_on_beside_other_pages(site):
    start(site)
    site.browser.run("location.hash = '#/getLiveness'")
    site.browser.wait_for_text("main h1", "process answers")
    site.post("/api/v1/inboxes", {"name": "Elsewhere"})
    site.browser.run("location.hash = '#/streamEvents'")
    wait_for("the event that came meanwhile", lambda: len(site.browser.run(ROWS)) == 1)
    stop(site)


def a_refused_stream_says_why(site):
    site.show("streamEvents")
    site.browser.click(button("Start"))
    site.browser.wait_for_text(".tail-state", "401 Unauthorized")
    expect(site.browser.text(button("Start")) == "Start", "it goes on")
    site.expect_refusals(401)

    site.authorize(site.new_key(["write:inboxes"]))
    site.browser.wait_for_text("#key-state", "Key accepted")
    site.browser.click(button("Start"))
    site.browser.wait_for_text(".tail-state", "403 Forbidden")
    site.expect_refusals(403)


def frames_are_read_however_they_are_cut(site):
    site.show()
    frames = site.browser.run("""
        const { framesIn } = await import("/shared/sse.js");
        const text = ":\\n\\nevent: a\\nretry: 5\\ndata: 1\\ndata:2\\nid: x\\n\\n" +
          "id\\r\\ndata: ü\\r\\n\\r\\ndata: old\\r\\revent: only\\n\\ndata: cut\\n";
        const bytes = new TextEncoder().encode(text);
        const pieces = (size) => new ReadableStream({
          start(stream) {
            for (let at = 0; at < bytes.length; at += size) stream.enqueue(bytes.slice(at, at + size));
            stream.close();
          },
        });
        const read = async (size) => {
          const found = [];
          for await (const frame of framesIn(pieces(size))) found.push(frame);
          return JSON.stringify(found);
        };
        return Promise.all([1, 2, 7, 1000].map(read));
    """)
    expected = (
        '[{"event":"a","data":"1\\n2","retry":5,"id":"x"},{"event":"message","data":"ü","id":""},'
        '{"event":"message","data":"old"}]'
    )
    expect(frames == [expected] * 4, f"the frames are {frames}")


def an_interrupted_stream_goes_on_where_it_was(site):
    site.show()
    told = site.browser.run("""
        const { follow } = await import("/shared/follow.js");
        const open = (id) => `event: feed.open\\nretry: 1\\ndata: {"cursor":"${id}","heartbeat":15}\\nid: ${id}\\n\\n`;
        const event = (id) => `event: inbox.created\\ndata: {"_id":"${id}"}\\nid: ${id}\\n\\n`;
        const close = (reason) => `event: feed.close\\ndata: {"reason":"${reason}"}\\nid: 4-d\\n\\n`;
        const reset = `event: feed.reset\\ndata: {"reason":"expired"}\\nid: 4-d\\n\\n`;
        const replies = [
          new Response(open("1-a") + event("2-b") + event("3-c").slice(0, -1)),
          new Response("{}", { status: 503, headers: { "Retry-After": "0.001" } }),
          new Response(open("2-b") + event("3-c") + close("lifetime")),
          new Response(open("3-c") + reset + close("key")),
        ];
        const [asked, heard, said] = [[], [], []];
        const real = window.fetch;
        window.fetch = async (_, { headers }) => {
          asked.push(headers.get("Last-Event-ID"), headers.get("Authorization"));
          return replies.shift();
        };
        await follow("/none", "sk", new AbortController().signal, ({ event }, { _id }) => heard.push(_id ?? event), (kind, words) => said.push(`${kind}: ${words}`));
        window.fetch = real;
        return { asked, heard, said };
    """)
    expect(told["asked"][::2] == [None, "2-b", "2-b", "4-d"], f"it went on after {told['asked']}")
    expect(set(told["asked"][1::2]) == {"Bearer sk"}, f"the key was {told['asked']}")
    expect([each for each in told["heard"] if each != "feed.open"] == ["2-b", "3-c", "feed.reset"], f"it heard {told['heard']}")
    expect(told["said"][-1].startswith("bad: The key was revoked"), f"it said {told['said']}")
    expect(any("503" in words for words in told["said"]), f"it said {told['said']}")
    expect(any("lasted as long" in words for words in told["said"]), f"it said {told['said']}")


def button(name):
    place = {"Start": 1, "Pause": 2, "Clear": 3}[name]
    return f".try .send-row button:nth-of-type({place})"


def start(site):
    site.show("streamEvents")
    site.authorize()
    site.browser.wait_for_text("#key-state", "Key accepted")
    site.browser.click(button("Start"))
    site.browser.wait_for_text(".tail-state", "Live")


def stop(site):
    site.browser.click(button("Start"))
    site.browser.wait_for_text(".tail-state", "Stopped")


CHECKS = [
    events_are_shown_as_they_are_stored,
    a_paused_list_stands_still,
    it_goes_on_beside_other_pages,
    a_refused_stream_says_why,
    frames_are_read_however_they_are_cut,
    an_interrupted_stream_goes_on_where_it_was,
]
