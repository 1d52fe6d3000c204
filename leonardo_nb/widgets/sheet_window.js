// @ts-check
// The part of a grid that is in view: only those cells and labels are on the page, and used again while scrolling.
import { make } from "./common.js";
import { writeLabel } from "./sheet_cells.js";
import { RING, cellOf, leftOf, slotAt, spotOf, topOf, windowOf } from "./sheet_geometry.js";

/** @typedef {import("./sheet_geometry.js").Geometry} Geometry */
/** @typedef {import("./sheet_places.js").Places} Places */
/** @typedef {{ columns: string[], rows: string[], titles: (f: number) => string, x: string, y: string, name: string }} Words */
/** @typedef {{ node: HTMLElement, label: HTMLElement, cells: Map<number, HTMLElement>, key: string, line: number }} Line */
/** @typedef {{ node: HTMLElement, heads: HTMLElement, parts: Map<string, HTMLElement> }} Band */

/** Pixels beyond the view in which cells are drawn already. */
const MARGIN = 260;
/** As many lines as this are kept for later. */
const SPARE = 80;

/**
 * @param {HTMLElement} viewport
 * @param {{ fill: (node: HTMLElement, cell: number) => void, moved: () => void }} host
 *   `fill` draws a cell into a node that may have shown another one; `moved` is called after scrolling
 */
