// Song rows anywhere on a page: play, like, rename, cancel and delete, and keep the rows up to date.

import { all, announce, byId, part, refresh, setIcon, siteUrl } from "./dom.js";
import { editName } from "./rename.js";
import { toast } from "./toast.js";
import { readBars, readPeaks, Waveform } from "./waveform.js";

/** Events: "renamed" (`id`, `name`); "reacted" (`id`, `value`: like, dislike or null); "selected" (`row`),
 * from a row's menu; "changed": the counts of lists have changed. */
export class Rows extends EventTarget {
  constructor({ api, player, playlist, poller, deletions }) {
    super();
    Object.assign(this, { api, player, playlist, poller, deletions });
    this.waves = new Map(); // canvas -> Waveform
    this.opinions = new Map(); // id -> last reaction, for songs that are on no page
    this.sight = new IntersectionObserver((entries) => this.see(entries), { rootMargin: "200px" });
    document.addEventListener("click", (event) => this.click(event));
    player.addEventListener("change", () => this.showPlaying(document));
    player.addEventListener("time", () => this.showPlace());
  }

  /** Set up new songs on the page. */
  open(root) {
    for (const row of all(root, "[data-song]")) if (this.isTwin(row)) row.hidden = true;
    this.deletions.open(root);
    for (const [canvas, wave] of this.waves) if (!canvas.isConnected) this.closeWaveform(canvas, wave);
    this.showPlaying(root);
  }

  /** Whether the row is a duplicate, loaded because the list shifted while its pages were read. */
  isTwin(row) {
    return row.id && byId(row.id) !== row;
  }

  // Actions

  click(event) {
    const button = event.target.closest("[data-do]");
    const row = button?.closest("[data-song]");
    if (!row) return;
    const id = idOf(row);
    const handlers = {
      play: () => this.playOrPause(row, Number(button.dataset.take ?? 0)),
      enqueue: () => this.playlist.enqueue(songOf(row)),
      like: () => this.react(id, "like"),
      dislike: () => this.react(id, "dislike"),
      rename: () => editName(row, (wanted) => this.keepName(row, wanted)),
      select: () => this.dispatchEvent(new CustomEvent("selected", { detail: { row } })),
      cancel: () => this.cancel(button, id),
      retry: () => this.retry(row, id),
      delete: () => this.deletions.remove([id]),
    };
    handlers[button.dataset.do]?.();
  }

  playOrPause(row, takeIndex) {
    const { track } = this.player;
    const wanted = takeIndex || takeOf(row, 0);
    const isHeard = this.playlist.isOn(idOf(row)) && (!wanted || track.take.index === wanted);
    if (isHeard) this.player.toggle();
    else this.play(row, { takeIndex: wanted || 1 });
  }

  play(row, options) {
    const list = row.closest("[data-playlist]");
    const playable = list ? [...list.querySelectorAll("[data-song]:not([hidden])")].filter(isPlayable) : [];
    const songs = playable.map(songOf);
    this.playlist.start(songs[playable.indexOf(row)] ?? songOf(row), songs, options);
  }

  async react(id, value) {
    const buttons = [...document.querySelectorAll(`[data-song="${id}"] .opinion`)];
    const before = buttons.length ? buttons.find(isPressed)?.dataset.do : this.opinions.get(id);
    const after = before === value ? null : value;
    await this.attempt(async () => {
      if (after) await this.api.post(`/jobs/${id}/${after}`);
      else await this.api.remove(`/jobs/${id}/like`);
      this.tellOpinion(id, after);
      this.tellChange();
      announce({ like: "Liked", dislike: "Disliked" }[after] ?? "Rating removed");
    });
  }

  tellOpinion(id, value) {
    this.showOpinion(id, value);
    this.dispatchEvent(new CustomEvent("reacted", { detail: { id, value } }));
  }

  showOpinion(id, value) {
    this.opinions.set(id, value);
    for (const button of document.querySelectorAll(`[data-song="${id}"] .opinion`)) {
      button.setAttribute("aria-pressed", String(button.dataset.do === value));
    }
  }

