// A question before what cannot be undone.

import { el } from "../shared/dom.js";

/** Asks the user to confirm the URL. Escape says no. */
export function confirmed(summary, url) {
  return new Promise((answer) => {
    const close = () => dialog.close();
    const keep = el("button", { type: "button", class: "quiet", click: close }, "Cancel");
    const go = el("button", { type: "button", class: "danger" }, summary);
    const dialog = el("dialog", { "aria-labelledby": "confirm-title" },
      el("h2", { id: "confirm-title" }, `${summary}?`),
      el("p", {}, "It is sent to real data, and cannot be undone."),
      el("p", {}, el("code", { class: "pattern" }, `DELETE ${url}`)),
      el("div", { class: "send-row" }, go, keep));
    let sure = false;
    go.addEventListener("click", () => {
      sure = true;
      close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(sure);
    });
    document.body.append(dialog);
    dialog.showModal();
    keep.focus();
  });
}
