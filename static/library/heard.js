// The source that lyrics and score follow: the player, or the stem mixer from when it plays until the player
// plays again.

/** Has a Player's "change" and "time", `track`, `timeS`, `durationS`, `isPlaying`, `isOn` and `seek`. */
export class Heard extends EventTarget {
  constructor(player) {
    super();
    this.player = player;
    this.listener = ({ type }) => this.dispatchEvent(new Event(type));
    this.follow(player);
    player.addEventListener("change", () => player.isPlaying && this.follow(player));
  }

  follow(source) {
    if (this.source === source) return;
    for (const name of ["change", "time"]) {
      this.source?.removeEventListener(name, this.listener);
      source.addEventListener(name, this.listener);
    }
    this.source = source;
    this.dispatchEvent(new Event("change"));
  }

  /** Follow the player again if `source` was followed. */
  leave(source) {
    if (this.source === source) this.follow(this.player);
  }

  get track() {
    return this.source.track;
  }

  get timeS() {
    return this.source.timeS;
  }

  get durationS() {
    return this.source.durationS;
  }

  get isPlaying() {
    return this.source.isPlaying;
  }

  isOn(key) {
    return this.track?.key === key;
  }

  pause() {
    if (this.isPlaying) this.source.pause();
  }

  seek(share) {
    this.source.seek(share);
  }
}
