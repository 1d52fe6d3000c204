import assert from "node:assert/strict";
import { test } from "node:test";

import { commandOf } from "../../leonardo_nb/widgets/sheet_keys.js";

test("letters mean the same in capitals, and nothing with Ctrl, which is the browser's", () => {
  assert.deepEqual([commandOf({ key: "S" }, "grid"), commandOf({ key: "s" }, "grid")], [{ do: "star" }, { do: "star" }]);
  assert.equal(commandOf({ key: "s", ctrlKey: true }, "grid"), null);
  assert.equal(commandOf({ key: "c", metaKey: true }, "grid"), null);
});

test("keys move, with Ctrl to the ends, and with Alt they are the browser's", () => {
  assert.deepEqual(commandOf({ key: "End", ctrlKey: true }, "grid"), { do: "move", key: "End", ctrl: true });
  assert.equal(commandOf({ key: "ArrowLeft", altKey: true }, "grid"), null);
});

test("a button keeps Enter and Space, and a field keeps every key", () => {
  assert.deepEqual([commandOf({ key: "Enter" }, "button"), commandOf({ key: " " }, "handle")], [null, null]);
  assert.deepEqual(commandOf({ key: "Enter" }, "grid"), { do: "large" });
  for (const key of ["s", "?", "Home", " "]) assert.equal(commandOf({ key }, "text"), null);
});

test("arrows on the line below the grid make it higher", () => {
  assert.deepEqual(commandOf({ key: "ArrowUp" }, "handle"), { do: "taller", by: -80 });
});

test("other keys are not ours", () => {
  for (const key of ["a", "Tab", "F5", "Shift"]) assert.equal(commandOf({ key }, "grid"), null);
});
