// The operator's page. It asks for api/state every half second and patches what is different, element by element.
//
//   ask -> accept(answer) -> render(state)     when something has changed
//   tick, four times a second                  what changes by itself: ages, bands of time, whether the facts are old
//
// The state as pure functions is model.js, patching is elements.js, what is seen is views.js; here is the page as a whole,
// how old its facts are, who may see them, and asking.

import {
  LEVEL_SIGNS, names, list, word, enumerated, counted, durationWords, holdingsOf, holdingSentence, enriched, levelOf,
  problemsOf, headline, countsOf, matches,
} from "./model.js";
import {
  byId, make, icon, setIcon, setText, setAttribute, setHidden, setParts, viewsOf, patchList, clock, isTime, tickTimes,
} from "./elements.js";
import { opened, groupView, problemView, eventView } from "./views.js";

const POLL_MS = 500;
const POLL_HIDDEN_MS = 5000; // nobody looks
const POLL_TROUBLED_MS = 2000;
const PATIENCE_MS = 2500; // with one answer
const SILENCE_MAX_MS = 3000; // without an answer, then the facts are old
const AGE_MAX_MS = 5000; // of the agents' answers
const HIDDEN_MAX_MS = 90000; // both, where nobody looks: browsers let hidden pages ask once a minute
const TICK_MS = 250;
const BAND_EVERY_MS = 5000;

const GROUPS_OPEN_MAX = 6; // with more of them, healthy ones are folded
const EVENTS_SHOWN = 20;
const COOKIE = "swarm-vip-token";
const MINUTE = 60000;

let eventsShown = EVENTS_SHOWN;

function showHistory() {
  const shown = new Set(state.groups.filter((group) => matches(group, filterText())).map((group) => word(group.name)));
  const events = state.history.filter((event) => !filterText() || shown.has(word(event.group))).reverse();
  patchList(byId("history"), events.slice(0, eventsShown),
    (event) => ["at_ms", "group", "node", "vrid", "family", "to"].map((name) => word(event[name])).join("\n"), eventView);
  setHidden(byId("no-history"), events.length > 0);
  setHidden(byId("more"), events.length <= eventsShown);
  setText(byId("more"), `Show ${Math.min(events.length - eventsShown, 100)} more of ${events.length}`);
}

const filterText = () => byId("filter").value.trim().toLowerCase();

function showFiltered() {
  const wanted = filterText();
  const views = [...(viewsOf.get(byId("group-list")) ?? new Map()).values()];
  for (const view of views) setHidden(view.node, !matches(view.group, wanted));
  const left = views.filter((view) => !view.node.hidden).length;
  const found = left ? `${left} of ${counted(views.length, "group")}` : "No group has this in its name, addresses or nodes";
  setText(byId("filter-words"), wanted ? found : "");
}

function showFold() {
  const isAnyOpen = state.groups.some((group) => opened.get(word(group.name)));
  setText(byId("fold"), isAnyOpen ? "Fold all" : "Open all");
}

// What somebody who does not look at the page should hear of.
let holdersBefore = new Map();
function announce(groups) {
  const holders = new Map();
  const sentences = [];
  for (const group of groups) {
    for (const holding of holdingsOf(group)) {
      const keys = holding.vips.map((vip) => `${word(group.name)}\n${vip}`);
      const before = keys.map((key) => holdersBefore.get(key)).find((one) => one !== undefined);
      const own = holding.state === "unknown" ? before : enumerated(holding.holders);
      for (const key of keys) holders.set(key, own);
      const hasMoved = keys.some((key) => holdersBefore.has(key) && holdersBefore.get(key) !== own);
      if (!hasMoved) continue;
      sentences.push(`${word(group.name)}: ${holdingSentence(holding)} now${before ? `, before on ${before}` : ""}.`);
    }
  }
  holdersBefore = holders;
  const more = sentences.length > 5 ? ` And ${sentences.length - 5} more changes.` : "";
  if (sentences.length) byId("announcer").textContent = sentences.slice(0, 5).join(" ") + more;
}

const statesSeen = new Map(); // of addresses: {words, since}; since is 0 until the first change
function seenOf(group, address) {
  const key = `${word(group.name)}\n${word(address.vip)}`;
  const words = [word(address.state), ...list(address.holders)].join("\n");
  const before = statesSeen.get(key);
  if (!before || before.words !== words) statesSeen.set(key, { words, since: before ? clock.now() : 0 });
  return statesSeen.get(key).since;
}

