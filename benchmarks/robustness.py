"""Damaged inputs: no traceback, no hang, no loss of the good articles beside them.

    python benchmarks/robustness.py [--inputs 2000]

Mutations of files of every format, seed 1: truncated, bits flipped, another encoding's bytes, deep nesting, huge lines, a zip
with "../", XML with entities, a CSV with NULs. Each goes through reading, toponyms, events and incidents beside one good
article. Prints how many gave articles, how many were skipped with a reason, and what must be 0. Memory is the peak.
"""

import argparse
import gzip
import io
import json
import random
import resource
import signal
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path

from geomap.articles import date_undated, read_articles, without_copies
from geomap.frame import to_geodataframe, write_incidents
from geomap.gazetteer import Gazetteer
from geomap.pipeline import extract

LIMIT = 10  # seconds that one input may take
TEXT = "Floods hit Larkana on Monday, killing at least 40 people, officials said. “Talks” were held in Geneva on Sept. 12-14, 2022; Kəlbəcər and Москва were calm. "
GOOD = "A blast hit a market in Goma on 4 October 2022, killing ten people."


def seeds():
    """One sound file of each format: suffix -> bytes."""
    page = f"<html><head><title>T</title></head><body><article><p>{TEXT * 3}</p></article></body></html>"
    rows = [{"id": str(i), "title": f"T{i}", "text": TEXT, "published": "2022-10-04"} for i in range(3)]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("../../evil.txt", TEXT)
        out.writestr("b.jsonl", json.dumps(rows[0]))
    import pandas as pd

    parquet = io.BytesIO()
    pd.DataFrame(rows).to_parquet(parquet)
    warc = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://x/\r\nContent-Type: application/http\r\nContent-Length: {len(page) + 60}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{page}".encode()
    return {
        ".txt": f"---\ntitle: T\ndate: 2022-10-04\n---\n{TEXT * 5}".encode(), ".html": page.encode(), ".jsonl": "\n".join(map(json.dumps, rows)).encode(),
        ".csv": ("id,title,text,published\n" + "".join(f'{r["id"]},{r["title"]},"{r["text"]}",{r["published"]}\n' for r in rows)).encode(), ".parquet": parquet.getvalue(),
        ".xml": f"<?xml version='1.0'?><rss><channel><item><title>T</title><description>{TEXT}</description></item></channel></rss>".encode(),
        ".eml": f"Subject: T\r\nDate: Tue, 04 Oct 2022 10:00:00 +0000\r\n\r\n{TEXT}".encode(), ".zip": packed.getvalue(), ".warc.gz": gzip.compress(warc),
        ".docx": packed.getvalue(), ".pdf": b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF",
    }


def mutated(data, draw):
    """A damaged copy, and the name of the damage."""
    kind = draw.choice(("truncated", "flipped", "spliced", "recoded", "nested", "long", "nul", "repeated", "entities"))
    if kind == "truncated":
        return data[: draw.randrange(len(data) + 1)], kind
    if kind == "flipped":
        copy = bytearray(data)
        for _ in range(draw.randint(1, 40)):
            copy[draw.randrange(len(copy))] ^= 1 << draw.randrange(8)
        return bytes(copy), kind
    if kind == "spliced":
        at = draw.randrange(len(data))
        return data[:at] + draw.randbytes(draw.randint(1, 300)) + data[at:], kind
    if kind == "recoded":
        return data.decode("utf-8", "replace").encode(draw.choice(("utf-16", "cp1251", "utf-32", "shift_jis")), "replace"), kind
    if kind == "nested":
        return data + draw.choice((b"[" * 100_000, b"<div>" * 20_000, b'{"a":' * 50_000, b"(" * 50_000)), kind
    if kind == "long":
        return data + TEXT.replace(" ", "").encode() * draw.choice((10, 3000)), kind
    if kind == "nul":
        return data.replace(b" ", b"\0", draw.randint(1, 50)), kind
    if kind == "repeated":
        return data * draw.randint(2, 200), kind
    return b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c SYSTEM 'file:///etc/passwd'>]>" + data.replace(TEXT[:6].encode(), b"&b;&c;"), kind


class Hang(BaseException):
    pass


def give_up(*_):
    raise Hang


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--inputs", type=int, default=2000)
    options = parser.parse_args()
    gazetteer = Gazetteer.open(progress=print)
    draw, sound, told, slowest = random.Random(1), seeds(), Counter(), (0.0, "")
    signal.signal(signal.SIGALRM, give_up)
    with tempfile.TemporaryDirectory() as folder:
        good = Path(folder) / "good.txt"
        good.write_text(GOOD, encoding="utf-8")
        for number in range(options.inputs):
            suffix = draw.choice(sorted(sound))
            data, kind = mutated(sound[suffix], draw)
            path = Path(folder) / f"bad{suffix}"
            path.write_bytes(data)
            said = []
            began = time.monotonic()
            signal.alarm(LIMIT)
            try:
                articles = date_undated(without_copies(list(read_articles([str(path), str(good)], skip=said.append))))
                frame = to_geodataframe(extract(articles, gazetteer), articles, gazetteer)
                write_incidents(frame, Path(folder) / "out.geojson")
                told["gave articles" if len(articles) > 1 else "skipped with a reason" if said else "LOST IN SILENCE"] += 1
                told["GOOD ARTICLE LOST"] += not any(a.id == "good.txt" or any(c.id == "good.txt" for c in a.copies) for a in articles) or not (frame["event_type"] == "explosion").any()
            except Hang:
                told["HANG"] += 1
                print("hang", number, suffix, kind)
            except Exception:
                told["TRACEBACK"] += 1
                print("traceback", number, suffix, kind, traceback.format_exc().splitlines()[-3:])
            finally:
                signal.alarm(0)
            slowest = max(slowest, (time.monotonic() - began, f"{suffix} {kind}"))
    for what in ("gave articles", "skipped with a reason", "LOST IN SILENCE", "GOOD ARTICLE LOST", "HANG", "TRACEBACK"):
        print(f"{what:24}{told[what]:6}")
    print(f"slowest {slowest[0]:.1f} s ({slowest[1]}), peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
