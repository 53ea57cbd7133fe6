// "Write lyrics": drafts the song's lyrics and plan into the form's own fields, where the user can change them.
// One part can be drafted again; what the user changed by hand stays.

import { announce, byId, element, setText } from "../dom.js";
import { clock } from "../words.js";
import { mergedText } from "./lyric_text.js";
import { showProblems } from "./problems.js";

const KINDS = ["song", "simple"];
const SHOWN_KINDS = ["song", "instrumental"];
/** Fields that are filled from the answer's request. Values chosen by the user come back unchanged. */
const FILLED = ["lyrics", "display_name", "bpm", "keyscale", "timesignature", "vocal_language", "seed"];
/** Drafted fields that are kept when only the given part is drafted again. */
const PINNED = { words: ["bpm", "keyscale", "timesignature", "vocal_language"], plan: ["lyrics", "display_name", "vocal_language"] };
/** Form fields that are sent with the draft request. */
const SENT = [...FILLED, "instrumental", "duration", "genre_preset"];
const POLARITIES = { only: "only this", refuse: "excluded" };
/** Fields that move into the plan, so that they can be edited where they are shown. */
const PLAN_FIELDS = ["bpm", "keyscale", "timesignature", "duration", "vocal_language"];
const PATIENCE_S = 2;
const DONE = { words: "New lyrics are in the form.", plan: "A new plan is in the form.", all: "The draft is in the form." };

export class Draft {
  /** `form`: a CreateForm. */
  constructor(form, api) {
    this.form = form;
    this.api = api;
    this.panel = byId("draft");
    this.button = byId("draft-write");
    this.label = this.button.querySelector("[data-part=label]");
    this.homes = new Map(); // field -> marker of its place when there is no draft
    this.reset();
    this.button.addEventListener("click", () => this.write(this.answer ? "words" : "all"));
    byId("draft-plan-again").addEventListener("click", () => this.write("plan"));
    form.form.addEventListener("input", () => this.answer && this.showPlan());
  }

  reset() {
    this.answer = undefined;
    this.wish = undefined;
    this.filled = {}; // field name -> value from the last draft
  }

  /** The state to save with the form; undefined if nothing has been drafted. */
  get state() {
    return this.answer && { answer: this.answer, wish: this.wish, filled: this.filled };
  }

  restore(state) {
    this.reset();
    if (!state) return;
    Object.assign(this, state);
    this.showAnswer();
  }

  /** Return the planned length if the request is still as it was drafted, else undefined. */
  durationOf(request) {
    if (this.panel.hidden || request[this.form.kind.prompt_field] !== this.answer.request.caption) return undefined;
    const isPlanned = Object.keys(this.filled).every((name) => this.isDrafted(name, request));
    return isPlanned ? this.answer.duration : undefined;
  }

  /** Update the draft for the kind that the form shows. */
  show(kind) {
    const hasOwnWords = Boolean(this.answer) && this.filled.lyrics === undefined;
    this.button.hidden = !KINDS.includes(kind.name) || hasOwnWords;
    this.label.textContent = this.isBusy ? this.label.textContent : this.answer ? "Rewrite lyrics" : "Write lyrics";
    this.panel.hidden = !SHOWN_KINDS.includes(kind.name) || !this.answer;
    this.placeFields(!this.panel.hidden);
  }

  /** Move tempo, key, metre, length and language into the plan while there is one, and back after. */
  placeFields(isPlanned) {
    for (const name of PLAN_FIELDS) {
      const box = this.form.fields.box(name);
      if (!this.homes.has(name)) {
        this.homes.set(name, document.createComment(name));
        box.before(this.homes.get(name));
      }
      const isThere = box.parentElement === byId("draft-fields");
      if (isPlanned && !isThere) byId("draft-fields").append(box);
      else if (!isPlanned && isThere) this.homes.get(name).after(box);
    }
  }

  async write(part) {
    if (this.isBusy) return;
    this.form.clearErrors();
    const asked = this.body(part);
    const before = this.form.snapshot();
    this.setBusy(true);
    try {
      const answer = await this.api.post("/draft", asked);
      if (this.panel.isConnected) this.take(answer, asked, part, before);
    } catch (error) {
      if (this.panel.isConnected) showProblems(error, this.form.fields, this.form.alert);
    }
    if (this.panel.isConnected) this.setBusy(false);
  }

  setBusy(isBusy) {
    this.isBusy = isBusy;
    clearInterval(this.timer);
    for (const button of [this.button, byId("draft-plan-again")]) button.disabled = isBusy;
    if (!isBusy) {
      this.show(this.form.kind);
      return;
    }
    this.label.textContent = "Writing…";
    announce("The draft is being written.");
    const startedAt = Date.now();
    this.timer = setInterval(() => {
      if (!this.panel.isConnected) clearInterval(this.timer);
      const seconds = Math.round((Date.now() - startedAt) / 1000);
      if (seconds >= PATIENCE_S) this.label.textContent = `Writing… ${seconds} s`;
    }, 1000);
  }

