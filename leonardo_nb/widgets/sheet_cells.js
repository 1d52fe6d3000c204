// @ts-check
// How one cell of a grid looks and what is said of it: its state by shape and hatching, its picture, its marks.
import { drawMark, make } from "./common.js";

/** @typedef {{ star?: boolean, reject?: boolean, note?: string }} Mark */
/**
 * What a cell shows at a moment.
 * @typedef {{
 *   cell: number, letter: string, picture: HTMLImageElement | null, key: string, isMissing: boolean,
 *   mark: Mark | undefined, chosen: boolean, compared: number, name: string, reason: string, ratio: number, tag: string,
 * }} Look
 */

/** What a letter of `states` means: the mark of a cell and the word for it. */
export const STATES = /** @type {Record<string, [string, string]>} */ ({
  w: ["circle", "waiting"],
  r: ["quarter", "running"],
  l: ["broken", "answer lost, looking for it"],
  d: ["disc", "done"],
  f: ["triangle", "failed"],
  u: ["broken", "outcome unknown"],
  s: ["square", "stopped"],
});

const NAMESPACE = "http://www.w3.org/2000/svg";
const BADGES = /** @type {Record<string, string>} */ ({
  star: "M8 1.6 9.9 6l4.7.4-3.6 3.1 1.1 4.6L8 11.6l-4.1 2.5L5 9.5 1.4 6.4 6.1 6Z",
  reject: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  note: "M3 3.5h10M3 8h10M3 12.5h6",
});

/** A small sign over a picture; its outline keeps it legible on any. @param {string} name */
export function drawBadge(name) {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `leo-badge leo-badge-${name}`);
  svg.setAttribute("aria-hidden", "true");
  for (const layer of ["leo-under", "leo-over"]) {
    const path = document.createElementNS(NAMESPACE, "path");
    path.setAttribute("d", BADGES[name]);
    path.setAttribute("class", layer);
    svg.append(path);
  }
  return svg;
}

/** @type {Map<string, SVGElement>} */
const drawn = new Map();

/** Marks are drawn once and then copied, since a page shows many. @param {string} name @param {(name: string) => SVGElement} draw */
function copied(name, draw) {
  const known = drawn.get(name) ?? draw(name);
  drawn.set(name, known);
  return /** @type {SVGElement} */ (known.cloneNode(true));
}

/** What is said of a cell beside its values. @param {Look} look */
export function wordsOf({ letter, isMissing, mark, compared, reason }) {
  const said = [STATES[letter]?.[1] ?? "", reason];
  if (letter === "d" && isMissing) said.push("its picture cannot be shown");
  if (mark?.star) said.push("starred");
  if (mark?.reject) said.push("rejected");
  if (mark?.note) said.push(`note: ${mark.note}`);
  if (compared) said.push(`${compared} in the comparison`);
  return said.filter(Boolean).join(", ");
}

/** @type {WeakMap<HTMLElement, string>} */
const shown = new WeakMap();

/** Draw a cell, where it does not show this already. @param {HTMLElement} node @param {Look} look */
export function drawCell(node, look) {
  const { cell, letter, picture, key, isMissing, mark, chosen, compared, name, reason, ratio, tag } = look;
  const bits = `${mark?.star ? 1 : 0}${mark?.reject ? 1 : 0}${mark?.note ?? ""}`;
  const now = `${cell} ${letter} ${key} ${isMissing} ${chosen} ${compared} ${reason} ${tag} ${bits}`;
  if (shown.get(node) === now && (!picture || picture.parentNode === node)) return;
  shown.set(node, now);
  const [shape, word] = STATES[letter] ?? STATES.w;
  node.dataset.state = word;
  node.dataset.letter = letter;
  node.dataset.cell = String(cell);
  node.classList.toggle("leo-chosen", chosen);
  node.classList.toggle("leo-rejected", Boolean(mark?.reject));
  node.setAttribute("aria-selected", String(chosen || compared > 0));
  node.setAttribute("aria-label", `${name}: ${wordsOf(look)}`);
  /** @type {Node[]} */
  const parts = [];
  if (picture && letter === "d") parts.push(picture);
  else if (letter !== "d" || isMissing) parts.push(copied(shape, drawMark));
  node.classList.toggle("leo-filled", parts[0] === picture);
  node.style.setProperty("--leo-ratio", String(ratio));
  if (mark?.star) parts.push(copied("star", drawBadge));
  if (mark?.reject) parts.push(copied("reject", drawBadge));
  if (mark?.note) parts.push(copied("note", drawBadge));
  if (compared) parts.push(make("span", "leo-number", String(compared)));
  if (tag) {
    const label = make("span", "leo-tag", tag);
    label.dir = "auto";
    parts.push(label);
  }
  node.replaceChildren(...parts);
}
