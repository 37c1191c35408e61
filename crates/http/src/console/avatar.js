// The letters of a name in a circle, whose colour stays with the person.

import { el } from "../shared/dom.js";
import { hue, initials } from "./format.js";

export function avatar(name, id, size = "") {
  return el("span", { class: `avatar ${hue(id)} ${size}`, title: name, "aria-hidden": "true" }, initials(name));
}
