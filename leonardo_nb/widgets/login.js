// @ts-check
// A field for a key. What is typed leaves it once, sealed, and is in no trait of the model.
import { keepKeys, listen, make, makeButton, makeSaid, newName } from "./common.js";

const encoder = new TextEncoder();

/** @param {bigint} base @param {bigint} exponent @param {bigint} modulus */
function power(base, exponent, modulus) {
  let result = 1n;
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return result;
}

/** @param {Iterable<number>} bytes */
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Mix *text* with a number that only the other half's owner can find too; see seal.py.
 * @param {string} text @param {{ prime: string, public: string }} half
 */
function seal(text, half) {
  const prime = BigInt(`0x${half.prime}`);
  const own = BigInt(`0x${hex(crypto.getRandomValues(new Uint8Array(32)))}`);
  const common = power(BigInt(`0x${half.public}`), own, prime).toString(16).padStart(512, "0");
  const bytes = encoder.encode(text);
  const pad = common.slice(common.length - 2 * bytes.length);
  const sealed = bytes.map((byte, i) => byte ^ parseInt(pad.slice(2 * i, 2 * i + 2), 16));
  return { kind: "key", public: power(2n, own, prime).toString(16), sealed: hex(sealed) };
}

/** @param {{ model: any, el: HTMLElement }} context */
function render({ model, el }) {
  el.classList.add("leo-login");
  const form = make("form", "leo-row");
  const label = make("label", "leo-label");
  const field = make("input", "leo-key");
  const button = makeButton("leo-go", "Log in");
  const words = make("div", "leo-words");
  const error = make("div", "leo-error");
  const said = makeSaid();
  Object.assign(field, { type: "password", maxLength: 200, spellcheck: false });
  field.autocomplete = "off";
  label.htmlFor = field.id = `leo-${newName()}`;
  button.type = "submit";
  form.append(label, field, button);
  el.append(form, words, error, said);
  keepKeys(el);

  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const { prime, public: half } = model.get("view");
    const text = field.value.trim();
    field.value = "";
    if (text && half) model.send(seal(text, { prime, public: half }));
    else field.focus();
  };
  // a host's shortcuts must not see what is typed
  const own = (/** @type {Event} */ event) => event.stopPropagation();
  for (const name of ["keydown", "keypress", "keyup", "paste", "input"]) field.addEventListener(name, own);
  form.addEventListener("submit", submit);

  const draw = () => {
    const view = model.get("view");
    label.textContent = `API key for ${view.host}`;
    form.hidden = Boolean(view.done);
    field.disabled = button.disabled = Boolean(view.busy);
    words.textContent = view.line ?? "";
    error.textContent = view.error ?? "";
    words.hidden = !view.line;
    error.hidden = !view.error;
    said.textContent = view.error || view.line || "";
    field.setAttribute("aria-invalid", String(Boolean(view.error)));
    if (view.error) field.focus();
  };
  draw();
  return listen(model, { "change:view": draw });
}
export default { render };
