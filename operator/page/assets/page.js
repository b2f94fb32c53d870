// The operator's page. It asks for api/state every half second and patches what is different, element by element: focus,
// selection, scroll and whatever was opened stay. What came over the network is only ever set as text, never as HTML.
//
//   ask -> accept(answer) -> render(state)     when something has changed
//   tick, four times a second                  what changes by itself: ages, bands of time, whether the facts are old
//
// In here: model (pure functions of the state), elements (patching), views, then asking.

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
const NODES_SHOWN = 12; // of one group, besides those with trouble
const EVENTS_SHOWN = 20;
const GAP_MIN_MS = 100; // shorter ones are two clocks that differ
const SAME_SINCE_MS = 5000; // addresses of one node that came so close together are told in one line
const NODE_COLOURS = 8;
const COOKIE = "swarm-vip-token";

const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const RANGES = [[10 * MINUTE, "10 minutes"], [HOUR, "hour"], [6 * HOUR, "6 hours"], [DAY, "24 hours"], [3 * DAY, "3 days"],
  [7 * DAY, "7 days"]];

// ---- Model -------------------------------------------------------------------------------------------------------

// By words that came over the network: without what every object has.
const table = (entries) => Object.assign(Object.create(null), entries);

const LEVELS = ["good", "busy", "warn", "bad"]; // in rising order
const LEVEL_WORDS = { good: "healthy", busy: "updating", warn: "needs a look", bad: "in trouble" };
const LEVEL_SIGNS = { good: "✓", busy: "↻", warn: "!", bad: "✕" };
const SEVERITIES = table({ error: "bad", warning: "warn", note: "note" });
const CAUSES = table({
  started: "just started", stopped: "stopped", owner: "owns the address", silence: "the one before fell silent",
  active_left: "the one before left", preemption: "better than the one before", higher_priority: "another one is better",
  higher_address: "another one is as good", link_down: "its link was down", link_up: "its link came back",
  address_refused: "its kernel refused the address", address_taken: "another host had the address", retry: "tries again",
  stalled: "it had slept", group: "another router of its group did", one_way: "the others did not hear it",
  no_preemption: "the other one keeps it", newer_plan: "a peer had a newer plan", check_failed: "a check failed",
  check_passed: "its checks pass again",
});
const names = new Intl.Collator(undefined, { numeric: true });

const list = (value) => (Array.isArray(value) ? value : []);
// Marks that turn the direction of what follows would reach beyond the word, isolated or not.
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;
const word = (value) => (value === undefined || value === null ? "" : String(value).replace(TURNS, "\ufffd"));
const worse = (a, b) => (LEVELS.indexOf(a) >= LEVELS.indexOf(b) ? a : b);

