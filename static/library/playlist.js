// What plays now and what plays next.

import { playableUrl } from "./player.js";
import { toast } from "./toast.js";

const RESTART_S = 3; // later than that, "previous" goes to the start of the song first

/** Songs are { id, name, take }; without a take the first. Event: "change". */
export class Playlist extends EventTarget {
  constructor(api, player) {
    super();
    this.api = api;
    this.player = player;
    this.songs = [];
    this.index = -1;
    player.addEventListener("ended", () => this.next());
    player.addEventListener("broken", () => this.mend());
    player.onSkip({ next: () => this.next(), previous: () => this.previous() });
  }

  get current() {
    return this.songs[this.index];
  }

  get hasNext() {
    return this.index + 1 < this.songs.length;
  }

  isOn(id) {
    return this.player.track?.job.id === id;
  }

  /** Plays a song among those that stand around it. */
  async start(song, songs, options = {}) {
    const found = songs.includes(song) ? songs.indexOf(song) : songs.findIndex(({ id }) => id === song.id);
    this.songs = found < 0 ? [song] : [...songs];
    this.index = Math.max(0, found);
    await this.play(options);
  }

  async play({ takeIndex, share = 0 } = {}) {
    const { current } = this;
    this.tell();
    const job = await this.fetch(current.id);
    if (!job?.takes.length || this.current !== current) return;
    current.name = job.display_name;
    this.player.play(trackOf(this.player.audio, job, takeIndex ?? current.take ?? 1), share);
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

  /** The same moment of another take, playing or not as before. */
  chooseTake(index) {
    const { track, timeS, isPlaying } = this.player;
    if (!track || track.take.index === index) return;
    const next = trackOf(this.player.audio, track.job, index);
    if (next.take.index === index) this.player.switchTo(next, timeS, isPlaying);
  }

  next() {
    if (!this.hasNext) return;
    this.index += 1;
    this.play();
  }

  previous() {
    if (this.player.timeS > RESTART_S || this.index <= 0) this.player.seek(0);
    else {
      this.index -= 1;
      this.play();
    }
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
    this.songs.splice(this.index + 1, 0, song);
    this.tell();
    toast(`“${song.name}” plays next.`);
  }

  drop(id) {
    if (this.isOn(id)) this.player.stop();
    const at = this.songs.findIndex((song) => song.id === id);
    if (at < 0) return;
    this.songs.splice(at, 1);
    if (at <= this.index) this.index -= 1;
    this.tell();
  }

  /** Links expire. A track that does not play gets a fresh one, once, and goes on where it was. */
  async mend() {
    const { key, job, take } = this.player.track;
    const { share } = this.player;
    if (this.mended === key) {
      toast("This song cannot be played: its audio did not arrive.");
      return;
    }
    this.mended = key;
    const fresh = await this.fetch(job.id);
    if (fresh?.takes.length && this.player.isOn(key)) {
      this.player.play(trackOf(this.player.audio, fresh, take.index), share);
    }
  }

  tell() {
    this.dispatchEvent(new Event("change"));
  }
}

/** A track for the player: the job, one of its takes, and where to hear it. */
export function trackOf(audio, job, takeIndex) {
  const take = job.takes.find(({ index }) => index === takeIndex) ?? job.takes[0];
  return { key: `${job.id}:${take.index}`, job, take, url: playableUrl(audio, job, take) };
}
