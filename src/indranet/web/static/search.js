// A search with a list that is walked by the arrow keys; Enter takes what is marked.

import { at, element } from "./pieces.js";
import { get } from "./server.js";
import { say } from "./words.js";

const WAIT_MS = 120;

export function search(choose, failed) {
  const [field, kind, box] = [at("search"), at("kind"), at("found")];
  field.placeholder = say("search_hint");
  let [things, marked, turn, timer] = [[], -1, 0, 0];

  const close = () => {
    box.hidden = true;
    marked = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const mark = (row) => {
    const options = [...box.querySelectorAll("[role=option]")];
    options[marked]?.setAttribute("aria-selected", "false");
    marked = options.length ? (row + options.length) % options.length : -1;
    const option = options[marked];
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  };
  const take = (row) => {
    turn += 1;
    clearTimeout(timer);
    field.value = "";
    close();
    choose(things[row]);
    field.focus();
  };
  const show = (found) => {
    things = found.things;
    const options = things.map((thing, row) => {
      const where = thing.country && thing.country !== thing.name ? ` · ${thing.country}` : "";
      return element("li", { role: "option", id: `found-${row}`, "aria-selected": "false", onpointerdown: (event) => event.preventDefault(), onclick: () => take(row) },
        element("bdi", {}, thing.name), element("span", { class: "soft small" }, `${say(`kinds/${thing.kind}`)}${where}`));
    });
    const left = found.found - things.length;
    if (!things.length) options.push(element("li", { class: "soft" }, say("found_none")));
    if (left > 0) options.push(element("li", { class: "soft" }, say("found_more", { count: left })));
    box.replaceChildren(...options);
    box.hidden = false;
    marked = -1;
    field.setAttribute("aria-expanded", "true");
    if (things.length) mark(0);
  };
  const ask = async () => {
    const mine = (turn += 1);
    if (!field.value.trim() && !kind.value) { close(); return; }
    try {
      const found = await get(`/api/things?${new URLSearchParams({ q: field.value, kind: kind.value })}`);
      if (mine === turn) show(found);
    } catch (error) { failed(error); }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  };
  field.addEventListener("input", soon);
  field.addEventListener("blur", close);
  kind.addEventListener("change", () => { field.focus(); ask(); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { turn += 1; clearTimeout(timer); close(); }
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (box.hidden) ask();
      else mark(marked + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !box.hidden && marked >= 0) {
      event.preventDefault();
      take(marked);
    }
  });
}
