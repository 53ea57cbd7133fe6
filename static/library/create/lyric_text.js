// Converts lyrics to sections and back. The text is authoritative: it stays as typed.

const HEADING = /^\s*[[【]([^\]】]+)[\]】]\s*$/;

/** Returns [{heading: "Verse" or null, start: number of its first line, text}], in the order of the text. */
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

/** Returns the lyrics with newly written sections in place of all that are unchanged since they were drafted. */
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
