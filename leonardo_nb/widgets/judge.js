// @ts-check
// Which of two pictures is better. A choice shows the next pair at once; Python learns from it meanwhile.
import { addressOf, keepKeys, listen, make, makeButton, makePill, makeSaid, newName } from "./common.js";

/** @typedef {{ number: number, left: number, right: number, ratio: number, differs: [string, string, string][] }} Pair */
/** @typedef {{ cell: number, score: string, between: string, label: string }} Leader */
/** @typedef {{ word: string, rest: string, empty: string, simulated: boolean, undo: boolean, done: boolean }} View */

const KEPT = 14; // large pictures that the page remembers
/** @type {Record<string, string>} */
const KEYS = {
  ArrowLeft: "left",
  1: "left",
  ArrowRight: "right",
  2: "right",
  ArrowDown: "equal",
  ArrowUp: "skip",
  " ": "skip",
  Backspace: "undo",
  u: "undo",
  Enter: "closer",
  z: "closer",
};
/** @type {Record<string, string>} */
const SAID = {
  left: "The left one is better.",
  right: "The right one is better.",
  equal: "Neither is better.",
  skip: "Skipped.",
  undo: "Taken back.",
};

/** @param {{ model: any, el: HTMLElement }} context */
function render({ model, el }) {
  const me = newName();
  const box = make("div", "leo-judge");
  box.tabIndex = -1;
  const line = make("div", "leo-line");
  const word = make("span", "leo-word");
  const rest = make("span", "leo-rest");
  const pill = makePill();
  line.append(word, rest, pill);
  const empty = make("p", "leo-empty");
  const stage = make("div", "leo-pair");
  stage.tabIndex = 0;
  stage.setAttribute("role", "group");
  stage.setAttribute("aria-label", "Which picture is better? Left or right arrow chooses, down is equal, up skips.");
  const differs = make("table", "leo-differs");
  const actions = make("div", "leo-actions");
  const ahead = make("div", "leo-ahead");
  const strip = make("ol", "leo-best");
  strip.setAttribute("aria-label", "The best so far");
  ahead.append(make("span", "leo-why", "Best so far, and how often each is preferred to an average picture"), strip);
  const said = makeSaid();
  box.append(line, empty, stage, differs, actions, ahead, said);
  el.append(box);
  keepKeys(el);

  /** @type {Map<string, string>} */
  const addresses = new Map();
  /** @type {Set<string>} */
  const asked = new Set();
  /** @type {Set<string>} */
  const none = new Set();
  /** @type {Set<number>} */
  const answered = new Set();
  let isShown = false; // what differs
  /** @type {HTMLDialogElement | null} */
  let closer = null;
  let isGreeted = false;

  const view = () => /** @type {View} */ (model.get("view"));
  const pairs = () => /** @type {Pair[]} */ (model.get("pairs")).filter((pair) => !answered.has(pair.number));
  const leaders = () => /** @type {Leader[]} */ (model.get("best"));
  const key = (/** @type {string} */ size, /** @type {number} */ cell) => `${size} ${cell}`;

  /** @param {HTMLElement} frame @param {string} size @param {number} cell @param {string} alt */
  const fill = (frame, size, cell, alt) => {
    const address = addresses.get(key(size, cell)) ?? "";
    const isNone = none.has(key(size, cell));
    const image = frame.querySelector("img") ?? make("img");
    if (image.getAttribute("src") !== address) image.setAttribute("src", address);
    image.alt = isNone ? `${alt}: its file is gone` : alt;
    image.hidden = !address;
    frame.toggleAttribute("data-none", isNone);
    frame.title = isNone ? "The file of this picture is gone." : "";
    if (!image.parentNode) frame.prepend(image);
  };

  // ---- the pair -------------------------------------------------------------------------------------
  const sides = ["left", "right"].map((side) => {
    const button = makeButton("leo-side", "", () => {
      act(side);
      stage.focus({ preventScroll: true });
    });
    button.setAttribute("aria-label", `The ${side} picture is better`);
    button.setAttribute("aria-keyshortcuts", side === "left" ? "ArrowLeft 1" : "ArrowRight 2");
    stage.append(button);
    return button;
  });
  /** @param {string} does @param {string} label @param {string} sign @param {string} keys */
  const action = (does, label, sign, keys) => {
    const button = makeButton("leo-action", label, () => {
      act(does);
      if (does !== "closer") stage.focus({ preventScroll: true });
    });
    button.setAttribute("aria-keyshortcuts", keys);
    const holder = make("span", "leo-do");
    const hint = make("span", "leo-key", sign);
    hint.setAttribute("aria-hidden", "true");
    holder.append(button, hint);
    actions.append(holder);
    return button;
  };
  const choose = make("span", "leo-do leo-choose", "Choose the better one");
  const sign = make("span", "leo-key", "← →");
  choose.setAttribute("aria-hidden", "true"); // the pair itself says it
  choose.append(sign);
  actions.append(choose);
  action("equal", "Equal", "↓", "ArrowDown");
  action("skip", "Skip", "↑", "ArrowUp Space");
  const undo = action("undo", "Undo", "⌫", "Backspace u");
  action("closer", "Look closer", "↵", "Enter z");
  const show = makeButton("leo-action leo-show", "", () => {
    isShown = !isShown;
    draw();
  });
  const done = makeButton("leo-action", "Done", () => model.send({ do: "done", view: me }));
  done.title = "Leaves the best so far here as plain pictures; the votes are kept.";
  const end = make("span", "leo-end");
  end.append(done);
  actions.append(show, end);

  const isReady = (/** @type {Pair} */ pair) =>
    [pair.left, pair.right].every((cell) => addresses.has(key("large", cell)) || none.has(key("large", cell)));

  /** @param {string} does */
  function act(does) {
    if (view().done) return;
    if (does === "closer") return closer ? closer.close() : open();
    if (does === "undo") {
      if (!view().undo && !answered.size) return;
      model.send({ do: "undo", view: me });
    } else {
      const [pair] = pairs();
      if (!pair || !isReady(pair)) return; // nobody judges what is not there yet
      answered.add(pair.number);
      model.send({ do: "vote", pair: pair.number, choice: does, view: me });
    }
    said.textContent = SAID[does];
    draw();
  }

  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const does = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const isButton = event.target instanceof HTMLButtonElement;
    if (!does || (isButton && (event.key === "Enter" || event.key === " "))) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat && does !== "undo") return; // a key that is held down is one choice
    act(does);
  };
  box.addEventListener("keydown", onKey);

  // ---- both large -----------------------------------------------------------------------------------
  function open() {
    const [pair] = pairs();
    if (!pair || closer) return;
    closer = make("dialog", "leo-closer");
    closer.setAttribute("aria-label", "Both pictures, large");
    const both = make("div", "leo-both");
    for (const side of ["left", "right"]) {
      const button = makeButton("leo-side", "", () => act(side));
      button.setAttribute("aria-label", `The ${side} picture is better`);
      both.append(button);
    }
    const foot = make("div", "leo-foot");
    foot.append(
      makeButton("leo-action", "Equal", () => act("equal")),
      makeButton("leo-action", "Skip", () => act("skip")),
      makeButton("leo-action", "Close", () => closer?.close()),
    );
    closer.append(both, foot);
    closer.addEventListener("close", () => {
      closer?.remove();
      closer = null;
      stage.focus({ preventScroll: true });
    });
    box.append(closer);
    draw();
    closer.showModal();
    closer.focus();
  }

  // ---- drawing --------------------------------------------------------------------------------------
  const want = () => {
    /** @param {string} size @param {number[]} cells */
    const missing = (size, cells) => {
      const some = [...new Set(cells)].filter((cell) => !asked.has(key(size, cell)));
      some.forEach((cell) => asked.add(key(size, cell)));
      return some;
    };
    const large = missing("large", pairs().flatMap((pair) => [pair.left, pair.right]));
    const small = missing("small", leaders().map((leader) => leader.cell));
    if (large.length || small.length) model.send({ do: "want", large, small, view: me });
  };
  const forget = () => {
    const needed = new Set(pairs().flatMap((pair) => [key("large", pair.left), key("large", pair.right)]));
    const old = [...addresses.keys()].filter((name) => name.startsWith("large") && !needed.has(name));
    for (const name of old.slice(0, Math.max(0, old.length - KEPT))) {
      URL.revokeObjectURL(addresses.get(name) ?? "");
      addresses.delete(name);
      asked.delete(name);
    }
  };

  /** Keys work as soon as there is something to judge, unless somebody is writing elsewhere. */
  const greet = () => {
    const [pair] = pairs();
    if (isGreeted || !pair || !isReady(pair)) return;
    isGreeted = true;
    const active = /** @type {HTMLElement | null} */ (document.activeElement);
    if (active?.isContentEditable || /^(INPUT|SELECT|TEXTAREA|IFRAME)$/.test(active?.tagName ?? "")) return;
    const place = stage.getBoundingClientRect?.();
    if (place && (place.bottom < 0 || place.top > innerHeight)) return; // nobody sees it
    if (!box.contains(active)) stage.focus({ preventScroll: true });
  };

  const drawPair = () => {
    const [pair] = pairs();
    // without a pair and a reason, Python is about to say what follows: the stage stays, and keeps the focus
    const isAsking = !view().done && (Boolean(pair) || !view().empty);
    empty.textContent = isAsking || view().done ? "" : view().empty;
    empty.hidden = !empty.textContent;
    undo.disabled = !view().undo && !answered.size;
    if (!isAsking) {
      closer?.close();
      if (stage.contains(document.activeElement)) box.focus({ preventScroll: true }); // keys still take back
    }
    stage.hidden = !isAsking;
    actions.hidden = view().done;
    for (const other of [...actions.children]) {
      /** @type {HTMLElement} */ (other).hidden = !isAsking && other !== undo.parentNode && other !== end;
    }
    differs.hidden = !pair || !isAsking || !isShown;
    stage.toggleAttribute("data-ready", Boolean(pair) && isReady(pair));
    if (!pair) return;
    box.style.setProperty("--leo-ratio", String(pair.ratio));
    const shown = closer ? [...sides, ...closer.querySelectorAll(".leo-side")] : sides;
    shown.forEach((frame, i) => {
      fill(/** @type {HTMLElement} */ (frame), "large", i % 2 ? pair.right : pair.left, i % 2 ? "right picture" : "left picture");
    });
    show.textContent = isShown ? "Hide what differs" : "Show what differs";
    show.setAttribute("aria-expanded", String(isShown));
    const rows = pair.differs.length ? pair.differs : [["nothing on any axis", "", ""]];
    differs.replaceChildren(
      ...rows.map(([name, left, right]) => {
        const row = make("tr");
        const head = make("th");
        head.scope = "row";
        head.append(...labelled(name));
        row.append(make("td", "", left), head, make("td", "", right));
        return row;
      }),
    );
  };
  /** One line an axis, which may break where its name has a low line. @param {string} label */
  const labelled = (label) =>
    label.split(", ").map((part) => {
      const row = make("span", "leo-label");
      part.split("_").forEach((piece, i) => row.append(...(i ? ["_", make("wbr")] : []), piece));
      return row;
    });
  const drawBest = () => {
    ahead.hidden = !leaders().length;
    strip.toggleAttribute("data-labels", isShown || view().done);
    strip.replaceChildren(
      ...leaders().map((leader, i) => {
        const item = make("li");
        const frame = make("div", "leo-small");
        const what = isShown || view().done ? leader.label : `number ${i + 1} so far`;
        fill(frame, "small", leader.cell, what);
        const score = make("span", "leo-score", leader.score);
        score.title = `90 % interval: ${leader.between}`;
        item.append(frame, score);
        if (isShown || view().done) item.append(...labelled(leader.label));
        return item;
      }),
    );
  };
  function draw() {
    word.textContent = view().word;
    rest.textContent = view().rest;
    pill.hidden = !view().simulated;
    drawPair();
    greet();
    drawBest();
    want();
    forget();
  }
  /** @param {any} message @param {DataView[]} buffers */
  const heard = (message, buffers) => {
    if (message?.what !== "pictures") return;
    let used = 0;
    for (const [cell, isThere] of /** @type {[number, boolean][]} */ (message.cells)) {
      const name = key(message.size, cell);
      const data = isThere ? buffers[used++] : null;
      if (!asked.has(name) || addresses.has(name)) continue; // another view has asked
      if (data) addresses.set(name, addressOf(data));
      else none.add(name);
    }
    draw();
  };
  const renew = () => {
    const known = new Set(/** @type {Pair[]} */ (model.get("pairs")).map((pair) => pair.number));
    // what Python no longer asks about need not be remembered
    for (const number of answered) if (!known.has(number)) answered.delete(number);
    draw();
  };
  const leave = listen(model, { "change:view": draw, "change:pairs": renew, "change:best": draw, "msg:custom": heard });
  model.send({ do: "look", view: me });
  draw();
  return () => {
    leave();
    closer?.close();
    addresses.forEach((address) => URL.revokeObjectURL(address));
    model.send({ do: "bye", view: me });
  };
}
export default { render };