  /** Return the request: the prompt, the user's own values, and the parts of the last draft to keep. */
  body(part) {
    const request = this.form.request();
    const pinned = PINNED[part] ?? [];
    const body = {};
    for (const name of SENT) {
      const isDrafted = this.isDrafted(name, request);
      const isRewritten = part === "words" && name === "lyrics" && this.filled.lyrics !== undefined;
      if (name in request && !isRewritten && (!isDrafted || pinned.includes(name))) body[name] = request[name];
    }
    const field = this.form.kind.prompt_field;
    const isDrafted = this.wish && request[field] === this.answer.request.caption;
    return { ...body, ...(isDrafted ? this.wish : { [field]: request[field] }) };
  }

  /** Whether the field still holds the value from the last draft. */
  isDrafted(name, request) {
    return String(request[name] ?? "") === this.filled[name];
  }

  take(answer, asked, part, before) {
    const now = this.form.snapshot();
    const isUntouched = (name) => now.values[name] === before.values[name]; // while drafting
    const drafted = this.filled;
    this.form.replace(DONE[part], () => {
      const writer = part === "plan" && drafted.lyrics !== undefined ? this.answer.written_by : answer.written_by;
      this.answer = { ...answer, written_by: writer };
      this.wish = "query" in asked ? { query: asked.query } : { caption: asked.caption };
      this.fill(answer.request, { asked, drafted, part, isUntouched });
      this.showAnswer();
    }, { isOffered: part !== "all" });
    byId("draft-title").focus();
  }

  fill(request, { asked, drafted, part, isUntouched }) {
    this.form.showSong(Boolean(request.instrumental));
    const { fields } = this.form;
    if (isUntouched("prompt")) fields.set("prompt", request.caption);
    this.filled = {};
    for (const name of FILLED) {
      const isPinned = name in asked && name in drafted && String(asked[name]) === drafted[name];
      if (isPinned) this.filled[name] = drafted[name];
      if (name in asked) continue;
      const value = String(request[name] ?? "");
      this.filled[name] = value;
      if (!isUntouched(name)) continue;
      fields.set(name, name === "lyrics" && part === "words" ? this.mergedWords(drafted.lyrics, value) : value);
      if (name !== "lyrics") this.filled[name] = fields.control(name).value;
    }
    this.form.showKind();
    this.form.lyrics.refresh();
  }

  mergedWords(drafted, written) {
    const now = byId("lyrics").value;
    return now.trim() === "" || now === drafted ? written : mergedText(now, drafted ?? "", written);
  }

  // Display

  showAnswer() {
    const { answer } = this;
    setText(byId("draft-title"), answer.title);
    this.showPlan();
    byId("draft-sections").replaceChildren(
      ...(answer.sections ?? []).map(({ label, start }) =>
        element("li", {}, element("span", { textContent: label }), " ", element("small", { textContent: clock(start) })),
      ),
    );
    const words = answer.understood.map((wish) => [wish.words, POLARITIES[wish.polarity] ?? wish.aspect]);
    list("draft-understood", words);
    list("draft-not-understood", answer.not_understood.map((each) => [each]));
    list("draft-notes", Object.entries(answer.not_applied).map(([name, reason]) => [name.replaceAll("_", " "), reason]));
    this.show(this.form.kind);
  }

  /** Show the plan with the user's changes since. */
  showPlan() {
    const { answer } = this;
    const { bpm, keyscale, timesignature } = this.form.fields.form.elements;
    const isAuto = byId("duration-auto").checked;
    const rows = {
      Genre: answer.genre.replaceAll("-", " "),
      Key: keyscale.value || answer.keyscale,
      Tempo: `${bpm.value || answer.bpm} bpm`,
      Metre: timesignature.value || answer.timesignature,
      Length: isAuto ? `about ${clock(answer.duration)}` : clock(byId("duration").valueAsNumber),
    };
    if (answer.instruments?.length) rows.Band = answer.instruments.join(", ");
    if (answer.written_by) rows["Lyrics by"] = answer.written_by === "built-in" ? "this server" : answer.written_by;
    byId("draft-plan").replaceChildren(
      ...Object.entries(rows).map(([name, value]) =>
        element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: value })),
      ),
    );
  }
}

/** Fill a list that has a heading, or hide it if it is empty. */
function list(id, rows) {
  const target = byId(id);
  target.hidden = rows.length === 0;
  target.querySelector("ul").replaceChildren(
    ...rows.map(([words, more]) => {
      const item = element("li", {}, element("span", { textContent: words }));
      if (more) item.append(" ", element("small", { textContent: more }));
      return item;
    }),
  );
}
