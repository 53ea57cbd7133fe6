// Compares two songs: both play in sync, one of them is audible.

import { part, setIcon } from "./dom.js";
import { offer } from "./page_scripts.js";
import { clock } from "./words.js";

const APART_S = 0.06; // if they drift further apart, the silent one is moved

export class Comparison {
  constructor(root, player) {
    this.root = root;
    this.player = player;
    this.sounds = [...root.querySelectorAll("audio")];
    this.playButton = part(root, "play");
    this.place = part(root, "place");
    this.playButton.addEventListener("click", () => this.toggle());
    this.place.addEventListener("input", () => this.seek(this.place.valueAsNumber));
    for (const choice of root.querySelectorAll('input[name="heard"]')) {
      choice.addEventListener("change", () => this.hear(Number(choice.value)));
    }
    for (const [index, sound] of this.sounds.entries()) {
      sound.addEventListener("timeupdate", () => index === this.heard && this.follow());
      for (const name of ["play", "pause"]) sound.addEventListener(name, () => this.show());
      sound.addEventListener("ended", () => index === this.heard && this.pause());
    }
    root.addEventListener("htmx:beforeCleanupElement", () => this.pause(), { once: true });
    this.hear(0);
  }

  get main() {
    return this.sounds[this.heard];
  }

  toggle() {
    if (!this.main.paused) {
      this.pause();
      return;
    }
    if (this.player.isPlaying) this.player.toggle();
    for (const sound of this.sounds) sound.play().catch(() => this.show());
  }

  pause() {
    for (const sound of this.sounds) sound.pause();
  }

  hear(index) {
    this.heard = index;
    for (const [number, sound] of this.sounds.entries()) sound.muted = number !== index;
    this.follow();
    this.show();
  }

  seek(second) {
    for (const sound of this.sounds) sound.currentTime = second;
    this.follow();
  }

  follow() {
    const now = this.main.currentTime;
    for (const sound of this.sounds) {
      if (sound !== this.main && !sound.ended && Math.abs(sound.currentTime - now) > APART_S) sound.currentTime = now;
    }
    this.place.value = String(now);
    this.place.setAttribute("aria-valuetext", clock(now));
    part(this.root, "clock").textContent = clock(now);
  }

  show() {
    const isPlaying = !this.main.paused;
    setIcon(this.playButton, isPlaying ? "pause" : "play");
    this.playButton.setAttribute("aria-pressed", String(isPlaying));
    part(this.root, "play-word").textContent = isPlaying ? "Pause" : "Play";
  }
}

offer("[data-compare]", (root, { player }) => new Comparison(root, player));
