import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { throttled } from "../../leonardo_nb/widgets/sheet_pace.js";

test("it runs at once, then once more however often it is asked, and never after its end", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let runs = 0;
  const ask = throttled(() => runs++, 50);
  for (let i = 0; i < 5; i++) ask();
  assert.equal(runs, 1);
  mock.timers.tick(60);
  assert.equal(runs, 2);
  ask();
  ask();
  ask.end();
  mock.timers.tick(60);
  assert.ok(runs <= 3);
  mock.timers.reset();
});
