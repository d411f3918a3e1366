// The page: what is taken away, the answer, and what hangs on what.

import { colour, draw, position } from "./map.js";
import { at, element, table } from "./pieces.js";
import { search } from "./search.js";
import { get, post, thingPath } from "./server.js";
import { list, listed, load, number, percent, say } from "./words.js";

const MOST_ROWS = 60;
const MANY = ["territory", "jurisdiction", "control", "vulnerability", "domain"];
const CHOICES = ["horizon", "plane"];
const taken = [];
let about;
let turn = 0;
let looks = 0;

const same = (one, other) => one.kind === other.kind && one.id === other.id;
const unit = (key) => say(`${key}/${about.people_counted_by}`);
const sitesWords = (sites) => say("sites_count", { number: sites, count: number(sites) });
const kindWords = (thing) => say(`kinds/${thing.kind}`);
const button = (text, onclick, attributes = {}) => element("button", { type: "button", onclick, ...attributes }, element("bdi", {}, text));
const failed = (error) => {
  at("fault").textContent = say("fault", { error: error.message });
  at("fault").hidden = false;
};

function takeAway(thing) {
  if (!taken.some((other) => same(other, thing))) taken.push(thing);
  changed();
  look(thing);
}

function putBack(thing) {
  taken.splice(taken.findIndex((other) => same(other, thing)), 1);
  changed();
  look(thing);
  at("search").focus();
}

function changed() {
  at("chips").replaceChildren(...taken.map((thing) =>
    element("li", { class: "chip" },
      button(thing.name, () => visit(thing)), element("span", { class: "soft small" }, kindWords(thing)),
      element("button", { type: "button", class: "back", "aria-label": say("take_back", { name: thing.name }), onclick: () => putBack(thing) }, "×"))));
  at("clear").hidden = taken.length === 0;
  const state = new URLSearchParams(taken.map((thing) => ["without", `${thing.kind}:${thing.id}`]));
  for (const id of CHOICES) if (at(id).value !== at(id).dataset.usual) state.append(id, at(id).value);
  history.replaceState(null, "", `#${state}`);
  ask();
}

async function ask() {
  const mine = (turn += 1);
  const authority = at("plane").value;
  const asked = { things: taken.map((thing) => `${thing.kind}:${thing.id}`), horizon: at("horizon").value };
  if (authority) Object.assign(asked, { plane: "trusted", authority });
  document.body.setAttribute("aria-busy", "true");
  try {
    const lost = await post("/api/loss", asked);
    if (mine !== turn) return;
    at("fault").hidden = true;
    show(lost);
  } catch (error) {
    if (mine === turn) failed(error);
  }
  if (mine === turn) document.body.removeAttribute("aria-busy");
}

function show(lost) {
  const words = sentence(lost);
  at("answer").textContent = words;
  at("horizons").textContent = taken.length ? eachHorizon(lost) : "";
  colour(lost.shares, words);
  showCountries(lost.countries);
  showServices(lost);
}

function sentence(lost) {
  const total = lost.totals[lost.horizon];
  const things = listed(lost.things.map((thing) => (MANY.includes(thing.kind) ? say("of_kind", { name: thing.name, kind: kindWords(thing) }) : thing.name)));
  const all = number(about.counted.services);
  const when = say(`horizons/${lost.horizon}`);
  if (!lost.things.length) return say("nothing_taken", { number: about.counted.services, count: all });
  if (!total.services_lost && !total.sites_lost && !total.people_lost) return say("unharmed", { things, when });
  if (!total.services_lost) return say("sites_only", { things, when, sites: sitesWords(total.sites_lost), people: number(total.people_lost), unit: unit("unit") });
  const hit = lost.countries.filter((country) => country.rows_lost > 0).length;
  const more = lost.more[lost.horizon].services_lost;
  const together = more ? ` ${say("more_together", { number: more, count: number(more) })}` : "";
  return say("answer", {
    number: total.services_lost, count: number(total.services_lost), all, things, when,
    people: number(total.people_lost), unit: unit("unit"), countries: say("countries_count", { number: hit, count: hit }),
  }) + together;
}

const eachHorizon = (lost) => Object.entries(lost.totals)
  .map(([horizon, sums]) => say("each_horizon", {
    horizon: say(`horizons/${horizon}`), services: number(sums.services_lost),
    people: number(sums.people_lost), unit: unit("unit"), sites: number(sums.sites_lost),
  })).join(" · ");

function showCountries(countries) {
  const rows = countries.map((country) => [
    button(country.name, () => visit({ kind: "territory", id: country.country, name: country.name })),
    number(country.people_lost), percent(country.people_share), number(country.rows_lost), number(country.sites_lost),
  ]);
  const heads = [say("country"), unit("unit_head"), say("share"), say("services_lost"), say("sites_lost")];
  at("countries").replaceChildren(rows.length ? table(say("countries"), heads, rows) : element("p", { class: "soft" }, say("countries_none")));
}

function showServices(lost) {
  const rows = lost.services.slice(0, MOST_ROWS).map((service) => [
    button(service.name, () => visit({ kind: "service", ...service })), number(service.people),
  ]);
  const left = lost.totals[lost.horizon].services_lost - rows.length;
  const heads = [say("service"), unit("unit_head")];
  const content = rows.length ? [table(say("services"), heads, rows)] : [element("p", { class: "soft" }, say("services_none"))];
  if (left > 0) content.push(element("p", { class: "soft small" }, say("more", { count: number(left) })));
  at("services").replaceChildren(...content);
}

