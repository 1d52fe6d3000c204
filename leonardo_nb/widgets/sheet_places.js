// @ts-check
// Which cell stands where: pages, facets, rows and columns of a sweep, as whole numbers. Nothing here draws.

/** @typedef {{ name: string, role: string, labels: string[], numeric: boolean }} SweepAxis */
/** @typedef {{ state: string, star: string, most: number | null, text: string, values: Record<string, number[]> }} Filter */
/**
 * @typedef {{
 *   x: string, y: string, facets: string[], pages: string[], at: Record<string, number>,
 *   shown: Record<string, number[]>, size: number, filter: Filter,
 * }} Arrangement
 */
/** @typedef {{ axes: SweepAxis[], coords: Uint16Array, n: number }} Space */
/**
 * @typedef {{
 *   x: number, y: number, facetAxes: number[], columns: number[], rows: number[], facets: number[][],
 *   count: number, cellAt: (f: number, r: number, c: number) => number,
 *   placeOf: (cell: number) => { f: number, r: number, c: number } | null,
 * }} Places
 */

/** As many places are kept in one array; a sweep with more, which is nearly all holes, is looked up. */
const MOST_PLACES = 4_000_000;

/** @param {any} data A DataView, a typed array or a buffer, as hosts have them. */
export function bytesOf(data) {
  if (!data) return new Uint8Array(0);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Little-endian numbers of two bytes; a copy, since what arrives may stand at an odd place. @param {any} data */
export function shortsOf(data) {
  const bytes = bytesOf(data);
  return new Uint16Array(bytes.slice(0, bytes.length & ~1).buffer);
}

/** @param {any} data */
export function floatsOf(data) {
  const bytes = bytesOf(data);
  return new Float32Array(bytes.slice(0, bytes.length & ~3).buffer);
}

/** @param {number} count */
const upTo = (count) => Array.from({ length: count }, (_, i) => i);

/**
 * An arrangement with every member, in which each axis has exactly one place: one that is not said
 * becomes a facet, and one that is said twice keeps the first.
 * @param {any} given @param {SweepAxis[]} axes @returns {Arrangement}
 */
export function arranged(given, axes) {
  const lengths = new Map(axes.map((axis) => [axis.name, axis.labels.length]));
  const left = new Set(lengths.keys());
  const take = (/** @type {any} */ name) => left.delete(name);
  const says = given && ["x", "y", "facets", "pages"].some((part) => given[part] !== undefined);
  const named = says ? given : usual(axes);
  const x = take(named.x) ? named.x : "";
  const y = take(named.y) ? named.y : "";
  const pages = (named.pages ?? []).filter(take);
  const facets = [...(named.facets ?? []).filter(take), ...axes.map((axis) => axis.name).filter(take)];
  /** @type {Record<string, number[]>} */
  const shown = {};
  for (const [name, list] of Object.entries(given?.shown ?? {})) {
    const length = lengths.get(name) ?? 0;
    const known = [...new Set(/** @type {number[]} */ (list))].filter((i) => Number.isInteger(i) && i >= 0 && i < length);
    if (known.length && !(known.length === length && known.every((value, i) => value === i))) shown[name] = known;
  }
  /** @type {Record<string, number>} */
  const at = {};
  for (const name of pages) {
    const list = shown[name];
    const wanted = given?.at?.[name] ?? 0;
    const isThere = list ? list.includes(wanted) : wanted >= 0 && wanted < (lengths.get(name) ?? 0);
    at[name] = isThere ? wanted : (list?.[0] ?? 0);
  }
  const filter = { state: "", star: "", most: null, text: "", values: {}, ...given?.filter };
  return { x, y, facets, pages, at, shown, size: Math.max(0, Math.round(given?.size ?? 0)), filter };
}

/** What is taken where nobody said anything: numbers across, words down, the seed apart. @param {SweepAxis[]} axes */
function usual(axes) {
  const free = axes.filter((axis) => axis.labels.length > 1);
  while (free.length > 2) {
    const seed = free.findIndex((axis) => axis.name === "seed" || axis.role === "replicate");
    const least = Math.min(...free.map((axis) => axis.labels.length));
    free.splice(seed >= 0 ? seed : free.findIndex((axis) => axis.labels.length === least), 1);
  }
  if (free.length < 2) return { x: free[0]?.name ?? axes[0]?.name ?? "", y: "" };
  const [a, b] = free;
  const first = a.numeric === b.numeric ? a.labels.length <= b.labels.length : a.numeric;
  return first ? { x: a.name, y: b.name } : { x: b.name, y: a.name };
}

/** The values of an axis that are shown, in their order. @param {Arrangement} arrangement @param {SweepAxis} axis */
export const shownOf = (arrangement, axis) => arrangement.shown[axis.name] ?? upTo(axis.labels.length);

/**
 * Where every cell stands. Rows, columns and facets in which there is no cell are left out.
 * @param {Space} space @param {Arrangement} arrangement @param {Uint8Array | null} keep 1 for cells that pass the filter
 * @returns {Places}
 */
export function placed({ axes, coords, n }, arrangement, keep = null) {
  const k = axes.length;
  const indexOf = new Map(axes.map((axis, i) => [axis.name, i]));
  const x = indexOf.get(arrangement.x) ?? -1;
  const y = indexOf.get(arrangement.y) ?? -1;
  const facetAxes = arrangement.facets.map((name) => /** @type {number} */ (indexOf.get(name)));
  const orders = axes.map((axis) => shownOf(arrangement, axis));
  const ranks = axes.map((axis, i) => {
    const rank = new Int32Array(axis.labels.length).fill(-1);
    orders[i].forEach((value, at) => (rank[value] = at));
    return rank;
  });
  for (const name of arrangement.pages) {
    const i = /** @type {number} */ (indexOf.get(name));
    ranks[i].fill(-1);
    ranks[i][arrangement.at[name]] = 0;
  }
  const facetKeys = new Float64Array(n).fill(-1);
  const usedColumns = new Uint8Array(x < 0 ? 1 : orders[x].length);
  const usedRows = new Uint8Array(y < 0 ? 1 : orders[y].length);
  /** @type {Map<number, number>} */
  const seen = new Map(); // facet's key -> a cell of it
  let count = 0;
  cells: for (let cell = 0; cell < n; cell++) {
    if (keep && !keep[cell]) continue;
    const from = cell * k;
    for (let i = 0; i < k; i++) if (!(ranks[i][coords[from + i]] >= 0)) continue cells;
    let key = 0;
    for (const i of facetAxes) key = key * orders[i].length + ranks[i][coords[from + i]];
    facetKeys[cell] = key;
    if (!seen.has(key)) seen.set(key, cell);
    usedColumns[x < 0 ? 0 : ranks[x][coords[from + x]]] = 1;
    usedRows[y < 0 ? 0 : ranks[y][coords[from + y]]] = 1;
    count++;
  }
  const keys = [...seen.keys()].sort((a, b) => a - b);
  const facetOf = new Map(keys.map((key, at) => [key, at]));
  const facets = keys.map((key) => {
    const from = /** @type {number} */ (seen.get(key)) * k;
    return facetAxes.map((i) => coords[from + i]);
  });
  const [columns, columnAt] = used(usedColumns, x < 0 ? [-1] : orders[x]);
  const [rows, rowAt] = used(usedRows, y < 0 ? [-1] : orders[y]);
  const R = rows.length;
  const C = columns.length;
  const size = facets.length * R * C;
  /** @type {Int32Array | Map<number, number>} */
  const grid = size <= MOST_PLACES ? new Int32Array(size).fill(-1) : new Map();
  const where = new Float64Array(n).fill(-1);
  for (let cell = 0; cell < n; cell++) {
    if (facetKeys[cell] < 0) continue;
    const from = cell * k;
    const r = y < 0 ? 0 : rowAt[ranks[y][coords[from + y]]];
    const c = x < 0 ? 0 : columnAt[ranks[x][coords[from + x]]];
    const place = (/** @type {number} */ (facetOf.get(facetKeys[cell])) * R + r) * C + c;
    where[cell] = place;
    if (grid instanceof Map) grid.set(place, cell);
    else grid[place] = cell;
  }
  return {
    x, y, facetAxes, columns, rows, facets, count,
    cellAt: (f, r, c) => {
      const place = (f * R + r) * C + c;
      return (grid instanceof Map ? grid.get(place) : grid[place]) ?? -1;
    },
    placeOf: (cell) => {
      const place = where[cell] ?? -1;
      if (place < 0) return null;
      return { f: Math.floor(place / (R * C)), r: Math.floor(place / C) % R, c: place % C };
    },
  };
}

/** The values that are used, and where each of the shown ones stands then. @param {Uint8Array} flags @param {number[]} order */
function used(flags, order) {
  /** @type {number[]} */
  const values = [];
  const at = new Int32Array(flags.length).fill(-1);
  flags.forEach((flag, i) => {
    if (flag) at[i] = values.push(order[i]) - 1;
  });
  return /** @type {[number[], Int32Array]} */ ([values, at]);
}

/**
 * Whether a sweep is another one with more cells behind, so that each old cell is still where it was.
 * @param {Space} before @param {Space} after
 */
export function goesOn(before, after) {
  const isLonger = before.axes.length === after.axes.length && before.n <= after.n;
  const keepsAxes = isLonger && before.axes.every(({ name, labels }, i) => {
    const other = after.axes[i];
    return name === other.name && labels.every((label, at) => label === other.labels[at]);
  });
  return keepsAxes && before.coords.every((value, i) => value === after.coords[i]);
}

/** The first cell of a view, or -1. @param {Places} places */
export function firstCell(places) {
  for (let r = 0; r < places.rows.length; r++)
    for (let c = 0; c < places.columns.length; c++) {
      const cell = places.facets.length ? places.cellAt(0, r, c) : -1;
      if (cell >= 0) return cell;
    }
  return -1;
}

/** Finds the cell at given indices of values, one an axis; -1 where there is a hole. @param {Space} space */
export function makeFinder({ axes, coords, n }) {
  const k = axes.length;
  const isSmall = axes.reduce((size, axis) => size * axis.labels.length, 1) < Number.MAX_SAFE_INTEGER;
  const keyOf = (/** @type {ArrayLike<number>} */ values, from = 0) => {
    if (!isSmall) return Array.prototype.slice.call(values, from, from + k).join(",");
    let key = 0;
    for (let i = 0; i < k; i++) key = key * axes[i].labels.length + values[from + i];
    return key;
  };
  /** @type {Map<number | string, number>} */
  const cells = new Map();
  for (let cell = 0; cell < n; cell++) cells.set(keyOf(coords, cell * k), cell);
  return (/** @type {number[]} */ values) => cells.get(keyOf(values)) ?? -1;
}

/**
 * The cells that differ from one only on one axis: a cell, or -1, for each value of the axis.
 * @param {Space} space @param {(values: number[]) => number} find @param {number} cell @param {number} axis
 */
export function along({ axes, coords }, find, cell, axis) {
  const k = axes.length;
  const values = Array.from(coords.subarray(cell * k, cell * k + k));
  return axes[axis].labels.map((_, value) => {
    values[axis] = value;
    return find(values);
  });
}

/** Which value a cell has on each axis, in words. @param {Space} space @param {number} cell */
export function coordsOf({ axes, coords }, cell) {
  return axes.map((axis, i) => /** @type {[string, string]} */ ([axis.name, axis.labels[coords[cell * axes.length + i]] ?? ""]));
}

/** What a screen reader says of a cell: its values on all axes. @param {Space} space @param {number} cell */
export function nameOfCell({ axes, coords }, cell) {
  let name = "";
  for (let i = 0; i < axes.length; i++)
    name += `${i ? ", " : ""}${axes[i].name} ${axes[i].labels[coords[cell * axes.length + i]]}`;
  return name || "picture";
}

/** @param {Filter} filter */
export const isFiltering = (filter) =>
  Boolean(filter.state || filter.star || filter.text.trim() || filter.most !== null || Object.keys(filter.values).length);

/**
 * Which cells pass a filter: 1 or 0 a cell, or null where all do.
 * @param {Space} space @param {Filter} filter
 * @param {{ states: string, costs: Float32Array, marks: Record<string, any> }} facts
 */
export function kept({ axes, coords, n }, filter, { states, costs, marks }) {
  if (!isFiltering(filter)) return null;
  const k = axes.length;
  const keep = new Uint8Array(n).fill(1);
  const drop = (/** @type {(cell: number) => boolean} */ fails) => {
    for (let cell = 0; cell < n; cell++) if (keep[cell] && fails(cell)) keep[cell] = 0;
  };
  if (filter.state) drop((cell) => !filter.state.includes(states[cell]));
  const { most, star } = filter;
  if (most !== null) drop((cell) => !(costs[cell] <= most)); // a cost that is not known is no low cost
  if (star === "star") drop((cell) => !marks[cell]?.star);
  if (star === "reject") drop((cell) => !marks[cell]?.reject);
  if (star === "unmarked") drop((cell) => marks[cell]?.star || marks[cell]?.reject);
  for (const [name, values] of Object.entries(filter.values)) {
    const axis = axes.findIndex((each) => each.name === name);
    if (axis >= 0) drop((cell) => !values.includes(coords[cell * k + axis]));
  }
  for (const word of filter.text.toLowerCase().split(/\s+/).filter(Boolean)) {
    const has = axes.map((axis) => Uint8Array.from(axis.labels, (label) => Number(label.toLowerCase().includes(word))));
    drop((cell) => !has.some((of, i) => of[coords[cell * k + i]]) && !marks[cell]?.note?.toLowerCase().includes(word));
  }
  return keep;
}

/**
 * The arrangement after an axis was given a place. What stood there goes where the axis came from.
 * @param {Arrangement} arrangement @param {"x" | "y" | "facets" | "pages"} place @param {string} name "" for none
 * @param {Record<string, number>} [here] the values of the chosen cell, whose page a new page axis shows
 * @returns {Arrangement}
 */
export function turned(arrangement, place, name, here = {}) {
  const next = replaced(arrangement, place, name);
  const at = { ...next.at };
  for (const page of next.pages) if (!arrangement.pages.includes(page) && page in here) at[page] = here[page];
  return { ...next, at };
}

/** @param {Arrangement} arrangement @param {"x" | "y" | "facets" | "pages"} place @param {string} name @returns {Arrangement} */
function replaced(arrangement, place, name) {
  const next = { ...arrangement, facets: [...arrangement.facets], pages: [...arrangement.pages] };
  if (place === "facets" || place === "pages") {
    for (const list of [next.facets, next.pages]) if (list.includes(name)) list.splice(list.indexOf(name), 1);
    if (next.x === name) next.x = "";
    if (next.y === name) next.y = "";
    next[place].push(name);
    return next;
  }
  const before = next[place];
  if (before === name) return next;
  const other = place === "x" ? "y" : "x";
  next[place] = name;
  if (name && next[other] === name) next[other] = before;
  else {
    const list = next.pages.includes(name) ? next.pages : next.facets;
    const at = list.indexOf(name);
    const back = before ? [before] : [];
    if (at >= 0) list.splice(at, 1, ...back);
    else next.facets.push(...back);
  }
  return next;
}

/**
 * All values of an axis, those that are hidden where `toggled` would show them again.
 * @param {number[]} shown @param {number} count
 */
export function withHidden(shown, count) {
  const isShown = new Set(shown);
  const hidden = upTo(count).filter((value) => !isShown.has(value));
  let next = 0;
  const all = shown.flatMap((value) => {
    const from = next;
    while (hidden[next] < value) next++;
    return [...hidden.slice(from, next), value];
  });
  return [...all, ...hidden.slice(next)];
}

/** A list in which one stands elsewhere. @template T @param {T[]} list @param {number} from @param {number} to */
export function moved(list, from, to) {
  const next = [...list];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}

/**
 * The values shown after one was hidden, or shown again where it stands among all values.
 * @param {number[]} shown @param {number} value @returns {number[]} at least one
 */
export function toggled(shown, value) {
  if (!shown.includes(value)) {
    const after = shown.findIndex((other) => other > value);
    return after < 0 ? [...shown, value] : [...shown.slice(0, after), value, ...shown.slice(after)];
  }
  return shown.length > 1 ? shown.filter((other) => other !== value) : shown;
}
