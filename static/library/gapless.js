// Gapless playback: loads the next song before the current one ends, and starts it at that moment.

const EARLY_S = 20; // the next song is loaded this long before the end, however slow the connection
const LOADED_S = 0.5; // buffered to within this of its end, a song counts as fully loaded
const LAST_S = 1.5; // for this last part a timer waits for the end
const LEAD_S = 0.04; // delay between play() and audible sound

export class Gapless {
  constructor(player, playlist) {
    Object.assign(this, { player, playlist, asked: null, timer: 0 });
    player.addEventListener("time", () => this.look());
    player.addEventListener("change", () => this.look());
    playlist.addEventListener("change", () => (this.asked = null));
  }

  look() {
    clearTimeout(this.timer);
    const { player } = this;
    if (!player.isPlaying) return;
    if (!player.ready && (player.leftS < EARLY_S || this.isLoaded)) this.makeReady();
    if (player.ready && player.leftS < LAST_S) {
      this.timer = setTimeout(() => this.handOver(), Math.max(0, player.leftS - LEAD_S) * 1000);
    }
  }

  /** Whether the current song is fully loaded. */
  get isLoaded() {
    const { buffered } = this.player.audio;
    return buffered.length > 0 && buffered.end(buffered.length - 1) > this.player.durationS - LOADED_S;
  }

  async makeReady() {
    const { player, playlist } = this;
    const [song, { track }] = [playlist.songs[playlist.following], player];
    if (!song || (this.asked?.song === song && this.asked.track === track)) return;
    this.asked = { song, track };
    const { job } = await playlist.api.jobStatus(song.id).catch(() => ({ job: null }));
    const isStillNext = player.track === track && playlist.songs[playlist.following] === song;
    if (!job?.takes.length || !isStillNext) return;
    song.name = job.display_name;
    player.makeReady(playlist.trackOf(job, song.take ?? 1));
  }

  handOver() {
    const { player } = this;
    if (player.isPlaying && player.ready && player.leftS < LAST_S) player.takeOver();
  }
}
