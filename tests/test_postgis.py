"""Against a real PostgreSQL with PostGIS, started for these tests in a folder of its own."""

import os
import pwd
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from geomap.errors import ConfigError
from geomap.frame import to_geodataframe
from geomap.incidents import merge_incidents
from geomap.model import Article
from geomap.pipeline import extract_one
from geomap.postgis import write_postgis


def server_programs():
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None) if not shutil.which("initdb") else Path(shutil.which("initdb")).parent


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """URL of an empty database; PostgreSQL refuses to run as root, so it runs as the user its package makes."""
    programs = server_programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is missing, and CI must not skip")
        pytest.skip("needs PostgreSQL with PostGIS")
    pytest.importorskip("psycopg")
    folder = Path("/tmp") / f"geomap-pg-{os.getpid()}"
    folder.mkdir()
    user = None
    if os.getuid() == 0:
        user = "postgres"
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    run = lambda *command: subprocess.run(command, user=user, check=True, capture_output=True, cwd=folder)  # noqa: E731
    run(programs / "initdb", "-D", folder / "data", "-U", "geomap", "-A", "trust", "-E", "UTF8", "--no-sync")
    run(programs / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", f"-p {port} -k {folder} -c fsync=off -c listen_addresses=127.0.0.1", "start")
    yield f"postgis://geomap@127.0.0.1:{port}/postgres"
    run(programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def frame(gazetteer):
    articles = [
        Article("a", "At least 40 people were killed when floods hit Larkana on Monday. '; DROP TABLE incidents; --", published="2022-10-04"),
        Article("b", "Baku accused Yerevan of lies\0. Talks were held in Geneva on Sunday.", published="2022-10-04"),
    ]
    return to_geodataframe(merge_incidents(e for a in articles for e in extract_one(a, gazetteer).events), articles, gazetteer)


def ask(database, query):
    import psycopg

    with psycopg.connect(database.replace("postgis://", "postgresql://")) as connection:
        return connection.execute(query).fetchall()


def test_incidents_are_upserted(database, frame):
    assert write_postgis(frame, database) == "incidents"
    assert ask(database, "SELECT count(*), count(geom) FROM incidents") == [(len(frame), frame.geometry.notna().sum())]
    more = frame.copy()
    more["title"] = "changed"
    write_postgis(more, database)
    assert ask(database, "SELECT count(*), count(DISTINCT title) FROM incidents") == [(len(frame), 1)]
    assert ask(database, "SELECT data_type FROM information_schema.columns WHERE table_name = 'incidents' AND column_name IN ('date_start', 'fatalities_best') ORDER BY 1") == [("date",), ("integer",)]
    assert ask(database, "SELECT indexdef FROM pg_indexes WHERE indexname = 'incidents_geom'")[0][0].count("gist") == 1
    assert ask(database, "SELECT place_name FROM incidents WHERE ST_DWithin(geom::geography, ST_MakePoint(68.2, 27.56)::geography, 30000)")[0] == ("Larkana",)


def test_a_table_of_ones_own_name(database, frame):
    write_postgis(frame, f'{database}?table=my "odd" table')
    assert ask(database, 'SELECT count(*) FROM "my ""odd"" table"') == [(len(frame),)]


def test_nothing_is_written_when_a_row_fails(database, frame):
    broken = frame.copy()
    broken.loc[broken.index[-1], "date_start"] = "no date"
    before = ask(database, "SELECT incident_id, title FROM incidents ORDER BY 1")
    with pytest.raises(ConfigError, match="nothing was written"):
        write_postgis(broken, database)
    assert ask(database, "SELECT incident_id, title FROM incidents ORDER BY 1") == before


def test_a_server_that_is_away_is_one_line_without_the_password(frame):
    with pytest.raises(ConfigError, match=r"user:\*\*\*@127.0.0.1.*cannot reach") as error:
        write_postgis(frame, "postgis://user:secret@127.0.0.1:1/x")
    assert "secret" not in str(error.value) and "\n" not in str(error.value)
