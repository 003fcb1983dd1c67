"""GeoDataFrame of incidents -> Folium map in one self-contained HTML file.

branca compiles rendered output again as a Jinja template, so no article text passes through a folium or branca object:
incidents go into one inert JSON block, which `page.js` reads and shows with `textContent`. Trusted layers of one's own
may be added to the returned map as to any `folium.Map`.
"""

import base64
import csv
import gzip
import hashlib
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import pandas as pd
from branca.element import Element

from geomap.lexicon import load_lexicon, load_styles
from geomap.resources import data_file, written_aside

_HERE = Path(__file__).parent
_SHOWN = (
    "event_type", "title", "date_start", "date_end", "date_precision", "place_name", "country_code", "admin1", "place_id",
    "geo_precision", "reality", "salience", "fatalities_low", "fatalities_best", "fatalities_high", "injured", "detained", "released",
    "actors", "n_articles", "sources", "quote", "trigger", "place_names", "place_status", "claimed_by", "fatalities_reports",
)
_PLAIN = 30_000  # characters of JSON up to which a block stays readable in the page; larger ones are compressed
_UNITS = 500_000  # characters of outlines of first-order units that a page may hold
_UNSAFE = re.compile("[<>&\u2028\u2029]")
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Verbatim(Element):
    """Text put into the page as it is, without Jinja."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name, self._text = "Verbatim", text

    def render(self, **kwargs: Any) -> str:
        return self._text


class IncidentMap(folium.Map):
    """A `folium.Map` with its libraries inside the page instead of on a content delivery network."""

    default_js: list[tuple[str, str]] = []
    default_css: list[tuple[str, str]] = []


def inert_json(value: Any) -> str:
    """JSON that no HTML parser takes for markup."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _UNSAFE.sub(lambda c: _ESCAPES[c[0]], text)


def _block(identifier: str, value: Any) -> str:
    """A script element that holds data and runs nothing."""
    text = inert_json(value)
    if len(text) <= _PLAIN:
        return f'<script type="application/json" id="{identifier}">{text}</script>'
    packed = base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode()
    return f'<script type="application/octet-stream" data-form="gzip" id="{identifier}">{packed}</script>'


@cache
def outlines() -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Outlines of countries by code, of regions and borders by place id, and of first-order units by place id."""
    found: dict[str, dict[str, Any]] = {"country": {}, "region": {}, "border": {}, "unit": {}}
    for name in ("outlines.geojson", "units.geojson"):
        for feature in json.loads(data_file("gazetteer", name).read_text(encoding="utf-8"))["features"]:
            found[feature["properties"]["kind"]][feature["properties"]["key"]] = feature["geometry"]
    return found["country"], found["region"] | found["border"], found["unit"]


@cache
def _names() -> tuple[dict[str, tuple[str, float, float]], dict[str, list[tuple[str, str, float, float]]]]:
    """Names for the base map: (name, lat, lon) of each country, and (id, name, lat, lon) of the units of each country."""
    with data_file("gazetteer", "countries.csv").open(encoding="utf-8", newline="") as lines:
        countries = {r["iso2"]: (r["name"], float(r["lat"]), float(r["lon"])) for r in csv.DictReader(lines)}
    units: dict[str, list[tuple[str, str, float, float]]] = {}
    with data_file("gazetteer", "admin1.csv").open(encoding="utf-8", newline="") as lines:
        for r in csv.DictReader(lines):
            units.setdefault(r["country_code"], []).append((r["id"], r["name"], float(r["lat"]), float(r["lon"])))
    return countries, units


def _surroundings(placed: gpd.GeoDataFrame) -> tuple[list[Any], list[tuple[str, float, float, int]]]:
    """Outlines of first-order units of the countries with most incidents, and labels: (name, lat, lon, least zoom)."""
    _, _, shapes = outlines()
    countries, units = _names()
    drawn, size = [], 0
    labels = [(name, lat, lon, 4) for name, lat, lon in countries.values()]
    for code, _ in Counter(placed["country_code"].dropna()).most_common():
        for identifier, name, lat, lon in units.get(code, ()):
            if identifier in shapes:
                size += len(json.dumps(shapes[identifier]))
                drawn.append(shapes[identifier])
                labels.append((name, lat, lon, 7))
        if size > _UNITS:
            break
    near = placed.drop_duplicates("place_id")
    near = near[near["geo_precision"] <= 3]
    labels += [(row.place_name, round(row.geometry.y, 3), round(row.geometry.x, 3), 6) for row in near.head(2000).itertuples() if row.place_name]
    return drawn, sorted(labels, key=lambda label: label[3])


def _columns(frame: gpd.GeoDataFrame) -> dict[str, list[Any] | None]:
    """The frame as plain columns, for `page.js`; None for a column without any value."""
    told = [c for c in _SHOWN if c == "title" or frame[c].notna().any()]
    plain = frame[told].astype(object)
    table: dict[str, list[Any] | None] = dict.fromkeys(_SHOWN) | {c: column.tolist() for c, column in plain.where(plain.notna(), None).items()}
    for axis, spots in (("lat", frame.geometry.y), ("lon", frame.geometry.x)):
        table[axis] = [None if missing else value for value, missing in zip(spots.round(5).tolist(), spots.isna().tolist(), strict=True)]
    return table


def _types(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """The event types that occur, in the lexicon's order, with how they look."""
    counts = Counter(frame["event_type"])
    known, styles = load_lexicon().types, load_styles()
    other = styles["other"]
    rows = [(t.id, t.label, t.group, t.symbol) for t in known.values() if counts[t.id]] + [(k, k, "other", "●") for k in sorted(counts.keys() - known.keys())]
    return [
        {"id": key, "label": label, "group": group, "groupLabel": styles.get(group, other).label, "symbol": symbol, "colour": styles.get(group, other).colour, "n": counts[key]}
        for key, label, group, symbol in rows
    ]


