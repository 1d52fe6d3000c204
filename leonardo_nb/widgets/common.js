// @ts-check
// What cards, sheets and panels share. page.py puts it before each one's own file.

const SVG = "http://www.w3.org/2000/svg";
const OUTLINE = "M6 1a5 5 0 1 1 0 10A5 5 0 1 1 6 1Z";
const MARKS = /** @type {Record<string, { line?: string, fill?: string }>} */ ({
  circle: { line: OUTLINE },
  broken: { line: OUTLINE }, // with gaps, see common.css
  quarter: { line: OUTLINE, fill: "M6 6V1a5 5 0 0 1 5 5Z" },
  disc: { fill: "M6 .5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 1 1 0-11Z" },
  triangle: { fill: "M6 .6 11.8 11H.2Z" },
  square: { fill: "M1.2 1.2h9.6v9.6H1.2Z" },
  bars: { fill: "M2 1h3v10H2ZM7 1h3v10H7Z" }, // held back
});

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {string} [name] @param {string} [text]
 */
export function make(tag, name = "", text = "") {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text) node.textContent = text; // never markup: prompts are anybody's text
  return node;
}

/** @param {string} name @param {string} [label] @param {() => void} [run] */
export function makeButton(name, label = "", run) {
  const button = make("button", name, label);
  button.type = "button"; // a host's form is not sent
  if (run) button.addEventListener("click", run);
  return button;
}

/** Says "simulated" wherever the pictures are. */
export const makePill = () => make("span", "leo-pill", "simulated");

/** What is written into it is read out by a screen reader, and not seen. */
export function makeSaid() {
  const said = make("div", "leo-said");
  said.setAttribute("role", "status");
  said.setAttribute("aria-live", "polite");
  return said;
}

/** The mark of a state: its shape says it, and its colour too. @param {string} shape */
export function drawMark(shape) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 12 12");
  svg.setAttribute("class", `leo-mark leo-${shape}`);
  svg.setAttribute("aria-hidden", "true");
  const { line, fill } = MARKS[shape] ?? {};
  for (const d of [line, fill]) {
    if (!d) continue;
    // only a <path> turns, so the outline is a path that looks the same from every side
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    path.setAttribute("fill", d === line ? "none" : "currentColor");
    if (d === line) path.setAttribute("stroke", "currentColor");
    svg.append(path);
  }
  return svg;
}

/** Text with `code` in it, as pieces: every second one is code. @param {string} text */
export const pieces = (text) => text.split("`");

/** @param {string} text */
export function withCode(text) {
  return pieces(text).map((part, i) => (i % 2 ? make("code", "leo-code", part) : document.createTextNode(part)));
}

/** @param {any} data @param {string} [type] */
export const addressOf = (data, type = "image/jpeg") => URL.createObjectURL(new Blob([data], { type }));

/**
 * Copy *text*. A hub on plain http has no clipboard; there *shown*, the element that shows the
 * text, is selected, or one that is made for it.
 * @param {string} text @param {HTMLElement} [shown]
 */
export async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (shown) {
      getSelection()?.selectAllChildren(shown);
      return document.execCommand("copy");
    }
    const area = make("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

const ANSWER_MS = 2000;
/** @type {WeakMap<HTMLElement, { label: string, timer: any }>} */
const answering = new WeakMap();

/** Let a button say what became of its click, and then its label again. @param {HTMLElement} button @param {string} words */
export function answer(button, words) {
  const before = answering.get(button);
  clearTimeout(before?.timer);
  const label = before?.label ?? button.textContent ?? "";
  const timer = setTimeout(() => {
    answering.delete(button);
    button.textContent = label;
  }, ANSWER_MS);
  answering.set(button, { label, timer });
  button.textContent = words;
}

/** A name that no other view has. */
export const newName = () => Math.random().toString(36).slice(2);

/** Listen to a model, until what it returns is called. @param {any} model @param {Record<string, any>} listeners */
export function listen(model, listeners) {
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  return () => {
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
  };
}

/**
 * Keep the keys pressed within *node* from the notebook, whose command mode would delete cells, run them or move
 * the focus: it looks at what has the focus, whatever that is. What is within hears them first. A character with
 * Ctrl, Meta or Alt belongs to the whole application, such as Ctrl+S.
 * @param {HTMLElement} node
 */
export const keepKeys = (node) => node.addEventListener("keydown", keepKey);

/** @param {KeyboardEvent} event */
function keepKey(event) {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  const merges = shiftKey && key.toLowerCase() === "m"; // two cells into one
  if (key.length > 1 || merges || !(ctrlKey || metaKey || altKey)) event.stopPropagation();
}

/**
 * The views of the widgets that a trait names, each in a holder that *put* places.
 * @param {any} model @param {string} trait @param {(holder: HTMLElement) => void} put
 */
export function makeViews(model, trait, put) {
  /** @type {Map<string, { made: any, holder: HTMLElement }>} */
  const views = new Map();
  let asked = 0;
  let isGone = false;
  /** A view ends its own clock, listeners and addresses, if it is told to. @param {(reference: string) => boolean} which */
  const drop = (which) => {
    for (const [reference, { made, holder }] of views) {
      if (!which(reference)) continue;
      made.remove();
      holder.remove();
      views.delete(reference);
    }
  };
  return {
    async draw() {
      if (!model.widget_manager) return;
      const mine = ++asked;
      const wanted = /** @type {string[]} */ (model.get(trait));
      for (const reference of wanted) {
        if (views.has(reference)) continue;
        const child = await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
        if (isGone || mine !== asked) return;
        const made = await model.widget_manager.create_view(child);
        if (isGone || mine !== asked) return void made.remove(); // what shows it has gone meanwhile
        const holder = make("div", "leo-next");
        holder.append(made.el);
        put(holder);
        views.set(reference, { made, holder });
      }
      drop((reference) => !wanted.includes(reference));
    },
    end() {
      isGone = true;
      drop(() => true);
    },
  };
}

/**
 * Tell Python while a widget is in use, so that it does not become a plain picture under the hand.
 * @param {{ model: any, el: HTMLElement, me: string }} place
 */
export function tellUse({ model, el, me }) {
  const uses = new Set();
  let said = false;
  /** @param {string} use @param {boolean} is */
  const set = (use, is) => {
    if (is) uses.add(use);
    else uses.delete(use);
    if (said === uses.size > 0) return;
    said = !said;
    model.send({ do: said ? "busy" : "idle", view: me });
  };
  /** @type {[string, string, boolean][]} */
  const heard = [
    ["pointerenter", "pointer", true],
    ["pointerleave", "pointer", false],
    ["focusin", "focus", true],
    ["focusout", "focus", false],
  ];
  const listeners = heard.map(([event, use, is]) => /** @type {const} */ ([event, () => set(use, is)]));
  for (const [event, run] of listeners) el.addEventListener(event, run);
  return {
    set,
    end() {
      for (const [event, run] of listeners) el.removeEventListener(event, run);
    },
  };
}
