// Entry point of every page for signed-in users. Pages are swapped inside <main>, while the objects created
// here persist, so the music keeps playing.

import { keepOfflinePage } from "../site/home_screen.js";
import { Api, UNREACHED } from "./api.js";
import { copyOnClick } from "./copy.js";
import { drawCover, drawCoverRow, tintByCover } from "./cover.js";
import { forgetOnSignOut } from "./create/kept.js";
import { Deletions } from "./deletions.js";
import { Dock } from "./dock.js";
import { Endings } from "./endings.js";
import { all, announce, byId, Once } from "./dom.js";
import { Gapless } from "./gapless.js";
import { Heard } from "./heard.js";
import { Keys } from "./keys.js";
import { Library, oneTabStop } from "./library.js";
import { MachineControls, WindowTitle } from "./machine.js";
import { Making } from "./making.js";
import { closeMenusOutside, foldOnClick, markPage } from "./menus.js";
import { NowPlaying } from "./now_playing.js";
import { begin, bringEarly, openOffered } from "./page_scripts.js";
import { Player } from "./player.js";
import { Playlist } from "./playlist.js";
import { Poller } from "./poller.js";
import { Rows } from "./rows.js";
import { Session } from "./session.js";
import { agree, Tabs } from "./tabs.js";
import { toast } from "./toast.js";
import { TrackLyrics } from "./track.js";
import { loadWholeAfterUpgrade } from "./upgrades.js";

const { body } = document;
const api = new Api({ root: body.dataset.api, csrfToken: body.dataset.csrf, signInUrl: body.dataset.signIn });
const player = new Player(byId("audio"));
const playlist = new Playlist(api, player);
const heard = new Heard(player);
const poller = new Poller(api, body.dataset.state);
const deletions = new Deletions(api, playlist);
const rows = new Rows({ api, player, playlist, poller, deletions });
const library = new Library({ api, rows, deletions });
const dock = new Dock(byId("player"), player, playlist);
const tabs = new Tabs(body.dataset.user);
const session = new Session({ user: body.dataset.user, player, playlist, tabs });
const nowPlaying = new NowPlaying(byId("now-playing"), { player, playlist, rows });
const title = new WindowTitle(player);
new Gapless(player, playlist);
new MachineControls(player, { next: () => playlist.next(), previous: () => playlist.previous() });
const making = new Making({ api, playlist, poller, rows });
const endings = new Endings({ api, making, poller, tabs });
new Keys({ player, playlist, dock, rows, library, nowPlaying });
agree({ tabs, heard, rows, deletions, playlist, dock });
begin({ api, heard, player, playlist, poller, rows });

/** Initializers, run once for each matching element, whichever request brings it. */
const once = new Once([
  ["svg[data-cover]", (cover) => drawCover(cover, cover.dataset.cover)],
  [".genre-cards", (cards) => drawCoverRow(cards.querySelectorAll("[data-genre-cover]"))],
  [
    "canvas[data-waveform]",
    (canvas) => {
      tintByCover(canvas, canvas.dataset.waveform);
      rows.openWaveform(canvas);
    },
  ],
  ["#selection", (bar) => library.openSelection(bar)],
  ["[data-filters]", (nav) => oneTabStop(nav)],
  ["[data-notify]", (button) => endings.offer(button)],
  ["[data-lyrics]", (root) => new TrackLyrics(root, heard, playlist)],
]);

function open(root) {
  once.open(root);
  openOffered(root);
  rows.open(root);
  library.open();
  if (all(root, "[data-unfinished]").length) poller.wake();
}

document.addEventListener("htmx:load", (event) => open(event.detail.elt));
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "main" || !event.detail.boosted) return;
  markPage();
  byId("main").focus({ preventScroll: true });
  announce(title.page);
});
document.addEventListener("htmx:historyRestore", markPage);
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status === 401) api.signInAgain();
  else if (detail.boosted) location.assign(detail.pathInfo.finalRequestPath); // the server's own page
  else if (detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/plain")) toast(detail.xhr.responseText);
  else toast(`The server returned an error (${detail.xhr.status}). Please try again.`);
});
document.addEventListener("htmx:sendError", () => toast(UNREACHED));
loadWholeAfterUpgrade(document);
bringEarly(document);
closeMenusOutside(document);
copyOnClick(document);
foldOnClick(document);
forgetOnSignOut(document, body.dataset.signOut);
open(body);
session.restore();
poller.wake();
keepOfflinePage(body.dataset.serviceWorker);
