// @ts-check
// The card of pictures made from words: thumbnails side by side, each of which opens in full size.
import { make, makeButton } from "./common.js";
import { address, cardOf, fill, makeFull } from "./card_base.js";

/** How many pictures side by side. @param {number} count */
export const columns = (count) => (count < 2 ? 1 : count < 5 ? 2 : 3);

export default cardOf((place) => {
  const full = makeFull(place);
  /** @type {Map<string, { node: HTMLElement, url: string }>} */
  const shown = new Map();

  /** @param {any} picture @param {number} index @param {number} total */
  function thumbnail(picture, index, total) {
    const have = shown.get(picture.key);
    if (have) return have.node;
    const url = address(picture);
    const button = makeButton("leo-cell", "", () => full.open(index));
    button.title = "Open in full size";
    button.setAttribute("aria-label", `Open picture ${index + 1}${total > 1 ? ` of ${total}` : ""}: ${picture.alt}`);
    const node = fill(button, picture, url);
    shown.set(picture.key, { node, url });
    return node;
  }

  return {
    draw({ frame, ticking }) {
      const many = place.pictures();
      const count = ticking ? Math.max(frame.count, many.length) : many.length;
      const nodes = Array.from({ length: count }, (_, i) =>
        many[i] ? thumbnail(many[i], i, many.length) : make("div", "leo-cell"),
      );
      for (const [key, { url }] of shown)
        if (!many.some((picture) => picture.key === key)) {
          URL.revokeObjectURL(url);
          shown.delete(key);
        }
      return { nodes, waits: ticking && !many.length, across: columns(count) };
    },
    acts: { open: () => full.open(0) },
    heard: full.heard,
    end() {
      full.close();
      for (const { url } of shown.values()) URL.revokeObjectURL(url);
      shown.clear();
    },
  };
});
