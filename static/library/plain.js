// The API's error sentences in plain words, by the rules of audiomusic/http/pages/plain_words.py.

const REFUSAL = /^(?:\w+: )?Expected (.+?)[,.]? [gG]ot ([^:;]+)(?:[:;] ?(.+))?$/s;
const CODED = /, or -1$|^-1 or /;
const LENGTH = /^(?:text of |a name of )?(\d+) to (\d+) (?:printable )?characters$/;
const EMPTY = ["only white space", "none", "0", "an empty body", "0 characters"];

/** "Expected a number from 1 to 600, got 900." -> "Give a number from 1 to 600 instead of 900." */
export function plainly(sentence) {
  const match = REFUSAL.exec(sentence.replace(/\.$/, ""));
  if (!match) return sentence;
  const words = said(match[1].replace(CODED, ""), match[2].trim());
  const rest = (match[3] ?? "").trim();
  return rest ? `${words} ${rest[0].toUpperCase()}${rest.slice(1)}.` : words;
}

function said(wanted, came) {
  const length = LENGTH.exec(wanted);
  if (length) {
    return EMPTY.includes(came)
      ? "This field is empty. Please write something."
      : `This is too long: at most ${length[2]} characters fit.`;
  }
  if (wanted.startsWith("at most ")) {
    return ["more", "one more"].includes(came) ? `This is too much: ${wanted} fit.` : `This is too much: ${wanted}.`;
  }
  if (wanted.startsWith("one of ")) return `Choose ${wanted}.`;
  if (came === "both") return `Give ${wanted}, not both.`;
  const isNothing = [...EMPTY, "neither", "less"].includes(came);
  return isNothing ? `Give ${wanted}.` : `Give ${wanted} instead of ${came}.`;
}
