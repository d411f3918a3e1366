// Elements made from text: nothing that comes from data is ever read as markup.

export const at = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...content);
  return made;
}

export function drawn(name, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** A table in a box of its own that scrolls; columns after the first are numbers. */
export function table(label, heads, rows) {
  const head = heads.map((text, column) => element("th", { scope: "col", class: column ? "n" : "" }, text));
  const body = rows.map((cells) =>
    element("tr", {}, ...cells.map((cell, column) => element(column ? "td" : "th", column ? { class: "n" } : { scope: "row" }, cell))));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body)));
}
