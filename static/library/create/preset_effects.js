// Describes what a genre preset would set, and which of the form's values it keeps, before it is chosen.

import { byId } from "../dom.js";
import { clock } from "../words.js";

const NOTHING = "No preset: only your own settings.";
const WORDS = {
  genre: (value) => `the style of ${value}`,
  bpm: (value) => `tempo ${value}`,
  timesignature: (value) => `metre ${value}`,
  keyscale: (value) => `key ${value}`,
  vocal_language: (value) => `language ${value}`,
  duration: (value) => `length ${clock(value)}`,
  instrumental: (value) => (value ? "no singing" : "singing"),
};
/** Parameters with a field in the form, whose own value wins over the preset's. */
const OWN = { bpm: "tempo", timesignature: "metre", keyscale: "key", vocal_language: "language", duration: "length" };

export class PresetEffects {
  constructor(fields) {
    this.fields = fields;
    this.table = JSON.parse(byId("preset-table").textContent);
    this.target = byId("preset-effect");
    const cards = fields.form.querySelector(".genre-cards");
    for (const name of ["pointerover", "focusin"]) cards.addEventListener(name, ({ target }) => this.preview(target));
    for (const name of ["pointerleave", "focusout"]) cards.addEventListener(name, () => this.show());
    this.show();
  }

  preview(target) {
    const radio = target.closest(".genre")?.querySelector("input");
    if (radio) this.target.textContent = this.words(radio.value);
  }

  /** Show the effects of the chosen preset. */
  show() {
    this.target.textContent = this.words(this.fields.form.elements.genre_preset?.value ?? "");
  }

  words(name) {
    const effects = this.table[name];
    if (!effects) return NOTHING;
    const asked = this.fields.request();
    const isKept = (key) => key in OWN && key in asked;
    const sets = Object.keys(WORDS).filter((key) => key in effects && !isKept(key));
    const kept = Object.keys(OWN).filter((key) => key in asked);
    const first = sets.length ? `Sets ${sets.map((key) => WORDS[key](effects[key])).join(", ")}` : "Changes nothing else";
    return `${first}${kept.length ? `; keeps your ${kept.map((key) => OWN[key]).join(", ")}` : ""}.`;
  }
}
