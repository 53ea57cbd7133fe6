// Polls the state of all of the user's unfinished songs in one small request: often while it changes, less
// often while it does not, and never while the page is hidden or nothing is unfinished.

const FASTEST_MS = 1200;
const SLOWEST_MS = 6000;
const AFTER_ERROR_MS = 30000;
const GROWTH = 1.4;

/** Events: "state": `jobs` holds each unfinished job as the server describes it; "lost": the server did not
 * answer; "ended" (`job`, `words`): the end of a job was announced. */
export class Poller extends EventTarget {
  constructor(api, url) {
    super();
    this.api = api;
    this.url = url;
    this.jobs = new Map();
    this.waitMs = FASTEST_MS;
    this.asksUnseen = false; // poll while the page is hidden too, for a notification
    document.addEventListener("visibilitychange", () => !document.hidden && this.wake());
  }

  /** Poll at once: something may be in progress. */
  wake() {
    this.waitMs = FASTEST_MS;
    if (!this.isAsking) this.ask();
    else this.asksAgain = true;
  }

  async ask() {
    clearTimeout(this.timer);
    if (document.hidden && !this.asksUnseen) return;
    this.isAsking = true;
    this.isLost = false;
    try {
      await this.read();
    } catch {
      this.isLost = true;
      this.waitMs = Math.min(this.waitMs * 2, AFTER_ERROR_MS);
      this.dispatchEvent(new Event("lost"));
    }
    this.isAsking = false;
    if (this.asksAgain) {
      this.asksAgain = false;
      this.ask();
    } else if (this.jobs.size || this.isLost) {
      this.timer = setTimeout(() => this.ask(), document.hidden ? Math.max(this.waitMs, SLOWEST_MS) : this.waitMs);
    }
  }

  async read() {
    const headers = this.etag ? { "If-None-Match": this.etag } : {};
    const response = await fetch(this.url, { headers, cache: "no-store" });
    if (response.status === 401) this.api.signInAgain();
    if (response.status === 304) {
      this.waitMs = Math.min(this.waitMs * GROWTH, SLOWEST_MS);
    } else if (response.ok) {
      const { jobs } = await response.json();
      this.etag = response.headers.get("ETag");
      this.waitMs = FASTEST_MS;
      this.jobs = new Map(jobs.map((job) => [job.id, job]));
    } else {
      throw new Error(`the queue answered ${response.status}`);
    }
    this.dispatchEvent(new Event("state"));
  }
}