// "a, b and c"
function enumerated(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

function durationWords(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 24) return `${hours} h ${Math.floor(seconds / 60) % 60} min`;
  return hours < 240 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${Math.floor(hours / 24)} d`;
}

// Short times matter most where something was interrupted.
function gapWords(ms) {
  return ms < 10000 ? `${(ms / 1000).toFixed(ms < 1000 ? 2 : 1)} s` : durationWords(ms);
}

const HOLDING_LEVELS = table({ held: "good", none: "bad", several: "bad", unknown: "warn" });

// The addresses of a group, those that live together as one.
function holdingsOf(group) {
  const holdings = [];
  for (const address of list(group.addresses)) {
    const state = HOLDING_LEVELS[address.state] ? address.state : "unknown";
    const holders = list(address.holders).map(word);
    const since = Number(address.since_ms) || 0;
    const twin = holdings.find((other) => other.state === state && other.holders.join("\n") === holders.join("\n") &&
      Math.abs(other.since - since) < SAME_SINCE_MS);
    if (twin) {
      twin.addresses.push(address);
      twin.vips.push(word(address.vip));
      twin.since = Math.max(twin.since, since);
    } else {
      holdings.push({ state, holders, since, addresses: [address], vips: [word(address.vip)] });
    }
  }
  return holdings;
}

const isOne = (holding) => holding.vips.length === 1;

// What stands between the addresses and who has them.
function linkWords(holding) {
  if (holding.state === "none") return isOne(holding) ? "is on no node" : "are on no node";
  const several = holding.holders.length === 2 ? "two" : "several";
  if (holding.state === "several") return `${isOne(holding) ? "is" : "are"} on ${several} nodes at once:`;
  if (holding.state === "held") return isOne(holding) ? "is on" : "are on";
  return holding.holders.length ? "may still be on" : "may be on a node that does not answer";
}

function holdingSentence(holding) {
  return [enumerated(holding.vips), linkWords(holding), enumerated(holding.holders)].filter(Boolean).join(" ");
}

const concerns = (event, vip) => list(event.vip).some((other) => word(other) === word(vip));

// What the operator leaves open and its history tells: since when nobody or several have an address, and who had it last
// of those that do not answer. `seen` is since when this page has seen it so, where it saw another state before.
function enriched(group, events, seen) {
  const addresses = list(group.addresses).map((address) => {
    const own = { ...address };
    const moves = events.filter((event) => concerns(event, address.vip));
    const newest = (isIt) => moves.filter(isIt).pop();
    const taken = newest((event) => event.to === "active");
    const isOpen = !HOLDING_LEVELS[address.state] || address.state === "unknown";
    if (isOpen && !list(address.holders).length && taken) {
      const silent = list(group.nodes).find((node) => word(node.name) === word(taken.node) && node.word === "unknown");
      if (silent) Object.assign(own, { holders: [word(taken.node)], since_ms: silent.heard_ms });
    }
    if (!own.since_ms && address.state === "several" && taken) own.since_ms = taken.at_ms;
    if (!own.since_ms && address.state === "none") {
      const left = newest((event) => event.from === "active" || event.cause === "no_holder");
      if (left) own.since_ms = left.at_ms;
    }
    if (!own.since_ms) own.since_ms = seen(address);
    return own;
  });
  return { ...group, addresses };
}

function nodeIsTroubled(node) {
  return node.word === "unknown" || list(node.routers).some((router) => router.state === "fault" || router.trouble) ||
    list(node.checks).some((check) => check.result === "fails");
}

function levelOf(group) {
  let level = "good";
  const rollout = word(group.rollout && group.rollout.state);
  if (rollout === "updating" || rollout === "waiting") level = "busy";
  if (rollout === "paused" || rollout === "rolled_back") level = "warn";
  if (list(group.nodes).some(nodeIsTroubled)) level = worse(level, "warn");
  for (const problem of list(group.problems)) {
    const severity = SEVERITIES[problem.severity];
    if (severity && severity !== "note") level = worse(level, severity);
  }
  for (const holding of holdingsOf(group)) level = worse(level, HOLDING_LEVELS[holding.state]);
  return level;
}

// "interface eth0 is down; set it up" as what is so and what to do.
function partsOfProblem(text) {
  const cut = text.indexOf("; ");
  return cut < 0 ? [text, ""] : [text.slice(0, cut), text.slice(cut + 2)];
}

function problemsOf(groups) {
  const order = ["error", "warning", "note"];
  const found = [];
  for (const group of groups) {
    for (const problem of list(group.problems)) {
      const severity = order.includes(problem.severity) ? problem.severity : "warning";
      found.push({ group: word(group.name), severity, text: word(problem.text) });
    }
  }
  return found.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || names.compare(a.group, b.group));
}

// The worst thing in one sentence, for the headline and the title.
function headline(groups) {
  const levels = groups.map((group) => [group, levelOf(group)]);
  const level = levels.reduce((worst, [, own]) => worse(worst, own), "good");
  const concerned = levels.filter(([, own]) => own === level).map(([group]) => group);
  const all = groups.length === 1 ? "" : `${concerned.length} of ${groups.length} groups `;
  if (!groups.length) return { level: "dim", text: "No group yet" };
  if (level === "good") return { level, text: groups.length === 1 ? "All is well" : `All ${groups.length} groups are well` };
  if (concerned.length > 1) {
    const verbs = { busy: "are being updated", warn: "need a look", bad: "are in trouble" };
    return { level, text: `${all}${verbs[level]}` };
  }
  const name = word(concerned[0].name);
  if (level === "busy") return { level, text: `${name} is being updated` };
  const ill = holdingsOf(concerned[0]).find((holding) => HOLDING_LEVELS[holding.state] === "bad");
  if (ill) return { level, text: `${name}: ${holdingSentence(ill)}` };
  return { level, text: level === "bad" ? `${name} is in trouble` : `${name} needs a look` };
}

function countsOf(groups) {
  const nodes = new Map(); // by name: whether all its agents answer
  let addresses = 0;
  for (const group of groups) {
    addresses += list(group.addresses).length;
    for (const node of list(group.nodes)) {
      const name = word(node.name) || word(node.id);
      nodes.set(name, (nodes.get(name) ?? true) && node.word !== "unknown");
    }
  }
  const silent = [...nodes.values()].filter((answers) => !answers).length;
  const some = `; ${silent} of them ${silent === 1 ? "does" : "do"} not answer`;
  return `${counted(groups.length, "group")}, ${counted(addresses, "address", "addresses")}, ${counted(nodes.size, "node")}` +
    (silent && silent === nodes.size ? "; none of them answers" : silent ? some : "");
}

const ROUTER_STATES = table({
  active: ["good", "active"], backup: ["dim", "backup"], fault: ["warn", "warn"], initialize: ["dim", "waits"],
});
const ROUTER_WORDS = table({ active: "active", backup: "backup", fault: "fault", initialize: "starting" });

// One line for what routers of a node have in common.
function routerLines(node) {
  const lines = new Map();
  for (const router of list(node.routers)) {
    const key = ["state", "trouble", "words", "cause", "priority"].map((name) => word(router[name])).join("\n");
    const line = lines.get(key);
    if (line) {
      line.addresses.push(...list(router.addresses).map(word));
      line.since = Math.max(line.since, Number(router.since_ms) || 0);
    } else {
      lines.set(key, { ...router, addresses: list(router.addresses).map(word), since: Number(router.since_ms) || 0 });
    }
  }
  const rank = ["active", "fault", "initialize", "backup"];
  return [...lines.values()].sort((a, b) => rank.indexOf(a.state) - rank.indexOf(b.state));
}

function nodeRank(node) {
  if (list(node.routers).some((router) => router.state === "active")) return 0;
  if (nodeIsTroubled(node)) return 1;
  return node.word === "reports" ? 2 : 3;
}

const bestPriority = (node) => Math.max(0, ...list(node.routers).map((router) => Number(router.priority) || 0));

function sortedNodes(group) {
  return [...list(group.nodes)].sort((a, b) => nodeRank(a) - nodeRank(b) || bestPriority(b) - bestPriority(a) ||
    names.compare(word(a.name), word(b.name)));
}

// Who took an address last has it: a node that died never says that it let go. Newest last; null: not known.
function changesOf(address, events) {
  const changes = [{ at: -Infinity, holders: null }];
  const last = () => changes[changes.length - 1];
  for (const event of events) {
    if (!concerns(event, address.vip)) continue;
    const node = word(event.node);
    if (event.to === "active") {
      const silentFrom = event.at_ms - (Number(event.silence_ms) || 0);
      if (silentFrom < event.at_ms && silentFrom > last().at) changes.push({ at: silentFrom, holders: [] });
      changes.push({ at: event.at_ms, holders: [node] });
    } else if (event.cause === "no_holder") {
      changes.push({ at: event.at_ms, holders: [] });
    } else if (event.from === "active") {
      if (changes.length === 1) changes[0].holders = [node];
      if (last().holders && last().holders.includes(node)) changes.push({ at: event.at_ms, holders: [] });
    }
  }
  // What is so now counts for more than what was told.
  const holders = address.state === "unknown" ? null : list(address.holders).map(word);
  const since = Number(address.since_ms) || 0;
  if (since && JSON.stringify(holders) !== JSON.stringify(last().holders)) {
    while (changes.length > 1 && last().at >= since) changes.pop();
    changes.push({ at: since, holders });
  }
  return changes;
}

function spansOf(changes, from, until) {
  const spans = [];
  changes.forEach((change, index) => {
    const start = Math.max(from, change.at);
    const end = Math.min(until, index + 1 < changes.length ? changes[index + 1].at : until);
    const isBlink = change.holders && !change.holders.length && end - start < GAP_MIN_MS;
    const last = spans[spans.length - 1];
    if (end <= start) return;
    if (last && (isBlink || JSON.stringify(last.holders) === JSON.stringify(change.holders))) last.end = end;
    else if (!isBlink) spans.push({ start, end, holders: change.holders });
  });
  return spans;
}

function rangeOf(allChanges, now) {
  const oldest = Math.min(now, ...allChanges.flat().map((change) => change.at).filter(Number.isFinite));
  return RANGES.find(([length]) => (now - oldest) * 1.05 < length) ?? RANGES[RANGES.length - 1];
}

function spanWords(span) {
  if (!span.holders) return "not known";
  return span.holders.length ? enumerated(span.holders) : "nobody";
}

function matches(group, wanted) {
  if (!wanted) return true;
  const addresses = list(group.addresses).map((address) => address.vip);
  const words = [group.name, ...addresses, ...list(group.nodes).map((node) => node.name)];
  return words.some((one) => word(one).toLowerCase().includes(wanted));
}

// ---- Elements ----------------------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

function icon(name = "good") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

function setIcon(svg, name) {
  setAttribute(svg.firstChild, "href", `#icon-${name}`);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setAttribute(element, name, value) {
  if (value === null || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value);
  }
}

