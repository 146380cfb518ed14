"use strict";
// The table, the drawer and what keeps a live page up to date. Foreign text becomes text nodes only.
(() => {
const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
const root = document.documentElement, SVG = "http://www.w3.org/2000/svg";
const P = JSON.parse($("#data").textContent), all = P.ex, by = new Map(all.map(e => [e.i, e]));

const fill = (node, attrs, kids) => {
  for (const k in attrs) if (attrs[k] != null) node.setAttribute(k, attrs[k]);
  node.append(...kids.flat(9).filter(x => x != null && x !== ""));
  return node;
};
const make = (tag, attrs = {}, ...kids) => fill(document.createElement(tag), attrs, kids);
const draw = (tag, attrs = {}, ...kids) => fill(document.createElementNS(SVG, tag), attrs, kids);
const icon = v => draw("svg", {class: "ic", "aria-hidden": "true"}, draw("use", {href: "#i-" + v}));
const words = e => e.t || P.words[e.v] || P.waiting[e.v];
const verdict = e => make("span", {class: "nowrap v-" + e.v}, icon(e.v), words(e), e.h ? " (by hand)" : "");
const src = s => make("span", {class: "src"}, s);
const clock = s => s >= 5400 ? Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min" : s >= 100 ? Math.round(s / 60) + " min" : s + " s";

// Light and dark
const stored = f => { try { return f(localStorage); } catch { return null; } };
root.dataset.theme = stored(s => s.getItem("whet-theme")) || "";
const turn = () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme:dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  stored(s => s.setItem("whet-theme", root.dataset.theme));
};
$("#theme").onclick = turn;

// The table: rows are made from data, a hundred at a time
const STEP = 100, body = $("#table tbody");
const keys = [e => e.i, e => words(e), e => e.n, e => e.e ? e.e[0] : -1e9, e => e.e ? e.e[1] : -1e9, e => e.y || "", e => (e.s || []).join(), e => e.k || "", e => e.x || 0];
let kind = "", query = "", column = 0, way = -1, list = [], shown = 0;
const row = e => make("tr", {"data-e": e.i},
  make("td", {}, make("a", {href: "#" + e.i}, e.i)), make("td", {}, verdict(e)), make("td", {}, e.n),
  make("td", {class: "num" + (e.v === "kept" ? " good" : "")}, e.z ? e.z[0] : "–"), make("td", {class: "num dim"}, e.z ? e.z[1] : ""),
  make("td", {title: e.y}, e.y), make("td", {}, (e.s || []).map(src)), make("td", {class: "dim"}, e.k), make("td", {class: "num dim"}, e.x ? clock(e.x) : ""));
const more = (count = STEP) => { body.append(...list.slice(shown, shown + count).map(row)); shown = Math.min(list.length, shown + count); };
const matches = e => (!kind || e.v === kind) && (!query || [e.i, e.n, e.y, e.k, words(e), ...(e.s || [])].join(" ").toLowerCase().includes(query));
const table = count => {
  const focused = document.activeElement?.closest("#table tr[data-e]")?.dataset.e, key = keys[column];
  list = all.filter(matches).sort((a, b) => {
    const x = key(a), y = key(b);
    return way * (typeof x === "number" ? x - y : x.localeCompare(y, undefined, {numeric: true}));
  });
  body.textContent = ""; shown = 0; more(count);
  $("#count").textContent = list.length === all.length ? all.length : list.length + " of " + all.length;
  if (!list.length) body.append(make("tr", {}, make("td", {colspan: keys.length, class: "dim"}, all.length ? "No experiment matches. " : "No experiment yet.", all.length ? make("button", {type: "button", "data-f": ""}, "Show all") : "")));
  if (focused) $(`#table tr[data-e="${focused}"] a`)?.focus({preventScroll: true});
};
const filter = v => { kind = v; $$(".chip").forEach(b => b.setAttribute("aria-pressed", b.dataset.f === v)); table(); };
new IntersectionObserver(x => x.some(i => i.isIntersecting) && more(), {rootMargin: "600px"}).observe($("#end"));
addEventListener("beforeprint", () => more(list.length));
$("#find").oninput = ev => { query = ev.target.value.trim().toLowerCase(); table(); };

// The drawer: why an experiment was kept, or was not
const gate = ([name, ok, detail]) => make("li", {}, make("span", {role: "img", class: ok ? "good" : ok === 0 ? "v-failed" : "dim", "aria-label": ok ? "passed" : ok === 0 ? "failed" : "not asked"}, ok ? "✓" : ok === 0 ? "✗" : "-"), make("b", {}, name), make("span", {}, detail));
const command = c => make("div", {class: "cmd"}, make("code", {}, c), make("button", {type: "button", "data-copy": c}, "Copy"));
const patch = text => make("pre", {tabindex: 0}, text.split("\n").map(l => make("span", {class: /^\+(?!\+\+ )/.test(l) ? "add" : /^-(?!-- )/.test(l) ? "del" : null}, l)));
const pairs = e => {
  const W = 600, H = 120, L = 52, R = W - 92, least = P.least, [c, lo, hi] = e.e;
  let top = Math.max(...e.d, hi, 0), low = Math.min(...e.d, lo, 0);
  if (least < 3 * (top - low)) { top = Math.max(top, least); low = Math.min(low, -least); }
  const pad = (top - low || 1) * .08; top += pad; low -= pad;
  const y = v => (8 + (top - v) / (top - low) * (H - 30)).toFixed(1), x = k => (L + (k + .5) * (R - L) / e.d.length).toFixed(1), in_ = v => Math.max(low, Math.min(top, v));
  let step = 10 ** Math.floor(Math.log10((top - low) / 3)); step *= [1, 2, 5, 10].find(m => (top - low) / (step * m) <= 4.5);
  const grid = [], digits = Math.max(0, -Math.floor(Math.log10(step)));
  for (let k = Math.ceil(low / step); k * step <= top; k++) {
    const v = k * step, said = (v > 0 ? "+" : v < 0 ? "−" : "") + Math.abs(v).toFixed(digits) + "%";
    grid.push(draw("path", {class: k ? "grid" : "zero", d: `M${L} ${y(v)}H${R}`}), draw("text", {class: "dim", x: L - 8, y: +y(v) + 4, "text-anchor": "end"}, said));
  }
  return draw("svg", {class: "chart", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${e.d.length} paired differences around ${e.z[0]}`},
    draw("rect", {class: "least", x: L, y: y(in_(least)), width: R - L, height: Math.max(0, y(in_(-least)) - y(in_(least)))}), grid,
    e.d.map((v, k) => draw("circle", {class: "pair", cx: x(k), cy: y(v), r: 2.8}, draw("title", {}, `pair ${k + 1}: ${v.toFixed(2)}%`))),
    draw("path", {class: "w w-" + e.v, d: `M${R + 18} ${y(hi)}V${y(lo)}`}), draw("circle", {class: e.v === "kept" ? "m-kept" : "m-discarded", cx: R + 18, cy: y(c), r: 5}),
    draw("text", {class: e.v === "kept" ? "up" : "b", x: R + 29, y: +y(c) + 4}, e.z[0]),
    draw("text", {class: "dim", x: L, y: H - 4}, "pair 1"), draw("text", {class: "dim", x: R, y: H - 4, "text-anchor": "end"}, "pair " + e.d.length));
};
const cited = s => {
  const f = P.sources[s];
  return make("div", {class: "quote"}, make("p", {}, src(s), " ", f && (f.u ? make("a", {href: f.u, rel: "noreferrer"}, f.t) : f.t), f ? make("span", {class: "dim"}, " " + f.r) : ""), f ? make("blockquote", {}, f.q) : "");
};
const change = e => {
  if (e.pa) return patch(e.pa);
  const box = make("div", {}, command("whet diff " + e.i));
  if (P.live && e.pd) fetch(`api/v1/experiments/${e.i}/diff`).then(r => r.ok ? r.text() : Promise.reject()).then(t => { e.pa = t; box.replaceChildren(patch(t)); }).catch(() => {});
  return box;
};
const part = (name, ...kids) => kids.flat().some(Boolean) ? [make("h3", {}, name), ...kids] : [];
const why = e => [
  make("div", {class: "dh"}, make("code", {}, e.i), make("span", {class: "dim"}, e.w ? "wave " + e.w : "tried by hand"), verdict(e), make("button", {type: "button", id: "close"}, "Close")),
  make("h2", {}, e.n),
  make("div", {class: "verdict " + e.v}, make("strong", {}, words(e) + ". "), e.y || (P.words[e.v] ? "" : "There is no verdict yet: the count is shown while pairs are taken, never what they say."), e.a ? make("p", {}, "Waits for a person: " + e.a) : "", e.z ? make("p", {}, make("b", {}, `${e.z[0]} ${e.z[1]}`), ` against ${e.vs}, ${e.p} pairs` + (e.k ? " on " + e.k : "")) : ""),
  part("Why this verdict", e.g ? make("ul", {class: "gates"}, e.g.map(gate)) : ""),
  part("Paired differences", e.d && e.d.length > 1 ? pairs(e) : ""),
  part("Change", e.l ? make("p", {class: "sub"}, `+${e.l[0]} −${e.l[1]} lines`, e.c ? [", commit ", make("code", {}, e.c)] : "") : "", e.pd ? change(e) : ""),
  part("Why it was tried", (e.s || []).map(cited), e.m ? make("p", {}, e.m) : "", e.pr ? make("p", {class: "sub"}, "Predicted " + e.pr) : "", e.rf ? make("p", {class: "sub"}, "Refuted by: " + e.rf) : "", e.by ? make("p", {class: "dim"}, "Idea of " + e.by) : ""),
  part("Next", (e.cm || []).map(command), e.x ? make("p", {class: "dim"}, clock(e.x) + " in all") : ""),
];
const drawer = $("#drawer");
let open = "";
const show = id => {
  const e = by.get(id);
  if (!e) return;
  open = id;
  drawer.replaceChildren(...why(e).flat(9).filter(Boolean));
  drawer.setAttribute("aria-label", id + " " + e.n);
  history.replaceState(null, "", "#" + id);
  if (!drawer.open) drawer.showModal();
};
drawer.addEventListener("close", () => {
  history.replaceState(null, "", location.pathname + location.search);
  $(`#table tr[data-e="${open}"] a`)?.focus({preventScroll: true});
  open = "";
});
addEventListener("hashchange", () => show(location.hash.slice(1)));

// Pointer and keys
const tip = $("#tip");
let hot = [];
document.addEventListener("pointerover", ev => {
  const at = ev.target.closest("[data-e]"), e = at && by.get(at.dataset.e);
  hot.forEach(n => n.classList.remove("hot"));
  hot = e ? $$(`[data-e="${e.i}"]`) : [];
  hot.forEach(n => n.classList.add("hot"));
  if (!e || !at.closest(".chart")) { tip.style.opacity = 0; return; }
  tip.replaceChildren(make("b", {}, e.i + " "), e.n, make("br"), e.z ? make("b", {}, e.z[0]) : "", e.z ? ` ${e.z[1]}, ${e.p} pairs` : "", e.z ? make("br") : "", words(e) + (e.y ? ": " + e.y : ""));
  tip.style.opacity = 1;
  tip.style.left = Math.max(8, Math.min(innerWidth - tip.offsetWidth - 8, ev.clientX + 14)) + "px";
  tip.style.top = Math.max(8, ev.clientY - tip.offsetHeight - 12) + "px";
});
document.addEventListener("click", ev => {
  const t = ev.target, b = t.closest("button"), at = t.closest("[data-e]");
  if (b && b.dataset.copy) { navigator.clipboard?.writeText(b.dataset.copy); b.textContent = "Copied"; setTimeout(() => { b.textContent = "Copy"; }, 1200); }
  else if (b && b.id === "close") drawer.close();
  else if (b && b.dataset.sort) {
    const i = +b.dataset.sort;
    way = column === i ? -way : 1; column = i;
    $$("#table th").forEach(h => h.removeAttribute("aria-sort"));
    b.parentNode.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
    table();
  } else if (b && "f" in b.dataset) { if (!b.dataset.f) { query = ""; $("#find").value = ""; } filter(b.dataset.f); }
  else if (t === drawer) drawer.close();
  else if (at && !b && !(t.closest("a") && !t.closest("a").hash)) { ev.preventDefault(); show(at.dataset.e); }
});
addEventListener("keydown", ev => {
  if (ev.target.matches("input") || ev.ctrlKey || ev.metaKey || ev.altKey || drawer.open) return;
  if (ev.key === "/") { ev.preventDefault(); $("#find").focus(); }
  else if (ev.key === "t") turn();
  else if (ev.key === "j" || ev.key === "k") {
    const links = $$("#table tr[data-e] a"), at = links.indexOf(document.activeElement), to = links[Math.max(0, Math.min(links.length - 1, at + (ev.key === "j" ? 1 : -1)))];
    to?.focus(); to?.scrollIntoView({block: "nearest"});
  }
});

// A live page: parts and experiments that changed, and nothing of what did not
const tabs = () => $$("nav a").forEach(a => { a.hidden = !$(a.hash).innerHTML.trim(); });
const swap = (node, html) => {
  const ends = () => $$("a,button,[tabindex],summary", node), held = ends().indexOf(document.activeElement), sides = $$(".scroll", node).map(n => n.scrollLeft), opened = $$("details", node).map(d => d.open);
  node.innerHTML = html;
  $$(".scroll", node).forEach((n, k) => { n.scrollLeft = sides[k] || 0; });
  $$("details", node).forEach((d, k) => { d.open = !!opened[k]; });
  if (held >= 0) ends()[held]?.focus({preventScroll: true});
};
const take = news => {
  P.live = news.v;
  if (news.title) document.title = news.title;
  for (const id in news.html) swap($("#" + id), news.html[id]);
  Object.assign(P.sources, news.sources);
  for (const e of news.ex) {
    if (by.has(e.i)) all[all.indexOf(by.get(e.i))] = e; else all.push(e);
    by.set(e.i, e);
  }
  if (news.ex.length) { const y = scrollY; table(Math.max(STEP, shown)); scrollTo(0, y); }
  if (news.html.chips) $$(".chip").forEach(b => b.setAttribute("aria-pressed", b.dataset.f === kind));
  if (open && news.ex.some(e => e.i === open)) { const y = drawer.scrollTop; show(open); drawer.scrollTop = y; }
  tabs(); tick();
};
const tick = () => $$("[data-since]").forEach(n => {
  const s = Math.max(0, Math.round(Date.now() / 1000 - n.dataset.since));
  n.textContent = Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0");
});
if (P.live) {
  const pill = $("#pill");
  let wait = 500, heard, source;
  const connect = () => {
    source = new EventSource("events?since=" + encodeURIComponent(P.live));
    const alive = () => { heard = Date.now(); wait = 500; pill.removeAttribute("data-off"); };
    source.onopen = alive;
    source.addEventListener("ping", alive);
    source.onmessage = m => { alive(); take(JSON.parse(m.data)); };
    source.onerror = lost;
  };
  const lost = () => { source.close(); heard = Infinity; pill.dataset.off = ""; setTimeout(connect, wait); wait = Math.min(wait * 2, 15000); };
  connect();
  setInterval(() => { tick(); if (Date.now() - heard > 25000) lost(); }, 1000);
}
$('#table [data-sort="0"]').parentNode.setAttribute("aria-sort", "descending");
table(); tabs(); tick();
show(location.hash.slice(1));
performance.mark("whet-ready");
})();
