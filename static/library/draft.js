// "Write the words": the song's words and plan before it is made, into the form's own fields, to be changed.

import { announce, byId, choose, element, setText } from "./dom.js";
import { clock } from "./words.js";

const KINDS = ["song", "simple"];
/** Of the answer's request, what becomes a field's value. What somebody chose themselves comes back as it was. */
const FILLED = ["lyrics", "display_name", "bpm", "keyscale", "timesignature", "vocal_language", "seed"];
/** Of the form, what a draft takes. */
const SENT = [...FILLED, "instrumental", "duration", "genre_preset"];
const POLARITIES = { only: "nothing else", refuse: "left out" };

export class Draft {
  /** `form`: a CreateForm. */
  constructor(form, api) {
    this.form = form;
    this.api = api;
    this.panel = byId("draft");
    this.button = byId("draft-write");
    this.label = this.button.querySelector("[data-part=label]");
    this.filled = {}; // by the last draft: field name -> its value
    this.button.addEventListener("click", () => this.write());
  }

  /** The form shows another kind. */
  show(kind) {
    this.button.hidden = !KINDS.includes(kind.name);
    this.panel.hidden = !["song", "instrumental"].includes(kind.name) || !this.answer;
  }

  async write() {
    this.form.clearErrors();
    const asked = this.body();
    this.setBusy(true);
    try {
      const answer = await this.api.post("/draft", asked);
      if (this.panel.isConnected) this.take(answer, asked);
    } catch (error) {
      if (this.panel.isConnected) this.form.showError(error);
    }
    this.setBusy(false);
  }

  setBusy(isBusy) {
    this.button.disabled = isBusy;
    this.label.textContent = isBusy ? "Writing…" : this.answer ? "Write other words" : "Write the words";
    if (isBusy) announce("The words are being written.");
  }

  /** The wish, and what somebody filled in: not what the last draft did, which is open still. */
  body() {
    const request = this.form.request();
    const body = {};
    for (const name of SENT) {
      if (name in request && String(request[name]) !== this.filled[name]) body[name] = request[name];
    }
    const field = this.form.kind.prompt_field;
    const isDrafted = this.wish && request[field] === this.answer.request.caption;
    return { ...body, ...(isDrafted ? this.wish : { [field]: request[field] }) };
  }

  take(answer, asked) {
    this.answer = answer;
    this.wish = "query" in asked ? { query: asked.query } : { caption: asked.caption };
    this.fill(answer.request, asked);
    this.showPlan(answer);
    byId("draft-title").focus();
  }

  fill(request, asked) {
    this.form.showSong(Boolean(request.instrumental));
    byId("prompt").value = request.caption;
    this.filled = {};
    for (const name of FILLED) {
      if (name in asked) continue;
      const control = this.form.form.elements[name];
      choose(control, String(request[name] ?? ""));
      this.filled[name] = control.value;
    }
    this.form.showKind();
  }

  showPlan(answer) {
    setText(byId("draft-title"), answer.title);
    const rows = {
      Key: answer.keyscale,
      Tempo: `${answer.bpm} bpm`,
      Metre: answer.timesignature,
      Length: clock(answer.duration),
    };
    if (answer.written_by) rows["Words by"] = answer.written_by === "built-in" ? "this server" : answer.written_by;
    byId("draft-plan").replaceChildren(
      ...Object.entries(rows).map(([name, value]) =>
        element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: value })),
      ),
    );
    const words = answer.understood.map((wish) => [wish.words, POLARITIES[wish.polarity] ?? wish.aspect]);
    list("draft-understood", words);
    list("draft-not-understood", answer.not_understood.map((each) => [each]));
    list("draft-notes", Object.entries(answer.not_applied).map(([name, reason]) => [name.replaceAll("_", " "), reason]));
  }
}

/** A list with its heading; out of sight where there is nothing. */
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
