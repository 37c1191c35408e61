// How names, times and changes are written for people.

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const COUNT = new Intl.NumberFormat();

/** A count with its separators. */
export function count(number) {
  return COUNT.format(number);
}

/** A time as short as the day allows. */
export function shortTime(text, now = new Date()) {
  const time = new Date(text);
  if (time.toDateString() === now.toDateString()) return TIME.format(time);
  return (time.getFullYear() === now.getFullYear() ? DAY : YEAR).format(time);
}

/** A time with its day, unless that is today. */
export function dayAndTime(text) {
  const time = new Date(text);
  const today = time.toDateString() === new Date().toDateString();
  return today ? TIME.format(time) : `${shortTime(text)}, ${TIME.format(time)}`;
}

/** A time to the second. */
export function exactTime(text) {
  return EXACT.format(new Date(text));
}

/** What a customer is called: by name, else by what is known. */
export function customerName(customer) {
  const { firstName, lastName, email, company, phone } = customer?.profile ?? {};
  return [firstName, lastName].filter(Boolean).join(" ") || email || company || phone || "No customer";
}

/** The letters of a name in a circle. */
export function initials(name) {
  const words = name.split(/[\s@._-]+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "").join("").toUpperCase();
}

/** One of six colours that stays with an id. */
export function hue(id = "") {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) % 997;
  return `hue-${sum % 6}`;
}

export function capital(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : text;
}

/** The words for a list that a person types with commas. */
export function words(text) {
  return text.split(",").map((word) => word.trim()).filter(Boolean);
}
