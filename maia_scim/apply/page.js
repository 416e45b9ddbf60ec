
"use strict";
(() => {
  const one = (query, within = document) => within.querySelector(query);
  const all = (query, within = document) => Array.from(within.querySelectorAll(query));
  const box = one("#q"), status = one("#shown"), reset = one("#all"), nothing = one("#nothing"), tools = one(".tools");
  const tiles = all(".tile"), rows = all("[data-f]"), folds = all("details");
  const sections = all("section").map((section) => ({ section, rows: all("[data-f]", section), count: one(".count", section) }));
  const lists = all(".plain").map((list) => ({ list, rows: all("li", list) }));
  const flags = rows.map((row) => row.dataset.f.split(" "));
  const numbers = new Intl.NumberFormat("en");
  let texts = null, state = "", timer = 0;

  // Without case and accents, so that "muller" finds "Müller".
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  // Read off the page when it is first needed: a copy of each value in an attribute would double the file.
  const index = () => rows.map((row) => plain(row.localName === "li" ? row.textContent
    : all("[data-t]", row).map((each) => each.textContent).join("\n")));

  const filter = () => {
    const words = plain(box.value).split(/\s+/).filter(Boolean);
    if (words.length && !texts) texts = index();
    const fits = rows.map((row, at) => (!state || flags[at].includes(state)) && words.every((word) => texts[at].includes(word)));
    rows.forEach((row, at) => { if (row.hidden === fits[at]) row.hidden = !fits[at]; });
    const narrowed = Boolean(state || words.length), shown = fits.filter(Boolean).length;
    for (const each of sections) {
      const left = each.rows.reduce((sum, row) => sum + !row.hidden, 0), whole = each.rows.length;
      each.section.hidden = !left;
      each.count.textContent = left === whole ? numbers.format(whole) : `${numbers.format(left)} of ${numbers.format(whole)}`;
    }
    // An empty list out of sight would still take the room that it is taken to need.
    for (const { list, rows: own } of lists) list.hidden = own.every((row) => row.hidden);
    folds.forEach((fold) => { fold.open = narrowed; });
    tiles.forEach((tile) => tile.setAttribute("aria-pressed", String(tile.dataset.state === state)));
    const tile = tiles.find((each) => each.dataset.state === state);
    const only = [tile && one("span", tile).textContent, words.length && `“${box.value.trim()}”`].filter(Boolean).join(", ");
    status.textContent = narrowed
      ? `${numbers.format(shown)} of ${numbers.format(rows.length)} shown: ${only}`
      : `${numbers.format(rows.length)} ${rows.length === 1 ? "row" : "rows"}`;
    tools.classList.toggle("narrowed", narrowed);
    reset.hidden = !narrowed;
    nothing.hidden = shown > 0 || !rows.length;
  };

  // The address holds the filter, so that it can be linked to. Where a page may not change its address, it is left.
  const remember = () => {
    const wanted = new URLSearchParams();
    if (box.value.trim()) wanted.set("q", box.value.trim());
    if (state) wanted.set("state", state);
    try { history.replaceState(null, "", `#${wanted}`); } catch { /* a preview in a frame */ }
  };
  const recall = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    box.value = wanted.get("q") ?? "";
    const named = wanted.get("state");
    state = tiles.some((tile) => !tile.disabled && tile.dataset.state === named) ? named : "";
    filter();
  };
  const change = () => { clearTimeout(timer); filter(); remember(); };

  for (const tile of tiles) {
    tile.disabled = !("any" in tile.dataset);
    tile.addEventListener("click", () => { state = state === tile.dataset.state ? "" : tile.dataset.state; change(); });
  }
  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(change, 150); });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") change();
    if (event.key === "Escape") { box.value = ""; change(); }
  });
  reset.addEventListener("click", () => { box.value = ""; state = ""; change(); box.focus(); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target === box) return;
    event.preventDefault();
    box.focus();
  });
  addEventListener("hashchange", recall);

  // Browsers that cannot open them for print by style alone.
  let closed = [];
  addEventListener("beforeprint", () => { closed = folds.filter((fold) => !fold.open); closed.forEach((fold) => { fold.open = true; }); });
  addEventListener("afterprint", () => { closed.forEach((fold) => { fold.open = false; }); });

  tools.hidden = !rows.length;
  recall();
})();
