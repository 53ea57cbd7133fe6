// Integration with the operating system: media keys, lock screen, window title.

import { drawCover } from "./cover.js";
import { svg } from "./dom.js";

const SKIP_S = 10;
const COVER_PX = 512;

/** Publish what `player` plays to the Media Session, and handle the media keys. */
export class MachineControls {
  constructor(player, { next, previous }) {
    if (!("mediaSession" in navigator)) return;
    this.player = player;
    const keys = {
      play: () => player.start(),
      pause: () => player.pause(),
      seekto: ({ seekTime }) => player.seek(seekTime / player.durationS),
      seekbackward: () => player.skip(-SKIP_S),
      seekforward: () => player.skip(SKIP_S),
      nexttrack: next,
      previoustrack: previous,
    };
    for (const [name, act] of Object.entries(keys)) navigator.mediaSession.setActionHandler(name, act);
    player.addEventListener("change", () => this.show());
    player.addEventListener("time", () => this.showPlace());
  }

  show() {
    const { track } = this.player;
    const isAnother = this.shown !== track || this.name !== track?.job.display_name;
    if (track && isAnother) this.describe(track);
    this.showPlace();
  }

  describe(track) {
    this.shown = track;
    this.name = track.job.display_name;
    const facts = { title: this.name, artist: "AudioMusic" };
    navigator.mediaSession.metadata = new MediaMetadata(facts);
    artworkOf(track.job).then((artwork) => {
      if (this.shown === track) navigator.mediaSession.metadata = new MediaMetadata({ ...facts, artwork });
    });
  }

  showPlace() {
    const { track, timeS, durationS, isPlaying } = this.player;
    if (!track || !(durationS >= timeS)) return;
    navigator.mediaSession.playbackState = isPlaying ? "playing" : "paused";
    navigator.mediaSession.setPositionState({ duration: durationS, position: timeS });
  }
}

/** Return the song's artwork: its own cover if it has one, else the generated one. */
async function artworkOf({ id, cover_url: own, thumbnail_url: thumbnail }) {
  if (own || thumbnail) return [{ src: own || thumbnail }];
  const src = await drawnPicture(id).catch(() => null);
  return src ? [{ src, sizes: `${COVER_PX}x${COVER_PX}`, type: "image/png" }] : [];
}

/** Render a generated cover as a PNG: the media controls read no SVG. */
async function drawnPicture(id) {
  const drawn = svg("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: "0 0 100 100", width: COVER_PX, height: COVER_PX });
  drawCover(drawn, id);
  const picture = new Image(COVER_PX, COVER_PX);
  picture.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(drawn))}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = COVER_PX;
  canvas.getContext("2d").drawImage(picture, 0, 0, COVER_PX, COVER_PX);
  return canvas.toDataURL("image/png");
}

/** Shows the playing song in the window's title, else the page's title. */
export class WindowTitle {
  constructor(player) {
    this.player = player;
    this.page = document.title;
    this.said = this.page;
    player.addEventListener("change", () => this.show());
    const changed = () => {
      if (document.title === this.said) return;
      this.page = document.title; // another page has been swapped in
      this.show();
    };
    new MutationObserver(changed).observe(document.head, { childList: true, characterData: true, subtree: true });
  }

  show() {
    const { track, isPlaying } = this.player;
    this.said = isPlaying ? `▶ ${track.job.display_name} — AudioMusic` : this.page;
    if (document.title !== this.said) document.title = this.said;
  }
}
