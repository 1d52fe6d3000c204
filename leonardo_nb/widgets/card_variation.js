// @ts-check
// The card of a picture made out of another: both in one frame, with a line between them that moves.
import { listen, make, makeButton, tellUse } from "./common.js";
import { address, cardOf, fill, makeFull } from "./card_base.js";

const EDGE = 16; // hundredths of the frame within which a word would be cut

/** Where a smaller picture stands inside a larger one, as CSS. @param {number[]} fractions left, top, width and height */
export const placed = (fractions) =>
  fractions.map((part, i) => `${["left", "top", "width", "height"][i]}: ${+(part * 100).toFixed(3)}%`).join("; ");

export default cardOf((place) => {
  const { model, view } = place;
  const use = tellUse(place);
  const full = makeFull(place);
  /** @type {Set<string>} */
  const urls = new Set();
  let drawn = "";
  /** @type {HTMLElement[]} */
  let nodes = [];
  let at = 50;

  /** @param {any} picture */
  function url(picture) {
    const made = address(picture);
    urls.add(made);
    return made;
  }

  /** @param {string} word @param {HTMLElement} node */
  function labelled(word, node) {
    node.append(make("span", `leo-label leo-${word}`, word));
    return node;
  }

  /** @param {any} picture */
  function opens(picture) {
    const button = makeButton("leo-cell", "", () => full.open(0));
    button.title = "Open in full size";
    button.setAttribute("aria-label", `Open the picture: ${picture.alt}`);
    return fill(button, picture, url(picture));
  }

  /** @param {any} before @param {any} after @param {number[]} found */
  function slider(before, after, found) {
    const both = make("div", "leo-cell leo-both");
    const under = fill(make("div", "leo-layer"), after, url(after));
    const over = make("div", "leo-layer leo-over");
    const source = fill(make("div", "leo-source"), before, url(before));
    source.style.cssText = placed(found);
    over.append(source);
    const range = make("input");
    Object.assign(range, { type: "range", min: "0", max: "100", value: String(at) });
    range.setAttribute("aria-label", "Before and after");
    labelled("before", both);
    labelled("after", both);
    const line = make("i");
    const move = () => {
      at = range.valueAsNumber;
      both.style.setProperty("--leo-at", `${at}%`);
      range.setAttribute("aria-valuetext", `${at} % before, ${100 - at} % after`);
      both.toggleAttribute("data-after", at < EDGE);
      both.toggleAttribute("data-before", at > 100 - EDGE);
    };
    range.addEventListener("input", move);
    // arrows move the line, and not what the notebook has chosen
    range.addEventListener("keydown", (event) => event.stopPropagation());
    move();
    both.prepend(under, over);
    both.append(line, range);
    return both;
  }

  function drawNodes() {
    const after = place.pictures()[0];
    const before = model.get("before");
    const found = model.get("place");
    const { ticking, phase } = view();
    const now = [after?.key, before?.key, found, phase].join();
    if (now === drawn) return;
    drawn = now;
    for (const each of urls) URL.revokeObjectURL(each);
    urls.clear();
    if (!after) {
      const cell = make("div", "leo-cell");
      // also for the moment in which the result is there and its picture is not
      nodes = ticking || phase === "done" ? [before?.key ? fill(cell, before, url(before)) : cell] : [];
    } else if (!before?.key || !found) nodes = [opens(after)];
    else if (found.length) nodes = [slider(before, after, found)];
    else
      nodes = [
        labelled("before", fill(make("div", "leo-cell"), before, url(before))),
        labelled("after", opens(after)),
      ].map((node) => (node.classList.add("leo-pair"), node));
  }

  const leave = listen(model, { "change:before": place.redraw, "change:place": place.redraw });

  return {
    draw({ ticking }) {
      drawNodes();
      return { nodes, waits: ticking && !place.pictures().length, across: nodes.length || 1 };
    },
    acts: { open: () => full.open(0) },
    heard: full.heard,
    end() {
      leave();
      use.end();
      full.close();
      for (const each of urls) URL.revokeObjectURL(each);
      urls.clear();
    },
  };
});
