// The lyrics on a song's page, which follow the player while it plays that song.

import { LyricsView, lrcOf } from "./lyrics.js";

export class TrackLyrics {
  constructor(root, player, playlist) {
    this.root = root;
    this.player = player;
    this.id = Number(root.dataset.lyrics);
    this.view = new LyricsView(root, (atS) => this.seek(atS));
    this.listener = () => this.follow();
    for (const name of ["change", "time"]) player.addEventListener(name, this.listener);
    this.open(playlist);
  }

  async open(playlist) {
    const { track } = this.player;
    const job = track?.job.id === this.id ? track.job : await playlist.fetch(this.id);
    if (job?.takes.length) this.show(job, track?.job.id === this.id ? track.take : job.takes[0]);
    this.follow();
  }

  show(job, take) {
    this.shownTake = take.index;
    this.view.show(job.lyrics, lrcOf(job, take));
  }

  seek(atS) {
    if (this.player.track?.job.id === this.id) this.player.seek(atS / this.player.durationS);
  }

  follow() {
    if (!this.root.isConnected) {
      for (const name of ["change", "time"]) this.player.removeEventListener(name, this.listener);
      return;
    }
    const { track } = this.player;
    if (track?.job.id === this.id && this.shownTake !== track.take.index) this.show(track.job, track.take);
    this.view.follow(track?.job.id === this.id ? this.player.timeS : null);
  }
}
