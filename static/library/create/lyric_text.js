// Converts lyrics to sections and back. The text is the source of truth: what the user types is not altered.

const HEADING = /^\s*[[【]([^\]】]+)[\]】]\s*$/;

/** Return [{heading: "Verse" or null, start: line number of its first words, text}] in order of the text. */
export function sectionsOf(text) {
  const sections = [];
  let lines = [];
  let section = { heading: null, start: 0 };
  const end = () => {
    let first = 0;
    while (first < lines.length && !lines[first].trim()) first += 1;
    section.start += first;
    section.text = lines.slice(first).join("\n").trimEnd();
    if (section.heading !== null || section.text) sections.push(section);
  };
  for (const [number, line] of text.split("\n").entries()) {
    const heading = HEADING.exec(line);
    if (!heading) {
      lines.push(line);
      continue;
    }
    end();
    section = { heading: heading[1].trim(), start: number + 1 };
    lines = [];
  }
  end();
  return sections;
}

export function textOf(sections) {
  return sections
    .map(({ heading, text }) => [heading === null ? [] : `[${heading}]`, text || []].flat().join("\n"))
    .join("\n\n");
}

/** Return the lyrics with each section that is unchanged since it was drafted replaced by a new one. */
export function mergedText(now, drafted, written) {
  const known = new Set(sectionsOf(drafted).map(nameAndText));
  const fresh = sectionsOf(written);
  const merged = sectionsOf(now).map((section) => {
    if (!known.has(nameAndText(section))) return section;
    const place = fresh.findIndex(({ heading }) => kindOf(heading) === kindOf(section.heading));
    return place < 0 ? section : fresh.splice(place, 1)[0];
  });
  return textOf(merged);
}

const nameAndText = ({ heading, text }) => `${heading}\n${text}`;
const kindOf = (heading) => (heading ?? "").replace(/[\s\d]+$/, "").toLowerCase();
