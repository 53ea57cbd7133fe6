// The page of a share link: one song with its takes and one audio element, without an account.

import { drawCover, tintByCover } from "./cover.js";
import { all, byId, setIcon } from "./dom.js";
import { LyricsView, lrcOf } from "./lyrics.js";
import { Player } from "./player.js";
import { trackOf } from "./playlist.js";
import { Waveform } from "./waveform.js";

const song = JSON.parse(byId("shared-song").textContent);
const peaks = JSON.parse(byId("shared-peaks").textContent);
const player = new Player(byId("audio"));
const root = document.querySelector("[data-song]");
const button = root.querySelector('[data-do="play"]');
const words = root.querySelector("[data-lyrics]");
const cover = root.querySelector("[data-cover]");
const wave = new Waveform(root.querySelector("canvas"), seek);
const lyrics = words && new LyricsView(words, (atS) => seek(atS / take.duration));
let [take] = song.takes;

function start(share = 0) {
  player.play(trackOf(player.audio, song, take.index), share);
}

function seek(share) {
  if (player.track) player.seek(share);
  else start(share);
}

/** Switch to another take at the same position, playing or paused as before. */
function choose(index) {
  take = song.takes.find((each) => each.index === index);
  for (const each of all(root, "[data-take]")) each.setAttribute("aria-pressed", String(Number(each.dataset.take) === index));
  if (player.track) player.switchTo(trackOf(player.audio, song, index), player.timeS, player.isPlaying);
  showTake();
  showPlace();
}

function showTake() {
  wave.show(peaks[take.index] ?? [], take.duration);
  lyrics?.show(song.lyrics, lrcOf(song, take));
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
showTake();
for (const each of all(root, "[data-take]")) each.addEventListener("click", () => choose(Number(each.dataset.take)));
button.addEventListener("click", () => (player.track ? player.toggle() : start()));
player.addEventListener("change", show);
player.addEventListener("time", showPlace);
