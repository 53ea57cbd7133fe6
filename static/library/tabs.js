// Messages between the tabs of one browser: which of them plays, and changes to songs.

const ANSWER_MS = 150;

/** Events, named by message kind, with its `detail`: "playing", "asks", "renamed", "reacted", "deleted". */
export class Tabs extends EventTarget {
  /** `user`: tabs of other users receive nothing. */
  constructor(user) {
    super();
    if (!("BroadcastChannel" in window)) return;
    this.channel = new BroadcastChannel(`audiomusic.${user}`);
    this.channel.addEventListener("message", ({ data: { kind, detail } }) => {
      this.dispatchEvent(new CustomEvent(kind, { detail }));
    });
  }

  /** Send a message to all other tabs. */
  send(kind, detail = null) {
    this.channel?.postMessage({ kind, detail });
  }

  /** Ask the other tabs whether one of them plays. */
  isPlayingElsewhere() {
    return new Promise((resolve) => {
      this.addEventListener("playing", () => resolve(true), { once: true });
      setTimeout(() => resolve(false), ANSWER_MS);
      this.send("asks");
    });
  }
}

/** Keep tabs in sync: one plays at a time, and all show the same names and reactions and no deleted song.
 * `heard`: the player or the stem mixer. */
export function agree({ tabs, heard, rows, deletions, playlist, dock }) {
  let wasPlaying = false;
  heard.addEventListener("change", () => {
    if (heard.isPlaying && !wasPlaying) tabs.send("playing");
    wasPlaying = heard.isPlaying;
  });
  tabs.addEventListener("asks", () => heard.isPlaying && tabs.send("playing"));
  tabs.addEventListener("playing", () => heard.pause());
  const apply = {
    renamed: ({ id, name }) => {
      playlist.rename(id, name);
      dock.rename(id, name);
    },
    reacted: () => {},
    deleted: ({ ids }) => ids.forEach((id) => playlist.drop(id)),
  };
  for (const [kind, act] of Object.entries(apply)) {
    const [source, name] = kind === "deleted" ? [deletions, "leaving"] : [rows, kind];
    source.addEventListener(name, ({ detail }) => {
      act(detail);
      tabs.send(kind, detail);
    });
    tabs.addEventListener(kind, ({ detail }) => {
      act(detail);
      rows.learn(kind, detail);
    });
  }
}
