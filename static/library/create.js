// The form that asks for a song: shows what its kind needs, sends it, says what was wrong with it.

import { byId, choose, element, setText, siteUrl, visit } from "./dom.js";
import { Draft } from "./draft.js";
import { Estimate } from "./estimate.js";
import { clock } from "./words.js";

/** What the API may call a field, and what the form calls it. */
const FIELD_NAMES = {
  caption: "prompt",
  query: "prompt",
  audio_duration: "duration",
  tempo: "bpm",
  infer_step: "inference_steps",
};
const READERS = { number: Number, switch: (word) => word === "true" };
const AUTO = -1;
const SIMPLE = "simple";
const KEPT_AS = "audiomusic.mode";

export class CreateForm {
  constructor(root, api, poller) {
    this.root = root;
    this.api = api;
    this.poller = poller;
    this.form = byId("create-form");
    this.modes = byId("create-modes");
    this.alert = byId("create-alert");
    this.kinds = JSON.parse(byId("song-kinds").textContent);
    this.examplesGiven = new Map(); // by kind
    this.estimate = new Estimate(root, api);
    this.draft = new Draft(this, api);
    this.listen();
    this.start();
  }

  /** As it was left, or as an earlier song was asked. */
  start() {
    const recalled = byId("recalled") && JSON.parse(byId("recalled").textContent);
    const mode = recalled ? (recalled.kind === SIMPLE ? SIMPLE : "custom") : localStorage.getItem(KEPT_AS);
    if (mode) this.modes.elements.mode.value = mode;
    if (recalled && recalled.kind !== SIMPLE) this.modes.elements.kind.value = recalled.kind;
    this.showKind();
    if (recalled) this.fill(recalled.request);
  }

  get kind() {
    const { mode, kind } = this.modes.elements;
    return this.kinds[mode.value === SIMPLE ? SIMPLE : kind.value];
  }

  field(name) {
    return this.form.querySelector(`[data-field="${name}"]`);
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.root.addEventListener("change", (event) => this.changeKind(event.target));
    this.form.addEventListener("input", (event) => {
      this.forgive(event.target);
      this.showEstimate();
    });
    for (const id of ["prompt", "lyrics"]) byId(id).addEventListener("input", () => this.showCounter(id));
    byId("duration").addEventListener("input", () => this.showDuration());
    byId("duration-auto").addEventListener("change", () => this.showDuration());
    byId("try-example").addEventListener("click", () => this.tryExample());
    for (const button of this.form.querySelectorAll("[data-insert]")) {
      button.addEventListener("click", () => insertTag(byId("lyrics"), button.dataset.insert));
    }
  }

  changeKind(control) {
    if (control.name === "mode") localStorage.setItem(KEPT_AS, control.value);
    if (["mode", "kind"].includes(control.name)) this.showKind();
  }

  // What it shows

  showKind() {
    const { kind } = this;
    this.root.classList.toggle("is-simple", kind.name === SIMPLE);
    for (const field of this.form.querySelectorAll("[data-kinds], [data-mode]")) {
      const { kinds, mode } = field.dataset;
      const isSimple = kind.name === SIMPLE;
      field.hidden = kinds ? !kinds.split(" ").includes(kind.name) : isSimple === (mode === "custom");
    }
    for (const control of this.form.elements) control.disabled = Boolean(control.closest("[hidden]"));
    byId("prompt-label").textContent = kind.prompt_label;
    byId("prompt").placeholder = kind.placeholder;
    byId("lyrics-hint").textContent = kind.lyrics_hint;
    this.draft.show(kind);
    this.setBounds(kind.bounds);
    this.showCounter("prompt");
    this.showCounter("lyrics");
    this.showDuration();
    this.clearErrors();
    this.showEstimate();
  }

  /** The custom form for a song, or for one that nobody sings. */
  showSong(isInstrumental) {
    this.modes.elements.mode.value = "custom";
    this.modes.elements.kind.value = isInstrumental ? "instrumental" : "song";
    this.showKind();
  }

  showEstimate() {
    this.estimate.show(this.kind.task, this.request());
  }

  setBounds(bounds) {
    for (const [name, [low, high]] of Object.entries(bounds)) {
      const control = byId(name);
      if (!control || control.tagName === "TEXTAREA") continue;
      control.min = String(name === "duration" ? Math.max(low, 5) : low);
      control.max = String(high);
    }
  }

  showCounter(name) {
    const bounds = this.kind.bounds[name === "prompt" ? this.kind.prompt_field : name];
    const count = [...byId(name).value.trim()].length; // code points, as the API counts
    const counter = byId(`${name}-counter`);
    counter.textContent = bounds ? `${count} / ${bounds[1]}` : "";
    counter.classList.toggle("is-over", Boolean(bounds) && count > bounds[1]);
  }

