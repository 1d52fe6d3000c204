// @ts-check
// How large cells are and at which pixels they stand, and which of them are in view. Nothing here draws.

/**
 * @typedef {{
 *   flows: boolean, width: number, height: number, gap: number, labels: number, tag: number,
 *   title: number, names: number, rowType: number, columnType: number, heading: number, side: number, bands: number, lines: number, slots: number,
 *   columns: number, pitchX: number, pitchY: number, facetWidth: number, bandHeight: number,
 *   skipX: number, skipY: number, W: number, H: number,
 * }} Geometry
 */
/** @typedef {{ band: number, line: number, slot: number }} Spot */

const EDGE = 14;
const FACET_GAP = 18;
const BAND_GAP = 12;
const LINE = 16;
/** What stays free over the name of an axis where nothing else stands over it. */
const AIR = 6;
/** By how much cells must grow for grids to stand below each other. */
const LARGER = 1.4;
/** Cells get this small, as a share of what is worth looking at, where all columns are then in view. */
const NEARLY = 0.75;
/** What stays free below the labels for the ring of a chosen cell. */
export const RING = 4;
/** The height in which a sheet is seen at once, without scrolling. */
const SEEN = 600;
/** Widths of cells that zooming goes through, in pixels. */
export const SIZES = [24, 32, 40, 52, 64, 80, 100, 128, 160, 200, 256, 320, 400, 512];

/** @param {number} width */
const gapFor = (width) => (width < 48 ? 2 : width < 96 ? 4 : 6);

/** Size of labels in pixels, and the least where a word is wider than its place. */
const TYPE = 12;
const LEAST_TYPE = 9;

/** How wide one sign is, about, in a font that is rather wide. @param {string} sign */
function signWidth(sign) {
  if (/** @type {number} */ (sign.codePointAt(0)) > 0x2e7f) return 13;
  if ("MWmw@%".includes(sign)) return 11;
  if ("IJijlft.,:;'| ".includes(sign)) return 4.6;
  return sign >= "A" && sign <= "Z" ? 8.6 : 7.4;
}

/** @param {string} text */
function roughWidth(text) {
  let width = 0;
  for (const sign of text) width += signWidth(sign);
  return width;
}

/** Where a label may go on in the next line: after spaces, low lines, strokes and hyphens. @param {string} text */
export const piecesOf = (text) => text.match(/[^\s_/-]*[\s_/-]+|[^\s_/-]+/g) ?? [];

/** So many labels count, where there are very many. */
const COUNTED = 1000;
/** @param {string[]} labels @param {(label: string) => number} measure */
const mostOf = (labels, measure) => labels.slice(0, COUNTED).reduce((most, label) => Math.max(most, measure(label.slice(0, 60))), 0);

/** How wide the longest of some labels is. @param {string[]} labels */
const longest = (labels) => mostOf(labels, roughWidth);

/** How wide the longest piece of some labels is that stays in one line. @param {string[]} labels */
const longestPiece = (labels) => mostOf(labels, (label) => mostOf(piecesOf(label), (piece) => roughWidth(piece.trimEnd())));

/** In how many lines of a width a label is set. @param {string} label @param {number} width */
function linesOf(label, width) {
  let lines = 1;
  let left = width;
  for (const piece of piecesOf(label)) {
    const wide = roughWidth(piece.trimEnd());
    if (wide > left && left < width) {
      lines++;
      left = width;
    }
    if (wide > width) lines += Math.ceil(wide / width) - 1;
    left -= roughWidth(piece);
  }
  return lines;
}

/** The size of letters with which no word is broken, or the usual one where that would be too small. @param {string[]} labels @param {number} width */
export function typeFor(labels, width) {
  const size = Math.floor((TYPE * width * 2) / Math.max(longestPiece(labels), 1)) / 2;
  return size >= LEAST_TYPE ? Math.min(size, TYPE) : TYPE;
}

/** How wide the row labels are, in pixels: their words in one piece where there is room. @param {string[] | null} labels @param {number} room */
export function labelWidth(labels, room) {
  if (!labels) return 0;
  const usual = room < 420 ? 76 : 132;
  const word = longestPiece(labels) + 10;
  const most = word > usual && word <= Math.min(0.3 * room, 180) ? word : usual;
  return Math.round(Math.min(Math.max(longest(labels) + 10, 28), most));
}

