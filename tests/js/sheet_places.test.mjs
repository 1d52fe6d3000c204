import assert from "node:assert/strict";
import { test } from "node:test";

import {
  along, arranged, floatsOf, goesOn, isFiltering, kept, makeFinder, moved, nameOfCell, placed, shortsOf, shownOf, toggled, turned, withHidden,
} from "../../leonardo_nb/widgets/sheet_places.js";

const axis = (name, labels, numeric = false) => ({ name, role: "member", labels, numeric });
const upTo = (count) => Array.from({ length: count }, (_, i) => String(i));

/** A full grid, last axis fastest. */
function space(...axes) {
  const rows = axes.reduce((all, one) => all.flatMap((row) => one.labels.map((_, i) => [...row, i])), [[]]);
  return { axes, coords: Uint16Array.from(rows.flat()), n: rows.length };
}

const SCALE = axis("scale", ["3", "7"], true);
const STYLE = axis("style", ["ANIME", "DYNAMIC", "NONE"]);
const SEED = axis("seed", ["1", "2"], true);
const FULL = space(SCALE, STYLE, SEED);
const at = (...values) => values[0] * 6 + values[1] * 2 + values[2];

test("numbers run across, words down, and the seed is apart where nobody says anything", () => {
  const { x, y, facets } = arranged({}, FULL.axes);
  assert.deepEqual([x, y, facets], ["scale", "style", ["seed"]]);
});

test("every axis has one place, whatever is said", () => {
  const said = { x: "scale", y: "scale", facets: ["nothing", "seed", "seed"], pages: ["seed"], at: { seed: 9 }, shown: { style: [2, 2, 99, 0] } };
  const { x, y, facets, pages, at: page, shown } = arranged(said, FULL.axes);
  assert.deepEqual([x, y, facets, pages, page], ["scale", "", ["style"], ["seed"], { seed: 0 }]);
  assert.deepEqual(shown, { style: [2, 0] });
});

test("all values in their own order are not said", () => {
  assert.deepEqual(arranged({ shown: { style: [0, 1, 2] } }, FULL.axes).shown, {});
});

test("cells stand by facet, row and column", () => {
  const places = placed(FULL, arranged({ x: "scale", y: "style" }, FULL.axes));
  assert.deepEqual([places.columns, places.rows, places.facets], [[0, 1], [0, 1, 2], [[0], [1]]]);
  assert.equal(places.cellAt(1, 2, 0), at(0, 2, 1));
  assert.deepEqual(places.placeOf(at(1, 0, 1)), { f: 1, r: 0, c: 1 });
  assert.equal(places.count, 12);
});

test("one page has the cells of one value", () => {
  const places = placed(FULL, arranged({ x: "scale", y: "style", pages: ["seed"], at: { seed: 1 } }, FULL.axes));
  assert.equal(places.count, 6);
  assert.equal(places.placeOf(at(0, 0, 0)), null);
  assert.equal(places.cellAt(0, 0, 0), at(0, 0, 1));
});

test("hidden values are gone and the others stand in the order that is said", () => {
  const places = placed(FULL, arranged({ x: "scale", y: "style", shown: { style: [2, 0] } }, FULL.axes));
  assert.deepEqual(places.rows, [2, 0]);
  assert.equal(places.cellAt(0, 0, 0), at(0, 2, 0));
  assert.equal(places.placeOf(at(0, 1, 0)), null);
});

test("a hole is a place without a cell, and rows with none are left out", () => {
  const sparse = { axes: [SCALE, STYLE], coords: Uint16Array.from([0, 0, 1, 2]), n: 2 };
  const places = placed(sparse, arranged({ x: "scale", y: "style" }, sparse.axes));
  assert.deepEqual(places.rows, [0, 2]);
  assert.deepEqual([places.cellAt(0, 0, 0), places.cellAt(0, 0, 1), places.cellAt(0, 1, 1)], [0, -1, 1]);
});

