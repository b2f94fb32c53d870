// Elements, and how they are made to show something else: only what differs is touched, so that focus, selection and scroll
// stay. What came over the network is only ever set as text, never as HTML.

import { durationWords } from "./model.js";

const SVG = "http://www.w3.org/2000/svg";
export const byId = (id) => document.getElementById(id);

export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

export function icon(name = "good") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

export function setIcon(svg, name) {
  setAttribute(svg.firstChild, "href", `#icon-${name}`);
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (value === null || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value);
  }
}

export function setHidden(element, isHidden) {
  if (element.hidden !== isHidden) element.hidden = isHidden;
}

// A run of words: a string, or [class, string] for what has a look of its own. Foreign words keep their direction.
const partsShown = new WeakMap();
export function setParts(element, parts) {
  const wanted = JSON.stringify(parts);
  if (partsShown.get(element) === wanted) return;
  partsShown.set(element, wanted);
  element.replaceChildren(...parts.map((part) => (typeof part === "string" ? part : make("bdi", part[0], part[1]))));
}

// "a", " and ", "b", each word with the class.
export function enumeratedParts(words, className) {
  return words.flatMap((one, index) => {
    const glue = index === 0 ? [] : [index === words.length - 1 ? " and " : ", "];
    return [...glue, [className, one]];
  });
}

// Children of the parent as views {node, update(item)}: each key keeps its element as long as it lives.
export const viewsOf = new WeakMap();
export function patchList(parent, items, keyOf, create) {
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

export const times = { clock: new Intl.DateTimeFormat(undefined, { timeStyle: "medium" }),
  day: new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }),
  full: new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" }) };

// The operator's clock, as of its last answer: the browser's may be wrong.
export const clock = {
  offset: 0,
  now: () => performance.now() + clock.offset,
  set(now) {
    const offset = now - performance.now();
    if (Number.isFinite(offset)) clock.offset = offset;
  },
};
clock.set(Date.now());

export const isTime = (at) => Number.isFinite(at) && Math.abs(at) < 8.64e15;

// A <time> that says the moment; elapsed ones say how long ago, and tick.
export function setTime(element, at, isElapsed) {
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

export function tickTimes() {
  const now = clock.now();
  for (const element of document.getElementsByClassName("elapsed")) setText(element, durationWords(now - element.at));
}
