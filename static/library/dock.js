// The player at the foot of the page.

import { drawCover } from "./cover.js";
import { action, part, setIcon } from "./dom.js";
import { clock, KIND_WORDS } from "./words.js";

export class Dock {
  constructor(root, player) {
    this.root = root;
    this.player = player;
    this.toggle = action(root, "toggle");
    this.mute = action(root, "mute");
    this.seek = part(root, "seek");
    this.volume = part(root, "volume");
    this.toggle.addEventListener("click", () => player.toggle());
    this.mute.addEventListener("click", () => this.flipMute());
    this.seek.addEventListener("input", () => player.seek(this.seek.valueAsNumber / player.durationS));
    this.volume.addEventListener("input", () => this.setVolume(this.volume.valueAsNumber));
    player.addEventListener("change", () => this.showTrack());
    player.addEventListener("time", () => this.showTime());
    player.addEventListener("volume", () => this.showVolume());
    this.showVolume();
  }

  showTrack() {
    const { track, isPlaying } = this.player;
    this.root.hidden = !track;
    document.body.classList.toggle("has-player", Boolean(track));
    if (!track) return;
    setIcon(this.toggle, isPlaying ? "pause" : "play");
    this.toggle.setAttribute("aria-label", isPlaying ? "Pause" : "Play");
    if (this.shownKey !== track.key) this.describe(track);
    this.showTime();
  }

  describe({ key, job, take }) {
    this.shownKey = key;
    drawCover(part(this.root, "cover"), job.id);
    part(this.root, "title").textContent = job.display_name;
    const takeWords = job.batch_size > 1 ? `, take ${take.index}` : "";
    part(this.root, "subtitle").textContent = (KIND_WORDS[job.task] ?? job.task) + takeWords;
  }

  showTime() {
    const { timeS, durationS } = this.player;
    this.seek.max = String(durationS || 1);
    this.seek.value = String(timeS);
    this.seek.setAttribute("aria-valuetext", `${clock(timeS)} of ${clock(durationS)}`);
    part(this.root, "elapsed").textContent = clock(timeS);
    part(this.root, "length").textContent = clock(durationS);
  }

  setVolume(volume) {
    this.player.audio.muted = false;
    this.player.audio.volume = volume;
  }

  flipMute() {
    this.player.audio.muted = !this.player.audio.muted;
  }

  showVolume() {
    const { volume, muted } = this.player.audio;
    this.volume.value = String(muted ? 0 : volume);
    setIcon(this.mute, muted || volume === 0 ? "muted" : "volume");
    this.mute.setAttribute("aria-pressed", String(muted));
  }
}
