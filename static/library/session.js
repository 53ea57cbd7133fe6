// The playback state of this tab, saved while it is open: after a reload or Back, playback continues at the
// same second.

const KEY = "audiomusic.listening";
const SAVE_MS = 1000;
const RESUME_MS = 30_000; // after a longer absence the song is loaded but paused

export class Session {
  /** `user`: the owner of the songs; another user's are not restored. */
  constructor({ user, player, playlist, tabs }) {
    Object.assign(this, { user, player, playlist, tabs, savedAt: 0 });
    player.addEventListener("change", () => this.save());
    playlist.addEventListener("change", () => this.save());
    player.addEventListener("time", () => Date.now() - this.savedAt > SAVE_MS && this.save());
    addEventListener("pagehide", () => this.save());
    document.addEventListener("submit", ({ target }) => target.matches("[action$='/sign-out']") && this.end());
  }

  save() {
    if (this.isOver || this.isRestoring) return;
    this.savedAt = Date.now();
    const { songs, ordered, index, repeat } = this.playlist;
    const { track, timeS, isPlaying } = this.player;
    if (!track) {
      sessionStorage.removeItem(KEY);
      return;
    }
    const place = { take: track.take.index, timeS, isPlaying, savedAt: this.savedAt };
    const order = ordered?.map((song) => songs.indexOf(song));
    sessionStorage.setItem(KEY, JSON.stringify({ user: this.user, songs, order, index, repeat, ...place }));
  }

  /** Restore the song. It plays if it was playing a moment ago, no other tab plays, and the browser permits
   * it. */
  async restore() {
    const kept = this.read();
    if (!kept) return;
    const { player, playlist } = this;
    this.isRestoring = true;
    const isHeardElsewhere = this.tabs.isPlayingElsewhere();
    playlist.songs = kept.songs;
    playlist.index = kept.index;
    playlist.ordered = kept.order?.map((at) => kept.songs[at]) ?? null;
    playlist.repeat = kept.repeat;
    const job = await this.jobOf(playlist.current);
    this.isRestoring = false;
    if (player.track) return; // another song was started meanwhile
    if (job?.takes.length) {
      const isFresh = kept.isPlaying && Date.now() - kept.savedAt < RESUME_MS;
      player.switchTo(playlist.trackOf(job, kept.take), kept.timeS, isFresh && !(await isHeardElsewhere));
    }
    playlist.tell();
  }

  /** Return the song's job, or null; drop the song if it no longer exists. */
  async jobOf(song) {
    const { job, status } = await this.playlist.api.jobStatus(song.id).catch(({ status }) => ({ status }));
    if (status === 404) this.playlist.drop(song.id);
    return job ?? null;
  }

  read() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY));
      return kept?.user === this.user && kept.songs[kept.index] ? kept : null;
    } catch {
      return null; // saved by another version
    }
  }

  end() {
    this.isOver = true;
    sessionStorage.removeItem(KEY);
  }
}
