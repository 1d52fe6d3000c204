import assert from "node:assert/strict";
import { test } from "node:test";

import { fit, labelWidth, neighbour, wrap } from "../../leonardo_nb/widgets/sheet.js";

const shape = 4 / 3;

test("two small grids stand side by side where there is room", () => {
  assert.equal(fit({ room: 920, columns: 4, rows: 3, grids: 2, labels: 86, shape }).side, 2);
});

test("grids go below each other before their cells get too small to look at", () => {
  assert.equal(fit({ room: 600, columns: 4, rows: 3, grids: 2, labels: 86, shape }).side, 1);
});

test("two grids stand below each other where that shows much more of each picture", () => {
  const facts = { room: 580, columns: 3, rows: 2, grids: 2, labels: 80, shape };
  const { side, width } = fit(facts);
  assert.equal(side, 1);
  assert.ok(width >= 1.4 * 73, `${width}`);
  assert.equal(fit({ ...facts, high: 300 }).side, 2);
});

test("six grids stand in even lines, not as five and one", () => {
  assert.equal(fit({ room: 900, columns: 2, rows: 2, grids: 6, labels: 0, shape }).side, 3);
});

test("cells are never wider than the room for them, but for the least that can be seen", () => {
  for (const room of [320, 420, 680, 900, 1400])
    for (const columns of [1, 2, 5, 12]) {
      const { width } = fit({ room, columns, rows: 3, grids: 1, labels: 80, shape });
      const least = room < 420 ? 52 : 64;
      assert.ok(width === least || columns * (width + 6) + 80 <= room, `${room} ${columns} ${width}`);
    }
});

test("cells get smaller where all rows are then seen at once", () => {
  const few = fit({ room: 900, columns: 4, rows: 2, grids: 1, labels: 80, shape });
  const many = fit({ room: 900, columns: 4, rows: 6, grids: 1, labels: 80, shape });
  assert.ok(many.width < few.width);
  assert.ok(6 * (many.width / shape + 6) + 60 <= 600);
});

test("one axis wraps into lines that fit", () => {
  for (const room of [300, 620, 900])
    for (const count of [1, 3, 8, 31]) {
      const { across, width } = wrap(room, count, shape);
      assert.ok(across <= count && across * (width + 6) - 6 <= room, `${room} ${count} ${across} ${width}`);
    }
});

test("eight pictures are two lines of four", () => {
  assert.equal(wrap(640, 8, shape).across, 4);
});

test("labels have as much room as they need, up to a limit", () => {
  assert.equal(labelWidth(null, 900), 0);
  assert.equal(labelWidth({ name: "presetStyle", labels: ["ANIME"] }, 900), 45);
  assert.equal(labelWidth({ name: "prompt", labels: ["x".repeat(200)] }, 900), 132);
});

test("an arrow goes to the nearest cell on that side, and nowhere at the edge", () => {
  const boxes = [[0, 0], [100, 0], [200, 0], [0, 80], [100, 80]];
  assert.equal(neighbour(boxes, 0, "ArrowRight"), 1);
  assert.equal(neighbour(boxes, 1, "ArrowDown"), 4);
  assert.equal(neighbour(boxes, 4, "ArrowUp"), 1);
  assert.equal(neighbour(boxes, 0, "ArrowLeft"), -1);
  assert.equal(neighbour(boxes, 2, "ArrowDown"), 4);
});
