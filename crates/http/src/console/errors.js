// What the API refuses, as sentences beside the field or the action that caused it.

import { el } from "../shared/dom.js";
import { store } from "./store.js";

/** What an error says: sentences, each with the field it is about, which may be none. */
export function sentencesOf(error) {
  const { status, code, details = {}, retryAfter, message } = error;
  if (code === "INSUFFICIENT_PERMISSIONS") return [{ text: `This key lacks ${[details.required].flat().join(", ")}.` }];
  if (code === "CONFLICT" && typeof details.conversations === "number") return [{ text: `${details.conversations} conversations still refer to it.` }];
  if (code === "CONFLICT" && typeof details.assignedTo === "string") return [{ text: `${store.nameOfUser(details.assignedTo)} has it.` }];
  if (code === "VALIDATION_ERROR" || code === "CONFLICT") return fieldsOf(details, message);
  if (status === 412) return [{ text: "It changed in the meantime." }];
  const later = retryAfter ? ` Try again in ${retryAfter} s.` : "";
  return [{ text: `${message}${later}` }];
}

function fieldsOf(details, message) {
  const found = Object.entries(details).flatMap(([field, texts]) => [texts].flat().map((text) => ({ field, text: `${text}` })));
  return found.length > 0 ? found : [{ text: message }];
}

/** An error as one sentence. */
export function sentenceOf(error) {
  return sentencesOf(error).map(({ field, text }) => (field ? `${field} ${text}` : text)).join(" ");
}

/** A place for what goes wrong with an action. It is read out. */
export function problemPlace() {
  return el("p", { class: "problem", role: "alert" });
}

/** Shows an error in a form: beside the inputs with the names of its fields, and all else in its place. */
export function showProblems(form, place, error) {
  clearProblems(form, place);
  const rest = [];
  for (const { field, text } of sentencesOf(error)) {
    const input = field && inputFor(form, field);
    if (input) markInput(input, text);
    else rest.push(field ? `${field} ${text}` : text);
  }
  place.textContent = rest.join(" ");
  form.querySelector('[aria-invalid="true"]')?.focus();
}

/** Takes off what was shown before. */
export function clearProblems(form, place) {
  place.textContent = "";
  for (const node of form.querySelectorAll(".field-problem")) node.remove();
  for (const node of form.querySelectorAll("[aria-invalid]")) {
    node.removeAttribute("aria-invalid");
    node.removeAttribute("aria-describedby");
  }
}

// `labels[1]` belongs to the input of `labels`, and `customer.profile` to the first input inside of it.
function inputFor(form, field) {
  const inputs = [...form.querySelectorAll("[name]")].filter((each) => each.type !== "checkbox");
  const plain = field.replace(/\[\d+\]/g, "");
  return inputs.find(({ name }) => name === plain) ?? inputs.find(({ name }) => name.startsWith(`${plain}.`));
}

let problems = 0;

function markInput(input, text) {
  const id = `problem-${(problems += 1)}`;
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", id);
  input.after(el("span", { id, class: "field-problem" }, `${text[0].toUpperCase()}${text.slice(1)}.`));
}
