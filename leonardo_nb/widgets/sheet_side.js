// @ts-check
// The chosen cell: its picture large, its values, which sliders go along, its facts, and what can be done with it.
import { answer, copy, drawMark, make, makeButton, newName, withCode } from "./common.js";
import { STATES } from "./sheet_cells.js";

/**
 * @typedef {{
 *   mark: string, word: string, prompt: string, where: [string, string][],
 *   parameters: [string, string][], facts: [string, string][], notes: string[],
 *   error: string, advice: string, code: string,
 * }} Detail
 */
/** @typedef {{ name: string, label: string, cells: number[], at: number }} Track What a slider goes along. */
/**
 * @typedef {{
 *   cell: number, letter: string, ratio: number, picture: { url: string, spare: string } | undefined, small: string,
 *   detail: Detail | null, prompt: string, same: [string, string][], tracks: Track[], mark: any, compared: number[],
 *   can: { mark: boolean, download: boolean },
 * }} Chosen
 */

/** Show a picture, or the spare one until it is there and where it cannot be. @param {HTMLImageElement} image @param {{ url: string, spare: string } | undefined} large @param {string} small */
export function showPicture(image, large, small) {
  const spare = large?.spare || small;
  const wanted = large?.url || spare;
  if (image.dataset.wanted === wanted) return;
  image.dataset.wanted = wanted;
  if (!wanted) return image.removeAttribute("src");
  if (wanted === spare) {
    image.src = wanted;
    return;
  }
  if (spare) image.src = spare;
  const loader = new Image();
  loader.src = wanted;
  loader.decode().then(
    () => image.dataset.wanted === wanted && (image.src = wanted),
    () => undefined, // the spare one stays
  );
}

/** As many cells on either side of one are told beforehand where a slider goes on to. */
const AHEAD = 2;

/**
 * Sliders along the axes; each keeps its place while it is dragged.
 * @param {(cell: number, isFinal: boolean, near: number[]) => void} go `near` are the cells that may come next
 */
export function makeTracks(go) {
  const node = make("div", "leo-tracks");
  /** @type {Map<string, { row: HTMLElement, range: HTMLInputElement, value: HTMLElement, track: Track }>} */
  const rows = new Map();
  return {
    node,
    /** @param {Track[]} tracks */
    draw(tracks) {
      for (const [name, { row }] of rows)
        if (!tracks.some((track) => track.name === name)) {
          row.remove();
          rows.delete(name);
        }
      for (const track of tracks) {
        let known = rows.get(track.name);
        if (!known) {
          const row = make("label", "leo-track");
          const range = make("input");
          range.type = "range";
          range.min = "0";
          const value = make("span", "leo-value");
          value.dir = "auto";
          const made = { row, range, value, track };
          const slide = (/** @type {boolean} */ isFinal) => {
            const { cells } = made.track;
            const at = Number(range.value);
            go(cells[at], isFinal, cells.slice(Math.max(at - AHEAD, 0), at + AHEAD + 1));
          };
          range.addEventListener("input", () => slide(false));
          range.addEventListener("change", () => slide(true));
          row.append(make("span", "leo-name", track.name), range, value);
          node.append(row);
          rows.set(track.name, (known = made));
        }
        known.track = track;
        const { range, value } = known;
        range.hidden = track.cells.length < 2;
        range.max = String(track.cells.length - 1);
        range.value = String(track.at);
        range.setAttribute("aria-valuetext", track.label);
        value.textContent = track.label;
        value.title = track.label;
      }
    },
  };
}

/**
 * @param {{
 *   mark: (change: any) => void, compare: () => void, large: () => void,
 *   download: () => void, go: (cell: number, isFinal: boolean, near: number[]) => void, back: () => void,
 * }} host `back` gives the focus to the grid again
 */
