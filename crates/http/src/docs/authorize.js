// The field for the key, and what the server says to it.

import { send } from "./request.js";
import { session } from "./session.js";

const CHECKED_AT = "/api/v1/inboxes";

/** Makes the form of the page work. `forgotten` is called when nothing may remain that was seen with the key. */
export function startAuthorizing(api, forgotten) {
  const form = document.getElementById("authorize");
  const [field, use, forget] = ["key", "use-key", "forget-key"].map((id) => document.getElementById(id));

  const showAccepted = (accepted) => {
    for (const node of [field, use]) node.hidden = accepted;
    forget.hidden = !accepted;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    use.disabled = true;
    const key = field.value.trim().replace(/^Bearer\s+/i, "");
    say("busy", "Asking the server …");
    const { accepted, words } = await check(api, key);
    use.disabled = false;
    say(accepted ? "good" : "bad", words);
    if (!accepted) return field.select();
    field.value = "";
    showAccepted(true);
    forget.focus();
    session.use(key);
  });
  forget.addEventListener("click", () => {
    session.use("");
    forgotten();
    say("", "No key yet");
    showAccepted(false);
    field.focus();
  });
}

function say(kind, words) {
  const state = document.getElementById("key-state");
  state.dataset.kind = kind;
  state.textContent = words;
}

// No operation describes the key that it is called with, so a small one is tried: a key without the
// permission for it is a valid key, too.
async function check(api, key) {
  try {
    const request = { method: "GET", url: `${api.url(CHECKED_AT)}?limit=1`, headers: [] };
    const { status, text } = await send(request, key);
    const reply = JSON.parse(text);
    if (status === 200) return { accepted: true, words: `Key accepted · ${counted(reply.pagination.total)}` };
    if (status === 403) return { accepted: true, words: "Key accepted · may not read inboxes" };
    return { accepted: false, words: reply.error.message };
  } catch {
    return { accepted: false, words: "The server could not be asked with this." };
  }
}

function counted(inboxes) {
  return inboxes === 1 ? "1 inbox" : `${inboxes} inboxes`;
}
