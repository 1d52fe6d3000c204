import assert from "node:assert/strict";
import { test } from "node:test";

import { fakeModel } from "./fake_model.mjs";

const KEY = "0f0e0d0c-1111-4222-8333-444444444444";
const PRIME = 2n ** 521n - 1n; // a prime with few digits to write; the size does not matter here
const encoder = new TextEncoder();

function power(base, exponent) {
  let result = 1n;
  for (; exponent > 0n; exponent >>= 1n, base = (base * base) % PRIME) {
    if (exponent & 1n) result = (result * base) % PRIME;
  }
  return result;
}

/** Nodes that keep what they are given. */
function fakeNode(tag) {
  const node = {
    tag,
    value: "",
    children: [],
    listeners: {},
    classList: { add() {} },
    append: (...more) => node.children.push(...more),
    setAttribute() {},
    focus() {},
    addEventListener: (name, fn) => (node.listeners[name] = fn),
  };
  return node;
}

async function drawn(t, view) {
  globalThis.document = { createElement: fakeNode };
  t.after(() => delete globalThis.document);
  const { default: login } = await import("../../leonardo_nb/widgets/login.js");
  const model = fakeModel({ view });
  const el = fakeNode("div");
  const leave = login.render({ model, el });
  const form = el.children[0];
  return { model, el, leave, form, field: form.children.find((node) => node.tag === "input") };
}

test("the key leaves the field once, sealed, and only the other half opens it", async (t) => {
  const secret = 123456789n;
  const { model, form, field } = await drawn(t, { host: "h", prime: PRIME.toString(16), public: power(2n, secret).toString(16) });
  field.value = ` ${KEY} `;
  form.listeners.submit({ preventDefault() {} });

  const [message] = model.sent;
  const common = power(BigInt(`0x${message.public}`), secret).toString(16).padStart(512, "0");
  const bytes = message.sealed.match(/../g).map((two) => parseInt(two, 16));
  const pad = common.slice(-2 * bytes.length).match(/../g).map((two) => parseInt(two, 16));
  assert.deepEqual([...encoder.encode(KEY)], bytes.map((byte, i) => byte ^ pad[i]));
  assert.equal("", field.value);
  assert.equal(false, JSON.stringify(model.sent).includes(KEY));
  assert.deepEqual(["kind", "public", "sealed"], Object.keys(message));
});

test("nothing is sent where nothing was typed, or while a key is being tried", async (t) => {
  const { model, form, field } = await drawn(t, { host: "h", busy: true });
  form.listeners.submit({ preventDefault() {} });
  field.value = KEY;
  form.listeners.submit({ preventDefault() {} });

  assert.deepEqual([], model.sent);
  assert.equal(true, field.disabled);
});

test("what is typed reaches no shortcut of the host", async (t) => {
  const { field } = await drawn(t, { host: "h" });
  let stopped = 0;
  for (const name of ["keydown", "keypress", "keyup", "paste", "input"]) {
    field.listeners[name]({ stopPropagation: () => (stopped += 1) });
  }

  assert.deepEqual([5, "password", "off"], [stopped, field.type, field.autocomplete]);
});

test("the field goes when the key was good, and its listener with the view", async (t) => {
  const { model, form, leave } = await drawn(t, { host: "h" });
  model.set("view", { host: "h", line: "Logged in.", done: true });
  assert.equal(true, form.hidden);
  leave();

  assert.equal(0, model.listening());
});
