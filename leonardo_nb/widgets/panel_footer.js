// @ts-check
// The form as a line of code that can be copied, what is left on the account, and "simulated".
import { answer, copy, listen, make, makeButton, makePill } from "./common.js";

/** @param {{ model: any, el: HTMLElement }} context */
function render({ model, el }) {
  const foot = make("div", "leo-foot");
  const code = make("code", "leo-code");
  code.tabIndex = 0;
  code.setAttribute("aria-label", "The form as code");
  const line = make("div");
  const button = makeButton("leo-action", "Copy code", async () => {
    answer(button, (await copy(model.get("code"), code)) ? "Copied" : "Selected: press Ctrl+C");
  });
  const note = make("span");
  const pill = makePill();
  line.append(button, note, pill);
  foot.append(code, line);
  el.append(foot);

  const draw = () => {
    code.textContent = model.get("code"); // never markup: prompts are anybody's text
    code.hidden = button.disabled = !model.get("code");
    note.textContent = model.get("note");
    pill.hidden = !model.get("simulated");
  };
  draw();
  return listen(model, { "change:code": draw, "change:note": draw, "change:simulated": draw });
}
export default { render };