  /** Apply a change that another tab made to one song or several. */
  learn(kind, { id, ids = [id], name, value }) {
    if (kind === "reacted") this.showOpinion(id, value);
    for (const row of ids.flatMap((each) => [...document.querySelectorAll(`[data-song="${each}"]`)])) {
      if (kind === "deleted") row.remove();
      if (kind !== "renamed") continue;
      row.dataset.name = name;
      const shown = part(row, "name");
      if (shown) Object.assign(shown, { textContent: name, title: name });
    }
    if (kind === "renamed") this.showPlaying(document);
    else this.tellChange();
  }

  async keepName(row, wanted) {
    const id = idOf(row);
    await this.attempt(async () => {
      const { display_name: name } = await this.api.patch(`/jobs/${id}`, { display_name: wanted });
      row.dataset.name = name;
      part(row, "name")?.setAttribute("title", name);
      this.dispatchEvent(new CustomEvent("renamed", { detail: { id, name } }));
      announce(`Renamed to ${name}`);
    });
    return row.dataset.name;
  }

  async cancel(button, id) {
    button.disabled = true;
    await this.attempt(() => this.api.post(`/jobs/${id}/cancel`));
    this.poller.wake();
  }

  async retry(row, id) {
    await this.attempt(async () => {
      await this.api.post(`/jobs/${id}/retry`);
      await this.renew(row);
      this.poller.wake();
    });
  }

  /** Announce that songs have been added, removed or changed, which affects the counts of lists. */
  tellChange() {
    this.dispatchEvent(new Event("changed"));
  }

  async attempt(handler) {
    try {
      await handler();
    } catch (error) {
      toast(error.message);
    }
  }

  // Display

  showPlaying(root) {
    const { track, isPlaying } = this.player;
    for (const row of all(root, "[data-song]")) {
      const isHeard = idOf(row) === track?.job.id && takeOf(row, track.take.index) === track.take.index;
      row.classList.toggle("is-playing", isHeard && isPlaying);
      row.classList.toggle("is-paused", isHeard && !isPlaying);
      for (const button of row.querySelectorAll('[data-do="play"]:not([data-take])')) {
        const plays = isHeard && isPlaying;
        setIcon(button, plays ? "pause" : "play");
        const word = part(button, "play-word");
        if (word) word.textContent = plays ? "Pause" : "Play";
        else button.setAttribute("aria-label", `${plays ? "Pause" : "Play"} ${row.dataset.name}`);
      }
    }
    this.showPlace();
  }

  showPlace() {
    const { track, share } = this.player;
    for (const [canvas, wave] of this.waves) {
      const isHeard = isOn(canvas, track);
      if (isHeard || wave.share) wave.moveTo(isHeard ? share : 0);
    }
  }

  openWaveform(canvas) {
    const wave = new Waveform(canvas, (share) => this.seek(canvas, share));
    wave.show([], Number(canvas.dataset.duration));
    this.waves.set(canvas, wave);
    this.sight.observe(canvas);
  }

  closeWaveform(canvas, wave) {
    this.sight.unobserve(canvas);
    this.waves.delete(canvas);
    wave.close();
  }

  async see(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || !this.waves.has(target)) continue;
      this.sight.unobserve(target);
      const { bars, peaks: url } = target.dataset;
      const peaks = bars === undefined ? await readPeaks(url) : readBars(bars);
      this.waves.get(target)?.show(peaks, Number(target.dataset.duration));
      this.showPlace();
    }
  }

  seek(canvas, share) {
    if (isOn(canvas, this.player.track)) this.player.seek(share);
    else this.play(canvas.closest("[data-song]"), { takeIndex: takeOf(canvas), share });
  }

  async renew(row) {
    if ("reload" in row.dataset || "leave" in row.dataset) {
      window.htmx.ajax("GET", location.pathname, { target: "#main", select: "#main", swap: "outerHTML" });
    } else await refresh(row, siteUrl(`tracks/${idOf(row)}/row`));
  }
}

export function idOf(row) {
  return Number(row.dataset.song);
}

function songOf(row) {
  return { id: idOf(row), name: row.dataset.name, take: takeOf(row) };
}

function takeOf(target, otherwise = 1) {
  return Number(target.dataset.take ?? otherwise);
}

function isOn(canvas, track) {
  return track?.key === `${canvas.dataset.waveform}:${takeOf(canvas)}`;
}

function isPlayable(row) {
  return Boolean(row.querySelector('[data-do="play"]'));
}

function isPressed(button) {
  return button.getAttribute("aria-pressed") === "true";
}
