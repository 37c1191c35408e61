// Requests: made of what was typed, sent, and written down for the command line.

/**
 * What is to be sent. Values are text, or lists of text where several may be chosen; what is empty
 * is left out.
 */
export function requestOf(api, operation, values, body) {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values.path[name] ?? ""));
  const query = Object.entries(values.query)
    .filter(([, value]) => value.length > 0)
    .map(([name, value]) => `${name}=${[value].flat().map(encodeURIComponent).join(",")}`);
  const headers = Object.entries(values.header).filter(([, value]) => value.length > 0);
  const sent = body?.trim() ? body : undefined;
  if (sent !== undefined) headers.push(["Content-Type", operation.body.type]);
  const url = api.url(path) + (query.length > 0 ? `?${query.join("&")}` : "");
  return { method: operation.method, url, headers, body: sent, open: operation.open };
}

/** Sends a request, and answers the reply with its time in milliseconds. */
export async function send({ method, url, headers, body, open }, key) {
  const all = new Headers(headers);
  if (key && !open) all.set("Authorization", `Bearer ${key}`);
  const started = performance.now();
  const response = await fetch(url, {
    method,
    headers: all,
    body,
    // The reply must be fresh, and the key must not be sent to another server.
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
  });
  const text = await response.text();
  const milliseconds = Math.round(performance.now() - started);
  return { status: response.status, headers: [...response.headers], text, milliseconds };
}

/** The same request for a shell, which finds the key in a variable. */
export function curlOf({ method, url, headers, body, open }, { unbuffered = false } = {}) {
  const simple = method === "GET" || (method === "POST" && body !== undefined);
  const lines = [
    `curl -sS${unbuffered ? "N" : ""} ${simple ? "" : `-X ${method} `}${quoted(url)}`,
    !open && '-H "Authorization: Bearer $CONVERSATIONS_KEY"',
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    body !== undefined && `--data-raw ${quoted(body)}`,
  ];
  return lines.filter(Boolean).join(" \\\n  ");
}

/** Text as one word of a shell. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