  showDuration() {
    const isAuto = byId("duration-auto").checked;
    const slider = byId("duration");
    slider.disabled = isAuto;
    slider.setAttribute("aria-valuetext", clock(slider.valueAsNumber));
    byId("duration-words").textContent = isAuto ? "as long as it needs" : clock(slider.valueAsNumber);
  }

  // Sending

  async send() {
    this.clearErrors();
    const submit = byId("create-submit");
    submit.disabled = true;
    try {
      await this.api.post(`/${this.kind.task}`, this.request());
      this.poller.wake();
      visit(siteUrl(""));
    } catch (error) {
      this.showError(error);
    }
    submit.disabled = false;
  }

  /** What the API is asked for: only what somebody filled in. */
  request() {
    const body = {};
    for (const control of this.form.elements) {
      const value = valueOf(control);
      if (value !== undefined) body[control.name] = value;
    }
    body[this.kind.prompt_field] = byId("prompt").value;
    return body;
  }

  // Errors

  showError(error) {
    const unplaced = [];
    for (const [name, sentences] of Object.entries(error.fields ?? {})) {
      if (!this.blame(FIELD_NAMES[name] ?? name, sentences)) unplaced.push(...sentences);
    }
    const firstBad = this.form.querySelector('[aria-invalid="true"]');
    if (!firstBad || unplaced.length) setText(this.alert, unplaced.join(" ") || error.message);
    if (firstBad?.closest("details")) firstBad.closest("details").open = true;
    (firstBad?.closest("[data-field]") ?? this.alert).scrollIntoView({ block: "nearest" });
    firstBad?.focus({ preventScroll: true });
  }

  /** Puts the sentences beside the field; false where the form shows no such field. */
  blame(name, sentences) {
    const field = this.field(name);
    if (!field || field.hidden) return false;
    const list = element("ul", { className: "field-errors", id: `${name}-errors` });
    list.append(...sentences.map((sentence) => element("li", { textContent: sentence })));
    field.append(list);
    for (const control of field.querySelectorAll("[name]")) {
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-errormessage", list.id);
    }
    return true;
  }

  clearErrors() {
    setText(this.alert, "");
    for (const field of this.form.querySelectorAll("[data-field]")) clearError(field);
  }

  /** A field that is being changed is not blamed any longer. */
  forgive(control) {
    const field = control.closest("[data-field]");
    if (field) clearError(field);
  }

  // Examples

  async tryExample() {
    try {
      this.samples ??= (await this.api.get("/sample-data")).samples;
    } catch (error) {
      this.showError(error);
      return;
    }
    const examples = this.samples[this.kind.task] ?? [];
    if (!examples.length) return;
    const given = this.examplesGiven.get(this.kind.name) ?? 0;
    this.examplesGiven.set(this.kind.name, given + 1);
    this.fill(examples[given % examples.length].request);
  }

  /** A request into the form: fields it does not name go back to how they began. */
  fill(request) {
    this.form.reset();
    const said = Object.entries(request).filter(([, value]) => value !== AUTO);
    for (const [name, value] of said) {
      setValue(this.form.elements[FIELD_NAMES[name] ?? name], value);
    }
    byId("duration-auto").checked = !said.some(([name]) => ["duration", "audio_duration"].includes(name));
    this.showKind();
    byId("prompt").focus();
  }
}

/** A control's value as JSON wants it; undefined where there is nothing to send. */
function valueOf(control) {
  const isLeftOut = !control.name || control.disabled || ["kind", "prompt", "csrfmiddlewaretoken"].includes(control.name);
  if (isLeftOut || control.tagName === "BUTTON") return undefined;
  if (control.dataset.type === "flag") return control.checked;
  if (control.type === "radio" && !control.checked) return undefined;
  if (control.value.trim() === "") return undefined;
  return READERS[control.dataset.type]?.(control.value) ?? control.value;
}

function setValue(control, value) {
  if (!control) return;
  if (control.type === "checkbox") control.checked = value;
  else choose(control, String(value));
}

function clearError(field) {
  field.querySelector(".field-errors")?.remove();
  for (const control of field.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-errormessage");
  }
}

/** The tag on a line of its own where the cursor is, as typing would have put it. */
function insertTag(textarea, tag) {
  const { selectionStart: start, selectionEnd: end, value } = textarea;
  const before = value.slice(0, start);
  const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  textarea.setRangeText(`${gap}${tag}\n`, start, end, "end");
  textarea.dispatchEvent(new Event("input", { bubbles: true }));
  textarea.focus();
}