function setHidden(element, isHidden) {
  if (element.hidden !== isHidden) element.hidden = isHidden;
}

// A run of words: a string, or [class, string] for what has a look of its own. Foreign words keep their direction.
const partsShown = new WeakMap();
function setParts(element, parts) {
  const wanted = JSON.stringify(parts);
  if (partsShown.get(element) === wanted) return;
  partsShown.set(element, wanted);
  element.replaceChildren(...parts.map((part) => (typeof part === "string" ? part : make("bdi", part[0], part[1]))));
}

// "a", " and ", "b", each word with the class.
function enumeratedParts(words, className) {
  return words.flatMap((one, index) => {
    const glue = index === 0 ? [] : [index === words.length - 1 ? " and " : ", "];
    return [...glue, [className, one]];
  });
}

// Children of the parent as views {node, update(item)}: each key keeps its element as long as it lives.
const viewsOf = new WeakMap();
function patchList(parent, items, keyOf, create) {
  const views = viewsOf.get(parent) ?? new Map();
  const wanted = new Map();
  items.forEach((item, index) => {
    let key = keyOf(item, index);
    while (wanted.has(key)) key += "\n"; // twins
    const view = views.get(key) ?? create(item);
    view.update(item, index);
    wanted.set(key, view);
  });
  for (const [key, view] of views) {
    if (!wanted.has(key)) view.node.remove();
  }
  let next = parent.firstChild;
  for (const view of wanted.values()) {
    if (next && next.nextSibling === view.node) { // what was here goes further down: one move instead of many
      next.remove();
      next = view.node;
    }
    if (view.node === next) next = next.nextSibling;
    else parent.insertBefore(view.node, next);
  }
  viewsOf.set(parent, wanted);
}

