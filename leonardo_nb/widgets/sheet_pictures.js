// @ts-check
// The pictures a page has: asked for when they come into view, nearest first, and let go when there are too many.
import { addressOf, make } from "./common.js";

/** Sizes of thumbnails: the longer side, in pixels. */
const THUMBNAILS = [64, 128, 256];
/** Bytes of thumbnails, as text, that a view keeps. */
const MOST_BYTES = 64e6;
/** Large pictures that a view keeps. */
const MOST_LARGE = 40;
/** Thumbnails asked for at once. */
const MOST_WANTED = 600;
/** Pictures that are opened before the page may draw again. */
const AT_ONCE = 40;
/** Who answers nothing is asked again, this often, after this long. */
const ASK_AGAIN = 4;
const ASK_AGAIN_MS = 5000;
/** How long a browser may take to begin a download. */
const SAVED_MS = 10_000;

/** The size of thumbnail for a picture of so many pixels on a screen. @param {number} pixels */
export const thumbnailFor = (pixels) => THUMBNAILS.find((size) => pixels <= size * 1.25) ?? 256;

/** What kind of picture some bytes are. @param {any} data */
export function typeOf(data) {
  const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, Math.min(data.byteLength, 4));
  return bytes[0] === 0x52 ? "image/webp" : bytes[0] === 0x89 ? "image/png" : bytes[0] === 0x47 ? "image/gif" : "image/jpeg";
}

/**
 * The address of a small picture: the picture itself. A page registers an object URL with another
 * process, which for hundreds of thumbnails takes longer than to draw them.
 * @param {any} data
 */
export function inlineOf(data) {
  const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `data:${typeOf(data)};base64,${btoa(text)}`;
}

/** @typedef {{ image: HTMLImageElement, url: string, size: number, bytes: number }} Held */
/** @typedef {{ data: any, size: number, bytes: number }} Kept What came for a cell that was out of view by then. */

/** @param {string} url */
const makeImage = (url) => {
  const image = new Image();
  image.alt = "";
  image.draggable = false;
  image.src = url;
  return image;
};

/**
 * Thumbnails by cell.
 * @param {{
 *   send: (message: any) => void, view: string, changed: (cells: number[]) => void,
 *   isSeen?: (cell: number) => boolean, most?: number,
 * }} host `changed` is told which cells have another picture; one that is seen is never let go
 */
export function makePictures({ send, view, changed, isSeen = () => false, most = MOST_BYTES }) {
  /** @type {Map<number, Held | Kept>} */
  const held = new Map(); // the first one was not used for the longest time
  /** @type {Map<number, number>} */
  const none = new Map(); // cell -> up to this size there is no picture
  /** @type {Map<number, number>} */
  const coming = new Map(); // cell -> the size that is here and being opened
  /** @type {Set<number>} */
  let asked = new Set();
  let askedSize = 0;
  let bytes = 0;
  let again = 0;
  let isGone = false;
  /** @type {any} */
  let timer;

  /** @param {number} cell */
  function free(cell) {
    const old = held.get(cell);
    if (!old) return;
    held.delete(cell);
    bytes -= old.bytes;
  }

  function shrink() {
    for (const cell of held.keys()) {
      if (bytes <= most) return;
      if (!isSeen(cell)) free(cell);
    }
  }

  /** @param {number} cell @param {Held | Kept} one */
  function put(cell, one) {
    free(cell);
    held.set(cell, one);
    bytes += one.bytes;
  }

  /** What is there of a cell, ready to be shown. @param {number} cell @returns {Held | undefined} */
  function open(cell) {
    const found = held.get(cell);
    if (!found || "image" in found) return found;
    const url = inlineOf(found.data);
    const opened = { image: makeImage(url), url, size: found.size, bytes: url.length };
    put(cell, opened);
    return opened;
  }

  /** @param {number} cell @param {number} size @param {any} data */
  async function take(cell, size, data) {
    if (!isSeen(cell)) {
      if (!((held.get(cell)?.size ?? 0) > size)) put(cell, { data, size, bytes: data.byteLength });
      return undefined;
    }
    const url = inlineOf(data);
    const image = makeImage(url);
    try {
      await image.decode();
    } catch {
      none.set(cell, size);
      return undefined;
    }
    if (isGone || (held.get(cell)?.size ?? 0) > size) return undefined;
    put(cell, { image, url, size, bytes: url.length });
    return cell;
  }

  /** @param {number[]} cells @param {number} size */
  function ask(cells, size) {
    asked = new Set(cells);
    askedSize = size;
    send({ do: "want", view, size, cells });
    clearTimeout(timer);
    if (cells.length && again < ASK_AGAIN)
      timer = setTimeout(() => {
        again++;
        const left = cells.filter((cell) => asked.has(cell));
        if (left.length && !isGone) ask(left, size);
      }, ASK_AGAIN_MS);
  }

  return {
    /** The best picture there is of a cell; it counts as used. @param {number} cell */
    get(cell) {
      const found = open(cell);
      if (found) {
        held.delete(cell);
        held.set(cell, found);
      }
      return found;
    },
    url: (/** @type {number} */ cell) => open(cell)?.url ?? "",
    isMissing: (/** @type {number} */ cell) => none.has(cell) && !held.has(cell),
    bytes: () => bytes,
    /** Ask for what is not here, in order of need. It takes the place of what was asked before. @param {number[]} cells @param {number} size */
    wish(cells, size) {
      const has = (/** @type {number} */ cell) => Math.max(held.get(cell)?.size ?? 0, coming.get(cell) ?? 0, none.get(cell) ?? 0) >= size;
      const lacking = cells.filter((cell) => !has(cell)).slice(0, MOST_WANTED);
      const isNew = size !== askedSize || lacking.some((cell) => !asked.has(cell));
      if (!lacking.length && !asked.size) return;
      if (!isNew && asked.size <= lacking.length * 1.5 + 8) return;
      again = 0;
      ask(lacking, size);
    },
    /** @param {{ size: number, cells: number[] }} message @param {any[]} buffers */
    async take({ size, cells }, buffers) {
      for (const cell of cells) if (size >= askedSize) asked.delete(cell);
      cells.forEach((cell, i) => buffers[i] && coming.set(cell, size));
      for (let at = 0; at < cells.length && !isGone; at += AT_ONCE) {
        const some = cells.slice(at, at + AT_ONCE);
        const taken = await Promise.all(some.map((cell, i) => buffers[at + i] && take(cell, size, buffers[at + i])));
        if (isGone) return;
        for (const cell of some) coming.delete(cell);
        shrink();
        changed(/** @type {number[]} */ (taken.filter((cell) => cell !== undefined)));
      }
    },
    /** @param {{ size: number, cells: number[] }} message */
    lack({ size, cells }) {
      for (const cell of cells) {
        none.set(cell, Math.max(size, none.get(cell) ?? 0));
        asked.delete(cell);
      }
    },
    /** A cell has become another: what is known of its picture is old. @param {number} cell */
    forget(cell) {
      none.delete(cell);
      coming.delete(cell);
      asked.delete(cell);
      free(cell);
    },
    /** The cells are others now. */
    clear() {
      clearTimeout(timer);
      none.clear();
      coming.clear();
      asked.clear();
      for (const cell of [...held.keys()]) free(cell);
    },
    end() {
      isGone = true;
      this.clear();
    },
  };
}

