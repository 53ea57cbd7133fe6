// The shelf: every song of the one who is signed in, newest on top.

import { announce, byId, element, part, setText } from "./dom.js";
import { Poller } from "./poller.js";
import { isUnfinished, SongCard } from "./song.js";

const PAGE_SIZE = 20;
const GHOSTS = 3;

export class SongList {
  constructor(api, player) {
    this.api = api;
    this.player = player;
    this.cards = new Map();
    this.total = 0;
    this.list = byId("song-list");
    this.alert = byId("songs-alert");
    this.older = byId("older-songs");
    this.poller = new Poller(api, { onJob: (job) => this.put(job), onGone: (id) => this.drop(id) });
    this.sight = new IntersectionObserver((entries) => this.see(entries), { rootMargin: "200px" });
    this.older.addEventListener("click", () => this.loadOlder());
    player.addEventListener("change", () => this.eachCard((card) => card.showPlaying()));
    player.addEventListener("time", () => this.heardCard()?.showPlace());
    player.addEventListener("broken", () => this.mendTrack());
    closeMenusOutside(this.list);
  }

  async open() {
    this.list.append(...Array.from({ length: GHOSTS }, () => element("li", { className: "song-ghost" })));
    await this.loadOlder();
    this.list.querySelectorAll(".song-ghost").forEach((ghost) => ghost.remove());
    this.list.setAttribute("aria-busy", "false");
  }

  async loadOlder() {
    this.older.disabled = true;
    await this.attempt(async () => {
      const { jobs, total } = await this.api.jobPage(this.cards.size, PAGE_SIZE);
      this.total = total;
      for (const job of jobs) this.put(job, "end");
      this.isLoaded = true;
    });
    this.older.disabled = false;
    this.showCount();
  }

  /** A job just made here: on top. */
  add(job) {
    this.total += 1;
    this.put(job, "start");
    this.showCount();
    announce(`${job.display_name} is in the queue.`);
    this.cards.get(job.id).root.scrollIntoView({ block: "nearest" });
  }

  /** Shows a job, in its card if it has one, else in a new one at the start or end. */
  put(job, place = "start") {
    const card = this.cards.get(job.id);
    if (card) this.update(card, job);
    else this.shelve(new SongCard(job, this.player, this), place);
    if (isUnfinished(job)) this.poller.follow(job.id);
    else this.poller.leave(job.id);
  }

  update(card, job) {
    const before = card.job.status;
    card.show(job);
    if (job.status === before) return;
    if (job.status === "COMPLETED") announce(`${job.display_name} is ready.`);
    if (job.status === "FAILED") announce(`${job.display_name} failed: ${job.error_message}`);
  }

  shelve(card, place) {
    this.cards.set(card.job.id, card);
    if (place === "start") this.list.prepend(card.root);
    else this.list.append(card.root);
    this.sight.observe(card.root);
  }

  showCount() {
    byId("songs-empty").hidden = !this.isLoaded || this.cards.size > 0;
    this.older.hidden = this.cards.size >= this.total;
    byId("songs-count").textContent = this.total || "";
  }

  see(entries) {
    const seen = new Set(entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target));
    this.eachCard((card) => seen.has(card.root) && card.loadPeaks());
  }

  eachCard(deed) {
    this.cards.forEach(deed);
  }

  heardCard() {
    return this.cards.get(this.player.track?.job.id);
  }

  // What a card asks for

  async cancel(card) {
    const { id } = card.job;
    card.root.querySelector('[data-action="cancel"]').disabled = true;
    await this.attempt(() => this.api.post(`/jobs/${id}/cancel`));
    await this.refresh(id);
  }

  async retry(card) {
    await this.attempt(async () => {
      const { job } = await this.api.post(`/jobs/${card.job.id}/retry`);
      this.put(job);
    });
  }

  async remove(card) {
    if (!(await confirmDelete(card.job.display_name))) return;
    await this.attempt(async () => {
      await this.api.remove(`/jobs/${card.job.id}`);
      this.drop(card.job.id);
      announce(`${card.job.display_name} was deleted.`);
    });
  }

  /** Takes a card away; the focus goes to its neighbour. */
  drop(id) {
    const card = this.cards.get(id);
    if (!card) return;
    const hadFocus = card.root.contains(document.activeElement);
    const neighbour = card.root.nextElementSibling ?? card.root.previousElementSibling;
    this.poller.leave(id);
    this.sight.unobserve(card.root);
    this.cards.delete(id);
    card.close();
    this.total -= 1;
    this.showCount();
    if (hadFocus) (neighbour ? part(neighbour, "title") : byId("songs-heading")).focus();
  }

  async refresh(id) {
    await this.attempt(async () => {
      const { job } = await this.api.jobStatus(id);
      this.put(job);
    });
  }

  /** Links expire. A track that does not play gets a fresh one, once, and goes on where it was. */
  async mendTrack() {
    const card = this.heardCard();
    const { key } = this.player.track;
    const { share } = this.player;
    if (!card || this.mended === key) {
      setText(this.alert, "This song cannot be played: its audio did not arrive.");
      return;
    }
    this.mended = key;
    await this.refresh(card.job.id);
    if (this.player.isOn(key)) this.player.play(card.track, share);
  }

  /** Does it, and says at the top of the list what went wrong. */
  async attempt(deed) {
    setText(this.alert, "");
    try {
      await deed();
    } catch (error) {
      setText(this.alert, error.message);
    }
  }
}

function confirmDelete(title) {
  const dialog = byId("confirm-delete");
  part(dialog, "title").textContent = title;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "delete"), { once: true });
  });
}

function closeMenusOutside(list) {
  const close = (keep) => {
    for (const menu of list.querySelectorAll(".menu[open]")) if (!menu.contains(keep)) menu.open = false;
  };
  document.addEventListener("click", (event) => close(event.target));
  list.addEventListener("focusout", (event) => event.relatedTarget && close(event.relatedTarget));
  list.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest(".menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
