// The Create form: shows the fields of the chosen kind, saves what is typed, submits it and shows errors.

import { attemptOf } from "./create/attempt.js";
import { setBounds, showCounter, showDuration } from "./create/bounds.js";
import { Draft } from "./create/draft.js";
import { Estimate } from "./create/estimate.js";
import { Examples } from "./create/examples.js";
import { FIELD_NAMES, Fields } from "./create/fields.js";
import { KeptDraft } from "./create/kept.js";
import { LyricsEditor } from "./create/lyrics_editor.js";
import { ModelSettings } from "./create/model_settings.js";
import { PresetEffects } from "./create/preset_effects.js";
import { showProblems } from "./create/problems.js";
import { byId, setText, siteUrl, visit } from "./dom.js";
import { offer } from "./page_scripts.js";
import { toast } from "./toast.js";

const AUTO = -1;
const SIMPLE = "simple";
const KEPT_AS = "audiomusic.mode";
const UNDO_MS = 15000;
const SIGNED_OUT = "You were signed out before the form was sent. It is unchanged: press “Create song” to send it.";
const SWAPPED = "Your later changes were replaced.";

export class CreateForm {
  constructor(root, api, poller) {
    Object.assign(this, { root, api, poller, form: byId("create-form"), modes: byId("create-modes") });
    this.alert = byId("create-alert");
    this.note = byId("create-note");
    this.auto = byId("duration-auto");
    this.kinds = JSON.parse(byId("song-kinds").textContent);
    this.fields = new Fields(this.form);
    this.settings = new ModelSettings(this.form);
    this.presets = new PresetEffects(this.fields);
    this.estimate = new Estimate(root, api);
    this.lyrics = new LyricsEditor(this, api);
    this.draft = new Draft(this, api);
    this.examples = new Examples(this, api);
    this.kept = new KeptDraft(root.dataset.user, () => (this.isEmpty ? null : this.snapshot()));
    this.form.inert = false; // inert until the script has loaded
    this.listen();
    this.start();
  }

  /** Fill the form from the saved draft or from an earlier song's request, or leave it empty. */
  start() {
    const mode = localStorage.getItem(KEPT_AS);
    if (mode) this.modes.elements.mode.value = mode;
    this.showKind();
    this.form.reset(); // the bounds are now set, and the browser may have filled in some fields
    this.blank = JSON.stringify(this.fields.snapshot());
    const recalled = byId("recalled") && JSON.parse(byId("recalled").textContent);
    const kept = this.kept.load();
    if (kept && (!recalled || kept.source === location.search)) this.takeUp(kept);
    else if (recalled) this.recall(recalled, kept);
    this.showAside();
  }

  /** Restore the saved draft and, if a sign-out stopped its submission, say so. */
  takeUp(kept) {
    this.restore(kept);
    if (!kept.isUnsent) return;
    setText(this.note, SIGNED_OUT);
    byId("create-submit").focus();
    this.kept.saveNow();
  }

  recall({ kind, request }, kept) {
    if (kept) this.restore(kept);
    this.replace("Your draft was replaced.", () => {
      this.chooseKind(kind);
      this.fill(request);
    });
  }

