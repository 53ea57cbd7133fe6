// The unsent form, saved in this browser for its user. It survives reloads, other tabs, an ended session and
// a crash. Signing out deletes it, as does a song that has reached the queue.

const PREFIX = "audiomusic.draft.";
const ASIDE = ".aside"; // what was last cleared or replaced
const SAVE_MS = 300;
const VERSION = 1;

/** Events: "other": another tab has changed the draft; `detail` is the new one, or null if it was deleted. */
export class KeptDraft extends EventTarget {
  /** `read`: returns the state to save, or null if the form is unchanged. */
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

  /** Stop saving: the form has been removed from the page. */
  close() {
    this.flush();
    this.stops.abort();
  }

  load() {
    return readItem(this.key);
  }

  /** Save after a short delay, while the user types. */
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

  /** Delete the draft: the song is in the queue. */
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

  /** Make what was put aside the draft again. */
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

/** Delete all drafts from this browser on sign-out. */
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
    // Storage is full; the form itself still holds everything.
  }
}
