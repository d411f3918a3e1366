// Every word of the page stands in words.en.json; what comes from data goes in as text only.

const LANGUAGE = "en";
const plurals = new Intl.PluralRules(LANGUAGE);
const whole = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(LANGUAGE, {
  notation: "compact", compactDisplay: "long", maximumSignificantDigits: 3,
});
let words = {};

export async function load() {
  words = await (await fetch(`/static/words.${LANGUAGE}.json`)).json();
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = say(node.dataset.word);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
}

export const list = (key) => words[key];

/** The words of a key with its gaps filled; `count` chooses between one and other. */
export function say(key, filling = {}) {
  const found = key.split("/").reduce((at, part) => at[part], words);
  const text = typeof found === "string" ? found : found[plurals.select(filling.number ?? 0)] ?? found.other;
  return text.replace(/\{(\w+)\}/g, (gap, name) => (name in filling ? filling[name] : gap));
}

export const number = (value) => (Math.abs(value) < 10000 ? whole : short).format(value);

export function percent(share) {
  if (share > 0 && share < 0.01) return "< 1\u00a0%";
  if (share < 1 && share > 0.99) return "> 99\u00a0%";
  return `${Math.round(share * 100)}\u00a0%`;
}

/** Names with commas, and the last with "and"; more than five are counted. */
export function listed(names) {
  const shown = names.length > 5 ? [...names.slice(0, 4), say("more", { count: names.length - 4 }).replace(/^and /, "")] : names;
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} ${say("and")} ${shown.at(-1)}`;
}
