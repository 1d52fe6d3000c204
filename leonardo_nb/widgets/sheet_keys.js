// @ts-check
// What a key means in a sheet, as a plain value.

/**
 * @typedef {{ do: "move", key: string, ctrl: boolean } | { do: "zoom", way: 1 | -1 | 0 } | { do: "taller", by: number }
 *   | { do: "help" | "large" | "compare" | "pick" | "star" | "reject" | "note" }} Command
 */

const MOVES = /^(Arrow(Left|Right|Up|Down)|Home|End|Page(Up|Down))$/;
/** By how many pixels a key makes the grid higher. */
const STEP = 80;
const LETTERS = /** @type {Record<string, Command>} */ ({
  "+": { do: "zoom", way: 1 }, "=": { do: "zoom", way: 1 }, "-": { do: "zoom", way: -1 }, 0: { do: "zoom", way: 0 },
  enter: { do: "large" }, " ": { do: "pick" }, c: { do: "compare" }, s: { do: "star" }, x: { do: "reject" }, n: { do: "note" },
});

/**
 * @param {{ key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean }} event
 * @param {"grid" | "button" | "handle" | "text" | "other"} place where the focus is
 * @returns {Command | null} null where the key belongs to the browser, or to what has the focus
 */
export function commandOf({ key, ctrlKey = false, metaKey = false, altKey = false }, place) {
  if (place === "text" || altKey) return null;
  if (key === "?") return { do: "help" };
  if (place === "handle" && (key === "ArrowUp" || key === "ArrowDown")) return { do: "taller", by: key === "ArrowDown" ? STEP : -STEP };
  if (MOVES.test(key)) return { do: "move", key, ctrl: ctrlKey || metaKey };
  if (ctrlKey || metaKey) return null;
  if ((place === "button" || place === "handle") && (key === "Enter" || key === " ")) return null;
  return LETTERS[key.toLowerCase()] ?? null;
}