def draw_map(frame: gpd.GeoDataFrame, *, title: str = "Incidents", online: bool = False) -> folium.Map:
    """A Folium map of incidents (columns as `geomap.frame.COLUMNS`), WGS84.

    Points are clustered; regions are shaded areas, borders lines, countries squares; incidents without a place are
    listed beside the map. Layers of one's own can be added to the result before it is saved. `online` leaves out the
    libraries and the offline base map, for a small file that needs the internet.
    """
    placed = frame[frame.geometry.notna()]
    lands, shapes, unit_shapes = outlines()
    wanted = set(placed["place_id"].dropna())
    units, labels = ([], []) if online else _surroundings(placed)
    data = {
        "title": title, "types": _types(frame), "rows": _columns(frame), "shapes": {k: v for k, v in (shapes | unit_shapes).items() if k in wanted},
        "articles": int(frame.attrs.get("n_articles", 0)) or None, "units": units, "labels": labels,
    }
    kind = folium.Map if online else IncidentMap
    drawn = kind(location=[20, 10], zoom_start=2, tiles=None, min_zoom=1, max_zoom=18, world_copy_jump=True, prefer_canvas=True)
    folium.TileLayer("OpenStreetMap", name="OpenStreetMap tiles (needs the internet)", show=online, overlay=True).add_to(drawn)
    folium.LayerControl(collapsed=False, position="bottomleft").add_to(drawn)
    figure: Any = drawn.get_root()
    vendor = _HERE / "vendor"
    styles = ("page.css",) if online else ("vendor/leaflet.css", "page.css")
    header = [f"<style>{''.join((_HERE / name).read_text(encoding='utf-8') for name in styles)}</style>"]
    header += [f"<script>{(vendor / name).read_text(encoding='utf-8')}</script>" for name in ("leaflet.js", "supercluster.min.js")[online:]]
    figure.header.add_child(Verbatim("".join(header)), name="geomap_head")
    figure.html.add_child(Verbatim(_block("geomap-data", data) + _block("geomap-lands", {} if online else lands)), name="geomap_data")
    start = (_HERE / "page.js").read_text(encoding="utf-8")
    figure.script.add_child(Verbatim(f"{start}\naddEventListener('DOMContentLoaded', () => geomapPage({drawn.get_name()}));\n"), name="geomap_start")
    figure.header.add_child(Verbatim("<title>Incident map</title>"), name="geomap_title")
    return drawn


_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)
_TILES = "https://tile.openstreetmap.org https://*.tile.openstreetmap.org"


def page_of(drawn: folium.Map) -> str:
    """The map as one HTML page: in a language, zoomable, and under a policy that runs only the scripts it holds.

    A map with scripts from elsewhere (`online`, or layers that bring their own) gets no policy.
    """
    html = drawn.get_root().render()
    html = html.replace("<html>", '<html lang="en">', 1).replace("initial-scale=1.0, maximum-scale=1.0, user-scalable=no", "initial-scale=1.0", 1)
    scripts = list(_SCRIPT.finditer(html))
    if any("src=" in s["attributes"] for s in scripts) or '<link rel="stylesheet"' in html:
        return html
    hashes = [base64.b64encode(hashlib.sha256(s["body"].encode()).digest()).decode() for s in scripts if "type=" not in s["attributes"]]
    allowed = " ".join(dict.fromkeys(f"'sha256-{h}'" for h in hashes))
    policy = f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: {_TILES}; base-uri 'none'; form-action 'none'"
    return html.replace("<head>", f'<head>\n<meta http-equiv="Content-Security-Policy" content="{policy}">', 1)


def save_map(drawn: folium.Map, path: str | Path) -> Path:
    """Write the page aside and rename it into place."""
    path = Path(path)
    with written_aside(path) as aside:
        aside.write_text(page_of(drawn), encoding="utf-8")
    return path
