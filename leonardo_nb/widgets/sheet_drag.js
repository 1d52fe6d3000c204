// @ts-check
// Labels of rows and columns that are dragged: to another place, or out of the grid, which hides their value.
import { make } from "./common.js";
import { leftOf, slotAt } from "./sheet_geometry.js";

/** Pixels that a pointer moves before it drags, and outside of the grid before that hides. */
const FAR = 5;
const OUT = 36;

/**
 * The place among *count* where something dropped at a pixel would stand, given edges of equal pitch.
 * @param {number} at @param {number} pitch @param {number} count
 */
export const dropAt = (at, pitch, count) => Math.min(Math.max(Math.round(at / pitch), 0), count);

/**
 * @param {HTMLElement} viewport
 * @param {{
 *   geometry: () => import("./sheet_geometry.js").Geometry, count: (axis: "x" | "y") => number,
 *   drop: (axis: "x" | "y", from: number, to: number) => void, hide: (axis: "x" | "y", at: number) => void,
 * }} host
 */
export function listenToLabels(viewport, { geometry, count, drop, hide }) {
  const line = make("i", "leo-drop");
  const hint = make("span", "leo-drop-hint", "release to hide");
  /** @type {{ label: HTMLElement, axis: "x" | "y", at: number, x: number, y: number, isMoving: boolean, to: number, isOut: boolean } | null} */
  let drag = null;

  viewport.addEventListener("pointerdown", (event) => {
    const label = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest?.("[data-axis]"));
    if (!label || event.button !== 0 || !viewport.contains(label)) return;
    event.preventDefault(); // selects no text, and leaves the focus where it is
    drag = {
      label, axis: /** @type {"x" | "y"} */ (label.dataset.axis), at: Number(label.dataset.at),
      x: event.clientX, y: event.clientY, isMoving: false, to: -1, isOut: false,
    };
  });
  viewport.addEventListener("pointermove", (event) => {
    if (!drag) return;
    if (!event.buttons) return void end(false);
    if (!drag.isMoving && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < FAR) return;
    if (!drag.isMoving) {
      drag.isMoving = true;
      viewport.setPointerCapture(event.pointerId);
      drag.label.classList.add("leo-dragged");
      viewport.append(line, hint);
    }
    const g = geometry();
    const box = viewport.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    drag.isOut = x < -OUT || y < -OUT || x > box.width + OUT || y > box.height + OUT;
    const [left, top] = [x + viewport.scrollLeft, y + viewport.scrollTop];
    if (drag.axis === "x") {
      const facet = Math.floor(slotAt(g, left) / g.columns);
      const start = leftOf(g, facet * g.columns);
      drag.to = dropAt(left - start, g.pitchX, count("x"));
      const band = Math.floor(top / g.bandHeight);
      place(start + drag.to * g.pitchX - g.gap / 2 - 1, band * g.bandHeight + g.title, 2, g.bandHeight - g.title - 12);
    } else {
      const band = Math.min(Math.max(Math.floor(top / g.bandHeight), 0), g.bands - 1);
      const start = band * g.bandHeight + g.heading;
      drag.to = dropAt(top - start, g.pitchY, count("y"));
      place(viewport.scrollLeft, start + drag.to * g.pitchY - g.gap / 2 - 1, Math.min(viewport.clientWidth, g.W), 2);
    }
    line.hidden = drag.isOut;
    hint.hidden = !drag.isOut;
    hint.style.left = `${viewport.scrollLeft + Math.min(Math.max(x - 40, 4), box.width - 110)}px`;
    hint.style.top = `${viewport.scrollTop + Math.min(Math.max(y, 4), box.height - 28)}px`;
  });
  viewport.addEventListener("pointerup", () => end(true));
  viewport.addEventListener("pointercancel", () => end(false));

  /** @param {number} left @param {number} top @param {number} width @param {number} height */
  function place(left, top, width, height) {
    Object.assign(line.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  }

  /** @param {boolean} isDone */
  function end(isDone) {
    const was = drag;
    drag = null;
    if (!was?.isMoving) return;
    getSelection()?.removeAllRanges(); // what was selected before would be dragged next time
    was.label.classList.remove("leo-dragged");
    line.remove();
    hint.remove();
    if (!isDone) return;
    if (was.isOut) hide(was.axis, was.at);
    else drop(was.axis, was.at, was.to > was.at ? was.to - 1 : was.to);
  }
}
