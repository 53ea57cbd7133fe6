// Keyboard shortcuts, inactive while the user types.

import { byId, siteUrl, visit } from "./dom.js";

const STEP_S = 5;
const VOLUME_STEP = 0.05;
const OWN_KEYS = "input:not([type=checkbox]), textarea, select, [contenteditable], [role=slider], dialog:not(#now-playing)";
const PRESSED_BY_SPACE = "button, summary, a, input";

export class Keys {
  constructor({ player, playlist, dock, rows, library, nowPlaying }) {
    this.player = player;
    this.sheet = byId("keys");
    const volume = (change) => player.setVolume(player.audio.volume + change);
    const panel = (name) => player.track && (nowPlaying.isOpen ? nowPlaying.flip(name) : dock.flip(name));
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
      l: () => panel("lyrics"),
      q: () => panel("queue"),
      o: () => nowPlaying.flipOpen(),
      s: () => player.track && playlist.shuffle(),
      r: () => player.track && playlist.turnRepeat(),
      f: () => player.track && rows.react(player.track.job.id, "like"),
      j: ({ shiftKey }) => library.step(shiftKey ? -1 : 1),
      x: ({ shiftKey }) => library.select(shiftKey),
      b: () => library.focusBar(),
      c: () => nowPlaying.close(() => visit(siteUrl("create"))),
      "/": () => nowPlaying.close(() => (byId("search") ? byId("search").focus() : visit(siteUrl("")))),
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
