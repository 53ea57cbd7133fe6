// The margin beside a text field: a mark at the height of each line. An invisible copy of the lines behind
// the field wraps the same way, so that the heights match and the field grows with its text.

import { element } from "../dom.js";

export class LyricMargin {
  constructor(textarea) {
    this.textarea = textarea;
    this.mirror = element("div", { className: "lyric-mirror" });
    this.mirror.setAttribute("aria-hidden", "true");
    textarea.before(this.mirror);
    this.texts = [];
    textarea.addEventListener("input", () => this.follow());
    this.follow();
  }

  /** Update the rows after the text has changed; unchanged lines keep their marks. */
  follow() {
    const texts = this.textarea.value.split("\n");
    const old = this.texts;
    const most = Math.min(texts.length, old.length);
    let head = 0;
    while (head < most && texts[head] === old[head]) head += 1;
    let tail = 0;
    while (tail < most - head && texts.at(-1 - tail) === old.at(-1 - tail)) tail += 1;
    const rows = [...this.mirror.children];
    for (const row of rows.slice(head, rows.length - tail)) row.remove();
    const added = texts.slice(head, texts.length - tail).map(rowOf);
    if (tail && rows.length) rows[rows.length - tail].before(...added);
    else this.mirror.append(...added);
    this.texts = texts;
  }

  /** `marks`: line number -> its mark. */
  show(marks) {
    for (const [number, row] of [...this.mirror.children].entries()) {
      const mark = marks.get(number);
      row.lastChild.textContent = mark ? wordsOf(mark) : "";
      row.classList.toggle("is-long", Boolean(mark && (mark.pieces > 1 || mark.is_hurried)));
    }
  }
}

function rowOf(text) {
  const mark = element("span", { className: "lyric-mark" });
  return element("div", { className: "lyric-row" }, element("span", { textContent: text }), mark);
}

/** "8 A"; "27 ÷ 2" for a line that is sung as two; "12 ! A" for one that has to be hurried. */
function wordsOf({ syllables, rhyme, pieces, is_hurried: isHurried }) {
  const parts = [pieces > 1 ? `${syllables} ÷ ${pieces}` : syllables, isHurried && pieces < 2 ? "!" : "", rhyme];
  return parts.filter(Boolean).join(" ");
}