test("no axis at all is one cell", () => {
  const places = placed({ axes: [], coords: new Uint16Array(0), n: 1 }, arranged({}, []));
  assert.equal(places.cellAt(0, 0, 0), 0);
  assert.equal(nameOfCell({ axes: [], coords: new Uint16Array(0), n: 1 }, 0), "picture");
});

test("a sweep of nearly only holes needs no array of all places", () => {
  const many = upTo(60_000);
  const points = [0, 7, 59_999];
  const sparse = { axes: [axis("a", many), axis("b", many)], coords: Uint16Array.from(points.flatMap((i) => [i, i])), n: 3 };
  const places = placed(sparse, arranged({ x: "a", y: "b" }, sparse.axes));
  assert.deepEqual(points.map((_, i) => places.cellAt(0, i, i)), [0, 1, 2]);
});

test("10,000 cells on four axes are placed far below the tenth of a second that turning may take", () => {
  const ten = ["a", "b", "c", "d"].map((name) => axis(name, upTo(10)));
  const all = space(...ten);
  const start = performance.now();
  for (let i = 0; i < 10; i++) placed(all, arranged({ x: "b", y: "d", pages: i % 2 ? ["c"] : [] }, all.axes));
  assert.ok((performance.now() - start) / 10 < 60);
});

test("taking the other one's axis swaps rows and columns", () => {
  const { x, y } = turned(arranged({ x: "scale", y: "style" }, FULL.axes), "x", "style");
  assert.deepEqual([x, y], ["style", "scale"]);
});

test("what stood there goes where the axis came from", () => {
  const before = arranged({ x: "scale", y: "style", pages: ["seed"] }, FULL.axes);
  const { y, facets, pages } = turned(before, "y", "seed");
  assert.deepEqual([y, facets, pages], ["seed", [], ["style"]]);
  assert.deepEqual(before.pages, ["seed"]);
});

test("rows of no axis send theirs to the facets", () => {
  const { y, facets } = turned(arranged({ x: "scale", y: "style" }, FULL.axes), "y", "");
  assert.deepEqual([y, facets], ["", ["seed", "style"]]);
});

test("an axis goes from side by side to one at a time and back", () => {
  const paged = turned(arranged({ x: "scale", y: "style" }, FULL.axes), "pages", "seed");
  assert.deepEqual([paged.facets, paged.pages], [[], ["seed"]]);
  assert.deepEqual(turned(paged, "facets", "seed").facets, ["seed"]);
});

test("a new page axis shows the page of the chosen cell, and an old one stays where it is", () => {
  const before = arranged({ x: "scale", y: "style" }, FULL.axes);
  assert.equal(turned(before, "pages", "seed", { seed: 1, scale: 2 }).at.seed, 1);
  const paged = arranged({ x: "scale", pages: ["seed"], at: { seed: 1 } }, FULL.axes);
  const { at } = turned(paged, "pages", "style", { seed: 0, style: 1 });
  assert.deepEqual(at, { seed: 1, style: 1 });
});

test("however it is turned, no cell is lost or doubled", () => {
  for (const x of ["scale", "style", "seed", ""])
    for (const y of ["scale", "style", "seed", ""]) {
      const places = placed(FULL, arranged({ x, y }, FULL.axes));
      const seen = new Set();
      places.facets.forEach((_, f) => places.rows.forEach((_, r) => places.columns.forEach((_, c) => seen.add(places.cellAt(f, r, c)))));
      assert.equal([...seen].filter((cell) => cell >= 0).length, 12, `${x} ${y}`);
    }
});

const facts = { states: "ddddddffwwss", costs: Float32Array.from({ length: 12 }, (_, i) => (i === 3 ? NaN : i)), marks: { 0: { star: true }, 1: { reject: true }, 2: { note: "Gulls" } } };
const passing = (filter) => {
  const keep = kept(FULL, { state: "", star: "", most: null, text: "", values: {}, ...filter }, facts);
  return keep && [...keep].map((one, i) => (one ? i : -1)).filter((i) => i >= 0);
};

