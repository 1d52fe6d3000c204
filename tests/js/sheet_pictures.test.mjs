import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { inlineOf, makeLarge, makePictures, thumbnailFor, typeOf } from "../../leonardo_nb/widgets/sheet_pictures.js";
import { captionsOf, columnsFor } from "../../leonardo_nb/widgets/sheet_stage.js";

const WEBP = new DataView(Uint8Array.from([0x52, 0x49, 0x46, 0x46]).buffer);

beforeEach(() => {
  globalThis.Image = class {
    decode() {
      return this.src.includes("broken") || this.src.endsWith("AAAAAA==") ? Promise.reject(new Error("broken")) : Promise.resolve();
    }
  };
});

/** Pictures of a view, with what was asked of the host. */
function view(options = {}) {
  const sent = [];
  const changed = [];
  const pictures = makePictures({ send: (message) => sent.push(message), view: "me", changed: (cells) => changed.push(...cells), isSeen: () => true, ...options });
  return { sent, changed, pictures };
}

test("the thumbnail that is asked for is not much smaller than what is shown", () => {
  assert.deepEqual([24, 64, 80, 81, 160, 161, 500].map(thumbnailFor), [64, 64, 64, 128, 128, 256, 256]);
});

test("a picture's type is read from its first bytes", () => {
  assert.deepEqual([[0x52], [0x89], [0x47], [0xff]].map((bytes) => typeOf(Uint8Array.from(bytes))), ["image/webp", "image/png", "image/gif", "image/jpeg"]);
  assert.equal(inlineOf(WEBP), "data:image/webp;base64,UklGRg==");
});

test("what is in view is asked for in order of need, and once", async () => {
  const { sent, changed, pictures } = view();
  pictures.wish([5, 3], 64);
  pictures.wish([5, 3], 64);
  assert.deepEqual(sent, [{ do: "want", view: "me", size: 64, cells: [5, 3] }]);
  await pictures.take({ size: 64, cells: [5] }, [WEBP]);
  assert.deepEqual(changed, [5]);
  pictures.wish([5, 3], 64);
  assert.equal(sent.length, 1);
  pictures.end();
});

test("what is here and not opened yet is not asked for", async () => {
  const { sent, pictures } = view();
  const opened = pictures.take({ size: 128, cells: [1, 2] }, [WEBP, WEBP]);
  pictures.wish([1, 2, 3], 64);
  assert.deepEqual(sent[0].cells, [3]);
  await opened;
  pictures.wish([1, 2, 3], 256);
  assert.deepEqual(sent[1].cells, [1, 2, 3]);
  pictures.end();
});

test("a larger size is asked for again, and a smaller picture does not replace it", async () => {
  const { sent, pictures } = view();
  await pictures.take({ size: 64, cells: [1] }, [WEBP]);
  pictures.wish([1], 128);
  assert.deepEqual(sent[0].cells, [1]);
  await pictures.take({ size: 128, cells: [1] }, [WEBP]);
  await pictures.take({ size: 64, cells: [1] }, [WEBP]);
  assert.equal(pictures.get(1).size, 128);
  pictures.end();
});

test("what has gone out of view is no longer wished for", () => {
  const { sent, pictures } = view();
  pictures.wish(Array.from({ length: 100 }, (_, i) => i), 64);
  pictures.wish([200], 64);
  assert.deepEqual(sent[1].cells, [200]);
  pictures.end();
});

test("what has no picture is not asked for again, until its cell has become another", () => {
  const { sent, pictures } = view();
  pictures.lack({ size: 64, cells: [4] });
  pictures.wish([4], 64);
  assert.deepEqual([sent.length, pictures.isMissing(4)], [0, true]);
  pictures.forget(4);
  pictures.wish([4], 64);
  assert.equal(sent.length, 1);
  pictures.end();
});

test("a picture that cannot be read is one that is not there", async () => {
  const { pictures } = view();
  await pictures.take({ size: 64, cells: [4] }, [new DataView(new ArrayBuffer(4))]);
  assert.deepEqual([pictures.get(4), pictures.isMissing(4)], [undefined, true]);
  pictures.end();
});

test("the longest unused ones go when there are too many, but none that is seen", async () => {
  const { pictures } = view({ most: 36, isSeen: (cell) => cell === 0 });
  for (const cell of [0, 1, 2]) await pictures.take({ size: 64, cells: [cell] }, [WEBP]);
  assert.ok(pictures.bytes() <= 36);
  assert.deepEqual([0, 1, 2].map((cell) => Boolean(pictures.get(cell))), [true, false, true]);
  pictures.end();
});

test("what comes for a cell that is out of view by then is opened when it comes back", async () => {
  const { changed, pictures } = view({ isSeen: () => false });
  await pictures.take({ size: 64, cells: [3] }, [WEBP]);
  assert.deepEqual([changed, pictures.bytes()], [[], 4]);
  assert.equal(pictures.get(3).url, inlineOf(WEBP));
  pictures.end();
});

test("a large picture may have an address of its own, and a spare one", () => {
  const sent = [];
  const large = makeLarge({ send: (message) => sent.push(message), view: "me", changed: () => {} });
  large.ask([1, 2, -1]);
  large.ask([1, 2]);
  assert.deepEqual(sent, [{ do: "large", cells: [1, 2], view: "me" }]);
  large.take({ cells: [1, 2], addresses: ["files/1.png", ""] }, [WEBP, WEBP]);
  assert.equal(large.get(1).url, "files/1.png");
  assert.match(large.get(1).spare, /^blob:/);
  assert.match(large.get(2).url, /^blob:/);
  large.clear();
});

test("captions say only what tells pictures apart", () => {
  const coords = [[["scale", "3"], ["style", "ANIME"]], [["scale", "7"], ["style", "ANIME"]]];
  assert.deepEqual(captionsOf(coords), ["scale 3", "scale 7"]);
  assert.deepEqual(captionsOf([coords[0]]), [""]);
});

test("pictures side by side are as large as can be", () => {
  assert.deepEqual([columnsFor(2, 900, 400, 4 / 3), columnsFor(4, 900, 700, 4 / 3), columnsFor(2, 300, 900, 4 / 3)], [2, 2, 1]);
});
