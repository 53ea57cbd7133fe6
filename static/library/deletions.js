// Deletes songs: hides them at once and offers Undo for a few seconds. The server is informed immediately,
// so the songs are deleted even if the browser is closed.

import { all, byId, siteUrl, visit } from "./dom.js";
import { toast } from "./toast.js";

const SHOWN_MS = 8000;
// Longer than Undo is offered: a page that unloads completes the deletion itself, else the server does.
const UNDO_S = 20;

/** Events, with `ids`: "leaving": the songs can no longer be restored; "deleted": they are gone for good. */
export class Deletions extends EventTarget {
  constructor(api, playlist) {
    super();
    Object.assign(this, { api, playlist });
    this.leaving = new Map(); // id -> the toast that offers to restore it
    addEventListener("pagehide", () => new Set(this.leaving.values()).forEach((shown) => shown.finish()));
  }

  /** Hide songs that are being deleted when new rows appear on the page. */
  open(root) {
    for (const row of all(root, "[data-song]")) if (this.leaving.has(Number(row.dataset.song))) row.hidden = true;
  }

  /** Delete songs; `name` is shown if there is only one. */
  async remove(ids, name) {
    const first = rowsOf([ids[0]])[0];
    const neighbour = nextTo(rowsOf(ids));
    const leaves = first && "leave" in first.dataset;
    for (const row of rowsOf(ids)) row.hidden = true;
    (neighbour?.querySelector("a, button") ?? byId("main")).focus({ preventScroll: true });
    const pending = await this.ask(ids, UNDO_S);
    if (!pending.length) return;
    const words = pending.length === 1 && name ? `“${name}” is deleted.` : `${pending.length} songs are deleted.`;
    const shown = toast(words, {
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
      if (back.length < ids.length) toast(`${ids.length - back.length} of them were already deleted.`);
    } catch (error) {
      toast(`They could not be restored: ${error.message}`);
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
    let reason = "";
    try {
      const options = { body: { job_ids: ids, undo_s: undoS }, keepalive: true };
      const { pending, deleted, refused } = await (await this.api.send("POST", "/jobs/bulk/delete", options)).json();
      taken = [...pending, ...deleted];
      reason = refused[0]?.detail ?? "";
      const kept = new Set(refused.map(({ job_id: id }) => id));
      for (const row of rowsOf([...kept])) row.hidden = false;
      if (!undoS) taken = ids.filter((id) => !kept.has(id)); // includes songs already deleted elsewhere
    } catch (error) {
      reason = error.message;
      for (const row of rowsOf(ids)) row.hidden = false;
    }
    if (reason) toast(ids.length === 1 ? `It was not deleted: ${reason}` : `Not all were deleted: ${reason}`);
    return taken;
  }

  forget(ids) {
    for (const id of ids) this.leaving.delete(id);
  }
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
