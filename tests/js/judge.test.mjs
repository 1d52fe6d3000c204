import assert from "node:assert/strict";
import { test } from "node:test";

import { fakeModel } from "./fake_model.mjs";

/** Nodes that keep what they are given, as far as this widget asks for it. */
class FakeNode {
  constructor(tag) {
    this.tag = tag;
    this.children = [];
    this.listeners = {};
    this.attributes = {};
    this.dataset = {};
    this.style = { setProperty: (name, value) => (this.style[name] = value) };
    this.parentNode = null;
    this.textContent = "";
  }
  append(...more) {
    for (const each of more) if (each instanceof FakeNode) each.parentNode = this;
    this.children.push(...more);
  }
  prepend(...more) {
    for (const each of more) each.parentNode = this;
    this.children.unshift(...more);
  }
  replaceChildren(...more) {
    this.children = [];
    this.append(...more);
  }
  remove() {}
  contains(other) {
    return this === other || this.children.some((child) => child instanceof FakeNode && child.contains(other));
  }
  querySelector(tag) {
    return this.children.find((child) => child.tag === tag) ?? null;
  }
  querySelectorAll(selector) {
    const mine = this.children.filter((child) => child instanceof FakeNode);
    return mine.flatMap((child) => [...(`.${child.className}` === selector ? [child] : []), ...child.querySelectorAll(selector)]);
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  getAttribute(name) {
    return this.attributes[name] ?? null;
  }
  toggleAttribute(name, is) {
    if (is) this.attributes[name] = "";
    else delete this.attributes[name];
  }
  addEventListener(name, fn) {
    this.listeners[name] = fn;
  }
  focus() {
    globalThis.document.activeElement = this;
  }
  showModal() {
    this.open = true;
  }
  close() {
    this.open = false;
    this.listeners.close?.();
  }
  click() {
    this.listeners.click();
  }
}

const PAIRS = [
  { number: 1, left: 0, right: 1, ratio: 1.5, differs: [["seed", "1", "2"]] },
  { number: 2, left: 2, right: 3, ratio: 1.5, differs: [] },
];
const VIEW = { word: "Which is better?", rest: "0 votes", empty: "", simulated: true, undo: false, done: false };

async function drawn(t, { pairs = PAIRS, view = VIEW, best = [], there = [0, 1, 2, 3] } = {}) {
  const made = [];
  globalThis.document = { createElement: (tag) => new FakeNode(tag), createTextNode: (text) => text, activeElement: null };
  globalThis.HTMLButtonElement = class {};
  const kept = { create: URL.createObjectURL, revoke: URL.revokeObjectURL };
  URL.createObjectURL = () => (made.push(`blob:${made.length}`), made.at(-1));
  URL.revokeObjectURL = (address) => made.splice(made.indexOf(address), 1);
  t.after(() => {
    delete globalThis.document;
    delete globalThis.HTMLButtonElement;
    URL.createObjectURL = kept.create;
    URL.revokeObjectURL = kept.revoke;
  });
  const { default: judge } = await import("../../leonardo_nb/widgets/judge.js");
  const model = fakeModel({ pairs, view, best });
  const el = new FakeNode("div");
  const leave = judge.render({ model, el });
  const box = el.children[0];
  const part = (name) => box.querySelectorAll(`.${name}`)[0];
  const load = (cells) => model.say({ what: "pictures", size: "large", cells: cells.map((cell) => [cell, true]) }, cells.map(String));
  if (there.length) load(there);
  const press = (key, more = {}) => {
    let taken = false;
    box.listeners.keydown({ key, target: part("leo-pair"), preventDefault: () => (taken = true), stopPropagation() {}, ...more });
    return taken;
  };
  const votes = () => model.sent.filter((each) => each.do === "vote").map(({ pair, choice }) => [pair, choice]);
  return { model, box, part, press, load, votes, leave, made };
}

test("each key is one answer, and the next pair is there before Python has said a word", async (t) => {
  const { press, votes, part, model } = await drawn(t);
  press("ArrowLeft");
  press("2");
  press("ArrowRight"); // no pair is left until Python sends one

  assert.deepEqual([[1, "left"], [2, "right"]], votes());
  assert.equal(false, "data-ready" in part("leo-pair").attributes);
  model.set("pairs", [{ ...PAIRS[0], number: 3 }]);
  assert.equal(true, "data-ready" in part("leo-pair").attributes);
});

test("keys work as soon as the first pair is there, without a click that would be a vote", async (t) => {
  const { part, load } = await drawn(t, { there: [0] });
  assert.equal(null, globalThis.document.activeElement);
  load([1]);

  assert.equal(part("leo-pair"), globalThis.document.activeElement);
});

test("who writes elsewhere goes on writing there", async (t) => {
  const { load } = await drawn(t, { there: [] });
  const editor = Object.assign(new FakeNode("div"), { isContentEditable: true });
  globalThis.document.activeElement = editor;
  load([0, 1]);

  assert.equal(editor, globalThis.document.activeElement);
});

test("every key of the list does what it says", async (t) => {
  for (const [key, choice] of [["1", "left"], ["2", "right"], ["ArrowDown", "equal"], ["ArrowUp", "skip"], [" ", "skip"]]) {
    const { press, votes, leave } = await drawn(t);
    assert.equal(true, press(key));
    assert.deepEqual([[1, choice]], votes());
    leave();
  }
});

test("other keys, shortcuts, and keys that are held down are no answer", async (t) => {
  const { press, votes } = await drawn(t);
  assert.deepEqual([false, false, false], [press("b"), press("ArrowLeft", { ctrlKey: true }), press("Tab")]);
  press("ArrowLeft", { repeat: true });

  assert.deepEqual([], votes());
});

test("Enter on a button is that button's", async (t) => {
  const { press, box } = await drawn(t);
  const button = new globalThis.HTMLButtonElement();

  assert.equal(false, press("Enter", { target: button }));
  assert.equal(undefined, box.querySelectorAll(".leo-closer")[0]);
});

test("nobody judges what is not there yet", async (t) => {
  const { press, votes, load, model, part } = await drawn(t, { there: [0] });
  press("ArrowLeft");
  assert.deepEqual([], votes());
  model.say({ what: "pictures", size: "large", cells: [[1, false]] }, []);
  press("ArrowLeft");

  assert.deepEqual([[1, "left"]], votes());
  load([2, 3]);
  assert.equal(true, "data-ready" in part("leo-pair").attributes);
});

test("the pictures of the pairs to come are asked for once, before they are needed", async (t) => {
  const { model } = await drawn(t, { there: [], best: [{ cell: 1, score: "60 %", between: "", label: "" }] });
  const wants = model.sent.filter((each) => each.do === "want").map(({ large, small }) => [large, small]);
  model.set("view", { ...VIEW, rest: "1 vote" });

  assert.deepEqual([[[0, 1, 2, 3], [1]]], wants);
  assert.equal(1, model.sent.filter((each) => each.do === "want").length);
});

test("what differs is said only when it is asked for", async (t) => {
  const { part, box } = await drawn(t);
  const table = part("leo-differs");
  assert.equal(true, table.hidden);
  box.querySelectorAll(".leo-action leo-show")[0].click();

  assert.equal(false, table.hidden);
  assert.deepEqual(["1", "2"], table.children[0].children.filter((each) => each.tag === "td").map((each) => each.textContent));
});

test("undo is sent, and the pair that comes back is asked again", async (t) => {
  const { press, model, votes } = await drawn(t);
  press("Backspace");
  assert.equal(0, model.sent.filter((each) => each.do === "undo").length); // nothing was said yet
  press("ArrowLeft");
  press("u");
  model.set("pairs", [{ ...PAIRS[0], number: 7 }, PAIRS[1]]);
  press("ArrowRight");

  assert.equal(1, model.sent.filter((each) => each.do === "undo").length);
  assert.deepEqual([[1, "left"], [7, "right"]], votes());
});

test("both large: the same answers, and closed with the same key", async (t) => {
  const { press, box, votes } = await drawn(t);
  press("z");
  const [closer] = box.querySelectorAll(".leo-closer");
  assert.equal(true, closer.open);
  closer.querySelectorAll(".leo-side")[1].click();
  press("Enter");

  assert.deepEqual([[1, "right"]], votes());
  assert.equal(false, closer.open);
});

test("where nothing is left to ask it says why, and keeps the keys for undo", async (t) => {
  const { model, part, press, box } = await drawn(t);
  part("leo-pair").focus();
  model.set("pairs", []);
  model.set("view", { ...VIEW, empty: "There is nothing left.", undo: true });
  press("u");

  assert.deepEqual([true, false], [part("leo-pair").hidden, part("leo-empty").hidden]);
  assert.equal(box, globalThis.document.activeElement);
  assert.equal(1, model.sent.filter((each) => each.do === "undo").length);
});

test("a view that goes says so, and leaves nothing behind", async (t) => {
  const { model, leave, made } = await drawn(t);
  assert.equal(4, made.length);
  leave();

  assert.deepEqual([0, 0, "bye"], [model.listening(), made.length, model.sent.at(-1).do]);
});
