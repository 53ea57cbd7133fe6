// Parts shared by the dock and the full-screen player: takes, the queue, and the playback modes.

import { drawCover } from "./cover.js";
import { announce, element, setIcon } from "./dom.js";

const REPEAT_WORDS = { off: "Repeat: off", all: "Repeat: all songs", one: "Repeat: this song" };

/** Show the song's own picture in place of the generated `cover`, or draw `cover` if it has none. */
export function showPicture(cover, { id, has_own_cover: isOwn, cover_url: own, thumbnail_url: thumbnail }) {
  const src = isOwn ? own : thumbnail;
  cover.parentElement.querySelector("img")?.remove();
  cover.toggleAttribute("hidden", Boolean(src));
  if (src) cover.after(element("img", { className: cover.getAttribute("class"), src, alt: "", referrerPolicy: "no-referrer" }));
  else drawCover(cover, id);
}

export function takeButtons(job, take, playlist) {
  return job.takes.map(({ index }) => {
    const button = element("button", { type: "button", className: "take", textContent: index });
    button.setAttribute("aria-label", `Take ${index}`);
    button.setAttribute("aria-pressed", String(index === take.index));
    button.addEventListener("click", () => playlist.chooseTake(index));
    return button;
  });
}

/** Return the list items of the queue; clicking one plays it. */
export function songItems(playlist, className) {
  return playlist.songs.map((song, at) => {
    const button = element("button", { type: "button", className, dir: "auto", textContent: song.name });
    if (at === playlist.index) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => playlist.jumpTo(at));
    return element("li", {}, button);
  });
}

function mode(root, name) {
  return root.querySelector(`[data-mode="${name}"]`);
}

export function listenToModes(root, playlist) {
  mode(root, "shuffle").addEventListener("click", () => playlist.shuffle());
  mode(root, "lossless").addEventListener("click", () => playlist.setLossless(!playlist.isLossless));
  mode(root, "repeat").addEventListener("click", () => {
    playlist.turnRepeat();
    announce(REPEAT_WORDS[playlist.repeat]);
  });
}

export function showModes(root, { isShuffled, isLossless, repeat }) {
  const repeats = mode(root, "repeat");
  mode(root, "shuffle").setAttribute("aria-pressed", String(isShuffled));
  mode(root, "lossless").setAttribute("aria-pressed", String(isLossless));
  repeats.setAttribute("aria-pressed", String(repeat !== "off"));
  repeats.setAttribute("aria-label", REPEAT_WORDS[repeat]);
  setIcon(repeats, repeat === "one" ? "repeat-one" : "repeat");
}
