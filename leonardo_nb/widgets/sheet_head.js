// @ts-check
// The line above a grid: how far the run is, in words and as a bar, what it cost, and what can be done about it.
import { drawMark, make, makeButton, makePill, makeSaid, newName } from "./common.js";

/**
 * @typedef {{
 *   mark: string, word: string, rest: string, bar: number[], money: string, left: string,
 *   simulated: boolean, said: string, actions: { do: string, label: string, consequence: string }[],
 * }} Head
 */

/** So long after deeds changed, a click is one that was meant for what stood there. */
const STEADY_MS = 400;
const BAR = ["done", "failed", "running", "waiting", "stopped"];

/** @param {(what: string) => void} act */
export function makeHead(act) {
  const top = make("div", "leo-top");
  const sign = make("span", "leo-sign");
  const word = make("span", "leo-word");
  const rest = make("span", "leo-rest");
  const bar = make("div", "leo-bar");
  bar.setAttribute("role", "img");
  const parts = BAR.map((name) => bar.appendChild(make("i", `leo-${name}`)));
  const end = make("span", "leo-end");
  const money = make("span", "leo-money");
  const actions = make("span", "leo-deeds");
  const pill = makePill();
  const said = makeSaid();
  end.append(money, actions, pill);
  top.append(sign, word, rest, bar, end, said);
  /** @type {Map<string, { node: HTMLElement, button: HTMLButtonElement, why: HTMLElement }>} */
  const deeds = new Map();
  let offered = "";
  let changed = -Infinity;

  /** @param {string} what */
  function makeDeed(what) {
    const node = make("span", "leo-deed");
    const why = make("span", "leo-why");
    why.id = `leo-${newName()}`;
    const button = makeButton("leo-action", "", () => {
      if (performance.now() - changed < STEADY_MS) return;
      button.disabled = true;
      act(what);
    });
    button.dataset.do = what;
    button.setAttribute("aria-describedby", why.id);
    node.append(button, " ", why);
    return { node, button, why };
  }

  return {
    node: top,
    /** @param {Head} h @param {boolean} canAct */
    draw(h, canAct) {
      if (sign.dataset.mark !== h.mark) {
        sign.dataset.mark = h.mark;
        sign.replaceChildren(drawMark(h.mark));
      }
      word.textContent = h.word ?? "";
      rest.textContent = h.rest ?? "";
      parts.forEach((part, i) => (part.style.flexGrow = String(h.bar?.[i] ?? 0)));
      const counts = BAR.map((name, i) => `${h.bar?.[i] ?? 0} ${name}`).filter((text) => !text.startsWith("0 ")).join(", ");
      bar.title = counts;
      bar.setAttribute("aria-label", counts);
      money.textContent = [h.money, h.left].filter(Boolean).join(", ");
      const wanted = canAct ? (h.actions ?? []) : [];
      const before = offered;
      offered = wanted.map((each) => each.do).join();
      if (before && before !== offered) changed = performance.now();
      for (const [what, deed] of deeds)
        if (!wanted.some((each) => each.do === what)) {
          deed.node.remove();
          deeds.delete(what);
        }
      wanted.forEach(({ do: what, label, consequence }, i) => {
        const deed = deeds.get(what) ?? makeDeed(what);
        deeds.set(what, deed);
        // what was clicked stays so until the words say something else
        if (deed.button.textContent !== label || deed.why.textContent !== consequence) deed.button.disabled = false;
        deed.button.textContent = label;
        deed.why.textContent = consequence ?? "";
        if (actions.children[i] !== deed.node) actions.insertBefore(deed.node, actions.children[i] ?? null);
      });
      pill.hidden = !h.simulated;
      if (said.textContent !== h.said) said.textContent = h.said ?? "";
    },
  };
}
