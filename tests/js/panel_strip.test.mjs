import assert from "node:assert/strict";
import { test } from "node:test";

import strip from "../../leonardo_nb/widgets/panel_strip.js";
import { fakeModel } from "./fake_model.mjs";

/** A page small enough to see through: nodes that take everything, frames and keys that are counted. */
function fakePage(t, panel = null) {
  const page = { frames: [], keys: new Set() };
  const node = () => ({
    dataset: {},
    setAttribute() {},
    append() {},
    replaceChildren() {},
    querySelector: () => null,
    querySelectorAll: () => [],
    addEventListener() {},
    removeEventListener() {},
    closest: () => page.panel,
  });
  page.panel = panel;
  page.node = node;
  globalThis.document = { createElement: node };
  globalThis.requestAnimationFrame = (fn) => page.frames.push(fn);
  globalThis.cancelAnimationFrame = (id) => (page.frames[id - 1] = null);
  globalThis.window = { addEventListener: (_, fn) => page.keys.add(fn), removeEventListener: (_, fn) => page.keys.delete(fn) };
  t.after(() => {
    for (const name of ["document", "requestAnimationFrame", "cancelAnimationFrame", "window"]) delete globalThis[name];
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
  assert.equal(page.keys.size, 0);
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
  assert.equal(page.keys.size, 1);
  end();
  assert.equal(page.keys.size, 0);
});
