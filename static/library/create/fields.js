// The form's fields: their values, the API request made from them, and their errors.

import { choose, element } from "../dom.js";

/** The API's field names -> the form's names, where they differ. */
export const FIELD_NAMES = {
  caption: "prompt",
  query: "prompt",
  audio_duration: "duration",
  tempo: "bpm",
  infer_step: "inference_steps",
};
const READERS = { number: Number, switch: (word) => word === "true" };
const NOT_SENT = ["kind", "prompt", "csrfmiddlewaretoken"];

export class Fields {
  /** `form`: the form's element. */
  constructor(form) {
    this.form = form;
  }

  /** Return the element that holds a field, its label and its errors. */
  box(name) {
    return this.form.querySelector(`[data-field="${name}"]`);
  }

  control(name) {
    return this.form.elements[FIELD_NAMES[name] ?? name];
  }

  set(name, value) {
    const control = this.control(name);
    if (!control) return;
    if (control.type === "checkbox") control.checked = value;
    else choose(control, String(value), name === "vocal_language" ? languageName(value) : undefined);
  }

  /** Return the API request: only the fields that have been filled in. */
  request() {
    const body = {};
    for (const control of this.form.elements) {
      const value = valueOf(control);
      if (value !== undefined) body[control.name] = value;
    }
    return body;
  }

  /** Return all of the form's state, hidden fields too: name -> value, or whether it is ticked. */
  snapshot() {
    const values = {};
    for (const control of this.form.elements) {
      const { name, type } = control;
      if (!name || name === "csrfmiddlewaretoken" || control.tagName === "BUTTON") continue;
      if (type === "checkbox") values[name] = control.checked;
      else if (type !== "radio" || control.checked) values[name] = control.value;
    }
    return values;
  }

  restore(values) {
    this.form.reset();
    for (const [name, value] of Object.entries(values)) this.set(name, value);
  }

  // Errors

  /** Show the sentences at the field; return false if the form shows no such field. */
  blame(name, sentences) {
    const box = this.box(FIELD_NAMES[name] ?? name);
    if (!box || box.closest("[hidden]")) return false;
    const list = element("ul", { className: "field-errors", id: `${box.dataset.field}-errors` });
    list.append(...sentences.map((sentence) => element("li", { textContent: sentence })));
    box.append(list);
    for (const control of box.querySelectorAll("[name]")) {
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-errormessage", list.id);
    }
    return true;
  }

  get firstBad() {
    return this.form.querySelector('[aria-invalid="true"]');
  }

  clearErrors() {
    for (const box of this.form.querySelectorAll("[data-field]")) clearError(box);
  }

  /** Clear the errors of the field that is being changed. */
  forgive(control) {
    const box = control.closest("[data-field]");
    if (box) clearError(box);
  }
}

/** Return a control's value for the JSON request, or undefined if there is nothing to send. */
function valueOf(control) {
  if (!control.name || control.disabled || NOT_SENT.includes(control.name)) return undefined;
  if (control.tagName === "BUTTON") return undefined;
  if (control.dataset.type === "flag") return control.checked;
  if (control.type === "radio" && !control.checked) return undefined;
  if (control.value.trim() === "") return undefined;
  return READERS[control.dataset.type]?.(control.value) ?? control.value;
}

function clearError(box) {
  box.querySelector(".field-errors")?.remove();
  for (const control of box.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-errormessage");
  }
}

/** Return the native name of a language that the list does not offer. */
function languageName(code) {
  try {
    const name = new Intl.DisplayNames([code], { type: "language" }).of(code);
    return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
  } catch {
    return undefined;
  }
}
