// Follows unfinished jobs: often while something moves, seldom while nothing does,
// never while nobody looks.

const FASTEST_MS = 1000;
const SLOWEST_MS = 6000;
const AFTER_ERROR_MS = 30000;
const GROWTH = 1.4;
const AT_ONCE = 3; // with a long queue, the read limit of the API is not ours alone

export class Poller {
  /** `onJob(job)` gets each change; `onGone(id)` a job that exists no more. */
  constructor(api, { onJob, onGone }) {
    this.api = api;
    this.onJob = onJob;
    this.onGone = onGone;
    this.followed = new Map();
    document.addEventListener("visibilitychange", () => this.plan());
  }

  follow(id) {
    if (this.followed.has(id)) return;
    this.followed.set(id, { etag: null, waitMs: FASTEST_MS, dueAt: performance.now() + FASTEST_MS });
    this.plan();
  }

  leave(id) {
    this.followed.delete(id);
  }

  plan() {
    clearTimeout(this.timer);
    if (document.hidden || this.isAsking || !this.followed.size) return;
    const soonest = Math.min(...[...this.followed.values()].map((entry) => entry.dueAt));
    this.timer = setTimeout(() => this.ask(), Math.max(0, soonest - performance.now()));
  }

  async ask() {
    this.isAsking = true;
    const due = [...this.followed.entries()]
      .filter(([, entry]) => entry.dueAt <= performance.now() + 50)
      .sort(([, one], [, two]) => one.dueAt - two.dueAt)
      .slice(0, AT_ONCE);
    await Promise.all(due.map(([id, entry]) => this.askOne(id, entry)));
    this.isAsking = false;
    this.plan();
  }

  async askOne(id, entry) {
    try {
      const { job, etag } = await this.api.jobStatus(id, entry.etag);
      entry.waitMs = job ? FASTEST_MS : Math.min(entry.waitMs * GROWTH, SLOWEST_MS);
      entry.etag = etag;
      if (job && this.followed.has(id)) this.onJob(job);
    } catch (error) {
      if (error.status === 404) this.lose(id);
      const wishedMs = (error.retryAfterS ?? 0) * 1000;
      entry.waitMs = Math.max(wishedMs, Math.min(entry.waitMs * 2, AFTER_ERROR_MS));
    }
    entry.dueAt = performance.now() + entry.waitMs;
  }

  lose(id) {
    this.leave(id);
    this.onGone(id);
  }
}
