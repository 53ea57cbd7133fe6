// System notifications when a song is finished, if the user wants them and the page is in the background.

import { siteUrl, visit } from "./dom.js";
import { toast } from "./toast.js";

const KEY = "audiomusic.notify";
const TOLD = ["COMPLETED", "FAILED"];

/** Permission is requested only when the user clicks the button. */
export class Endings {
  constructor({ api, making, poller, tabs }) {
    Object.assign(this, { api, making, poller, tabs });
    this.known = new Map();
    this.told = new Set();
    this.buttons = new Set();
    poller.addEventListener("state", () => this.look());
    poller.addEventListener("ended", ({ detail }) => this.tell(detail));
    tabs.addEventListener("told", ({ detail }) => this.told.add(detail.id));
    this.show();
  }

  get isPossible() {
    return "Notification" in window && Notification.permission !== "denied";
  }

  get isOn() {
    return this.isPossible && Notification.permission === "granted" && localStorage.getItem(KEY) === "yes";
  }

  offer(button) {
    this.buttons.add(button);
    button.addEventListener("click", () => this.flip());
    this.show();
  }

  async flip() {
    const isWanted = !this.isOn;
    if (isWanted && (await Notification.requestPermission()) !== "granted") {
      toast("Your browser does not allow notifications from this page.");
    } else localStorage.setItem(KEY, isWanted ? "yes" : "no");
    this.show();
  }

  show() {
    this.poller.asksUnseen = this.isOn;
    for (const button of this.buttons) {
      button.hidden = !this.isPossible;
      button.setAttribute("aria-pressed", String(this.isOn));
      if (!button.isConnected) this.buttons.delete(button);
    }
  }

  /** Report finished songs that are not on the page as well. */
  look() {
    const { jobs } = this.poller;
    const isDone = (id) => !jobs.has(id) && !document.querySelector(`[data-song="${id}"]`);
    for (const id of [...this.known.keys()].filter(isDone)) this.ask(id);
    this.known = new Map(jobs);
  }

  async ask(id) {
    const { job } = await this.api.jobStatus(id).catch(() => ({ job: null })); // deleted
    if (TOLD.includes(job?.status)) this.making.tellEnd(job);
  }

  async tell({ job, words }) {
    if (!document.hidden) this.tabs.send("told", { id: job.id });
    else if (this.isOn && TOLD.includes(job.status) && !this.told.has(job.id)) await this.notify(job, words);
    this.told.add(job.id);
  }

  async notify({ id }, words) {
    const options = { body: words, tag: `song-${id}` };
    try {
      const said = new Notification("AudioMusic", options);
      said.addEventListener("click", () => {
        window.focus();
        visit(siteUrl(`tracks/${id}`));
        said.close();
      });
    } catch {
      // Phones show notifications only through a service worker, if the page has one.
      const worker = await navigator.serviceWorker?.getRegistration();
      await worker?.showNotification("AudioMusic", options);
    }
  }
}
