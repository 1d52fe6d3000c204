// @ts-check
// The form as a line of code that can be copied, what is left on the account, and "simulated".

/** @param {string} text @param {HTMLElement} code */
async function copy(text, code) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // a hub on plain http has no clipboard: the code is selected, so that Ctrl+C takes it
    getSelection()?.selectAllChildren(code);
    return document.execCommand("copy");
  }
}

/** @param {{ model: any, el: HTMLElement }} context */
function render({ model, el }) {
  const foot = document.createElement("div");
  foot.className = "leo-foot";
  const code = document.createElement("code");
  code.tabIndex = 0;
  code.setAttribute("aria-label", "The form as code");
  const line = document.createElement("div");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy code";
  const note = document.createElement("span");
  const pill = document.createElement("span");
  pill.className = "leo-pill";
  pill.textContent = "simulated";
  line.append(button, note, pill);
  foot.append(code, line);
  el.append(foot);

  const draw = () => {
    code.textContent = model.get("code"); // never markup: prompts are anybody's text
    code.hidden = button.disabled = !model.get("code");
    note.textContent = model.get("note");
    pill.hidden = !model.get("simulated");
  };
  let timer = 0;
  button.onclick = async () => {
    const done = await copy(model.get("code"), code);
    button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
    clearTimeout(timer);
    timer = window.setTimeout(() => (button.textContent = "Copy code"), 2000);
  };
  const traits = ["code", "note", "simulated"];
  model.on("change:code", draw);
  model.on("change:note", draw);
  model.on("change:simulated", draw);
  draw();
  return () => {
    clearTimeout(timer);
    for (const trait of traits) model.off(`change:${trait}`, draw);
  };
}
export default { render };
