// The map: coastlines and places, coloured by the share of their sites that stops.

import { at, drawn, element } from "./pieces.js";
import { list, number, percent, say } from "./words.js";

const shareClass = (share) => (share <= 0 ? 0 : share >= 1 ? 5 : Math.max(1, Math.ceil(share * 4)));
let circles = [];
let titles = [];

export function draw(map) {
  const svg = at("map");
  svg.setAttribute("viewBox", `0 0 ${map.width} ${map.height}`);
  svg.append(
    drawn("rect", { class: "sea", width: map.width, height: map.height }),
    drawn("path", { class: "graticule", d: map.graticule }),
    drawn("path", { class: "land", "fill-rule": "evenodd", d: map.land }),
    drawn("path", { class: "coast", d: map.coast }),
  );
  const group = drawn("g");
  // Large circles lie below small ones, but the order of answers stays.
  circles = map.places.map((place) => drawn("circle", { cx: place.x, cy: place.y, r: place.radius, class: "c0" }));
  titles = map.places.map((place, i) => {
    const title = drawn("title");
    circles[i].append(title);
    return [title, { where: position(place.lat, place.lon), sites: number(place.sites) }];
  });
  const order = map.places.map((_, i) => i).sort((a, b) => map.places[b].radius - map.places[a].radius);
  group.append(...order.map((i) => circles[i]));
  svg.append(group);
  at("legend").append(...list("legend").map((text, i) => {
    const mark = drawn("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
    mark.append(drawn("circle", { class: `c${i}`, cx: 8, cy: 8, r: 6 }));
    return element("li", {}, mark, text);
  }));
}

export function position(lat, lon) {
  const side = (value, plus, minus) => `${Math.abs(value).toFixed(1)}°\u00a0${value < 0 ? minus : plus}`;
  return say("at", { lat: side(lat, "N", "S"), lon: side(lon, "E", "W") });
}

export function colour(shares, words) {
  circles.forEach((circle, i) => {
    const share = shares[i] ?? 0;
    circle.setAttribute("class", `c${shareClass(share)}`);
    titles[i][0].textContent = say("place", { ...titles[i][1], share: percent(share) });
  });
  at("map").setAttribute("aria-label", say("map_label", { answer: words }));
}