const times = { clock: new Intl.DateTimeFormat(undefined, { timeStyle: "medium" }),
  day: new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }),
  full: new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" }) };

const isTime = (at) => Number.isFinite(at) && Math.abs(at) < 8.64e15;

// A <time> that says the moment; elapsed ones say how long ago, and tick.
function setTime(element, at, isElapsed) {
  if (!isTime(at) || element.at === at) return;
  element.at = at;
  const date = new Date(at);
  setAttribute(element, "datetime", date.toISOString());
  setAttribute(element, "title", `${times.full.format(date)} (${date.toISOString()})`);
  if (isElapsed) {
    element.classList.add("elapsed");
    setText(element, durationWords(clock.now() - at));
  } else {
    const isToday = new Date(clock.now()).toDateString() === date.toDateString();
    setText(element, isToday ? times.clock.format(date) : `${times.day.format(date)}, ${times.clock.format(date)}`);
  }
}

function tickTimes() {
  const now = clock.now();
  for (const element of document.getElementsByClassName("elapsed")) setText(element, durationWords(now - element.at));
}

// ---- Views -------------------------------------------------------------------------------------------------------

// The operator's clock, as of its last answer: the browser's may be wrong.
const clock = {
  offset: 0,
  now: () => performance.now() + clock.offset,
  set(now) {
    const offset = now - performance.now();
    if (Number.isFinite(offset)) clock.offset = offset;
  },
};
clock.set(Date.now());

