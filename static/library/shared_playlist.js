// The page of a playlist's share link: its songs in sequence in one audio element, without an account.

import { byId, setIcon } from "./dom.js";
import { playableUrl } from "./player.js";

const audio = byId("audio");
const songs = [...document.querySelectorAll("[data-place]")];
let current = null;

function addressOf({ dataset }) {
  return playableUrl(audio, {}, { stream_url: dataset.stream, urls: {} });
}

function play(song) {
  current = song;
  audio.src = addressOf(song);
  audio.play().catch(() => show()); // the browser requires a click first
  document.querySelector('[data-part="now"]').textContent = song.dataset.name;
  if ("mediaSession" in navigator) {
    const title = song.dataset.name;
    const artwork = [{ src: song.querySelector("img").src }];
    navigator.mediaSession.metadata = new MediaMetadata({ title, album: document.querySelector("h1").textContent, artwork });
  }
}

function toggle(song) {
  if (song !== current) play(song);
  else if (audio.paused) audio.play();
  else audio.pause();
}

function step(by) {
  const next = songs[songs.indexOf(current) + by];
  if (next) play(next);
}

function show() {
  for (const song of songs) {
    const isPlaying = song === current && !audio.paused;
    const button = song.querySelector('[data-do="play"]');
    song.classList.toggle("is-playing", isPlaying);
    setIcon(button, isPlaying ? "pause" : "play");
    button.setAttribute("aria-label", `${isPlaying ? "Pause" : "Play"} ${song.dataset.name}`);
  }
}

if (audio) {
  for (const song of songs) {
    song.querySelector('[data-do="play"]').addEventListener("click", () => toggle(song));
    song.querySelector("a").addEventListener("click", (event) => {
      event.preventDefault(); // the link leads to the audio file, for browsers without scripts
      play(song);
    });
  }
  for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, show);
  audio.addEventListener("ended", () => step(1));
  audio.src = addressOf(songs[0]);
  current = songs[0];
  if ("mediaSession" in navigator) {
    navigator.mediaSession.setActionHandler("nexttrack", () => step(1));
    navigator.mediaSession.setActionHandler("previoustrack", () => step(-1));
  }
}
