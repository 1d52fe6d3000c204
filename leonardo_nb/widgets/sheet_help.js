// @ts-check
// The keys of a sheet, written over it.
import { make, makeButton } from "./common.js";

const NOTE = "note; Enter saves it, Escape gives it up";
const KEYS = /** @type {[string[], string][]} */ ([
  [["Arrows"], "go to the next cell"], [["Home", "End"], "to the ends of a line, with Ctrl of all"],
  [["Page Up", "Page Down"], "by a view"], [["Enter"], "large"],
  [["Space"], "into the comparison, or out of it"], [["c"], "compare"], [["s"], "star"], [["x"], "reject"],
  [["n"], NOTE], [["+", "-"], "larger, smaller"], [["0"], "as large as fits"],
  [["Escape"], "back to the grid; there, clears the comparison"], [["?"], "these keys"],
]);

/** @param {{ canMark: () => boolean, close: () => void }} host */
export function makeHelp({ canMark, close }) {
  const node = make("div", "leo-help");
  node.setAttribute("role", "dialog");
  node.setAttribute("aria-label", "Keys");
  node.hidden = true;
  const button = makeButton("leo-action", "Close", close);
  return {
    node,
    isOpen: () => !node.hidden,
    /** @param {boolean} isOpen */
    show(isOpen) {
      node.hidden = !isOpen;
      if (!isOpen) return;
      const list = make("dl");
      for (const [keys, words] of KEYS) {
        if (!canMark() && ["star", "reject", NOTE].includes(words)) continue;
        const pair = make("div");
        const names = make("dt");
        for (const key of keys) names.append(make("kbd", "", key), " ");
        pair.append(names, make("dd", "", words));
        list.append(pair);
      }
      const drag = make("p", "leo-advice", "Drag a label to move its value, or out of the grid to hide it. Ctrl with the wheel zooms.");
      node.replaceChildren(list, drag, button);
      button.focus({ preventScroll: true });
    },
  };
}