function render() {
  const { history } = state;
  const events = new Map(state.groups.map((group) => [word(group.name), []]));
  for (const event of history) events.get(word(event.group))?.push(event);
  const groups = state.groups.map((group) =>
    enriched(group, events.get(word(group.name)), (address) => seenOf(group, address)));
  state.groups = groups;
  const items = groups.map((group) => ({ group, level: levelOf(group), own: events.get(word(group.name)) }));
  for (const { group, level } of items) {
    const name = word(group.name);
    const isWanted = groups.length <= GROUPS_OPEN_MAX || level === "bad" || level === "warn";
    // Opened by its trouble it stays open; whoever folded it meant that trouble.
    if (!opened.has(name) || (isWanted && levelsBefore.get(name) !== level && level !== "good" && level !== "busy")) {
      opened.set(name, isWanted);
    }
    levelsBefore.set(name, level);
  }
  patchList(byId("group-list"), items, ({ group }) => word(group.name), ({ group }) => groupView(group));
  const views = viewsOf.get(byId("group-list"));
  const problems = problemsOf(groups).map((one) => ({ ...one, anchor: views.get(one.group)?.node.id ?? "groups" }));
  patchList(byId("problems"), problems, (one) => `${one.group}\n${one.severity}\n${one.text}`, problemView);
  setHidden(byId("problems-section"), !problems.length);

  worst = headline(groups);
  const verdict = byId("verdict");
  if (!verdict.firstChild) verdict.append(icon(), make("span"));
  setAttribute(verdict, "data-level", worst.level);
  setIcon(verdict.firstChild, worst.level === "dim" ? "unknown" : worst.level);
  setText(verdict.lastChild, worst.text);
  setText(byId("counts"), countsOf(groups));
  setHidden(byId("no-groups"), groups.length > 0);
  setHidden(byId("tools"), groups.length <= GROUPS_OPEN_MAX);
  showFiltered();
  showFold();
  showHistory();
  announce(groups);
}

const levelsBefore = new Map();
let state = { groups: [], history: [] };
let worst = headline([]); // of that

// ---- How old it is -----------------------------------------------------------------------------------------------

let answer = null; // the last one, without its state
let answeredAt = 0; // by performance.now()
let askingSince = performance.now();
let trouble = ""; // why the last question had no answer
let shownAt = -Infinity; // the page, after it was hidden and before the next answer
let isLocked = false;
let wasStale = false;

// Why the facts must not be believed; empty while they are fresh.
function staleness() {
  const now = performance.now();
  const isLenient = document.hidden || (now - shownAt < SILENCE_MAX_MS && !wasStale);
  const silent = now - (answer ? answeredAt : askingSince);
  if (silent > (isLenient ? HIDDEN_MAX_MS : SILENCE_MAX_MS)) return trouble || "the operator does not answer";
  if (answer && factsAge() > (isLenient ? HIDDEN_MAX_MS : AGE_MAX_MS)) return "the operator has not heard the agents since";
  return "";
}

const factsAge = () => (Number(answer.age_ms) || 0) + performance.now() - answeredAt;

function staleBanner() {
  const age = make("span", "age");
  age.setAttribute("aria-hidden", "true"); // or it would be read out each second
  const cause = make("bdi");
  const node = make("div", "banner", icon("warn"), make("p", "", "These facts are ", age, " old: ", cause, "."));
  return {
    node,
    update({ text }) {
      setText(age, durationWords(factsAge()));
      setText(cause, text);
    },
  };
}

function wordsBanner() {
  const words = make("p");
  const node = make("div", "banner", icon("warn"), words);
  return { node, update: ({ parts }) => setParts(words, parts) };
}

