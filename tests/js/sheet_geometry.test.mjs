import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cellOf, fit, labelWidth, laidOut, leftOf, piecesOf, slotAt, spotOf, stepped, topOf, typeFor, windowOf, wrap, zoomed,
} from "../../leonardo_nb/widgets/sheet_geometry.js";
import { arranged, placed } from "../../leonardo_nb/widgets/sheet_places.js";
import { dropAt } from "../../leonardo_nb/widgets/sheet_drag.js";

const shape = 4 / 3;

test("two small grids stand side by side where there is room", () => {
  assert.equal(fit({ room: 920, columns: 4, rows: 3, grids: 2, labels: 86, shape }).side, 2);
});

test("grids go below each other before their cells get too small to look at", () => {
  assert.equal(fit({ room: 600, columns: 4, rows: 3, grids: 2, labels: 86, shape }).side, 1);
});

test("six grids stand in even lines, not as five and one", () => {
  assert.equal(fit({ room: 900, columns: 2, rows: 2, grids: 6, labels: 0, shape }).side, 3);
});

test("cells are never wider than the room for them, but for the least that can be seen", () => {
  for (const room of [320, 420, 680, 900, 1400])
    for (const columns of [1, 2, 5, 12, 100]) {
      const { width } = fit({ room, columns, rows: 3, grids: 1, labels: 80, shape });
      const least = room < 420 ? 52 : 64;
      assert.ok(width === least || columns * (width + 6) + 80 <= room, `${room} ${columns} ${width}`);
    }
});

test("cells get a little smaller rather than that the last column is cut", () => {
  const { width } = fit({ room: 700, columns: 10, rows: 10, grids: 1, labels: 60, shape });
  assert.ok(width < 64 && 10 * (width + 6) + 60 <= 700, `${width}`);
});

test("cells get smaller where all rows are then seen at once", () => {
  const few = fit({ room: 900, columns: 4, rows: 2, grids: 1, labels: 80, shape });
  const many = fit({ room: 900, columns: 4, rows: 6, grids: 1, labels: 80, shape });
  assert.ok(many.width < few.width);
  assert.ok(6 * (many.width / shape + 6) + 60 <= 600);
});

test("grids that cannot be seen at once below each other are as large as one can be", () => {
  const facts = { room: 690, columns: 5, rows: 4, labels: 86, shape };
  assert.equal(fit({ ...facts, grids: 3 }).width, fit({ ...facts, grids: 1 }).width);
});

test("ten thousand grids are laid out at once", () => {
  const start = performance.now();
  fit({ room: 900, columns: 2, rows: 2, grids: 10_000, labels: 0, shape });
  assert.ok(performance.now() - start < 50);
});

test("one axis wraps into lines that fit", () => {
  for (const room of [300, 620, 900])
    for (const count of [1, 3, 8, 31]) {
      const { across, width } = wrap(room, count, shape);
      assert.ok(across <= count && across * (width + 6) - 6 <= room, `${room} ${count} ${across} ${width}`);
    }
});

test("labels have as much room as they need, up to a limit", () => {
  assert.equal(labelWidth(null, 900), 0);
  assert.equal(labelWidth(["ANIME"], 900), 51);
  assert.equal(labelWidth(["x".repeat(200)], 900), 132);
});

test("row labels are as wide as their words, on a phone too", () => {
  for (const room of [360, 600, 1100]) {
    const own = labelWidth(["SKETCH_COLOR", "ILLUSTRATION"], room);
    assert.ok(own >= (12 / 14) * 96 && own <= Math.max(0.3 * room, 132), `${room} ${own}`);
  }
});

test("letters get smaller rather than that a word is broken, down to a size that can be read", () => {
  assert.equal(typeFor(["CINEMATIC"], 90), 12);
  assert.ok(typeFor(["ILLUSTRATION"], 80) < 12 && typeFor(["ILLUSTRATION"], 80) >= 9);
  assert.equal(typeFor(["x".repeat(200)], 90), 12); // it is broken at any size
});

test("labels go on in the next line after spaces, low lines, strokes and hyphens", () => {
  assert.deepEqual(piecesOf("SKETCH_COLOR at f/8"), ["SKETCH_", "COLOR ", "at ", "f/", "8"]);
  assert.deepEqual(piecesOf(""), []);
});

test("zooming goes through sizes and stops at the ends", () => {
  assert.deepEqual([zoomed(64, 1), zoomed(64, -1), zoomed(70, 1), zoomed(24, -1), zoomed(512, 1)], [80, 52, 80, 24, 512]);
});

const axis = (name, count, numeric = true) => ({ name, role: "member", labels: Array.from({ length: count }, (_, i) => String(i)), numeric });

/** A laid out grid of as many columns, rows and facets; *drop* makes holes. */
function grid(columns, rows, facets, { size = 100, room = 900, drop = [] } = {}) {
  const axes = [axis("x", columns), axis("y", rows), axis("z", facets)];
  const points = [];
  for (let z = 0; z < facets; z++) for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) points.push([x, y, z]);
  const left = points.filter((_, i) => !drop.includes(i));
  const space = { axes, coords: Uint16Array.from(left.flat()), n: left.length };
  const places = placed(space, arranged({ x: "x", y: rows > 1 ? "y" : "", pages: rows > 1 ? [] : ["y"], facets: ["z"] }, axes));
  const labels = (count) => Array.from({ length: count }, (_, i) => String(i));
  const g = laidOut({
    columns, rows, facets, hasX: true, hasY: rows > 1, titled: true, columnLabels: labels(columns), rowLabels: labels(rows),
    room, high: 600, shape, size,
  });
  return { g, places, cell: (f, r, c) => places.cellAt(f, r, c) };
}

