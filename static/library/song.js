// One job on the shelf, in whatever state it is.

import { drawCover } from "./cover.js";
import { action, clone, element, part, setIcon, setText } from "./dom.js";
import { LyricsView } from "./lyrics.js";
import { playableUrl } from "./player.js";
import { Waveform } from "./waveform.js";
import { ago, factsOf, KIND_WORDS, stageWords } from "./words.js";

const UNFINISHED = ["PENDING", "PROCESSING"];
const FORMAT_NOTES = { flac: "lossless", wav: "lossless", mp3: "small", ogg: "small" };

export function isUnfinished(job) {
  return UNFINISHED.includes(job.status);
}

export class SongCard {
  /** `handlers`: cancel, retry and remove, each called with this card. */
  constructor(job, player, handlers) {
    this.player = player;
    this.handlers = handlers;
    this.root = clone("song-template");
    this.takeIndex = 1;
    this.waveform = new Waveform(this.root.querySelector("canvas"), (share) => this.seek(share));
    this.lyrics = new LyricsView(part(this.root, "lyrics"), (atS) => this.seek(atS / this.take.duration));
    this.listen();
    drawCover(part(this.root, "cover"), job.id);
    this.show(job);
  }

  get take() {
    return this.job.takes.find(({ index }) => index === this.takeIndex) ?? this.job.takes[0];
  }

  get key() {
    return `${this.job.id}:${this.takeIndex}`;
  }

  get isHeard() {
    return this.player.isOn(this.key);
  }

  listen() {
    const handlers = {
      play: () => this.playOrPause(),
      cancel: () => this.handlers.cancel(this),
      retry: () => this.handlers.retry(this),
      delete: () => this.handlers.remove(this),
      lyrics: () => this.flipLyrics(),
    };
    for (const [name, handler] of Object.entries(handlers)) {
      action(this.root, name).addEventListener("click", handler);
    }
  }

  close() {
    if (this.isHeard) this.player.stop();
    this.waveform.close();
    this.root.remove();
  }

  // What it shows

  show(job) {
    this.job = job;
    this.root.dataset.status = job.status;
    part(this.root, "title").textContent = job.display_name;
    part(this.root, "kind").textContent = KIND_WORDS[job.task] ?? job.task;
    setText(part(this.root, "prompt"), job.prompt);
    this.showTime();
    this.showProgress();
    this.showFailure();
    this.showActions();
    if (job.takes.length) this.showTake();
  }

  showTime() {
    const made = new Date(this.job.created_at);
    const time = part(this.root, "time");
    time.dateTime = this.job.created_at;
    time.title = made.toLocaleString();
    time.textContent = ago(made);
  }

  showProgress() {
    const box = part(this.root, "progress");
    box.hidden = !isUnfinished(this.job);
    if (box.hidden) return;
    const bar = box.querySelector("progress");
    bar.value = this.job.progress ?? 0;
    bar.setAttribute("aria-label", `Progress of ${this.job.display_name}`);
    part(box, "stage").textContent = stageWords(this.job);
    part(box, "percent").textContent = this.job.status === "PENDING" ? "" : `${this.job.progress ?? 0} %`;
  }

  showFailure() {
    const words = {
      FAILED: this.job.error_message || "The song could not be made.",
      CANCELLED: "Cancelled before it was done.",
    };
    const box = part(this.root, "failure");
    setText(box, words[this.job.status] ?? "");
    box.classList.toggle("notice-error", this.job.status === "FAILED");
  }

  showActions() {
    const { status, takes, display_name: name } = this.job;
    action(this.root, "cancel").hidden = !isUnfinished(this.job);
    action(this.root, "cancel").disabled = false;
    action(this.root, "retry").hidden = status !== "FAILED";
    action(this.root, "delete").hidden = isUnfinished(this.job);
    action(this.root, "delete").setAttribute("aria-label", `Delete ${name}`);
    for (const shown of ["downloads", "wave", "foot"]) part(this.root, shown).hidden = !takes.length;
    this.showPlaying();
  }

