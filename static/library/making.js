// Progress of songs that are being made: the bars, the queue's badge, and the result.

import { announce, byId, part } from "./dom.js";
import { idOf } from "./rows.js";
import { ShownTimes } from "./shown_times.js";
import { toast } from "./toast.js";

const END_WORDS = { COMPLETED: "is ready.", FAILED: "could not be made.", CANCELLED: "was cancelled." };

export class Making {
  constructor({ api, playlist, poller, rows }) {
    Object.assign(this, { api, playlist, poller, rows });
    this.times = new ShownTimes();
    poller.addEventListener("state", () => this.show());
    poller.addEventListener("lost", () => this.showLost());
  }

  show() {
    const { jobs } = this.poller;
    this.times.forgetAllBut(jobs);
    this.showBadge(jobs.size);
    for (const row of document.querySelectorAll("[data-unfinished]")) {
      const job = jobs.get(idOf(row));
      if (job) showProgress(row, job, this.times.wordsOf(job));
      else this.finish(row);
    }
    const line = byId("line");
    const isStale = line && [...jobs.keys()].some((id) => !line.querySelector(`[data-song="${id}"]`));
    if (isStale) this.renewLine();
  }

  showLost() {
    for (const row of document.querySelectorAll("[data-unfinished]")) {
      part(row, "stage").textContent = "The server is not responding. Retrying…";
      part(row, "left").textContent = "";
    }
  }

  showBadge(count) {
    const badge = byId("queue-badge");
    badge.hidden = !count;
    badge.textContent = count || "";
  }

  async finish(row) {
    row.removeAttribute("data-unfinished");
    this.rows.tellChange();
    const { job } = await this.api.jobStatus(idOf(row)).catch(() => ({ job: null }));
    if (job && END_WORDS[job.status]) this.tellEnd(job);
    if (row.closest("#line")) this.renewLine();
    else if (job) await this.rows.renew(row);
    else row.remove();
  }

  renewLine() {
    window.htmx.trigger(byId("line"), "line-changed");
  }

  tellEnd(job) {
    const words = `“${job.display_name}” ${END_WORDS[job.status]}`;
    const song = { id: job.id, name: job.display_name };
    const play = { label: "Play", act: () => this.playlist.start(song, [song]) };
    toast(words, job.status === "COMPLETED" ? play : {});
    announce(words);
    this.poller.dispatchEvent(new CustomEvent("ended", { detail: { job, words } }));
  }
}

function showProgress(row, job, left) {
  row.dataset.status = job.status;
  const box = part(row, "progress");
  const isMade = job.status === "PROCESSING";
  const bar = box.querySelector("progress");
  if (isMade && !job.percent) bar.removeAttribute("value"); // in progress, by an unknown amount
  else bar.value = job.percent;
  part(box, "stage").textContent = job.stage;
  part(box, "left").textContent = left;
  part(box, "percent").textContent = isMade && job.percent ? `${job.percent} %` : "";
}
