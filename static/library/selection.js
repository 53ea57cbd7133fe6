// The selected songs of a list, and bulk actions on them.

import { action, announce, byId, element, part } from "./dom.js";
import { toast } from "./toast.js";
import { songs } from "./words.js";

const MOST = 500; // the server's maximum for one request

/** Event: "changed": likes or tags of songs have changed. */
export class Selection extends EventTarget {
  constructor(root, { api, rows, deletions }) {
    super();
    Object.assign(this, { root, api, rows, deletions, ids: new Set(), last: null });
    const handlers = {
      all: () => this.selectAll(),
      like: () => this.like(),
      tag: () => byId("selection-tag").showModal(),
      playlist: () => this.askPlaylist(),
      delete: () => this.remove(),
      clear: () => this.clear(),
    };
    for (const [name, handler] of Object.entries(handlers)) action(root, name).addEventListener("click", handler);
    byId("selection-zip").addEventListener("submit", (event) => this.fillZip(event.target));
    onAnswer("selection-tag", "tag", (form) => this.tag(form));
    onAnswer("selection-playlist", "add", (form) => this.addToPlaylist(form));
    byId("selection-playlist-id").addEventListener("change", () => this.showNewName());
  }

  get boxes() {
    return [...document.querySelectorAll(".row:not([hidden]) .row-select input")];
  }

  /** Mark the selected ones among new rows on the page. */
  open() {
    for (const box of this.boxes) box.checked = this.ids.has(Number(box.value));
    this.show();
  }

  /** Select or deselect a box; with Shift, all boxes from the previous one. */
  press(box, withRange) {
    const { boxes } = this;
    const [from, to] = [boxes.findIndex(({ value }) => Number(value) === this.last), boxes.indexOf(box)];
    const range = withRange && from >= 0 ? boxes.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
    for (const each of range) this.set(each, box.checked);
    this.last = Number(box.value);
    this.show();
  }

  /** Toggle a row from the keyboard or the row's menu. */
  toggle(row, withRange = false) {
    const box = row?.querySelector(".row-select input");
    if (!box) return;
    box.checked = !box.checked;
    this.press(box, withRange);
    announce(`${row.dataset.name} ${box.checked ? "is selected" : "is not selected"}. ${this.words}.`);
  }

  set(box, isChecked) {
    const id = Number(box.value);
    if (isChecked && !this.ids.has(id) && this.ids.size >= MOST) {
      box.checked = false;
      toast(`At most ${MOST} songs can be selected at once.`);
      return;
    }
    box.checked = isChecked;
    if (isChecked) this.ids.add(id);
    else this.ids.delete(id);
  }

  get words() {
    return `${this.ids.size} selected`;
  }

  get isOfAllShown() {
    return this.boxes.every((box) => box.checked);
  }

  show() {
    const isUsed = this.ids.size > 0;
    const hadFocus = this.root.contains(document.activeElement);
    this.root.hidden = !isUsed;
    document.body.classList.toggle("is-selecting", isUsed);
    part(this.root, "count").textContent = this.words;
    const hasMore = this.isOfAllShown && Boolean(byId("more"));
    action(this.root, "all").textContent = hasMore ? "Select all found" : "Select all shown";
    action(this.root, "all").hidden = this.isOfAllShown && !hasMore;
    if (hadFocus && !isUsed) byId("main").focus({ preventScroll: true });
  }

  /** Select all rows shown; the second time, all that the search finds. */
  async selectAll() {
    if (this.isOfAllShown) await this.selectFound();
    else for (const box of this.boxes) if (!box.checked) this.set(box, true);
    this.show();
    announce(this.words);
  }

  async selectFound() {
    const response = await fetch(this.root.dataset.ids + byId("browse").dataset.place, { cache: "no-store" });
    const { job_ids: found, is_all: isAll } = await response.json();
    for (const id of found) if (this.ids.size < MOST) this.ids.add(id);
    action(this.root, "all").hidden = true;
    if (!isAll || found.some((id) => !this.ids.has(id))) {
      toast(`Only the first ${this.ids.size} are selected: that is the maximum.`);
    }
  }

  clear() {
    this.ids.clear();
    this.last = null;
    this.open();
    announce("Nothing is selected");
  }

  like() {
    return this.attempt("/jobs/bulk/reaction", { interaction: "like" }, (done) => {
      for (const id of done) this.rows.tellOpinion(id, "like");
      return `${songs(done.length)} liked.`;
    });
  }

  tag(form) {
    const words = (name) => form.elements[name].value.split(",").map((word) => word.trim()).filter(Boolean);
    const change = { add: words("add"), remove: words("remove") };
    if (!change.add.length && !change.remove.length) return;
    this.attempt("/jobs/bulk/tags", change, (done) => `Tags of ${songs(done.length)} changed.`);
    form.reset();
  }

  async askPlaylist() {
    const lists = await this.api.get("/playlists").catch(() => []);
    const options = lists.map(({ id, name }) => element("option", { value: String(id), textContent: name }));
    byId("selection-playlist-id").replaceChildren(...options, element("option", { value: "", textContent: "A new playlist" }));
    this.showNewName();
    byId("selection-playlist").showModal();
  }

  showNewName() {
    const isNew = !byId("selection-playlist-id").value;
    part(byId("selection-playlist"), "new").hidden = !isNew;
    byId("selection-playlist-name").required = isNew;
  }

  async addToPlaylist(form) {
    const { playlist, name } = form.elements;
    const made = playlist.value ? null : await this.attemptNew(name.value.trim());
    const id = Number(playlist.value || made?.id);
    const listName = made?.name ?? playlist.selectedOptions[0].textContent;
    if (id) {
      await this.attempt("/jobs/bulk/playlist", { playlist_id: id }, (done, missing) => {
        const why = missing.length === 1 ? "has no audio and was skipped" : "have no audio and were skipped";
        const left = missing.length ? ` ${songs(missing.length)} ${why}.` : "";
        return `${songs(done.length)} added to “${listName}”.${left}`;
      });
    }
    form.reset();
  }

  async attemptNew(name) {
    try {
      return await this.api.post("/playlists", { name });
    } catch (error) {
      toast(error.message);
      return null;
    }
  }

  /** Send a bulk request for all selected songs, and show its result. */
  async attempt(path, values, words) {
    try {
      const { job_ids: done, missing } = await this.api.post(path, { job_ids: [...this.ids], ...values });
      toast(words(done, missing));
      this.dispatchEvent(new Event("changed"));
    } catch (error) {
      toast(error.message);
    }
  }

  /** Add the selected songs that are on no page to the form. */
  fillZip(form) {
    for (const old of form.querySelectorAll('input[name="job"]')) old.remove();
    const shown = new Set(this.boxes.filter((box) => box.checked).map(({ value }) => Number(value)));
    const others = [...this.ids].filter((id) => !shown.has(id));
    form.append(...others.map((id) => element("input", { type: "hidden", name: "job", value: String(id) })));
  }

  remove() {
    const ids = [...this.ids];
    this.clear();
    this.deletions.remove(ids);
  }
}

/** Call `handler` when the dialog closes with this answer. */
function onAnswer(id, answer, handler) {
  const dialog = byId(id);
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === answer) handler(dialog.querySelector("form"));
    dialog.returnValue = "";
  });
}