/**
 * How many grids stand side by side and how wide each cell is, in pixels: as large as fits, and
 * smaller, down to a size worth looking at, where all of it is then seen at once.
 * @param {{ room: number, columns: number, rows: number, grids: number, labels: number, shape: number, high?: number }} facts
 */
export function fit({ room, columns, rows, grids, labels, shape, high = SEEN }) {
  const most = Math.min(168, 190 * shape);
  const least = Math.min(room < 420 ? 52 : 64, most);
  const widthFor = (/** @type {number} */ side) =>
    (room - labels - 6 - (side - 1) * FACET_GAP - side * columns * 6) / (side * columns);
  /** @param {number} wanted */
  const laid = (wanted) => {
    const bands = Math.ceil(grids / wanted);
    // three and three below each other rather than five and one
    const side = Math.ceil(grids / bands);
    const seenIn = (/** @type {number} */ room) => ((room - 60) / rows - 6) * shape;
    const small = 88 * Math.min(shape, 1);
    // where not all can be seen at once, one line of grids is to be; and where that cannot, the width is used
    const seen = [seenIn(high / bands), seenIn(high)].find((each) => each >= small) ?? 128 * Math.min(shape, 1);
    const width = Math.floor(Math.min(Math.max(Math.min(widthFor(side), seen), least), most));
    // a little smaller rather than a last column that is cut
    const fits = Math.floor(widthFor(side));
    return { side, width: fits < width && fits >= NEARLY * least ? fits : width };
  };
  let wanted = Math.max(grids, 1);
  // many grids do not stand in one line: none of the widths beyond the room needs a look
  wanted = Math.min(wanted, Math.max(1, Math.ceil(room / (FACET_GAP + columns * 6))));
  while (wanted > 1 && widthFor(wanted) < Math.min(72, most)) wanted--;
  let best = laid(wanted);
  // below each other where that shows much more of each picture
  while (--wanted > 0) {
    const other = laid(wanted);
    if (other.width >= LARGER * best.width) best = other;
  }
  return best;
}

/**
 * How many stand in a line where one axis wraps, and how wide each is.
 * @param {number} room @param {number} count @param {number} shape
 */
export function wrap(room, count, shape) {
  const widthFor = (/** @type {number} */ across) => (room + 6) / across - 6;
  const highFor = (/** @type {number} */ across) => Math.ceil(count / across) * (widthFor(across) / shape + 28);
  const least = 96 * Math.min(shape, 1);
  let across = room > 240 ? 2 : 1;
  while (across < count && widthFor(across) > 190 * Math.min(shape, 1)) across++;
  while (across < count && highFor(across) > SEEN && widthFor(across + 1) >= least) across++;
  // even lines rather than seven and one
  const even = Math.ceil(count / Math.ceil(count / across));
  return { across: even, width: Math.floor(Math.min(widthFor(across), 190 * Math.min(shape, 1))) };
}

/** The next size larger or smaller than one, in pixels. @param {number} width @param {1 | -1} way */
export function zoomed(width, way) {
  if (way > 0) return SIZES.find((size) => size > width + 2) ?? SIZES[SIZES.length - 1];
  return [...SIZES].reverse().find((size) => size < width - 2) ?? SIZES[0];
}

/**
 * Where everything stands.
 * @param {{
 *   columns: number, rows: number, facets: number, hasX: boolean, hasY: boolean, titled: boolean,
 *   columnLabels: string[], rowLabels: string[], yName?: string, facetsAcross?: number,
 *   room: number, high: number, shape: number, size: number,
 * }} facts `size` is a cell's width in pixels, or 0 for what fits; `facetsAcross` is a good number of grids in a line
 * @returns {Geometry}
 */
