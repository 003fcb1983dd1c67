import json

import pandas as pd
import pytest

from geomap.articles import date_undated, read_articles
from geomap.documents import decode
from geomap.errors import ArticleError
from geomap.model import Article


def read(*sources, **options):
    skipped = []
    return list(read_articles([str(s) for s in sources], skip=skipped.append, **options)), skipped


def test_front_matter_and_plain_text(tmp_path):
    (tmp_path / "a.md").write_text("---\ntitle: A title\npublished: 2022-10-04\nsource: S\nurl: https://x.org/a\n---\nText.\n")
    (tmp_path / "b.txt").write_text("Text only.")
    (a, b), skipped = read(tmp_path)
    assert (a.id, a.title, a.published, a.published_basis, a.text) == ("a.md", "A title", "2022-10-04", "record", "Text.\n")
    assert (b.id, b.published, b.published_basis) == ("b.txt", None, "none") and not skipped


def test_tables_with_usual_column_names(tmp_path):
    pd.DataFrame({"headline": ["H"], "body": ["Text of it"], "date": ["2022-10-04T10:00:00"], "link": ["https://x.org"]}).to_csv(tmp_path / "a.csv", index=False)
    pd.DataFrame({"Title": ["H"], "content": ["Text of it"], "publish_date": ["October 4, 2022"]}).to_parquet(tmp_path / "b.parquet")
    (tmp_path / "c.jsonl").write_text(json.dumps({"id": 7, "text": "Text of it", "published": "2022-10-04"}) + "\nbroken\n")
    articles, skipped = read(tmp_path)
    assert {a.published for a in articles} == {"2022-10-04"} and [a.text for a in articles] == ["Text of it"] * 3
    assert ["c.jsonl:2" in s.name for s in skipped] == [True]


def test_html(tmp_path):
    body = "<p>" + "Floods hit the town of Larkana on Monday, officials said, and many people left their homes. " * 6 + "</p>"
    (tmp_path / "a.html").write_text(f'<html><head><title>T</title><meta property="article:published_time" content="2022-10-04T00:00:00Z"></head><body><article><h1>Floods</h1>{body}</article></body></html>')
    (article,), _ = read(tmp_path / "a.html")
    assert "Larkana" in article.text and article.published == "2022-10-04"


@pytest.mark.parametrize(("name", "data", "reason"), [
    ("a.txt", b"\x00\x01\x02\xff" * 50, "binary"), ("b.txt", b"", "no text"), ("c.txt", b"  \n ", "no text"), ("d.csv", b"x,y\n1,2\n", "no column"),
    ("e.parquet", b"not parquet", ""), ("f.txt", bytes(range(1, 32)) * 20, "binary"),
])
def test_what_cannot_be_read_is_skipped_with_a_reason(tmp_path, name, data, reason):
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good.txt").write_text("Good.")
    articles, skipped = read(tmp_path)
    assert [a.id for a in articles] == ["good.txt"] and len(skipped) == 1 and name in skipped[0].name and reason in skipped[0].reason and "\n" not in skipped[0].reason


def test_encodings():
    assert decode("Kəlbəcər".encode("utf-16")) == "Kəlbəcər"
    assert decode("﻿Zürich".encode()) == "Zürich"
    assert "Zürich" in decode(("Die Stadt Zürich und die Bürger. " * 20).encode("cp1252"))


def test_missing_and_empty_sources(tmp_path):
    with pytest.raises(ArticleError, match="no such file"):
        read(tmp_path / "nope")
    with pytest.raises(ArticleError, match="holds no article"):
        read(tmp_path)


def test_one_long_line_is_read(tmp_path):
    (tmp_path / "a.txt").write_text("Floods hit Larkana. " * 20_000)
    articles, skipped = read(tmp_path)
    assert len(articles) == 1 and not skipped


def test_dates_are_inferred_and_said_to_be():
    told = "The ministers said that direct dialogue is the best way to a truly durable peace. They met on Monday."
    dated, undated = date_undated([Article("a", told, published="2022-11-08", published_basis="record"), Article("b", told + " It rained."), Article("c", "Nothing here is dated.")])[:2]
    assert dated.published_basis == "record"
    assert (undated.published, undated.published_basis) == ("2022-11-07", "inferred")
