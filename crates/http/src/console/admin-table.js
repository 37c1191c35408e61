// A list of the API as a table, page by page, with what can be done above and in its rows.

import { el } from "../shared/dom.js";
import { get } from "./api.js";
import { problemPlace, sentenceOf } from "./errors.js";

/**
 * A section with a table. `columns` are `[title, cellOf]`; `tools` are nodes beside the title; `actions`
 * answers `[{ words, act, danger }]` for an item. What an action throws is shown above the table.
 * Answers the node, and `reload`.
 */
export function tablePage({ title, lead, path, query = {}, columns, tools = [], actions = () => [], empty = "Nothing yet.", level = "h1" }) {
  const body = el("tbody");
  const problem = problemPlace();
  const more = el("button", { type: "button", class: "quiet", hidden: true, click: () => read() }, "More");
  const total = el("span", { class: "count" });
  const nothing = el("p", { class: "soft", hidden: true }, empty);
  let next = null;

  async function read() {
    try {
      const { data, pagination } = await get(path, { ...query, limit: 50, cursor: next });
      if (next === null) body.replaceChildren();
      body.append(...data.map(row));
      next = pagination.nextCursor;
      more.hidden = next === null;
      total.textContent = String(pagination.total);
      nothing.hidden = pagination.total > 0;
    } catch (error) {
      problem.textContent = sentenceOf(error);
    }
  }

  function reload() {
    next = null;
    problem.textContent = "";
    return read();
  }

  function row(item) {
    const buttons = actions(item).filter(Boolean).map(({ words, act, danger }) => el("button", { type: "button", class: danger ? "quiet erase" : "quiet", click: () => run(() => act(item)) }, words));
    return el("tr", { "data-id": item._id }, columns.map(([name, cellOf]) => el("td", { "data-name": name }, cellOf(item))), el("td", { class: "row-actions" }, buttons));
  }

  async function run(act) {
    problem.textContent = "";
    try {
      await act();
    } catch (error) {
      problem.textContent = sentenceOf(error);
    }
  }

  reload();
  const node = el("section", { class: "admin-page" },
    el("header", { class: "admin-head" }, el(level, {}, title), total, tools),
    lead && el("p", { class: "soft" }, lead),
    problem,
    el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, columns.map(([name]) => el("th", { scope: "col" }, name)), el("th", {}, el("span", { class: "hidden" }, "Actions")))), body)),
    nothing, more);
  return { node, reload, run };
}
