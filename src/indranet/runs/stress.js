"use strict";
(() => {
  const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const WHOLE = 60;
  const MORE = 61;
  const classOf = (code) =>
    code === MORE ? "more" : `c${code === WHOLE ? 5 : Math.ceil((code * 4) / WHOLE)}`;
  const fate = (code, plant) => {
    if (code === MORE) return "makes more than usual";
    if (code === 0) return "as usual";
    if (code === WHOLE) return plant ? "stands still" : "all down";
    const share = `about ${Math.round((code * 100) / WHOLE)}\u00a0%`;
    return plant ? `${share} less than usual` : `${share} down`;
  };

  for (const map of document.querySelectorAll(".days-map")) {
    const { days, captions, still, drawn, shares } = JSON.parse(map.querySelector("script").textContent);
    // The first marks are as usual on every day.
    const shown = [...map.querySelector(".marks").children].slice(still).map((mark) => {
      const title = mark.querySelector("title");
      const words = title.textContent.slice(0, title.textContent.lastIndexOf(" \u2014 "));
      return { mark, title, plant: mark.tagName === "path", words };
    });
    const slider = map.querySelector(".slider input");
    const output = map.querySelector(".slider output");
    const show = () => {
      const step = Number(slider.value);
      const text = shares[drawn[step]];
      shown.forEach(({ mark, title, plant, words }, at) => {
        const code = at < text.length ? ALPHABET.indexOf(text[at]) : 0;
        mark.setAttribute("class", classOf(code));
        title.textContent = `${words} \u2014 ${fate(code, plant)}`;
      });
      output.textContent = days[step];
      slider.setAttribute("aria-valuetext", days[step]);
      map.querySelector(".caption").textContent = captions[step];
    };
    map.querySelector(".slider").hidden = false;
    slider.addEventListener("input", show);
    // A browser may keep the day of an earlier visit.
    show();
  }
})();
