// @ts-check
// What opens below the menus: the values of each axis, hidden and put in another order, and the filter.
import { make, makeButton } from "./common.js";
import { makeMenu } from "./sheet_menus.js";
import { moved, shownOf, withHidden } from "./sheet_places.js";

/** @typedef {import("./sheet_places.js").Arrangement} Arrangement */
/** @typedef {import("./sheet_places.js").SweepAxis} SweepAxis */

/** Pixels that a pointer moves before it drags. */
const DRAG = 5;

/**
 * Values of axes as chips: a click hides one or shows it again, dragging moves it, and so do keys.
 * @param {(shown: Record<string, number[]>, said: string) => void} change
 */
export function makeValues(change) {
  const panel = make("div", "leo-panel leo-values");
  panel.hidden = true;
  /** @type {Arrangement} */
  let now;
  let drawn = "";
  /** @type {Map<string, number[]>} all values of each axis as they stand here, also hidden ones */
  const lists = new Map();

  /** @param {SweepAxis} axis @param {number[]} order @param {string} said */
  function set(axis, order, said) {
    change({ ...now.shown, [axis.name]: order }, said);
  }

  /** @param {SweepAxis} axis */
  function makeAxis(axis) {
    const row = make("div", "leo-axis");
    const name = make("span", "leo-name", axis.name);
    name.title = axis.name;
    const list = make("div", "leo-chips");
    list.setAttribute("role", "group");
    list.setAttribute("aria-label", `Values of ${axis.name}: arrows go to one, Space hides or shows it, Alt with an arrow moves it`);
    const order = shownOf(now, axis);
    const isShown = new Set(order);
    const before = (lists.get(axis.name) ?? []).filter((value) => value < axis.labels.length);
    const isSame = JSON.stringify(before.filter((value) => isShown.has(value))) === JSON.stringify(order);
    // one that was just hidden keeps its place, also among others that were moved
    const values = isSame && before.length === axis.labels.length ? before : withHidden(order, axis.labels.length);
    lists.set(axis.name, values);
    for (const value of values) {
      const chip = makeButton("leo-chip", axis.labels[value] || "(empty)");
      chip.dataset.value = String(value);
      chip.dir = "auto";
      chip.title = axis.labels[value];
      chip.tabIndex = -1;
      chip.setAttribute("aria-pressed", String(isShown.has(value)));
      list.append(chip);
    }
    /** @type {HTMLElement} */ (list.firstChild).tabIndex = 0;
    listenTo(list, axis);
    const all = makeButton("leo-action", "All", () => {
      const { [axis.name]: _, ...others } = now.shown;
      change(others, `All values of ${axis.name}, in their own order`);
    });
    const turn = makeButton("leo-action", "Reverse", () => set(axis, [...shownOf(now, axis)].reverse(), `${axis.name} reversed`));
    row.append(name, list, all, turn);
    return row;
  }

  /** @param {HTMLElement} list @param {SweepAxis} axis */
  function listenTo(list, axis) {
    const valueOf = (/** @type {any} */ node) => Number(node.dataset.value);
    const chipOf = (/** @type {any} */ node) => /** @type {HTMLElement | null} */ (node?.closest?.(".leo-chip"));
    const flip = (/** @type {number} */ value) => {
      const order = shownOf(now, axis);
      const has = order.includes(value);
      if (has && order.length < 2) return;
      const next = (lists.get(axis.name) ?? []).filter((each) => (each === value ? !has : order.includes(each)));
      set(axis, next, `${axis.labels[value]} ${next.includes(value) ? "shown" : "hidden"}`);
    };
    /** @type {{ chip: HTMLElement, x: number, y: number, isMoving: boolean } | null} */
    let drag = null;
    list.addEventListener("pointerdown", (event) => {
      const chip = chipOf(event.target);
      if (chip && event.button === 0) drag = { chip, x: event.clientX, y: event.clientY, isMoving: false };
    });
    list.addEventListener("pointermove", (event) => {
      if (!drag) return;
      if (!drag.isMoving && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < DRAG) return;
      if (!drag.isMoving) {
        drag.isMoving = true;
        list.setPointerCapture(event.pointerId);
        drag.chip.classList.add("leo-dragged");
      }
      const root = /** @type {Document | ShadowRoot} */ (list.getRootNode());
      const over = chipOf(root.elementFromPoint(event.clientX, event.clientY));
      if (!over || over === drag.chip || over.parentNode !== list) return;
      const { left, width } = over.getBoundingClientRect();
      list.insertBefore(drag.chip, event.clientX < left + width / 2 ? over : over.nextSibling);
    });
    const drop = (/** @type {boolean} */ isDone) => {
      const was = drag;
      drag = null;
      if (!was?.isMoving) return;
      was.chip.classList.remove("leo-dragged");
      list.dataset.dropped = "yes"; // the click that follows is none
      setTimeout(() => delete list.dataset.dropped);
      const order = shownOf(now, axis);
      const all = [...list.children].map(valueOf);
      const next = all.filter((value) => order.includes(value));
      if (isDone) lists.set(axis.name, all);
      if (isDone) set(axis, next, `${axis.labels[valueOf(was.chip)]} moved to ${next.indexOf(valueOf(was.chip)) + 1}`);
    };
    list.addEventListener("pointerup", () => drop(true));
    list.addEventListener("pointercancel", () => drop(false));
    list.addEventListener("click", (event) => {
      const chip = chipOf(event.target);
      if (chip && !list.dataset.dropped) flip(valueOf(chip));
    });
    list.addEventListener("keydown", (event) => {
      const chip = chipOf(event.target);
      const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!chip || !way) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.altKey) {
        const order = shownOf(now, axis);
        const at = order.indexOf(valueOf(chip));
        const to = at + way;
        if (at < 0 || to < 0 || to >= order.length) return;
        set(axis, moved(order, at, to), `${axis.labels[valueOf(chip)]} moved to ${to + 1} of ${order.length}`);
        return;
      }
      const next = /** @type {HTMLElement | null} */ (way > 0 ? chip.nextSibling : chip.previousSibling);
      if (!next) return;
      chip.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
  }

  return {
    node: panel,
    /** @param {Arrangement} a @param {SweepAxis[]} axes */
    draw(a, axes) {
      now = a;
      if (panel.hidden) return void (drawn = "");
      const key = JSON.stringify([axes.map((axis) => axis.name), a.shown]);
      if (key === drawn) return;
      drawn = key;
      const active = /** @type {HTMLElement | null} */ (panel.contains(document.activeElement) ? document.activeElement : null);
      const [axisAt, value] = [[...panel.children].findIndex((row) => row.contains(active)), active?.dataset.value];
      const tops = [...panel.querySelectorAll(".leo-chips")].map((list) => list.scrollTop);
      panel.replaceChildren(...axes.filter((axis) => axis.labels.length > 1).map(makeAxis));
      panel.querySelectorAll(".leo-chips").forEach((list, i) => (list.scrollTop = tops[i] ?? 0));
      if (axisAt < 0) return;
      const chips = /** @type {HTMLElement[]} */ ([...(panel.children[axisAt]?.querySelectorAll(".leo-chip") ?? [])]);
      const same = chips.find((chip) => chip.dataset.value === value);
      if (same) chips[0].tabIndex = -1;
      const focus = same ?? /** @type {HTMLElement | undefined} */ (panel.children[axisAt]?.querySelector(".leo-action"));
      if (same) same.tabIndex = 0;
      focus?.focus();
    },
  };
}

