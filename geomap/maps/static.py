"""A picture of incidents for a report: PNG, SVG or PDF, drawn by matplotlib (the extra `geomap[plot]`)."""

from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely import box
from shapely.geometry import shape

from geomap.errors import ConfigError
from geomap.lexicon import load_lexicon, load_styles
from geomap.maps import outlines

SUFFIXES = (".png", ".svg", ".pdf")
_NARROWEST = 4.0  # degrees that a picture shows at least, so that one incident has its surroundings
_LABELS = 25


def draw_picture(frame: gpd.GeoDataFrame, path: str | Path, *, title: str = "Incidents") -> Path:
    """Draw current incidents by event group with a legend and credits; regions are shaded, countries hollow squares.

    Raises ConfigError when matplotlib is not installed or nothing has a place.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise ConfigError("drawing a picture needs matplotlib: pip install 'geomap[plot]'") from None
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    path = Path(path)
    placed = frame[frame.geometry.notna() & (frame["salience"] == "current")]
    if placed.empty:
        raise ConfigError(f"{path}: no current incident has a place to draw")
    lands, shapes, units = outlines()
    west, south, east, north = _view(placed)
    plt.rcParams["text.usetex"] = False
    figure, axes = plt.subplots(figsize=(11, 8), layout="constrained")
    axes.set(xlim=(west, east), ylim=(south, north), title=_plain(title), aspect=1 / _squeeze(south, north))
    axes.set_facecolor("#dbe7ef")
    axes.tick_params(labelsize=7)
    gpd.GeoSeries([shape(g) for g in lands.values()], crs=4326).plot(ax=axes, color="#f6f4ee", edgecolor="#9aa7b0", linewidth=0.6, aspect=None)
    groups = {kind.id: kind.group for kind in load_lexicon().types.values()}
    for group, style in load_styles().items():
        rows = placed[placed["event_type"].map(lambda t, g=group: groups.get(t, "other") == g)]
        if rows.empty:
            continue
        areas = [shape((shapes | units)[i]) for i in rows["place_id"].dropna().unique() if i in (shapes | units)]
        if areas:
            gpd.GeoSeries(areas, crs=4326).plot(ax=axes, color=style.colour, alpha=0.2, linewidth=1.5, aspect=None)
        exact = rows["geo_precision"] <= 3
        for part, look in ((rows[exact], {"marker": "o", "color": style.colour, "edgecolors": "white"}), (rows[~exact], {"marker": "s", "facecolors": "none", "edgecolors": style.colour})):
            options: dict[str, Any] = look
            axes.scatter(part.geometry.x, part.geometry.y, s=42, linewidths=1, zorder=3, **options)
        axes.scatter([], [], color=style.colour, label=f"{style.label} ({len(rows)})")
    for row in placed[placed["geo_precision"] <= 5].drop_duplicates("place_id").head(_LABELS).itertuples():
        axes.annotate(_plain(row.place_name or ""), (row.geometry.x, row.geometry.y), xytext=(5, 4), textcoords="offset points", fontsize=7, zorder=4)
    axes.set(xlabel="", ylabel="")
    axes.legend(fontsize=8, loc="best", framealpha=0.9)
    dates = placed["date_start"].dropna()
    told = f"{len(placed)} incidents with a place of {len(frame)}" + (f", {dates.min()} to {dates.max()}" if len(dates) else "")
    figure.supxlabel(f"{told}. Filled: a place; hollow: an area or country as a whole. Places: GeoNames (CC BY 4.0), Natural Earth, US Census", fontsize=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.stem}.part{path.suffix}")
    figure.savefig(aside, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)
    aside.replace(path)
    return path


def _view(placed: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """Bounds around the incidents in degrees, with a margin, no narrower than a province."""
    near = placed[placed["geo_precision"] <= 5]
    west, south, east, north = (near if len(near) else placed).total_bounds
    wide, high = max(east - west, _NARROWEST) * 1.25, max(north - south, _NARROWEST) * 1.25
    around = box((west + east - wide) / 2, (south + north - high) / 2, (west + east + wide) / 2, (south + north + high) / 2)
    left, bottom, right, top = around.intersection(box(-180, -89, 180, 89)).bounds
    return left, bottom, right, top


def _squeeze(south: float, north: float) -> float:
    """How many degrees of longitude are as long as one of latitude, at the middle."""
    import math

    return max(0.2, math.cos(math.radians((south + north) / 2)))


def _plain(text: Any) -> str:
    """Text that matplotlib takes for no formula."""
    return str(text).replace("$", r"\$").replace("\n", " ")[:80]
