// The stem mixer: mute, solo and volume for each stem of a song, all played in sync.

import { part, setIcon } from "./dom.js";
import { offer } from "./page_scripts.js";
import { trackOf } from "./playlist.js";
import { toast } from "./toast.js";
import { clock } from "./words.js";

const TICK_MS = 100;
const APART_S = 0.004; // closer together than this, stems count as in sync
const LOST_S = 0.1; // further apart, all restart together; below that, a stem's speed is nudged
const NUDGE_PER_S = 4; // relative change of speed for each second of offset
const MOST_NUDGE = 0.04;

class Stem {
  constructor(root) {
    this.sound = root.querySelector("audio");
    this.sound.preservesPitch = false; // time stretching smears; the pitch barely changes
    this.mute = part(root, "mute");
    this.solo = part(root, "solo");
    this.volume = part(root, "volume");
    this.sound.volume = 0.5;
    this.isStiff = this.sound.volume !== 0.5; // on an iPhone only its hardware keys change the volume
    this.volume.disabled = this.isStiff && !window.AudioContext;
    this.name = root.dataset.stem;
  }

  get isReady() {
    const { ended, seeking, readyState } = this.sound;
    return ended || (!seeking && readyState >= HTMLMediaElement.HAVE_FUTURE_DATA);
  }

  hear(isAnySolo) {
    const isHeard = !isPressed(this.mute) && (!isAnySolo || isPressed(this.solo));
    this.sound.muted = !isHeard;
    const loudness = this.volume.valueAsNumber / 100;
    if (this.gain) this.gain.gain.value = loudness;
    else this.sound.volume = loudness;
    this.volume.setAttribute("aria-valuetext", `${this.volume.value} %`);
  }

  /** Route the sound through a GainNode, which works on every phone. */
  wire(context) {
    if (this.gain) return;
    this.gain = context.createGain();
    context.createMediaElementSource(this.sound).connect(this.gain).connect(context.destination);
  }

  aheadS(timeS) {
    return this.sound.ended ? 0 : this.sound.currentTime - timeS;
  }

  start() {
    this.sound.play().catch(() => {}); // paused before it began, or an "error" event follows
  }

  /** Nudge the playback rate towards the position of the others. */
  approach(timeS) {
    const aheadS = this.aheadS(timeS);
    const nudge = Math.abs(aheadS) < APART_S ? 0 : aheadS * NUDGE_PER_S;
    const rate = 1 - Math.min(MOST_NUDGE, Math.max(-MOST_NUDGE, nudge));
    if (this.sound.playbackRate !== rate) this.sound.playbackRate = rate;
  }
}

/** Events, like the player's: "change" and "time". */
export class Mixer extends EventTarget {
  constructor(root, { player, playlist, heard }) {
    super();
    Object.assign(this, { root, player, playlist, heard, track: null, isPlaying: false });
    this.stems = [...root.querySelectorAll("[data-stem]")].map((each) => new Stem(each));
    this.playButton = part(root, "play");
    this.place = part(root, "place");
    this.playButton.addEventListener("click", () => this.toggle());
    this.place.addEventListener("input", () => this.moveTo(this.place.valueAsNumber));
    for (const stem of this.stems) this.listenTo(stem);
    this.listener = () => player.isPlaying && this.pause();
    player.addEventListener("change", this.listener);
    root.addEventListener("htmx:beforeCleanupElement", () => this.close(), { once: true });
    root.hidden = false;
    this.mix();
  }

  listenTo(stem) {
    for (const button of [stem.mute, stem.solo]) {
      button.addEventListener("click", () => {
        button.setAttribute("aria-pressed", String(!isPressed(button)));
        this.mix();
      });
    }
    stem.volume.addEventListener("input", () => this.mix());
    for (const name of ["canplay", "waiting", "seeked", "ended"]) {
      stem.sound.addEventListener(name, () => this.run());
    }
    const last = stem.sound.querySelector("source:last-of-type");
    for (const source of [last, stem.sound]) source.addEventListener("error", () => this.fail(stem));
  }

  get timeS() {
    return this.stems[0].sound.currentTime;
  }

