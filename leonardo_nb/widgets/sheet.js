// @ts-check
// A run as one grid. Python says everything in words and places every cell; this file draws it.
import { addressOf, answer, copy, drawMark, listen, make, makeButton, makePill, makeSaid, newName, withCode } from "./common.js";

/** @typedef {{ name: string, labels: string[] }} Axis */
/**
 * @typedef {{
 *   x: Axis | null, y: Axis | null, facets: Axis[], titles: string[], cells: number[],
 *   shapes: number[], names: string[], wraps: boolean, prompt: string, always: [string, string][],
 * }} Grid
 */
/**
 * @typedef {{
 *   mark: string, word: string, rest: string, bar: number[], money: string, left: string,
 *   simulated: boolean, stop: { label: string, consequence: string } | null, said: string,
 * }} Head
 */
/**
 * @typedef {{
 *   mark: string, word: string, prompt: string, where: [string, string][],
 *   parameters: [string, string][], facts: [string, string][], notes: string[],
 *   error: string, advice: string, code: string, count: number,
 * }} Detail
 */

/** What a letter of `states` means: the mark of a cell and the word for it. */
const STATES = /** @type {Record<string, [string, string]>} */ ({
  w: ["circle", "waiting"],
  r: ["quarter", "running"],
  l: ["broken", "answer lost, looking for it"],
  d: ["disc", "done"],
  f: ["triangle", "failed"],
  u: ["broken", "outcome unknown"],
  s: ["square", "stopped"],
});
const BAR = ["done", "failed", "running", "waiting", "stopped"];
const GAP = 6;
const FACET_GAP = 18;

/** How wide the row labels are, in pixels. @param {Axis | null} axis @param {number} room */
export function labelWidth(axis, room) {
  if (!axis) return 0;
  const longest = Math.max(...axis.labels.map((label) => label.length));
  return Math.round(Math.min(Math.max(longest * 6.9 + 10, 28), room < 420 ? 76 : 132));
}

/** By how much cells must grow for grids to stand below each other. */
const LARGER = 1.4;
/** Heights in which a sheet is seen at once, without scrolling: beside its side, and above it. */
const SEEN = 600;
const SEEN_NARROW = 440;
const NARROW = 700;

/**
 * How many grids stand side by side and how wide each cell is, in pixels: as large as fits, and
 * smaller, down to a size worth looking at, where all of it is then seen at once.
 * @param {{ room: number, columns: number, rows: number, grids: number, labels: number, shape: number, high?: number }} facts
 */
export function fit({ room, columns, rows, grids, labels, shape, high = SEEN }) {
  const most = Math.min(168, 190 * shape);
  const least = Math.min(room < 420 ? 52 : 64, most);
  const widthFor = (/** @type {number} */ side) =>
    (room - labels - GAP - (side - 1) * FACET_GAP - side * columns * GAP) / (side * columns);
  /** @param {number} wanted */
  const laid = (wanted) => {
    const bands = Math.ceil(grids / wanted);
    // three and three below each other rather than five and one
    const side = Math.ceil(grids / bands);
    const seen = Math.max(((high / bands - 60) / rows - GAP) * shape, 88 * Math.min(shape, 1));
    return { side, width: Math.floor(Math.min(Math.max(Math.min(widthFor(side), seen), least), most)) };
  };
  let wanted = Math.max(grids, 1);
  while (wanted > 1 && widthFor(wanted) < Math.min(72, most)) wanted--;
  let best = laid(wanted);
  // below each other where that shows much more of each picture
  while (--wanted > 0) {
    const other = laid(wanted);
    if (other.width >= LARGER * best.width) best = other;
  }
  return best;
}

/**
 * How many stand in a line where one axis wraps, and how wide each is.
 * @param {number} room @param {number} count @param {number} shape
 */
export function wrap(room, count, shape) {
  const widthFor = (/** @type {number} */ across) => (room + GAP) / across - GAP;
  const highFor = (/** @type {number} */ across) => Math.ceil(count / across) * (widthFor(across) / shape + 28);
  const least = 96 * Math.min(shape, 1);
  let across = room > 240 ? 2 : 1;
  while (across < count && widthFor(across) > 190 * Math.min(shape, 1)) across++;
  while (across < count && highFor(across) > SEEN && widthFor(across + 1) >= least) across++;
  // even lines rather than seven and one
  const even = Math.ceil(count / Math.ceil(count / across));
  return { across: even, width: Math.floor(Math.min(widthFor(across), 190 * Math.min(shape, 1))) };
}

