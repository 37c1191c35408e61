// Starts the page: signs in, shows the inbox, and leaves nothing on the screen after signing out.

import { all } from "./api.js";
import { avatar } from "./avatar.js";
import { startCard } from "./card.js";
import { countSoon, startCounts } from "./counts.js";
import { closeDialogs } from "./dialog.js";
import { dropDrafts, forgetDrafts } from "./drafts.js";
import { startFeed, stopFeed } from "./feed.js";
import { startFilters } from "./filters.js";
import { startKeyboard } from "./keyboard.js";
import { focusList, startList } from "./listpane.js";
import { later } from "./later.js";
import { go, hrefOf, route } from "./route.js";
import { session } from "./session.js";
import { resume, showSignIn } from "./signin.js";
import { store } from "./store.js";
import { startStrip } from "./strip.js";
import { thread } from "./thread.js";
import { startThread } from "./threadpane.js";
import { mayCompose } from "./views.js";
import { startViews } from "./viewspane.js";

const compose = later(() => import("./compose.js"), "compose");
const showAdmin = later(() => import("./admin.js"), "showAdmin");

const app = document.getElementById("app");
const bar = document.getElementById("session");
let running = null;

/** Shows the inbox of the session. The list comes first: all else is read beside it. */
async function show() {
  running = new AbortController();
  const { signal } = running;
  document.getElementById("sign-in").hidden = true;
  document.getElementById("sign-in").replaceChildren();
  app.hidden = false;
  showSession(signal);
  if (!location.hash) go(hrefOf.view(session.user ? "mine" : "open"), { replace: true });
  startStrip(signal);
  startCounts(signal);
  startViews(signal);
  startThread(signal);
  startCard(signal);
  startKeyboard(signal);
  startList(signal);
  showPane();
  addEventListener("hashchange", showPane, { signal });
  store.hear("reset", readDirectories, signal);
  // A draft may quote what was deleted, here or elsewhere.
  store.hear("conversation", ({ id, now }) => now === null && dropDrafts(id), signal);
  // What the list does not show comes after its place in the feed, so that nothing is missed.
  const asOf = session.allows("read:conversations") ? await startFilters(signal) : null;
  if (signal.aborted) return;
  startFeed(asOf ?? "latest");
  countSoon();
  await readDirectories();
}

async function readDirectories() {
  const read = async (permission, path, directory) => {
    if (!session.allows(permission)) return;
    const { data } = await all(path);
    for (const each of data) directory.set(each._id, each);
  };
  try {
    await Promise.all([read("read:users", "users", store.users), read("read:inboxes", "inboxes", store.inboxes)]);
  } catch {
    // The strip says that the server does not answer; a reload reads them.
  }
  store.tell("directory");
}

function showSession(signal) {
  const name = session.user?.name ?? session.me.name;
  bar.hidden = false;
  document.getElementById("who").replaceChildren(avatar(name, session.user?._id ?? session.me._id), name);
  document.getElementById("workspace").textContent = session.me.workspace.name;
  const create = document.getElementById("compose");
  const offer = () => (create.hidden = !mayCompose());
  store.hear("directory", offer, signal);
  offer();
  create.addEventListener("click", compose, { signal });
  document.getElementById("sign-out").addEventListener("click", () => session.end(), { signal });
}

// On narrow screens one pane is shown at a time; on all others the address says which are there.
function showPane() {
  const { id, admin, menu } = route();
  app.dataset.pane = menu ? "views" : admin ? "admin" : id ? "thread" : "list";
  app.classList.toggle("is-admin", Boolean(admin));
  app.classList.remove("with-card");
  if (admin) showAdmin(admin);
  document.title = `${session.me.workspace.name} · Conversations`;
}

session.addEventListener("end", ({ detail }) => {
  running?.abort();
  stopFeed();
  closeDialogs();
  forgetDrafts();
  thread.open("");
  store.clear();
  app.hidden = true;
  bar.hidden = true;
  for (const pane of document.querySelectorAll("#views, #list-head, #list-body, #thread, #card, #admin, #who, #workspace, #announce, #strip")) pane.replaceChildren();
  document.title = "Conversations";
  go("#/", { replace: true });
  history.replaceState(null, "", location.pathname);
  showSignIn(show, detail);
});

document.querySelector(".skip").addEventListener("click", (event) => {
  // The address stays that of the view.
  event.preventDefault();
  focusList();
});

async function start() {
  try {
    if (await resume()) return await show();
  } catch (error) {
    return showSignIn(show, error.message);
  }
  return showSignIn(show);
}

start();
