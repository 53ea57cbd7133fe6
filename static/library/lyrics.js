// A song's lyrics: highlights the line being sung, and the word if word times are known.

import { element } from "./dom.js";

const STAMP = /^\[(\d+):(\d{1,2}(?:\.\d+)?)\](.*)$/;
const WORD = /<(\d+):(\d{1,2}(?:\.\d+)?)>([^<]*)/g;
const SECTION = /^\s*\[[^\]]*\]\s*$/;
const EARLY_S = 0.05;

function secondsOf(minutes, seconds) {
  return minutes * 60 + Number(seconds);
}

/** Parse LRC into [{ atS, text, words: [{ atS, text }] }], sorted by time, without untimed lines. */
export function parseLrc(lrc) {
  return lrc
    .split(/\r?\n/)
    .map((line) => STAMP.exec(line))
    .filter(Boolean)
    .map(([, minutes, seconds, rest]) => lineOf(secondsOf(minutes, seconds), rest))
    .sort((one, two) => one.atS - two.atS);
}

function lineOf(atS, rest) {
  const words = [...rest.matchAll(WORD)]
    .map(([, minutes, seconds, text]) => ({ atS: secondsOf(minutes, seconds), text: text.trim() }))
    .filter(({ text }) => text);
  const text = words.length ? words.map((word) => word.text).join(" ") : rest.replace(WORD, "").trim();
  return { atS, text, words };
}

/** Return a take's timed lyrics: by word if there are any, else by line, or null. */
export function lrcOf(job, take) {
  return take.enhanced_lrc ?? take.lrc ?? job.lrc_content ?? null;
}

export class LyricsView {
  /** `onSeek(atS)` is called with the time of a line that is clicked. */
  constructor(root, onSeek) {
    this.root = root;
    this.onSeek = onSeek;
    this.timed = [];
  }

  show(lyrics, lrc) {
    this.timed = parseLrc(lrc ?? "").map((line) => this.timedRow(line));
    this.current = null;
    this.root.classList.remove("is-following");
    const rows = this.timed.length ? this.timed.map(({ row }) => row) : plainRows(lyrics ?? "");
    this.root.replaceChildren(...rows);
  }

  get isEmpty() {
    return !this.root.hasChildNodes();
  }

  timedRow({ atS, text, words }) {
    if (SECTION.test(text)) return { atS, row: sectionRow(text), words: [] };
    const spans = words.map((word) => ({
      atS: word.atS,
      span: element("span", { className: "word", textContent: `${word.text} ` }),
    }));
    if (!text) return { atS, row: gapRow(), words: [] };
    const row = element("button", { type: "button", className: "lyric", dir: "auto" });
    if (spans.length) row.append(...spans.map(({ span }) => span));
    else row.textContent = text;
    row.addEventListener("click", () => this.onSeek(atS));
    return { atS, row, words: spans };
  }

  /** Highlight the line and the words at `timeS`; null means that nothing is playing. */
  follow(timeS) {
    if (!this.timed.length) return;
    const now = timeS === null ? null : this.timed.findLast(({ atS }) => atS <= timeS + EARLY_S);
    this.root.classList.toggle("is-following", timeS !== null);
    for (const { atS, span } of now?.words ?? []) span.classList.toggle("is-sung", atS <= timeS + EARLY_S);
    if (now?.row === this.current) return;
    this.current?.removeAttribute("aria-current");
    now?.row.setAttribute("aria-current", "true");
    this.current = now?.row ?? null;
    if (this.current && !this.root.hidden) this.bringIntoSight(this.current);
  }

  bringIntoSight(row) {
    if (this.root.scrollHeight <= this.root.clientHeight) return;
    const top = row.offsetTop + row.offsetHeight / 2 - this.root.clientHeight / 2;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.root.scrollTo({ top, behavior: calm ? "auto" : "smooth" });
  }
}

function sectionRow(text) {
  return element("p", { className: "lyric-section", dir: "auto", textContent: text.replace(/[[\]]/g, "").trim() });
}

/** Return the row of a line without words, where only instruments play: visible, but not clickable. */
function gapRow() {
  return element("p", { className: "lyric lyric-gap", ariaHidden: "true", textContent: "♪" });
}

function plainRows(lyrics) {
  return lyrics
    .trim()
    .split(/\r?\n/)
    .filter((line) => line.trim())
    .map((line) =>
      SECTION.test(line) ? sectionRow(line) : element("p", { className: "lyric", dir: "auto", textContent: line }),
    );
}
