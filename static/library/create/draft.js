// "Write lyrics": drafts the song's lyrics and plan into the form's own fields, where the user can change them.
// One part can be drafted again; what the user changed by hand stays.

import { announce, byId, element, setText } from "../dom.js";
import { clock } from "../words.js";
import { mergedText } from "./lyric_text.js";
import { showProblems } from "./problems.js";

const KINDS = ["song", "simple"];
const SHOWN_KINDS = ["song", "instrumental"];
/** The values of the returned request that fill the form. Values that the user chose come back unchanged. */
const FILLED = ["lyrics", "display_name", "bpm", "keyscale", "timesignature", "vocal_language", "seed"];
/** The parts of an earlier draft that stay when only one part is written again. */
const PINNED = { words: ["bpm", "keyscale", "timesignature", "vocal_language"], plan: ["lyrics", "display_name", "vocal_language"] };
/** The form's fields that are sent to draft a song. */
const SENT = [...FILLED, "instrumental", "duration", "genre_preset"];
const POLARITIES = { only: "nothing else", refuse: "left out" };
/** The fields that move into the plan, where they are read and changed. */
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
    this.homes = new Map(); // field -> where it stands without a draft
    this.reset();
    this.button.addEventListener("click", () => this.write(this.answer ? "words" : "all"));
    byId("draft-plan-again").addEventListener("click", () => this.write("plan"));
    form.form.addEventListener("input", () => this.answer && this.showPlan());
  }

  reset() {
    this.answer = undefined;
    this.wish = undefined;
    this.filled = {}; // by the last draft: field name -> its value
  }

  /** The state to keep with the form; undefined without a draft. */
  get state() {
    return this.answer && { answer: this.answer, wish: this.wish, filled: this.filled };
  }

  restore(state) {
    this.reset();
    if (!state) return;
    Object.assign(this, state);
    this.showAnswer();
  }

  /** Returns the planned length if the request is still as drafted, otherwise undefined. */
  durationOf(request) {
    if (this.panel.hidden || request[this.form.kind.prompt_field] !== this.answer.request.caption) return undefined;
    const isPlanned = Object.keys(this.filled).every((name) => this.isDrafted(name, request));
    return isPlanned ? this.answer.duration : undefined;
  }

  /** Shows the form for another kind. */
  show(kind) {
    const hasOwnWords = Boolean(this.answer) && this.filled.lyrics === undefined;
    this.button.hidden = !KINDS.includes(kind.name) || hasOwnWords;
    this.label.textContent = this.isBusy ? this.label.textContent : this.answer ? "Rewrite lyrics" : "Write lyrics";
    this.panel.hidden = !SHOWN_KINDS.includes(kind.name) || !this.answer;
    this.placeFields(!this.panel.hidden);
  }

  /** Moves tempo, key, metre and length into the plan while there is one. */
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

  /** Returns the request: the prompt, the fields that the user filled in, and the parts of the last draft to keep. */
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

  /** Returns whether the field still has the last draft's value. */
  isDrafted(name, request) {
    return String(request[name] ?? "") === this.filled[name];
  }

  take(answer, asked, part, before) {
    const now = this.form.snapshot();
    const isUntouched = (name) => now.values[name] === before.values[name]; // while the draft was written
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

  /** Shows the plan with the user's changes. */
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

/** Shows a list with its heading; hidden if it is empty. */
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
