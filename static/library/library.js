// The library page: selection, counts, keyboard navigation of the filters, and the restored scroll position.

import { byId } from "./dom.js";
import { Selection } from "./selection.js";

const COUNT_AFTER_MS = 400; // changes within this time trigger one recount
const KEEP_AFTER_MS = 120;
const PLACES_KEY = "audiomusic.places"; // address -> { rows, id, top, y }, per tab
const MOST_PLACES = 20;
const MOST_ROWS = 600; // the server's maximum for one request

export class Library {
  constructor({ api, rows, deletions }) {
    Object.assign(this, { api, rows, deletions, selection: null, isRestoring: false });
    for (const source of [rows, deletions]) {
      for (const name of ["changed", "deleted"]) source.addEventListener(name, () => this.countSoon());
    }
    rows.addEventListener("selected", ({ detail }) => this.selection?.toggle(detail.row));
    addEventListener("scroll", () => this.keepSoon(), { passive: true });
    addEventListener("pagehide", () => this.keepPlace());
    document.addEventListener("htmx:beforeSwap", ({ detail }) => detail.target.id === "main" && this.keepPlace());
    document.addEventListener("htmx:historyRestore", () => this.comeBack());
    document.addEventListener("click", (event) => this.click(event));
    const [navigation] = performance.getEntriesByType("navigation");
    if (["back_forward", "reload"].includes(navigation?.type)) this.comeBack();
  }

  get list() {
    return document.querySelector("[data-rows]");
  }

  openSelection(bar) {
    this.selection = new Selection(bar, this);
    this.selection.addEventListener("changed", () => this.countSoon());
  }

  /** Set up new rows on the page. */
  open() {
    if (byId("selection")) this.selection.open();
  }

  click(event) {
    const box = event.target.closest(".row-select input");
    if (box && byId("selection")) this.selection.press(box, event.shiftKey);
  }

  // Keyboard navigation of rows

  get row() {
    return document.activeElement?.closest(".row");
  }

  /** Focus the song after the focused one, or before it. */
  step(by) {
    const rows = [...document.querySelectorAll(".row:not([hidden])")];
    const at = rows.indexOf(this.row);
    const next = rows[at < 0 ? 0 : at + by];
    next?.querySelector(".row-title a").focus();
  }

  select(withRange) {
    if (byId("selection")) this.selection.toggle(this.row, withRange);
  }

  /** Focus the bar of actions for the selected songs. */
  focusBar() {
    byId("selection")?.querySelector("button:not([hidden])")?.focus();
  }

  // Counts

  countSoon() {
    clearTimeout(this.counting);
    this.counting = setTimeout(() => this.count(), COUNT_AFTER_MS);
  }

  /** Refresh the filters and their counts; what is folded or focused stays so. */
  async count() {
    const browse = byId("browse");
    if (!browse) return;
    const headers = { "HX-Request": "true", "HX-Target": "filters" };
    const response = await fetch(document.body.dataset.home + browse.dataset.place, { headers, cache: "no-store" });
    if (!response.ok || !browse.isConnected) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    byId("results-heading").textContent = fresh.getElementById("results-heading").textContent;
    const old = byId("filters");
    const next = document.adoptNode(fresh.getElementById("filters"));
    next.className = old.className;
    for (const rest of old.querySelectorAll("details[open]")) next.querySelector(`#${rest.id}`)?.setAttribute("open", "");
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
    const { scrollTop } = old;
    old.replaceWith(next);
    next.scrollTop = scrollTop;
    window.htmx.process(next);
    oneTabStop(next, focused);
  }

  // Scroll position

  keepSoon() {
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keepPlace(), KEEP_AFTER_MS);
  }

  /** Save the number of rows and the first visible one. */
  keepPlace() {
    const browse = byId("browse");
    if (!browse || !this.list || this.isRestoring) return;
    const rows = [...this.list.querySelectorAll(".row")];
    const first = rows.find((row) => row.getBoundingClientRect().bottom > 0);
    if (!first || !scrollY) return this.savePlace(browse.dataset.place, null);
    const place = { rows: rows.length, id: first.id, top: first.getBoundingClientRect().top, y: scrollY };
    return this.savePlace(browse.dataset.place, place);
  }

  savePlace(address, place) {
    const places = readPlaces().filter(([known]) => known !== address);
    if (place) places.push([address, place]);
    sessionStorage.setItem(PLACES_KEY, JSON.stringify(places.slice(-MOST_PLACES)));
  }

  /** Restore the position: load as many rows as there were, and show the same one at the same height. */
  async comeBack() {
    const browse = byId("browse");
    const place = browse && new Map(readPlaces()).get(browse.dataset.place);
    if (!place || !this.list) return;
    this.isRestoring = true;
    try {
      await this.readOn(Math.min(place.rows, MOST_ROWS));
    } finally {
      this.isRestoring = false;
    }
    const row = byId(place.id);
    const y = row ? scrollY + row.getBoundingClientRect().top - place.top : place.y;
    scrollTo({ top: y, behavior: "instant" });
  }

  async readOn(wanted) {
    const missing = wanted - this.list.querySelectorAll(".row").length;
    const more = byId("more");
    if (missing <= 0 || !more) return;
    window.htmx.trigger(more, "htmx:abort");
    const holder = more.cloneNode(false); // without its trigger: being visible loads no more rows
    holder.removeAttribute("hx-trigger");
    more.replaceWith(holder);
    const headers = { "HX-Request": "true", "HX-Target": "more" };
    const response = await fetch(`${more.getAttribute("hx-get")}&rows=${missing}`, { headers, cache: "no-store" });
    if (!response.ok || !holder.isConnected) return;
    const markup = await response.text();
    window.htmx.swap(holder, markup, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 });
  }
}

function readPlaces() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACES_KEY)) ?? [];
  } catch {
    return [];
  }
}

/** Make the filters one tab stop; arrow keys move between them. */
export function oneTabStop(nav, focusedId = "") {
  const items = () => [...nav.querySelectorAll("a, summary")].filter((item) => item.checkVisibility());
  const choose = (item, moves) => {
    for (const each of nav.querySelectorAll("a, summary")) each.tabIndex = each === item ? 0 : -1;
    if (moves) item?.focus();
  };
  const isFocused = (item) => focusedId && item.id === focusedId;
  const first = nav.querySelector("[aria-current]") ?? nav.querySelector("a, summary");
  const focused = [...nav.querySelectorAll("a")].find(isFocused);
  choose(focused ?? first, Boolean(focused));
  nav.addEventListener("focusin", (event) => choose(event.target.closest("a, summary"), false));
  nav.addEventListener("keydown", (event) => {
    const list = items();
    const at = list.indexOf(document.activeElement);
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: list.length - 1 };
    if (at < 0 || !(event.key in moves)) return;
    event.preventDefault();
    choose(list[Math.min(list.length - 1, Math.max(0, moves[event.key]))], true);
  });
}
