// The page behind a share link: one song, one audio element, no account.

import { drawCover, tintByCover } from "./cover.js";
import { byId, setIcon } from "./dom.js";
import { LyricsView, lrcOf } from "./lyrics.js";
import { Player } from "./player.js";
import { trackOf } from "./playlist.js";
import { Waveform } from "./waveform.js";

const song = JSON.parse(byId("shared-song").textContent);
const player = new Player(byId("audio"));
const root = document.querySelector("[data-song]");
const button = root.querySelector('[data-do="play"]');
const words = root.querySelector("[data-lyrics]");
const cover = root.querySelector("[data-cover]");
const wave = new Waveform(root.querySelector("canvas"), seek);
const lyrics = words && new LyricsView(words, (atS) => seek(atS / song.takes[0].duration));

function start(share = 0) {
  player.play(trackOf(player.audio, song, 1), share);
}

function seek(share) {
  if (player.track) player.seek(share);
  else start(share);
}

function show() {
  root.classList.toggle("is-playing", player.isPlaying);
  root.classList.toggle("is-paused", Boolean(player.track) && !player.isPlaying);
  setIcon(button, player.isPlaying ? "pause" : "play");
  button.setAttribute("aria-label", `${player.isPlaying ? "Pause" : "Play"} ${song.display_name}`);
}

function showPlace() {
  wave.moveTo(player.share);
  lyrics?.follow(player.track ? player.timeS : null);
}

if (cover) drawCover(cover, song.id);
tintByCover(root, song.id);
wave.show(JSON.parse(byId("shared-peaks").textContent), song.takes[0].duration);
lyrics?.show(song.lyrics, lrcOf(song, song.takes[0]));
button.addEventListener("click", () => (player.track ? player.toggle() : start()));
player.addEventListener("change", show);
player.addEventListener("time", showPlace);
