// Remaining times of queued songs, which are only shown falling. An estimate that was a little too short is
// held until it is true again; one that was far too short is hidden: the remaining time is unknown then.

const HELD_SHARE = 0.5;
const HELD_S = 10;

export class ShownTimes {
  constructor() {
    this.shown = new Map(); // job -> time shown last
  }

  forgetAllBut(jobs) {
    for (const id of this.shown.keys()) if (!jobs.has(id)) this.shown.delete(id);
  }

  /** Return the words for a job's remaining time; "" if it is unknown. */
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