test("every cell stands at one spot, and is found there again", () => {
  for (const { g, places } of [grid(4, 3, 5), grid(7, 1, 3), grid(30, 2, 1)])
    places.facets.forEach((_, f) => places.rows.forEach((_, r) => places.columns.forEach((_, c) => {
      const spot = spotOf(g, places.columns.length, { f, r, c });
      assert.equal(cellOf(g, places, spot.band, spot.line, spot.slot), places.cellAt(f, r, c));
      assert.equal(slotAt(g, leftOf(g, spot.slot) + 1), spot.slot);
      assert.ok(leftOf(g, spot.slot) + g.width <= g.W && topOf(g, spot.band, spot.line) + g.height <= g.H);
    })));
});

test("the name of an axis does not touch what is above the grid where it has no titles", () => {
  const facts = {
    columns: 2, rows: 2, facets: 1, hasX: true, hasY: true, columnLabels: ["a", "b"], rowLabels: ["c", "d"],
    room: 900, high: 600, shape, size: 0,
  };
  const [bare, titled] = [false, true].map((each) => laidOut({ ...facts, titled: each }));
  assert.equal(bare.names - titled.names, 6);
  assert.equal(bare.heading, titled.heading - titled.title + 6);
});

test("only lines and columns in view, and a margin, are in the window", () => {
  const { g } = grid(100, 100, 1);
  const { first, last, from, to } = windowOf(g, { left: 2000, top: 3000, width: 800, height: 600 }, 100);
  assert.ok(last - first < 14 && to - from < 14, `${first} ${last} ${from} ${to}`);
  assert.ok(topOf(g, 0, first) <= 3000 && topOf(g, 0, last) + g.height >= 3600);
});

test("nothing is in the window of an empty grid", () => {
  const { g } = grid(1, 1, 1);
  assert.deepEqual(windowOf({ ...g, bands: 0 }, { left: 0, top: 0, width: 100, height: 100 }, 0), { first: 0, last: -1, from: 0, to: -1 });
});

test("arrows go to the next cell and stop at the edge", () => {
  const { g, places, cell } = grid(3, 3, 1);
  const go = (from, key, how) => stepped(g, places, from, key, how);
  assert.equal(go(cell(0, 0, 0), "ArrowRight"), cell(0, 0, 1));
  assert.equal(go(cell(0, 0, 2), "ArrowRight"), cell(0, 0, 2));
  assert.equal(go(cell(0, 0, 1), "ArrowDown"), cell(0, 1, 1));
  assert.equal(go(cell(0, 0, 1), "ArrowUp"), cell(0, 0, 1));
  assert.equal(go(cell(0, 1, 1), "Home"), cell(0, 1, 0));
  assert.equal(go(cell(0, 1, 1), "End", { ctrl: true }), cell(0, 2, 2));
  assert.equal(go(cell(0, 0, 1), "PageDown", { page: 2 }), cell(0, 2, 1));
});

test("arrows step over holes", () => {
  const { g, places } = grid(3, 2, 1, { drop: [1] }); // the first row has no middle
  const [left, right] = [places.cellAt(0, 0, 0), places.cellAt(0, 0, 2)];
  assert.equal(stepped(g, places, left, "ArrowRight"), right);
  assert.equal(stepped(g, places, places.cellAt(0, 1, 1), "ArrowUp"), places.cellAt(0, 1, 1));
});

test("arrows lead from one facet into the next", () => {
  const { g, places, cell } = grid(2, 2, 2, { room: 900 });
  assert.equal(g.side, 2);
  assert.equal(stepped(g, places, cell(0, 1, 1), "ArrowRight"), cell(1, 1, 0));
  const below = grid(2, 2, 2, { room: 380 });
  assert.equal(below.g.side, 1);
  assert.equal(stepped(below.g, below.places, below.cell(0, 1, 0), "ArrowDown"), below.cell(1, 0, 0));
});

test("where one axis wraps, the end of a line leads on to the next", () => {
  const { g, places, cell } = grid(7, 1, 1, { room: 360 });
  assert.equal(g.slots, 3);
  assert.equal(stepped(g, places, cell(0, 0, 2), "ArrowRight"), cell(0, 0, 3));
  assert.equal(stepped(g, places, cell(0, 0, 5), "ArrowDown"), cell(0, 0, 6));
});

test("labels stay legible where cells are narrower than they are", () => {
  const { g } = grid(60, 60, 1, { size: 24 });
  assert.ok(g.skipX * g.pitchX >= 18 && g.skipY * g.pitchY >= 15);
});

test("what is dropped stands between the two it was dropped between", () => {
  assert.deepEqual([dropAt(0, 100, 4), dropAt(149, 100, 4), dropAt(151, 100, 4), dropAt(999, 100, 4)], [0, 1, 2, 4]);
});
