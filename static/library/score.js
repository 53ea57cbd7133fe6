// The score of a take: sections and chords as a chart, every note as a piano roll, and the current position.
// Drawn as one SVG, with a path for each part.

import { element, part, svg } from "./dom.js";
import { offer } from "./page_scripts.js";

const LEAST_PX_PER_S = 14;
const PADDING_PX = 24;
const SECTION_PX = 26;
const CHORD_PX = 26;
const ROW_PX = 4; // per semitone
const LANE_PX = 6; // per piece of the drum kit
const GAP_PX = 10;
const MARGIN_PITCHES = 2;
const COLOURS = 8; // .part-0 … .part-7

export class ScoreView {
  constructor(root, player, playlist) {
    this.root = root;
    this.player = player;
    this.playlist = playlist;
    this.id = Number(root.dataset.score);
    this.buttons = new Map(); // take -> button, for takes that have a score
    for (const button of root.querySelectorAll("[data-score-take]")) {
      const take = Number(button.dataset.scoreTake);
      this.buttons.set(take, button);
      button.addEventListener("click", () => this.show(take));
    }
    this.listener = () => this.follow();
    for (const name of ["change", "time"]) player.addEventListener(name, this.listener);
    if (!this.showHeard()) this.show(this.buttons.keys().next().value);
  }

  /** Show a take when it starts to play; until the next one starts, the user can view any other. */
  showHeard() {
    const { track } = this.player;
    const isOther = track?.job.id === this.id && track.key !== this.heardKey && this.buttons.has(track.take.index);
    if (!isOther) return false;
    this.heardKey = track.key;
    if (track.take.index !== this.take) this.show(track.take.index);
    return true;
  }

  async show(take) {
    this.take = take;
    this.head = null;
    for (const [index, button] of this.buttons) button.setAttribute("aria-pressed", String(index === take));
    try {
      const response = await fetch(this.buttons.get(take).dataset.url);
      if (!response.ok) throw new Error(`the score answered ${response.status}`);
      const score = await response.json();
      if (this.take !== take) return;
      this.draw(score);
      this.follow();
    } catch {
      part(this.root, "score").replaceChildren(element("p", { textContent: "The score could not be loaded." }));
    }
  }

  get key() {
    return `${this.id}:${this.take}`;
  }

  draw(score) {
    const tracks = [...voicesOf(score), ...(score.tracks ?? [])].filter(({ notes }) => notes.length);
    const drums = score.drums?.hits ?? []; // [start_s, piece, …] each
    this.lengthS = lengthOf(score, tracks, drums);
    const roomPx = this.root.querySelector(".score-scroll").clientWidth - PADDING_PX;
    this.scale = Math.max(LEAST_PX_PER_S, roomPx / this.lengthS); // pixels per second
    const { scale } = this;
    const pitches = tracks.flatMap(({ notes }) => notes.map((note) => note[2]));
    const high = Math.max(...pitches, 72) + MARGIN_PITCHES;
    const low = Math.min(...pitches, 60) - MARGIN_PITCHES;
    const top = SECTION_PX + CHORD_PX + GAP_PX;
    const rollPx = (high - low) * ROW_PX;
    const pieces = [...new Set(drums.map((hit) => hit[1]))];
    const height = top + rollPx + (pieces.length ? GAP_PX + pieces.length * LANE_PX : 0);
    const width = Math.max(1, Math.floor(this.lengthS * scale));
    const scene = svg("svg", { class: "score-svg", width, height, viewBox: `0 0 ${width} ${height}`, role: "img" });
    scene.setAttribute("aria-label", describe(score, tracks));
    scene.append(...sectionsOf(score, height, scale), ...chordsOf(score, scale));
    scene.append(...tracks.map((track, number) => rollOf(track, number, { top, high, scale })));
    if (pieces.length) scene.append(drumsOf(drums, pieces, top + rollPx + GAP_PX, scale));
    this.head = svg("line", { class: "score-head", x1: 0, x2: 0, y1: 0, y2: height });
    scene.append(this.head);
    scene.addEventListener("click", (event) => this.seek(event, scene));
    part(this.root, "score").replaceChildren(scene);
    part(this.root, "legend").replaceChildren(...legendOf(tracks, pieces));
  }

  seek(event, scene) {
    const box = scene.getBoundingClientRect();
    const share = Math.min(1, (event.clientX - box.left - PADDING_PX / 2) / this.scale / this.lengthS);
    if (this.player.isOn(this.key)) {
      this.player.seek((share * this.lengthS) / this.player.durationS);
      return;
    }
    const song = { id: this.id, name: this.root.closest("[data-song]").dataset.name };
    this.playlist.start(song, [song], { takeIndex: this.take, share });
  }

  follow() {
    if (!this.root.isConnected) {
      for (const name of ["change", "time"]) this.player.removeEventListener(name, this.listener);
      return;
    }
    this.showHeard();
    if (!this.head || !this.player.isOn(this.key)) return;
    const x = this.player.timeS * this.scale;
    this.head.setAttribute("x1", x);
    this.head.setAttribute("x2", x);
    this.keepInSight(x);
  }

