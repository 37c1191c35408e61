// A short list to choose from, beside the button that opened it: assignees, labels, priorities.

import { el } from "../shared/dom.js";
import { reconcile } from "./reconcile.js";

/** How many options are shown; typing finds the others. */
const SHOWN = 100;

/**
 * Lets the user choose. Options are `{ value, title, checked }`. One choice answers its value; with
 * `several` the answer is a list of values. `create` says whether what was typed may be chosen too.
 * The answer is undefined when nothing was chosen.
 */
export function pick({ anchor, title, options, several = false, create = false }) {
  return new Promise((done) => {
    const before = document.activeElement;
    const chosen = new Set(options.filter(({ checked }) => checked).map(({ value }) => value));
    const all = [...options];
    let active = Math.max(0, all.findIndex(({ checked }) => checked && !several));
    let result;

    const input = el("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "menu-options", "aria-label": title, placeholder: create ? "Find or add" : "Find", autocomplete: "off", spellcheck: "false" });
    const listbox = el("ul", { id: "menu-options", role: "listbox", "aria-label": title, "aria-multiselectable": several });
    const save = several && el("button", { type: "button", click: () => finish([...chosen]) }, "Save");
    const dialog = el("dialog", { class: "menu", "aria-label": title }, el("h2", {}, title), input, listbox, save);

    const found = () => {
      const typed = input.value.trim().toLowerCase();
      const fitting = all.filter((each) => each.title.toLowerCase().includes(typed)).slice(0, SHOWN);
      const isNew = create && typed && !all.some((each) => each.title.toLowerCase() === typed);
      return isNew ? [...fitting, { value: input.value.trim(), title: `Add “${input.value.trim()}”`, isNew }] : fitting;
    };

    function show() {
      const shown = found();
      active = Math.min(Math.max(active, 0), Math.max(shown.length - 1, 0));
      reconcile(listbox, shown, ({ value, isNew }) => `${isNew ? "new " : ""}${value}`, make, (node, option) => {
        const isActive = shown[active] === option;
        node.classList.toggle("active", isActive);
        node.setAttribute("aria-selected", String(chosen.has(option.value)));
        if (isActive) {
          input.setAttribute("aria-activedescendant", node.id);
          node.scrollIntoView({ block: "nearest" });
        }
      });
    }

    function make(option) {
      const node = el("li", { role: "option", id: `option-${Math.random().toString(36).slice(2)}`, click: () => take(option) }, el("span", { class: "tick", "aria-hidden": "true" }), option.title);
      return node;
    }

    function take(option) {
      if (!option) return;
      if (!several) return finish(option.value);
      if (option.isNew) all.push({ value: option.value, title: option.value });
      if (chosen.has(option.value)) chosen.delete(option.value);
      else chosen.add(option.value);
      input.value = "";
      input.focus();
      show();
    }

    function finish(value) {
      result = value;
      dialog.close();
    }

    input.addEventListener("input", () => {
      active = 0;
      show();
    });
    dialog.addEventListener("keydown", (event) => {
      const steps = { ArrowDown: 1, ArrowUp: -1 };
      if (event.key in steps) {
        active += steps[event.key];
        show();
      } else if (event.key === "Enter" && event.target === input) {
        if (several && (event.ctrlKey || event.metaKey || input.value === "") && !event.shiftKey && touched()) finish([...chosen]);
        else take(found()[active]);
      } else return;
      event.preventDefault();
    });
    const touched = () => options.some(({ value, checked }) => Boolean(checked) !== chosen.has(value)) || all.length > options.length;
    // The backdrop belongs to the dialog: a click beside the menu closes it.
    dialog.addEventListener("click", (event) => event.target === dialog && event.detail > 0 && isOutside(dialog, event) && dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before?.isConnected) before.focus();
      done(result);
    });
    document.body.append(dialog);
    dialog.showModal();
    place(dialog, anchor);
    input.focus();
    show();
    place(dialog, anchor);
  });
}

function isOutside(dialog, { clientX, clientY }) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}

// Below its button, as far as the window has room.
function place(dialog, anchor) {
  const { left, bottom } = (anchor ?? document.body).getBoundingClientRect();
  const { offsetWidth, offsetHeight } = dialog;
  dialog.style.left = `${Math.max(8, Math.min(left, innerWidth - offsetWidth - 8))}px`;
  dialog.style.top = `${Math.max(8, Math.min(anchor?.checkVisibility() ? bottom + 4 : 80, innerHeight - offsetHeight - 8))}px`;
}
