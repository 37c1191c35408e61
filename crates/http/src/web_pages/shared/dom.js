// Building the page, node by node: text from elsewhere never becomes markup.

/** An element. What is null, undefined or false is left out, of attributes and of children. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (isNothing(value)) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => !isNothing(child)));
  return node;
}

function isNothing(value) {
  return value === null || value === undefined || value === false;
}

/** Something that can be folded away. What is in it is made when it is first opened. */
export function disclosure(summary, make, { open = false, ...attributes } = {}) {
  const node = el("details", { ...attributes, open }, el("summary", {}, summary));
  const fill = () => {
    if (node.open && node.children.length === 1) node.append(make());
  };
  node.addEventListener("toggle", fill);
  fill();
  return node;
}

/** A button that copies what the function answers then. */
export function copyButton(textOf, what) {
  const button = el("button", { type: "button", class: "quiet copy", "aria-label": `Copy ${what}` }, "Copy");
  button.addEventListener("click", async () => {
    button.textContent = (await copy(textOf())) ? "Copied" : "Failed";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

// Over plain HTTP, except on this machine, browsers have no other way.
function copyBySelection(text) {
  const before = document.activeElement;
  const area = el("textarea", { class: "hidden" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus();
  return done;
}
