// @ts-check
// The line of menus: which axis is rows, columns, side by side or one page at a time, and how large cells are.
import { make, makeButton } from "./common.js";
import { SIZES } from "./sheet_geometry.js";
import { shownOf, turned } from "./sheet_places.js";

/** @typedef {import("./sheet_places.js").Arrangement} Arrangement */
/** @typedef {import("./sheet_places.js").SweepAxis} SweepAxis */

/**
 * @param {string} key @param {string} label @param {[string, string][]} options value and words
 * @param {string} value @param {(value: string) => void} change
 */
export function makeMenu(key, label, options, value, change) {
  const holder = make("label", "leo-menu");
  holder.append(make("span", "", label));
  const select = make("select");
  select.dataset.key = key;
  for (const [each, words] of options) select.append(new Option(words, each, false, each === value));
  select.addEventListener("change", () => change(select.value));
  holder.append(select);
  return holder;
}

/**
 * @param {{
 *   turn: (next: Arrangement, said: string) => void, size: (width: number, isFinal: boolean) => void,
 *   panel: (name: "values" | "filter") => void, help: () => void, here: () => Record<string, number>,
 * }} host `here` is where the chosen cell stands on each axis
 */
export function makeMenus({ turn, size, panel, help, here }) {
  const node = make("div", "leo-menus");
  node.setAttribute("role", "toolbar");
  node.setAttribute("aria-label", "Arrangement");
  // only seen where it is narrow
  const fold = makeButton("leo-action leo-fold", "Arrange", () => {
    fold.setAttribute("aria-expanded", String(node.toggleAttribute("data-open")));
  });
  fold.setAttribute("aria-expanded", "false");
  const row = make("div", "leo-menu-row");
  const axesPart = make("span", "leo-menu-group");
  const valuesButton = makeButton("leo-action", "Values", () => panel("values"));
  const filterButton = makeButton("leo-action", "Filter", () => panel("filter"));
  const count = make("span", "leo-count");
  const zoom = make("label", "leo-menu leo-zoom");
  const range = make("input");
  Object.assign(range, { type: "range", min: "0", max: String(SIZES.length - 1), step: "1" });
  range.setAttribute("aria-label", "Size of the pictures");
  const sizeNow = () => SIZES[Number(range.value)];
  range.addEventListener("input", () => size(sizeNow(), false));
  range.addEventListener("change", () => size(sizeNow(), true));
  const fitButton = makeButton("leo-action", "Fit", () => size(0, true));
  fitButton.title = "As large as fits";
  zoom.append(make("span", "", "Size"), range);
  const helpButton = makeButton("leo-action leo-help-button", "?", help);
  helpButton.setAttribute("aria-label", "Keys");
  const tools = make("span", "leo-menu-group leo-tools");
  tools.append(count, valuesButton, filterButton, zoom, fitButton, helpButton);
  row.append(axesPart, tools);
  node.append(fold, row);
  let drawn = "";

  /** @param {Arrangement} a @param {SweepAxis[]} axes @param {string} together how the grids of facets stand */
  function drawAxes(a, axes, together) {
    const names = axes.map((axis) => axis.name);
    const key = JSON.stringify([names, a.x, a.y, a.facets, a.pages, together]);
    if (key === drawn) return;
    drawn = key;
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.key;
    const had = axesPart.contains(document.activeElement);
    axesPart.replaceChildren();
    if (names.length > 1) {
      for (const [place, label] of /** @type {["y" | "x", string][]} */ ([["y", "Rows"], ["x", "Columns"]])) {
        const options = /** @type {[string, string][]} */ ([...names.map((name) => [name, name]), ["", "none"]]);
        axesPart.append(makeMenu(place, label, options, a[place], (name) => {
          turn(turned(now, place, name, here()), `${label}: ${name || "none"}`);
        }));
      }
    }
    for (const axis of axes) {
      const isPage = a.pages.includes(axis.name);
      if (!isPage && (!a.facets.includes(axis.name) || names.length < 2)) continue;
      const ways = /** @type {[string, string][]} */ ([["facets", together], ["pages", "one at a time"]]);
      axesPart.append(makeMenu(`at ${axis.name}`, axis.name, ways, isPage ? "pages" : "facets", (way) => {
        turn(turned(now, /** @type {"facets" | "pages"} */ (way), axis.name, here()), `${axis.name} ${way === "pages" ? "one at a time" : "all at once"}`);
      }));
      if (isPage) axesPart.append(makePager(axis));
    }
    if (had && focused) for (const each of axesPart.querySelectorAll("[data-key]")) if (/** @type {HTMLElement} */ (each).dataset.key === focused) /** @type {HTMLElement} */ (each).focus();
  }

  /** @type {Arrangement} */
  let now;

  /** A slider through the values of an axis, one page each. @param {SweepAxis} axis */
  function makePager(axis) {
    const holder = make("span", "leo-pager");
    const slider = make("input");
    const label = make("output", "");
    slider.type = "range";
    slider.min = "0";
    slider.dataset.key = `page ${axis.name}`;
    slider.dataset.axis = axis.name;
    slider.setAttribute("aria-label", `Page of ${axis.name}`);
    slider.addEventListener("input", () => {
      const value = shownOf(now, axis)[Number(slider.value)];
      turn({ ...now, at: { ...now.at, [axis.name]: value } }, `${axis.name} ${axis.labels[value]}`);
    });
    label.dir = "auto";
    holder.append(slider, label);
    return holder;
  }

  return {
    node,
    /**
     * @param {Arrangement} a @param {SweepAxis[]} axes
     * @param {{ width: number, shown: number, total: number, open: string, isFiltered: boolean, side: number, bands: number }} facts
     *   `side` grids stand in a line, and `bands` lines below each other
     */
    draw(a, axes, { width, shown, total, open, isFiltered, side, bands }) {
      now = a;
      drawAxes(a, axes, bands < 2 ? "side by side" : side < 2 ? "below each other" : "in lines");
      for (const slider of /** @type {NodeListOf<HTMLInputElement>} */ (axesPart.querySelectorAll(".leo-pager input"))) {
        const axis = axes.find((each) => each.name === slider.dataset.axis);
        if (!axis) continue;
        const order = shownOf(a, axis);
        const label = axis.labels[a.at[axis.name]];
        slider.max = String(order.length - 1);
        slider.value = String(order.indexOf(a.at[axis.name]));
        slider.setAttribute("aria-valuetext", label);
        const words = /** @type {HTMLElement} */ (slider.nextSibling);
        words.textContent = label;
        words.title = label;
      }
      valuesButton.hidden = !axes.length;
      filterButton.hidden = total < 2;
      zoom.hidden = fitButton.hidden = total < 2;
      valuesButton.setAttribute("aria-expanded", String(open === "values"));
      filterButton.setAttribute("aria-expanded", String(open === "filter"));
      valuesButton.classList.toggle("leo-active", Object.keys(a.shown).length > 0);
      filterButton.classList.toggle("leo-active", isFiltered);
      count.textContent = shown === total ? "" : `${shown.toLocaleString("en")} of ${total.toLocaleString("en")}`;
      fitButton.setAttribute("aria-pressed", String(!a.size));
      let nearest = 0;
      SIZES.forEach((size, i) => (nearest = Math.abs(size - width) < Math.abs(SIZES[nearest] - width) ? i : nearest));
      range.value = String(nearest);
      range.setAttribute("aria-valuetext", `${width} pixels`);
    },
  };
}
