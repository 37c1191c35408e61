// What a schema says of a value, in a few words.

/** What kind of value it is: `string`, `User or null`, `array of Permission`. */
export function typeOf(api, schema) {
  const resolved = api.resolve(schema);
  const alternatives = resolved.anyOf ?? resolved.oneOf;
  if (alternatives) return unique(alternatives.map((each) => typeOf(api, each)));
  if (resolved.const !== undefined) return JSON.stringify(resolved.const);
  if (resolved.properties && api.nameOf(schema)) return api.nameOf(schema);
  return unique([resolved.type ?? "any value"].flat().map((type) => plainType(api, type, resolved)));
}

function plainType(api, type, { items, format, additionalProperties }) {
  if (type === "array") return `array of ${typeOf(api, items)}`;
  if (type === "object" && additionalProperties) return `object of ${typeOf(api, additionalProperties)}`;
  return type === "string" && format ? format : type;
}

function unique(types) {
  return [...new Set(types)].join(" or ");
}

/** The values that it may have, if they are listed; of what takes several, those of each. */
export function valuesOf(api, schema) {
  const resolved = api.resolve(schema);
  if (resolved["x-several-of"]) return resolved["x-several-of"];
  const branches = [...(resolved.anyOf ?? []), ...(resolved.items ? [resolved.items] : [])];
  const listed = branches.map((branch) => valuesOf(api, branch)).find((values) => values.length);
  return resolved.enum ?? listed ?? [];
}

/** What limits it, and what it is when it is left out. */
export function boundsOf(api, schema) {
  const resolved = api.resolve(schema);
  const all = [resolved, ...(resolved.anyOf ?? resolved.oneOf ?? []).map((each) => api.resolve(each))];
  const first = (name) => all.find((each) => each[name] !== undefined)?.[name];
  const items = api.resolve(first("items"));
  return [
    range(first("minLength"), first("maxLength"), "characters"),
    range(first("minimum"), first("maximum"), ""),
    range(first("minItems"), first("maxItems"), "items"),
    range(first("minProperties"), first("maxProperties"), "fields"),
    first("uniqueItems") && "each once",
    items.maxLength && `each ${range(items.minLength, items.maxLength, "characters")}`,
    first("x-default") !== undefined && `default ${JSON.stringify(first("x-default"))}`,
  ].filter(Boolean);
}

/** What its text has to look like, where nothing else says it. */
export function patternOf(api, schema) {
  const { pattern, format } = api.resolve(schema);
  return format || valuesOf(api, schema).length > 0 ? undefined : pattern;
}

function range(least, most, unit) {
  const words = unit ? ` ${(most ?? least) === 1 ? unit.slice(0, -1) : unit}` : "";
  const text = [least, most].map((number) => number !== undefined && shown(number));
  if (least === most && most !== undefined) return text[0] + words;
  if (least && most !== undefined) return `${text[0]} to ${text[1]}${words}`;
  if (most !== undefined) return `at most ${text[1]}${words}`;
  return least ? `at least ${text[0]}${words}` : least === 0 && !unit && "at least 0";
}

// What has more digits than a number here would show wrong ones.
function shown(number) {
  return Number.isSafeInteger(number) ? number.toLocaleString("en") : number.toExponential(2);
}
