// Generated covers: the same id always gets the same drawing.

import { svg } from "./dom.js";

// background, then three inks
const PALETTES = [
  ["#2233c9", "#ffc81f", "#f6f7f3", "#15171a"],
  ["#ffc81f", "#15171a", "#e8452c", "#f6f7f3"],
  ["#0f6b5c", "#f3d9b1", "#ff8a5b", "#10201d"],
  ["#e8452c", "#f6efe2", "#1d2a6b", "#ffb400"],
  ["#15171a", "#ff6f9c", "#ffd166", "#6c7bff"],
  ["#f2e9dc", "#1f2937", "#d9482b", "#3c7a89"],
  ["#5b2a86", "#ffb3c7", "#ffdf6b", "#1b1030"],
  ["#a9d6c8", "#17324d", "#f25f3a", "#fdf6e3"],
  ["#17324d", "#7fd1ff", "#f4f1de", "#f2a541"],
  ["#f7b2a1", "#3b1f5b", "#e0442e", "#fff4e6"],
  ["#31572c", "#e9f5b8", "#f9a03f", "#12240f"],
  ["#dfe4ea", "#2b2d42", "#3d5afe", "#ef233c"],
];

const DRAWINGS = [rings, bars, quarters, sun, waves, dots, stairs, halves];

/** Draw the cover of `id` (any number or text) into an <svg viewBox="0 0 100 100">. */
export function drawCover(target, id) {
  const random = randomOf(String(id));
  draw(target, pick(random, PALETTES), pick(random, DRAWINGS), random);
}

/** Tint the content of `target` with the hue of the cover of `id`: tokens.css has one for each palette. */
export function tintByCover(target, id) {
  target.dataset.hue = PALETTES.indexOf(pick(randomOf(String(id)), PALETTES));
}

/** Draw a row of covers, each from its `data-cover`, so that neighbours differ. */
export function drawCoverRow(targets) {
  targets.forEach((target, index) => {
    const random = randomOf(target.dataset.cover);
    draw(target, PALETTES[index % PALETTES.length], DRAWINGS[index % DRAWINGS.length], random);
  });
}

function draw(target, [ground, ...inks], drawing, random) {
  const scene = svg("g");
  scene.append(svg("rect", { width: 100, height: 100, fill: ground }));
  drawing(scene, inks, random);
  target.replaceChildren(scene);
}

// FNV-1a over the text seeds mulberry32, both 32 bits: enough variety, and the same in every browser.
function randomOf(text) {
  let state = 0x811c9dc5;
  for (const character of `sleeve ${text}`) state = Math.imul(state ^ character.codePointAt(0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick(random, items) {
  return items[Math.floor(random() * items.length)];
}

function between(random, low, high) {
  return low + random() * (high - low);
}

function rings(scene, inks, random) {
  const [cx, cy] = [pick(random, [0, 50, 100]), pick(random, [30, 50, 100])];
  const step = between(random, 8, 13);
  for (let index = 9; index > 0; index -= 1) {
    scene.append(svg("circle", { cx, cy, r: index * step, fill: inks[index % 3] }));
  }
}

function bars(scene, inks, random) {
  const count = pick(random, [7, 9, 13]);
  const width = 100 / count;
  const floor = pick(random, [50, 100]);
  for (let index = 0; index < count; index += 1) {
    const height = between(random, 14, floor === 50 ? 78 : 86);
    const y = floor === 50 ? 50 - height / 2 : 100 - height;
    const fill = random() < 0.2 ? inks[1] : inks[0];
    scene.append(svg("rect", { x: index * width + width * 0.15, y, width: width * 0.7, height, fill }));
  }
}

function quarters(scene, inks, random) {
  const count = pick(random, [3, 4]);
  const size = 100 / count;
  for (let cell = 0; cell < count * count; cell += 1) {
    if (random() < 0.15) continue;
    const turn = Math.floor(random() * 4) * 90;
    const [x, y] = [(cell % count) * size, Math.floor(cell / count) * size];
    const shape = svg("path", { d: `M0 0H${size}A${size} ${size} 0 0 1 0 ${size}Z`, fill: pick(random, inks) });
    shape.setAttribute("transform", `translate(${x} ${y}) rotate(${turn} ${size / 2} ${size / 2})`);
    scene.append(shape);
  }
}

function sun(scene, inks, random) {
  const horizon = between(random, 52, 72);
  const radius = between(random, 24, 36);
  const cx = between(random, 32, 68);
  scene.append(svg("circle", { cx, cy: horizon, r: radius, fill: inks[0] }));
  scene.append(svg("rect", { y: horizon, width: 100, height: 100, fill: inks[2] }));
  for (let line = 0; line < 6; line += 1) {
    const y = horizon + 3 + line * line * 1.3 + line * 2;
    const width = radius * 2 * (1 - line * 0.12);
    scene.append(svg("rect", { x: cx - width / 2, y, width, height: 1 + line * 0.5, fill: inks[1] }));
  }
}

function waves(scene, inks, random) {
  const swing = between(random, 6, 16);
  for (let band = 0; band < 6; band += 1) {
    const y = 18 + band * 15;
    const bend = band % 2 ? swing : -swing;
    const d = `M0 ${y}C25 ${y + bend} 25 ${y + bend} 50 ${y}S75 ${y - bend} 100 ${y}V100H0Z`;
    scene.append(svg("path", { d, fill: inks[band % 3] }));
  }
}

function dots(scene, inks, random) {
  const count = pick(random, [5, 6, 8]);
  const step = 100 / count;
  const [fx, fy] = [random() * 100, random() * 100];
  for (let cell = 0; cell < count * count; cell += 1) {
    const cx = ((cell % count) + 0.5) * step;
    const cy = (Math.floor(cell / count) + 0.5) * step;
    const near = Math.max(0, 1 - Math.hypot(cx - fx, cy - fy) / 95);
    const fill = near > 0.72 ? inks[1] : inks[0];
    scene.append(svg("circle", { cx, cy, r: step * (0.08 + near * 0.42), fill }));
  }
}

function stairs(scene, inks, random) {
  const count = pick(random, [5, 7]);
  const step = 100 / count;
  const goesUp = random() < 0.5;
  for (let index = 0; index < count; index += 1) {
    const height = (goesUp ? index + 1 : count - index) * step;
    scene.append(svg("rect", { x: index * step, y: 100 - height, width: step + 0.2, height, fill: inks[index % 2] }));
  }
  scene.append(svg("circle", { cx: goesUp ? 26 : 74, cy: 26, r: between(random, 10, 17), fill: inks[2] }));
}

function halves(scene, inks, random) {
  const radius = between(random, 26, 38);
  const split = pick(random, [0, 90, 180, 270]);
  const d = `M${50 - radius} 50a${radius} ${radius} 0 0 1 ${radius * 2} 0z`;
  const upper = svg("path", { d, fill: inks[0] });
  const lower = svg("path", { d, fill: inks[1], transform: "translate(8 0) rotate(180 50 50)" });
  const both = svg("g", { transform: `rotate(${split} 50 50)` });
  both.append(svg("rect", { x: -50, y: 50, width: 200, height: 100, fill: inks[2] }), upper, lower);
  scene.append(both);
}
