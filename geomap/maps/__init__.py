"""GeoDataFrame of incidents -> Folium map in one self-contained HTML file.

branca compiles rendered output again as a Jinja template, so no article text passes through a folium or branca object:
incidents go into one inert JSON block, which `page.js` reads and shows with `textContent`. Trusted layers of one's own
may be added to the returned map as to any `folium.Map`.
"""

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import pandas as pd
from branca.element import Element

from geomap.lexicon import load_lexicon, load_styles
from geomap.resources import data_file

_HERE = Path(__file__).parent
_SHOWN = (
    "incident_id", "event_type", "title", "date_start", "date_end", "date_precision", "place_name", "country_code", "admin1", "place_id",
    "geo_precision", "reality", "salience", "fatalities_low", "fatalities_best", "fatalities_high", "injured", "detained", "released",
    "actors", "n_articles", "sources", "quote", "trigger", "place_names", "place_status",
)
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
    return "".join(_ESCAPES.get(c, c) for c in text)


@cache
def _outlines() -> tuple[dict[str, Any], dict[str, Any]]:
    """Country outlines for the base map, and shapes of regions and borders by place id."""
    lands: dict[str, Any] = {}
    shapes: dict[str, Any] = {}
    for feature in json.loads(data_file("gazetteer", "outlines.geojson").read_text(encoding="utf-8"))["features"]:
        kind, key = feature["properties"]["kind"], feature["properties"]["key"]
        (lands if kind == "country" else shapes)[key] = feature["geometry"]
    return lands, shapes


def _columns(frame: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    """The frame as plain columns, each text stored once in `page.js`'s order."""
    table: dict[str, list[Any]] = {c: [None if pd.isna(v) else v for v in frame[c].astype(object)] for c in _SHOWN}
    table["lat"] = [None if p is None or p.is_empty else round(p.y, 5) for p in frame.geometry]
    table["lon"] = [None if p is None or p.is_empty else round(p.x, 5) for p in frame.geometry]
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


def draw_map(frame: gpd.GeoDataFrame, *, title: str = "Incidents") -> folium.Map:
    """A Folium map of incidents (columns as `geomap.frame.COLUMNS`), WGS84.

    Points are clustered; regions are shaded areas, borders lines, countries squares; incidents without a place are
    listed beside the map. Layers of one's own can be added to the result before it is saved.
    """
    placed = frame[frame.geometry.notna()]
    lands, shapes = _outlines()
    wanted = set(placed["place_id"].dropna())
    data = {
        "title": title, "types": _types(frame), "rows": _columns(frame), "shapes": {k: v for k, v in shapes.items() if k in wanted},
        "articles": int(frame.attrs.get("n_articles", 0)) or None,
    }
    drawn = IncidentMap(location=[20, 10], zoom_start=2, tiles=None, min_zoom=1, max_zoom=18, world_copy_jump=True, prefer_canvas=True)
    folium.TileLayer("OpenStreetMap", name="OpenStreetMap tiles (needs the internet)", show=False, overlay=True).add_to(drawn)
    folium.LayerControl(collapsed=False, position="bottomleft").add_to(drawn)
    figure: Any = drawn.get_root()
    vendor = _HERE / "vendor"
    header = [f"<style>{(vendor / 'leaflet.css').read_text(encoding='utf-8')}{(_HERE / 'page.css').read_text(encoding='utf-8')}</style>"]
    header += [f"<script>{(vendor / name).read_text(encoding='utf-8')}</script>" for name in ("leaflet.js", "supercluster.min.js")]
    figure.header.add_child(Verbatim("".join(header)), name="geomap_head")
    body = f'<script type="application/json" id="geomap-data">{inert_json(data)}</script><script type="application/json" id="geomap-lands">{inert_json(lands)}</script>'
    figure.html.add_child(Verbatim(body), name="geomap_data")
    start = (_HERE / "page.js").read_text(encoding="utf-8")
    figure.script.add_child(Verbatim(f"{start}\naddEventListener('DOMContentLoaded', () => geomapPage({drawn.get_name()}));\n"), name="geomap_start")
    figure.header.add_child(Verbatim("<title>Incident map</title>"), name="geomap_title")
    return drawn


def save_map(drawn: folium.Map, path: str | Path) -> Path:
    """Write the page aside and rename it into place."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    aside.write_text(drawn.get_root().render(), encoding="utf-8")
    aside.replace(path)
    return path
