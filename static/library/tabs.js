// Messages between the tabs of one browser: which of them plays, and what happened to songs.

const ANSWER_MS = 150;

/** Events have the name of the message, with its `detail`: "playing", "asks", "renamed", "reacted", "deleted". */
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

  /** Sends to all tabs except this one. */
  send(kind, detail = null) {
    this.channel?.postMessage({ kind, detail });
  }

  /** Returns whether another tab responds that it is playing. */
  isPlayingElsewhere() {
    return new Promise((resolve) => {
      this.addEventListener("playing", () => resolve(true), { once: true });
      setTimeout(() => resolve(false), ANSWER_MS);
      this.send("asks");
    });
  }
}

/** Keeps tabs in sync: only one plays, and all show the same names and reactions and no deleted songs. `heard` is the
 * player or the stem mixer. */
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
