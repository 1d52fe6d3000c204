import assert from "node:assert/strict";
import { test } from "node:test";

import strip from "../../leonardo_nb/widgets/panel_strip.js";
import { fakeModel } from "./fake_model.mjs";

/** A page small enough to see through: nodes that take everything, frames and listeners that are counted. */
function fakePage(t, panel = null) {
  const page = { frames: [], heard: new Set() };
  const node = () => ({
    dataset: {},
    setAttribute() {},
    append() {},
    replaceChildren() {},
    querySelector: () => null,
    querySelectorAll: () => [],
    addEventListener: (_, fn, isEarly) => isEarly && page.heard.add(fn),
    removeEventListener: (_, fn) => page.heard.delete(fn),
    closest: () => page.panel,
  });
  page.panel = panel;
  page.node = node;
  globalThis.document = { createElement: node };
  globalThis.requestAnimationFrame = (fn) => page.frames.push(fn);
  globalThis.cancelAnimationFrame = (id) => (page.frames[id - 1] = null);
  t.after(() => {
    for (const name of ["document", "requestAnimationFrame", "cancelAnimationFrame"]) delete globalThis[name];
  });
  return page;
}

const modelWith = (getModel) => {
  const model = fakeModel({ pictures: [], current: "", fields: { prompt: "IPY_MODEL_1" } });
  model.widget_manager = { get_model: getModel };
  return model;
};

test("a strip that is gone does not look for its panel any more", (t) => {
  const page = fakePage(t);
  const end = strip.render({ model: modelWith(async () => ({})), el: page.node() });
  const waiting = [...page.frames];
  end();
  page.panel = page.node();
  for (const frame of waiting) frame();
  assert.equal(waiting.length, 1);
  assert.deepEqual(page.frames, [null]);
  assert.equal(page.heard.size, 0);
});

test("a strip whose fields are not to be had says so and goes on", async (t) => {
  const page = fakePage(t);
  page.panel = page.node();
  const said = [];
  t.mock.method(console, "warn", (...words) => said.push(words));
  const end = strip.render({
    model: modelWith(async () => {
      throw new Error("no such model");
    }),
    el: page.node(),
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(said.length, 1);
  assert.equal(page.heard.size, 2);
  end();
  assert.equal(page.heard.size, 0);
});
