// Shows the page's inert data on a Leaflet map. Every text from an article is set with textContent, never as markup.
const DAY = 864e5;

// One filter for everything: the map, the list, the histogram and the counts read `passes`.
function incidentFilter(data) {
  const rows = data.rows, n = rows.title.length;
  const days = (text) => (text ? Date.parse(text + "T00:00:00Z") / DAY : null);
  const first = rows.date_start.map(days), last = rows.date_end.map((d, i) => days(d) ?? first[i]);
  // The timeline covers what the map is about; history told in passing would squeeze it into its last bars.
  const dated = (part) => part.filter((i) => first[i] !== null), every = rows.title.map((_, i) => i);
  const current = dated(every.filter((i) => rows.salience[i] !== "background")), known = current.length ? current : dated(every);
  const span = known.length ? [known.reduce((a, i) => Math.min(a, first[i]), 1e9), known.reduce((a, i) => Math.max(a, last[i]), -1e9)] : null;
  const searched = ["title", "place_name", "place_names", "actors", "quote"].map((c) => rows[c]);
  const says = (i, query) => searched.some((column) => column[i] && column[i].toLowerCase().includes(query));
  const outlets = (i) => (rows.sources[i] || "").split(" | ").map((x) => x.split(", ")[0]);
  const level = (i) => (rows.lat[i] === null ? "none" : rows.geo_precision[i] <= 2 ? "place" : rows.geo_precision[i] <= 4 ? "unit" : rows.geo_precision[i] === 5 ? "area" : "country");
  const state = { types: new Set(data.types.map((t) => t.id)), background: false, reality: new Set(["asserted", "claimed"]), level: new Set(["place", "unit", "area", "country", "none"]), source: "", query: "", from: null, to: null };
  const inTime = (i) => state.from === null || (first[i] !== null && first[i] <= state.to && last[i] >= state.from);
  const rest = (i) => state.types.has(rows.event_type[i]) && (state.background || rows.salience[i] !== "background") && state.reality.has(rows.reality[i]) && state.level.has(level(i))
    && (!state.source || outlets(i).includes(state.source)) && (!state.query || says(i, state.query));
  const iso = (day) => new Date(day * DAY).toISOString().slice(0, 10);
  const newest = [...every].sort((a, b) => (first[b] ?? -1e9) - (first[a] ?? -1e9));
  return { state, n, newest, first, last, span, outlets, level, rest, inTime, iso, passes: (i) => rest(i) && inTime(i), all: every };
}

function node(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) name.includes("-") || name === "role" || name === "for" ? made.setAttribute(name, value) : (made[name] = value);
  made.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
  return made;
}

