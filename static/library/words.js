// Numbers and states, as people say them.

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

const STAGE_WORDS = {
  planning: "Planning the song",
  composing: "Writing the notes",
  singing: "Singing the lyrics",
  rendering: "Playing the instruments",
  mastering: "Mixing and mastering",
  encoding: "Pressing the record",
};

/** 151.3 -> "2:31" */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function stageWords(job) {
  if (job.status !== "PENDING") return STAGE_WORDS[job.stage] ?? "Working on it";
  const ahead = job.queue_position ?? 0;
  return ahead > 0 ? `Waiting, ${ahead} ahead` : "Waiting for the studio";
}

const AGO = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS_S = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/** "5 minutes ago"; a date after a week. */
export function ago(date, now = new Date()) {
  const passedS = (now - date) / 1000;
  if (passedS > 7 * 86400) return date.toLocaleDateString("en", { dateStyle: "medium" });
  const [unit, unitS] = UNITS_S.find(([, sizeS]) => passedS >= sizeS) ?? [];
  return unit ? AGO.format(-Math.floor(passedS / unitS), unit) : "just now";
}

/** The short facts under a waveform: what is known of this take, and nothing else. */
export function factsOf(job, take) {
  return [
    clock(take?.duration ?? job.audio_duration),
    job.bpm && `${Math.round(job.bpm)} bpm`,
    job.keyscale,
    job.timesignature,
    take && `seed ${take.seed}`,
  ].filter(Boolean);
}