export function makeSide({ mark, compare, large, download, go, back }) {
  const side = make("aside", "leo-side");
  side.setAttribute("aria-label", "The chosen picture");
  const frame = makeButton("leo-frame", "", large);
  frame.setAttribute("aria-label", "Show large");
  const image = make("img");
  image.draggable = false;
  frame.append(image);
  const text = make("div", "leo-text");
  const prompt = make("div", "leo-prompt");
  prompt.dir = "auto";
  const tracks = makeTracks(go);
  const list = make("dl");
  const notes = make("div", "leo-notes");
  const actions = make("div", "leo-actions");
  const star = makeButton("leo-action", "Star", () => mark({ star: star.getAttribute("aria-pressed") !== "true" }));
  const reject = makeButton("leo-action", "Reject", () => mark({ reject: reject.getAttribute("aria-pressed") !== "true" }));
  const noteButton = makeButton("leo-action", "Note", () => editNote());
  const compareButton = makeButton("leo-action", "Compare", compare);
  const copyButton = makeButton("leo-action", "Copy code", async () => {
    answer(copyButton, (await copy(copyButton.title)) ? "Copied" : "Not copied");
  });
  const save = makeButton("leo-action", "Download", () => {
    answer(save, "Fetching");
    download();
  });
  const note = make("textarea", "leo-note");
  note.setAttribute("aria-label", "Note");
  note.placeholder = "Note";
  note.rows = 2;
  note.dir = "auto";
  let noteOf = -1;
  let noteWas = "";
  const keep = () => {
    if (note.value.trim() === noteWas) return;
    noteWas = note.value.trim();
    mark({ note: noteWas, cell: noteOf });
  };
  const hint = make("div", "leo-advice leo-note-hint", "Enter saves, Shift+Enter makes a line, Escape gives up");
  hint.id = `leo-${newName()}`;
  hint.hidden = true;
  note.setAttribute("aria-describedby", hint.id);
  note.addEventListener("blur", () => {
    hint.hidden = true;
    keep();
  });
  note.addEventListener("keydown", (event) => {
    event.stopPropagation(); // letters are text here
    const saves = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (!saves && event.key !== "Escape") return;
    event.preventDefault();
    if (saves) keep();
    else note.value = noteWas;
    closeNote();
  });
  note.addEventListener("focus", () => (hint.hidden = note.readOnly));
  const another = make("div", "leo-advice leo-another", "Choose another picture to compare this one with.");
  actions.append(star, reject, noteButton, compareButton, copyButton, save);
  text.append(prompt, tracks.node, list, notes, note, hint, actions, another);
  side.append(frame, text);

  function editNote() {
    note.hidden = false;
    note.focus();
  }

  function closeNote() {
    note.hidden = !noteWas;
    back();
    if (document.activeElement === note) note.blur(); // the cell is not in the grid now
  }

  /** @param {[string, string][]} rows */
  function drawList(rows) {
    list.replaceChildren(...rows.map(([name, value]) => {
      const pair = make("div");
      const dd = make("dd", "", value);
      dd.dir = "auto";
      dd.title = value;
      pair.append(make("dt", "", name), dd);
      return pair;
    }));
    list.hidden = !rows.length;
  }

  return {
    node: side,
    editNote,
    /** @param {string} words */
    saidOfDownload: (words) => answer(save, words),
    /** @param {Chosen} chosen */
    draw({ cell, letter, ratio, picture, small, detail, prompt: same, same: always, tracks: ways, mark: marked, compared, can }) {
      const isThere = cell >= 0;
      frame.hidden = !isThere;
      frame.style.aspectRatio = String(ratio);
      const hasPicture = Boolean(picture || small) && letter === "d";
      image.hidden = !hasPicture;
      if (hasPicture) showPicture(image, picture, small);
      const sign = frame.querySelector("svg");
      if (hasPicture) sign?.remove();
      else if (sign?.dataset.letter !== letter) {
        sign?.remove();
        const drawn = drawMark(STATES[letter]?.[0] ?? "circle");
        drawn.dataset.letter = letter;
        frame.append(drawn);
      }
      const words = detail?.prompt ?? same;
      prompt.textContent = words;
      prompt.title = words;
      image.alt = words;
      tracks.draw(ways);
      tracks.node.hidden = !isThere;
      drawList(detail ? [...detail.parameters, ...detail.facts] : isThere ? [] : always);
      notes.replaceChildren(...(detail?.notes ?? []).map((line) => make("div", "leo-advice", line)));
      for (const [name, line] of /** @type {[string, string | undefined][]} */ ([["leo-error", detail?.error], ["leo-advice", detail?.advice]])) {
        if (!line) continue;
        const part = make("div", name);
        part.append(...withCode(line));
        notes.append(part);
      }
      actions.hidden = !isThere;
      star.hidden = reject.hidden = noteButton.hidden = !can.mark;
      star.setAttribute("aria-pressed", String(Boolean(marked?.star)));
      star.textContent = marked?.star ? "★ Starred" : "Star";
      reject.setAttribute("aria-pressed", String(Boolean(marked?.reject)));
      reject.textContent = marked?.reject ? "Rejected" : "Reject";
      const isIn = compared.includes(cell);
      compareButton.textContent = compared.length > 1 || (compared.length && !isIn) ? `Compare ${compared.length + (isIn || compared.length > 1 ? 0 : 1)}` : isIn ? "In comparison" : "Compare";
      another.hidden = !isIn || compared.length > 1;
      copyButton.hidden = !detail?.code;
      copyButton.title = detail?.code ?? "";
      save.hidden = !can.download || letter !== "d";
      if (noteOf !== cell) keepOther();
      if (document.activeElement !== note) {
        noteWas = marked?.note ?? "";
        note.value = noteWas;
        note.hidden = !noteWas || !isThere;
        note.readOnly = !can.mark;
      }
      noteOf = cell;
    },
  };

  function keepOther() {
    // another cell was chosen while its note was written
    if (document.activeElement !== note || noteOf < 0) return;
    keep();
    note.blur();
  }
}
