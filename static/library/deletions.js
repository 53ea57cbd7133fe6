// Deletes songs: hides them at once and offers Undo for a few seconds. The server is informed immediately,
// so the songs are deleted even if the browser is closed.

import { all, byId, siteUrl, visit } from "./dom.js";
import { toast } from "./toast.js";
import { songs } from "./words.js";

const SHOWN_MS = 8000;
// Longer than Undo is offered: a page that unloads completes the deletion itself, else the server does.
const UNDO_S = 20;
const MOST_NAMED = 2; // more songs than this are counted in messages

/** Events, with `ids`: "leaving": the songs can no longer be restored; "deleted": they are gone for good. */
export class Deletions extends EventTarget {
  constructor(api, playlist) {
    super();
    Object.assign(this, { api, playlist });
    this.leaving = new Map(); // id -> the toast that offers to restore it
    this.names = new Map(); // id -> the song's name, for messages after its row is gone
    addEventListener("pagehide", () => new Set(this.leaving.values()).forEach((shown) => shown.finish()));
  }

  /** Hide songs that are being deleted when new rows appear on the page. */
  open(root) {
    for (const row of all(root, "[data-song]")) if (this.leaving.has(Number(row.dataset.song))) row.hidden = true;
  }

  /** Delete songs. */
  async remove(ids) {
    const first = rowsOf([ids[0]])[0];
    const neighbour = nextTo(rowsOf(ids));
    const leaves = first && "leave" in first.dataset;
    for (const row of rowsOf(ids)) {
      row.hidden = true;
      this.names.set(Number(row.dataset.song), row.dataset.name);
    }
    (neighbour?.querySelector("a, button") ?? byId("main")).focus({ preventScroll: true });
    const pending = await this.ask(ids, UNDO_S);
    if (!pending.length) return;
    const words = pending.length === 1 ? this.titles(pending) : songs(pending.length);
    const shown = toast(`${words} deleted.`, {
      label: "Undo",
      act: () => this.bringBack(pending),
      onEnd: () => this.finish(pending),
      shownMs: SHOWN_MS,
    });
    for (const id of pending) this.leaving.set(id, shown);
    if (leaves) visit(siteUrl(""));
  }

  async bringBack(ids) {
    this.forget(ids);
    try {
      const { job_ids: back } = await this.api.post("/jobs/bulk/restore", { job_ids: ids });
      for (const row of rowsOf(back)) row.hidden = false;
      rowsOf(back)[0]?.querySelector("a")?.focus();
      const gone = ids.filter((id) => !back.includes(id));
      if (gone.length) toast(`${this.titles(gone)} ${were(gone)} already deleted.`);
    } catch (error) {
      toast(`${this.titles(ids)} could not be restored: ${error.message}`);
    }
  }

  async finish(ids) {
    for (const id of ids) this.playlist.drop(id);
    this.dispatchEvent(new CustomEvent("leaving", { detail: { ids } })); // first: the page may unload
    const gone = await this.ask(ids, 0);
    this.forget(ids);
    for (const row of rowsOf(gone)) row.remove();
    this.dispatchEvent(new CustomEvent("deleted", { detail: { ids: gone } }));
  }

  /** Ask the server to delete; return the ids that it accepted. Show the others again, with its reason. */
  async ask(ids, undoS) {
    let taken = [];
    let failed = ids;
    let reason = "";
    try {
      const options = { body: { job_ids: ids, undo_s: undoS }, keepalive: true };
      const { pending, deleted, refused } = await (await this.api.send("POST", "/jobs/bulk/delete", options)).json();
      taken = [...pending, ...deleted];
      reason = refused[0]?.detail ?? "";
      failed = refused.map(({ job_id: id }) => id);
      if (!undoS) taken = ids.filter((id) => !failed.includes(id)); // includes songs already deleted elsewhere
    } catch (error) {
      reason = error.message;
    }
    for (const row of rowsOf(failed)) row.hidden = false;
    if (reason) toast(`${this.titles(failed)} ${were(failed)} not deleted: ${reason}`);
    return taken;
  }

  /** Return "“Tide”", "“Tide” and “Ebb”" or "3 songs". */
  titles(ids) {
    const names = ids.map((id) => this.names.get(id));
    if (ids.length > MOST_NAMED || !names.every(Boolean)) return songs(ids.length);
    return names.map((name) => `“${name}”`).join(" and ");
  }

  forget(ids) {
    for (const id of ids) this.leaving.delete(id);
  }
}

function were(ids) {
  return ids.length === 1 ? "was" : "were";
}

function rowsOf(ids) {
  return ids.flatMap((id) => [...document.querySelectorAll(`[data-song="${id}"]`)]);
}

/** Return the visible row nearest to the given ones, to be focused when they are gone. */
function nextTo(rows) {
  const going = new Set(rows);
  for (const name of ["nextElementSibling", "previousElementSibling"]) {
    let row = rows[0]?.[name];
    while (row && (going.has(row) || row.hidden)) row = row[name];
    if (row) return row;
  }
  return null;
}
