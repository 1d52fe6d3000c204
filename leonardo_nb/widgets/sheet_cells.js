// @ts-check
// How one cell of a grid looks and what is said of it: its state by shape and hatching, its picture, its marks.
import { drawMark, make } from "./common.js";
import { piecesOf } from "./sheet_geometry.js";

/** @typedef {{ star?: boolean, reject?: boolean, note?: string }} Mark */
/**
 * What a cell shows at a moment.
 * @typedef {{
 *   cell: number, letter: string, picture: HTMLImageElement | null, isMissing: boolean, mark: Mark | undefined,
 *   chosen: boolean, compared: number, name: string, reason: string, ratio: number, tag: string, words?: string,
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
  if (letter === "d" && !isMissing && !mark && !compared && !reason) return "done";
  const said = [STATES[letter]?.[1] ?? "", reason];
  if (letter === "d" && isMissing) said.push("its picture cannot be shown");
  if (mark?.star) said.push("starred");
  if (mark?.reject) said.push("rejected");
  if (mark?.note) said.push(`note: ${mark.note}`);
  if (compared) said.push(`${compared} in the comparison`);
  return said.filter(Boolean).join(", ");
}

/** Write a label that breaks between its words, and within one only where it must. @param {HTMLElement} node @param {string} text */
export function writeLabel(node, text) {
  node.replaceChildren(...piecesOf(text).flatMap((piece, i) => (i ? [make("wbr"), piece] : [piece])));
}

/** @type {WeakMap<HTMLElement, Look>} */
const shown = new WeakMap();

/** Whether two cells have the same signs over their picture. @param {Look} a @param {Look} b */
const hasSameSigns = (a, b) => a.mark === b.mark && a.compared === b.compared && a.tag === b.tag;

/**
 * Draw a cell; what the node shows already stays, since a page has a thousand of them.
 * @param {HTMLElement} node @param {Look} look
 */
export function drawCell(node, look) {
  const before = shown.get(node);
  const { cell, letter, picture, isMissing, mark, chosen, compared, tag } = look;
  shown.set(node, look);
  const isFilled = picture !== null && letter === "d";
  if (before?.letter !== letter) {
    node.dataset.letter = letter;
    node.dataset.state = (STATES[letter] ?? STATES.w)[1];
  }
  if (before?.cell !== cell) node.dataset.cell = String(cell);
  const isPicked = chosen || compared > 0;
  if (!before || (before.chosen || before.compared > 0) !== isPicked) node.setAttribute("aria-selected", String(isPicked));
  const style = `leo-cell${isFilled ? " leo-filled" : ""}${chosen ? " leo-chosen" : ""}${mark?.reject ? " leo-rejected" : ""}`;
  if (node.className !== style) node.className = style;
  const words = wordsOf(look);
  if (before?.cell !== cell || before.words !== words) node.setAttribute("aria-label", `${look.name}: ${words}`);
  look.words = words;
  if (look.ratio !== (before?.ratio ?? 0)) node.style.setProperty("--leo-ratio", String(look.ratio));
  const isSame = before && before.letter === letter && before.isMissing === isMissing && hasSameSigns(before, look);
  if (isSame && before.picture === picture && (!isFilled || picture.parentNode === node)) return;
  if (isFilled && !mark && !compared && !tag) {
    // the usual case: a picture and nothing over it
    if (node.childNodes.length === 1) node.replaceChild(picture, /** @type {Node} */ (node.firstChild));
    else node.replaceChildren(picture);
    return;
  }
  /** @type {Node[]} */
  const parts = [];
  if (isFilled) parts.push(picture);
  else if (letter !== "d" || isMissing) parts.push(copied((STATES[letter] ?? STATES.w)[0], drawMark));
  if (mark?.star) parts.push(copied("star", drawBadge));
  if (mark?.reject) parts.push(copied("reject", drawBadge));
  if (mark?.note) parts.push(copied("note", drawBadge));
  if (compared) parts.push(make("span", "leo-number", String(compared)));
  if (tag) {
    const label = make("span", "leo-tag");
    writeLabel(label, tag);
    label.dir = "auto";
    parts.push(label);
  }
  node.replaceChildren(...parts);
}
