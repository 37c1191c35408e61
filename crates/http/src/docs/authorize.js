// The field for the key, and what the server says to it.

import { send } from "./request.js";
import { session } from "./session.js";

const CHECKED_AT = "/api/v1/me";

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
    const { permissions, words } = await check(api, key);
    use.disabled = false;
    say(permissions ? "good" : "bad", words);
    if (!permissions) return field.select();
    field.value = "";
    showAccepted(true);
    forget.focus();
    session.use(key, permissions);
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

// Asks which key it is: the API says so to every valid one.
async function check(api, key) {
  try {
    const { status, text } = await send({ method: "GET", url: api.url(CHECKED_AT), headers: [] }, key);
    const reply = JSON.parse(text);
    if (status !== 200) return { words: reply.error.message };
    const { name, permissions, workspace } = reply.data;
    return { permissions, words: `Key accepted · ${name} · workspace ${workspace.name}` };
  } catch {
    return { words: "The server could not be asked with this." };
  }
}
