// Times that were told of songs in line: they fall. One that turns out a little too short is held until it is
// true again; one that was far too short is taken back, for what is left is not known then.

const HELD_SHARE = 0.5;
const HELD_S = 10;

export class ShownTimes {
  constructor() {
    this.shown = new Map(); // job -> what it was told last
  }

  forgetAllBut(jobs) {
    for (const id of this.shown.keys()) if (!jobs.has(id)) this.shown.delete(id);
  }

  /** The words for a job's time; "" where nobody can know. */
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
