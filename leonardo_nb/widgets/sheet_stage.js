// @ts-check
// Pictures over the whole sheet: one large, or several compared by slider, blink, side by side and difference.
import { make, makeButton } from "./common.js";
import { makeMenu } from "./sheet_menus.js";
import { makeTracks, showPicture } from "./sheet_side.js";

/** @typedef {import("./sheet_side.js").Track} Track */
/** @typedef {{ cell: number, ratio: number, picture: { url: string, spare: string } | undefined, small: string, caption: string, words: string }} Shown */

/** Ways of comparing, and their words. */
export const WAYS = /** @type {[string, string][]} */ ([
  ["side", "Side by side"], ["slider", "Slider"], ["blink", "Blink"], ["difference", "Difference"],
]);
/** Slower than three times a second, which nobody's eyes are to bear. */
const BLINK_MS = 800;
/** Pixels: beside the pictures, between them, a caption's line, and how high all of them may be. */
const BESIDE = 14;
const GAP = 8;
const CAPTION = 26;
const [LEAST_HIGH, MOST_HIGH] = [200, 650];
const GAINS = ["1", "4", "16"];

/**
 * What tells cells apart: of each, the values on the axes on which not all are alike.
 * @param {[string, string][][]} coords name and label on each axis, one list a cell
 */
export function captionsOf(coords) {
  const differs = (coords[0] ?? []).map((_, i) => coords.some((each) => each[i][1] !== coords[0][i][1]));
  return coords.map((each) => each.filter((_, i) => differs[i]).map(([name, label]) => `${name} ${label}`).join(", "));
}

/**
 * How several pictures are laid out in a box so that each is as large as can be.
 * @param {number} count @param {number} width @param {number} height @param {number} ratio
 */
export function columnsFor(count, width, height, ratio) {
  let best = 1;
  let most = 0;
  for (let columns = 1; columns <= count; columns++) {
    const size = Math.min(width / columns, (height / Math.ceil(count / columns) - 28) * ratio);
    if (size > most) [best, most] = [columns, size];
  }
  return best;
}

/**
 * @param {{
 *   close: () => void, go: (cell: number, isFinal: boolean, near: number[]) => void, remove: (cell: number) => void,
 *   isCalm: () => boolean,
 * }} host `isCalm`: whether nothing is to move by itself
 */
