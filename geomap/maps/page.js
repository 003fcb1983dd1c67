// Shows the page's inert data on a Leaflet map. Every text from an article is set with textContent, never as markup.
function geomapPage(map) {
  "use strict";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const data = read("geomap-data"), lands = read("geomap-lands"), rows = data.rows;
  const count = rows.incident_id.length;
  const types = new Map(data.types.map((t) => [t.id, t]));
  const shown = { types: new Set(types.keys()), background: false };
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;

  const node = (tag, props = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), props);
    made.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
    return made;
  };
  const visible = (i) => shown.types.has(rows.event_type[i]) && (shown.background || rows.salience[i] !== "background");
  const exact = (i) => rows.lat[i] !== null && rows.geo_precision[i] <= 3;
  const all = Array.from({ length: count }, (_, i) => i);

  // Base map: country outlines, drawn without the network.
  map.createPane("lands").style.zIndex = 210;
  const base = L.geoJSON({ type: "FeatureCollection", features: Object.values(lands).map((g) => ({ type: "Feature", geometry: g, properties: {} })) }, {
    pane: "lands", interactive: false, style: { color: dark ? "#4b5866" : "#9aa7b0", weight: 1, fillColor: dark ? "#242c35" : "#f6f4ee", fillOpacity: 1 },
  }).addTo(map);
  map.on("layeradd layerremove", (e) => { // tiles cover the outlines' fill
    if (e.layer instanceof L.TileLayer) base.setStyle({ fillOpacity: e.type === "layeradd" ? 0 : 1 });
  });
  map.attributionControl.setPrefix("Leaflet");
  map.attributionControl.addAttribution("Places: GeoNames (CC BY 4.0), Natural Earth, US Census; outlines: Natural Earth");

  const dateText = (i) => {
    const a = rows.date_start[i], b = rows.date_end[i];
    if (!a) return "date unknown";
    return (a === b || !b ? a : a + " to " + b) + (rows.date_precision[i] === "day" ? "" : " (" + rows.date_precision[i] + ")");
  };
  const precisionText = ["", "exact place", "near this place", "district", "province or state", "area or border", "country only", "international"];
  const deaths = (i) => {
    const low = rows.fatalities_low[i], best = rows.fatalities_best[i], high = rows.fatalities_high[i];
    if (best === null) return "";
    return low === high || (low === best && high === best) ? String(best) : best + " (reports: " + low + " to " + high + ")";
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
    fact("Type", type.label + (rows.reality[i] === "claimed" ? " (claimed)" : ""));
    fact("Date", dateText(i));
    fact("Place", rows.place_name[i] ? [rows.place_name[i], rows.admin1[i] === rows.place_name[i] ? "" : rows.admin1[i], rows.country_code[i]].filter(Boolean).join(", ") + " – " + precisionText[rows.geo_precision[i]] : "no place stated");
    fact("Names in use", rows.place_names[i]);
    fact("Status", rows.place_status[i]);
    fact("Killed", deaths(i));
    fact("Injured", rows.injured[i]);
    fact("Detained", rows.detained[i]);
    fact("Released", rows.released[i]);
    fact("Actors", rows.actors[i]);
    return node("article", {}, node("h3", {}, rows.title[i]), facts, quote(i), node("div", {}, rows.n_articles[i] === 1 ? "Source" : "Sources (" + rows.n_articles[i] + ")"), ...(rows.sources[i] || "").split(" | ").map(source));
  };
  const popup = (ids) => node("div", { className: "geomap-popup" }, ...ids.slice(0, 50).map(card), ids.length > 50 ? node("p", {}, "and " + (ids.length - 50) + " more: zoom in or filter") : null);

  const marks = L.layerGroup().addTo(map), areas = L.layerGroup().addTo(map);
  const mark = (where, ids, label, look) => {
    const first = types.get(rows.event_type[ids[0]]);
    const face = node("span", { className: "geomap-mark " + look + (ids.every((i) => rows.reality[i] === "claimed") ? " claimed" : "") }, label);
    if (!look.includes("many")) face.style.background = first.colour;
    const name = ids.length === 1 ? rows.title[ids[0]] : ids.length + " incidents, " + (rows.place_name[ids[0]] || "");
    const made = L.marker(where, { icon: L.divIcon({ className: "", html: face, iconSize: look.includes("wide") ? [0, 0] : [28, 28] }), keyboard: true, alt: name, title: name });
    made.on("keypress", (e) => { if (e.originalEvent.key === "Enter") made.openPopup(); });
    return made;
  };

  let index = null;
  const draw = () => {
    marks.clearLayers();
    const bounds = map.getBounds(), zoom = Math.round(map.getZoom());
    for (const f of index.getClusters([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()], zoom)) {
      const where = [f.geometry.coordinates[1], f.geometry.coordinates[0]];
      if (!f.properties.cluster) {
        const i = f.properties.i;
        mark(where, [i], types.get(rows.event_type[i]).symbol, rows.geo_precision[i] === 1 ? "" : "near").bindPopup(() => popup([i]), { maxWidth: 360 }).addTo(marks);
        continue;
      }
      const ids = index.getLeaves(f.id, Infinity).map((leaf) => leaf.properties.i), grows = Math.min(index.getClusterExpansionZoom(f.id), 18);
      const made = mark(where, ids, String(ids.length), "many");
      const onePlace = new Set(ids.map((i) => rows.lat[i] + " " + rows.lon[i])).size === 1;
      if (onePlace || zoom >= 16) made.bindPopup(() => popup(ids), { maxWidth: 360 });
      else made.on("click", () => map.setView(where, grows));
      made.addTo(marks);
    }
  };
  const drawAreas = (ids) => {
    areas.clearLayers();
    const places = new Map();
    for (const i of ids) if (rows.lat[i] !== null && !exact(i)) places.set(rows.place_id[i], [...(places.get(rows.place_id[i]) || []), i]);
    for (const [id, held] of places) {
      const first = held[0], colour = types.get(rows.event_type[first]).colour, shape = data.shapes[id];
      const where = [rows.lat[first], rows.lon[first]];
      const style = { color: colour, weight: 3, dashArray: "6 4", fillColor: colour, fillOpacity: 0.18 };
      if (shape) L.geoJSON({ type: "Feature", geometry: shape, properties: {} }, { style }).bindPopup(() => popup(held), { maxWidth: 360 }).addTo(areas);
      else if (rows.geo_precision[first] < 6) L.circle(where, { ...style, radius: 40000 }).bindPopup(() => popup(held), { maxWidth: 360 }).addTo(areas);
      mark(where, held, (map.getZoom() < 5 ? "" : rows.place_name[first] + " ") + held.length, "wide").bindPopup(() => popup(held), { maxWidth: 360 }).addTo(areas);
    }
  };

  const panel = node("section", { id: "geomap-panel" });
  panel.setAttribute("aria-label", "Layers and list");
  const total = node("small"), unplaced = node("div", { className: "list" });
  const toggle = node("button", { type: "button", textContent: "–", onclick: () => { toggle.textContent = panel.classList.toggle("closed") ? "☰" : "–"; } });
  toggle.setAttribute("aria-label", "Show or hide the panel");
  const legend = node("div", { className: "geomap-legend" }), boxes = [];
  let group = "";
  for (const type of data.types) {
    if (type.groupLabel !== group) legend.append(node("h2", {}, (group = type.groupLabel)));
    const box = node("input", { type: "checkbox", checked: true, value: type.id, onchange: () => { shown.types[box.checked ? "add" : "delete"](type.id); refresh(); } });
    const dot = node("i", {}, type.symbol);
    dot.style.background = type.colour;
    boxes.push(box);
    legend.append(node("label", {}, box, dot, type.label, node("span", { className: "n" }, String(type.n))));
  }
  const setAll = (on) => { boxes.forEach((b) => { b.checked = on; }); shown.types = new Set(on ? types.keys() : []); refresh(); };
  const history = node("input", { type: "checkbox", onchange: () => { shown.background = history.checked; refresh(); } });
  const nBackground = all.filter((i) => rows.salience[i] === "background").length;
  panel.append(
    node("header", {}, node("h1", {}, data.title), toggle),
    node("div", { className: "body", tabIndex: 0 }, total,
      node("div", {}, node("button", { type: "button", onclick: () => setAll(true) }, "All"), " ", node("button", { type: "button", onclick: () => setAll(false) }, "None")),
      legend,
      node("h2", {}, "Also show"), node("label", {}, history, "Background history", node("span", { className: "n" }, String(nBackground))),
      node("p", {}, node("small", {}, "Round: a place. Dashed square: an area, border or country as a whole. Dotted rim: claimed by one side.")),
      node("h2", {}, "Without a place"), unplaced));
  map.getContainer().append(panel);
  L.DomEvent.disableClickPropagation(panel).disableScrollPropagation(panel);

  function refresh() {
    const ids = all.filter(visible);
    index = new Supercluster({ radius: 44, maxZoom: 17 });
    index.load(ids.filter(exact).map((i) => ({ type: "Feature", geometry: { type: "Point", coordinates: [rows.lon[i], rows.lat[i]] }, properties: { i } })));
    const nowhere = ids.filter((i) => rows.lat[i] === null), dates = ids.map((i) => rows.date_start[i]).filter(Boolean).sort();
    total.textContent = ids.length + " of " + count + " incidents" + (dates.length ? ", " + dates[0] + " to " + dates[dates.length - 1] : "") + (data.articles ? ", " + data.articles + " articles" : "");
    unplaced.replaceChildren(...nowhere.slice(0, 200).map((i) => node("button", { type: "button", onclick: () => L.popup({ maxWidth: 360 }).setLatLng(map.getCenter()).setContent(popup([i])).openOn(map) }, rows.title[i])));
    if (!nowhere.length) unplaced.replaceChildren(node("small", {}, "none"));
    drawAreas(ids);
    draw();
    document.body.dataset.shown = String(ids.length);
  }

  refresh();
  map.on("moveend", draw);
  map.on("zoomend", () => drawAreas(all.filter(visible)));
  const spots = all.filter((i) => rows.lat[i] !== null && rows.geo_precision[i] < 6 && visible(i)).map((i) => [rows.lat[i], rows.lon[i]]);
  if (spots.length) map.fitBounds(L.latLngBounds(spots).pad(0.1), { maxZoom: 9, paddingBottomRight: innerWidth > 600 ? [330, 20] : [20, 20], animate: false });
  document.body.dataset.ready = "yes";
}
