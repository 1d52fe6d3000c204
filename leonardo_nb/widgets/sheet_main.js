// @ts-check
// The sheet of a sweep: one model, and any number of pages that look at it. This file ties its parts together.
import { keepKeys, listen, make, makeSaid, newName, tellUse, withCode } from "./common.js";
import { STATES, drawCell, wordsOf } from "./sheet_cells.js";
import { listenToLabels } from "./sheet_drag.js";
import { laidOut, stepped, zoomed } from "./sheet_geometry.js";
import { makeHead } from "./sheet_head.js";
import { makeHelp } from "./sheet_help.js";
import { commandOf } from "./sheet_keys.js";
import { makeMenus } from "./sheet_menus.js";
import { makeFilter, makeValues } from "./sheet_panels.js";
import { throttled } from "./sheet_pace.js";
import { makeGrown, makeLarge, makePictures, saveFile, thumbnailFor } from "./sheet_pictures.js";
import { along, arranged, coordsOf, firstCell, floatsOf, goesOn, isFiltering, kept, makeFinder, moved, nameOfCell, placed, shortsOf, shownOf, toggled } from "./sheet_places.js";
import { makeSide } from "./sheet_side.js";
import { captionsOf, makeStage } from "./sheet_stage.js";
import { makeWindow } from "./sheet_window.js";

const NARROW = 700;
const HIGH = 640;
const HIGH_NARROW = 480;
/** Cells wider than this, in pixels of the screen, show a picture that is larger than any thumbnail. */
const LARGE_FROM = 340;
/** How long the page waits before it tells the kernel what changes many times a second. */
const TELL_MS = 150;
const WISH_MS = 90;
const FILTER_MS = 500;
/** By how much a wheel is turned for the next size. */
const WHEEL = 40;
/** Details of so many cells are kept. */
const MOST_DETAILS = 60;

