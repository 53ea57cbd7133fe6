// The remaining times shown for queued songs, which only fall. A time that turns out slightly too short is held until
// it is true again; a time that was far too short is removed, because the real one is unknown.

const HELD_SHARE = 0.5;
const HELD_S = 10;

export class ShownTimes {
  constructor() {
    this.shown = new Map(); // job -> what it was told last
  }

  forgetAllBut(jobs) {
    for (const id of this.shown.keys()) if (!jobs.has(id)) this.shown.delete(id);
  }

  /** Returns a job's time in words, or "" if it is unknown. */
  wordsOf({ id, left, left_s: leftS }) {
    if (leftS === null) return "";
    const last = this.shown.get(id);
    if (!last || leftS <= last.leftS) {
      this.shown.set(id, { left, leftS });
      return left;
    }
    return leftS - last.leftS > Math.max(HELD_SHARE * last.leftS, HELD_S) ? "" : last.left;
  }
}
