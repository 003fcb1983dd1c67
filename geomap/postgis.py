"""Incidents into a PostGIS table, upserted by `incident_id` in one transaction. Needs the extra `geomap[postgis]`."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import geopandas as gpd

from geomap.errors import ConfigError
from geomap.frame import COLUMNS, INTEGERS

TABLE = "incidents"
_TYPES = {"date_start": "date", "date_end": "date", "score": "double precision"} | dict.fromkeys(INTEGERS, "integer")


def write_postgis(frame: gpd.GeoDataFrame, url: str) -> str:
    """Insert new incidents and update known ones; returns the table's name.

    `url` is postgis://user@host/database?table=incidents, other parameters as libpq knows them. The table is made when
    it is missing, with a spatial index. Either every row is written or none. Raises ConfigError when the extra is not
    installed, the server cannot be reached, PostGIS is missing, or the table has other columns.
    """
    try:
        import psycopg
        from psycopg import sql
    except ImportError:
        raise ConfigError("writing to PostGIS needs psycopg: pip install 'geomap[postgis]'") from None
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    table = query.pop("table", TABLE)
    address = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(query), ""))
    name = sql.Identifier(*table.split(".", 1))
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    try:
        with psycopg.connect(address, connect_timeout=10) as connection, connection.cursor() as cursor:
            _prepare(cursor, name, table)
            cursor.execute(sql.SQL("CREATE TEMPORARY TABLE incoming (LIKE {}) ON COMMIT DROP").format(name))
            with cursor.copy(sql.SQL("COPY incoming ({}, geom) FROM STDIN").format(columns)) as copy:
                for row in _rows(frame):
                    copy.write_row(row)
            kept = sql.SQL(", ").join(sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(c)) for c in (*COLUMNS[1:], "geom"))
            cursor.execute(sql.SQL("INSERT INTO {} ({}, geom) SELECT {}, geom FROM incoming ON CONFLICT (incident_id) DO UPDATE SET {}").format(name, columns, columns, kept))
    except psycopg.OperationalError as error:
        raise ConfigError(f"{_without_password(url)}: cannot reach the database ({_first_line(error)})") from None
    except psycopg.Error as error:
        raise ConfigError(f"{_without_password(url)}: nothing was written ({_first_line(error)})") from None
    return table


def _prepare(cursor: Any, name: Any, table: str) -> None:
    from psycopg import sql

    cursor.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    columns = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(_TYPES.get(c, "text"))) for c in COLUMNS[1:])
    cursor.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} (incident_id text PRIMARY KEY, {}, geom geometry(Point, 4326))").format(name, columns))
    index = sql.Identifier(f"{table.rpartition('.')[2]}_geom")
    cursor.execute(sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} USING gist (geom)").format(index, name))


def _rows(frame: gpd.GeoDataFrame) -> list[tuple[Any, ...]]:
    plain = frame.drop(columns="geometry").astype(object)
    plain = plain.where(plain.notna(), None)
    shapes = [None if p is None else f"SRID=4326;{p.wkt}" for p in frame.geometry]
    # PostgreSQL's text holds no NUL.
    cells = [[v.replace("\0", "") if isinstance(v, str) else v for v in row] for row in plain[list(COLUMNS)].itertuples(index=False)]
    return [(*row, shape) for row, shape in zip(cells, shapes, strict=True)]


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@"))) if parts.password else url


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
