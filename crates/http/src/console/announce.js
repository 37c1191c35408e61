// What is said to those who do not see the page, and shown to all others for a moment.

let timer = null;

/** Says something that needs no answer. */
export function announce(text) {
  const place = document.getElementById("announce");
  place.textContent = text;
  place.classList.add("shown");
  clearTimeout(timer);
  timer = setTimeout(() => place.classList.remove("shown"), 5_000);
}
