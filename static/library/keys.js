// The keyboard, wherever nobody types.

import { byId, siteUrl, visit } from "./dom.js";

const STEP_S = 5;
const VOLUME_STEP = 0.05;
const OWN_KEYS = "input:not([type=checkbox]), textarea, select, [contenteditable], [role=slider], dialog";
const PRESSED_BY_SPACE = "button, summary, a, input";

export class Keys {
  constructor({ player, playlist, dock, rows, library }) {
    this.player = player;
    this.sheet = byId("keys");
    const volume = (change) => dock.setVolume(player.audio.volume + change);
    this.handlers = {
      " ": () => player.track && player.toggle(),
      k: () => player.track && player.toggle(),
      ArrowLeft: () => player.skip(-STEP_S),
      ArrowRight: () => player.skip(STEP_S),
      ArrowUp: () => player.track && volume(VOLUME_STEP),
      ArrowDown: () => player.track && volume(-VOLUME_STEP),
      n: () => playlist.next(),
      p: () => playlist.previous(),
      m: () => dock.flipMute(),
      l: () => player.track && dock.flip("lyrics"),
      q: () => player.track && dock.flip("queue"),
      f: () => player.track && rows.react(player.track.job.id, "like"),
      j: ({ shiftKey }) => library.step(shiftKey ? -1 : 1),
      x: ({ shiftKey }) => library.select(shiftKey),
      b: () => library.focusBar(),
      c: () => visit(siteUrl("create")),
      "/": () => (byId("search") ? byId("search").focus() : visit(siteUrl(""))),
      "?": () => this.sheet.showModal(),
    };
    for (let take = 1; take <= 8; take += 1) this.handlers[take] = () => playlist.chooseTake(take);
    document.addEventListener("keydown", (event) => this.press(event));
    document.addEventListener("click", (event) => {
      if (event.target.closest("[data-keys-open]")) this.sheet.showModal();
    });
  }

  press(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.(OWN_KEYS)) return;
    if (event.key === " " && event.target.closest?.(PRESSED_BY_SPACE)) return;
    const handler = this.handlers[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const scrolls = event.key.startsWith("Arrow") || event.key === " ";
    if (!handler || (scrolls && !this.player.track)) return;
    event.preventDefault();
    handler(event);
  }
}
