// The page's audio element: what plays now, and what is preloaded next.

const VOLUME_KEY = "audiomusic.volume";
const END_S = 0.05; // nobody is moved nearer to the end than this
const MIME_TYPES = {
  flac: "audio/flac",
  mp3: "audio/mpeg",
  ogg: "audio/ogg; codecs=vorbis",
  wav: "audio/wav",
  webm: "audio/webm; codecs=opus",
};
const NOTHING_YET = 2; // HTMLMediaElement.HAVE_CURRENT_DATA: less than what plays on

/**
 * A track is { key, job, take, url }.
 * Events: "change" (another track, or playing/paused), "time", "volume", "ended", "broken" (the url does
 * not play), "following" (the track that was made ready has begun by itself).
 */
export class Player extends EventTarget {
  constructor(audio) {
    super();
    this.audio = audio;
    this.track = null;
    this.ready = null; // { track, audio }: the next one, as far as it was made ready
    this.restoreVolume();
    this.listenTo(audio);
  }

  /** Only handles events of the element that plays; the other one loads silently. */
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

  /** The server's measurement, because a browser guesses a stream's length until it has read its end. */
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

  /** Loads the track and plays it, from `share` of its length. */
  play(track, share = 0) {
    this.switchTo(track, share * track.take.duration, true);
  }

  /** Loads the track at `timeS`. */
  switchTo(track, timeS, plays) {
    this.forgetReady();
    this.track = track;
    this.audio.src = track.url;
    this.audio.currentTime = Math.min(timeS, Math.max(0, track.take.duration - END_S));
    if (plays) this.start();
    this.tell("change");
  }

  /** Preloads the track in the other element, so that it can start where the current one ends. */
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

  /** Starts the preloaded track while the end of the other one still sounds. Returns false if not enough is loaded.
   * The element that plays always has the ID `audio`. */
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
    // A phone may only let an element play that the user has touched.
    this.audio.play().catch(({ name }) => name === "NotAllowedError" && this.playOn(before, track));
    before.addEventListener("ended", () => this.spare === before && !this.ready && empty(before), { once: true });
    this.tell("following");
    this.tell("change");
    return true;
  }

  /** Plays the track in the element that is allowed to play. */
  playOn(audio, track) {
    if (!this.isOn(track.key)) return;
    const id = this.audio.id;
    this.audio.removeAttribute("id");
    empty(this.audio);
    [this.audio, this.spare] = [audio, this.audio];
    audio.id = id;
    this.switchTo(track, 0, true);
  }

  /** Moves by this many seconds. */
  skip(seconds) {
    if (this.durationS) this.seek((this.timeS + seconds) / this.durationS);
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.start();
  }

  start() {
    // A refusal (no gesture, or a newer track) shows as "paused"; nothing is lost.
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

/** Returns the URL for playing the take: a compressed stream, unless lossless audio is wanted; otherwise a stored
 * file, in its own format or the master; otherwise one that is encoded on request. */
export function playableUrl(audio, job, take, isLossless = false) {
  if (take.stream_url && !isLossless) {
    return audio.canPlayType(MIME_TYPES.webm) ? take.stream_url : take.stream_url.replace(/\.webm$/, ".mp3");
  }
  const wanted = [job.format, "flac", "mp3", "ogg", "wav"];
  const format = wanted.find((name) => take.urls[name] && audio.canPlayType(MIME_TYPES[name]));
  return take.urls[format] ?? null;
}
