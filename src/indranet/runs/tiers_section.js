(() => {
  const NODE = 11;
  const BESIDE = 6;
  const TICK = 5;
  const KINDS = ["made", "other", "ends", "unknown"];
  // As in Python, so that both draw the same.
  const at = (value) => `${Math.floor(value * 100 + 0.5) / 100}`;

  const filled = (element, attributes, content) => {
    for (const [name, value] of Object.entries(attributes)) if (value) element.setAttribute(name, value);
    element.append(...content);
    return element;
  };
  const html = (name, attributes, ...content) => filled(document.createElement(name), attributes, content);

  const draw = (svg, [height, pitch, nodes, ribbons], words) => {
    const shape = (name, attributes, ...content) =>
      filled(document.createElementNS(svg.namespaceURI, name), attributes, content);
    const hatched = (kind, lines) => (KINDS[kind] === "unknown" ? [shape("path", { class: "hatch", d: lines() })] : []);
    const out = nodes.map((node) => node[1]);
    const into = [...out];
    const drawnRibbons = ribbons.map(([source, target, thick, share]) => {
      const left = nodes[source][0] * pitch + NODE;
      const right = nodes[target][0] * pitch;
      const [start, end] = [out[source], into[target]];
      out[source] += thick;
      into[target] += thick;
      const third = (right - left) / 3;
      const [one, two, over, under] = [left + third, right - third, start + thick, end + thick].map(at);
      const band =
        `M${at(left)} ${at(start)}C${one} ${at(start)} ${two} ${at(end)} ${at(right)} ${at(end)}` +
        `V${under}C${two} ${under} ${one} ${over} ${at(left)} ${over}Z`;
      const lines = () => {
        const count = Math.floor((right - left) / TICK);
        let ticks = "";
        for (let tick = 1; tick < count; tick++) {
          const way = tick / count;
          const down = start + (end - start) * way * way * (3 - 2 * way);
          ticks += `M${at(left + (right - left) * way)} ${at(down)}v${at(thick)}`;
        }
        return ticks;
      };
      const kind = nodes[target][3];
      const title = shape("title", {}, `${nodes[source][4]} to ${nodes[target][4]}: ${share}`);
      return shape("g", { class: `ribbon ${KINDS[kind]}` }, title, shape("path", { d: band }), ...hatched(kind, lines));
    });
    const drawnNodes = nodes.map(([column, top, tall, kind, name, share, first = name, second = ""]) => {
      const left = column * pitch;
      const x = at(left + NODE + BESIDE);
      const middle = top + tall / 2;
      const lines = () => {
        let ticks = "";
        for (let tick = 1; tick <= Math.floor(tall / TICK); tick++) ticks += `M${at(left)} ${at(top + TICK * tick)}h${NODE}`;
        return ticks;
      };
      const below = [...(second ? [`${second} `] : []), shape("tspan", { class: "share" }, share)];
      return shape(
        "g",
        { class: `node ${KINDS[kind]}` },
        shape("title", {}, `${name}: ${share}`),
        shape("rect", { x: at(left), y: at(top), width: NODE, height: at(tall) }),
        ...hatched(kind, lines),
        shape("text", {}, shape("tspan", { x, y: at(middle - 2) }, first), shape("tspan", { x, y: at(middle + 11) }, ...below)),
      );
    });
    const columns = nodes[nodes.length - 1][0] + 1;
    const heads = Array.from({ length: columns }, (_, column) =>
      shape("text", { class: "head", x: at(column * pitch), y: 13 }, `Tier ${column}`),
    );
    svg.setAttribute("viewBox", `0 0 ${svg.viewBox.baseVal.width} ${at(height)}`);
    svg.setAttribute("aria-label", words);
    svg.replaceChildren(...drawnRibbons, ...drawnNodes, ...heads);
  };

  const fill = (body, rows) => {
    const sides = [...body.parentElement.tHead.rows[0].cells].map((head) => head.className);
    const cell = (content, column) => {
      const [text, own] = [content].flat();
      const attributes = { scope: column ? "" : "row", class: own ?? sides[column] };
      return html(column ? "td" : "th", attributes, ...text.split("\n").map((line) => html("span", {}, line)));
    };
    body.replaceChildren(...rows.map((row) => html("tr", {}, ...row.map(cell))));
  };

  for (const box of document.querySelectorAll(".tiers")) {
    const held = JSON.parse(box.querySelector("script").textContent);
    const chooser = box.querySelector(".chooser");
    const select = chooser.querySelector("select");
    const show = () => {
      const chosen = select.selectedIndex;
      const part = (name) => held[name].held[held[name].of[chosen]];
      const [name, sentence] = held.functions[chosen];
      box.querySelector(".told").textContent = sentence;
      box.querySelectorAll(".function").forEach((place) => (place.textContent = name));
      const [, , nodes, ribbons] = part("flow");
      draw(box.querySelector(".drawing svg"), part("flow"), sentence);
      const rows = {
        moves: ribbons.map(([of, into, , share]) => [nodes[of][4], `${nodes[of][0]}`, nodes[into][4], share]),
        tiers: part("tiers"),
        shares: part("shares"),
        operators: part("operators"),
      };
      for (const [table, cells] of Object.entries(rows)) fill(box.querySelector(`[data-part=${table}]`), cells);
      const asked = part("questions").map(([text, note]) =>
        html("li", {}, html("p", {}, text), html("p", { class: "soft small" }, note)),
      );
      box.querySelector("[data-part=questions]").replaceChildren(...asked);
      box.querySelector(".without").hidden = asked.length > 0;
    };
    chooser.hidden = false;
    box.querySelector(".unscripted").hidden = true;
    select.addEventListener("change", show);
    // A browser may keep the choice of an earlier visit.
    if (select.selectedIndex) show();
  }
})();
