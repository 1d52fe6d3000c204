// @ts-check
// What the cards of all kinds of jobs share. Python says everything in words (`view`); this draws it and
// keeps the clock. What stands in the frame is each kind's own. page.py puts it before their files.
import { addressOf, answer, copy, drawMark, keepKeys, listen, make, makeButton, makePill, makeSaid, makeViews, newName, withCode } from "./common.js";

/** @typedef {{ do: string, label: string, consequence: string, busy: boolean }} Action */
/**
 * A job at the service that may be the one whose answer was lost.
 * @typedef {{
 *   id: string, short: string, asked: string, status: string, differs: string, label: string, name: string, busy: boolean,
 * }} Candidate
 */
/**
 * @typedef {{
 *   phase: string, mark: string, word: string, ticking: boolean, elapsed: number, at: number,
 *   expected: number | null, time: string, money: string, simulated: boolean, prompt: string,
 *   parameters: [string, string][], detail: string, unplayable: string, notes: string[], error: string, advice: string,
 *   candidates: Candidate[], actions: Action[], code: string, id: string, said: string,
 *   frame: { width: number, height: number, count: number },
 * }} View
 */
/**
 * @typedef {{
 *   key: string, data: DataView, type: string, alt: string, width: number, height: number, id: string, clear: boolean,
 * }} Picture
 */
/**
 * What a kind of card gets to draw its frame with.
 * @typedef {{
 *   model: any, el: HTMLElement, card: HTMLElement, me: string, view: () => View, pictures: () => Picture[],
 *   redraw: () => void, notice: (words: string) => void,
 * }} Place
 */
/**
 * What it gives back: what stands in the frame and whether that is still awaited, and what it does itself.
 * @typedef {{
 *   draw: (view: View) => { nodes: HTMLElement[], waits: boolean, across?: number },
 *   acts: Record<string, () => void>, heard: (message: any, buffers: DataView[]) => void, end: () => void,
 * }} Scene
 */

/** How long, as a person says it; `seconds` in view.py says it the same way. @param {number} s */
export function howLong(s) {
  const tenths = Math.floor(s * 10 + 1e-6);
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} s`;
  const whole = Math.floor(tenths / 10);
  const rest = whole % 60;
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(rest).padStart(2, "0")} s`;
}

/** @param {number} elapsed @param {number | null} expected */
export function runningLine(elapsed, expected) {
  if (!expected) return howLong(elapsed);
  const left = Math.ceil(expected - elapsed);
  if (left > 0) return `${howLong(elapsed)}, about ${howLong(left).replace(".0", "")} left`;
  return elapsed > expected * 1.5 + 2 ? `${howLong(elapsed)}, longer than usual` : `${howLong(elapsed)}, any moment`;
}

/** How full the bar is: nine tenths at the expected time, never whole. @param {number} elapsed @param {number | null} expected */
export function grown(elapsed, expected) {
  if (!expected) return 0;
  const part = elapsed / expected;
  return part < 1 ? 0.9 * part : 1 - 0.1 * Math.exp(1 - part);
}

/**
 * How wide the frame is, in pixels: small while it waits, and with pictures as much as they need.
 * @param {{ width: number, height: number, count: number }} frame @param {boolean} waits
 */
export function frameWidth({ width, height, count }, waits) {
  if (waits) return Math.round(Math.min(148, (148 * width) / height));
  // one picture: at most 320 x 300; several share 320
  return count > 1 ? 320 : Math.round(Math.min(320, (300 * width) / height));
}

/** @param {Picture} picture */
export const address = (picture) => addressOf(picture.data, picture.type);

/** An element with a picture in it, on squares where it is see-through. @param {HTMLElement} cell @param {Picture} picture @param {string} url */
export function fill(cell, picture, url) {
  const img = make("img");
  img.alt = picture.alt;
  img.src = url;
  cell.toggleAttribute("data-clear", picture.clear);
  cell.append(img);
  return cell;
}

/**
 * Pictures in full size, one at a time.
 * @param {Place} place
 */
