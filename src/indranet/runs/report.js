"use strict";
(() => {
  const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const WHOLE = 60;
  const shareClass = (code) => (code === WHOLE ? 5 : Math.ceil((code * 4) / WHOLE));
  const shareWords = (code) =>
    code === 0 ? "nothing lost" : code === WHOLE ? "all lost" : `about ${Math.round((code * 100) / WHOLE)}\u00a0% lost`;

  for (const map of document.querySelectorAll(".map")) {
    const { captions, drawn, shares } = JSON.parse(map.querySelector("script").textContent);
    const circles = [...map.querySelectorAll(".places circle")];
    const titles = circles.map((circle) => circle.querySelector("title"));
    const where = titles.map((title) => title.textContent.split(" \u2014 ")[0]);
    const chooser = map.querySelector(".chooser");
    const select = chooser.querySelector("select");
    if (!select.options.length) continue;
    const show = () => {
      const text = shares[drawn[select.selectedIndex]];
      circles.forEach((circle, place) => {
        const code = place < text.length ? ALPHABET.indexOf(text[place]) : 0;
        circle.setAttribute("class", `c${shareClass(code)}`);
        titles[place].textContent = `${where[place]} \u2014 ${shareWords(code)}`;
      });
      map.querySelector(".caption").textContent = captions[select.selectedIndex];
    };
    chooser.hidden = false;
    select.addEventListener("change", show);
    // A browser may keep the choice of an earlier visit.
    show();
  }

  for (const box of document.querySelectorAll(".reach")) {
    const body = box.querySelector("tbody");
    const rows = [...body.rows];
    const filters = box.querySelector(".filters");
    const [text, kind, horizon] = filters.querySelectorAll("input, select");
    const count = filters.querySelector("output");
    const cell = (row, column) => row.cells[column].textContent;
    const number = (words) => parseFloat(words.replace(/[^0-9.]/g, "")) || 0;
    const filter = () => {
      const wanted = text.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        const fits =
          (!kind.value || cell(row, 1) === kind.value) &&
          (!horizon.value || cell(row, 2) === horizon.value) &&
          (!wanted || cell(row, 0).toLowerCase().includes(wanted));
        row.hidden = !fits;
        shown += fits;
      }
      count.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`;
    };
    [text, kind, horizon].forEach((field) => field.addEventListener("input", filter));
    const heads = [...box.querySelectorAll("thead th")];
    heads.forEach((head, column) => {
      const numeric = head.classList.contains("n");
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const descending = before ? before === "ascending" : numeric;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        const keys = new Map(rows.map((row) => [row, numeric ? number(cell(row, column)) : cell(row, column)]));
        const order = numeric
          ? (a, b) => keys.get(a) - keys.get(b)
          : (a, b) => keys.get(a).localeCompare(keys.get(b), "en", { numeric: true });
        rows.sort((a, b) => (descending ? order(b, a) : order(a, b)));
        body.append(...rows);
      });
    });
    filters.hidden = false;
    filter();
  }

  // Where the browser prints the marking into the margin of each page, it needs no place on the page.
  if ("CSSMarginRule" in window) document.documentElement.classList.add("margin-boxes");

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.on-print:not([open])")];
    opened.forEach((details) => (details.open = true));
  });
  addEventListener("afterprint", () => opened.forEach((details) => (details.open = false)));
})();