  showTake() {
    this.showTakes();
    const facts = factsOf(this.job, this.take).map((fact) => element("li", { textContent: fact }));
    part(this.root, "tags").replaceChildren(...facts);
    this.showDownloads();
    this.lyrics.show(this.job.lyrics, this.take.lrc ?? this.job.lrc_content);
    action(this.root, "lyrics").hidden = this.lyrics.isEmpty;
    if (this.shownPeaks !== this.key) this.waveform.show([], this.take.duration);
    if (this.isSeen) this.loadPeaks();
    this.showPlace();
  }

  showTakes() {
    const buttons = this.job.takes.map(({ index }) => {
      const button = element("button", { type: "button", className: "take", textContent: index });
      button.setAttribute("aria-label", `Take ${index}`);
      button.setAttribute("aria-pressed", String(index === this.takeIndex));
      button.addEventListener("click", () => this.chooseTake(index));
      return button;
    });
    const box = part(this.root, "takes");
    box.hidden = buttons.length < 2;
    box.replaceChildren(...buttons);
  }

  showDownloads() {
    const links = Object.entries(this.take.urls).map(([format, url]) => {
      const note = element("small", { textContent: FORMAT_NOTES[format] ?? "" });
      const link = element("a", { href: asDownload(url), download: "" }, format.toUpperCase(), note);
      return element("li", {}, link);
    });
    part(this.root, "download-list").replaceChildren(...links);
    part(this.root, "downloads").querySelector("summary").setAttribute("aria-label", `Download ${this.job.display_name}`);
  }

  /** The peaks, once somebody can see them; a wave that cannot be had stays flat. */
  async loadPeaks() {
    this.isSeen = true;
    if (!this.job.takes.length || this.shownPeaks === this.key) return;
    const { key, take } = this;
    this.shownPeaks = key;
    const peaks = await peaksAt(take.peaks_url);
    if (key === this.key) this.waveform.show(peaks, take.duration);
    this.showPlace();
  }

  // Hearing it

  get track() {
    const { key, job, take } = this;
    return { key, job, take, url: playableUrl(this.player.audio, job, take) };
  }

  playOrPause() {
    if (this.isHeard) this.player.toggle();
    else this.player.play(this.track);
  }

  seek(share) {
    if (this.isHeard) this.player.seek(share);
    else this.player.play(this.track, share);
  }

  chooseTake(index) {
    const goesOn = this.isHeard && this.player.isPlaying;
    const { share } = this.player;
    this.takeIndex = index;
    this.showTake();
    part(this.root, "takes").children[this.job.takes.indexOf(this.take)]?.focus();
    if (goesOn) this.player.play(this.track, share);
    else this.showPlaying();
  }

  showPlaying() {
    const button = action(this.root, "play");
    const plays = this.isHeard && this.player.isPlaying;
    button.hidden = !this.job.takes.length;
    button.setAttribute("aria-label", `${plays ? "Pause" : "Play"} ${this.job.display_name}`);
    setIcon(button, plays ? "pause" : "play");
    this.root.classList.toggle("is-playing", plays);
    this.root.classList.toggle("is-paused", this.isHeard && !plays);
    this.showPlace();
  }

  showPlace() {
    if (!this.job.takes.length) return;
    if (this.isHeard || this.waveform.share) this.waveform.moveTo(this.isHeard ? this.player.share : 0);
    this.lyrics.follow(this.isHeard ? this.player.timeS : null);
  }

  flipLyrics() {
    const box = part(this.root, "lyrics");
    box.hidden = !box.hidden;
    action(this.root, "lyrics").setAttribute("aria-expanded", String(!box.hidden));
  }
}

/** The loudest sample of each slice, 0..1; none where the answer is not what was wanted. */
async function peaksAt(url) {
  try {
    const answer = await (await fetch(url)).json();
    return answer.peaks ?? [];
  } catch {
    return [];
  }
}

/** Ours with ?download=1; a link to elsewhere stays as it was signed. */
function asDownload(url) {
  const address = new URL(url, location.href);
  if (address.origin === location.origin) address.searchParams.set("download", "1");
  return address.href;
}