test("no filter keeps all, and says so without an array", () => {
  assert.equal(passing({}), null);
  assert.equal(isFiltering({ state: "", star: "", most: null, text: " ", values: {} }), false);
});

test("a filter by state, mark, price and value keeps what passes", () => {
  assert.deepEqual(passing({ state: "f" }), [6, 7]);
  assert.deepEqual(passing({ star: "star" }), [0]);
  assert.deepEqual(passing({ star: "reject" }), [1]);
  assert.deepEqual(passing({ star: "unmarked", state: "d" }), [2, 3, 4, 5]);
  assert.deepEqual(passing({ most: 4 }), [0, 1, 2, 4]);
  assert.deepEqual(passing({ values: { style: [2], seed: [0] } }), [4, 10]);
});

test("words are looked for in values and notes, whatever their case", () => {
  assert.deepEqual(passing({ text: "anime 7" }), [6, 7]);
  assert.deepEqual(passing({ text: "gulls" }), [2]);
});

test("a slider goes along one axis, over holes", () => {
  const find = makeFinder(FULL);
  assert.deepEqual(along(FULL, find, at(0, 1, 1), 1), [at(0, 0, 1), at(0, 1, 1), at(0, 2, 1)]);
  const sparse = { axes: [SCALE, STYLE], coords: Uint16Array.from([0, 0, 0, 2]), n: 2 };
  assert.deepEqual(along(sparse, makeFinder(sparse), 0, 1), [0, -1, 1]);
});

test("cells are found although their places cannot be counted", () => {
  const wide = ["a", "b", "c", "d", "e"].map((name) => axis(name, upTo(10_000)));
  const sparse = { axes: wide, coords: Uint16Array.from([1, 2, 3, 4, 5, 9, 9, 9, 9, 9]), n: 2 };
  assert.equal(makeFinder(sparse)([9, 9, 9, 9, 9]), 1);
});

test("a value is shown again where it stands among all, and the last one stays", () => {
  assert.deepEqual(toggled([0, 1, 2], 1), [0, 2]);
  assert.deepEqual(toggled([0, 2], 1), [0, 1, 2]);
  assert.deepEqual(toggled([2], 2), [2]);
  assert.deepEqual(moved([0, 1, 2], 0, 2), [1, 2, 0]);
  assert.deepEqual(shownOf(arranged({ shown: { style: [1] } }, FULL.axes), STYLE), [1]);
});

test("a hidden value is listed where it would be shown again", () => {
  for (const [shown, count] of [[[0, 2], 3], [[1], 4], [[3, 0, 1], 6], [[2, 0], 4]]) {
    let expected = shown;
    for (let value = 0; value < count; value++) if (!shown.includes(value)) expected = toggled(expected, value);
    assert.deepEqual(withHidden(shown, count), expected);
  }
});

test("bytes are read wherever they stand in a message", () => {
  const buffer = new Uint8Array([9, 1, 0, 2, 1]).buffer;
  assert.deepEqual([...shortsOf(new DataView(buffer, 1))], [1, 258]);
  assert.deepEqual([...floatsOf(new Float32Array([1.5]).buffer)], [1.5]);
  assert.deepEqual([...shortsOf(undefined)], []);
});

test("a cell is called by its values on all axes", () => {
  assert.equal(nameOfCell(FULL, at(1, 0, 1)), "scale 7, style ANIME, seed 2");
});

test("a sweep that was widened at its end keeps the pictures of its cells, another one does not", () => {
  const wider = { axes: [SCALE, { ...STYLE, labels: [...STYLE.labels, "RAY"] }, SEED], coords: Uint16Array.from([...FULL.coords, 0, 3, 0]), n: 13 };
  assert.equal(goesOn(FULL, wider), true);
  assert.equal(goesOn(wider, FULL), false);
  assert.equal(goesOn(FULL, { ...FULL, axes: [SCALE, { ...STYLE, labels: ["NEW", ...STYLE.labels] }, SEED] }), false);
  assert.equal(goesOn(FULL, { ...FULL, coords: Uint16Array.from(FULL.coords).reverse() }), false);
});