const opened = new Map(); // groups by name: whether their inside is shown
let counter = 0;

function holdingView() {
  const line = make("p", "line");
  const words = make("span");
  const time = make("time");
  const since = make("span", "since", " for ", time);
  const why = make("p", "why");
  const sign = icon();
  line.append(words, since);
  const node = make("li", "holding", sign, make("div", "", line, why));
  return {
    node,
    update(holding) {
      setAttribute(node, "data-level", HOLDING_LEVELS[holding.state]);
      setAttribute(node, "data-state", holding.state);
      setIcon(sign, holding.state === "held" ? "active" : holding.state === "unknown" ? "unknown" : "bad");
      setParts(words, [...enumeratedParts(holding.vips, "address"), " ", ["link-word", linkWords(holding)],
        holding.holders.length ? " " : "", ...enumeratedParts(holding.holders, "holder")]);
      setHidden(since, !holding.since);
      if (holding.since) setTime(time, holding.since, true);
      setText(why, holding.why);
      setHidden(why, !holding.why);
    },
  };
}

// Why it is where it is: what was told of its last move.
function whyOf(holding, events) {
  if (holding.state !== "held") return "";
  const move = [...events].reverse().find((event) => event.to === "active" && holding.holders.includes(word(event.node)) &&
    holding.vips.some((vip) => concerns(event, vip)));
  return move ? word(move.text) : "";
}

function bandView() {
  const name = make("p", "band-name address");
  const band = make("div", "band");
  band.setAttribute("role", "img");
  const node = make("div", "band-row", name, band);
  return {
    node,
    update({ holding, spans, from, until, rangeWords, colours, isNamed }) {
      setText(name, isNamed ? enumerated(holding.vips) : "");
      setHidden(name, !isNamed);
      const story = spans.slice(-6).map((span) =>
        (span.holders && !span.holders.length ? `nobody for ${gapWords(span.end - span.start)}` : spanWords(span)));
      setAttribute(band, "aria-label", `${enumerated(holding.vips)} in the last ${rangeWords}: ${story.join(", then ")}`);
      patchList(band, spans.map((span) => ({ ...span, share: (span.end - span.start) / (until - from), colours })),
        (span) => (span.start === from ? "first" : String(span.start)), spanView);
    },
  };
}

function spanView() {
  const node = make("span", "span");
  return {
    node,
    update(span) {
      const holders = span.holders;
      const one = holders && holders.length === 1 ? span.colours.get(holders[0]) ?? "unknown" : "";
      const who = one || (!holders ? "unknown" : holders.length ? "several" : "none");
      const isThin = span.share < 0.04;
      setAttribute(node, "data-who", who);
      setAttribute(node, "data-thin", isThin ? "" : null);
      setText(node, isThin ? "" : spanWords(span));
      const grow = span.share.toFixed(4);
      if (node.style.flexGrow !== String(Number(grow))) node.style.flexGrow = grow;
      const length = span.end - span.start;
      setAttribute(node, "title", `${spanWords(span)}, ${times.clock.format(new Date(span.start))} to ` +
        `${times.clock.format(new Date(span.end))}${length < 10000 ? ` (${gapWords(length)})` : ""}`);
    },
  };
}

