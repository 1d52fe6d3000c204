import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { asPython, bytesOf, makeHost, makeModel, opened, unpacked } from "../../leonardo_nb/sweeps/export/host.js";

const base64 = (text) => Buffer.from(text).toString("base64");
const textOf = (view) => Buffer.from(view.buffer).toString();

/** Every step of the host is one turn of the loop, however slow the machine is. */
async function soon(turns = 12) {
  for (let i = 0; i < turns; i++) await new Promise((done) => setTimeout(done));
}

/** A pack with a picture for every text, "" for none. */
function pack(size, texts) {
  const parts = texts.map((text) => (text ? base64(text) : ""));
  return { size, lengths: parts.map((part) => part.length), text: parts.join("") };
}

function memory(before = {}) {
  const kept = { ...before };
  return { kept, getItem: (key) => kept[key] ?? null, setItem: (key, value) => (kept[key] = value) };
}

const MANY = Array.from({ length: 150 }, (_, i) => (i === 3 ? "" : `small ${i}`));

function hosted({ storage = memory(), traits = {}, ...more } = {}) {
  const saved = [];
  const contents = {
    id: "one",
    traits: { deck: { name: "foxes", n: 150 }, marks: {}, ...traits },
    small: [pack(128, MANY), pack(256, MANY.map((text) => text && text.toUpperCase()))],
    large: null,
    beside: [],
    names: MANY.map((_, i) => `seed-${i}.jpg`),
    type: "image/webp",
    ...more,
  };
  const details = async () => MANY.map((_, i) => ({ prompt: `a fox ${i}` }));
  const host = makeHost(contents, details, { storage, save: (...what) => saved.push(what) });
  const heard = [];
  host.model.on("msg:custom", (message, buffers) => heard.push([message, (buffers ?? []).map(textOf)]));
  return { ...host, heard, saved, storage };
}

test("bytes come back as they were packed", () => {
  assert.deepEqual([...bytesOf(Buffer.from([0, 127, 128, 255]).toString("base64"))], [0, 127, 128, 255]);
});

test("a picture of a pack is found by its place, and none is none", () => {
  const { picture } = opened(pack(128, ["first", "", "third one"]));
  assert.deepEqual([textOf(picture(0)), picture(1), textOf(picture(2))], ["first", null, "third one"]);
  assert.equal(picture(9), null);
});

test("a value that is set is told once, and one that is the same is not", () => {
  const model = makeModel({ selected: [] }, () => {});
  const told = [];
  model.on("change:selected", () => told.push(model.get("selected")));
  model.set("selected", [3]);
  model.set("selected", model.get("selected"));
  assert.deepEqual(told, [[3]]);
});

test("who has gone is told nothing", () => {
  const model = makeModel({ selected: [] }, () => {});
  const fn = () => assert.fail("told");
  model.on("change:selected", fn);
  model.off("change:selected", fn);
  model.set("selected", [1]);
});

test("nothing is answered before the page has ended what it does", async () => {
  const { model, heard } = hosted();
  model.send({ do: "want", view: "a", size: 128, cells: [0] });
  assert.equal(heard.length, 0);
  await soon();
  assert.deepEqual(heard, [[{ what: "small", size: 128, cells: [0] }, ["small 0"]]]);
});

test("a smaller size than the file has comes from the next larger one, a larger from the largest", async () => {
  const { model, heard } = hosted();
  model.send({ do: "want", view: "a", size: 64, cells: [1] });
  model.send({ do: "want", view: "b", size: 512, cells: [2] });
  await soon();
  assert.deepEqual(heard.map(([message, [text]]) => [message.size, text]), [[64, "small 1"], [512, "SMALL 2"]]);
});

test("a cell without a picture is said to have none", async () => {
  const { model, heard } = hosted();
  model.send({ do: "want", view: "a", size: 128, cells: [3, 4] });
  await soon();
  assert.deepEqual(heard.map(([message]) => [message.what, message.cells]), [["small", [4]], ["none", [3]]]);
});

test("many come in several messages, in the order of need", async () => {
  const { model, heard } = hosted();
  const cells = MANY.map((_, i) => 149 - i);
  model.send({ do: "want", view: "a", size: 128, cells });
  await soon();
  const small = heard.filter(([message]) => message.what === "small");
  assert.ok(small.length >= 3);
  assert.deepEqual(small.flatMap(([message]) => message.cells), cells.filter((cell) => cell !== 3));
});

