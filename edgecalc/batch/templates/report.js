"use strict";
// Only rows in sight are in the document: pictures first, then a line for each file that has none.
// A file is a list: name, status, width, height, ms, bytes read, bytes written, reason [, before, after, link to source, link to result]
(() => {
const { files, pictures } = JSON.parse(document.getElementById("data").textContent);
const STATUS = ["done", "failed", "skipped"], GAP = 16, NARROWEST = 288, TEXT = 60, NEAR = 800, SMALL = 160;
const root = document.documentElement, list = document.getElementById("list"), search = document.getElementById("search");
const lowered = files.map(file => file[0].toLowerCase());
const sliders = new Map();  // where each was left, as rows come and go
let shown = [], withPictures = 0, lines = [], columns = 1, stage = 200, current = 0;
let drawn = new Map();

// ---------------------------------------------------------------- words

const number = value => value.toLocaleString("en-US");
function amount(bytes) {
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (bytes < 999.5) return `${Number(bytes.toPrecision(3))} ${unit}`;
    bytes /= 1000;
  }
  return `${Number(bytes.toPrecision(3))} TB`;
}
const size = ([, , width, height, ms]) => width ? `${number(width)} × ${number(height)} · ${ms < 10 ? ms : number(Math.round(ms))} ms` : "";
const bytes = ([, , width, , , read, written]) => width ? ` · ${amount(read)} → ${amount(written)}` : "";
function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

// ---------------------------------------------------------------- one image

function picture(source, className, alt) {
  const made = make("img", className);
  made.src = source;
  made.alt = alt;
  made.decoding = "async";
  return made;
}
function slider(index) {
  const [name, , width, height, , , , , before, after] = files[index];
  const pair = make("div", "pair");
  pair.style.setProperty("--ratio", width / height || 1);
  if (Math.max(width, height) < SMALL) pair.classList.add("small");
  if (after) pair.append(picture(after, "after", `result of ${name}`));
  if (before) pair.append(picture(before, after ? "before" : "", `original of ${name}`));
  if (!before || !after) {
    pair.classList.add("single");
    pair.append(make("span", "tag left", before ? "original; the result is gone" : "result; the original has moved or changed"));
    return pair;
  }
  const input = make("input");
  input.type = "range";
  input.tabIndex = -1;
  input.setAttribute("aria-label", `how much of the original is seen: ${name}`);
  const left = make("span", "tag left", "original"), right = make("span", "tag right", "result");
  const move = value => {
    input.value = value;
    sliders.set(index, Number(input.value));
    pair.style.setProperty("--at", `${input.value}%`);
    left.hidden = input.value < 25;
    right.hidden = input.value > 75;
  };
  const follow = event => {
    const box = pair.getBoundingClientRect();
    move(100 * (event.clientX - box.left) / box.width);
  };
  pair.addEventListener("pointerdown", event => {
    if (event.button) return;
    pair.setPointerCapture(event.pointerId);
    follow(event);
  });
  pair.addEventListener("pointermove", event => { if (pair.hasPointerCapture(event.pointerId)) follow(event); });
  input.addEventListener("input", () => move(input.value));
  pair.append(make("span", "handle"), left, right, input);
  move(sliders.get(index) ?? 50);
  return pair;
}
function anchor(text, address, name) {
  const made = make("a", "", text);
  made.href = address;
  made.target = "_blank";
  made.tabIndex = -1;
  made.setAttribute("aria-label", `${text} of ${name}, the file`);
  return made;
}
function item(place) {
  const file = files[shown[place]], [name, status] = file, hasPicture = place < withPictures;
  const made = make("article", hasPicture ? "card" : `file ${STATUS[status]}`);
  made.dataset.place = place;
  made.tabIndex = place === current ? 0 : -1;
  for (const [key, value] of [["role", "listitem"], ["aria-setsize", shown.length], ["aria-posinset", place + 1]]) made.setAttribute(key, value);
  const title = make("div", "name", name), meta = make("div", "meta");
  title.title = name;
  meta.append(make("span", "", file[7] || size(file) + (hasPicture ? "" : bytes(file))));
  meta.firstChild.title = file[7] || size(file) + bytes(file);
  if (!hasPicture) {
    made.append(make("div", "state", STATUS[status]), title, meta);
    return made;
  }
  const box = make("div", "stage"), text = make("div", "text");
  box.append(slider(shown[place]));
  if (file[10]) meta.append(anchor("original", file[10], name));
  if (file[9]) meta.append(anchor("result", file[11], name));
  text.append(title, meta);
  made.append(box, text);
  return made;
}

// ---------------------------------------------------------------- what is in sight

function arrange() {
  const width = list.clientWidth, compact = matchMedia("(max-width: 640px)").matches ? 58 : 40;
  columns = Math.max(1, Math.floor((width + GAP) / (NARROWEST + GAP)));
  stage = Math.round(((width + GAP) / columns - GAP) * 2 / 3);
  list.style.setProperty("--stage", `${stage}px`);
  lines = [];
  let top = 0;
  for (let at = 0; at < withPictures; at += columns) {
    lines.push({ top, at, count: Math.min(columns, withPictures - at), height: stage + TEXT + 2 });
    top += stage + TEXT + 2 + GAP;
  }
  if (withPictures && withPictures < shown.length) {
    lines.push({ top, at: withPictures, count: 0, height: 44 });
    top += 44;
  }
  for (let at = withPictures; at < shown.length; at++, top += compact) lines.push({ top, at, count: 1, height: compact });
  list.style.height = `${top}px`;
  list.replaceChildren();
  drawn = new Map();
  draw();
}
function firstBelow(height) {
  let low = 0, high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle].top + lines[middle].height < height) low = middle + 1; else high = middle;
  }
  return low;
}
const lineOf = place => lines.findIndex(({ at, count }) => place >= at && place < at + count);
function draw() {
  const above = -list.getBoundingClientRect().top, wanted = new Set();
  for (let k = firstBelow(above - NEAR); k < lines.length && lines[k].top < above + innerHeight + NEAR; k++) wanted.add(k);
  const held = document.activeElement.closest?.(".row");
  for (const [k, row] of drawn) if (!wanted.has(k) && row !== held) { row.remove(); drawn.delete(k); }
  for (const k of [...wanted].filter(k => !drawn.has(k))) drawn.set(k, place(k));
}
function place(k) {
  const { top, at, count, height } = lines[k], cards = at < withPictures, row = make("div", cards ? "row cards" : "row");
  row.setAttribute("role", "presentation");
  row.style.transform = `translateY(${top}px)`;
  row.style.height = `${height}px`;
  if (cards) row.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  if (!count) row.append(make("p", "note quiet", `${number(shown.length - withPictures)} without pictures`));
  for (let each = at; each < at + count; each++) row.append(item(each));
  const after = [...drawn.entries()].filter(([other]) => other > k).sort(([a], [b]) => a - b)[0];
  list.insertBefore(row, after ? after[1] : null);
  return row;
}

