// Marks a stretch of a song: by dragging on its waveform, by a section's button, or in the two fields, which
// are the source of truth. Edges snap to bars or beats only as the field "Edges" says.

import { byId, element, part } from "./dom.js";
import { offer } from "./page_scripts.js";
import { readPeaks, Waveform } from "./waveform.js";

const LEAST_S = 0.5;
const STEP_S = 0.1; // for arrow keys, unless edges snap to bars

export class Stretch {
  constructor(root) {
    this.song = JSON.parse(byId("stretch-song").textContent);
    this.form = root.closest("form");
    this.map = part(root, "map");
    this.mark = part(root, "mark");
    const { repainting_start: start, repainting_end: end, snap } = this.form.elements;
    Object.assign(this, { start, end, snap });
    part(root, "sections").replaceChildren(...this.song.sections.map((section) => this.button(section)));
    for (const control of [start, end, snap]) control.addEventListener("input", () => this.show());
    for (const field of [start, end]) field.addEventListener("keydown", (event) => this.step(event));
    for (const name of ["pointerdown", "pointermove", "pointerup"]) {
      this.map.addEventListener(name, (event) => this[name](event));
    }
    this.map.addEventListener("pointercancel", () => this.pointerup()); // a touch became a scroll
    this.draw(this.map.querySelector("canvas"));
    this.show();
  }

  async draw(canvas) {
    const wave = new Waveform(canvas, () => {});
    canvas.addEventListener("htmx:beforeCleanupElement", () => wave.close(), { once: true });
    wave.show(await readPeaks(canvas.dataset.peaks), this.song.duration_s);
  }

  button({ label, start_s: start, end_s: end }) {
    const button = element("button", { type: "button", className: "button button-small", textContent: label });
    button.addEventListener("click", () => this.set(start, end));
    return button;
  }

  pointerdown(event) {
    if (event.button !== 0) return;
    this.map.setPointerCapture(event.pointerId);
    this.anchorS = this.at(event);
    event.preventDefault();
  }

  pointermove(event) {
    if (this.anchorS === undefined || !this.map.hasPointerCapture(event.pointerId)) return;
    const [from, to] = [this.anchorS, this.at(event)].sort((one, other) => one - other);
    this.set(this.snapped(from), this.snapped(to), { isDone: false });
  }

  pointerup() {
    if (this.anchorS === undefined) return;
    this.anchorS = undefined;
    this.tell();
  }

  at(event) {
    const box = this.map.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return share * this.song.duration_s;
  }

  /** Move an edge by a bar or a tenth of a second with the arrow keys. */
  step(event) {
    const sign = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!sign) return;
    event.preventDefault();
    const field = event.target;
    const by = this.snap.value === "bar" ? this.song.bar_s : STEP_S;
    const second = this.snapped((field.valueAsNumber || 0) + sign * by);
    field.value = (Math.floor(Math.min(this.song.duration_s, Math.max(0, second)) * 100) / 100).toFixed(2);
    this.show();
    this.tell();
  }

  snapped(second) {
    if (this.snap.value !== "bar") return second;
    const { lead_in_s: begin, bar_s: bar } = this.song;
    return Math.max(0, begin + Math.round((second - begin) / bar) * bar);
  }

  set(start, end, { isDone = true } = {}) {
    const last = Math.min(this.song.duration_s, Math.max(end, start + LEAST_S));
    this.start.value = start.toFixed(2);
    this.end.value = (Math.floor(last * 100) / 100).toFixed(2); // never past the song's end
    this.show();
    if (isDone) this.tell();
  }

  show() {
    const [start, end] = [this.start, this.end].map(({ valueAsNumber: second }) => second || 0);
    const share = (second) => `${(100 * Math.min(1, Math.max(0, second / this.song.duration_s))).toFixed(3)}%`;
    this.mark.setAttribute("x", share(start));
    this.mark.setAttribute("width", share(Math.max(0, end - start)));
  }

  /** Request the price again. */
  tell() {
    this.form.dispatchEvent(new Event("stretch"));
  }
}

offer("[data-stretch]", (root) => new Stretch(root));
