// Examples by genre, and the API's own by kind: a click fills the form, with Undo if it was not empty.

import { byId } from "../dom.js";
import { showProblems } from "./problems.js";

export class Examples {
  /** `form`: a CreateForm. */
  constructor(form, api) {
    this.form = form;
    this.api = api;
    this.given = new Map(); // kind -> number of samples used
    this.rows = JSON.parse(byId("example-table").textContent);
    byId("try-example").addEventListener("click", () => this.tryNext());
    byId("examples").addEventListener("click", ({ target }) => {
      const button = target.closest("[data-example]");
      if (button) this.fill(this.rows[Number(button.dataset.example)]);
    });
  }

  fill({ title, kind, request }) {
    this.form.replace(`“${title}” is in the form.`, () => {
      this.form.chooseKind(kind);
      this.form.fill(request);
    });
    byId("examples").closest("details").open = false;
  }

  async tryNext() {
    try {
      this.samples ??= (await this.api.get("/sample-data")).samples;
    } catch (error) {
      showProblems(error, this.form.fields, this.form.alert);
      return;
    }
    const { kind } = this.form;
    const samples = this.samples[kind.task] ?? [];
    if (!samples.length) return;
    const given = this.given.get(kind.name) ?? 0;
    this.given.set(kind.name, given + 1);
    const sample = samples[given % samples.length];
    this.form.replace(`“${sample.title}” is in the form.`, () => this.form.fill(sample.request));
  }
}
