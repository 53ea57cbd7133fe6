// Asks the server for the marks of the lyrics shortly after the last keystroke. If the request fails, the
// margin stays empty and nothing interrupts the typing.

const CALM_MS = 700;
const ASKED = ["lyrics", "vocal_language", "bpm", "timesignature", "duration", "seed", "genre_preset"];
const MAX_TIMES = 6; // requests for one long text, until all of it is read

export class LyricMarks {
  /** `show`: called with the answer, or null if there are no marks. */
  constructor(url, api, show) {
    Object.assign(this, { url, api, show });
  }

  ask(task, request, caption) {
    clearTimeout(this.timer);
    const body = new URLSearchParams({ task, caption: caption.slice(0, 2048) });
    for (const name of ASKED) if (request[name] !== undefined) body.set(name, request[name]);
    const asked = body.toString();
    if (asked === this.asked) return;
    this.timer = setTimeout(() => this.send(asked, body.has("lyrics")), CALM_MS);
  }

  async send(asked, hasLyrics) {
    this.asked = asked;
    if (!hasLyrics) {
      this.show(null);
      return;
    }
    for (let times = 0; times < MAX_TIMES; times += 1) {
      const answer = await this.fetch(asked);
      if (asked !== this.asked) return; // the text has changed since
      if (!answer) this.asked = undefined;
      this.show(answer);
      if (!answer || answer.is_whole || !answer.language) return;
    }
  }

  async fetch(asked) {
    const headers = { "X-CSRFToken": this.api.csrfToken, "Content-Type": "application/x-www-form-urlencoded" };
    const response = await fetch(this.url, { method: "POST", body: asked, headers }).catch(() => null);
    return response?.ok ? response.json() : null;
  }
}
