// Draws a score from its text, again whenever the text changes. The engraver loads with the first such page.

import { part } from "./dom.js";
import { offer } from "./page_scripts.js";

const PAUSE_MS = 400;
const LEAST_STAFF_PX = 620; // in less room the score scrolls
const MARGIN_PX = 48;

let engraver = null;

/** Return the text with short voice names, with a sign for each bar of rest, so that lines end together, and
 * with some space after each sung word: the engraver leaves none between words on short notes. */
function shown(text) {
  return text
    .replace(/^w:.*$/gm, (line) => line.replace(/([^\s_*|:-])(?=[_*|]*(?:\s|$))/g, "$1~"))
    .replace(/^V: (\w+) .*$/gm, 'V: $1 clef=treble name="$1" snm=""')
    .replace(/\bZ([2-4]) \|/g, (_, count) => "Z | ".repeat(Number(count)).trim());
}

/** Load the engraver, a classic script, once. */
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
      ABCJS.renderAbc(this.paper, shown(this.text.value), {
        staffwidth: Math.max(LEAST_STAFF_PX, width - MARGIN_PX),
        paddingleft: 0,
        paddingright: 0,
        foregroundColor: "currentColor",
        add_classes: true,
      });
      this.drawn = { text: this.text.value, width };
      this.paper.dataset.drawn = "true";
    } catch {
      this.paper.textContent = "The score could not be drawn. Its text is below.";
    }
  }
}

offer("[data-notation]", (root) => new Notation(root));