  keepInSight(x) {
    const box = this.root.querySelector(".score-scroll");
    const isSeen = x > box.scrollLeft && x < box.scrollLeft + box.clientWidth * 0.9;
    if (!isSeen && this.player.isPlaying) box.scrollLeft = x - box.clientWidth * 0.1;
  }
}

/** Return the vocals as tracks: lead, harmonies, ad-libs. Doubles are skipped: they have the lead's notes. */
function voicesOf({ vocals = [] }) {
  const lines = Map.groupBy(vocals, ({ part: name }) => name);
  lines.delete("double");
  return [...lines].map(([name, sung]) => ({
    role: name.replaceAll("_", "-"),
    instrument: "voice",
    notes: sung.flatMap(({ syllables }) => syllables),
  }));
}

function lengthOf({ sections = [], chords = [] }, tracks, drums) {
  const ends = [
    ...sections.map((section) => section.end_s),
    ...chords.map((chord) => chord[1]),
    ...tracks.flatMap(({ notes }) => notes.map((note) => note[0] + note[1])),
    ...drums.map((hit) => hit[0]),
  ];
  return ends.reduce((last, end) => Math.max(last, end), 1);
}

function describe({ key, bpm, timesignature, sections = [], chords = [] }, tracks) {
  const names = sections.map(({ label }) => label).join(", ");
  const facts = [key, bpm && `${Math.round(bpm)} bpm`, timesignature].filter(Boolean).join(", ");
  return `${facts}. Sections: ${names}. ${chords.length} chords, ${tracks.length} parts.`;
}

function sectionsOf({ sections = [] }, height, scale) {
  return sections.flatMap(({ kind, label, start_s: start, end_s: end }) => {
    const [x, width] = [start * scale, (end - start) * scale];
    const size = { width: Math.max(0, width - 1), height: SECTION_PX - 4, rx: 3 };
    const box = svg("rect", { class: `score-section is-${kind}`, x, y: 0, ...size });
    const line = svg("line", { class: "score-bar", x1: x, x2: x, y1: 0, y2: height });
    return [line, box, ...wordsAt(label, x + 7, 15, width - 10, "score-label")];
  });
}

function chordsOf({ chords = [] }, scale) {
  return chords.flatMap(([start, end, name], number) => {
    if (chords[number - 1]?.[2] === name) return []; // continues the previous chord
    const last = chords.findIndex(([, , other], later) => later > number && other !== name);
    const until = last < 0 ? Math.max(end, chords.at(-1)[1]) : chords[last][0]; // end of the chord
    const [x, width] = [start * scale, (until - start) * scale];
    const tick = svg("line", { class: "score-tick", x1: x, x2: x, y1: SECTION_PX, y2: SECTION_PX + CHORD_PX - 6 });
    return [tick, ...wordsAt(name, x + 4, SECTION_PX + 14, width - 4, "score-chord")];
  });
}

const LABEL_FONT = "600 12px Manrope, sans-serif"; // .score-label and .score-chord of score.css
const LABEL_GAP_PX = 4;
const ruler = document.createElement("canvas").getContext("2d");

/** Return the label if there is room for it, so that labels never overlap. */
function wordsAt(words, x, y, width, name) {
  ruler.font = LABEL_FONT;
  if (ruler.measureText(words).width + LABEL_GAP_PX > width) return [];
  const text = svg("text", { class: name, x, y });
  text.textContent = words;
  return [text];
}

/** Return all notes of a part as one path, with a stroke for each note. */
function rollOf({ notes }, number, { top, high, scale }) {
  const strokes = notes.map(([start, length, pitch]) => {
    const y = top + (high - pitch) * ROW_PX;
    return `M${(start * scale).toFixed(1)} ${y.toFixed(1)}h${Math.max(1.5, length * scale - 1).toFixed(1)}`;
  });
  const name = `score-notes part-${number % COLOURS}`;
  return svg("path", { class: name, d: strokes.join(""), "stroke-width": ROW_PX - 0.6 });
}

function drumsOf(drums, pieces, top, scale) {
  const lanes = new Map(pieces.map((piece, number) => [piece, top + number * LANE_PX + LANE_PX / 2]));
  const strokes = drums.map(([start, piece]) => `M${(start * scale).toFixed(1)} ${lanes.get(piece)}h2`);
  return svg("path", { class: "score-notes score-drums", d: strokes.join(""), "stroke-width": LANE_PX - 2 });
}

function legendOf(tracks, pieces) {
  const names = tracks.map(({ role, instrument }) => `${instrument.replaceAll("_", " ")}, ${role}`);
  const items = names.map((name, number) => [name, `part-${number % COLOURS}`]);
  if (pieces.length) items.push(["drums", "part-drums"]);
  return items.map(([name, colour]) =>
    element("li", {}, element("span", { className: `score-swatch ${colour}` }), name),
  );
}

offer("[data-score]", (root, { heard, playlist }) => new ScoreView(root, heard, playlist));
