// The chosen light or dark theme and the user's time zone: two cookies, which the server reads before it
// renders a page. See docs/looks.md.

const ROOT = `${new URL(import.meta.url).pathname.split("/static/")[0]}/`;
const YEAR_S = 365 * 24 * 3600;
const DAY_MS = 24 * 3600 * 1000;
const NEAR_DAYS = { 0: "today", "-1": "yesterday", 1: "tomorrow" };
const SCHEMES = { light: "light", dark: "dark", "": "light dark" };
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function read(name) {
  const pair = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
  return pair?.slice(name.length + 1) ?? "";
}

/** Both values consist of letters, digits and / _ + - only, which a cookie takes unencoded. */
function write(name, value) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const ageS = value ? YEAR_S : 0;
  document.cookie = `${name}=${value}; Path=${ROOT}; Max-Age=${ageS}; SameSite=Lax${secure}`;
}

/** Apply the theme. Whatever draws itself, such as a waveform, listens to "themechange" on the document. */
function wear(theme) {
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  document.querySelector('meta[name="color-scheme"]')?.setAttribute("content", SCHEMES[theme]);
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
    meta.content = meta.dataset[theme] ?? meta.dataset[meta.dataset.system];
  }
  document.dispatchEvent(new Event("themechange"));
}

function showChoice() {
  const chosen = document.documentElement.dataset.theme ?? read("theme");
  for (const input of document.querySelectorAll("[data-theme-choice] input")) input.checked = input.value === chosen;
}

document.addEventListener("change", ({ target }) => {
  if (!target.closest?.("[data-theme-choice]")) return;
  write("theme", target.value);
  wear(target.value);
  showChoice();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new Event("themechange"));
});
const kept = read("theme");
// Error pages are rendered without cookies.
if (kept in SCHEMES && kept && !document.documentElement.dataset.theme) wear(kept);
showChoice(); // on Back the browser may have filled in another choice

/** Same wording as audiomusic/http/pages/time_words.py. */
function dayWords(moment, now) {
  const midnight = (of) => new Date(of.getFullYear(), of.getMonth(), of.getDate());
  const days = Math.round((midnight(moment) - midnight(now)) / DAY_MS);
  if (days in NEAR_DAYS) return NEAR_DAYS[days];
  const say = (options) => moment.toLocaleDateString("en-GB", options);
  if (days < 0 && days > -7) return say({ weekday: "long" });
  const year = moment.getFullYear() === now.getFullYear() ? "" : ` ${moment.getFullYear()}`;
  return `${moment.getDate()} ${say({ month: "short" }).slice(0, 3)}${year}`;
}

function inFull(moment) {
  const say = (options) => moment.toLocaleDateString("en-GB", options);
  const time = moment.toLocaleTimeString("en-GB");
  return `${say({ weekday: "long" })} ${moment.getDate()} ${say({ month: "long" })} ${moment.getFullYear()}, ${time}, ${zone}`;
}

function sayAgain(time) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  if (time.title) time.title = inFull(moment);
  if (!time.dataset.said) return;
  const clock = moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const words = dayWords(moment, new Date());
  time.textContent = time.dataset.said === "moment" ? `${words} ${clock}` : words;
}

if (zone && read("time_zone") !== zone) {
  write("time_zone", zone);
  for (const time of document.querySelectorAll("time[datetime]")) sayAgain(time);
}
