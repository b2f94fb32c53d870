// What the page knows, as pure functions of what the operator says (GET api/state): which addresses are together, who has
// them, how well a group is, what happened before. Nothing here knows of elements or of the browser's clock.

const GAP_MIN_MS = 100; // shorter ones are two clocks that differ
const SAME_SINCE_MS = 5000; // addresses of one node that came so close together are told in one line

const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const RANGES = [[10 * MINUTE, "10 minutes"], [HOUR, "hour"], [6 * HOUR, "6 hours"], [DAY, "24 hours"], [3 * DAY, "3 days"],
  [7 * DAY, "7 days"]];

// By words that came over the network: without what every object has.
export const table = (entries) => Object.assign(Object.create(null), entries);

const LEVELS = ["good", "busy", "warn", "bad"]; // in rising order
export const LEVEL_WORDS = { good: "healthy", busy: "updating", warn: "needs a look", bad: "in trouble" };
export const LEVEL_SIGNS = { good: "✓", busy: "↻", warn: "!", bad: "✕" };
export const SEVERITIES = table({ error: "bad", warning: "warn", note: "note" });
export const CAUSES = table({
  started: "just started", stopped: "stopped", owner: "owns the address", silence: "the one before fell silent",
  active_left: "the one before left", preemption: "better than the one before", higher_priority: "another one is better",
  higher_address: "another one is as good", link_down: "its link was down", link_up: "its link came back",
  address_refused: "its kernel refused the address", address_taken: "another host had the address", retry: "tries again",
  stalled: "it had slept", group: "another router of its group did", one_way: "the others did not hear it",
  no_preemption: "the other one keeps it", newer_plan: "a peer had a newer plan", check_failed: "a check failed",
  check_passed: "its checks pass again",
});
export const names = new Intl.Collator(undefined, { numeric: true });

export const list = (value) => (Array.isArray(value) ? value : []);
// Marks that turn the direction of what follows would reach beyond the word, isolated or not.
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;
export const word = (value) => (value === undefined || value === null ? "" : String(value).replace(TURNS, "\ufffd"));
const worse = (a, b) => (LEVELS.indexOf(a) >= LEVELS.indexOf(b) ? a : b);

// "a, b and c"
export function enumerated(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

export function durationWords(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 24) return `${hours} h ${Math.floor(seconds / 60) % 60} min`;
  return hours < 240 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${Math.floor(hours / 24)} d`;
}

// Short times matter most where something was interrupted.
export function gapWords(ms) {
  return ms < 10000 ? `${(ms / 1000).toFixed(ms < 1000 ? 2 : 1)} s` : durationWords(ms);
}

export const HOLDING_LEVELS = table({ held: "good", none: "bad", several: "bad", unknown: "warn" });

// The addresses of a group, those that live together as one.
export function holdingsOf(group) {
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
export function linkWords(holding) {
  if (holding.state === "none") return isOne(holding) ? "is on no node" : "are on no node";
  const several = holding.holders.length === 2 ? "two" : "several";
  if (holding.state === "several") return `${isOne(holding) ? "is" : "are"} on ${several} nodes at once:`;
  if (holding.state === "held") return isOne(holding) ? "is on" : "are on";
  return holding.holders.length ? "may still be on" : "may be on a node that does not answer";
}

export function holdingSentence(holding) {
  return [enumerated(holding.vips), linkWords(holding), enumerated(holding.holders)].filter(Boolean).join(" ");
}

export const concerns = (event, vip) => list(event.vip).some((other) => word(other) === word(vip));

// What the operator leaves open and its history tells: since when nobody or several have an address, and who had it last
// of those that do not answer. `seen` is since when this page has seen it so, where it saw another state before.
export function enriched(group, events, seen) {
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

export function nodeIsTroubled(node) {
  return node.word === "unknown" || list(node.routers).some((router) => router.state === "fault" || router.trouble) ||
    list(node.checks).some((check) => check.result === "fails");
}

export function levelOf(group) {
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
export function partsOfProblem(text) {
  const cut = text.indexOf("; ");
  return cut < 0 ? [text, ""] : [text.slice(0, cut), text.slice(cut + 2)];
}

export function problemsOf(groups) {
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
export function headline(groups) {
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

export function countsOf(groups) {
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

export const ROUTER_STATES = table({
  active: ["good", "active"], backup: ["dim", "backup"], fault: ["warn", "warn"], initialize: ["dim", "waits"],
});
export const ROUTER_WORDS = table({ active: "active", backup: "backup", fault: "fault", initialize: "starting" });

// One line for what routers of a node have in common.
export function routerLines(node) {
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

export function sortedNodes(group) {
  return [...list(group.nodes)].sort((a, b) => nodeRank(a) - nodeRank(b) || bestPriority(b) - bestPriority(a) ||
    names.compare(word(a.name), word(b.name)));
}

// Who took an address last has it: a node that died never says that it let go. Newest last; null: not known.
export function changesOf(address, events) {
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

export function spansOf(changes, from, until) {
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

export function rangeOf(allChanges, now) {
  const oldest = Math.min(now, ...allChanges.flat().map((change) => change.at).filter(Number.isFinite));
  return RANGES.find(([length]) => (now - oldest) * 1.05 < length) ?? RANGES[RANGES.length - 1];
}

export function spanWords(span) {
  if (!span.holders) return "not known";
  return span.holders.length ? enumerated(span.holders) : "nobody";
}

export function matches(group, wanted) {
  if (!wanted) return true;
  const addresses = list(group.addresses).map((address) => address.vip);
  const words = [group.name, ...addresses, ...list(group.nodes).map((node) => node.name)];
  return words.some((one) => word(one).toLowerCase().includes(wanted));
}
