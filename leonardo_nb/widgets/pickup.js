// @ts-check
// Jobs that were taken up again: a line about all of them above the cards of the first ones.
import { drawMark, keepKeys, listen, make, makePill, makeSaid, makeViews, newName, withCode } from "./common.js";

/**
 * @typedef {{
 *   mark: string, word: string, rest: string, ends: string, more: string, simulated: boolean, said: string,
 * }} Head
 */

/** @param {{ model: any, el: HTMLElement }} context */
function render({ model, el }) {
  const box = make("div", "leo-pickup");
  const line = make("div", "leo-line");
  const sign = make("span", "leo-sign");
  const word = make("span", "leo-word");
  const rest = make("span", "leo-rest");
  const end = make("span", "leo-end");
  const ends = make("span", "leo-money");
  const pill = makePill();
  const more = make("div", "leo-below");
  const said = makeSaid();
  end.append(ends, pill);
  line.append(sign, word, rest, end);
  const column = make("div");
  box.append(line, column, more, said);
  el.classList.add("leo-host");
  el.append(box);
  keepKeys(el);

  const me = newName();
  const cards = makeViews(model, "cards", (holder) => column.append(holder));
  const draw = () => {
    const head = /** @type {Head} */ (model.get("head"));
    if (sign.dataset.mark !== head.mark) sign.replaceChildren(drawMark((sign.dataset.mark = head.mark)));
    word.textContent = head.word;
    rest.textContent = head.rest;
    ends.textContent = head.ends;
    pill.hidden = !head.simulated;
    more.replaceChildren(...(head.more ? withCode(head.more) : []));
    if (said.textContent !== head.said) said.textContent = head.said;
  };
  const leave = listen(model, { "change:head": draw, "change:cards": cards.draw });
  draw();
  cards.draw();
  model.send({ do: "look", view: me });
  return () => {
    leave();
    cards.end();
    model.send({ do: "bye", view: me });
  };
}
export default { render };