  get kind() {
    const { mode, kind } = this.modes.elements;
    return this.kinds[mode.value === SIMPLE ? SIMPLE : kind.value];
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
      event.preventDefault();
      this.send();
    });
    this.root.addEventListener("change", (event) => this.changeKind(event.target));
    this.form.addEventListener("input", (event) => this.follow(event.target));
    for (const id of ["prompt", "lyrics"]) byId(id).addEventListener("input", () => showCounter(id, this.kind));
    byId("duration").addEventListener("input", () => showDuration(this.auto.checked));
    this.auto.addEventListener("change", () => showDuration(this.auto.checked));
    byId("model_version").addEventListener("change", () => this.showKind());
    byId("create-clear").addEventListener("click", () => this.clear());
    byId("create-restore").addEventListener("click", () => this.bringBack());
    this.kept.addEventListener("other", ({ detail }) => this.followOther(detail));
    document.addEventListener("htmx:afterSwap", () => !this.root.isConnected && this.kept.close(), {
      signal: this.kept.stops.signal,
    });
  }

  /** Update everything that depends on the form after `control` has changed. */
  follow(control) {
    this.fields.forgive(control);
    setText(this.note, "");
    this.showEstimate();
    this.presets.show();
    this.kept.save();
    this.showAside();
  }

  changeKind(control) {
    if (control.name === "mode") localStorage.setItem(KEPT_AS, control.value);
    if (!["mode", "kind"].includes(control.name)) return;
    this.showKind();
    this.kept.save();
  }

  // Display

  showKind() {
    const { kind } = this;
    this.root.classList.toggle("is-simple", kind.name === SIMPLE);
    for (const field of this.form.querySelectorAll("[data-kinds], [data-mode]")) {
      const { kinds, mode } = field.dataset;
      const isSimple = kind.name === SIMPLE;
      field.hidden = kinds ? !kinds.split(" ").includes(kind.name) : isSimple === (mode === "custom");
    }
    this.settings.show();
    this.draft.show(kind);
    for (const control of this.form.elements) {
      if (control.name) control.disabled = Boolean(control.closest("[data-field][hidden], [data-mode][hidden], [data-kinds][hidden]"));
    }
    byId("prompt-label").textContent = kind.prompt_label;
    byId("prompt").placeholder = kind.placeholder;
    byId("lyrics-hint").textContent = kind.lyrics_hint;
    setBounds(kind.bounds);
    showCounter("prompt", kind);
    showCounter("lyrics", kind);
    showDuration(this.auto.checked);
    this.clearErrors();
    this.showEstimate();
  }

  chooseKind(kind) {
    this.modes.elements.mode.value = kind === SIMPLE ? SIMPLE : "custom";
    if (kind !== SIMPLE) this.modes.elements.kind.value = kind;
    this.showKind();
  }

  /** Switch to the custom form of a song or an instrumental. */
  showSong(isInstrumental) {
    this.chooseKind(isInstrumental ? "instrumental" : "song");
  }

  /** Update the estimate and the lyrics' margin from the form's content. */
  showEstimate() {
    const request = this.request();
    const duration = request.duration ?? this.draft.durationOf(request);
    this.estimate.show(this.kind.task, { ...request, duration }, byId("prompt").value);
    this.lyrics.ask();
  }

  // Submission

  async send() {
    const submit = byId("create-submit");
    if (submit.disabled) return;
    this.clearErrors();
    submit.disabled = true;
    const body = this.request();
    this.attempt = attemptOf([this.kind.task, body], this.attempt);
    const headers = { "Idempotency-Key": this.attempt.key };
    this.kept.saveNow({ isUnsent: true }); // the session may have ended, which leads to the sign-in page
    try {
      await this.api.send("POST", `/${this.kind.task}`, { body, headers });
      this.kept.clear();
      this.poller.wake();
      visit(siteUrl(""));
    } catch (error) {
      if (error.status !== 401) {
        this.kept.saveNow();
        showProblems(error, this.fields, this.alert);
      }
    }
    submit.disabled = false;
  }

  /** Return the API request: only the fields that have been filled in. */
  request() {
    return { ...this.fields.request(), [this.kind.prompt_field]: byId("prompt").value };
  }

  clearErrors() {
    setText(this.alert, "");
    this.fields.clearErrors();
  }

  // Drafts

  get isEmpty() {
    return JSON.stringify(this.fields.snapshot()) === this.blank && this.auto.checked;
  }

  /** Return the form's complete state, to be saved. */
  snapshot() {
    const { mode, kind } = this.modes.elements;
    return {
      source: location.search,
      mode: mode.value,
      kind: kind.value,
      values: this.fields.snapshot(),
      isAuto: this.auto.checked,
      draft: this.draft.state,
      attempt: this.attempt,
    };
  }

  restore({ mode, kind, values, isAuto, draft, attempt }) {
    this.fields.restore(values);
    this.auto.checked = isAuto;
    this.attempt = attempt;
    this.draft.restore(draft);
    this.chooseKind(mode === SIMPLE ? SIMPLE : kind);
    this.modes.elements.kind.value = kind;
    this.lyrics.refresh();
    this.presets.show();
    this.showAside();
  }

  /** Change the form by calling `change`; if it was not empty, offer to undo that. */
  replace(sentence, change, { isOffered = true } = {}) {
    const before = this.isEmpty ? null : this.snapshot();
    change();
    this.replacement = JSON.stringify(this.fields.snapshot());
    this.kept.save();
    if (before && isOffered) {
      this.kept.putAside(before);
      toast(sentence, { label: "Undo", act: () => this.bringBack(), shownMs: UNDO_MS });
    }
    this.showAside();
  }

  clear() {
    if (this.isEmpty) return;
    this.replace("The form is empty.", () => this.fill({}));
  }

  bringBack() {
    const { aside } = this.kept;
    if (!aside) return;
    if (!this.root.isConnected) {
      this.kept.takeBack(); // another page is shown now: restore the draft and return to the form
      visit(siteUrl("create"));
      return;
    }
    const now = this.isEmpty ? null : this.snapshot();
    const isTypedIn = now && JSON.stringify(now.values) !== this.replacement;
    this.restore(aside);
    if (now) this.kept.putAside(now);
    else this.kept.dropAside();
    if (isTypedIn) toast(SWAPPED, { label: "Undo", act: () => this.bringBack(), shownMs: UNDO_MS });
    this.kept.save();
    this.showAside();
    byId("prompt").focus();
  }

  /** In an empty form, offer to restore what was last cleared. */
  showAside() {
    byId("create-restore").hidden = !(this.isEmpty && this.kept.aside);
  }

  /** Follow an edit, a clearing or a submission in another tab. */
  followOther(kept) {
    if (!this.root.isConnected) return;
    if (kept) this.restore(kept);
    else this.fill({}, { isFocused: false });
  }

  /** Fill the form from a request; fields that it does not name return to their defaults. */
  fill(request, { isFocused = true } = {}) {
    this.form.reset();
    this.draft.reset();
    this.attempt = undefined;
    const given = Object.entries(request).filter(([, value]) => value !== AUTO);
    for (const [name, value] of given) this.fields.set(name, value);
    this.auto.checked = !given.some(([name]) => (FIELD_NAMES[name] ?? name) === "duration");
    this.showKind();
    this.lyrics.refresh();
    this.presets.show();
    if (isFocused) byId("prompt").focus();
  }
}

offer("[data-create]", (root, { api, poller }) => new CreateForm(root, api, poller));
