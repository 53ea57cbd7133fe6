// The API's error sentences in plain words, by the rules of audiomusic/http/pages/plain_words.py.

const REFUSAL = /^(?:\w+: )?Expected (.+?)[,.]? [gG]ot ([^:;]+)(?:[:;] ?(.+))?$/s;
const CODED = /, or -1$|^-1 or /;
const LENGTH = /^(?:text of |a name of )?(\d+) to (\d+) (?:printable )?characters$/;
const FILE = /^a (?:file|picture)\b/; // chosen, not typed
const AT_MOST = "at most ";
const EMPTY = ["only white space", "none", "0", "an empty body", "0 characters"];

/** "Expected a number from 1 to 600, got 900." -> "Enter a number from 1 to 600 instead of 900." */
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
      : `Too long: the limit is ${length[2]} characters.`;
  }
  if (wanted.startsWith(AT_MOST)) return `The limit is ${wanted.slice(AT_MOST.length)}.`;
  if (wanted.startsWith("one of ")) return `Choose ${wanted}.`;
  const verb = FILE.test(wanted) || FILE.test(came) ? "Choose" : "Enter";
  if (came === "both") return `${verb} ${wanted}, not both.`;
  const isNothing = [...EMPTY, "neither", "less"].includes(came);
  return isNothing ? `${verb} ${wanted}.` : `${verb} ${wanted} instead of ${came}.`;
}
