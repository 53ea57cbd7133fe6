// One section of the lyrics: its heading, its lines with their margin, and its actions.

import { element, svg } from "../dom.js";
import { LyricMargin } from "./lyric_margin.js";

const UNTITLED = "No heading";
const MAX_PATTERN = 12;

export class LyricBlock {
  /** `section` is one of `sectionsOf`, which this block changes as the user types. */
  constructor(editor, section, index, count) {
    Object.assign(this, { editor, section, index });
    this.kinds = [...editor.form.form.querySelectorAll("[data-insert]")].map(({ dataset }) => dataset.insert.slice(1, -1));
    this.summary = element("p", { className: "visually-hidden", id: `lyric-block-${index}` });
    this.pattern = element("span", { className: "lyric-pattern" });
    this.pattern.setAttribute("aria-hidden", "true");
    this.words = element("textarea", { value: section.text, rows: 1, spellcheck: true, dir: "auto" });
    this.words.setAttribute("aria-describedby", this.summary.id);
    this.root = element("li", { className: "lyric-block" }, this.head(count), this.body(), this.summary);
    this.nameWords();
    this.margin = new LyricMargin(this.words);
    this.words.addEventListener("input", (event) => {
      event.stopPropagation(); // the field below says so itself
      this.section.text = this.words.value.trimEnd();
      editor.write();
    });
  }

  get name() {
    return this.section.heading ?? UNTITLED;
  }

  body() {
    return element("div", { className: "lyric-lines" }, this.words);
  }

  head(count) {
    this.kind = element("select", { className: "lyric-kind" });
    const { heading } = this.section;
    if (heading === null) this.kind.add(new Option(UNTITLED, ""));
    for (const kind of [...new Set([heading, ...this.kinds])].filter(Boolean)) this.kind.add(new Option(kind, kind));
    this.kind.value = heading ?? "";
    this.kind.addEventListener("change", (event) => {
      event.stopPropagation();
      this.section.heading = this.kind.value || null;
      this.nameWords();
      this.editor.write();
    });
    const { index, editor } = this;
    this.up = tool("up", "Move up", () => editor.move(index, -1));
    this.down = tool("down", "Move down", () => editor.move(index, 1));
    this.up.disabled = index === 0;
    this.down.disabled = index === count - 1;
    const tools = [
      this.up,
      this.down,
      tool("copy", "Duplicate", () => editor.duplicate(index)),
      tool("delete", "Remove", () => editor.remove(index)),
    ];
    return element("div", { className: "lyric-block-head" }, this.kind, this.pattern, ...tools);
  }

  nameWords() {
    const place = `section ${this.index + 1}`;
    this.kind.setAttribute("aria-label", `Kind of ${place}`);
    this.words.setAttribute("aria-label", `Lyrics of ${place}, ${this.name}`);
    this.root.setAttribute("aria-label", this.name);
    for (const button of this.root.querySelectorAll("[data-verb]")) {
      button.setAttribute("aria-label", `${button.dataset.verb}: ${this.name}, ${place}`);
    }
  }

  focus() {
    this.words.focus();
  }

  /** Focuses the button that moved the section, or the other one if it is disabled. */
  focusMover(way) {
    const [wanted, other] = way < 0 ? [this.up, this.down] : [this.down, this.up];
    (wanted.disabled ? other : wanted).focus();
  }

  showMarks(all) {
    const { start } = this.section;
    const count = this.words.value.split("\n").length;
    const own = new Map();
    for (let line = 0; line < count; line += 1) if (all.has(start + line)) own.set(line, all.get(start + line));
    this.margin.show(own);
    const marks = [...own.values()];
    const hasRhymes = marks.some(({ rhyme }) => rhyme);
    const pattern = hasRhymes ? marks.slice(0, MAX_PATTERN).map(({ rhyme }) => rhyme || "–").join("") : "";
    this.pattern.textContent = pattern;
    const counts = marks.map(({ syllables }) => syllables).join(", ");
    this.summary.textContent = marks.length ? `Syllables: ${counts}.${pattern ? ` Rhymes: ${pattern}.` : ""}` : "";
  }
}

function tool(icon, verb, act) {
  const picture = svg("svg", { class: "icon", "aria-hidden": "true", focusable: "false" });
  picture.append(svg("use", { href: `#icon-${icon}` }));
  const button = element("button", { type: "button", className: "button button-quiet button-icon button-small", title: verb }, picture);
  button.dataset.verb = verb;
  button.addEventListener("click", act);
  return button;
}
