// The playlist page: drag, move or remove songs; each change is saved at once.

import { action, announce, part } from "./dom.js";
import { offer } from "./page_scripts.js";
import { toast } from "./toast.js";

export class PlaylistPage {
  constructor(root, api, rows) {
    Object.assign(this, { root, api, rows, list: part(root, "items") });
    this.path = `/playlists/${root.dataset.playlistPage}/items`;
    if (!this.list) return;
    action(root, "play-all").addEventListener("click", () => this.playAll());
    this.list.addEventListener("submit", (event) => this.submit(event), true);
    this.list.addEventListener("pointerdown", (event) => this.grab(event));
  }

  get items() {
    return [...this.list.children];
  }

  playAll() {
    const [first] = this.items;
    if (first) this.rows.play(first, { takeIndex: Number(first.dataset.take) });
  }

  submit(event) {
    event.preventDefault(); // the server would answer with a whole page
    event.stopPropagation();
    const button = event.submitter;
    const item = button.closest("[data-song]");
    if (button.value === "remove") this.remove(item);
    else this.step(item, button.value === "up" ? -1 : 1, button);
  }

  /** Move a song one place up or down; the button keeps the focus, so that it can be pressed again. */
  step(item, by, button) {
    const before = by < 0 ? item.previousElementSibling : item.nextElementSibling?.nextElementSibling;
    const isAtEnd = by < 0 ? !item.previousElementSibling : !item.nextElementSibling;
    if (isAtEnd) {
      announce(`${item.dataset.name} is already ${by < 0 ? "first" : "last"}`);
      return;
    }
    this.list.insertBefore(item, before ?? null);
    button.focus();
    announce(`${item.dataset.name} is now number ${this.items.indexOf(item) + 1} of ${this.items.length}`);
    this.keep();
  }

  remove(item) {
    const next = item.nextElementSibling;
    const neighbour = next ?? item.previousElementSibling;
    item.remove();
    (neighbour ?? this.root).querySelector('[value="remove"], a')?.focus();
    this.keep();
    toast(`“${item.dataset.name}” is no longer in this playlist.`, {
      label: "Undo",
      act: () => {
        this.list.insertBefore(item, next?.isConnected ? next : null);
        item.querySelector("a").focus();
        this.keep();
      },
    });
  }

  /** Let a song follow the pointer, also a finger. */
  grab(event) {
    const handle = event.target.closest("[data-drag]");
    if (!handle || event.button) return;
    event.preventDefault();
    const item = handle.closest("[data-song]");
    const start = this.items.indexOf(item);
    const moved = ({ clientY }) => this.follow(item, clientY);
    const drop = () => {
      handle.removeEventListener("pointermove", moved);
      item.classList.remove("is-dragged");
      if (this.items.indexOf(item) !== start) this.keep();
    };
    handle.setPointerCapture(event.pointerId);
    item.classList.add("is-dragged");
    handle.addEventListener("pointermove", moved);
    for (const name of ["pointerup", "pointercancel"]) handle.addEventListener(name, drop, { once: true });
  }

  /** Move the others out of the way: removing the held song from the document would lose the pointer. */
  follow(item, y) {
    while (item.previousElementSibling && y < middleOf(item.previousElementSibling)) {
      item.after(item.previousElementSibling);
    }
    while (item.nextElementSibling && y > middleOf(item.nextElementSibling)) {
      item.before(item.nextElementSibling);
    }
  }

  /** Save the current order; requests are sent one after another, so that the last one wins. */
  keep() {
    const items = this.items.map(({ dataset }) => ({ job_id: Number(dataset.song), take: Number(dataset.take) }));
    this.kept = Promise.resolve(this.kept).then(() => this.send(items));
  }

  async send(items) {
    try {
      await this.api.send("PUT", this.path, { body: { items } });
    } catch (error) {
      toast(`The playlist was not changed: ${error.message}`);
    }
  }
}

function middleOf(element) {
  const { top, height } = element.getBoundingClientRect();
  return top + height / 2;
}

offer("[data-playlist-page]", (root, { api, rows }) => new PlaylistPage(root, api, rows));
