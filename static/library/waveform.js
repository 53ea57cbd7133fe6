// A take's loudness as bars on a canvas; click, drag or use the arrow keys to seek.

import { clock } from "./words.js";

const BAR_PX = 3;
const GAP_PX = 1;
const STEP_S = 5;

export class Waveform {
  /** `onSeek(share)` is called with the chosen position in the take (0..1). */
  constructor(canvas, onSeek) {
    this.canvas = canvas;
    this.onSeek = onSeek;
    this.peaks = [];
    this.share = 0;
    this.durationS = 0;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(canvas);
    this.redraw = () => this.draw();
    document.addEventListener("themechange", this.redraw);
  }

  /** Call when the canvas leaves the page. */
  close() {
    this.watcher.disconnect();
    document.removeEventListener("themechange", this.redraw);
  }

  show(peaks, durationS) {
    this.peaks = peaks;
    this.durationS = durationS;
    this.moveTo(0);
  }

  moveTo(share) {
    this.share = Math.min(1, Math.max(0, share || 0));
    const nowS = this.share * this.durationS;
    this.canvas.setAttribute("aria-valuemin", "0");
    this.canvas.setAttribute("aria-valuemax", String(Math.round(this.durationS)));
    this.canvas.setAttribute("aria-valuenow", String(Math.round(nowS)));
    this.canvas.setAttribute("aria-valuetext", `${clock(nowS)} of ${clock(this.durationS)}`);
    this.draw();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width) return;
    const scale = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * scale)) this.canvas.width = Math.round(width * scale);
    if (this.canvas.height !== Math.round(height * scale)) this.canvas.height = Math.round(height * scale);
    const ink = this.canvas.getContext("2d");
    ink.setTransform(scale, 0, 0, scale, 0, 0);
    ink.clearRect(0, 0, width, height);
    this.drawBars(ink, width, height);
  }

  drawBars(ink, width, height) {
    const colours = getComputedStyle(this.canvas);
    const [rest, played] = ["--wave", "--wave-played"].map((name) => colours.getPropertyValue(name));
    const count = Math.max(1, Math.floor(width / (BAR_PX + GAP_PX)));
    const loudest = Math.max(...this.peaks, 0.05);
    for (let bar = 0; bar < count; bar += 1) {
      const tall = Math.max(2, (peakBetween(this.peaks, bar / count, (bar + 1) / count) / loudest) * height);
      ink.fillStyle = bar / count < this.share ? played : rest;
      ink.fillRect(bar * (BAR_PX + GAP_PX), (height - tall) / 2, BAR_PX, tall);
    }
  }

  press(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.seekTo(event);
  }

  drag(event) {
    if (this.canvas.hasPointerCapture(event.pointerId)) this.seekTo(event);
  }

  seekTo(event) {
    const box = this.canvas.getBoundingClientRect();
    this.onSeek(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
  }

  key(event) {
    const step = STEP_S / (this.durationS || 1);
    const moves = {
      ArrowLeft: this.share - step,
      ArrowDown: this.share - step,
      ArrowRight: this.share + step,
      ArrowUp: this.share + step,
      Home: 0,
      End: 0.999,
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.onSeek(Math.min(1, Math.max(0, moves[event.key])));
  }
}

/** Return the highest peak between two shares of the whole; 0 if there are none. */
function peakBetween(peaks, start, stop) {
  const first = Math.floor(start * peaks.length);
  const last = Math.max(first + 1, Math.ceil(stop * peaks.length));
  let loudest = 0;
  for (let index = first; index < last && index < peaks.length; index += 1) {
    loudest = Math.max(loudest, peaks[index]);
  }
  return loudest;
}

/** Parse a row's waveform: one character per bar, "0" to "z". */
export function readBars(letters) {
  return [...letters].map((letter) => Number.parseInt(letter, 36) / 35);
}

/** Fetch the peak of each slice, 0..1; empty if the response is not as expected. */
export async function readPeaks(url) {
  try {
    return (await (await fetch(url)).json()).peaks ?? [];
  } catch {
    return [];
  }
}