// ---------------------------------------------------------------- search and filter

function select() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const status = STATUS.indexOf(document.querySelector("[name=status]:checked").value);
  const found = files.map((_, index) => index).filter(index =>
    (status < 0 || files[index][1] === status) && words.every(word => lowered[index].includes(word)));
  const seen = found.filter(index => files[index].length > 8), others = found.filter(index => files[index].length <= 8);
  shown = seen.concat(others);
  withPictures = seen.length;
  current = 0;
  const part = pictures < files.filter(file => file[1] === 0).length && pictures ? `, ${number(seen.length)} with pictures` : "";
  const text = `${number(shown.length)} of ${number(files.length)} shown${part}`;
  document.getElementById("count").textContent = shown.length ? text : "Nothing matches.";
  arrange();
}
function goTo(place) {
  const line = lineOf(place), box = list.getBoundingClientRect();
  if (line < 0) return;
  const old = list.querySelector(`[data-place="${current}"]`);
  if (old) old.tabIndex = -1;
  current = place;
  const top = box.top + lines[line].top, bottom = top + lines[line].height;
  const tools = document.getElementById("tools").offsetHeight + 8;
  if (top < tools) scrollBy(0, top - tools); else if (bottom > innerHeight - 8) scrollBy(0, Math.min(bottom - innerHeight + 8, top - tools));
  draw();
  const made = list.querySelector(`[data-place="${place}"]`);
  made.tabIndex = 0;
  made.focus({ preventScroll: true });
  draw();
}

// ---------------------------------------------------------------- keys

function step(key, place) {
  const rows = place < withPictures ? columns : 1, last = shown.length - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (key === "ArrowLeft") return place - 1;
  if (key === "ArrowRight") return place + 1;
  if (key === "ArrowUp") return place >= withPictures ? place - 1 : place - rows;
  if (key === "ArrowDown") return place < withPictures ? Math.min(place + rows, Math.max(withPictures, place + 1)) : place + 1;
  return null;
}
document.addEventListener("keydown", event => {
  const target = event.target, typing = target === search, held = target.closest?.("[data-place]"), sliding = target.type === "range";
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !typing) {
    search.focus();
    search.select();
  } else if (event.key === "Escape" && typing) {
    search.value = "";
    select();
    search.blur();
  } else if (event.key === "Escape" && sliding) {
    held.focus();
  } else if (event.key === "Escape" && held) {
    held.blur();
  } else if (typing && (event.key === "ArrowDown" || event.key === "Enter")) {
    goTo(0);
  } else if (held && event.key === "Enter" && target === held) {
    held.querySelector("input")?.focus();
  } else if (held && !(sliding && /Left|Right|Home|End/.test(event.key))) {
    const to = step(event.key, Number(held.dataset.place));
    if (to === null) return;
    if (to >= 0 && to < shown.length) goTo(to);
  } else return;
  event.preventDefault();
});
list.addEventListener("focusin", event => {  // Tab goes on from the image that was touched last
  const held = event.target.closest("[data-place]"), old = list.querySelector('[tabindex="0"]');
  if (!held || held === old) return;
  if (old) old.tabIndex = -1;
  current = Number(held.dataset.place);
  held.tabIndex = 0;
});

// ---------------------------------------------------------------- buttons

const theme = document.getElementById("theme");
const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
const name = () => { theme.textContent = dark() ? "Light" : "Dark"; };
theme.hidden = false;
name();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
theme.addEventListener("click", () => {
  root.dataset.theme = dark() ? "light" : "dark";
  name();
});
for (const button of navigator.clipboard ? document.querySelectorAll(".copy") : []) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}
const tools = document.getElementById("tools");
tools.hidden = document.getElementById("keys").hidden = false;
tools.addEventListener("submit", event => event.preventDefault());
search.addEventListener("input", select);
tools.addEventListener("change", event => { if (event.target.name === "status") select(); });
document.addEventListener("scroll", draw, { passive: true });
new ResizeObserver(() => { if (stage !== Math.round(((list.clientWidth + GAP) / columns - GAP) * 2 / 3)) arrange(); }).observe(list);
select();
})();
