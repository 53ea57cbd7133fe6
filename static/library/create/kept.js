// A draft, kept in this browser for its own user: it survives reloads, other tabs, an expired session and a crash.
// Signing out deletes it, as does queueing the song.

const PREFIX = "audiomusic.draft.";
const ASIDE = ".aside"; // what was cleared or replaced last
const SAVE_MS = 300;
const VERSION = 1;

/** Event "other": another tab has kept a draft; `detail` is it, or null if it was deleted. */
export class KeptDraft extends EventTarget {
  /** `read` returns the state to keep, or null for a form in its initial state. */
  constructor(user, read) {
    super();
    this.key = PREFIX + user;
    this.read = read;
    this.stops = new AbortController();
    const { signal } = this.stops;
    window.addEventListener("storage", (event) => this.hear(event), { signal });
    for (const [target, name] of [[window, "pagehide"], [document, "visibilitychange"], [document, "htmx:beforeSwap"]]) {
      target.addEventListener(name, () => this.flush(), { signal });
    }
  }

  /** Call when the form leaves the page. */
  close() {
    this.flush();
    this.stops.abort();
  }

  load() {
    return readItem(this.key);
  }

  /** Saves soon, as the user types. */
  save() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), SAVE_MS);
  }

  flush() {
    if (this.timer === undefined) return;
    this.saveNow();
  }

  saveNow(more = {}) {
    this.cancel();
    const state = this.read();
    if (state) writeItem(this.key, { version: VERSION, savedAt: Date.now(), ...state, ...more });
    else localStorage.removeItem(this.key);
  }

  cancel() {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Deletes the draft, because the song is in the queue. */
  clear() {
    this.cancel();
    localStorage.removeItem(this.key);
    localStorage.removeItem(this.key + ASIDE);
  }

  get aside() {
    return readItem(this.key + ASIDE);
  }

  putAside(state) {
    writeItem(this.key + ASIDE, { version: VERSION, ...state });
  }

  /** Makes the draft that was put aside current again. */
  takeBack() {
    writeItem(this.key, this.aside);
    this.dropAside();
  }

  dropAside() {
    localStorage.removeItem(this.key + ASIDE);
  }

  hear({ key, newValue }) {
    if (key !== this.key || this.timer !== undefined) return;
    this.dispatchEvent(new CustomEvent("other", { detail: newValue && parse(newValue) }));
  }
}

/** Signing out deletes everything kept in this browser. */
export function forgetOnSignOut(root, path) {
  root.addEventListener("submit", ({ target }) => {
    if (new URL(target.action, location.href).pathname !== path) return;
    const own = PREFIX + root.body.dataset.user;
    localStorage.removeItem(own);
    localStorage.removeItem(own + ASIDE);
  });
}

function readItem(key) {
  const text = localStorage.getItem(key);
  return text && parse(text);
}

function parse(text) {
  try {
    const state = JSON.parse(text);
    return state?.version === VERSION ? state : null;
  } catch {
    return null;
  }
}

function writeItem(key, state) {
  try {
    localStorage.setItem(key, JSON.stringify(state));
  } catch {
    // The browser's storage is full: the form itself still has everything.
  }
}