/** @param {{ model: any, el: HTMLElement }} context */
function render({ model, el }) {
  const me = newName(); // answers go to the view that asked
  const send = (/** @type {any} */ message) => {
    try {
      model.send(message);
    } catch {
      setEnded(true); // a channel that is closed throws, and stays closed
    }
  };
  const get = (/** @type {string} */ name, /** @type {any} */ otherwise) => model.get(name) ?? otherwise;

  // ---- what is known

  /** @type {import("./sheet_places.js").Space} */
  let space = { axes: [], coords: new Uint16Array(0), n: 0 };
  let find = makeFinder(space);
  let arrangement = arranged({}, []);
  /** @type {import("./sheet_places.js").Places} */
  let places = placed(space, arrangement);
  let costs = new Float32Array(0);
  let states = "";
  let shapes = [1];
  let tallest = 1;
  let chosen = -1;
  let isChosenByHand = false;
  /** @type {number[]} */
  let compared = [];
  let sliding = 0; // a width that the slider shows and nobody was told yet
  let userHeight = 0;
  let panelOpen = "";
  let isLarge = false;
  /** @type {Map<number, any>} */
  const details = new Map();
  const deck = () => get("deck", {});
  let isEnded = false; // nobody hears this page any more
  const can = () => ({ mark: false, pause: false, download: false, ...(isEnded ? {} : deck().can) });
  const letterOf = (/** @type {number} */ cell) => states[cell] ?? "w";
  const ratioOf = (/** @type {number} */ cell) => shapes[cell] ?? shapes[0];

  // ---- parts

  const sheet = make("div", "leo-sheet");
  sheet.setAttribute("role", "group");
  // where there is no notebook, its colours follow the system
  const isNotebook = [document.documentElement, document.body].some((each) => getComputedStyle(each).getPropertyValue("--jp-content-font-color1"));
  if (!isNotebook) sheet.dataset.plain = "";
  const pictures = makePictures({ send, view: me, changed: drawSome, isSeen: (cell) => Boolean(grid.nodeOf(cell)) || cell === chosen });
  const large = makeLarge({ send, view: me, changed: drawSome });
  const head = makeHead((what) => send({ do: what }));
  const menus = makeMenus({ turn: (next, said) => arrange(next, said), size: resize, panel: togglePanel, help: () => showHelp(!help.isOpen()), here: hereOf });
  const values = makeValues((shown, said) => arrange({ ...arrangement, shown }, said));
  const filter = makeFilter((wanted, said) => arrange({ ...arrangement, filter: wanted }, said));
  const body = make("div", "leo-body");
  const main = make("div", "leo-main");
  const viewport = make("div", "leo-scroll");
  const empty = make("div", "leo-empty", "No cell passes the filter.");
  const handle = make("div", "leo-handle");
  const side = makeSide({ mark: sendMark, compare: compareChosen, large: openLarge, download, go: slide, back: focusGrid });
  const stage = makeStage({
    close: closeStage, go: slide, remove: (cell) => toggleCompared(cell),
    isCalm: () => Boolean(globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches),
  });
  const help = makeHelp({ canMark: () => can().mark, close: () => showHelp(false) });
  const said = makeSaid();
  const ended = make("div", "leo-ended");
  ended.setAttribute("role", "status");
  const grid = makeWindow(viewport, { fill, moved: () => wish() });
  handle.tabIndex = 0;
  handle.setAttribute("role", "separator");
  handle.setAttribute("aria-orientation", "horizontal");
  handle.setAttribute("aria-label", "Height of the grid");
  handle.title = "Drag, or arrow keys, to make the grid higher; double click for its own height";
  main.append(viewport, empty, handle);
  body.append(main, side.node);
  const whole = make("div", "leo-whole");
  whole.append(body, stage.node, help.node);
  sheet.append(head.node, ended, menus.node, values.node, filter.node, whole, said);
  el.append(sheet);
  keepKeys(el);

  const say = (/** @type {string} */ words) => {
    if (words) said.textContent = words;
  };

  /** Say that the kernel has gone, and offer nothing that it would do. @param {boolean} is */
  function setEnded(is) {
    if (is === isEnded) return;
    isEnded = is;
    const call = deck().name ? `leo.open_sweep(${JSON.stringify(deck().name)})` : "leo.open_sweep(...)";
    ended.replaceChildren(...(is ? withCode(`The kernel has ended; run the cell again, or \`${call}\`.`) : []));
    drawHead();
    drawMenus();
    // not within what has just tried to send
    queueMicrotask(drawChosen);
  }

  // ---- cells

  /** @type {Record<string, string>} */
  let reasons = {};
  /** @type {Record<string, any>} */
  let marked = {};

  /** @param {HTMLElement} node @param {number} cell */
  function fill(node, cell) {
    drawCell(node, {
      cell, letter: letterOf(cell), picture: pictureFor(cell), isMissing: pictures.isMissing(cell), mark: marked[cell],
      chosen: isChosenByHand && cell === chosen, compared: compared.length ? compared.indexOf(cell) + 1 : 0,
      name: nameOfCell(space, cell), reason: reasons[cell] ?? "", ratio: shapes.length > 1 ? ratioOf(cell) : 0,
      tag: grid.geometry().tag ? tagOf(cell) : "",
    });
  }

  /** What stands over a cell where one axis wraps. @param {number} cell */
  function tagOf(cell) {
    const place = places.placeOf(cell);
    if (!place || (places.x < 0 && places.y < 0)) return "";
    return places.x >= 0 ? namedLabel(places.x, places.columns[place.c]) : namedLabel(places.y, places.rows[place.r]);
  }

  /** A value, and its axis where it says little by itself. @param {number} axis @param {number} value */
  function namedLabel(axis, value) {
    const { name, labels, numeric, role } = space.axes[axis];
    const label = labels[value];
    return numeric || role === "replicate" || label.length < 3 ? `${name} ${label}` : label;
  }

  const isLargeShown = () => grid.geometry().width * (globalThis.devicePixelRatio || 1) > LARGE_FROM;
  const grown = makeGrown();

  /** @param {number} cell */
  function pictureFor(cell) {
    const more = isLargeShown() ? large.get(cell) : undefined;
    return more ? grown.get(cell, more) : (pictures.get(cell)?.image ?? null);
  }

  /** @param {Iterable<number>} cells */
  function drawSome(cells) {
    let hasChosen = false;
    for (const cell of cells) {
      const node = grid.nodeOf(cell);
      if (node) fill(node, cell);
      hasChosen ||= cell === chosen || compared.includes(cell);
    }
    if (hasChosen) drawChosen();
  }

  const drawAll = () => drawSome([...grid.mounted().keys()]);

  /** Ask for the pictures of what is on the page, nearest first. */
  function wishNow() {
    const g = grid.geometry();
    if (!g) return;
    const near = grid.nearest().filter((cell) => letterOf(cell) === "d");
    const pixels = (tallest < 1 ? g.height : g.width) * (globalThis.devicePixelRatio || 1);
    pictures.wish(near, thumbnailFor(pixels));
    if (isLargeShown()) large.ask(near.filter((cell) => grid.sees(cell)).slice(0, 12));
    grown.keep((cell) => Boolean(grid.nodeOf(cell)));
  }
  const wish = throttled(wishNow, WISH_MS);

  // ---- the arrangement

  /** What the user asks for: everybody who looks at this model sees it. @param {any} next @param {string} [words] */
  function arrange(next, words = "") {
    say(words);
    model.set("arrangement", next);
    model.save_changes?.();
  }

  /** @param {number} width 0 for what fits @param {boolean} isFinal */
  function resize(width, isFinal) {
    sliding = isFinal ? 0 : width;
    if (isFinal) arrange({ ...arrangement, size: width });
    else layOut();
  }

  /** Which value of each axis the chosen cell has. @returns {Record<string, number>} */
  function hereOf() {
    if (chosen < 0) return {};
    return Object.fromEntries(space.axes.map(({ name }, i) => [name, space.coords[chosen * space.axes.length + i]]));
  }

  /** @param {"values" | "filter"} name */
  function togglePanel(name) {
    panelOpen = panelOpen === name ? "" : name;
    values.node.hidden = panelOpen !== "values";
    filter.node.hidden = panelOpen !== "filter";
    drawMenus();
  }

  /** @param {number} f */
  function titleOf(f) {
    return places.facetAxes.map((axis, i) => namedLabel(axis, places.facets[f][i])).join(", ");
  }

  /** Which cells stand where, from the model. */
  function findPlaces() {
    arrangement = arranged(model.get("arrangement"), space.axes);
    const keep = kept(space, arrangement.filter, { states, costs, marks: marked });
    places = placed(space, arrangement, keep);
  }

  /** @type {{ x: number, y: number } | null} */
  let pointer = null; // what is below it stays there while zooming

  function layOut() {
    const before = grid.geometry() ? grid.anchor(pointer, !pointer && chosen >= 0 && grid.sees(chosen) ? chosen : -1) : null;
    const wasTop = viewport.scrollTop;
    empty.hidden = places.count > 0 || !space.n;
    viewport.hidden = !empty.hidden;
    const room = viewport.clientWidth || el.clientWidth || 800;
    // without rows and columns, what stands over a cell names its axis
    const isLine = places.y < 0 || (places.x < 0 && places.facets.length === 1);
    const labelled = (/** @type {number} */ axis, /** @type {number} */ value) => (isLine ? namedLabel(axis, value) : space.axes[axis].labels[value]);
    const columnLabels = places.x < 0 ? [] : places.columns.map((value) => labelled(places.x, value));
    const rowLabels = places.y < 0 ? [] : places.rows.map((value) => labelled(places.y, value));
    const titled = places.facets.length > 0 && places.facetAxes.length > 0;
    const lastFacet = places.facetAxes.at(-1);
    const isNarrow = (sheet.clientWidth || 800) < NARROW;
    const high = isNarrow ? HIGH_NARROW : HIGH;
    const geometry = laidOut({
      columns: places.count ? places.columns.length : 0, rows: places.rows.length, facets: places.facets.length,
      hasX: places.x >= 0, hasY: places.y >= 0, titled, columnLabels, rowLabels, yName: arrangement.y,
      facetsAcross: lastFacet === undefined ? 0 : shownOf(arrangement, space.axes[lastFacet]).length,
      room, high: (userHeight || high) - 40, shape: tallest, size: sliding || arrangement.size,
    });
    viewport.style.maxHeight = userHeight ? "none" : `${high}px`;
    viewport.style.height = userHeight ? `${userHeight}px` : "auto";
    if (chosen < 0 || !places.placeOf(chosen)) grid.pin(-1);
    const name = arrangement.y && arrangement.x ? `${arrangement.y} by ${arrangement.x}` : arrangement.x || arrangement.y || "picture";
    grid.set(geometry, places, { columns: columnLabels, rows: rowLabels, titles: titleOf, x: arrangement.x, y: arrangement.y, name });
    handle.hidden = geometry.H < 200 && !userHeight;
    handle.setAttribute("aria-valuenow", String(Math.round(viewport.clientHeight)));
    const isTop = !pointer && wasTop < geometry.heading;
    if (before && places.placeOf(before.cell) && !isTop) grid.hold(before);
    else if (isTop) viewport.scrollTop = 0;
    pinSome();
    drawMenus();
    wish();
  }

  /** One cell of the grid can be reached with Tab. */
  function pinSome() {
    grid.pin(chosen >= 0 && places.placeOf(chosen) ? chosen : firstCell(places));
  }

  function drawMenus() {
    const isFiltered = isFiltering(arrangement.filter);
    menus.draw(arrangement, space.axes, {
      width: grid.geometry().width, shown: places.count, total: space.n, open: panelOpen, isFiltered,
      side: grid.geometry().side, bands: grid.geometry().bands,
    });
    menus.node.hidden = !space.n;
    values.draw(arrangement, space.axes);
    filter.draw(arrangement, { unit: deck().unit ?? "", canMark: can().mark, isFiltered });
  }

  // ---- the chosen cell

  const tell = throttled(() => {
    const list = chosen < 0 ? [] : [chosen, ...compared.filter((cell) => cell !== chosen)];
    if (JSON.stringify(list) === JSON.stringify(get("selected", []))) return;
    model.set("selected", list);
    model.save_changes?.();
  }, TELL_MS);

  const askDetail = throttled(() => {
    if (chosen >= 0 && !details.has(chosen)) send({ do: "show", cell: chosen, view: me });
  }, 60);

  /** @param {number} cell @param {{ isFinal?: boolean, focus?: boolean, byHand?: boolean }} [how] */
  function choose(cell, { isFinal = true, focus = false, byHand = true } = {}) {
    if (!(cell >= 0 && cell < space.n)) return;
    isChosenByHand ||= byHand;
    const before = chosen;
    chosen = cell;
    drawSome([before, cell].filter((each) => each >= 0));
    pinSome();
    if (byHand && (isFinal || focus) && places.placeOf(cell)) grid.reveal(cell);
    if (focus) grid.nodeOf(cell)?.focus({ preventScroll: true });
    if (byHand) tell();
    askDetail();
    drawChosen();
  }

  /** @param {number} cell @returns {import("./sheet_side.js").Track[]} */
  function tracksOf(cell) {
    if (cell < 0) return [];
    return space.axes.map((axis, i) => {
      const all = along(space, find, cell, i);
      const own = space.coords[cell * space.axes.length + i];
      const order = shownOf(arrangement, axis).filter((value) => all[value] >= 0);
      const values = order.includes(own) ? order : [own];
      return {
        name: axis.name, label: axis.labels[own] ?? "", cells: values.map((value) => all[value]), at: values.indexOf(own),
      };
    });
  }

  function drawChosen() {
    const picked = inComparison();
    side.draw({
      cell: chosen, letter: letterOf(chosen), ratio: ratioOf(chosen), picture: large.get(chosen), small: pictures.url(chosen),
      detail: details.get(chosen) ?? null, prompt: deck().prompt ?? "", same: deck().same ?? [], tracks: tracksOf(chosen),
      mark: marked[chosen], compared, can: can(),
    });
    if (stage.isOpen()) drawStage(picked);
    askLarge();
  }

  /** @type {number[]} */
  let ahead = []; // where a slider may go next

  /** @param {number} cell @param {boolean} isFinal @param {number[]} near */
  function slide(cell, isFinal, near) {
    ahead = near;
    choose(cell, { isFinal });
  }

  const askLarge = throttled(() => {
    const wanted = stage.isOpen() && !isLarge ? inComparison() : [chosen, ...(ahead.includes(chosen) ? ahead : [])];
    large.ask(wanted.filter((cell) => cell >= 0 && letterOf(cell) === "d"));
  }, 60);

  /** @param {any} change */
  function sendMark({ cell = chosen, ...change }) {
    if (!can().mark || cell < 0) return;
    send({ do: "mark", cell, ...change });
    if (isEnded) return say("Not kept: the kernel has ended");
    // seen at once; the kernel says the same a moment later
    const mark = { star: false, reject: false, note: "", ...marked[cell], ...change };
    const { [cell]: _, ...others } = marked;
    marked = mark.star || mark.reject || mark.note ? { ...others, [cell]: mark } : others;
    drawMarked();
    if ("star" in change) say(change.star ? "Starred" : "No longer starred");
    if ("reject" in change) say(change.reject ? "Rejected" : "No longer rejected");
  }

  function download() {
    if (chosen >= 0 && can().download) send({ do: "download", cell: chosen, view: me });
  }

  // ---- comparing

  const inComparison = () => (compared.length > 1 || chosen < 0 || compared.includes(chosen) ? compared : [...compared, chosen]);

  /** @param {number} cell */
  function toggleCompared(cell) {
    if (cell < 0) return;
    isChosenByHand ||= cell === chosen;
    const before = compared;
    compared = compared.includes(cell) ? compared.filter((each) => each !== cell) : [...compared, cell];
    say(compared.includes(cell) ? `${compared.length} in the comparison` : `Out of the comparison, ${compared.length} left`);
    drawSome([...new Set([...before, ...compared])]);
    tell();
    if (stage.isOpen() && !isLarge && compared.length < 2) closeStage();
    drawChosen();
  }

  function compareChosen() {
    const picked = inComparison();
    if (picked.length < 2) {
      if (!compared.includes(chosen)) toggleCompared(chosen);
      return say("Choose another picture to compare this one with");
    }
    if (!compared.includes(chosen) && compared.length < 2) toggleCompared(chosen);
    isLarge = false;
    openStage();
  }

  function openLarge() {
    if (chosen < 0) return;
    isLarge = true;
    openStage();
  }

  function openStage() {
    body.inert = true;
    sheet.classList.add("leo-staged");
    drawStage(inComparison());
    askLarge();
  }

  function closeStage() {
    if (!stage.isOpen()) return;
    stage.hide();
    body.inert = false;
    sheet.classList.remove("leo-staged");
    if (places.placeOf(chosen)) grid.reveal(chosen);
    focusGrid();
  }

  /** @param {number[]} picked */
  function drawStage(picked) {
    const cells = isLarge ? [chosen] : picked;
    const captions = isLarge ? [nameOfCell(space, chosen)] : captionsOf(cells.map((cell) => coordsOf(space, cell)));
    stage.show(cells.map((cell, i) => ({
      cell, ratio: ratioOf(cell), picture: large.get(cell), small: pictures.url(cell), caption: captions[i],
      words: `${nameOfCell(space, cell)}: ${STATES[letterOf(cell)]?.[1] ?? ""}`,
    })), isLarge ? tracksOf(chosen).filter((track) => track.cells.length > 1) : []);
  }

  function focusGrid() {
    grid.nodeOf(grid.pinned())?.focus({ preventScroll: true });
  }

  /** @type {HTMLElement | null} */
  let openedHelp = null; // what had the focus then

  /** @param {boolean} isOpen */
  function showHelp(isOpen) {
    const was = help.isOpen();
    if (isOpen && !was) openedHelp = /** @type {HTMLElement | null} */ (document.activeElement);
    help.show(isOpen);
    if (!was || isOpen) return;
    if (sheet.contains(openedHelp)) openedHelp?.focus({ preventScroll: true });
    if (openedHelp === document.activeElement) return;
    // the grid is not seen while pictures are over it
    if (stage.isOpen()) stage.focus();
    else focusGrid();
  }

  // ---- hands

  const scrolled = { left: 0, top: 0 };
  viewport.addEventListener("scroll", () => {
    if (viewport.clientWidth) [scrolled.left, scrolled.top] = [viewport.scrollLeft, viewport.scrollTop];
  }, { passive: true });
  viewport.addEventListener("click", (event) => {
    const cell = grid.cellOfNode(/** @type {Element} */ (event.target));
    if (cell < 0) return;
    choose(cell, { focus: true });
    if (event.ctrlKey || event.metaKey || event.shiftKey) toggleCompared(cell);
  });
  viewport.addEventListener("dblclick", (event) => {
    if (grid.cellOfNode(/** @type {Element} */ (event.target)) >= 0) openLarge();
  });
  viewport.addEventListener("pointerover", (event) => {
    const node = /** @type {HTMLElement} */ (event.target).closest?.(".leo-cell");
    const cell = grid.cellOfNode(node);
    // made only for the one that somebody points at
    if (node && cell >= 0) {
      const letter = letterOf(cell);
      const words = wordsOf(/** @type {any} */ ({ letter, isMissing: pictures.isMissing(cell), mark: marked[cell], compared: 0, reason: reasons[cell] ?? "" }));
      /** @type {HTMLElement} */ (node).title = [nameOfCell(space, cell), words === "done" ? "" : words].filter(Boolean).join(": ");
    }
  });
  let turnedBy = 0;
  viewport.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    // fingers on a pad say little many times
    turnedBy += event.deltaY;
    if (Math.abs(turnedBy) < WHEEL) return;
    turnedBy = 0;
    const box = viewport.getBoundingClientRect();
    pointer = { x: event.clientX - box.left, y: event.clientY - box.top };
    const width = zoomed(sliding || grid.geometry().width, event.deltaY < 0 ? 1 : -1);
    sliding = width;
    layOut();
    pointer = null;
    tellSize();
  }, { passive: false });
  const tellSize = throttled(() => {
    if (!sliding) return;
    const width = sliding;
    sliding = 0;
    arrange({ ...arrangement, size: width });
  }, 400);

  listenToLabels(viewport, {
    geometry: grid.geometry,
    count: (axis) => (axis === "x" ? places.columns : places.rows).length,
    drop: (axis, from, to) => reorder(axis, (order, list) => moved(order, order.indexOf(list[from]), order.indexOf(list[to])), from === to),
    hide: (axis, at) => reorder(axis, (order, list) => toggled(order, list[at]), false),
  });

  /** @param {"x" | "y"} which @param {(order: number[], list: number[]) => number[]} change @param {boolean} isSame */
  function reorder(which, change, isSame) {
    const axis = space.axes[which === "x" ? places.x : places.y];
    if (!axis || isSame) return;
    const order = change(shownOf(arrangement, axis), which === "x" ? places.columns : places.rows);
    arrange({ ...arrangement, shown: { ...arrangement.shown, [axis.name]: order } }, `${axis.name}: ${order.length} of ${axis.labels.length} shown`);
  }

  sheet.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key === "Escape") {
      if (help.isOpen()) showHelp(false);
      else if (stage.isOpen()) closeStage();
      else if (panelOpen) {
        const button = /** @type {HTMLElement | null} */ (menus.node.querySelector("[aria-expanded=true]:not(.leo-fold)"));
        togglePanel(/** @type {"values" | "filter"} */ (panelOpen));
        button?.focus();
      } else if (compared.length) {
        const before = compared;
        compared = [];
        drawSome(before);
        say("Comparison cleared");
        tell();
        drawChosen();
      } else return;
    } else if (!act(commandOf(event, placeOfFocus(target)), target)) return;
    event.preventDefault();
    event.stopPropagation();
  });

  /** @param {HTMLElement} target */
  function placeOfFocus(target) {
    if (target === handle) return "handle";
    if (viewport.contains(target)) return "grid";
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return "text";
    return target.tagName === "BUTTON" ? "button" : "other";
  }

  /** Whether anything was done. @param {import("./sheet_keys.js").Command | null} command @param {HTMLElement} target */
  function act(command, target) {
    if (!command) return false;
    const focused = grid.cellOfNode(target);
    switch (command.do) {
      case "help":
        showHelp(!help.isOpen());
        return true;
      case "taller":
        setHeight(viewport.clientHeight + command.by);
        return true;
      case "zoom":
        resize(command.way ? zoomed(grid.geometry().width, command.way) : 0, true);
        return true;
      case "move": {
        if (focused < 0 && !(stage.isOpen() && isLarge)) return false;
        const from = focused < 0 ? chosen : focused;
        const { key, ctrl } = command;
        choose(stepped(grid.geometry(), places, places.placeOf(from) ? from : firstCell(places), key, { ctrl, page: grid.linesInView() }), { focus: focused >= 0 });
        return true;
      }
    }
    // what has the focus is meant, although it was never clicked
    if (focused >= 0 && (focused !== chosen || !isChosenByHand)) choose(focused, { focus: true });
    if (chosen < 0 || (["star", "reject", "note"].includes(command.do) && !can().mark)) return false;
    if (command.do === "large") openLarge();
    if (command.do === "pick") toggleCompared(chosen);
    if (command.do === "compare") compareChosen();
    if (command.do === "star") sendMark({ star: !marked[chosen]?.star });
    if (command.do === "reject") sendMark({ reject: !marked[chosen]?.reject });
    if (command.do === "note") {
      closeStage();
      side.editNote();
    }
    return true;
  }

  /** @param {number} height 0 for its own */
  function setHeight(height) {
    userHeight = height && Math.min(Math.max(height, 160), 4000);
    layOut();
  }
  handle.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    const from = event.clientY - viewport.clientHeight;
    const follow = (/** @type {PointerEvent} */ now) => setHeight(now.clientY - from);
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", follow), { once: true });
  });
  handle.addEventListener("dblclick", () => setHeight(0));

  // ---- what the host says

  /** @param {any} message @param {any[]} [buffers] */
  function heard(message, buffers = []) {
    const isMine = !message?.view || message.view === me;
    switch (isMine && message?.what) {
      case "small":
        return void pictures.take(message, buffers);
      case "none":
        pictures.lack(message);
        return drawSome(message.cells);
      case "cell":
        details.delete(message.cell);
        details.set(message.cell, message.detail);
        if (details.size > MOST_DETAILS) details.delete(details.keys().next().value ?? -1);
        return message.cell === chosen ? drawChosen() : undefined;
      case "large":
        return large.take(message, buffers);
      case "file":
        if (buffers[0]) saveFile(message, buffers[0]);
        return side.saidOfDownload(buffers[0] ? "Downloaded" : "Not found");
      case "go":
        return go(message.cell);
    }
  }

  /** @param {number} cell */
  function go(cell) {
    if (!(cell >= 0 && cell < space.n)) return;
    const at = { ...arrangement.at };
    for (const name of arrangement.pages) {
      const axis = space.axes.findIndex((each) => each.name === name);
      at[name] = space.coords[cell * space.axes.length + axis];
    }
    if (JSON.stringify(at) !== JSON.stringify(arrangement.at)) arrange({ ...arrangement, at });
    closeStage();
    choose(cell);
    if (!places.placeOf(cell)) say("This cell is hidden by the filter, or by hidden values");
  }

  // ---- what changes

  function readSpace() {
    const { axes = [], n = 0, shapes: ratios = [1] } = deck();
    const coords = shortsOf(model.get("coords"));
    const whole = axes.length ? Math.min(n, Math.floor(coords.length / axes.length)) : n;
    if (space.n && !goesOn(space, { axes, coords, n: whole })) {
      pictures.clear();
      large.clear();
      grown.keep(() => false);
    }
    space = { axes, coords, n: whole };
    find = makeFinder(space);
    shapes = ratios.length ? ratios : [1];
    tallest = shapes.reduce((/** @type {number} */ least, /** @type {number} */ ratio) => Math.min(least, ratio), Infinity);
    costs = floatsOf(model.get("costs"));
    viewport.dataset.mixed = String(shapes.length > 1);
    sheet.setAttribute("aria-label", axes.length ? `Sweep over ${axes.map((/** @type {any} */ axis) => axis.name).join(", ")}` : "Sweep of one cell");
    details.clear();
    if (chosen >= space.n) chosen = -1;
    compared = compared.filter((cell) => cell < space.n);
  }

  function rebuild() {
    readSpace();
    states = get("states", "");
    marked = get("marks", {});
    reasons = get("reasons", {});
    findPlaces();
    layOut();
    chooseFirst();
    askDetail();
    drawChosen();
  }

  /** Until somebody chooses, the first picture there is stands at the side. */
  function chooseFirst() {
    if (isChosenByHand || (chosen >= 0 && letterOf(chosen) === "d") || !states.includes("d")) return;
    for (let f = 0; f < places.facets.length; f++)
      for (let r = 0; r < places.rows.length; r++)
        for (let c = 0; c < places.columns.length; c++) {
          const cell = places.cellAt(f, r, c);
          if (cell >= 0 && letterOf(cell) === "d") return choose(cell, { byHand: false });
        }
  }

  const filterAgain = throttled(() => {
    findPlaces();
    layOut();
  }, FILTER_MS);

  function drawStates() {
    const now = get("states", "");
    const before = states;
    states = now;
    for (let cell = 0; cell < before.length; cell++)
      if (before.charCodeAt(cell) !== now.charCodeAt(cell)) {
        pictures.forget(cell);
        large.forget(cell);
        details.delete(cell);
      }
    if (arrangement.filter.state) filterAgain();
    else drawAll();
    wish();
    chooseFirst();
    if (chosen >= 0 && before[chosen] !== now[chosen]) {
      askDetail();
      drawChosen();
    }
  }

  function drawMarks() {
    marked = get("marks", {});
    drawMarked();
  }

  function drawMarked() {
    if (arrangement.filter.star || arrangement.filter.text) filterAgain();
    drawAll();
    drawChosen();
  }

  function drawSelected() {
    const list = /** @type {number[]} */ (get("selected", [])).filter((cell) => cell >= 0 && cell < space.n);
    if (JSON.stringify(list) === JSON.stringify(chosen < 0 ? [] : [chosen, ...compared.filter((cell) => cell !== chosen)])) return;
    const before = compared;
    compared = list.length > 1 ? list : [];
    if (!list.length) isChosenByHand = false;
    drawSome([...before, ...compared, chosen]);
    if (list.length && list[0] !== chosen) {
      isChosenByHand = true;
      choose(list[0], { byHand: false });
      if (places.placeOf(chosen)) grid.reveal(chosen);
    }
    drawChosen();
  }

  const drawHead = () => head.draw(get("head", {}), can().pause);
  const drawArrangement = () => {
    findPlaces();
    layOut();
    drawChosen();
  };
  const leave = listen(model, {
    "change:deck": rebuild,
    "change:coords": rebuild,
    "change:states": drawStates,
    "change:costs": () => (costs = floatsOf(model.get("costs"))),
    "change:reasons": () => {
      reasons = get("reasons", {});
      drawAll();
    },
    "change:head": drawHead,
    "change:marks": drawMarks,
    "change:arrangement": drawArrangement,
    "change:selected": drawSelected,
    "msg:custom": heard,
    // a notebook that lost its kernel marks the widget, and says so to its model
    comm_live_update: () => setEnded(Boolean(el.closest(".jupyter-widgets-disconnected"))),
    "comm:close": () => setEnded(true),
  });
  const first = get("first", {});
  // before anything is drawn, and so before pictures are asked for
  if (first.cells?.length) void pictures.take(first, first.data ?? []);
  drawHead();
  rebuild();
  drawSelected();
  let roomWas = viewport.clientWidth;
  let isAway = false;
  const watcher = new ResizeObserver(() => {
    const room = main.clientWidth;
    // a notebook takes what is not in its view from the page, and with it how far it was scrolled
    if (!room) isAway = true;
    else if (isAway) {
      isAway = false;
      viewport.scrollTo(scrolled.left, scrolled.top);
    }
    if (!room || room === roomWas) return;
    roomWas = room;
    layOut();
  });
  watcher.observe(main);
  send({ do: "look", view: me });
  const use = tellUse({ model: { send }, el, me });
  wish();
  return () => {
    leave();
    use.end();
    watcher.disconnect();
    for (const each of [wish, tell, askDetail, askLarge, tellSize, filterAgain]) each.end();
    closeStage();
    pictures.end();
    large.clear();
    send({ do: "bye", view: me });
  };
}

export default { render };
