// Model settings: shows only those that the chosen engine reads.

import { byId } from "../dom.js";

export class ModelSettings {
  constructor(form) {
    this.form = form;
    this.root = byId("model-settings");
    this.engines = JSON.parse(byId("engine-names").textContent);
  }

  get engine() {
    const chosen = this.form.elements.model_version?.value;
    return this.engines.includes(chosen) ? chosen : this.root.dataset.engine;
  }

  show() {
    const { engine } = this;
    let shown = 0;
    for (const field of this.root.querySelectorAll("[data-engines]")) {
      field.hidden = !field.dataset.engines.split(" ").includes(engine);
      shown += field.hidden ? 0 : 1;
    }
    this.root.hidden = shown === 0;
  }
}
