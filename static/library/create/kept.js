// A form that is not sent yet, kept in this browser for its own user: through reloads, other tabs, an ended
// session and a crash. Signing out, and a song that is really in the queue, take it away.

const PREFIX = "audiomusic.draft.";
const ASIDE = ".aside"; // what was cleared or replaced last
const SAVE_MS = 300;
const VERSION = 1;

/** Events: "other": another tab has kept something else; `detail` is it, or null where it is gone. */
export class KeptDraft extends EventTarget {
  /** `read`: gives the state to keep, or null where the form is as it began. */
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

  /** For a form that has left the page. */
  close() {
    this.flush();
    this.stops.abort();
  }

  load() {
    return readItem(this.key);
  }

  /** Soon, while somebody types. */
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

  /** The song is in the queue: nothing is left to keep. */
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

  /** What was put aside is the draft again. */
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

/** Signing out leaves nothing behind in this browser. */
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
    // The browser has no room: the form itself still holds everything.
  }
}
