import assert from "node:assert/strict";
import { test } from "node:test";

import { makeHead } from "../../leonardo_nb/widgets/sheet_head.js";

/** Nodes that know their children, as far as a head asks for it. */
class FakeNode {
  children = [];
  dataset = {};
  style = {};
  textContent = "";
  setAttribute() {}
  addEventListener(_, fn) {
    this.click = fn;
  }
  append(...more) {
    for (const each of more) if (each instanceof FakeNode) this.insertBefore(each, null);
  }
  appendChild(node) {
    return this.insertBefore(node, null);
  }
  insertBefore(node, before) {
    node.remove?.();
    node.parentNode = this;
    this.children.splice(before ? this.children.indexOf(before) : this.children.length, 0, node);
    return node;
  }
  replaceChildren(...more) {
    this.children = more;
  }
  remove() {
    const list = this.parentNode?.children ?? [];
    if (list.includes(this)) list.splice(list.indexOf(this), 1);
  }
}

test("what takes the place of a deed stands there, and takes no click that was meant for the other", (t) => {
  globalThis.document = { createElement: () => new FakeNode(), createElementNS: () => new FakeNode() };
  t.after(() => delete globalThis.document);
  let now = 1000;
  t.mock.method(performance, "now", () => now);
  const done = [];
  const head = makeHead((what) => done.push(what));
  const draw = (...names) => head.draw({ actions: names.map((name) => ({ do: name, label: name, consequence: "" })) }, true);
  const buttons = () => {
    const end = head.node.children.find((node) => node.className === "leo-end");
    return end.children.find((node) => node.className === "leo-deeds").children.map((node) => node.children[0]);
  };
  const names = () => buttons().map((button) => button.dataset.do);

  draw("pause", "stop");
  buttons()[0].click();
  draw("go_on", "stop");
  assert.deepEqual(names(), ["go_on", "stop"]);
  now += 300;
  draw("go_on", "stop"); // nothing changed since
  for (const button of buttons()) button.click();
  assert.deepEqual(done, ["pause"]);
  now += 200;
  buttons()[0].click();
  assert.deepEqual(done, ["pause", "go_on"]);
  draw("pause", "stop", "retry");
  assert.deepEqual(names(), ["pause", "stop", "retry"]);
});
