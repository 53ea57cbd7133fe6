// A score drawn from its text, again whenever the text changes. The engraver comes with the first such page.

import { part } from "./dom.js";

const PAUSE_MS = 400;
const NARROW_PX = 640;

let engraver = null;

/** The engraver, which is an old-style script, once. */
function load(url) {
  engraver ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.addEventListener("load", () => resolve(window.ABCJS));
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return engraver;
}

export class Notation {
  constructor(root) {
    this.root = root;
    this.paper = part(root, "paper");
    this.text = document.getElementById("abc");
    this.timer = 0;
    this.text.addEventListener("input", () => this.soon());
    new ResizeObserver(() => this.soon()).observe(root);
    this.draw();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.draw(), PAUSE_MS);
  }

  async draw() {
    const width = this.paper.clientWidth;
    if (this.drawn?.text === this.text.value && this.drawn?.width === width) return;
    try {
      const ABCJS = await load(this.root.dataset.engraver);
      const isNarrow = width < NARROW_PX;
      ABCJS.renderAbc(this.paper, this.text.value, {
        staffwidth: Math.max(220, width - 30),
        scale: isNarrow ? 0.75 : 0.95,
        paddingleft: 10,
        paddingright: 10,
        wrap: { minSpacing: 1.6, maxSpacing: 2.6, preferredMeasuresPerLine: isNarrow ? 2 : 4 },
        foregroundColor: "currentColor",
        add_classes: true,
      });
      this.drawn = { text: this.text.value, width };
      this.paper.dataset.drawn = "true";
    } catch {
      this.paper.textContent = "The score could not be drawn; its text is below.";
    }
  }
}