function showFreshness() {
  const why = isLocked ? "" : staleness();
  wasStale = why !== "";
  const failure = answer ? word(answer.operator && answer.operator.failure) : "";
  const banners = [];
  if (why && answer) banners.push({ key: "stale", text: why, create: staleBanner });
  if (why && !answer) banners.push({ key: "silent", parts: ["No answer yet: ", ["", why], "."], create: wordsBanner });
  if (failure && !isLocked) {
    banners.push({ key: "failure", create: wordsBanner, parts: ["The operator cannot reach the Swarm: ", ["", failure],
      ". The agents are asked as before; labels, plans and nodes are as they were."] });
  }
  patchList(byId("banners"), banners, (banner) => banner.key, (banner) => banner.create());

  setAttribute(document.documentElement, "data-stale", why && answer ? "" : null);
  setAttribute(byId("live"), "data-level", why ? "warn" : answer && !isLocked ? "good" : "dim");
  setText(byId("live-words"), isLocked ? "asks for a token" : why ? "not live" : answer ? "live" : "connecting");
  setHidden(byId("facts"), isLocked || !answer);
  setHidden(byId("waiting"), isLocked || answer !== null);
  setHidden(byId("login"), !isLocked);
  setHidden(byId("forget"), isLocked || !hasToken());

  const [sign, words, level] = isLocked ? ["?", "token", "dim"] : !answer ? ["…", "", "dim"]
    : why ? ["?", "old facts", "dim"] : [LEVEL_SIGNS[worst.level] ?? "?", worst.text, worst.level];
  const title = [`${sign} ${words}`.trim(), "swarm-vip"].join(" · ");
  if (document.title !== title) document.title = title;
  setAttribute(byId("favicon"), "href", FAVICONS[level] ?? FAVICONS.dim);
}