export function makeStage({ close, go, remove, isCalm }) {
  const stage = make("div", "leo-stage");
  stage.setAttribute("role", "dialog");
  stage.hidden = true;
  const bar = make("div", "leo-stage-bar");
  const ways = make("span", "leo-ways");
  ways.setAttribute("role", "group");
  ways.setAttribute("aria-label", "Way of comparing");
  const more = make("span", "leo-more");
  const closeButton = makeButton("leo-action leo-close", "Close", close);
  const pictures = make("div", "leo-pictures");
  const foot = make("div", "leo-stage-foot");
  bar.append(ways, more, closeButton);
  stage.append(bar, pictures, foot);
  const tracks = makeTracks(go);
  let way = "side";
  let pair = [0, 1];
  let cut = 50;
  let gain = "1";
  let lit = 0;
  let isHeld = false;
  /** @type {any} */
  let timer;
  /** @type {Shown[]} */
  let shown = [];
  let laid = "";

  for (const [name, label] of WAYS) {
    const button = makeButton("leo-action", label, () => {
      way = name;
      draw(true);
    });
    button.dataset.way = name;
    ways.append(button);
  }

  /** @param {Shown} one */
  function picture(one) {
    const image = make("img");
    image.draggable = false;
    image.alt = one.words;
    image.dataset.cell = String(one.cell);
    showPicture(image, one.picture, one.small);
    return image;
  }

  /** Two pictures, one over the other. @param {Shown} a @param {Shown} b @param {string} name */
  function stacked(a, b, name) {
    const box = make("div", `leo-stack leo-${name}`);
    box.style.setProperty("--leo-ratio", String(a.ratio));
    const [under, over] = [picture(a), picture(b)];
    over.className = "leo-upper";
    box.append(under, over);
    return box;
  }

  function drawSlider() {
    const [a, b] = pair.map((i) => shown[i]);
    const box = stacked(a, b, "cut");
    const range = make("input");
    Object.assign(range, { type: "range", min: "0", max: "100", step: "0.5", value: String(cut) });
    range.setAttribute("aria-label", "Where the one picture ends and the other begins");
    const set = (/** @type {number} */ value) => {
      cut = Math.min(Math.max(value, 0), 100);
      range.value = String(cut);
      box.style.setProperty("--leo-cut", `${cut}%`);
    };
    range.addEventListener("input", () => set(Number(range.value)));
    const follow = (/** @type {PointerEvent} */ event) => {
      const { left, width } = box.getBoundingClientRect();
      set((100 * (event.clientX - left)) / width);
    };
    box.addEventListener("pointerdown", (event) => {
      box.setPointerCapture(event.pointerId);
      follow(event);
    });
    box.addEventListener("pointermove", (event) => event.buttons && follow(event));
    box.append(make("i", "leo-edge"));
    set(cut);
    pictures.append(box);
    foot.append(make("span", "leo-caption", a.caption), range, make("span", "leo-caption", b.caption));
  }

  function drawBlink() {
    const box = make("div", "leo-stack leo-blink");
    box.style.setProperty("--leo-ratio", String(shown[0].ratio));
    const all = shown.map((one) => box.appendChild(picture(one)));
    const caption = make("span", "leo-caption");
    const show = () => {
      lit %= all.length;
      all.forEach((image, i) => (image.hidden = i !== lit));
      caption.textContent = `${lit + 1} of ${all.length}: ${shown[lit].caption}`;
    };
    const next = () => {
      lit++;
      show();
    };
    const hold = makeButton("leo-action", "", () => {
      isHeld = !isHeld;
      run();
    });
    const run = () => {
      clearInterval(timer);
      hold.textContent = isHeld ? "Blink" : "Hold";
      if (!isHeld) timer = setInterval(next, BLINK_MS);
    };
    box.addEventListener("click", next);
    foot.append(caption, makeButton("leo-action", "Next", next), hold);
    pictures.append(box);
    isHeld ||= isCalm();
    show();
    run();
  }

  function drawDifference() {
    const [a, b] = pair.map((i) => shown[i]);
    const box = stacked(a, b, "difference");
    box.style.setProperty("--leo-gain", gain);
    const menu = makeMenu("gain", "Brighter", GAINS.map((each) => [each, `× ${each}`]), gain, (value) => {
      gain = value;
      box.style.setProperty("--leo-gain", gain);
    });
    pictures.append(box);
    foot.append(make("span", "leo-caption", `${a.caption} against ${b.caption}; black where they are alike`), menu);
  }

  function drawSideBySide() {
    const grid = make("div", "leo-several");
    const { ratio } = shown[0];
    const width = (pictures.clientWidth || 900) - 2 * BESIDE;
    const columns = columnsFor(shown.length, width, MOST_HIGH, ratio);
    const lines = Math.ceil(shown.length / columns);
    // no higher than the pictures get: what is left would be empty
    const high = lines * ((width - (columns - 1) * GAP) / columns / ratio + CAPTION) + (lines - 1) * GAP;
    stage.style.setProperty("--leo-pictures", `${Math.round(Math.min(Math.max(high, LEAST_HIGH), MOST_HIGH))}px`);
    grid.style.setProperty("--leo-columns", String(columns));
    for (const one of shown) {
      const figure = make("figure");
      const caption = make("figcaption", "leo-caption");
      const words = make("span", "", one.caption);
      words.dir = "auto";
      const off = makeButton("leo-action", "Remove", () => remove(one.cell));
      off.setAttribute("aria-label", `Remove ${one.words} from the comparison`);
      caption.append(words, off);
      figure.append(picture(one), caption);
      grid.append(figure);
    }
    pictures.append(grid);
  }

  function drawOne() {
    const box = make("div", "leo-stack leo-alone");
    box.style.setProperty("--leo-ratio", String(shown[0].ratio));
    box.append(picture(shown[0]));
    pictures.append(box);
    foot.append(tracks.node);
  }

  /** @param {boolean} again */
  function draw(again) {
    const several = shown.length > 1;
    pair = pair.every((i) => i < shown.length) && pair[0] !== pair[1] ? pair : [0, 1];
    const key = JSON.stringify([several ? way : "one", several ? shown.map((one) => one.cell) : 0, pair]);
    if (!again && key === laid) {
      for (const image of pictures.querySelectorAll("img")) {
        const one = several ? shown.find((each) => String(each.cell) === image.dataset.cell) : shown[0];
        if (!one) continue;
        image.dataset.cell = String(one.cell);
        image.alt = one.words;
        showPicture(image, one.picture, one.small);
      }
      if (!several) {
        const box = /** @type {HTMLElement} */ (pictures.firstChild);
        box.style.setProperty("--leo-ratio", String(shown[0].ratio));
      }
      return;
    }
    laid = key;
    clearInterval(timer);
    stage.style.removeProperty("--leo-pictures");
    const hadFocus = foot.contains(document.activeElement) || pictures.contains(document.activeElement) || more.contains(document.activeElement);
    for (const part of [pictures, foot, more]) part.replaceChildren();
    stage.setAttribute("aria-label", several ? `${shown.length} pictures compared` : "Picture");
    ways.hidden = !several;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (ways.querySelectorAll("button")))
      button.setAttribute("aria-pressed", String(button.dataset.way === way));
    if (!several) drawOne();
    else {
      if (shown.length > 2 && (way === "slider" || way === "difference"))
        [0, 1].forEach((which) => {
          const options = shown.map((one, i) => /** @type {[string, string]} */ ([String(i), `${i + 1} ${one.caption}`]));
          more.append(makeMenu(`pair ${which}`, which ? "with" : "", options, String(pair[which]), (value) => {
            const old = pair[which];
            pair[which] = Number(value);
            if (pair[0] === pair[1]) pair[1 - which] = old;
            draw(true);
          }));
        });
      ({ side: drawSideBySide, slider: drawSlider, blink: drawBlink, difference: drawDifference })[way]?.();
    }
    if (hadFocus) (several ? /** @type {HTMLElement | null} */ (ways.querySelector("[aria-pressed=true]")) : closeButton)?.focus();
  }

  return {
    node: stage,
    isOpen: () => !stage.hidden,
    /** @param {Shown[]} some @param {Track[]} along */
    show(some, along) {
      const isNew = stage.hidden;
      shown = some;
      stage.hidden = false;
      draw(isNew);
      if (some.length === 1) tracks.draw(along);
      if (!isNew) return;
      closeButton.focus({ preventScroll: true });
      stage.scrollIntoView?.({ block: "nearest" });
    },
    focus: () => closeButton.focus({ preventScroll: true }),
    hide() {
      clearInterval(timer);
      stage.hidden = true;
      isHeld = false;
    },
  };
}