function bandsView() {
  const title = make("h4");
  const rows = make("div", "bands");
  const from = make("span");
  const node = make("div", "timeline", title, rows, make("div", "axis", from, make("span", "", "now")));
  node.querySelector(".axis").setAttribute("aria-hidden", "true");
  return {
    node,
    update(group, events) {
      const now = clock.now();
      const holdings = holdingsOf(group);
      const changes = holdings.map((holding) => changesOf(holding.addresses[0], events));
      const [length, words] = rangeOf(changes, now);
      const hosts = list(group.nodes).map((one) => word(one.name)).sort(names.compare);
      const colours = new Map(hosts.map((name, index) => [name, String(index % NODE_COLOURS)]));
      const isNamed = holdings.length > 1;
      setText(title, `The last ${words}`);
      setAttribute(rows, "data-named", isNamed ? "" : null);
      setText(from, `${words === "hour" ? "1 hour" : words} ago`);
      patchList(rows, holdings.map((holding, index) => ({ holding, isNamed, colours, from: now - length, until: now,
        rangeWords: words, spans: spansOf(changes[index], now - length, now) })), ({ holding }) => holding.vips[0], bandView);
      setHidden(node, !holdings.length);
    },
  };
}

function checkView() {
  const sign = icon();
  const words = make("span");
  const node = make("span", "check", sign, words);
  return {
    node,
    update(check) {
      const level = check.result === "fails" ? "bad" : check.result === "passes" ? "good" : "dim";
      setAttribute(node, "data-level", level);
      setIcon(sign, level === "dim" ? "unknown" : level);
      setParts(words, [["", word(check.name)], ` ${word(check.result)}`, check.why ? ": " : "", ["", word(check.why)]]);
    },
  };
}

// One line of a node; the first one has its name.
function rowView({ isFirst }) {
  const badge = make("span", "badge");
  const badgeIcon = icon();
  const badgeWord = make("span");
  badge.append(badgeIcon, badgeWord);
  const detail = make("span", "trouble");
  const checks = make("span", "checks");
  const state = make("td", "state", badge, detail, checks);
  const priority = make("td", "number");
  const time = make("time");
  const cause = make("span", "sub");
  const since = make("td", "time", time, cause);
  const node = make("tr", isFirst ? "first" : "");
  const name = make("bdi", "node-name");
  const place = make("span", "sub");
  const rank = make("span", "sub narrow");
  const head = make("th", "", name, place, rank);
  head.scope = "row";
  if (isFirst) node.append(head);
  node.append(state, priority, since);
  return {
    node,
    update({ host, line, lines, hidden, isShared }) {
      setHidden(node, hidden);
      if (isFirst) {
        if (head.rowSpan !== lines) head.rowSpan = lines;
        setText(name, word(host.name) || word(host.id));
        setParts(place, [["", [word(host.address), line ? word(line.interface) : ""].filter(Boolean).join(" on ")]]);
        setText(rank, line ? `priority ${word(line.priority)}` : "");
        patchList(checks, list(host.checks), (check) => word(check.name), checkView);
        setHidden(checks, !list(host.checks).length);
      }
      const [level, sign, text] = stateOf(host, line);
      setAttribute(badge, "data-level", level);
      setIcon(badgeIcon, sign);
      setText(badgeWord, text);
      const words = detailOf(host, line, isShared);
      setParts(detail, [["", words]]);
      setHidden(detail, !words);
      setText(priority, line ? word(line.priority) : "");
      const at = line ? line.since : Number(host.heard_ms) || 0;
      setHidden(time, !at);
      if (at) setTime(time, at, true);
      setText(cause, line ? CAUSES[line.cause] ?? word(line.cause) : at ? "since it was heard" : "");
    },
  };
}