const FAVICONS = Object.fromEntries(Object.entries({
  good: ["#1d8a4a", "<circle cx='16' cy='16' r='15'/>", "m9 16 5 5 9-10"],
  busy: ["#2a6fd0", "<circle cx='16' cy='16' r='15'/>", "M9 13a8 8 0 0 1 14 0m0 6a8 8 0 0 1-14 0"],
  warn: ["#a86a00", "<path d='M16 2 31 30H1z'/>", "M16 12v8m0 5v.2"],
  bad: ["#c4281e", "<path d='M10 1h12l9 9v12l-9 9H10l-9-9V10z'/>", "m10 10 12 12M22 10 10 22"],
  dim: ["#6b7683", "<circle cx='16' cy='16' r='15'/>", "M12 12a4 4 0 1 1 6 3.5c-1.5 1-2 1.5-2 3.5m0 5v.2"],
}).map(([level, [colour, shape, sign]]) => [level, `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><g fill='${colour}'>${shape}</g>` +
  `<path d='${sign}' fill='none' stroke='#fff' stroke-width='4' stroke-linecap='round'/></svg>`)}`]));

function showAbout() {
  const { version, service, node } = answer.operator ?? {};
  const looked = Number(answer.looked_ms);
  // In steps, so that nothing flickers at the bottom of the page.
  const age = !Number.isFinite(looked) ? "" : looked < MINUTE ? "; it looked at the Swarm within the last minute"
    : `; it looked at the Swarm ${durationWords(looked)} ago`;
  const place = [word(service), node ? `on ${word(node)}` : ""].filter(Boolean).join(" ");
  setText(byId("about"), `swarm-vip ${word(version)}, operator ${place}${age}`);
}

// ---- The token ---------------------------------------------------------------------------------------------------

const hasToken = () => document.cookie.split("; ").some((cookie) => cookie.startsWith(`${COOKIE}=`));

function setToken(token) {
  const rest = `Path=/; SameSite=Strict${location.protocol === "https:" ? "; Secure" : ""}`;
  document.cookie = token ? `${COOKIE}=${encodeURIComponent(token)}; ${rest}` : `${COOKIE}=; Max-Age=0; ${rest}`;
}

function lock(words) {
  const wasLocked = isLocked;
  isLocked = true;
  forget();
  setText(byId("login-words"), words);
  showFreshness();
  if (!wasLocked || words) byId("token").focus();
}

// Nothing of what the token protects stays in the page.
function forget() {
  answer = null;
  known = "";
  state = { groups: [], history: [] };
  holdersBefore = new Map();
  for (const id of ["group-list", "problems", "history"]) patchList(byId(id), [], String, () => null);
  for (const id of ["verdict", "counts", "about", "announcer"]) byId(id).replaceChildren();
}

function unlock() {
  isLocked = false;
  byId("token").value = "";
  setText(byId("login-words"), "");
  showFreshness();
  byId("groups").focus({ preventScroll: true });
}

byId("login").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = byId("token").value.trim();
  setText(byId("login-words"), ""); // so that the same words are said again
  setToken(token);
  poll();
});

byId("forget").addEventListener("click", () => {
  setToken("");
  poll();
});

// ---- Asking ------------------------------------------------------------------------------------------------------

let known = ""; // the serial of the state that is shown
let timer = 0;
let isAsking = false;
let failures = 0;

class Unauthorized extends Error {}

async function ask() {
  const control = new AbortController();
  const patience = setTimeout(() => control.abort(), PATIENCE_MS);
  try {
    const response = await fetch(known === "" ? "api/state" : `api/state?known=${encodeURIComponent(known)}`,
      { cache: "no-store", credentials: "same-origin", signal: control.signal });
    if (response.status === 401) throw new Unauthorized();
    if (!response.ok) throw new Error(`the operator answers with status ${response.status}`);
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw new Error("the operator does not answer in time");
    if (error instanceof SyntaxError) throw new Error("the operator's answer is no JSON");
    if (error instanceof TypeError) throw new Error("the operator does not answer");
    throw error;
  } finally {
    clearTimeout(patience);
  }
}

function accept(given) {
  if (given === null || typeof given !== "object") throw new Error("the operator's answer is no object");
  const { state: fresh, ...rest } = given;
  clock.set(Number(rest.now_ms));
  if (fresh) show(fresh);
  if (fresh) known = word(rest.serial);
  answer = rest;
  answeredAt = performance.now();
  shownAt = -Infinity;
  trouble = "";
  failures = 0;
  if (isLocked) unlock();
  showAbout();
}

// What cannot be shown must not look as if it were.
function show(fresh) {
  const groups = list(fresh.groups).filter((group) => group && typeof group === "object");
  groups.sort((a, b) => names.compare(word(a.name), word(b.name)));
  const history = list(fresh.history).filter((event) => event && isTime(event.at_ms)).sort((a, b) => a.at_ms - b.at_ms);
  state = { groups, history };
  try {
    render();
  } catch (error) {
    throw new Error(`this page cannot show what the operator says (${error.message})`);
  }
}

async function poll() {
  clearTimeout(timer);
  if (isAsking) return; // whoever asks goes on
  isAsking = true;
  const begun = performance.now();
  try {
    accept(await ask());
  } catch (error) {
    // Another operator may stand there next, whose serials are its own.
    known = "";
    if (error instanceof Unauthorized) {
      lock(isLocked || hasToken() ? "This token is not the right one." : "");
    } else {
      failures += 1;
      trouble = error.message;
    }
  }
  isAsking = false;
  showFreshness();
  if (isLocked) return; // until somebody gives a token
  const pause = document.hidden ? POLL_HIDDEN_MS : failures ? Math.min(POLL_MS * 2 ** failures, POLL_TROUBLED_MS) : POLL_MS;
  timer = setTimeout(poll, Math.max(0, pause - (performance.now() - begun)));
}

let bandsAt = 0;
function tick() {
  showFreshness();
  if (document.hidden) return;
  tickTimes();
  if (performance.now() - bandsAt < BAND_EVERY_MS) return;
  bandsAt = performance.now();
  for (const view of (viewsOf.get(byId("group-list")) ?? new Map()).values()) view.tick();
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  shownAt = performance.now();
  poll();
});
byId("filter").addEventListener("input", () => {
  showFiltered();
  showHistory();
});
byId("filter").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !byId("filter").value) return;
  byId("filter").value = "";
  showFiltered();
  showHistory();
});
document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey || byId("tools").hidden) return;
  event.preventDefault();
  byId("filter").focus();
});
byId("group-list").addEventListener("fold", showFold);
byId("fold").addEventListener("click", () => {
  const isAnyOpen = state.groups.some((group) => opened.get(word(group.name)));
  for (const group of state.groups) opened.set(word(group.name), !isAnyOpen);
  for (const view of viewsOf.get(byId("group-list")).values()) view.show();
  showFold();
});
byId("more").addEventListener("click", () => {
  eventsShown += 100;
  showHistory();
});

setInterval(tick, TICK_MS);
poll();
