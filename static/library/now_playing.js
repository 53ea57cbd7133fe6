// The full-screen player: the cover, the lyrics in sync, and all controls.

import { announce, element, setIcon, siteUrl, visit } from "./dom.js";
import { LyricsView, lrcOf } from "./lyrics.js";
import { listenToModes, showModes, showPicture, songItems, takeButtons } from "./player_parts.js";
import { readPeaks, Waveform } from "./waveform.js";
import { clock, KIND_WORDS } from "./words.js";

const SWIPE_PX = 90; // down, and more down than sideways

/** The browser's Back button closes it: while it is open, the tab's history has one more entry. */
export class NowPlaying {
  constructor(root, { player, playlist, rows }) {
    Object.assign(this, { root, player, playlist, rows });
    this.wave = new Waveform(this.part("wave"), (share) => player.seek(share));
    this.words = new LyricsView(this.part("words"), (atS) => player.seek(atS / player.durationS));
    const handlers = {
      close: () => this.close(),
      toggle: () => player.toggle(),
      previous: () => playlist.previous(),
      next: () => playlist.next(),
      like: () => this.like(),
      list: () => this.flip("queue"),
    };
    for (const [name, act] of Object.entries(handlers)) this.part(name).addEventListener("click", act);
    this.part("title").addEventListener("click", (event) => this.leave(event));
    root.addEventListener("close", () => this.end());
    addEventListener("popstate", (event) => this.step(event), { capture: true });
    document.addEventListener("htmx:afterSettle", ({ detail }) => detail.boosted && this.close()); // another page
    listenToModes(root, playlist);
    this.listenToSwipes();
    document.addEventListener("click", (event) => event.target.closest("[data-now-open]") && this.open());
    for (const name of ["change", "time"]) player.addEventListener(name, () => this.isOpen && this.show());
    playlist.addEventListener("change", () => this.isOpen && this.showPlaylist());
    rows.addEventListener("reacted", () => this.isOpen && this.showOpinion());
  }

  get isOpen() {
    return this.root.open;
  }

  part(name) {
    return this.root.querySelector(`[data-now="${name}"]`);
  }

  // Opening and closing

  open() {
    if (this.isOpen || !this.player.track) return;
    history.pushState({ nowPlaying: true }, "");
    this.showModal();
  }

  showModal() {
    this.shownKey = null;
    this.root.showModal();
    this.show();
    this.showPlaylist();
  }

  flipOpen() {
    if (this.isOpen) this.close();
    else this.open();
  }

  /** Closes it, and calls `then` once the history is as before. */
  close(then) {
    if (this.isOpen) {
      this.then = then;
      this.root.close();
    } else then?.();
  }

  /** Runs however it was closed: by a button, by Escape, or by Back, which has already removed its entry. */
  end() {
    this.isGoingBack = Boolean(history.state?.nowPlaying);
    if (this.isGoingBack) history.back();
    else this.goOn();
  }

  goOn() {
    const { then } = this;
    this.then = null;
    then?.();
  }

  /** Runs before all other listeners: the page below is the same and must not be fetched again. */
  step(event) {
    const isOurs = event.state?.nowPlaying || this.isGoingBack || this.isOpen;
    if (!isOurs) return;
    event.stopImmediatePropagation();
    if (event.state?.nowPlaying) {
      if (this.player.track && !this.isOpen) this.showModal();
    } else if (this.isGoingBack) {
      this.isGoingBack = false;
      this.goOn();
    } else this.root.close();
  }

  leave(event) {
    event.preventDefault();
    const { href } = event.currentTarget;
    this.close(() => visit(href));
  }

  listenToSwipes() {
    let from = null;
    this.root.addEventListener("touchstart", ({ touches, target }) => {
      from = touches.length === 1 && !target.closest("canvas, .now-words") ? touches[0] : null;
    }, { passive: true });
    this.root.addEventListener("touchend", ({ changedTouches: [to] }) => {
      const [right, down] = from ? [to.clientX - from.clientX, to.clientY - from.clientY] : [0, 0];
      if (down > SWIPE_PX && down > 2 * Math.abs(right)) this.close();
    });
  }

  // Display

  show() {
    const { track, isPlaying, timeS, durationS, share } = this.player;
    if (!track) {
      this.close();
      return;
    }
    if (this.shownKey !== track.key) this.describe(track);
    const toggle = this.part("toggle");
    setIcon(toggle, isPlaying ? "pause" : "play");
    toggle.setAttribute("aria-label", isPlaying ? "Pause" : "Play");
    this.wave.moveTo(share);
    this.part("elapsed").textContent = clock(timeS);
    this.part("length").textContent = clock(durationS);
    this.words.follow(timeS);
  }

  describe({ key, job, take }) {
    this.shownKey = key;
    showPicture(this.part("cover"), job);
    const title = this.part("title");
    title.textContent = job.display_name;
    title.href = siteUrl(`tracks/${job.id}`);
    this.part("subtitle").textContent = KIND_WORDS[job.task] ?? job.task;
    this.part("takes").hidden = job.takes.length < 2;
    this.part("takes").replaceChildren(...takeButtons(job, take, this.playlist));
    this.words.show(job.lyrics, lrcOf(job, take));
    if (this.words.isEmpty) this.part("words").append(element("p", { className: "now-none", textContent: "Instrumental: no lyrics." }));
    this.showOpinion();
    this.showPeaks(key, take);
  }

  async showPeaks(key, take) {
    this.wave.show([], take.duration);
    const peaks = await readPeaks(take.peaks_url);
    if (this.shownKey === key) this.wave.show(peaks, take.duration);
    this.wave.moveTo(this.player.share);
  }

  showPlaylist() {
    this.part("next").disabled = !this.playlist.hasNext;
    const title = this.part("title");
    if (this.player.track) title.textContent = this.player.track.job.display_name;
    showModes(this.root, this.playlist);
    this.part("songs").replaceChildren(...songItems(this.playlist, "playlist-song"));
  }

  /** Switches between the lyrics and the queue. */
  flip(name) {
    const showsQueue = name === "queue" && this.part("queue").hidden;
    this.part("queue").hidden = !showsQueue;
    this.part("words").hidden = showsQueue;
    this.part("list").setAttribute("aria-pressed", String(showsQueue));
    announce(showsQueue ? "Up next" : "Lyrics");
  }

  async like() {
    await this.rows.react(this.player.track.job.id, "like");
    this.showOpinion();
  }

  showOpinion() {
    const { job } = this.player.track;
    const { opinions } = this.rows;
    if (!opinions.has(job.id)) opinions.set(job.id, job.interaction);
    const value = opinions.get(job.id);
    this.part("like").setAttribute("aria-pressed", String(value === "like"));
  }
}
