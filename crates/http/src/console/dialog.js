// Dialogs: forms and questions above the page. Escape closes them, and the focus goes back to where it was.

import { el } from "../shared/dom.js";
import { clearProblems, problemPlace, showProblems } from "./errors.js";

let dialogs = 0;

/** Opens a dialog. The answer is how it is closed, with what it results in. */
export function openDialog(title, content, { size = "", closed = () => {} } = {}) {
  const id = `dialog-${(dialogs += 1)}`;
  const before = document.activeElement;
  let result;
  const close = (value) => {
    result = value;
    dialog.close();
  };
  const dialog = el("dialog", { class: size, "aria-labelledby": id },
    el("div", { class: "dialog-head" }, el("h2", { id }, title), el("button", { type: "button", class: "quiet icon", "aria-label": "Close", click: () => close() }, "×")),
    content(close));
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
    closed(result);
  });
  document.body.append(dialog);
  dialog.showModal();
  (dialog.querySelector("[autofocus]") ?? dialog.querySelector("input, textarea, select, .dialog-actions button"))?.focus();
  return close;
}

/** Closes what is open, when nothing may remain on the screen. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
}

/**
 * A form in a dialog. `fields` are its nodes; `submit` gets the form, with a place for what others changed
 * meanwhile, and does the work: what it throws is shown beside the fields that it names, and the form stays as it is. Answers what `submit` answered.
 */
export function formDialog(title, fields, { action = "Save", danger = false, size = "", submit }) {
  return new Promise((done) => {
    openDialog(title, (close) => {
      const place = problemPlace();
      const conflict = el("div");
      const button = el("button", { type: "submit", class: danger ? "danger" : "" }, action);
      const form = el("form", { class: "dialog-form", novalidate: true }, fields, place, conflict,
        el("div", { class: "dialog-actions" }, button, el("button", { type: "button", class: "quiet", click: () => close() }, "Cancel")));
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        // A second click must not do it twice.
        if (button.disabled) return;
        button.disabled = true;
        clearProblems(form, place);
        try {
          close((await submit(form, conflict)) ?? true);
        } catch (error) {
          showProblems(form, place, error);
        }
        button.disabled = false;
      });
      form.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      });
      return form;
    }, { size, closed: done });
  });
}

/** A labelled input of a form. */
export function field(label, input, hint) {
  return el("label", { class: "form-field" }, el("span", {}, label), input, hint && el("small", { class: "soft" }, hint));
}

export function textInput(name, value = "", attributes = {}) {
  const input = el("input", { name, autocomplete: "off", ...attributes });
  input.value = value ?? "";
  return input;
}

export function choice(name, options, value, attributes = {}) {
  const select = el("select", { name, ...attributes }, options.map(([each, title]) => el("option", { value: each }, title)));
  if (value !== undefined) select.value = value;
  return select;
}

/** Asks for one line of text; null if there is none. */
export async function ask(title, label, { value = "", action = "Save", required = true } = {}) {
  const input = textInput("text", value, { autofocus: true, maxlength: "100" });
  const answer = await formDialog(title, field(label, input), {
    action,
    submit: (form) => {
      const text = input.value.trim();
      if (required && !text) throw Object.assign(new Error(), { code: "VALIDATION_ERROR", details: { text: ["must not be empty"] } });
      return text;
    },
  });
  return typeof answer === "string" ? answer : null;
}

/** Asks whether to do what cannot be undone. `act` does it, and says what is wrong by an error. */
export function confirmDialog(title, text, action, act) {
  return formDialog(title, el("p", {}, text), { action, danger: true, submit: act });
}
