// Starts the page: fetches the description, and shows what the address asks for.

import { el } from "../shared/dom.js";
import { Api } from "./api.js";
import { startAuthorizing } from "./authorize.js";
import { markCurrent, startNavigation } from "./navigation.js";
import { operationPage } from "./operation.js";
import { overviewPage } from "./overview.js";

const main = document.getElementById("main");

async function start() {
  const root = new URL(".", document.baseURI);
  const response = await fetch(new URL("openapi.json", root));
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const api = new Api(await response.json(), root);
  document.getElementById("version").textContent = api.info.version;
  startNavigation(api);
  const router = startRouter(api);
  startAuthorizing(api, router.forget);
}

/** Shows the page of the address whenever it changes. What was typed is there again on the way back. */
function startRouter(api) {
  let pages = new Map();
  // A page hears of the key until it is forgotten; else the session would keep it for ever.
  let kept = new AbortController();
  let given = null;
  const go = (id, values) => {
    given = values;
    location.hash = `#/${id}`;
  };
  const show = (moveFocus) => {
    // Other addresses are places within the page.
    if (location.hash && !location.hash.startsWith("#/")) return;
    const [id, name] = location.hash.slice(2).split("/");
    const operation = api.find(id);
    const key = operation?.id ?? "";
    const page = pages.get(key) ?? (operation ? operationPage(api, operation, go, kept.signal) : { node: overviewPage(api) });
    pages.set(key, page);
    if (given) page.fill?.(given);
    given = null;
    main.replaceChildren(page.node);
    document.title = operation ? `${operation.summary} · Conversations API` : "Conversations API";
    markCurrent(key);
    const heading = document.getElementById(`group-${name}`)?.querySelector("h2") ?? page.node.querySelector("h1");
    if (name) heading.scrollIntoView();
    else scrollTo(0, 0);
    if (moveFocus) heading.focus({ preventScroll: true });
  };
  addEventListener("hashchange", () => show(true));
  show(false);
  const forget = () => {
    kept.abort();
    kept = new AbortController();
    pages = new Map();
    show(false);
  };
  return { forget };
}

document.querySelector(".skip").addEventListener("click", (event) => {
  // The address stays that of the operation.
  event.preventDefault();
  main.focus();
});

start().catch((error) => {
  main.replaceChildren(el("h1", {}, "The description could not be read"), el("p", {}, `${error.message}.`));
});
