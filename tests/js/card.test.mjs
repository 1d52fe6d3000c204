import assert from "node:assert/strict";
import { test } from "node:test";

import * as card from "../../leonardo_nb/widgets/card_base.js";
import images, { columns } from "../../leonardo_nb/widgets/card.js";
import variation, { placed } from "../../leonardo_nb/widgets/card_variation.js";
import video from "../../leonardo_nb/widgets/card_video.js";
import { fakeModel } from "./fake_model.mjs";


test("seconds read as Python writes them", () => {
  const said = [0, 9.99, 10, 59.9, 61, 600].map(card.howLong);
  assert.deepEqual(said, ["0.0 s", "9.9 s", "10 s", "59 s", "1 min 01 s", "10 min 00 s"]);
});

test("the time left is rounded up and ends in plain words", () => {
  const said = [5.1, 7.9, 8.1, 30].map((elapsed) => card.runningLine(elapsed, 8));
  assert.deepEqual(said, [
    "5.1 s, about 3 s left",
    "7.9 s, about 1 s left",
    "8.1 s, any moment",
    "30 s, longer than usual",
  ]);
});

test("without an expectation there is only the time", () => {
  assert.equal(card.runningLine(5.1, null), "5.1 s");
  assert.equal(card.grown(5.1, null), 0);
});

test("the bar only grows and is never full", () => {
  const parts = [0, 2, 4, 7.9, 8, 8.1, 20, 60].map((elapsed) => card.grown(elapsed, 8));
  assert.deepEqual(parts, [...parts].sort((a, b) => a - b));
  assert.ok(parts.at(-1) <= 1);
  assert.ok(Math.abs(card.grown(7.999, 8) - card.grown(8, 8)) < 0.001);
});

for (const [name, widget] of Object.entries({ images, video, variation }))
  test(`the clock of ${name} listens to the model and stops listening`, () => {
    const model = fakeModel({ view: { elapsed: 1, at: Date.now() / 1000, ticking: true } });
    const end = widget().initialize({ model });
    assert.equal(model.listening(), 1);
    end();
    assert.equal(model.listening(), 0);
  });

test("pictures stand side by side in full rows where they can", () => {
  assert.deepEqual([1, 2, 4, 6].map(columns), [1, 2, 2, 3]);
});

test("a smaller picture stands where it is in the wider one", () => {
  assert.equal(placed([0.25, 0.25, 0.5, 0.5]), "left: 25%; top: 25%; width: 50%; height: 50%");
});

test("the frame is small while it waits, in the shape of the picture, and grows to it", () => {
  const shapes = [[1024, 768], [768, 1024], [1024, 1024]].map(([width, height]) => ({ width, height, count: 1 }));
  assert.deepEqual(shapes.map((shape) => card.frameWidth(shape, true)), [148, 111, 148]);
  assert.deepEqual(shapes.map((shape) => card.frameWidth(shape, false)), [320, 225, 300]);
  assert.equal(card.frameWidth({ width: 768, height: 1024, count: 4 }, false), 320);
});