// What is told about one incident, for popups.
function incidentCards(data) {
  const rows = data.rows, types = new Map(data.types.map((t) => [t.id, t]));
  const dateText = (i) => {
    const a = rows.date_start[i], b = rows.date_end[i];
    if (!a) return "date unknown";
    return (a === b || !b ? a : a + " to " + b) + (rows.date_precision[i] === "day" ? "" : " (" + rows.date_precision[i] + ")");
  };
  const precisionText = ["", "exact place", "near this place", "district", "province or state", "area or border", "country only", "international"];
  const deaths = (i) => {
    const low = rows.fatalities_low[i], best = rows.fatalities_best[i], high = rows.fatalities_high[i];
    if (best === null) return "";
    return low === best && high === best ? String(best) : best + " (reports: " + low + " to " + high + ")";
  };
  const quote = (i) => {
    const text = rows.quote[i] || "", at = rows.trigger[i] ? text.indexOf(rows.trigger[i]) : -1;
    if (at < 0) return node("blockquote", {}, text);
    return node("blockquote", {}, text.slice(0, at), node("mark", {}, rows.trigger[i]), text.slice(at + rows.trigger[i].length));
  };
  const source = (line) => {
    const link = (line.match(/https?:\/\/[^\s<>"]+$/) || [])[0];
    if (!link) return node("div", {}, line);
    return node("div", {}, node("a", { href: link, rel: "noopener noreferrer", target: "_blank" }, line.slice(0, -link.length).replace(/, $/, "") || link));
  };
  const card = (i) => {
    const type = types.get(rows.event_type[i]), facts = node("dl");
    const fact = (name, value) => { if (value) facts.append(node("dt", {}, name), node("dd", {}, String(value))); };
    fact("Type", type.label + (rows.reality[i] === "claimed" ? " (claimed" + (rows.claimed_by[i] ? " by " + rows.claimed_by[i] : "") + ")" : ""));
    fact("Date", dateText(i));
    fact("Place", rows.place_name[i] ? [rows.place_name[i], rows.admin1[i] === rows.place_name[i] ? "" : rows.admin1[i], rows.country_code[i]].filter(Boolean).join(", ") + " – " + precisionText[rows.geo_precision[i]] : "no place stated");
    fact("Names in use", rows.place_names[i]);
    fact("Status", rows.place_status[i]);
    fact("Killed", deaths(i));
    fact("Who says so", rows.fatalities_reports[i]);
    fact("Injured", rows.injured[i]);
    fact("Detained", rows.detained[i]);
    fact("Released", rows.released[i]);
    fact("Actors", rows.actors[i]);
    return node("article", {}, node("h3", {}, rows.title[i]), facts, quote(i), node("div", {}, rows.n_articles[i] === 1 ? "Source" : "Sources (" + rows.n_articles[i] + ")"), ...(rows.sources[i] || "").split(" | ").map(source));
  };
  return { dateText, popup: (ids) => node("div", { className: "geomap-popup" }, ...ids.slice(0, 50).map(card), ids.length > 50 ? node("p", {}, "and " + (ids.length - 50) + " more: zoom in or filter") : null) };
}

// Countries, units near the incidents and their names, drawn without the network.
function baseMap(map, data, lands) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const collection = (shapes) => ({ type: "FeatureCollection", features: shapes.map((g) => ({ type: "Feature", geometry: g, properties: {} })) });
  map.createPane("lands").style.zIndex = 210;
  const base = L.geoJSON(collection(Object.values(lands)), {
    pane: "lands", interactive: false, style: { color: dark ? "#4b5866" : "#9aa7b0", weight: 1, fillColor: dark ? "#242c35" : "#f6f4ee", fillOpacity: 1 },
  }).addTo(map);
  L.geoJSON(collection(data.units), { pane: "lands", interactive: false, style: { color: dark ? "#3d4854" : "#c3ccd2", weight: 1, dashArray: "2 3", fill: false } }).addTo(map);
  map.on("layeradd layerremove", (e) => { // tiles cover the outlines' fill
    if (e.layer instanceof L.TileLayer) base.setStyle({ fillOpacity: e.type === "layeradd" ? 0 : 1 });
  });
  const names = L.layerGroup().addTo(map);
  const label = () => {
    names.clearLayers();
    const zoom = map.getZoom(), bounds = map.getBounds(), taken = [];
    for (const [name, lat, lon, least] of data.labels) {
      if (zoom < least || !bounds.contains([lat, lon])) continue;
      const at = map.latLngToContainerPoint([lat, lon]);
      if (taken.some((p) => Math.abs(p.x - at.x) < 90 && Math.abs(p.y - at.y) < 16)) continue;
      taken.push(at);
      L.marker([lat, lon], { icon: L.divIcon({ className: "geomap-name", html: node("span", {}, name), iconSize: [0, 0] }), interactive: false, keyboard: false }).addTo(names);
    }
  };
  map.on("moveend", label);
  map.attributionControl.setPrefix("Leaflet");
  map.attributionControl.addAttribution("Places: GeoNames (CC BY 4.0), Natural Earth, US Census; outlines: Natural Earth");
  return label;
}

// Histogram of incidents over time with a brush, steps and play.
function timeline(filter, refresh) {
  const { state, span } = filter;
  if (!span || span[0] === span[1]) return { element: null, draw: () => {} };
  const bins = 60, length = span[1] - span[0] + 1, ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", "0 0 600 60");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "Incidents over time; drag to choose days");
  const bars = Array.from({ length: bins }, (_, k) => {
    const bar = document.createElementNS(ns, "rect");
    bar.setAttribute("x", String(k * 10 + 0.5));
    bar.setAttribute("width", "9");
    svg.append(bar);
    return bar;
  });
  const brush = document.createElementNS(ns, "rect");
  brush.setAttribute("class", "brush");
  brush.setAttribute("height", "60");
  svg.append(brush);
  const range = (name) => node("input", { type: "range", min: String(span[0]), max: String(span[1]), value: String(name === "from" ? span[0] : span[1]), "aria-label": name === "from" ? "First day" : "Last day" });
  const from = range("from"), to = range("to"), said = node("output");
  const step = node("select", { "aria-label": "Step" }, ...[["1", "day"], ["7", "week"], ["30", "month"]].map(([value, text]) => node("option", { value }, text)));
  const set = (a, b) => {
    a = Math.max(span[0], Math.min(a, span[1]));
    b = Math.max(a, Math.min(b, span[1]));
    [state.from, state.to] = a <= span[0] && b >= span[1] ? [null, null] : [a, b];
    refresh();
  };
  from.oninput = () => set(Number(from.value), Math.max(Number(from.value), Number(to.value)));
  to.oninput = () => set(Math.min(Number(from.value), Number(to.value)), Number(to.value));
  const move = (sign) => {
    const size = Number(step.value), a = state.from === null ? (sign > 0 ? span[0] - size : span[1] + 1) : state.from;
    set(a + sign * size, a + sign * size + size - 1);
  };
  let timer = null;
  const play = node("button", { type: "button", onclick: () => {
    clearInterval(timer);
    timer = timer ? null : setInterval(() => (state.to !== null && state.to >= span[1] ? play.click() : move(1)), 700);
    play.textContent = timer ? "Stop" : "Play";
  } }, "Play");
  let grabbed = null;
  const dayAt = (e) => { const box = svg.getBoundingClientRect(); return Math.round(span[0] + ((e.clientX - box.left) / box.width) * (length - 1)); };
  svg.addEventListener("pointerdown", (e) => { grabbed = dayAt(e); svg.setPointerCapture(e.pointerId); });
  svg.addEventListener("pointermove", (e) => { if (grabbed !== null) set(Math.min(grabbed, dayAt(e)), Math.max(grabbed, dayAt(e))); });
  svg.addEventListener("pointerup", () => { grabbed = null; });
  svg.addEventListener("dblclick", () => set(span[0], span[1]));
  const draw = () => {
    const counts = new Array(bins).fill(0);
    for (const i of filter.all) if (filter.first[i] !== null && filter.first[i] >= span[0] && filter.rest(i)) counts[Math.min(bins - 1, Math.floor(((filter.first[i] - span[0]) / length) * bins))] += 1;
    const most = Math.max(1, ...counts);
    bars.forEach((bar, k) => { const h = counts[k] ? Math.max(2, (counts[k] / most) * 56) : 0; bar.setAttribute("height", String(h)); bar.setAttribute("y", String(60 - h)); });
    const a = state.from ?? span[0], b = state.to ?? span[1];
    brush.setAttribute("x", String(((a - span[0]) / length) * 600));
    brush.setAttribute("width", String(((b - a + 1) / length) * 600));
    [from.value, to.value] = [String(a), String(b)];
    const undated = state.from === null ? 0 : filter.all.filter((i) => filter.first[i] === null && filter.rest(i)).length;
    said.textContent = filter.iso(a) + " to " + filter.iso(b) + (undated ? " (" + undated + " without a date are hidden)" : "");
  };
  const buttons = node("div", { className: "row" }, node("button", { type: "button", "aria-label": "One step back", onclick: () => move(-1) }, "◀"), play, node("button", { type: "button", "aria-label": "One step on", onclick: () => move(1) }, "▶"), step, node("button", { type: "button", onclick: () => set(span[0], span[1]) }, "All days"));
  return { draw, element: node("div", { className: "geomap-time" }, svg, node("div", { className: "row ranges" }, from, to), said, buttons) };
}

// The view, the layers and the filters in the URL's hash, so that a link opens the same page again.
function hashState(map, filter, data, controls) {
  const { state } = filter;
  const write = () => {
    const c = map.getCenter(), p = new URLSearchParams();
    p.set("map", [map.getZoom(), c.lat.toFixed(4), c.lng.toFixed(4)].join("/"));
    const off = data.types.map((t) => t.id).filter((id) => !state.types.has(id));
    if (off.length) p.set("off", off.join(" "));
    for (const key of ["reality", "level"]) { const gone = controls.choices[key].filter((v) => !state[key].has(v)); if (gone.length) p.set("no" + key, gone.join(" ")); }
    if (state.background) p.set("history", "1");
    if (state.source) p.set("source", state.source);
    if (state.query) p.set("q", state.query);
    if (state.from !== null) p.set("days", filter.iso(state.from) + " " + filter.iso(state.to));
    try { history.replaceState(null, "", "#" + p); } catch (_) { /* a page without a URL of its own, such as a notebook's frame */ }
  };
  const read = () => {
    const p = new URLSearchParams(location.hash.slice(1)), list = (key) => (p.get(key) || "").split(" ").filter(Boolean);
    for (const id of list("off")) state.types.delete(id);
    for (const key of ["reality", "level"]) for (const v of list("no" + key)) state[key].delete(v);
    state.background = p.get("history") === "1";
    state.source = p.get("source") || "";
    state.query = (p.get("q") || "").toLowerCase();
    const days = list("days").map((d) => Date.parse(d + "T00:00:00Z") / DAY);
    if (days.length === 2 && days.every(Number.isFinite)) [state.from, state.to] = days;
    const at = (p.get("map") || "").split("/").map(Number);
    return at.length === 3 && at.every(Number.isFinite) ? at : null;
  };
  return { write, read };
}

async function readJson(id) {
  const element = document.getElementById(id);
  if (element.dataset.form !== "gzip") return JSON.parse(element.textContent);
  const bytes = Uint8Array.from(atob(element.textContent), (c) => c.charCodeAt(0));
  return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text());
}

// JSON gives each row a text of its own; rows that say the same share one, and columns without a value share one too.
function shareTexts(rows) {
  const nothing = new Array(rows.title.length).fill(null);
  for (const [name, column] of Object.entries(rows)) {
    if (column === null) rows[name] = nothing;
    if (!column || name === "title" || name === "quote" || typeof column.find((v) => v !== null) !== "string") continue;
    const known = new Map();
    for (let i = 0; i < column.length; i++) {
      if (typeof column[i] !== "string") continue;
      const text = known.get(column[i]);
      text === undefined ? known.set(column[i], column[i]) : (column[i] = text);
    }
  }
}

async function geomapPage(map) {
  "use strict";
  const data = await readJson("geomap-data"), lands = await readJson("geomap-lands"), rows = data.rows;
  shareTexts(rows);
  const types = new Map(data.types.map((t) => [t.id, t]));
  const filter = incidentFilter(data), { state, all } = filter, cards = incidentCards(data);
  const label = baseMap(map, data, lands);
  const exact = (i) => rows.lat[i] !== null && rows.geo_precision[i] <= 3;

  const marks = L.layerGroup().addTo(map), areas = L.layerGroup().addTo(map);
  const mark = (where, ids, text, look) => {
    const first = types.get(rows.event_type[ids[0]]);
    const face = node("span", { className: "geomap-mark " + look + (ids.every((i) => rows.reality[i] === "claimed") ? " claimed" : "") }, text);
    if (!look.includes("many")) face.style.background = first.colour;
    const name = ids.length === 1 ? rows.title[ids[0]] : ids.length + " incidents, " + (rows.place_name[ids[0]] || "");
    const made = L.marker(where, { icon: L.divIcon({ className: "", html: face, iconSize: look.includes("wide") ? [0, 0] : [28, 28] }), keyboard: true, alt: name, title: name });
    made.on("add", () => { const e = made.getElement(); e.setAttribute("role", "button"); e.setAttribute("aria-label", name); });
    made.on("keypress", (e) => { if (e.originalEvent.key === "Enter") made.fire("click"); });
    return made;
  };
  const popupAt = (where, ids) => L.popup({ maxWidth: 360 }).setLatLng(where).setContent(cards.popup(ids)).openOn(map);
  const opening = (made, ids, where) => made.on("click", () => popupAt(where, ids));
  // Several incidents at one place fan out around it, each with a thread to where it was; very many are a list.
  const fanned = L.layerGroup().addTo(map);
  const fan = (where, ids) => {
    if (ids.length > 16) return popupAt(where, ids);
    fanned.clearLayers();
    const middle = map.latLngToLayerPoint(where), radius = Math.max(46, ids.length * 6);
    const made = ids.map((i, k) => {
      const turn = (2 * Math.PI * k) / ids.length - Math.PI / 2;
      const at = map.layerPointToLatLng(middle.add([radius * Math.cos(turn), radius * Math.sin(turn)]));
      L.polyline([where, at], { color: "#667", weight: 1.5, interactive: false }).addTo(fanned);
      const one = mark(at, [i], types.get(rows.event_type[i]).symbol, rows.geo_precision[i] === 1 ? "" : "near");
      return opening(one, [i], at).addTo(fanned);
    });
    made[0].getElement().focus();
  };
  map.on("click zoomstart", () => fanned.clearLayers());

  let index = null;
  const draw = () => {
    marks.clearLayers();
    const bounds = map.getBounds(), zoom = Math.round(map.getZoom());
    for (const f of index.getClusters([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()], zoom)) {
      const where = [f.geometry.coordinates[1], f.geometry.coordinates[0]];
      if (!f.properties.cluster) {
        const i = f.properties.i;
        opening(mark(where, [i], types.get(rows.event_type[i]).symbol, rows.geo_precision[i] === 1 ? "" : "near"), [i], where).addTo(marks);
        continue;
      }
      const grows = Math.min(index.getClusterExpansionZoom(f.id), 18), few = index.getLeaves(f.id, 200).map((leaf) => leaf.properties.i);
      const made = mark(where, few, String(f.properties.point_count), "many");
      const onePlace = grows >= 18 || new Set(few.map((i) => rows.lat[i] + " " + rows.lon[i])).size === 1;
      made.on("click", () => (onePlace ? fan(where, few) : map.setView(where, grows)));
      made.addTo(marks);
    }
  };
  const drawAreas = (ids) => {
    areas.clearLayers();
    const places = new Map();
    for (const i of ids) if (rows.lat[i] !== null && !exact(i)) { const held = places.get(rows.place_id[i]); held ? held.push(i) : places.set(rows.place_id[i], [i]); }
    for (const [id, held] of places) {
      const first = held[0], colour = types.get(rows.event_type[first]).colour, shape = data.shapes[id], where = [rows.lat[first], rows.lon[first]];
      const style = { color: colour, weight: 3, dashArray: "6 4", fillColor: colour, fillOpacity: 0.18 };
      const tell = (layer) => layer.on("click", (e) => popupAt(e.latlng, held)).addTo(areas);
      if (shape) tell(L.geoJSON({ type: "Feature", geometry: shape, properties: {} }, { style }));
      else if (rows.geo_precision[first] < 6) tell(L.circle(where, { ...style, radius: 40000 }));
      opening(mark(where, held, (map.getZoom() < 5 ? "" : rows.place_name[first] + " ") + held.length, "wide"), held, where).addTo(areas);
    }
  };

  // The panel: counts, search, time, layers, filters, list.
  const total = node("p", { className: "total", role: "status" }), list = node("div", { className: "list" }), nowhere = node("div", { className: "list" });
  const panel = node("section", { id: "geomap-panel", "aria-label": "Layers, filters and list" });
  const toggle = node("button", { type: "button", "aria-label": "Show or hide the panel", "aria-expanded": "true", onclick: () => {
    const closed = panel.classList.toggle("closed");
    toggle.textContent = closed ? "☰" : "–";
    toggle.setAttribute("aria-expanded", String(!closed));
  } }, "–");
  const later = (work) => { let timer = null; return () => { clearTimeout(timer); timer = setTimeout(work, 150); }; };
  const search = node("input", { type: "search", placeholder: "Search title, place, actor, sentence", "aria-label": "Search" });
  search.oninput = later(() => { state.query = search.value.trim().toLowerCase(); refresh(); });
  const time = timeline(filter, () => refresh());
  const legend = node("div", { className: "geomap-legend" }), boxes = new Map(), numbers = new Map();
  let group = "";
  for (const type of data.types) {
    if (type.groupLabel !== group) {
      group = type.groupLabel;
      const members = data.types.filter((t) => t.groupLabel === type.groupLabel);
      legend.append(node("h3", {}, node("button", { type: "button", className: "plain", title: "Show or hide this group", onclick: () => {
        const on = !members.every((t) => state.types.has(t.id));
        for (const t of members) state.types[on ? "add" : "delete"](t.id);
        refresh();
      } }, group)));
    }
    const box = node("input", { type: "checkbox", value: type.id, onchange: () => { state.types[box.checked ? "add" : "delete"](type.id); refresh(); } });
    const dot = node("i", { "aria-hidden": "true" }, type.symbol), number = node("span", { className: "n" });
    dot.style.background = type.colour;
    boxes.set(type.id, box);
    numbers.set(type.id, number);
    legend.append(node("label", {}, box, dot, type.label, number));
  }
  const setAll = (on) => { state.types = new Set(on ? types.keys() : []); refresh(); };
  const choices = { reality: ["asserted", "claimed"], level: ["place", "unit", "area", "country", "none"] };
  const texts = { asserted: "Told as fact", claimed: "Claimed by a party", place: "Places", unit: "Districts, provinces", area: "Areas, borders", country: "Countries", none: "Without a place" };
  const checks = [];
  const checkbox = (key, value) => {
    const box = node("input", { type: "checkbox", name: key, value, onchange: () => { state[key][box.checked ? "add" : "delete"](value); refresh(); } });
    checks.push([box, () => state[key].has(value)]);
    return node("label", {}, box, texts[value]);
  };
  const past = node("input", { type: "checkbox", onchange: () => { state.background = past.checked; refresh(); } });
  const known = new Map();
  for (const i of all) for (const name of new Set(filter.outlets(i))) known.set(name, (known.get(name) || 0) + 1);
  const outlet = node("select", { "aria-label": "Source", onchange: () => { state.source = outlet.value; refresh(); } }, node("option", { value: "" }, "All sources"),
    ...[...known].sort((a, b) => b[1] - a[1]).slice(0, 200).map(([name, k]) => node("option", { value: name }, name.slice(0, 80) + " (" + k + ")")));
  const nBackground = all.filter((i) => rows.salience[i] === "background").length;
  panel.append(
    node("header", {}, node("h1", {}, data.title), toggle),
    node("div", { className: "body", tabIndex: 0, role: "region", "aria-label": "Filters and list" }, total, search,
      time.element ? node("h2", {}, "Time") : null, time.element,
      node("h2", {}, "Layers"), node("div", { className: "row" }, node("button", { type: "button", onclick: () => setAll(true) }, "All"), node("button", { type: "button", onclick: () => setAll(false) }, "None")), legend,
      node("label", {}, past, "Background history", node("span", { className: "n" }, String(nBackground))),
      node("details", {}, node("summary", {}, "Filters"), node("fieldset", {}, node("legend", {}, "Reality"), ...choices.reality.map((v) => checkbox("reality", v))), node("fieldset", {}, node("legend", {}, "Precision"), ...choices.level.map((v) => checkbox("level", v))), outlet),
      node("p", { className: "note" }, "Round: a place; dashed rim: near it. Dashed square: an area, border or country as a whole. Dotted outline: claimed by one side."),
      node("h2", {}, "Incidents"), list, node("h2", {}, "Without a place"), nowhere));
  map.getContainer().append(panel);
  L.DomEvent.disableClickPropagation(panel).disableScrollPropagation(panel);
  const entry = (i) => node("button", { type: "button", onclick: () => {
    const where = rows.lat[i] === null ? map.getCenter() : [rows.lat[i], rows.lon[i]];
    if (rows.lat[i] !== null) map.setView(where, Math.max(map.getZoom(), exact(i) ? 8 : 5), { animate: false });
    popupAt(where, [i]);
  } }, node("span", { className: "when" }, rows.date_start[i] || "undated"), " ", types.get(rows.event_type[i]).label.split(/, | \//)[0] + (rows.place_name[i] ? ", " + rows.place_name[i] : ""));

  const hash = hashState(map, filter, data, { choices });
  let settled = false;
  function refresh() {
    const ids = all.filter(filter.passes);
    index = new Supercluster({ radius: 44, maxZoom: 17 });
    index.load(ids.filter(exact).map((i) => ({ geometry: { coordinates: [rows.lon[i], rows.lat[i]] }, properties: { i } })));
    let [early, late] = [Infinity, -Infinity];
    for (const i of ids) if (filter.first[i] !== null) { early = Math.min(early, filter.first[i]); late = Math.max(late, filter.first[i]); }
    total.textContent = ids.length + " of " + filter.n + " incidents" + (early < Infinity ? ", " + filter.iso(early) + " to " + filter.iso(late) : "") + (data.articles ? ", " + data.articles + " articles" : "");
    const counts = new Map();
    for (const i of all) if (filter.inTime(i) && (state.background || rows.salience[i] !== "background")) counts.set(rows.event_type[i], (counts.get(rows.event_type[i]) || 0) + 1);
    for (const [id, number] of numbers) number.textContent = String(counts.get(id) || 0);
    for (const [id, box] of boxes) box.checked = state.types.has(id);
    for (const [box, on] of checks) box.checked = on();
    [past.checked, outlet.value] = [state.background, state.source];
    if (search.value.trim().toLowerCase() !== state.query) search.value = state.query;
    const fill = (box, part) => box.replaceChildren(...part.slice(0, 200).map(entry), part.length > 200 ? node("small", {}, "and " + (part.length - 200) + " more: filter") : "", part.length ? "" : node("small", {}, "none"));
    const now = new Set(ids), ordered = filter.newest.filter((i) => now.has(i));
    fill(list, ordered.filter((i) => rows.lat[i] !== null));
    fill(nowhere, ordered.filter((i) => rows.lat[i] === null));
    time.draw();
    fanned.clearLayers();
    drawAreas(ids);
    draw();
    document.body.dataset.shown = String(ids.length);
    if (settled) hash.write();
  }

  const view = hash.read();
  if (view) map.setView([view[1], view[2]], view[0], { animate: false });
  refresh();
  if (!view) {
    const spots = all.filter((i) => rows.lat[i] !== null && rows.geo_precision[i] < 6 && filter.passes(i)).map((i) => [rows.lat[i], rows.lon[i]]);
    if (spots.length) map.fitBounds(L.latLngBounds(spots).pad(0.1), { maxZoom: 9, paddingBottomRight: innerWidth > 600 ? [330, 20] : [20, Math.round(innerHeight * 0.45)], animate: false });
  }
  let zoomed = map.getZoom();
  map.on("moveend", () => {
    draw();
    if (zoomed !== map.getZoom()) drawAreas(all.filter(filter.passes));
    zoomed = map.getZoom();
    hash.write();
  });
  draw();
  drawAreas(all.filter(filter.passes));
  label();
  settled = true;
  addEventListener("hashchange", () => location.reload());
  document.body.dataset.ready = "yes";
}
