// The play queue: the current song and the next ones.

import { playableUrl } from "./player.js";
import { toast } from "./toast.js";

const RESTART_S = 3; // after this, "previous" first returns to the start of the song
const LOSSLESS_KEY = "audiomusic.lossless";
const REPEATS = ["off", "all", "one"];

/** Songs are { id, name, take }; `take` defaults to the first. Event: "change". */
export class Playlist extends EventTarget {
  constructor(api, player) {
    super();
    this.api = api;
    this.player = player;
    this.songs = [];
    this.index = -1;
    this.repeat = "off";
    this.ordered = null; // the songs in their order before shuffling
    this.isLossless = localStorage.getItem(LOSSLESS_KEY) === "yes";
    player.addEventListener("ended", () => this.goOn());
    player.addEventListener("following", () => this.follow());
    player.addEventListener("broken", () => this.mend());
    player.addEventListener("change", () => this.mended && !player.isOn(this.mended.key) && (this.mended = null));
  }

  get current() {
    return this.songs[this.index];
  }

  get hasNext() {
    return this.songs.length > 0 && (this.index + 1 < this.songs.length || this.repeat === "all");
  }

  get isShuffled() {
    return this.ordered !== null;
  }

  /** Index of the song that starts automatically after this one; -1 if none. */
  get following() {
    if (this.repeat === "one" && this.current) return this.index;
    return this.hasNext ? (this.index + 1) % this.songs.length : -1;
  }

  isOn(id) {
    return this.player.track?.job.id === id;
  }

  /** Play a song, with the songs around it as the queue. */
  async start(song, songs, options = {}) {
    const found = songs.includes(song) ? songs.indexOf(song) : songs.findIndex(({ id }) => id === song.id);
    this.songs = found < 0 ? [song] : [...songs];
    this.index = Math.max(0, found);
    if (this.isShuffled) this.mixSongs();
    await this.play(options);
  }

  async play({ takeIndex, share = 0 } = {}) {
    const { current } = this;
    this.tell();
    const job = await this.fetch(current.id);
    if (!job?.takes.length || this.current !== current) return;
    current.name = job.display_name;
    this.player.play(this.trackOf(job, takeIndex ?? current.take ?? 1), share);
    this.tell();
  }

  async fetch(id) {
    try {
      return (await this.api.jobStatus(id)).job;
    } catch (error) {
      toast(error.message);
      return null;
    }
  }

  trackOf(job, takeIndex) {
    return trackOf(this.player.audio, job, takeIndex, this.isLossless);
  }

  /** Switch to another take at the same position, playing or paused as before. */
  chooseTake(index) {
    const { track } = this.player;
    if (!track || track.take.index === index) return;
    const next = this.trackOf(track.job, index);
    if (next.take.index === index) this.putInPlace(next);
  }

  putInPlace(track) {
    const { timeS, isPlaying } = this.player;
    this.player.switchTo(track, timeS, isPlaying);
  }

  /** Choose the files as they were made, or the compressed stream. */
  setLossless(isLossless) {
    this.isLossless = isLossless;
    localStorage.setItem(LOSSLESS_KEY, isLossless ? "yes" : "no");
    const { track } = this.player;
    if (track) this.putInPlace(this.trackOf(track.job, track.take.index));
    this.tell();
  }

  setRepeat(repeat) {
    this.repeat = REPEATS.includes(repeat) ? repeat : "off";
    this.player.forgetReady();
    this.tell();
  }

  turnRepeat() {
    this.setRepeat(REPEATS[(REPEATS.indexOf(this.repeat) + 1) % REPEATS.length]);
  }

  shuffle() {
    this.player.forgetReady();
    if (this.isShuffled) {
      const { current } = this;
      this.songs = this.ordered;
      this.ordered = null;
      this.index = this.songs.indexOf(current);
    } else this.mixSongs();
    this.tell();
  }

  mixSongs() {
    const { current } = this;
    this.ordered = this.songs;
    this.songs = [...(current ? [current] : []), ...mixed(this.songs.filter((song) => song !== current))];
    this.index = current ? 0 : -1;
  }

  /** Continue after the end of a song. */
  goOn() {
    const { following } = this;
    if (following < 0 || this.player.takeOver()) return;
    this.jumpTo(following);
  }

  /** Follow the player to the preloaded song, which has started. */
  follow() {
    this.index = Math.max(0, this.following);
    this.tell();
  }

  next() {
    if (this.hasNext) this.jumpTo((this.index + 1) % this.songs.length);
  }

  previous() {
    if (this.player.timeS > RESTART_S || this.index <= 0) this.player.seek(0);
    else this.jumpTo(this.index - 1);
  }

  jumpTo(index) {
    this.index = index;
    this.play();
  }

  enqueue(song) {
    if (this.index < 0) {
      this.start(song, [song]);
      return;
    }
    this.ordered?.splice(this.ordered.indexOf(this.current) + 1, 0, song);
    this.songs.splice(this.index + 1, 0, song);
    this.player.forgetReady();
    this.tell();
    toast(`“${song.name}” plays next.`);
  }

  /** Remove a deleted song from the player and the queue. */
  drop(id) {
    const isHeard = this.isOn(id);
    const { current } = this;
    if (isHeard) this.player.stop();
    else this.player.forgetReady();
    if (!this.songs.some((song) => song.id === id)) return;
    const before = this.songs.slice(0, this.index).filter((song) => song.id !== id).length;
    this.songs = this.songs.filter((song) => song.id !== id);
    this.ordered &&= this.ordered.filter((song) => song.id !== id);
    this.index = current?.id === id ? before - 1 : before;
    this.tell();
  }

  rename(id, name) {
    for (const song of this.songs) if (song.id === id) song.name = name;
    if (this.isOn(id)) {
      this.player.track.job.display_name = name;
      this.player.tell("change");
    }
    this.tell();
  }

  /** Recover a track that does not play, because its link has expired or an encoder is busy: fetch it again,
   * then try the file as it was made, and continue at the same position. */
  async mend() {
    const { key, job, take } = this.player.track;
    const { share } = this.player;
    this.mended = this.mended?.key === key ? { key, times: this.mended.times + 1 } : { key, times: 1 };
    if (this.mended.times > (this.isLossless ? 1 : 2)) {
      toast("This song cannot be played: its audio could not be loaded.");
      return;
    }
    const isLossless = this.isLossless || this.mended.times > 1;
    const fresh = await this.fetch(job.id);
    if (fresh?.takes.length && this.player.isOn(key)) {
      this.player.play(trackOf(this.player.audio, fresh, take.index, isLossless), share);
    }
  }

  tell() {
    this.dispatchEvent(new Event("change"));
  }
}

/** Return a track for the player: the job, one of its takes, and its URL. */
export function trackOf(audio, job, takeIndex, isLossless = false) {
  const take = job.takes.find(({ index }) => index === takeIndex) ?? job.takes[0];
  return { key: `${job.id}:${take.index}`, job, take, url: playableUrl(audio, job, take, isLossless) };
}

/** Shuffle in place, uniformly. */
function mixed(songs) {
  for (let last = songs.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [songs[last], songs[other]] = [songs[other], songs[last]];
  }
  return songs;
}
