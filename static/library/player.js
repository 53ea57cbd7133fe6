// One audio element for the whole page, and who is on it.

const VOLUME_KEY = "audiomusic.volume";
const SKIP_S = 10;
const MIME_TYPES = {
  flac: "audio/flac",
  mp3: "audio/mpeg",
  ogg: "audio/ogg; codecs=vorbis",
  wav: "audio/wav",
};

/**
 * A track is { key, job, take, url }.
 * Events: "change" (another track, or playing/paused), "time", "volume", "ended", "broken" (the url does
 * not play).
 */
export class Player extends EventTarget {
  constructor(audio) {
    super();
    this.audio = audio;
    this.track = null;
    this.restoreVolume();
    for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, () => this.tell("change"));
    audio.addEventListener("ended", () => this.track && this.tell("ended"));
    for (const name of ["timeupdate", "seeked", "durationchange"]) {
      audio.addEventListener(name, () => this.tell("time"));
    }
    for (const name of ["play", "pause", "seeked", "durationchange"]) {
      audio.addEventListener(name, () => this.describePlace());
    }
    audio.addEventListener("error", () => this.track && this.tell("broken"));
    audio.addEventListener("volumechange", () => this.keepVolume());
    this.listenToKeys();
  }

  get isPlaying() {
    return Boolean(this.track) && !this.audio.paused && !this.audio.ended;
  }

  get durationS() {
    const known = this.audio.duration;
    return Number.isFinite(known) && known > 0 ? known : (this.track?.take.duration ?? 0);
  }

  get timeS() {
    return this.audio.currentTime;
  }

  get share() {
    return this.durationS ? this.timeS / this.durationS : 0;
  }

  isOn(key) {
    return this.track?.key === key;
  }

  /** Puts the track on and plays it, from `share` of its length. */
  play(track, share = 0) {
    this.switchTo(track, share * track.take.duration, true);
  }

  /** Puts the track on at `timeS`. */
  switchTo(track, timeS, plays) {
    this.track = track;
    this.audio.src = track.url;
    this.audio.currentTime = Math.min(timeS, Math.max(0, track.take.duration - 0.05));
    this.describe(track);
    if (plays) this.start();
    this.tell("change");
  }

  /** Moves by so many seconds. */
  skip(seconds) {
    if (this.durationS) this.seek((this.timeS + seconds) / this.durationS);
  }

  toggle() {
    if (this.isPlaying) this.audio.pause();
    else this.start();
  }

  start() {
    // A refusal (no gesture, or the next track came first) shows as "paused"; nothing is lost.
    this.audio.play().catch(() => this.tell("change"));
  }

  seek(share) {
    const endS = Math.max(0, this.durationS - 0.05);
    this.audio.currentTime = Math.min(Math.max(0, share * this.durationS), endS);
    this.tell("time");
  }

  stop() {
    this.track = null;
    this.audio.removeAttribute("src");
    this.audio.load();
    this.tell("change");
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

  describe({ job }) {
    if (!("mediaSession" in navigator)) return;
    navigator.mediaSession.metadata = new MediaMetadata({ title: job.display_name, artist: "AudioMusic" });
  }

  /** Where the machine's own controls show it to be. */
  describePlace() {
    if (!("mediaSession" in navigator) || !this.track || !(this.durationS >= this.timeS)) return;
    navigator.mediaSession.playbackState = this.isPlaying ? "playing" : "paused";
    navigator.mediaSession.setPositionState({ duration: this.durationS, position: this.timeS });
  }

  listenToKeys() {
    if (!("mediaSession" in navigator)) return;
    navigator.mediaSession.setActionHandler("play", () => this.start());
    navigator.mediaSession.setActionHandler("pause", () => this.audio.pause());
    navigator.mediaSession.setActionHandler("seekto", ({ seekTime }) => this.seek(seekTime / this.durationS));
    navigator.mediaSession.setActionHandler("seekbackward", () => this.skip(-SKIP_S));
    navigator.mediaSession.setActionHandler("seekforward", () => this.skip(SKIP_S));
  }

  /** What the machine's own keys for the next and the previous song do. */
  onSkip({ next, previous }) {
    if (!("mediaSession" in navigator)) return;
    navigator.mediaSession.setActionHandler("nexttrack", next);
    navigator.mediaSession.setActionHandler("previoustrack", previous);
  }
}

/** Where to hear the take: its own format or the FLAC master, which lie ready; else one made on asking. */
export function playableUrl(audio, job, take) {
  const wanted = [job.format, "flac", "mp3", "ogg", "wav"];
  const format = wanted.find((name) => take.urls[name] && audio.canPlayType(MIME_TYPES[name]));
  return take.urls[format] ?? null;
}
