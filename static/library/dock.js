// The player docked at the bottom of the page.

import { tintByCover } from "./cover.js";
import { action, part, setIcon, siteUrl } from "./dom.js";
import { LyricsView, lrcOf } from "./lyrics.js";
import { listenToModes, showModes, showPicture, songItems, takeButtons } from "./player_parts.js";
import { readPeaks, Waveform } from "./waveform.js";
import { clock, KIND_WORDS } from "./words.js";

const PANELS = ["lyrics", "queue"];

export class Dock {
  constructor(root, player, playlist) {
    this.root = root;
    this.player = player;
    this.playlist = playlist;
    this.toggle = action(root, "toggle");
    this.mute = action(root, "mute");
    this.volume = part(root, "volume");
    this.wave = new Waveform(part(root, "wave"), (share) => player.seek(share));
    this.lyrics = new LyricsView(this.panel("lyrics"), (atS) => player.seek(atS / player.durationS));
    this.listen();
    this.showVolume();
  }

  listen() {
    const { player, playlist } = this;
    const handlers = {
      toggle: () => player.toggle(),
      previous: () => playlist.previous(),
      next: () => playlist.next(),
      mute: () => this.flipMute(),
      lyrics: () => this.flip("lyrics"),
      queue: () => this.flip("queue"),
    };
    for (const [name, handler] of Object.entries(handlers)) action(this.root, name).addEventListener("click", handler);
    listenToModes(this.root, playlist);
    this.volume.addEventListener("input", () => player.setVolume(this.volume.valueAsNumber));
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.flip(null));
    player.addEventListener("change", () => this.showTrack());
    player.addEventListener("time", () => this.showTime());
    player.addEventListener("volume", () => this.showVolume());
    playlist.addEventListener("change", () => this.showPlaylist());
  }

  panel(name) {
    return this.root.querySelector(`[data-panel="${name}"]`);
  }

  /** Open a panel, or close it if it is open; null closes both. */
  flip(name) {
    for (const each of PANELS) {
      const isOpen = each === name && this.panel(each).hidden;
      const hadFocus = this.panel(each).contains(document.activeElement);
      this.panel(each).hidden = !isOpen;
      action(this.root, each).setAttribute("aria-expanded", String(isOpen));
      if (hadFocus && !isOpen) action(this.root, each).focus();
    }
    this.showTime();
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
    showPicture(part(this.root, "cover"), job);
    tintByCover(this.root, job.id);
    const title = part(this.root, "title");
    title.textContent = job.display_name;
    title.href = siteUrl(`tracks/${job.id}`);
    part(this.root, "subtitle").textContent = KIND_WORDS[job.task] ?? job.task;
    this.lyrics.show(job.lyrics, lrcOf(job, take));
    action(this.root, "lyrics").disabled = this.lyrics.isEmpty;
    if (this.lyrics.isEmpty && !this.panel("lyrics").hidden) this.flip(null);
    this.showTakes(job, take);
    this.showPeaks(key, take);
  }

  rename(id, name) {
    if (this.player.track?.job.id === id) part(this.root, "title").textContent = name;
  }

  async showPeaks(key, take) {
    this.wave.show([], take.duration);
    const peaks = await readPeaks(take.peaks_url);
    if (this.shownKey === key) this.wave.show(peaks, take.duration);
    this.showTime();
  }

  showTakes(job, take) {
    const buttons = takeButtons(job, take, this.playlist);
    const box = part(this.root, "takes");
    const focused = [...box.children].indexOf(document.activeElement);
    box.hidden = buttons.length < 2;
    box.replaceChildren(...buttons);
    buttons[focused]?.focus();
  }

  showPlaylist() {
    action(this.root, "next").disabled = !this.playlist.hasNext;
    showModes(this.root, this.playlist);
    part(this.root, "playlist").replaceChildren(...songItems(this.playlist, "playlist-song"));
  }

  showTime() {
    const { timeS, durationS, share } = this.player;
    this.wave.moveTo(share);
    part(this.root, "elapsed").textContent = clock(timeS);
    part(this.root, "length").textContent = clock(durationS);
    if (this.player.track) this.lyrics.follow(timeS);
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