/**
 * Pictures of at most 1,024 pixels, for the side, the comparison and cells that are very large.
 * @param {{ send: (message: any) => void, view: string, changed: (cells: number[]) => void, most?: number }} host
 */
export function makeLarge({ send, view, changed, most = MOST_LARGE }) {
  /** @type {Map<number, { url: string, spare: string }>} */
  const held = new Map();
  const asked = new Set();
  /** @param {number} cell */
  const free = (cell) => {
    const old = held.get(cell);
    if (old) URL.revokeObjectURL(old.spare);
    held.delete(cell);
  };
  return {
    /** An address of the picture, and another one for when the first cannot be loaded. @param {number} cell */
    get(cell) {
      const found = held.get(cell);
      if (found) {
        held.delete(cell);
        held.set(cell, found);
      }
      return found;
    },
    /** @param {number[]} cells in order of need */
    ask(cells) {
      const lacking = cells.filter((cell) => cell >= 0 && !held.has(cell) && !asked.has(cell));
      if (!lacking.length) return;
      for (const cell of lacking) asked.add(cell);
      // one that is never answered may be asked for again
      setTimeout(() => lacking.forEach((cell) => asked.delete(cell)), ASK_AGAIN_MS);
      send({ do: "large", cells: lacking, view });
    },
    /** @param {{ cells: number[], addresses?: string[] }} message @param {any[]} buffers */
    take({ cells, addresses }, buffers) {
      cells.forEach((cell, i) => {
        asked.delete(cell);
        const spare = buffers[i]?.byteLength ? addressOf(buffers[i], typeOf(buffers[i])) : "";
        const url = addresses?.[i] || spare;
        if (!url) return;
        free(cell);
        held.set(cell, { url, spare });
      });
      for (const cell of held.keys()) {
        if (held.size <= most) break;
        if (!cells.includes(cell)) free(cell);
      }
      changed(cells);
    },
    forget: free,
    clear() {
      for (const cell of [...held.keys()]) free(cell);
    },
  };
}

/** Large pictures that stand in cells of the grid, one element a cell. */
export function makeGrown() {
  /** @type {Map<number, { url: string, image: HTMLImageElement }>} */
  const shown = new Map();
  return {
    /** @param {number} cell @param {{ url: string, spare: string }} picture */
    get(cell, { url, spare }) {
      const known = shown.get(cell);
      if (known?.url === url) return known.image;
      const image = makeImage(url);
      image.onerror = () => {
        image.onerror = null;
        if (spare) image.src = spare;
      };
      shown.set(cell, { url, image });
      return image;
    },
    /** Let go of those that are out of view. @param {(cell: number) => boolean} isSeen */
    keep(isSeen) {
      for (const cell of shown.keys()) if (!isSeen(cell)) shown.delete(cell);
    },
  };
}

/** Give a file to the browser's downloads. @param {{ name: string, type: string }} file @param {any} data */
export function saveFile({ name, type }, data) {
  const link = make("a");
  link.href = addressOf(data, type || "application/octet-stream");
  link.download = name || "picture";
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVED_MS);
}