export function makeFull({ model, card, me, view, pictures }) {
  /** @type {{ dialog: HTMLDialogElement, index: number, url: string, show: (i: number) => void } | null} */
  let full = null;

  /** @param {number} index */
  function open(index) {
    if (full) return full.show(index);
    const dialog = make("dialog", "leo-full");
    dialog.setAttribute("aria-label", view().prompt);
    const img = make("img");
    const foot = make("div");
    const where = make("span");
    const id = make("code", "leo-id");
    const step = (/** @type {number} */ by) => full?.show((full.index + by + pictures().length) % pictures().length);
    const words = /** @type {[string, () => void][]} */ ([["Close", () => dialog.close()]]);
    if (pictures().length > 1) words.unshift(["Previous", () => step(-1)], ["Next", () => step(1)]);
    foot.append(where, id);
    for (const [label, run] of words) foot.append(makeButton("", label, run));
    dialog.append(img, foot);
    /** @param {string} url */
    const use = (url) => {
      if (full?.url) URL.revokeObjectURL(full.url);
      if (full) full.url = url;
      img.src = url;
    };
    full = {
      dialog,
      index,
      url: "",
      show(i) {
        if (!full) return;
        full.index = i;
        const picture = pictures()[i];
        img.alt = picture.alt;
        img.toggleAttribute("data-clear", picture.clear);
        id.textContent = picture.id;
        // the thumbnail in its final size at once, the whole picture when Python has sent it
        img.width = picture.width;
        img.height = picture.height;
        use(address(picture));
        where.textContent = `${pictures().length > 1 ? `${i + 1} of ${pictures().length}, ` : ""}${picture.width} × ${picture.height}`;
        model.send({ do: "open", key: picture.key, view: me });
      },
    };
    dialog.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "ArrowLeft") step(-1);
      if (event.key === "ArrowRight") step(1);
    });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("close", () => {
      if (full?.url) URL.revokeObjectURL(full.url);
      full = null;
      dialog.remove();
    });
    card.append(dialog);
    full.show(index);
    dialog.showModal();
  }
  return {
    open,
    close: () => full?.dialog.close(),
    /** @param {any} message @param {DataView[]} buffers */
    heard(message, buffers) {
      if (message?.kind !== "full" || message.view !== me || !full || message.key !== pictures()[full.index]?.key) return;
      const img = full.dialog.querySelector("img");
      if (!img) return;
      const url = addressOf(buffers[0], message.type);
      const old = full.url;
      full.url = url;
      img.src = url;
      URL.revokeObjectURL(old);
    },
  };
}

