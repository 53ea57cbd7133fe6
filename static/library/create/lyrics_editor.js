// The lyrics editor: plain text, or a block for each section. The field `lyrics` is the source of truth;
// blocks write to it.

import { announce, byId, element, setText } from "../dom.js";
import { toast } from "../toast.js";
import { LyricBlock } from "./lyric_block.js";
import { LyricMargin } from "./lyric_margin.js";
import { LyricMarks } from "./lyric_marks.js";
import { sectionsOf, textOf } from "./lyric_text.js";

const KEPT_AS = "audiomusic.lyrics-view";
const BLOCKS = "blocks";
const MAX_NOTES = 3;
const UNDO_MS = 12000;

export class LyricsEditor {
  /** `form`: a CreateForm. */
  constructor(form, api) {
    this.form = form;
    this.textarea = byId("lyrics");
    this.list = byId("lyric-blocks");
    this.view = form.modes.elements.lyrics_view;
    this.margin = new LyricMargin(this.textarea);
    this.marker = new LyricMarks(form.root.dataset.marks, api, (answer) => this.showMarks(answer));
    this.marks = new Map();
    this.blocks = [];
    for (const radio of this.view) radio.addEventListener("change", () => this.choose(radio.value));
    for (const button of form.form.querySelectorAll("[data-insert]")) {
      button.addEventListener("click", () => this.add(button.dataset.insert));
    }
    if (localStorage.getItem(KEPT_AS) === BLOCKS) this.view.value = BLOCKS;
    this.refresh();
  }

  get isBlocks() {
    return this.view.value === BLOCKS;
  }

  choose(view) {
    localStorage.setItem(KEPT_AS, view);
    this.refresh();
  }

  /** Redraw after the field's text or the chosen view has changed. */
  refresh() {
    byId("lyrics-plain").hidden = this.isBlocks;
    this.list.hidden = !this.isBlocks;
    this.margin.follow();
    if (this.isBlocks) this.draw();
    this.placeMarks();
  }

  // Blocks

  draw() {
    const sections = sectionsOf(this.textarea.value);
    this.blocks = sections.map((section, index) => new LyricBlock(this, section, index, sections.length));
    const empty = element("li", { className: "lyric-empty", textContent: "No section yet: add one above." });
    this.list.replaceChildren(...(this.blocks.length ? this.blocks.map((block) => block.root) : [empty]));
  }

  /** Write a block's change to the text, and rebuild the blocks if a heading was typed. */
  write() {
    const sections = this.blocks.map((block) => block.section);
    this.setText(textOf(sections));
    const read = sectionsOf(this.textarea.value);
    if (read.length === sections.length) {
      for (const [index, section] of read.entries()) sections[index].start = section.start;
      return;
    }
    const index = this.blocks.findIndex((block) => block.root.contains(document.activeElement));
    this.draw();
    this.blocks[Math.min(index + 1, this.blocks.length - 1)]?.focus();
  }

  change(sections) {
    const named = sections.map((each, index) => (index && each.heading === null ? { ...each, heading: "Verse" } : each));
    this.setText(textOf(named));
    this.draw();
    this.placeMarks();
  }

  setText(text) {
    this.textarea.value = text;
    this.textarea.dispatchEvent(new Event("input", { bubbles: true }));
  }

  get sections() {
    return this.blocks.map((block) => block.section);
  }

  add(tag) {
    if (!this.isBlocks) {
      insertTag(this.textarea, tag);
      return;
    }
    this.change([...this.sections, { heading: tag.slice(1, -1), text: "" }]);
    this.blocks.at(-1).focus();
  }

  move(index, way) {
    const { sections } = this;
    const target = index + way;
    if (!sections[target]) return;
    [sections[index], sections[target]] = [sections[target], sections[index]];
    this.change(sections);
    this.blocks[target].focusMover(way);
    announce(`${this.blocks[target].name}, now ${target + 1} of ${sections.length}.`);
  }

  duplicate(index) {
    const { sections } = this;
    this.change(sections.toSpliced(index + 1, 0, { ...sections[index] }));
    this.blocks[index + 1].focus();
    announce(`${this.blocks[index + 1].name} copied.`);
  }

  remove(index) {
    const { name } = this.blocks[index];
    const before = this.textarea.value;
    this.change(this.sections.toSpliced(index, 1));
    (this.blocks[Math.min(index, this.blocks.length - 1)] ?? { focus: () => byId("create-tags").firstElementChild.focus() }).focus();
    const undo = () => {
      if (!this.list.isConnected) return;
      this.setText(before);
      this.refresh();
    };
    toast(`${name} was removed.`, { label: "Undo", act: undo, shownMs: UNDO_MS });
  }

  // Marks

  ask() {
    const isShown = !this.textarea.disabled;
    const { task } = this.form.kind;
    this.marker.ask(task, isShown ? this.form.fields.request() : {}, byId("prompt").value);
  }

  showMarks(answer) {
    if (!this.list.isConnected) return; // another page is shown now
    this.marks = new Map((answer?.lines ?? []).map((mark) => [mark.line, mark]));
    this.placeMarks();
    const language = answer?.lines.length ? `Syllables counted in ${answer.language_name}.` : "";
    setText(byId("lyrics-notes"), [...this.notes(answer), language].filter(Boolean).join(" "));
  }

  placeMarks() {
    this.margin.show(this.marks);
    for (const block of this.isBlocks ? this.blocks : []) block.showMarks(this.marks);
  }

  notes(answer) {
    const lines = this.textarea.value.split("\n");
    const found = [...this.marks.values()].flatMap(({ line, syllables, pieces, is_hurried: isHurried }) => {
      const name = `“${(lines[line] ?? "").trim().slice(0, 40)}”`;
      if (pieces > 1) return [`${name} has ${syllables} syllables and is sung as ${pieces} lines.`];
      return isHurried ? [`${name} is too long for this tempo.`] : [];
    });
    const count = found.length - MAX_NOTES;
    const more = count > 0 ? [`${count} more ${count === 1 ? "line is" : "lines are"} too long.`] : [];
    return [...(answer?.notes ?? []), ...found.slice(0, MAX_NOTES), ...more];
  }
}

/** Insert the tag on its own line at the cursor, as if typed. */
function insertTag(textarea, tag) {
  const { selectionStart: start, selectionEnd: end, value } = textarea;
  const before = value.slice(0, start);
  const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  textarea.setRangeText(`${gap}${tag}\n`, start, end, "end");
  textarea.dispatchEvent(new Event("input", { bubbles: true }));
  textarea.focus();
}
