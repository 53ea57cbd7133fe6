// The stem mixer: each stem can be muted, played solo and turned down, and all stay in sync.

import { part, setIcon } from "./dom.js";
import { offer } from "./page_scripts.js";
import { trackOf } from "./playlist.js";
import { toast } from "./toast.js";
import { clock } from "./words.js";

const TICK_MS = 100;
const APART_S = 0.004; // nearer than this, two sounds are one
const LOST_S = 0.1; // further apart all begin together again; nearer a stem runs faster or slower for a moment
const NUDGE_PER_S = 4; // of its speed, for each second that a stem is apart
const MOST_NUDGE = 0.04;

class Stem {
  constructor(root) {
    this.sound = root.querySelector("audio");
    this.sound.preservesPitch = false; // what stretches time smears it; so small a step is not heard
    this.mute = part(root, "mute");
    this.solo = part(root, "solo");
    this.volume = part(root, "volume");
    this.sound.volume = 0.5;
    this.isStiff = this.sound.volume !== 0.5; // an iPhone's is turned by its own keys alone
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

  /** Routes the sound through our own gain node, which works on every phone. */
  wire(context) {
    if (this.gain) return;
    this.gain = context.createGain();
    context.createMediaElementSource(this.sound).connect(this.gain).connect(context.destination);
  }

  aheadS(timeS) {
    return this.sound.ended ? 0 : this.sound.currentTime - timeS;
  }

  start() {
    this.sound.play().catch(() => {}); // it was paused again before it had begun, or tells of its error
  }

  /** Nudges this stem towards the others' time. */
  approach(timeS) {
    const aheadS = this.aheadS(timeS);
    const nudge = Math.abs(aheadS) < APART_S ? 0 : aheadS * NUDGE_PER_S;
    const rate = 1 - Math.min(MOST_NUDGE, Math.max(-MOST_NUDGE, nudge));
    if (this.sound.playbackRate !== rate) this.sound.playbackRate = rate;
  }
}

/** Events as in Player: "change" and "time". */
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
      if (stem.sound.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) stem.sound.load(); // once more
      stem.start(); // each within the click: phones let nothing sound otherwise
    }
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
    this.run();
    this.show();
    this.heard.follow(this);
    this.learnTrack();
  }

  /** Adds gain nodes if elements have no volume control. Call it in a click: phones allow it nowhere else. */
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
    this.moveTo(this.timeS); // all of them
    this.show();
  }

  /** Runs all stems, or none while one of them is waiting for data. */
  run() {
    if (!this.isPlaying) return;
    if (this.stems.every(({ sound }) => sound.ended)) this.pause();
    else if (!this.stems.every(({ isReady }) => isReady)) this.hold();
    else if (!this.isRunning) this.begin();
  }

  /** Pauses the stems, except those waiting for data: a phone only loads what it was asked to play. */
  hold() {
    this.isRunning = false;
    for (const { sound, isReady } of this.stems) if (isReady) sound.pause();
  }

  /** Starts all stems at the same time. If one has to seek first, it is called again when that is done. */
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

  /** Seeks to a share of the length, like the player. */
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

  /** Loads the track whose lyrics and score are shown. */
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