  get durationS() {
    return Number(this.place.max);
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  play() {
    if (this.player.isPlaying) this.player.toggle();
    if (this.stems.some(({ sound }) => sound.ended)) this.moveTo(0);
    this.isPlaying = true;
    this.isRunning = false;
    this.wire();
    for (const stem of this.stems) {
      if (stem.sound.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) stem.sound.load(); // retry
      stem.start(); // all within the click: phones block sound otherwise
    }
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
    this.run();
    this.show();
    this.heard.follow(this);
    this.learnTrack();
  }

  /** Use GainNodes if the elements' own volume is fixed. Call within a click: phones require it. */
  wire() {
    if (!this.stems.some(({ isStiff }) => isStiff) || !window.AudioContext) return;
    this.context ??= new AudioContext();
    this.context.resume();
    for (const stem of this.stems) stem.wire(this.context);
    this.mix();
  }

  pause() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    clearInterval(this.timer);
    this.timer = null;
    for (const { sound } of this.stems) sound.pause();
    this.moveTo(this.timeS); // aligns all stems
    this.show();
  }

  /** Play all stems, or hold them while one of them is still loading. */
  run() {
    if (!this.isPlaying) return;
    if (this.stems.every(({ sound }) => sound.ended)) this.pause();
    else if (!this.stems.every(({ isReady }) => isReady)) this.hold();
    else if (!this.isRunning) this.begin();
  }

  /** Pause the stems that are ready. The others keep waiting: a phone loads only what was asked to play. */
  hold() {
    this.isRunning = false;
    for (const { sound, isReady } of this.stems) if (isReady) sound.pause();
  }

  /** Start all stems from the same position. If one has to seek for that, this runs again when it has. */
  begin() {
    this.isRunning = false;
    for (const { sound } of this.stems) sound.pause();
    const now = this.timeS;
    const strays = this.stems.filter((stem) => Math.abs(stem.aheadS(now)) > APART_S);
    for (const { sound } of strays) sound.currentTime = now;
    if (strays.length) return;
    this.isRunning = true;
    for (const stem of this.stems) if (!stem.sound.ended) stem.start();
  }

  tick() {
    const others = this.isRunning ? this.stems.slice(1) : [];
    if (others.some((stem) => Math.abs(stem.aheadS(this.timeS)) > LOST_S)) this.begin();
    else for (const stem of others) stem.approach(this.timeS);
    this.showTime();
  }

  /** Seek to a share of the length, as the player does. */
  seek(share) {
    this.moveTo(share * this.durationS);
  }

  moveTo(timeS) {
    for (const { sound } of this.stems) {
      sound.currentTime = timeS;
      sound.playbackRate = 1;
    }
    this.showTime();
  }

  mix() {
    const isAnySolo = this.stems.some(({ solo }) => isPressed(solo));
    for (const stem of this.stems) stem.hear(isAnySolo);
  }

  /** Fetch the track whose lyrics and score are shown. */
  async learnTrack() {
    if (this.track) return;
    const job = await this.playlist.fetch(Number(this.root.dataset.mixer));
    if (!job?.takes.length) return;
    this.track = trackOf(this.stems[0].sound, job, Number(this.root.dataset.take));
    this.tell("change");
  }

  fail({ name }) {
    if (!this.isPlaying) return;
    this.pause();
    toast(`${name} cannot be played right now. Please try again, or reload this page.`);
  }

  close() {
    this.pause();
    this.player.removeEventListener("change", this.listener);
    this.heard.leave(this);
    this.context?.close();
  }

  showTime() {
    const now = this.timeS;
    this.place.value = String(now);
    this.place.setAttribute("aria-valuetext", `${clock(now)} of ${clock(this.durationS)}`);
    part(this.root, "clock").textContent = clock(now);
    this.tell("time");
  }

  show() {
    setIcon(this.playButton, this.isPlaying ? "pause" : "play");
    this.playButton.setAttribute("aria-label", this.isPlaying ? "Pause the stems" : "Play the stems");
    part(this.root, "play-word").textContent = this.isPlaying ? "Pause" : "Play";
    this.tell("change");
  }

  tell(name) {
    this.dispatchEvent(new Event(name));
  }
}

function isPressed(button) {
  return button.getAttribute("aria-pressed") === "true";
}

offer("[data-mixer]", (root, { player, playlist, heard }) => new Mixer(root, { player, playlist, heard }));
