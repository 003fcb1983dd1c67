import json
import re
import subprocess
import sys

import geopandas as gpd
import pytest

from geomap.cli import main
from geomap.frame import read_incidents

PLACES = ("Larkana", "Goma", "Dhaka", "Lima", "Kabul", "Izmir")


def articles(path, n):
    """Reports of floods and blasts over two years, two of each, some across the turn of a month."""
    with path.open("w") as out:
        for i in range(n):
            month, year = i // 2 % 12 + 1, 2021 + (i // 24) % 2
            day = "31" if month in (1, 3, 5) else "1"
            text = f"Floods hit {PLACES[i // 2 % 6]} on {day} {['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'][month - 1]} {year}, killing {10 + i // 2} people, report {i} of the agency said."
            out.write(json.dumps({"id": f"a{i:06d}", "text": text, "published": f"{year}-{month:02d}-28"}) + "\n")
    return path


def told(frame):
    return sorted((row.event_type, row.place_name, row.date_start, row.event_ids) for row in frame.itertuples())


def test_partitions_hold_the_same_incidents_as_one_run(tmp_path):
    source = articles(tmp_path / "a.jsonl", 96)
    assert main(["extract", str(source), "-o", str(tmp_path / "parts"), "--partitioned", "--quiet"]) == 0
    assert main(["extract", str(source), "-o", str(tmp_path / "whole.parquet"), "--quiet"]) == 0
    parts, whole = gpd.read_parquet(tmp_path / "parts"), read_incidents(tmp_path / "whole.parquet")
    assert told(parts) == [(t, p, d if d is None else gpd.pd.Timestamp(d).date(), e) for t, p, d, e in told(whole)]
    assert len(list((tmp_path / "parts").glob("month=*"))) == 24
    assert main(["extract", str(source), "-o", str(tmp_path / "parts"), "--partitioned", "--quiet"]) == 0
    assert len(gpd.read_parquet(tmp_path / "parts")) == len(whole)  # written anew, not twice


def test_wrong_use(tmp_path, capsys):
    source = articles(tmp_path / "a.jsonl", 2)
    assert main(["extract", str(source), "-o", str(tmp_path / "x.csv"), "--partitioned"]) == 2
    assert main(["extract", str(source), "-o", str(tmp_path / "x"), "--partitioned", "--update", "y"]) == 2
    assert "-o FOLDER" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="reads the peak from the resource module")
def test_memory_does_not_grow_with_the_articles(tmp_path):
    peaks = []
    for n in (300, 3000):
        source = articles(tmp_path / f"{n}.jsonl", n)
        code = f"import resource; from geomap.cli import main; main(['extract', {str(source)!r}, '-o', {str(tmp_path / str(n))!r}, '--partitioned', '--quiet']); print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        peaks.append(int(re.search(r"peak (\d+)", subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)[1]))
    assert peaks[1] <= 1.2 * peaks[0], peaks