/**
 * The box that is nearest in a direction, or -1. Boxes are [left, top] of equal size.
 * @param {[number, number][]} boxes @param {number} from @param {string} key
 */
export function neighbour(boxes, from, key) {
  const [x, y] = boxes[from];
  const ways = /** @type {Record<string, [number, number]>} */ ({
    ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1],
  });
  const [dx, dy] = ways[key];
  let best = -1;
  let nearest = Infinity;
  boxes.forEach(([left, top], i) => {
    const along = (left - x) * dx + (top - y) * dy;
    const across = Math.abs((left - x) * dy) + Math.abs((top - y) * dx);
    if (along < 4) return;
    const far = along + across * 6;
    if (far < nearest) [best, nearest] = [i, far];
  });
  return best;
}

/** @param {{ model: any, el: HTMLElement }} context */
function render({ model, el }) {
  const me = newName(); // answers go to the view that asked
  const grid = () => /** @type {Grid} */ (model.get("grid"));
  const head = () => /** @type {Head} */ (model.get("head"));
  const letters = () => /** @type {string} */ (model.get("states"));

  const sheet = make("div", "leo-sheet");
  // arrows and Enter belong to the grid, not to the notebook's command mode
  sheet.dataset.lmSuppressShortcuts = "true";
  sheet.setAttribute("role", "group");

  const top = make("div", "leo-top");
  const sign = make("span", "leo-sign");
  const word = make("span", "leo-word");
  const rest = make("span", "leo-rest");
  const bar = make("div", "leo-bar");
  bar.setAttribute("aria-hidden", "true");
  const parts = BAR.map((name) => bar.appendChild(make("i", `leo-${name}`)));
  const end = make("span", "leo-end");
  const money = make("span", "leo-money");
  const stop = makeButton("leo-action");
  const why = make("span", "leo-why");
  why.id = `leo-${me}`;
  stop.setAttribute("aria-describedby", why.id);
  const pill = makePill();
  const halt = make("span");
  halt.append(stop, " ", why);
  end.append(money, halt, pill);
  top.append(sign, word, rest, bar, end);

  const menus = make("div", "leo-menus");
  const where = make("span"); // grids stand, beside or below each other
  const body = make("div", "leo-body");
  const scroll = make("div", "leo-scroll");
  const side = make("aside", "leo-side");
  body.append(scroll, side);
  const said = makeSaid();
  sheet.append(top, menus, body, said);
  el.append(sheet);

  /** @type {HTMLButtonElement[]} */
  let cells = [];
  /** @type {Map<number, string>} */
  const small = new Map();
  let drawn = ""; // the states that are on the page
  let chosen = -1;
  let isChosenByHand = false;
  /** @type {{ cell: number, detail: Detail | null, large: string[] }} */
  let shown = { cell: -1, detail: null, large: [] };
  let laid = "";

  // ---- head

  function drawHead() {
    const h = head();
    if (sign.dataset.mark !== h.mark) {
      sign.dataset.mark = h.mark;
      sign.replaceChildren(drawMark(h.mark));
    }
    word.textContent = h.word;
    rest.textContent = h.rest;
    parts.forEach((part, i) => (part.style.flexGrow = String(h.bar[i])));
    bar.title = BAR.map((name, i) => `${h.bar[i]} ${name}`).filter((text) => !text.startsWith("0 ")).join(", ");
    money.textContent = [h.money, h.left].filter(Boolean).join(", ");
    halt.hidden = !h.stop;
    stop.textContent = h.stop?.label ?? "";
    why.textContent = h.stop?.consequence ?? "";
    if (!h.stop) stop.disabled = false;
    pill.hidden = !h.simulated;
    if (said.textContent !== h.said) said.textContent = h.said;
  }

  stop.addEventListener("click", () => {
    stop.disabled = true;
    model.send({ do: "stop" });
  });

  // ---- menus

  function drawMenus() {
    const g = grid();
    menus.hidden = !g.x || !g.y;
    menus.replaceChildren();
    if (!g.x || !g.y) return;
    // only seen where it is narrow
    const fold = makeButton("leo-action leo-fold", "Rows and columns", () => {
      fold.setAttribute("aria-expanded", String(menus.toggleAttribute("data-open")));
    });
    fold.setAttribute("aria-expanded", String(menus.hasAttribute("data-open")));
    const row = make("div");
    menus.append(fold, row);
    const now = { rows: g.y.name, columns: g.x.name };
    for (const [key, label] of /** @type {["rows" | "columns", string][]} */ ([["rows", "Rows"], ["columns", "Columns"]])) {
      const holder = make("label", "", `${label} `);
      const select = make("select");
      for (const name of g.names) select.append(new Option(name, name, false, name === now[key]));
      select.addEventListener("change", () => {
        const other = key === "rows" ? "columns" : "rows";
        // taking the other one's axis swaps them
        if (now[other] === select.value) now[other] = now[key];
        now[key] = select.value;
        model.send({ do: "turn", x: now.columns, y: now.rows });
      });
      holder.append(select);
      row.append(holder);
    }
    if (g.facets.length) {
      const facets = make("span");
      facets.append(where, make("b", "", g.facets.map((axis) => axis.name).join(", ")));
      row.append(facets);
    }
  }

  // ---- grid

  /** @param {number} number */
  function nameOf(number) {
    const g = grid();
    const at = g.cells.indexOf(number);
    const columns = g.x?.labels.length ?? 1;
    const rows = g.y?.labels.length ?? 1;
    const names = [];
    if (g.y) names.push(`${g.y.name} ${g.y.labels[Math.floor(at / columns) % rows]}`);
    if (g.x) names.push(`${g.x.name} ${g.x.labels[at % columns]}`);
    const title = g.titles[Math.floor(at / (columns * rows))];
    return [...names, ...(title ? [title] : [])].join(", ");
  }

  function makeCells() {
    const g = grid();
    drawn = "";
    cells = [...g.cells].sort((a, b) => a - b).map((number) => {
      const cell = makeButton("leo-cell", "", () => choose(number, true));
      cell.tabIndex = -1;
      const shape = g.shapes[number] ?? g.shapes[0];
      const box = make("span", "leo-box");
      box.style.aspectRatio = String(shape);
      box.style[shape >= Math.min(...g.shapes) ? "width" : "height"] = "100%";
      cell.append(box);
      return cell;
    });
  }

  /** @param {HTMLElement} holder @param {number} number @param {string} role */
  function put(holder, number, role) {
    holder.setAttribute("role", role);
    holder.append(cells[number]);
    return holder;
  }

  /** @param {boolean} [again] */
  function layOut(again = false) {
    const g = grid();
    const room = Math.max(scroll.clientWidth - 28, 120);
    const shape = Math.min(...g.shapes);
    const columns = g.x?.labels.length ?? 1;
    const rows = g.y?.labels.length ?? 1;
    const labels = labelWidth(g.y, room);
    const size = g.wraps
      ? { side: 1, ...wrap(room, columns, shape) }
      : fit({ room, columns, rows, grids: g.titles.length, labels, shape, high: sheet.clientWidth < NARROW ? SEEN_NARROW : SEEN });
    const key = JSON.stringify([size, labels]);
    if (!again && key === laid) return;
    laid = key;
    where.textContent = size.side > 1 ? "Side by side " : "Below each other ";
    const focused = cells.indexOf(/** @type {any} */ (document.activeElement));
    sheet.style.setProperty("--leo-cell", `${size.width}px`);
    sheet.style.setProperty("--leo-shape", String(shape));
    sheet.style.setProperty("--leo-labels", `${labels}px`);
    scroll.replaceChildren();
    for (let first = 0; first < g.titles.length; first += size.side) {
      const some = g.titles.map((_, i) => i).slice(first, first + size.side);
      scroll.append(g.wraps ? wrapping(g, some[0], columns) : table(g, some, rows, columns));
    }
    if (focused >= 0) cells[focused].focus();
  }

  /** One axis: pictures with their labels, going on in the next line. @param {Grid} g @param {number} facet @param {number} columns */
  function wrapping(g, facet, columns) {
    const block = make("div", "leo-block");
    if (g.titles[facet]) block.append(make("div", "leo-title", g.titles[facet]));
    const list = make("div", "leo-wrap");
    list.setAttribute("role", "grid");
    list.setAttribute("aria-label", g.x ? g.x.name : "picture");
    const row = make("div", "leo-line");
    row.setAttribute("role", "row");
    for (let i = 0; i < columns; i++) {
      const holder = make("div", "leo-one");
      if (g.x) {
        const label = make("div", "leo-label", g.x.labels[i]);
        label.title = g.x.labels[i];
        holder.append(label);
      }
      row.append(put(holder, g.cells[facet * columns + i], "gridcell"));
    }
    list.append(row);
    if (g.x) block.prepend(make("div", "leo-axes", g.x.name));
    block.append(list);
    return block;
  }

  /** @param {Grid} g @param {number[]} facets @param {number} rows @param {number} columns */
  function table(g, facets, rows, columns) {
    const node = make("table", "leo-table");
    node.setAttribute("role", "grid");
    node.setAttribute("aria-label", [g.y?.name, g.x?.name].filter(Boolean).join(" by "));
    const top = make("thead");
    const titled = g.titles.some(Boolean);
    if (titled) {
      const row = top.insertRow();
      if (g.y) row.append(make("td", "leo-corner"));
      for (const facet of facets) {
        const title = make("th", "leo-title", g.titles[facet]);
        title.colSpan = columns;
        title.scope = "colgroup";
        title.title = g.titles[facet];
        row.append(title);
      }
    }
    if (g.x) {
      const row = top.insertRow();
      row.className = titled ? "leo-second" : "";
      if (g.y) row.append(make("td", "leo-corner"));
      for (const facet of facets)
        g.x.labels.forEach((text, i) => {
          const label = make("th", "leo-label", text);
          label.scope = "col";
          label.title = `${g.x?.name} ${text}`;
          if (!i && facet !== facets[0]) label.classList.add("leo-apart");
          row.append(label);
        });
    }
    const middle = make("tbody");
    for (let r = 0; r < rows; r++) {
      const row = middle.insertRow();
      if (g.y) {
        const label = make("th", "leo-row");
        label.scope = "row";
        label.title = `${g.y.name} ${g.y.labels[r]}`;
        label.append(make("span", "", g.y.labels[r]));
        row.append(label);
      }
      for (const facet of facets)
        for (let c = 0; c < columns; c++) {
          const holder = put(row.insertCell(), g.cells[(facet * rows + r) * columns + c], "gridcell");
          if (!c && facet !== facets[0]) holder.className = "leo-apart";
        }
    }
    node.append(top, middle);
    return node;
  }

  function drawCells() {
    const now = letters();
    const reasons = model.get("reasons");
    for (let i = 0; i < cells.length; i++) {
      if (drawn[i] === now[i]) continue;
      const [shape, said] = STATES[now[i]];
      const cell = cells[i];
      const box = /** @type {HTMLElement} */ (cell.firstChild);
      cell.dataset.state = said;
      const name = nameOf(i);
      cell.title = [name, reasons[i] ?? (now[i] === "d" ? "" : said)].filter(Boolean).join(": ");
      cell.setAttribute("aria-label", `${name}: ${said}${reasons[i] ? `, ${reasons[i]}` : ""}`);
      if (!box.querySelector("img")) box.replaceChildren(drawMark(shape));
    }
    const changed = chosen >= 0 && drawn[chosen] !== now[chosen];
    drawn = now;
    if (changed) ask();
    if (!isChosenByHand && (chosen < 0 || now[chosen] !== "d")) {
      const order = grid().cells;
      const first = order.find((number) => now[number] === "d") ?? -1;
      if (first >= 0) choose(first, false);
    }
    if (chosen < 0 && cells.length) cells[grid().cells[0]].tabIndex = 0;
  }

  /** @param {number} number @param {any} data */
  function addPicture(number, data) {
    const old = small.get(number);
    if (old) URL.revokeObjectURL(old);
    small.set(number, addressOf(data));
    drawPicture(number);
  }

  /** @param {number} number */
  function drawPicture(number) {
    const url = small.get(number);
    const box = /** @type {HTMLElement | undefined} */ (cells[number]?.firstChild);
    if (!url || !box) return;
    const img = make("img");
    img.alt = "";
    img.src = url;
    box.replaceChildren(img);
    if (number === chosen) drawSide();
  }

  // ---- the chosen cell

  /** @param {number} number @param {boolean} byHand */
  function choose(number, byHand) {
    isChosenByHand ||= byHand;
    for (const cell of cells) if (cell.tabIndex === 0) cell.tabIndex = -1;
    cells[chosen]?.removeAttribute("aria-selected");
    chosen = number;
    const cell = cells[number];
    cell.tabIndex = 0;
    cell.setAttribute("aria-selected", "true");
    if (byHand) cell.focus({ preventScroll: true });
    if (byHand) cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    ask();
  }

  function ask() {
    model.send({ do: "show", cell: chosen, view: me });
  }

  scroll.addEventListener("keydown", (event) => {
    const order = grid().cells;
    const from = order.indexOf(cells.indexOf(/** @type {any} */ (event.target)));
    if (from < 0) return;
    let to = -1;
    if (event.key.startsWith("Arrow")) {
      const boxes = order.map((number) => {
        const { left, top: upper } = cells[number].getBoundingClientRect();
        return /** @type {[number, number]} */ ([left, upper]);
      });
      to = neighbour(boxes, from, event.key);
    } else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = order.length - 1;
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (to >= 0) choose(order[to], true);
  });

  function drawSide() {
    const g = grid();
    const detail = shown.cell === chosen ? shown.detail : null;
    const frame = make("div", "leo-frame");
    const shape = g.shapes[chosen] ?? g.shapes[0];
    frame.style.aspectRatio = String(shape);
    const pictures = shown.cell === chosen && shown.large.length ? shown.large : small.has(chosen) ? [small.get(chosen)] : [];
    for (const url of pictures) {
      const img = make("img");
      img.src = /** @type {string} */ (url);
      img.alt = detail?.prompt ?? g.prompt;
      frame.append(img);
    }
    frame.classList.toggle("leo-several", pictures.length > 1);
    if (!pictures.length) frame.append(drawMark(STATES[letters()[chosen]]?.[0] ?? "circle"));
    frame.hidden = chosen < 0; // nothing is there to be seen large
    const text = make("div", "leo-text");
    text.append(make("div", "leo-prompt", detail?.prompt ?? g.prompt));
    const list = make("dl");
    const rows = detail ? [...detail.where, ...detail.parameters, ...detail.facts] : g.always;
    for (const [name, value] of rows) {
      const pair = make("div");
      const dd = make("dd", "", value);
      dd.title = value;
      pair.append(make("dt", "", name), dd);
      list.append(pair);
    }
    text.append(list, ...(detail?.notes ?? []).map((note) => make("div", "leo-advice", note)));
    if (detail?.error) {
      const error = make("div", "leo-error");
      error.append(...withCode(detail.error));
      text.append(error);
    }
    if (detail?.advice) {
      const advice = make("div", "leo-advice");
      advice.append(...withCode(detail.advice));
      text.append(advice);
    }
    if (detail) {
      const actions = make("div", "leo-actions");
      const button = makeButton("leo-action", "Copy code", async () => {
        answer(button, (await copy(detail.code)) ? "Copied" : "Not copied");
      });
      button.title = detail.code;
      actions.append(button);
      text.append(actions);
    }
    side.replaceChildren(frame, text);
  }

  /** @param {any} message @param {DataView[]} buffers */
  function heard(message, buffers) {
    if (message?.what === "small") {
      message.cells.forEach((/** @type {number} */ number, /** @type {number} */ i) => addPicture(number, buffers[i]));
      return;
    }
    if (message?.view !== me || message.cell !== chosen) return;
    if (message.what === "cell") {
      if (shown.cell !== chosen) forget();
      shown = { ...shown, cell: chosen, detail: message.detail };
    } else if (message.what === "large") {
      forget();
      shown.large = buffers.map((data) => addressOf(data));
    }
    drawSide();
  }

  function forget() {
    for (const url of shown.large) URL.revokeObjectURL(url);
    shown.large = [];
  }

  // ---- life

  function drawGrid() {
    sheet.setAttribute("aria-label", `Sweep over ${grid().names.join(", ")}`);
    makeCells();
    drawMenus();
    layOut(true);
    drawCells();
    for (const number of small.keys()) drawPicture(number);
    if (chosen >= 0) {
      cells[chosen].tabIndex = 0;
      cells[chosen].setAttribute("aria-selected", "true");
    }
    drawSide();
  }

  const watcher = new ResizeObserver(() => layOut());
  const leave = listen(model, {
    "change:head": drawHead,
    "change:grid": drawGrid,
    "change:states": drawCells,
    "msg:custom": heard,
  });
  drawHead();
  drawGrid();
  watcher.observe(scroll);
  model.send({ do: "look", view: me }); // a page that is opened later has no pixels yet
  return () => {
    leave();
    watcher.disconnect();
    forget();
    for (const url of small.values()) URL.revokeObjectURL(url);
    small.clear();
    model.send({ do: "bye", view: me });
  };
}

export default { render };