function stateOf(host, line) {
  if (line) return [...(ROUTER_STATES[line.state] ?? ["dim", "unknown"]), ROUTER_WORDS[line.state] ?? word(line.state)];
  return host.word === "stands_by" ? ["dim", "waits", "stands by"] : ["warn", "unknown", "no answer"];
}

function detailOf(host, line, isShared) {
  if (!line) return word(host.reason);
  if (line.words || line.trouble) return word(line.words) || word(line.trouble).replaceAll("_", " ");
  if (!isShared) return "";
  return line.state === "active" ? `has ${enumerated(line.addresses)}`
    : `${line.state === "backup" ? "ready for" : "not ready for"} ${counted(line.addresses.length, "address", "addresses")}`;
}

function nodesView() {
  const caption = make("caption");
  const body = make("tbody");
  const columns = [["", "Node"], ["state", "State"], ["number", "Priority"], ["time", "For"]].map(([className, text]) => {
    const head = make("th", className, text);
    head.scope = "col";
    return head;
  });
  const table = make("table", "nodes", caption, make("thead", "", make("tr", "", ...columns)), body);
  const all = make("button", "more-nodes");
  all.type = "button";
  const node = make("div", "", table, all);
  let isWhole = false;
  let shown = null;
  all.addEventListener("click", () => {
    isWhole = !isWhole;
    update(shown);
  });

  function update(group) {
    shown = group;
    const hosts = sortedNodes(group);
    const isLong = hosts.length > NODES_SHOWN + 2;
    const isShared = holdingsOf(group).length > 1;
    const rows = hosts.flatMap((host, index) => {
      const hidden = isLong && !isWhole && index >= NODES_SHOWN && !nodeIsTroubled(host);
      const lines = routerLines(host);
      const entries = lines.length ? lines : [null];
      return entries.map((line, number) => ({ host, line, hidden, isShared, lines: entries.length, isFirst: number === 0,
        key: `${word(host.id)}/${number}` }));
    });
    patchList(body, rows, (row) => row.key, rowView);
    setText(caption, counted(hosts.length, "node"));
    setHidden(all, !isLong);
    setText(all, isWhole ? "Show fewer nodes" : `Show all ${hosts.length} nodes`);
    setAttribute(all, "aria-expanded", String(isWhole));
  }

  return { node, update };
}

function settingsWords(group) {
  const interval = Number(group.interval_ms) || 0;
  const auth = word(group.auth);
  const every = interval < 1000 ? `${interval} ms` : `${interval / 1000} s`;
  return [`VRRP version ${word(group.version)}`, interval ? `every ${every}` : "",
    auth === "none" ? "not signed" : auth ? `signed (${auth})` : "",
    group.preempt === false ? "a better node does not take the address back" : "",
    `plan ${word(group.generation)}`].filter(Boolean).join(", ");
}

