// Views: each makes its element once and has update(), which patches it to show what it is given.

import {
  table, LEVEL_WORDS, SEVERITIES, CAUSES, names, list, word, enumerated, counted, gapWords, HOLDING_LEVELS, holdingsOf,
  linkWords, concerns, nodeIsTroubled, partsOfProblem, ROUTER_STATES, ROUTER_WORDS, routerLines, sortedNodes, changesOf,
  spansOf, rangeOf, spanWords,
} from "./model.js";
import {
  byId, make, icon, setIcon, setText, setAttribute, setHidden, setParts, enumeratedParts, viewsOf, patchList, times, clock,
  setTime,
} from "./elements.js";

const NODES_SHOWN = 12; // of one group, besides those with trouble
const NODE_COLOURS = 8;

export const opened = new Map(); // groups by name: whether their inside is shown
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
  const columns = [["host", "Node"], ["state", "State"], ["number", "Priority"], ["time", "For"]].map(([className, text]) => {
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

export function groupView(first) {
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
    node.dispatchEvent(new Event("fold", { bubbles: true }));
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

export function problemView() {
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

export function eventView() {
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
