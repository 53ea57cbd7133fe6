// Numbers and states in words.

export const KIND_WORDS = {
  text2music: "Song",
  prompt2instrumental: "Instrumental",
  text2rap: "Rap",
  lyric2vocals: "Vocals",
  text2samples: "Sample",
  simple: "Song",
  cover: "Cover",
  reference: "From a reference",
  extract: "Stem",
  retake: "Retake",
  repaint: "Repaint",
  extend: "Extended",
  edit: "Edit",
};

/** 151.3 -> "2:31" */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** 1 -> "1 song" */
export function songs(count) {
  return `${count} song${count === 1 ? "" : "s"}`;
}