export function makeWindow(viewport, { fill, moved }) {
  const canvas = make("div", "leo-canvas");
  canvas.setAttribute("role", "grid");
  canvas.setAttribute("aria-multiselectable", "true");
  viewport.append(canvas);
  /** @type {Geometry} */
  let g;
  /** @type {Places} */
  let places;
  /** @type {Words} */
  let words;
  let pin = -1;
  /** @type {Map<number, Band>} */
  const bands = new Map();
  /** @type {Map<number, Line>} */
  const lines = new Map();
  /** @type {Line[]} */
  let spare = [];
  /** @type {Map<number, HTMLElement>} */
  const nodes = new Map(); // cell -> node
  /** @type {WeakMap<Element, number>} */
  const cells = new WeakMap();

  const view = () => ({ left: viewport.scrollLeft, top: viewport.scrollTop, width: viewport.clientWidth, height: viewport.clientHeight });

  /** @param {HTMLElement} node */
  function letGo(node) {
    const cell = cells.get(node) ?? -1;
    if (nodes.get(cell) === node) nodes.delete(cell);
    cells.delete(node);
  }

  /** @param {number} at */
  function bandOf(at) {
    const known = bands.get(at);
    if (known) return known;
    const node = make("div", "leo-band");
    node.setAttribute("role", "rowgroup");
    node.style.top = `${at * g.bandHeight}px`;
    node.style.height = `${g.bandHeight}px`;
    const heads = make("div", "leo-heads");
    // where one axis wraps, each cell has its own label
    heads.setAttribute("role", g.flows ? "presentation" : "row");
    if (!g.flows) heads.setAttribute("aria-rowindex", String(at * (g.lines + 1) + 1));
    heads.style.height = `${g.heading - RING}px`;
    const corner = make("div", "leo-corner");
    corner.style.width = `${g.flows ? 0 : g.labels - RING}px`;
    if (!g.flows && words.y) corner.append(nameOf(words.y));
    heads.append(corner);
    node.append(heads);
    canvas.append(node);
    const band = { node, heads, parts: new Map() };
    bands.set(at, band);
    return band;
  }

  /** The name of an axis, which a screen reader has from the grid's own. @param {string} text */
  function nameOf(text) {
    const name = make("span", "leo-axis-name", text);
    name.title = text;
    name.setAttribute("aria-hidden", "true");
    return name;
  }

  /** The labels over the columns and the titles of the facets. @param {Band} band @param {number} at @param {number} from @param {number} to */
  function drawHeads(band, at, from, to) {
    const wanted = new Set();
    /** @param {string} key @param {() => HTMLElement} draw */
    const want = (key, draw) => {
      wanted.add(key);
      if (band.parts.has(key)) return;
      const part = draw();
      band.parts.set(key, part);
      band.heads.append(part);
    };
    const first = Math.floor(from / g.columns);
    const last = Math.floor(to / g.columns);
    for (let s = first; g.title && s <= last; s++) {
      const f = at * g.side + s;
      if (f >= places.facets.length) break;
      want(`f${s}`, () => {
        const text = words.titles(f);
        const title = make("div", "leo-title");
        title.style.left = `${g.flows ? g.labels : leftOf(g, s * g.columns)}px`;
        title.style.width = `${g.flows ? g.W - 2 * g.labels : g.columns * g.pitchX - g.gap}px`;
        title.style.height = `${g.title}px`;
        const inner = make("span", "", text);
        inner.dir = "auto";
        inner.style.left = `${g.labels + 4}px`;
        title.title = text;
        title.append(inner);
        return title;
      });
    }
    for (let s = first; g.names && words.x && s <= last; s++) {
      if (at * g.side + s >= places.facets.length) break;
      want(`n${s}`, () => {
        const holder = make("div", "leo-title leo-over");
        holder.style.left = `${leftOf(g, s * g.columns)}px`;
        holder.style.width = `${g.columns * g.pitchX - g.gap}px`;
        holder.style.top = `${g.title}px`;
        holder.style.height = `${g.names}px`;
        const name = nameOf(words.x);
        name.style.left = `${g.labels + 4}px`;
        holder.append(name);
        return holder;
      });
    }
    for (let slot = from; !g.flows && words.x && slot <= to; slot++) {
      const c = slot % g.columns;
      if (c % g.skipX || at * g.side + Math.floor(slot / g.columns) >= places.facets.length) continue;
      want(`c${slot}`, () => {
        const label = make("div", "leo-label");
        label.setAttribute("role", "columnheader");
        label.setAttribute("aria-colindex", String(slot + 2));
        writeLabel(label.appendChild(make("span")), words.columns[c]);
        /** @type {HTMLElement} */ (label.firstChild).dir = "auto";
        label.title = `${words.x} ${words.columns[c]}`;
        label.dataset.axis = "x";
        label.dataset.at = String(c);
        label.style.left = `${leftOf(g, slot)}px`;
        const span = Math.min(g.skipX, g.columns - c);
        label.style.width = `${(span > 1 ? span : 1) * g.pitchX - g.gap}px`;
        label.style.top = `${g.title + g.names}px`;
        label.style.height = `${g.heading - g.title - g.names - RING}px`;
        label.classList.toggle("leo-spanning", g.skipX > 1);
        return label;
      });
    }
    for (const [key, part] of band.parts)
      if (!wanted.has(key)) {
        part.remove();
        band.parts.delete(key);
      }
  }

  function makeLine() {
    const node = make("div", "leo-line");
    node.setAttribute("role", "row");
    const label = make("div", "leo-row");
    label.setAttribute("role", "rowheader");
    label.setAttribute("aria-colindex", "1");
    const inner = label.appendChild(make("span"));
    inner.dir = "auto";
    node.append(label);
    return { node, label, cells: new Map(), key: "", line: -1 };
  }

  /** @param {Line} line @param {number} at */
  function place(line, at) {
    const b = Math.floor(at / g.lines);
    const l = at % g.lines;
    const band = bandOf(b);
    line.line = at;
    line.key = "";
    line.node.style.top = `${topOf(g, b, l) - g.tag - b * g.bandHeight}px`;
    line.node.setAttribute("aria-rowindex", String(b * (g.lines + 1) + l + 2));
    if (line.node.parentNode !== band.node) band.node.append(line.node);
    const text = g.flows || !words.y ? "" : words.rows[l];
    line.label.hidden = !text || l % g.skipY > 0;
    const inner = /** @type {HTMLElement} */ (line.label.firstChild);
    if (inner.textContent !== text) writeLabel(inner, text);
    line.label.title = text && `${words.y} ${text}`;
    line.label.dataset.axis = "y";
    line.label.dataset.at = String(l);
  }

  /** @param {Line} line @param {number} from @param {number} to */
  function drawLine(line, from, to) {
    const b = Math.floor(line.line / g.lines);
    const l = line.line % g.lines;
    const pinned = pin >= 0 ? spotOfCell(pin) : null;
    const extra = pinned && pinned.band === b && pinned.line === l ? pinned.slot : -1;
    const key = `${from} ${to} ${extra}`;
    if (line.key === key) return;
    line.key = key;
    const free = [];
    for (const [slot, node] of line.cells) {
      if ((slot >= from && slot <= to) || slot === extra) continue;
      line.cells.delete(slot);
      letGo(node);
      free.push(node);
    }
    const draw = (/** @type {number} */ slot) => {
      const cell = cellOf(g, places, b, l, slot);
      let node = line.cells.get(slot);
      if (!node) {
        node = free.pop() ?? makeCell(line.node);
        node.style.left = `${leftOf(g, slot)}px`;
        node.setAttribute("aria-colindex", String(slot + 2));
        line.cells.set(slot, node);
      }
      if (cells.get(node) === cell) return;
      letGo(node);
      if (node.hidden !== cell < 0) node.hidden = cell < 0;
      if (cell < 0) return;
      cells.set(node, cell);
      nodes.set(cell, node);
      fill(node, cell);
    };
    for (let slot = from; slot <= to; slot++) draw(slot);
    if (extra >= 0) draw(extra);
    for (const node of free) node.remove();
  }

  /** @param {HTMLElement} parent */
  function makeCell(parent) {
    const node = make("div", "leo-cell");
    node.setAttribute("role", "gridcell");
    node.tabIndex = -1;
    parent.append(node);
    return node;
  }

  /** @param {number} cell */
  function spotOfCell(cell) {
    const at = places.placeOf(cell);
    return at && spotOf(g, places.columns.length, at);
  }

  function update() {
    if (!g) return;
    const { first, last, from, to } = windowOf(g, view(), MARGIN);
    const pinned = pin >= 0 ? spotOfCell(pin) : null;
    const extra = pinned ? pinned.band * g.lines + pinned.line : -1;
    for (const [at, line] of lines) {
      if ((at >= first && at <= last) || at === extra) continue;
      lines.delete(at);
      spare.push(line);
    }
    const draw = (/** @type {number} */ at) => {
      let line = lines.get(at);
      if (!line) {
        line = spare.pop() ?? makeLine();
        lines.set(at, line);
        place(line, at);
      }
      drawLine(line, from, to);
    };
    for (let at = first; at <= last; at++) draw(at);
    if (extra >= 0) draw(extra);
    for (const line of spare) {
      for (const node of line.cells.values()) letGo(node);
      line.node.remove();
    }
    spare = spare.slice(0, SPARE);
    const keep = new Set([...lines.keys()].map((at) => Math.floor(at / g.lines)));
    for (const [at, band] of bands)
      if (keep.has(at)) drawHeads(band, at, from, to);
      else {
        band.node.remove();
        bands.delete(at);
      }
  }

  viewport.addEventListener("scroll", () => {
    update();
    moved();
  }, { passive: true });

  return {
    /** The cell that a node of the page shows, or -1. @param {Element | null | undefined} node */
    cellOfNode: (node) => {
      const found = node?.closest?.(".leo-cell");
      return found ? (cells.get(found) ?? -1) : -1;
    },
    nodeOf: (/** @type {number} */ cell) => nodes.get(cell),
    mounted: () => nodes,
    /** Lay all of it out anew. @param {Geometry} geometry @param {Places} where @param {Words} said */
    set(geometry, where, said) {
      const hadFocus = canvas.contains(document.activeElement);
      [g, places, words] = [geometry, where, said];
      for (const line of lines.values()) line.node.remove();
      for (const band of bands.values()) band.node.remove();
      lines.clear();
      bands.clear();
      spare = [];
      nodes.clear();
      canvas.style.width = `${g.W}px`;
      canvas.style.height = `${g.H}px`;
      canvas.style.setProperty("--leo-cell", `${g.width}px`);
      canvas.style.setProperty("--leo-high", `${g.height}px`);
      canvas.style.setProperty("--leo-tag", `${g.tag}px`);
      canvas.style.setProperty("--leo-pitch", `${g.pitchY}px`);
      canvas.style.setProperty("--leo-labels", `${g.flows ? 0 : g.labels - RING}px`);
      canvas.style.setProperty("--leo-row-type", `${g.rowType}px`);
      canvas.style.setProperty("--leo-column-type", `${g.columnType}px`);
      canvas.dataset.small = String(g.width < 48);
      canvas.setAttribute("aria-rowcount", String(g.bands * (g.lines + 1)));
      canvas.setAttribute("aria-colcount", String(g.slots + 1));
      canvas.setAttribute("aria-label", words.name);
      update();
      if (hadFocus) nodes.get(pin)?.focus({ preventScroll: true });
    },
    /** The cell that stays on the page wherever it stands, since it has the focus or would get it. @param {number} cell */
    pin(cell) {
      if (pin === cell) return;
      const old = nodes.get(pin);
      if (old) old.tabIndex = -1;
      pin = cell;
      for (const line of lines.values()) line.key = "";
      update();
      const node = nodes.get(cell);
      if (node) node.tabIndex = 0;
    },
    pinned: () => pin,
    /** Scroll so far that a cell is in view. @param {number} cell */
    reveal(cell) {
      const spot = g && spotOfCell(cell);
      if (!spot) return;
      const { left, top, width, height } = view();
      const x = leftOf(g, spot.slot);
      const y = topOf(g, spot.band, spot.line);
      const upper = y - g.heading - g.tag - 4;
      const lower = y + g.height + 8 - height;
      const right = x + g.width + 8 - width;
      viewport.scrollTop = upper < top ? upper : lower > top ? Math.min(lower, upper) : top;
      viewport.scrollLeft = x - g.labels - 4 < left ? x - g.labels - 4 : right > left ? right : left;
      update();
    },
    /** Where a cell stands in view, to keep it there: by default the one nearest to a point of the view. @param {{ x: number, y: number } | null} point @param {number} [wanted] */
    anchor(point, wanted = -1) {
      if (!g || !g.bands) return null;
      const { left, top, width, height } = view();
      const x = left + (point?.x ?? (width + g.labels) / 2);
      const y = top + (point?.y ?? (height + g.heading) / 2);
      let spot = wanted >= 0 ? spotOfCell(wanted) : null;
      let cell = wanted;
      if (!spot) {
        const { first } = windowOf(g, { left: x, top: y, width: 0, height: 0 }, 0);
        const slot = slotAt(g, x);
        const found = [slot, slot - 1, slot + 1, 0].find((each) => each >= 0 && each < g.slots && cellOf(g, places, Math.floor(first / g.lines), first % g.lines, each) >= 0);
        if (found === undefined) return null;
        spot = { band: Math.floor(first / g.lines), line: first % g.lines, slot: found };
        cell = cellOf(g, places, spot.band, spot.line, spot.slot);
      }
      const across = wanted >= 0 ? 0.5 : (x - leftOf(g, spot.slot)) / g.width;
      const down = wanted >= 0 ? 0.5 : (y - topOf(g, spot.band, spot.line)) / g.height;
      return {
        cell, across, down,
        x: leftOf(g, spot.slot) + across * g.width - left, y: topOf(g, spot.band, spot.line) + down * g.height - top,
      };
    },
    /** Scroll so that what was anchored is where it was. @param {ReturnType<ReturnType<typeof makeWindow>["anchor"]>} anchor */
    hold(anchor) {
      const spot = anchor && spotOfCell(anchor.cell);
      if (!anchor || !spot) return;
      viewport.scrollLeft = leftOf(g, spot.slot) + anchor.across * g.width - anchor.x;
      viewport.scrollTop = topOf(g, spot.band, spot.line) + anchor.down * g.height - anchor.y;
      update();
    },
    /** Whether a cell is in view, at least half of it. @param {number} cell */
    sees(cell) {
      const spot = g && spotOfCell(cell);
      if (!spot) return false;
      const { left, top, width, height } = view();
      const x = leftOf(g, spot.slot) + g.width / 2 - left;
      const y = topOf(g, spot.band, spot.line) + g.height / 2 - top;
      return x > g.labels && x < width && y > g.heading && y < height;
    },
    /** The cells on the page, nearest to the middle of the view first; those outside of it last. */
    nearest() {
      const { left, top, width, height } = view();
      const far = (/** @type {number} */ cell) => {
        const spot = spotOfCell(cell);
        if (!spot) return Infinity;
        const x = Math.abs(leftOf(g, spot.slot) + g.width / 2 - left - width / 2);
        const y = Math.abs(topOf(g, spot.band, spot.line) + g.height / 2 - top - height / 2);
        const outside = x > (width + g.width) / 2 || y > (height + g.height) / 2;
        return x + y + (outside ? 1e6 : 0);
      };
      return [...nodes.keys()].map((cell) => /** @type {const} */ ([far(cell), cell])).sort((a, b) => a[0] - b[0]).map(([, cell]) => cell);
    },
    /** How many lines are in view. */
    linesInView: () => Math.max(1, Math.floor((viewport.clientHeight - g.heading) / g.pitchY)),
    geometry: () => g,
  };
}
