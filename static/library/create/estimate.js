// Estimates the song's length and cost by asking the server while the user types.

import { byId } from "../dom.js";

const CALM_MS = 350;
const ASKED = ["lyrics", "duration", "batch_size", "instrumental", "sample_type", "genre_preset"];
const NUMBER = new Intl.NumberFormat("en");

export class Estimate {
  constructor(root, api) {
    this.url = root.dataset.estimate;
    this.api = api;
    this.target = byId("estimate");
    this.left = byId("credits-left") && Number(byId("credits-left").value);
  }

  show(task, request, caption) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(task, request, caption), CALM_MS);
  }

  async ask(task, request, caption) {
    const body = new URLSearchParams({ task, caption }); // a caption can name a length
    for (const name of ASKED) if (request[name]) body.set(name, request[name]);
    const headers = { "X-CSRFToken": this.api.csrfToken };
    const response = await fetch(this.url, { method: "POST", body, headers }).catch(() => null);
    if (!this.target.isConnected) return;
    const isAnswer = response?.ok && !response.redirected; // to sign-in, if the session has ended
    this.target.textContent = isAnswer ? this.words(await response.json()) : "";
  }

  words({ duration, is_asked: isAsked, takes, credits }) {
    const length = `${isAsked ? "" : "about "}${duration}${takes > 1 ? ` × ${takes}` : ""}`;
    const cost = `${NUMBER.format(credits)} credits`;
    const isTooMuch = this.left !== null && credits > this.left;
    this.target.classList.toggle("is-over", isTooMuch);
    if (this.left === null) return `${length} · ${cost}`;
    return `${length} · ${cost} of ${NUMBER.format(this.left)} left`;
  }
}