export function laidOut(facts) {
  const { columns, rows, facets, hasX, hasY, titled, columnLabels, rowLabels, shape, size, high } = facts;
  const room = Math.max(facts.room - 2 * EDGE, 96);
  const flows = !hasY || (!hasX && facets === 1);
  const title = titled ? 26 : 0;
  if (flows) {
    const count = columns * rows;
    const labels = hasX ? columnLabels : hasY ? rowLabels : [];
    const few = wrap(room, Math.max(count, 1), shape);
    // a line that is not full does not make its pictures huge
    const fitting = facets > 1 || count > 60 ? { across: 0, width: Math.min(few.width, 128) } : few;
    const width = size || fitting.width;
    const gap = gapFor(width);
    const most = Math.max(1, Math.floor((room + gap) / (width + gap)));
    const across = size || !fitting.across ? Math.min(most, Math.max(count, 1)) : fitting.across;
    const columnType = typeFor(labels, width);
    const wide = (Math.max(width, 24) * TYPE) / columnType;
    const tag = labels.length && width >= 32 ? LINE * Math.min(3, mostOf(labels, (label) => linesOf(label, wide))) + 6 : 0;
    const height = Math.round(width / shape);
    const lines = Math.ceil(count / across);
    const pitchY = height + gap + tag;
    const bandHeight = title + 4 + lines * pitchY + BAND_GAP;
    return {
      flows, width, height, gap, labels: EDGE, tag, title, names: 0, rowType: TYPE, columnType, heading: title + 4, side: 1, bands: facets, lines,
      slots: across, columns: across, pitchX: width + gap, pitchY, facetWidth: across * (width + gap), bandHeight,
      skipX: 1, skipY: 1, W: EDGE + across * (width + gap) - gap + EDGE, H: facets * bandHeight,
    };
  }
  const own = labelWidth(hasY ? [...rowLabels, facts.yName ?? ""] : null, room);
  const fitting = fit({ room, columns, rows, grids: facets, labels: own, shape, high });
  const width = size || fitting.width;
  const gap = gapFor(width);
  const pitchX = width + gap;
  const height = Math.round(width / shape);
  const pitchY = height + gap;
  const long = longest(columnLabels);
  const columnType = width < 56 ? TYPE : typeFor(columnLabels, width);
  const lines = width < 56 ? 1 : Math.min(3, mostOf(columnLabels, (label) => linesOf(label, (width * TYPE) / columnType)) || 1);
  const names = hasX ? LINE + (titled ? 0 : AIR) : 0;
  const label = hasX ? lines * LINE + 8 + RING : 6;
  let side = fitting.side;
  if (size) {
    const most = Math.max(1, Math.floor((room - own + FACET_GAP) / (columns * pitchX + FACET_GAP)));
    side = Math.ceil(facets / Math.ceil(facets / Math.min(most, facets || 1))) || 1;
    const wished = facts.facetsAcross ?? 0;
    if (wished > 1 && wished <= most) side = Math.floor(most / wished) * wished;
    side = Math.max(1, Math.min(side, facets));
  }
  const bands = Math.ceil(facets / side);
  const heading = title + names + label;
  const labels = EDGE + own + (own ? 6 : 0);
  const facetWidth = columns * pitchX + FACET_GAP;
  const bandHeight = heading + rows * pitchY + BAND_GAP;
  return {
    flows, width, height, gap, labels, tag: 0, title, names, rowType: typeFor(rowLabels, own - 2), columnType, heading, side, bands, lines: rows, slots: side * columns, columns,
    pitchX, pitchY, facetWidth, bandHeight,
    // where cells are narrower than their labels, not every one is said
    skipX: Math.max(1, Math.ceil(Math.min(long + 4, 44) / pitchX)), skipY: Math.max(1, Math.ceil(15 / pitchY)),
    W: labels + side * facetWidth - FACET_GAP - gap + EDGE, H: bands * bandHeight,
  };
}

/** Left edge of a slot of a line. @param {Geometry} g @param {number} slot */
export const leftOf = (g, slot) => g.labels + Math.floor(slot / g.columns) * g.facetWidth + (slot % g.columns) * g.pitchX;

/** Upper edge of a line's pictures. @param {Geometry} g @param {number} band @param {number} line */
export const topOf = (g, band, line) => band * g.bandHeight + g.heading + line * g.pitchY + g.tag;

/** The slot at, or right before, a pixel. @param {Geometry} g @param {number} x */
export function slotAt(g, x) {
  const facet = Math.min(Math.max(Math.floor((x - g.labels) / g.facetWidth), 0), g.slots / g.columns - 1);
  const column = Math.floor((x - g.labels - facet * g.facetWidth) / g.pitchX);
  return Math.min(Math.max(facet * g.columns + Math.min(Math.max(column, 0), g.columns - 1), 0), g.slots - 1);
}

/** Where a place stands on the page. @param {Geometry} g @param {number} columns @param {{ f: number, r: number, c: number }} place @returns {Spot} */
export function spotOf(g, columns, { f, r, c }) {
  if (!g.flows) return { band: Math.floor(f / g.side), line: r, slot: (f % g.side) * g.columns + c };
  const i = r * columns + c;
  return { band: f, line: Math.floor(i / g.slots), slot: i % g.slots };
}