function groupView(first) {
  const name = word(first.name);
  const id = `group-${++counter}`;
  const fold = make("button", "");
  fold.type = "button";
  const label = make("bdi", "", name);
  fold.append(icon("open"), label);
  fold.setAttribute("aria-controls", `${id}-inside`);
  const title = make("h3", "", fold);
  title.id = `${id}-title`;
  const badge = make("span", "badge");
  const badgeIcon = icon();
  const badgeWord = make("span");
  badge.append(badgeIcon, badgeWord);
  const holdings = make("ul", "holdings");
  holdings.setAttribute("role", "list");
  const rolloutIcon = icon();
  const rolloutWords = make("p");
  const rollout = make("div", "rollout", rolloutIcon, rolloutWords);
  const inside = make("div", "inside");
  inside.id = `${id}-inside`;
  const node = make("article", "group", make("div", "group-head", title, badge), holdings, rollout, inside);
  node.id = id;
  node.setAttribute("aria-labelledby", title.id);
  let bands = null;
  let nodes = null;
  let settings = null;
  let shown = null;
  let events = [];

  fold.addEventListener("click", () => {
    opened.set(name, !opened.get(name));
    show();
    showFold();
  });

  // The inside is made when it is first seen, and kept up only while it is.
  function show() {
    const isOpen = opened.get(name);
    setAttribute(node, "data-open", isOpen ? "" : null);
    setAttribute(fold, "aria-expanded", String(Boolean(isOpen)));
    setHidden(inside, !isOpen);
    if (!isOpen) return;
    if (!bands) {
      bands = bandsView();
      nodes = nodesView();
      settings = make("p", "settings");
      inside.append(bands.node, nodes.node, settings);
    }
    bands.update(shown, events);
    nodes.update(shown);
    setText(settings, settingsWords(shown));
  }

  return {
    node,
    name,
    show,
    get group() { return shown; },
    tick() {
      if (bands && opened.get(name)) bands.update(shown, events);
    },
    update({ group, level, own }) {
      shown = group;
      events = own;
      setAttribute(node, "data-level", level);
      setAttribute(badge, "data-level", level);
      setIcon(badgeIcon, level);
      setText(badgeWord, LEVEL_WORDS[level]);
      patchList(holdings, holdingsOf(group).map((holding) => ({ ...holding, why: whyOf(holding, own) })),
        (holding) => holding.vips[0], holdingView);
      const words = word(group.rollout && group.rollout.text);
      const isHeld = ["paused", "rolled_back"].includes(group.rollout && group.rollout.state);
      setHidden(rollout, !words);
      setAttribute(rollout, "data-level", isHeld ? "warn" : "busy");
      setIcon(rolloutIcon, isHeld ? "warn" : "busy");
      setParts(rolloutWords, [["", words]]);
      show();
    },
  };
}

function problemView() {
  const sign = icon();
  const severity = make("span", "severity");
  const link = make("a");
  const what = make("bdi", "what");
  const remedy = make("p", "remedy");
  const remedyWords = make("bdi");
  remedy.append(remedyWords);
  const node = make("li", "problem", sign, make("div", "", make("p", "", severity, " in ", link, ": ", what), remedy));
  let name = "";
  link.addEventListener("click", () => {
    const view = viewsOf.get(byId("group-list")).get(name);
    opened.set(name, true);
    if (!view) return;
    setHidden(view.node, false);
    view.show();
  });
  return {
    node,
    update(problem) {
      name = problem.group;
      const level = SEVERITIES[problem.severity];
      const [text, help] = partsOfProblem(problem.text);
      setAttribute(node, "data-level", level === "note" ? "busy" : level);
      setIcon(sign, level);
      setText(severity, { error: "Error", warning: "Warning", note: "Note" }[problem.severity]);
      setText(link, problem.group);
      setAttribute(link, "href", `#${problem.anchor}`);
      setText(what, text);
      setText(remedyWords, help);
      setHidden(remedy, !help);
    },
  };
}

const EVENT_SIGNS = table({
  no_holder: ["bad", "bad"], several_holders: ["bad", "bad"], active: ["good", "active"], fault: ["warn", "warn"],
  backup: ["dim", "backup"], initialize: ["dim", "waits"],
});

function eventView() {
  const time = make("time");
  const sign = icon();
  const group = make("bdi", "group-name");
  const words = make("bdi");
  const node = make("li", "event", time, sign, make("p", "", group, " ", words));
  return {
    node,
    update(event) {
      const [level, symbol] = EVENT_SIGNS[event.cause] ?? EVENT_SIGNS[event.to] ?? ["dim", "waits"];
      setAttribute(node, "data-level", level);
      setIcon(sign, symbol);
      setTime(time, event.at_ms, false);
      setText(group, word(event.group));
      setText(words, word(event.text));
    },
  };
}

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
