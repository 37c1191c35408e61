// Signing in: a key is pasted, and the API says whose it is. A key without a user of its own is asked once
// for whom it speaks, because claims and messages need an author.

import { el } from "../shared/dom.js";
import { all, get } from "./api.js";
import { choice, field, textInput } from "./dialog.js";
import { sentenceOf } from "./errors.js";
import { session } from "./session.js";
import { storedKey, storedUser } from "./storage.js";

/** Starts the session of this tab, if there is one; true if it was. */
export async function resume() {
  const key = storedKey.get();
  if (!key) return false;
  return enter(key);
}

/** Shows the form, and calls `entered` when a session has begun. */
export function showSignIn(entered, words = "") {
  const place = document.getElementById("sign-in");
  const problem = el("p", { class: "problem", role: "alert", id: "sign-in-problem" }, words);
  const input = el("input", { id: "key", type: "password", placeholder: "sk_live_…", autocomplete: "off", spellcheck: "false", "aria-describedby": "sign-in-problem", required: true });
  const button = el("button", { type: "submit" }, "Sign in");
  const form = el("form", { class: "sign-in-card" },
    el("img", { src: "shared/icon.svg", alt: "", width: "40", height: "40" }),
    el("h1", {}, "Sign in"),
    field("API key", input, "It stays in this tab and is sent to this server only."),
    problem, button,
    el("p", { class: "soft" }, "A new server prints a key at its first start. ", el("a", { href: "docs" }, "The API"), " has its description."));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      const key = input.value.trim().replace(/^Bearer\s+/i, "");
      if (await enter(key)) entered();
    } catch (error) {
      problem.textContent = sentenceOf(error);
      input.select();
    }
    button.disabled = false;
  });
  place.hidden = false;
  place.replaceChildren(form);
  input.focus();
}

async function enter(key) {
  const { data: me } = await get("me", {}, { key });
  const user = await userOf(me, key);
  session.begin(key, me, user);
  return true;
}

async function userOf(me, key) {
  if (me.user?._id) return me.user;
  const own = me.userId ?? storedUser.get(me._id);
  // What may neither claim nor write needs no user.
  const needsOne = me.permissions.includes("write:conversations");
  if (!own && !needsOne) return null;
  const mayRead = me.permissions.includes("read:users");
  if (own) return mayRead ? (await get(`users/${own}`, {}, { key })).data : { _id: own, name: me.name };
  const chosen = await askForUser(me, key, mayRead);
  if (chosen) storedUser.set(me._id, chosen._id);
  return chosen;
}

// Asked in the place of the form; no user is an answer too.
async function askForUser(me, key, mayRead) {
  const users = mayRead ? (await allUsers(key)) : [];
  const input = mayRead ? choice("user", [...users.map(({ _id, name, email }) => [_id, `${name} (${email})`]), ["", "No user: only look"]]) : textInput("user", "", { placeholder: "Id of a user; empty to only look", spellcheck: "false" });
  const place = document.getElementById("sign-in");
  return new Promise((done) => {
    const form = el("form", { class: "sign-in-card", id: "choose-user" },
      el("h1", {}, "Who are you?"),
      el("p", {}, `The key “${me.name}” of ${me.workspace.name} speaks for no user. Claims and messages need one.`),
      field("User", input), el("button", { type: "submit" }, "Continue"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const id = input.value.trim();
      done(users.find(({ _id }) => _id === id) ?? (id ? { _id: id, name: me.name } : null));
    });
    place.hidden = false;
    place.replaceChildren(form);
    input.focus();
  });
}

async function allUsers(key) {
  const { data } = await all("users", {}, 3, key);
  return data.sort((one, other) => one.name.localeCompare(other.name));
}