async function look(thing) {
  const mine = (looks += 1);
  try {
    const found = await get(thingPath(thing));
    if (mine !== looks) return;
    const where = [kindWords(found), found.country, found.lat === null ? "" : position(found.lat, found.lon)];
    const reason = await why(found);
    if (mine !== looks) return;
    at("thing").replaceChildren(
      element("h3", {}, element("bdi", {}, found.name)),
      element("p", { class: "soft small" }, where.filter(Boolean).join(" · "), " ", element("code", {}, `${found.kind}:${found.id}`)),
      taken.some((other) => same(other, found))
        ? button(say("take_back", { name: found.name }), () => putBack(found), { class: "act" })
        : button(say("take"), () => takeAway(found), { class: "act" }),
      ...reason,
      ...(found.takes.found ? around("takes", found.takes) : []),
      ...around("needs", found.needs), ...around("users", found.users),
    );
  } catch (error) { failed(error); }
}

async function visit(thing) {
  await look(thing);
  at("thing").scrollIntoView({ block: "nearest" });
}

/** Why a thing stops without what is taken away; nothing where it does not, or is taken itself. */
async function why(thing) {
  if (!taken.length || at("plane").value || MANY.includes(thing.kind) || taken.some((other) => same(other, thing))) return [];
  const name = (one) => `${one.kind}:${one.id}`;
  const horizon = at("horizon").value;
  const { steps } = await post("/api/why", { thing: name(thing), things: taken.map(name), horizon });
  const rows = steps.slice(1).map((step) => element("li", {},
    element("bdi", {}, step.name), " ", element("span", { class: "soft small" }, kindWords(step)),
    element("div", { class: "soft small" }, step.why, step.known ? ` (${say("known", { known: step.known })})` : "")));
  if (!rows.length) return [];
  return [element("h4", {}, say("why", { when: say(`horizons/${horizon}`) })), element("ol", { class: "path" }, ...rows)];
}

function around(key, others) {
  const rows = others.things.map((thing) => {
    const told = thing.kind in about.kinds ? button(thing.name, () => visit(thing)) : element("bdi", {}, thing.name);
    return element("li", {}, told, " ", element("span", { class: "soft small" }, kindWords(thing)));
  });
  const left = others.found - rows.length;
  if (left > 0) rows.push(element("li", { class: "soft small" }, say("more", { count: number(left) })));
  return [
    element("h4", {}, say(key)),
    rows.length ? element("ul", { class: "others tall", tabindex: "0", "aria-label": say(key) }, ...rows) : element("p", { class: "soft small" }, say("none")),
  ];
}

async function showRuns() {
  const found = await get("/api/runs");
  const rows = found.runs.map((run) => element("li", {},
    element("bdi", {}, run.name), " ", element("span", { class: "soft small" }, `${run.command} · ${run.case} · ${run.marking}`), " ",
    ...(run.reported ? [element("a", { href: `/runs/${encodeURIComponent(run.name)}/report`, target: "_blank", rel: "noopener" }, say("report"))] : [])));
  const content = rows.length ? [element("ul", { class: "others" }, ...rows)] : [element("p", { class: "soft" }, say("runs_none"))];
  if (found.damaged.length) content.push(element("p", { class: "soft small" }, say("runs_damaged", { names: found.damaged.join(", ") })));
  at("runs").replaceChildren(...content);
}

function option(value, text, chosen = false) {
  return element("option", { value, selected: chosen }, text);
}

function head() {
  const names = { case: about.name, marking: about.marking, title: say("title") };
  document.title = say("document", names);
  at("marking").textContent = about.marking;
  at("marking").className = `tlp-${about.marking.slice(4).split("+")[0].toLowerCase()}`;
  at("case").textContent = about.name;
  at("about").textContent = say("about", {
    case: about.name, services: number(about.counted.services), people: number(about.counted.people), unit: unit("unit"), sites: number(about.counted.sites),
  });
  at("note").textContent = unit("unit_note");
  const shares = Object.entries(about.provenance_shares).sort(([, one], [, other]) => other - one);
  at("rows").textContent = say("rows", { shares: shares.map(([name, share]) => `${percent(share)} ${name}`).join(", ") });
  at("kind").append(option("", say("kind_all")), ...Object.keys(list("kinds")).filter((kind) => kind in about.kinds).map((kind) => option(kind, say(`kinds/${kind}`))));
  at("horizon").append(...Object.keys(list("horizons")).map((horizon) => option(horizon, say(`horizons/${horizon}`), horizon === "in time")));
  at("plane").append(option("", say("plane_works")), ...about.authorities.map((authority) => option(authority, say("plane_trusted", { authority }))));
}

/** What the address asks; a link that someone sent opens on the same question. */
async function fromAddress() {
  const state = new URLSearchParams(location.hash.slice(1));
  for (const id of CHOICES) {
    at(id).dataset.usual = at(id).value;
    const wanted = state.get(id);
    if ([...at(id).options].some((one) => one.value === wanted)) at(id).value = wanted;
  }
  for (const name of state.getAll("without")) {
    const [kind, ...rest] = name.split(":");
    try {
      const thing = await get(thingPath({ kind, id: rest.join(":") }));
      if (!taken.some((other) => same(other, thing))) taken.push(thing);
    } catch (error) { failed(error); }
  }
}

async function begin() {
  const [map, found] = await Promise.all([get("/api/map"), get("/api/case"), load()]);
  about = found;
  head();
  at("thing").append(element("p", { class: "soft" }, say("thing_none")));
  draw(map);
  search(takeAway, failed);
  at("clear").addEventListener("click", () => { taken.length = 0; changed(); at("search").focus(); });
  for (const id of CHOICES) at(id).addEventListener("change", changed);
  addEventListener("hashchange", () => location.reload());
  await fromAddress();
  changed();
  await showRuns();
}

begin().catch(failed);
