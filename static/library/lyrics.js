// The words of a song, and which line is being sung.

import { element } from "./dom.js";

const STAMP = /^\[(\d+):(\d{1,2}(?:\.\d+)?)\](.*)$/;
const SECTION = /^\s*\[[^\]]*\]\s*$/;

/** LRC text -> [{ atS, text }] in order of time; lines without a stamp (headers) are left out. */
export function parseLrc(lrc) {
  return lrc
    .split(/\r?\n/)
    .map((line) => STAMP.exec(line))
    .filter(Boolean)
    .map(([, minutes, seconds, text]) => ({ atS: minutes * 60 + Number(seconds), text: text.trim() }))
    .sort((one, two) => one.atS - two.atS);
}

export class LyricsView {
  /** `onSeek(atS)` gets the time of a line that somebody pressed. */
  constructor(root, onSeek) {
    this.root = root;
    this.onSeek = onSeek;
    this.timed = [];
  }

  show(lyrics, lrc) {
    const lines = parseLrc(lrc ?? "");
    this.timed = lines.map(({ atS, text }) => ({ atS, row: this.timedRow(atS, text) }));
    this.current = null;
    this.root.classList.remove("is-following");
    const rows = this.timed.length ? this.timed.map(({ row }) => row) : plainRows(lyrics ?? "");
    this.root.replaceChildren(...rows);
  }

  get isEmpty() {
    return !this.root.hasChildNodes();
  }

  timedRow(atS, text) {
    if (SECTION.test(text)) return sectionRow(text);
    const row = element("button", { type: "button", className: "lyric", textContent: text });
    row.addEventListener("click", () => this.onSeek(atS));
    return row;
  }

  /** Marks the line of `timeS`; null: nothing is playing. */
  follow(timeS) {
    if (!this.timed.length) return;
    const now = timeS === null ? null : this.timed.findLast(({ atS }) => atS <= timeS + 0.05)?.row;
    this.root.classList.toggle("is-following", timeS !== null);
    if (now === this.current) return;
    this.current?.removeAttribute("aria-current");
    now?.setAttribute("aria-current", "true");
    this.current = now;
    if (now && !this.root.hidden) this.bringIntoSight(now);
  }

  bringIntoSight(row) {
    const middle = row.offsetTop - this.root.offsetTop - this.root.clientHeight / 2;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.root.scrollTo({ top: middle, behavior: calm ? "auto" : "smooth" });
  }
}

function sectionRow(text) {
  return element("p", { className: "lyric-section", textContent: text.replace(/[[\]]/g, "").trim() });
}

function plainRows(lyrics) {
  return lyrics
    .trim()
    .split(/\r?\n/)
    .filter((line, index, lines) => line.trim() || lines[index - 1]?.trim())
    .filter((line) => line || lyrics.trim())
    .map((line) =>
      SECTION.test(line) ? sectionRow(line) : element("p", { className: "lyric", textContent: line }),
    );
}