const STATE_FILTERS = /** @type {[string, string][]} */ ([
  ["", "all"], ["d", "done"], ["f", "failed"], ["u", "outcome unknown"], ["fu", "failed or unknown"],
  ["wrl", "not ended"], ["s", "stopped"],
]);
const MARK_FILTERS = /** @type {[string, string][]} */ ([
  ["", "all"], ["star", "starred"], ["unmarked", "not marked"], ["reject", "rejected"],
]);
const TYPING_MS = 200;

/** Which cells are shown. @param {(filter: any, said: string) => void} change */
export function makeFilter(change) {
  const panel = make("div", "leo-panel leo-filter");
  panel.hidden = true;
  /** @type {import("./sheet_places.js").Filter} */
  let now;
  const state = makeMenu("state", "State", STATE_FILTERS, "", (value) => change({ ...now, state: value }, ""));
  const star = makeMenu("star", "Marks", MARK_FILTERS, "", (value) => change({ ...now, star: value }, ""));
  const most = makeField("number", "Price at most", (value) => ({ most: value === "" ? null : Number(value) }));
  most.input.min = "0";
  most.input.step = "any";
  const text = makeField("search", "Value or note has", (value) => ({ text: value }));
  const clear = makeButton("leo-action", "Show all", () => change({ state: "", star: "", most: null, text: "", values: {} }, "All cells shown"));
  panel.append(state, star, most.holder, text.holder, clear);

  /** @param {string} type @param {string} label @param {(value: string) => any} read */
  function makeField(type, label, read) {
    const holder = make("label", "leo-menu");
    const input = make("input");
    input.type = type;
    /** @type {any} */
    let timer;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => change({ ...now, ...read(input.value) }, ""), TYPING_MS);
    });
    holder.append(make("span", "", label), input);
    return { holder, input };
  }

  /** @param {HTMLElement} menu @param {string} value */
  function pick(menu, value) {
    const select = /** @type {HTMLSelectElement} */ (menu.querySelector("select"));
    if (![...select.options].some((option) => option.value === value)) select.append(new Option(value, value));
    select.value = value;
  }

  return {
    node: panel,
    /** @param {Arrangement} a @param {{ unit: string, canMark: boolean, isFiltered: boolean }} facts */
    draw(a, { unit, canMark, isFiltered }) {
      now = a.filter;
      pick(state, now.state);
      pick(star, now.star);
      star.hidden = !canMark && !now.star;
      most.holder.hidden = !unit;
      /** @type {HTMLElement} */ (most.holder.firstChild).textContent = `Price at most, in ${unit}`;
      if (document.activeElement !== most.input) most.input.value = now.most === null ? "" : String(now.most);
      if (document.activeElement !== text.input) text.input.value = now.text;
      clear.hidden = !isFiltered;
    },
  };
}