test("a new wish of a view takes the place of its last one", async () => {
  const { model, heard } = hosted();
  model.send({ do: "want", view: "a", size: 128, cells: MANY.map((_, i) => i) });
  model.send({ do: "want", view: "a", size: 256, cells: [7] });
  await soon();
  assert.deepEqual(heard.map(([message]) => [message.size, message.cells]), [[256, [7]]]);
});

test("the words of a cell come when they are asked for", async () => {
  const { model, heard } = hosted();
  model.send({ do: "show", cell: 5, view: "a" });
  await soon();
  assert.deepEqual(heard[0][0], { what: "cell", cell: 5, view: "a", detail: { prompt: "a fox 5" } });
});

test("large pictures are those of the file, else the largest thumbnails", async () => {
  const large = { ...pack(1024, MANY.map((text) => text && `large ${text}`)) };
  const [has, not] = [hosted({ large }), hosted()];
  for (const { model } of [has, not]) model.send({ do: "large", cells: [3, 2], view: "a" });
  await soon();
  assert.deepEqual(has.heard, [[{ what: "large", cells: [2], view: "a" }, ["large small 2"]]]);
  assert.deepEqual(not.heard, [[{ what: "large", cells: [2], view: "a" }, ["SMALL 2"]]]);
});

test("pictures beside the file are shown and saved by their address", async () => {
  const { model, heard, saved } = hosted({ beside: MANY.map((text, i) => text && `f/seed-${i}.jpg`) });
  model.send({ do: "large", cells: [2], view: "a" });
  model.send({ do: "download", cell: 2, view: "a" });
  await soon();
  assert.deepEqual(heard[0], [{ what: "large", cells: [2], view: "a", addresses: ["f/seed-2.jpg"] }, ["SMALL 2"]]);
  assert.deepEqual(saved, [["f/seed-2.jpg", "seed-2.jpg"]]);
});

test("a download is the picture in the file, under a name that says what it is", async () => {
  const { model, heard } = hosted();
  model.send({ do: "download", cell: 2, view: "a" });
  await soon();
  const answer = { what: "file", cell: 2, view: "a", name: "seed-2.jpg", type: "image/webp" };
  assert.deepEqual(heard, [[answer, ["SMALL 2"]]]);
});

test("marks are told to the page, and are there when the file is opened again", async () => {
  const { model, storage } = hosted({ traits: { marks: { 1: { star: true, reject: false, note: "" } } } });
  model.send({ do: "mark", cell: 4, star: true });
  model.send({ do: "mark", cell: 4, note: "the ears" });
  model.send({ do: "mark", cell: 1, star: false });
  await soon();
  const marks = { 4: { star: true, reject: false, note: "the ears" } };
  assert.deepEqual(model.get("marks"), marks);
  const again = hosted({ storage, traits: { marks: { 1: { star: true, reject: false, note: "" } } } });
  assert.deepEqual(again.model.get("marks"), marks);
});

test("a browser that keeps nothing, or something else, still shows marks", async () => {
  const refuses = { getItem: () => "no json", setItem: () => { throw new Error("full"); } };
  const { model, canKeep } = hosted({ storage: refuses });
  model.send({ do: "mark", cell: 4, reject: true });
  await soon();
  assert.deepEqual([model.get("marks")[4].reject, canKeep()], [true, false]);
});

test("what only a kernel can do does nothing", async () => {
  const { model, heard } = hosted();
  for (const what of ["look", "pause", "go_on", "stop", "retry", "nonsense"]) model.send({ do: what, view: "a" });
  await soon();
  assert.deepEqual(heard, []);
});

test("what was made small is unpacked", async () => {
  const text = gzipSync(JSON.stringify([{ prompt: "</script> 🦊" }])).toString("base64");
  assert.deepEqual(await unpacked(text), [{ prompt: "</script> 🦊" }]);
});

test("marks become Python that cannot be anything but text", () => {
  const code = asPython({ 1: { note: '"); import os 🦊\n' }, 0: { star: true } }, ["key0", "key1"], "foxes");
  const lines = code.split("\n");
  assert.ok(lines.includes('run = leo.open_sweep("foxes")'));
  assert.ok(code.includes('run.star(\n    cell["key0"],\n)'));
  assert.ok(!code.includes("run.reject("));
  assert.ok(lines.includes('run.note(cell["key1"], "\\"); import os \\U0001f98a\\n")'));
});
