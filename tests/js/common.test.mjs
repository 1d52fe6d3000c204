import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";

import { answer, copy, keepKeys, listen, newName, pieces } from "../../leonardo_nb/widgets/common.js";
import { fakeModel } from "./fake_model.mjs";

const widgets = new URL("../../leonardo_nb/widgets/", import.meta.url);
const files = (await readdir(widgets)).filter((name) => name.endsWith(".js"));

for (const file of files)
  test(`${file} never makes markup of text`, async () => {
    const source = await readFile(new URL(file, widgets), "utf8");
    assert.ok(!/innerHTML|insertAdjacentHTML|outerHTML|DOMParser|document\.write|eval\(/.test(source));
  });

test("every second piece of a sentence is code", () => {
  assert.deepEqual(pieces("then `job.again()` once"), ["then ", "job.again()", " once"]);
});

test("keys are kept from the notebook, and what is meant for the whole application is not", () => {
  const node = new EventTarget();
  keepKeys(node);
  const isKept = (key, held = {}) => {
    const event = Object.assign(new Event("keydown", { bubbles: true }), { key, ...held });
    let kept = false;
    event.stopPropagation = () => (kept = true);
    node.dispatchEvent(event);
    return kept && !event.defaultPrevented;
  };
  for (const key of ["d", "D", "x", "0", "ArrowUp", "Enter", "Escape", " "]) assert.ok(isKept(key), key);
  for (const key of ["Enter", "Backspace", "ArrowUp"]) assert.ok(isKept(key, { ctrlKey: true }), `Ctrl+${key}`);
  assert.ok(isKept("M", { ctrlKey: true, shiftKey: true }));
  assert.ok(isKept("Enter", { altKey: true }));
  for (const held of ["ctrlKey", "metaKey", "altKey"]) assert.ok(!isKept("s", { [held]: true }), held);
});

test("a button says what became of a click, and then its label again", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const button = { textContent: "Copy code" };
  answer(button, "Copied");
  assert.equal(button.textContent, "Copied");
  t.mock.timers.tick(2000);
  assert.equal(button.textContent, "Copy code");
});

test("a button clicked twice does not take its answer for its label", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const button = { textContent: "Copy code" };
  answer(button, "Copied");
  t.mock.timers.tick(1500);
  answer(button, "Not copied");
  t.mock.timers.tick(1500);
  assert.equal(button.textContent, "Not copied");
  t.mock.timers.tick(500);
  assert.equal(button.textContent, "Copy code");
});

test("without a clipboard the text that is shown is selected and copied", async (t) => {
  const selected = [];
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  globalThis.getSelection = () => ({ selectAllChildren: (node) => selected.push(node) });
  globalThis.document = { execCommand: (command) => command === "copy" };
  t.after(() => {
    if (before) Object.defineProperty(globalThis, "navigator", before);
    else delete globalThis.navigator;
    delete globalThis.getSelection;
    delete globalThis.document;
  });
  const shown = {};
  assert.equal(await copy("leo.generate()", shown), true);
  assert.deepEqual(selected, [shown]);
});

test("what listens to a model stops when it is told to", () => {
  const model = fakeModel({ view: 1, pictures: 2 });
  const heard = [];
  const leave = listen(model, {
    "change:view": () => heard.push("view"),
    "msg:custom": (message) => heard.push(message),
  });
  model.set("view", 3);
  model.say("hello");
  leave();
  model.set("view", 4);
  assert.deepEqual(heard, ["view", "hello"]);
  assert.equal(model.listening(), 0);
});

test("names are not given twice", () => {
  assert.notEqual(newName(), newName());
});
