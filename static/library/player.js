// The page's audio element, the track that it plays, and the preloaded next one.

const VOLUME_KEY = "audiomusic.volume";
const END_S = 0.05; // seeking stops this far from the end
const MIME_TYPES = {
  flac: "audio/flac",
  mp3: "audio/mpeg",
  ogg: "audio/ogg; codecs=vorbis",
  wav: "audio/wav",
  webm: "audio/webm; codecs=opus",
};
const NOTHING_YET = 2; // HTMLMediaElement.HAVE_CURRENT_DATA: not enough to keep playing

/**
 * A track is { key, job, take, url }.
 * Events: "change" (another track, or playing/paused), "time", "volume", "ended", "broken" (the url does
 * not play), "following" (the preloaded track has started by itself).
 */
export class Player extends EventTarget {
  constructor(audio) {
    super();
    this.audio = audio;
    this.track = null;
    this.ready = null; // the next track, if it has been preloaded
    this.restoreVolume();
    this.listenTo(audio);
  }

  /** Forward events of the playing element only: the other one preloads. */
  listenTo(audio) {
    const on = (names, act) => {
      for (const name of names) audio.addEventListener(name, () => audio === this.audio && act());
    };
    on(["play", "pause", "ended"], () => this.tell("change"));
    on(["ended"], () => this.track && this.tell("ended"));
    on(["timeupdate", "seeked", "durationchange"], () => this.tell("time"));
    on(["error"], () => this.track && this.tell("broken"));
    on(["volumechange"], () => this.keepVolume());
  }

  get isPlaying() {
    return Boolean(this.track) && !this.audio.paused && !this.audio.ended;
  }

  /** The length measured by the server: a browser estimates a stream's length until it has read all of it. */
  get durationS() {
    const told = this.audio.duration;
    return this.track?.take.duration || (Number.isFinite(told) ? told : 0);
  }

  get timeS() {
    return this.audio.currentTime;
  }

  get leftS() {
    return Math.max(0, this.durationS - this.timeS);
  }

  get share() {
    return this.durationS ? Math.min(1, this.timeS / this.durationS) : 0;
  }

  isOn(key) {
    return this.track?.key === key;
  }

  /** Load the track and play it from `share` of its length. */
  play(track, share = 0) {
    this.switchTo(track, share * track.take.duration, true);
  }

  /** Load the track at `timeS`. */
  switchTo(track, timeS, plays) {
    this.forgetReady();
    this.track = track;
    this.audio.src = track.url;
    this.audio.currentTime = Math.min(timeS, Math.max(0, track.take.duration - END_S));
    if (plays) this.start();
    this.tell("change");
  }

  /** Preload the track in a second element, so that it can start when the current one ends. */
  makeReady(track) {
    this.forgetReady();
    this.spare ??= this.makeSpare();
    this.spare.src = track.url;
    this.spare.load();
    this.ready = track;
  }

  makeSpare() {
    const spare = document.createElement("audio");
    spare.preload = "auto";
    this.audio.after(spare);
    this.listenTo(spare);
    return spare;
  }

  forgetReady() {
    if (!this.ready) return;
    this.ready = null;
    empty(this.spare);
  }

  /** Start the preloaded track while the end of the current one still sounds; return false if it has not
   * loaded enough. The playing element is always the page's `#audio`. */
  takeOver() {
    if (!this.ready || this.spare.readyState <= NOTHING_YET) return false;
    const [before, track] = [this.audio, this.ready];
    const id = before.id;
    this.ready = null;
    [this.audio, this.spare] = [this.spare, before];
    before.removeAttribute("id");
    this.audio.id = id;
    this.audio.volume = before.volume;
    this.audio.muted = before.muted;
    this.track = track;
    // A phone may allow only the element that the user has started to play.
    this.audio.play().catch(({ name }) => name === "NotAllowedError" && this.playOn(before, track));
    before.addEventListener("ended", () => this.spare === before && !this.ready && empty(before), { once: true });
    this.tell("following");
    this.tell("change");
    return true;
  }

  /** Play the track on the element that is allowed to play. */
  playOn(audio, track) {
    if (!this.isOn(track.key)) return;
    const id = this.audio.id;
    this.audio.removeAttribute("id");
    empty(this.audio);
    [this.audio, this.spare] = [audio, this.audio];
    audio.id = id;
    this.switchTo(track, 0, true);
  }

  /** Seek by the given number of seconds. */
  skip(seconds) {
    if (this.durationS) this.seek((this.timeS + seconds) / this.durationS);
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.start();
  }

  start() {
    // A rejection (no gesture, or another track came first) shows as "paused"; nothing is lost.
    this.audio.play().catch(() => this.tell("change"));
  }

  pause() {
    this.audio.pause();
  }

  seek(share) {
    const endS = Math.max(0, this.durationS - END_S);
    this.audio.currentTime = Math.min(Math.max(0, share * this.durationS), endS);
    this.tell("time");
  }

  stop() {
    this.forgetReady();
    this.track = null;
    empty(this.audio);
    this.tell("change");
  }

  setVolume(volume) {
    this.audio.muted = false;
    this.audio.volume = Math.min(1, Math.max(0, volume));
  }

  tell(name) {
    this.dispatchEvent(new Event(name));
  }

  restoreVolume() {
    const kept = Number.parseFloat(localStorage.getItem(VOLUME_KEY));
    if (kept >= 0 && kept <= 1) this.audio.volume = kept;
  }

  keepVolume() {
    localStorage.setItem(VOLUME_KEY, String(this.audio.volume));
    this.tell("volume");
  }
}

function empty(audio) {
  audio.removeAttribute("src");
  audio.load();
}

/** Return the URL to play the take from: the compressed stream, unless lossless sound is wanted; then a file
 * that is ready, in its own format or another one; null if the browser can play none of them. */
export function playableUrl(audio, job, take, isLossless = false) {
  if (take.stream_url && !isLossless) {
    return audio.canPlayType(MIME_TYPES.webm) ? take.stream_url : take.stream_url.replace(/\.webm$/, ".mp3");
  }
  const wanted = [job.format, "flac", "mp3", "ogg", "wav"];
  const format = wanted.find((name) => take.urls[name] && audio.canPlayType(MIME_TYPES[name]));
  return take.urls[format] ?? null;
}
