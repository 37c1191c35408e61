// Server-Sent Events, read from the body of a reply: `EventSource` cannot send a key.

/**
 * The frames of a stream, each with its `event`, its `data`, its `id` and its `retry` in milliseconds. One
 * that was cut off is left out.
 */
export async function* framesIn(stream) {
  let frame = { data: [] };
  for await (const line of linesIn(stream)) {
    if (line === "") {
      if (frame.data.length > 0) yield { event: "message", ...frame, data: frame.data.join("\n") };
      frame = { data: [] };
      continue;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    // What begins with a colon is a comment.
    if (name === "data") frame.data.push(value);
    if (name === "event" || name === "id") frame[name] = value;
    if (name === "retry" && /^\d+$/.test(value)) frame.retry = Number(value);
  }
}

async function* linesIn(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      // A carriage return at the end may be the first half of a line break.
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      yield* lines;
    }
  } finally {
    // It may have failed, which was reported then.
    reader.cancel().catch(() => {});
  }
}
