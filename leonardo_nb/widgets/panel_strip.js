// @ts-check
// The pictures made in a panel, as buttons. It also says what the form shows when Generate is clicked.
import { addressOf, keepKeys, listen, make, makeButton } from "./common.js";

/** @typedef {{ key: string, data: DataView, type: string, alt: string, label: string, shape: number }} Picture */

/** The models of the form's fields, by name. @param {any} model */
async function fieldsOf(model) {
  /** @type {[string, any][]} */
  const found = [];
  for (const [name, reference] of Object.entries(model.get("fields"))) {
    found.push([name, await model.widget_manager.get_model(String(reference).replace("IPY_MODEL_", ""))]);
  }
  return found;
}

/**
 * What folds is a plain <div> to ipywidgets; make it a button for keys and screen readers.
 * @param {HTMLElement} panel
 */
function reachable(panel) {
  for (const header of /** @type {NodeListOf<HTMLElement>} */ (panel.querySelectorAll(".jupyter-widget-Collapse-header"))) {
    if (header.tabIndex === 0) continue;
    header.tabIndex = 0;
    header.setAttribute("role", "button");
    const tell = () => {
      const contents = header.parentElement?.querySelector(".jupyter-widget-Collapse-contents");
      header.setAttribute("aria-expanded", String(!contents?.classList.contains("lm-mod-hidden")));
    };
    header.addEventListener("click", () => requestAnimationFrame(tell));
    header.addEventListener("keydown", (event) => {
      if (event.target !== header || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      header.click();
    });
    tell();
  }
}

/** @param {{ model: any, el: HTMLElement }} context */
function render({ model, el }) {
  const strip = make("div", "leo-strip");
  strip.setAttribute("role", "group");
  strip.setAttribute("aria-label", "Pictures made so far; choose one to use its values again");
  el.append(strip);
  /** @type {string[]} */
  let addresses = [];

  const mark = () => {
    for (const button of strip.querySelectorAll("button")) {
      const isCurrent = (button.dataset.key ?? "").startsWith(`${model.get("current")}-`);
      button.setAttribute("aria-pressed", String(isCurrent));
    }
  };
  const draw = () => {
    const focused = /** @type {HTMLElement | null} */ (strip.querySelector(":focus"))?.dataset.key;
    addresses.forEach((address) => URL.revokeObjectURL(address));
    addresses = [];
    strip.replaceChildren(
      .../** @type {Picture[]} */ (model.get("pictures")).map((picture) => {
        const button = makeButton("", "", () => model.send({ do: "use", key: picture.key }));
        button.dataset.key = picture.key;
        button.title = picture.label;
        const address = addressOf(picture.data, picture.type);
        addresses.push(address);
        const image = make("img");
        image.src = address;
        image.alt = picture.label;
        button.append(image);
        return button;
      }),
    );
    if (focused) /** @type {HTMLElement | null} */ (strip.querySelector(`[data-key="${focused}"]`))?.focus();
    mark();
  };
  const leave = listen(model, { "change:pictures": draw, "change:current": mark });
  draw();

  // ---- the panel around it: keys that belong to the form, and what a click is about --------------
  /** @type {[string, any][]} */
  let fields = [];
  let isGone = false;
  fieldsOf(model).then(
    (found) => {
      if (!isGone) fields = found;
    },
    // the form works without; only letters typed while the kernel is busy may then come too late
    (error) => console.warn("The panel's fields are not known to its pictures.", error),
  );
  const values = () => Object.fromEntries(fields.map(([name, field]) => [name, field.get("value")]));
  /** @param {MouseEvent} event */
  const beforeClick = (event) => {
    const target = /** @type {Element} */ (event.target);
    // sent first on the same line, so the kernel hears it before the click
    if (target.closest?.(".leo-generate")) model.send({ do: "see", values: values() });
  };
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    if (!(event.target instanceof HTMLTextAreaElement)) return;
    event.preventDefault();
    event.stopPropagation();
    model.send({ do: "generate", values: values() });
  };
  /** @type {HTMLElement | null} */
  let panel = null;
  let tries = 0;
  let frame = 0;
  const settle = () => {
    if (isGone) return;
    panel = el.closest(".leo-panel");
    if (!panel) {
      if (tries++ < 200) frame = requestAnimationFrame(settle);
      return;
    }
    reachable(panel);
    keepKeys(panel);
    panel.addEventListener("click", beforeClick, true);
    panel.addEventListener("keydown", onKey, true);
  };
  settle();

  return () => {
    isGone = true;
    leave();
    cancelAnimationFrame(frame);
    panel?.removeEventListener("click", beforeClick, true);
    panel?.removeEventListener("keydown", onKey, true);
    addresses.forEach((address) => URL.revokeObjectURL(address));
  };
}
export default { render };