/**
 * The cell that stands at a spot, or -1.
 * @param {Geometry} g @param {import("./sheet_places.js").Places} places @param {number} band @param {number} line @param {number} slot
 */
export function cellOf(g, places, band, line, slot) {
  if (!g.flows) {
    const f = band * g.side + Math.floor(slot / g.columns);
    return f < places.facets.length ? places.cellAt(f, line, slot % g.columns) : -1;
  }
  const i = line * g.slots + slot;
  const columns = places.columns.length;
  return i < columns * places.rows.length ? places.cellAt(band, Math.floor(i / columns), i % columns) : -1;
}

/**
 * Which lines, counted over all bands, and which slots are in a window of the page.
 * @param {Geometry} g @param {{ left: number, top: number, width: number, height: number }} view @param {number} margin
 */
export function windowOf(g, { left, top, width, height }, margin) {
  const lineAt = (/** @type {number} */ y) => {
    const band = Math.min(Math.max(Math.floor(y / g.bandHeight), 0), g.bands - 1);
    const line = Math.floor((y - band * g.bandHeight - g.heading) / g.pitchY);
    return band * g.lines + Math.min(Math.max(line, 0), g.lines - 1);
  };
  if (!g.bands || !g.lines || !g.slots) return { first: 0, last: -1, from: 0, to: -1 };
  return {
    first: lineAt(top - margin), last: lineAt(top + height + margin),
    from: slotAt(g, left - margin / 2), to: slotAt(g, left + width + margin / 2),
  };
}

/**
 * The cell where a key leads, over holes; the same one at an edge.
 * @param {Geometry} g @param {import("./sheet_places.js").Places} places @param {number} cell @param {string} key
 * @param {{ ctrl?: boolean, page?: number }} [how] `page` is how many lines are in view
 */
export function stepped(g, places, cell, key, { ctrl = false, page = 5 } = {}) {
  const place = places.placeOf(cell);
  if (!place) return cell;
  const at = spotOf(g, places.columns.length, place);
  const all = g.bands * g.lines;
  const now = at.band * g.lines + at.line;
  const look = (/** @type {number} */ line, /** @type {number} */ slot) =>
    cellOf(g, places, Math.floor(line / g.lines), line % g.lines, slot);
  /** @param {number} slot @param {number} way @param {number} [line] */
  const across = (slot, way, line = now) => {
    for (; slot >= 0 && slot < g.slots; slot += way) if (look(line, slot) >= 0) return look(line, slot);
    return -1;
  };
  /** @param {number} line @param {number} way */
  const lines = (line, way) => {
    for (; line >= 0 && line < all; line += way) if (look(line, at.slot) >= 0) return look(line, at.slot);
    return -1;
  };
  const otherLine = (/** @type {number} */ way) => {
    for (let line = now + way; line >= 0 && line < all; line += way) {
      const found = across(way > 0 ? 0 : g.slots - 1, way, line);
      if (found >= 0) return found;
    }
    return -1;
  };
  // a line that is not full: the last one of it
  const nearest = (/** @type {number} */ line) => (line >= 0 && line < all ? across(Math.min(at.slot, g.slots - 1), -1, line) : -1);
  let found = -1;
  if (key === "ArrowRight") found = across(at.slot + 1, 1);
  if (key === "ArrowLeft") found = across(at.slot - 1, -1);
  if (found < 0 && g.flows && key === "ArrowRight") found = otherLine(1);
  if (found < 0 && g.flows && key === "ArrowLeft") found = otherLine(-1);
  if (key === "ArrowDown") found = g.flows ? nearest(now + 1) : lines(now + 1, 1);
  if (key === "ArrowUp") found = g.flows ? nearest(now - 1) : lines(now - 1, -1);
  if (key === "PageDown" || key === "PageUp") {
    const way = key === "PageDown" ? 1 : -1;
    const line = Math.min(Math.max(now + way * Math.max(page, 1), 0), all - 1);
    found = look(line, at.slot);
    if (found < 0) found = lines(line, -way);
    if (found < 0) found = nearest(line);
  }
  if (key === "Home" || key === "End") {
    const [start, way] = key === "Home" ? [0, 1] : [g.slots - 1, -1];
    for (let line = ctrl ? (way > 0 ? 0 : all - 1) : now; found < 0 && line >= 0 && line < all; line += way) {
      found = across(start, way, line);
      if (!ctrl) break;
    }
  }
  return found < 0 ? cell : found;
}