/** A kind of card as the widget's module gives it. @param {(place: Place) => Scene} makeScene */
export const cardOf = (makeScene) => () => {
  /** When the clock read zero, on this page's own clock; shared by all views of one model. */
  let zero = 0;

  /** @param {{ model: any }} context */
  function initialize({ model }) {
    const { elapsed, at, ticking } = /** @type {View} */ (model.get("view"));
    // a page that is opened later than the trait was set
    const since = ticking ? Math.min(Math.max(Date.now() / 1000 - at, 0), 86400) : 0;
    zero = performance.now() - (elapsed + since) * 1000;
    const anchor = () => {
      zero = performance.now() - model.get("view").elapsed * 1000;
    };
    return listen(model, { "change:view": anchor });
  }

  /** @param {{ model: any, el: HTMLElement }} context */
  function render({ model, el }) {
    const card = make("div", "leo-card");
    card.setAttribute("role", "group");
    const body = make("div", "leo-body");
    const frame = make("div", "leo-frame");
    const bar = make("div", "leo-bar");
    const grows = make("i");
    bar.append(grows);
    bar.setAttribute("aria-hidden", "true");
    const words = make("div", "leo-words");
    const line = make("div", "leo-line");
    const sign = make("span", "leo-sign");
    const word = make("span", "leo-word");
    const time = make("span", "leo-time");
    const end = make("span", "leo-end");
    const money = make("span", "leo-money");
    const pill = makePill();
    end.append(money, pill);
    line.append(sign, word, time, end);
    const prompt = make("div", "leo-prompt");
    const parameters = make("div", "leo-parameters");
    const detail = make("div", "leo-detail");
    const notes = make("div", "leo-note");
    const notice = make("div", "leo-note");
    const error = make("div", "leo-error");
    const advice = make("div", "leo-advice");
    const candidates = make("div", "leo-candidates");
    candidates.setAttribute("role", "list");
    candidates.setAttribute("aria-label", "Jobs at the service that may be it");
    const actions = make("div", "leo-actions");
    words.append(line, prompt, parameters, detail, notes, notice, error, advice, candidates, actions);
    body.append(frame, words);
    const said = makeSaid();
    card.append(body, said);
    el.classList.add("leo-host");
    el.append(card);
    keepKeys(el);

    const me = newName(); // answers go to the view that asked
    let drawn = "";
    let actionsDrawn = "";
    let candidatesDrawn = "";
    let timer = 0;

    const view = () => /** @type {View} */ (model.get("view"));
    const scene = makeScene({
      model,
      el,
      card,
      me,
      view,
      pictures: () => /** @type {Picture[]} */ (model.get("pictures")),
      redraw: () => drawFrame(),
      notice(words) {
        notice.replaceChildren(...(words ? withCode(words) : []));
        said.textContent = words.replaceAll("`", "");
      },
    });

    function tick() {
      const { ticking, phase, expected, time: stopped } = view();
      const elapsed = Math.max(0, (performance.now() - zero) / 1000);
      const running = ticking && phase !== "waiting";
      time.textContent = running ? runningLine(elapsed, expected) : stopped;
      grows.style.transform = `scaleX(${running ? grown(elapsed, expected) : 0})`;
    }

    function drawFrame() {
      const { frame: f, ticking } = view();
      const { nodes, waits, across = 1 } = scene.draw(view());
      card.style.setProperty("--leo-ratio", `${f.width} / ${f.height}`);
      card.style.setProperty("--leo-columns", String(across));
      card.style.setProperty("--leo-frame-width", `${frameWidth({ ...f, count: nodes.length }, waits)}px`);
      card.toggleAttribute("data-waits", waits);
      frame.toggleAttribute("data-many", nodes.length > 1);
      bar.hidden = !ticking;
      frame.hidden = !nodes.length;
      // what stays is not moved: a film that is taken out stops
      if (nodes.some((node, i) => frame.children[i] !== node) || frame.children.length !== nodes.length + 1)
        frame.replaceChildren(...nodes, bar);
    }

    /** @param {Action[]} wanted */
    function drawActions(wanted) {
      const now = JSON.stringify(wanted);
      if (now === actionsDrawn) return; // keeps the focus where it is, and what waits for an answer
      actionsDrawn = now;
      if (sameDeeds(wanted)) return sayPrices(wanted);
      const focused = actions.contains(document.activeElement);
      actions.replaceChildren(
        ...wanted.map((action, i) => {
          const button = makeButton("leo-action", action.label, () => act(action.do, button));
          button.disabled = action.busy;
          const deed = make("span");
          deed.append(button);
          if (action.consequence) {
            const why = make("span", "leo-why", action.consequence);
            why.id = `leo-${me}-${i}`;
            button.setAttribute("aria-describedby", why.id);
            deed.append(why);
          }
          return deed;
        }),
      );
      if (focused) /** @type {HTMLElement | null} */ (actions.querySelector("button:enabled"))?.focus();
    }

    /** Whether only prices differ from what stands there. @param {Action[]} wanted */
    function sameDeeds(wanted) {
      const there = [...actions.children];
      return (
        there.length > 0 &&
        there.length === wanted.length &&
        wanted.every(({ label, consequence, busy }, i) => {
          const button = there[i].querySelector("button");
          return button?.textContent === label && button.disabled === busy && !!consequence === !!there[i].querySelector(".leo-why");
        })
      );
    }

    /** A price that comes later must not take a button away under a click. @param {Action[]} wanted */
    function sayPrices(wanted) {
      wanted.forEach(({ consequence }, i) => {
        const why = actions.children[i].querySelector(".leo-why");
        if (why) why.textContent = consequence;
      });
    }

    /** @param {Candidate[]} wanted */
    function drawCandidates(wanted) {
      const ids = wanted.map(({ id }) => id).join();
      const buttons = () => /** @type {HTMLButtonElement[]} */ ([...candidates.querySelectorAll("button")]);
      if (ids !== candidatesDrawn) {
        candidatesDrawn = ids;
        candidates.replaceChildren(
          ...wanted.map(({ id, short, asked, status, differs, label, name }) => {
            const row = make("div", "leo-candidate");
            row.setAttribute("role", "listitem");
            const whole = make("code", "leo-code", short);
            whole.title = id;
            const button = makeButton("leo-action", label, () => act("adopt", button, id));
            button.setAttribute("aria-label", name);
            row.append(whole, ...[asked, status, differs].map((text) => make("span", "leo-why", text)), button);
            return row;
          }),
        );
      }
      buttons().forEach((button, i) => (button.disabled = wanted[i].busy));
    }

    /** @param {string} what @param {HTMLButtonElement} button @param {string} [id] */
    async function act(what, button, id) {
      const own = scene.acts[what];
      if (own) return own();
      if (what === "copy-code" || what === "copy-id") {
        const done = await copy(what === "copy-id" ? view().id : view().code);
        answer(button, (said.textContent = done ? "Copied" : "Not copied"));
        return;
      }
      button.disabled = true; // until Python has answered: a second click would pay twice
      model.send(id ? { do: what, id } : { do: what });
    }

    /** @param {any} message @param {DataView[]} buffers */
    function heard(message, buffers) {
      if (message?.kind === "refused") {
        actionsDrawn = "";
        drawActions(view().actions);
        drawCandidates(view().candidates);
      }
      scene.heard(message, buffers);
    }

    function draw() {
      const v = view();
      card.dataset.phase = v.phase;
      card.toggleAttribute("data-running", v.ticking && v.phase !== "waiting");
      card.setAttribute("aria-label", `${v.word}: ${v.prompt}`);
      if (drawn !== v.mark) sign.replaceChildren(drawMark((drawn = v.mark)));
      word.textContent = v.word;
      money.textContent = v.money;
      pill.hidden = !v.simulated;
      prompt.textContent = v.prompt;
      prompt.title = v.prompt;
      // a long one opens while it has the focus; there is no other way to it without a mouse
      if (v.prompt.length > 80) prompt.tabIndex = 0;
      parameters.replaceChildren(
        ...v.parameters.map(([name, value]) => {
          const pair = make("div");
          pair.append(make("span", "leo-name", name), " ", make("span", "leo-value", value));
          return pair;
        }),
      );
      detail.textContent = v.detail;
      notes.replaceChildren(...v.notes.flatMap((note, i) => [...(i ? [make("br")] : []), ...withCode(note)]));
      error.replaceChildren(...(v.error ? withCode(v.error) : []));
      advice.replaceChildren(...(v.advice ? withCode(v.advice) : []));
      drawCandidates(v.candidates);
      drawActions(v.actions);
      if (said.dataset.said !== v.said) said.textContent = said.dataset.said = v.said;
      drawFrame();
      tick();
      if (v.ticking && !timer) timer = setInterval(tick, 100);
      if (!v.ticking) {
        clearInterval(timer);
        timer = 0;
      }
    }

    const lower = makeViews(model, "made", (holder) => el.append(holder)); // made from this one

    const leave = listen(model, {
      "change:view": draw,
      "change:pictures": drawFrame,
      "change:made": lower.draw,
      "msg:custom": heard,
    });
    draw();
    lower.draw();
    model.send({ do: "look", view: me }); // a page that is opened later asks for the true seconds
    return () => {
      leave();
      clearInterval(timer);
      lower.end();
      scene.end();
      model.send({ do: "bye", view: me });
    };
  }

  return { initialize, render };
};
