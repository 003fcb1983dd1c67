"""Files, folders and tables of news -> `Article`. A source that cannot be read is reported and skipped, never lost silently."""

import csv
import glob
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geomap.datelines import inferred_date, stamped_date
from geomap.errors import ArticleError
from geomap.model import Article
from geomap.stories import same_story

SUFFIXES = frozenset({".txt", ".md", ".html", ".htm", ".jsonl", ".csv", ".parquet"})
MAX_CHARACTERS = 10_000_000
# What the web is written in beside UTF-8; without the list, DOS code pages are guessed for short texts.
_WEB_ENCODINGS = ("cp1252", "cp1251", "cp1250", "cp1254", "cp1256", "koi8_r", "gb18030", "big5", "shift_jis", "euc_kr")
_FRONT_MATTER = re.compile(r"\A---\r?\n(?P<head>.*?)\r?\n---\r?\n", re.DOTALL)
# Usual column names of media databases, tried in order.
_COLUMNS = {
    "id": ("id", "article_id", "uid", "guid"),
    "title": ("title", "headline"),
    "text": ("text", "body", "content", "article", "full_text", "maintext"),
    "published": ("published", "date", "publish_date", "published_at", "pubdate", "datetime", "publication_date"),
    "url": ("url", "link", "source_url"),
    "source": ("source", "outlet", "publisher", "publication", "domain"),
}


@dataclass(frozen=True, slots=True)
class Skipped:
    """An article that was left out, and why."""

    name: str
    reason: str


def read_articles(sources: Iterable[str], *, published: str | None = None, skip: Callable[[Skipped], None] | None = None) -> Iterator[Article]:
    """Articles of files, folders, globs or "-" (standard input), in stable order.

    `published` (ISO 8601) is used for articles without a date of their own. `skip` is told of each article left out.
    Raises ArticleError when a source does not exist or holds nothing that can be read.
    """
    report = skip or (lambda skipped: print(f"geomap: skipped {skipped.name}: {skipped.reason}", file=sys.stderr))
    for source in sources:
        for path in _files(source):
            name = "standard input" if path is None else str(path)
            try:
                data = sys.stdin.buffer.read() if path is None else path.read_bytes()
                articles = list(_READERS.get(path.suffix.lower() if path else ".txt", _read_text)(data, path.name if path else "-"))
            except (OSError, ArticleError, ValueError) as error:
                report(Skipped(name, str(error).splitlines()[0][:200] if str(error) else type(error).__name__))
                continue
            for article in articles:
                reason = _unusable(article)
                if reason:
                    report(Skipped(name if len(articles) == 1 else f"{name} ({article.id})", reason))
                else:
                    yield _stamped(article, published)


def _files(source: str) -> list[Path | None]:
    """Files of one source. Raises ArticleError when there is none."""
    if source == "-":
        return [None]
    path = Path(source)
    if path.is_dir():
        found: list[Path | None] = [p for p in sorted(path.rglob("*")) if p.is_file() and p.suffix.lower() in SUFFIXES and not p.name.startswith(".")]
        if not found:
            raise ArticleError(f"{source}: the folder holds no article ({', '.join(sorted(SUFFIXES))})")
        return found
    if path.exists():
        return [path]
    matched: list[Path | None] = [Path(p) for p in sorted(glob.glob(source, recursive=True)) if Path(p).is_file()]
    if not matched:
        raise ArticleError(f"{source}: no such file or folder")
    return matched


def decode(data: bytes) -> str:
    """Text of bytes: UTF-8 (with or without mark), UTF-16 by its mark, else the likeliest encoding.

    Raises ArticleError for binary data.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" in data[:4096]:
        raise ArticleError("it is a binary file, not text; convert it to UTF-8 text first")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(data, cp_isolation=list(_WEB_ENCODINGS)).best()
        text = str(best) if best else data.decode("cp1252", "replace")
    odd = sum(ord(c) < 32 and c not in "\n\r\t\f\v" for c in text[:4096])
    if odd > 8 and odd > len(text[:4096]) / 50:
        raise ArticleError("it is a binary file, not text; convert it to UTF-8 text first")
    return text


def _read_text(data: bytes, name: str) -> Iterator[Article]:
    """One article a file: optional YAML-like front matter (`key: value` lines), then the text."""
    text = decode(data)
    head: dict[str, Any] = {}
    match = _FRONT_MATTER.match(text)
    if match:
        pairs = (line.split(":", 1) for line in match["head"].splitlines() if ":" in line)
        head = {key.strip().lower(): value.strip().strip("'\"") for key, value in pairs}
        text = text[match.end() :]
    yield _record(head | {"text": text, "id": head.get("id") or name}, name)


def _read_html(data: bytes, name: str) -> Iterator[Article]:
    """Main text, title, date and source of a page, by trafilatura."""
    import trafilatura

    page = decode(data)
    found = trafilatura.bare_extraction(page, with_metadata=True, include_comments=False)
    if found is None:
        raise ArticleError("no main text found in the page; save the article's text as .txt")
    facts: dict[str, Any] = found if isinstance(found, dict) else found.as_dict()
    yield _record({"id": name, "title": facts.get("title"), "text": facts.get("text"), "published": facts.get("date"), "url": facts.get("url"), "source": facts.get("sitename") or facts.get("hostname")}, name)


def _read_jsonl(data: bytes, name: str) -> Iterator[Article]:
    for number, line in enumerate(decode(data).split("\n"), 1):
        if line.strip():
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                record = None
            # A bad line becomes an article without text, which is reported with its number.
            yield _record(record if isinstance(record, dict) else {"text": ""}, f"{name}:{number}")


def _read_csv(data: bytes, name: str) -> Iterator[Article]:
    text = decode(data).replace("\0", "")
    csv.field_size_limit(MAX_CHARACTERS)
    try:
        dialect = csv.Sniffer().sniff(text[:8192], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    reader = csv.DictReader(io.StringIO(text), dialect=dialect)
    yield from _table(reader.fieldnames or [], reader, name)


def _read_parquet(data: bytes, name: str) -> Iterator[Article]:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(io.BytesIO(data))
    yield from _table(table.column_names, table.to_pylist(), name)


def _table(columns: Iterable[Any], rows: Iterable[dict[Any, Any]], name: str) -> Iterator[Article]:
    known = {str(c).strip().lower() for c in columns}
    if not known & set(_COLUMNS["text"]):
        raise ArticleError(f"no column holds the text (looked for {', '.join(_COLUMNS['text'])})")
    for number, row in enumerate(rows, 2):
        yield _record({str(k): v for k, v in row.items() if k is not None}, f"{name}:{number}")


_READERS: dict[str, Callable[[bytes, str], Iterator[Article]]] = {
    ".html": _read_html, ".htm": _read_html, ".jsonl": _read_jsonl, ".csv": _read_csv, ".parquet": _read_parquet,
}


def _record(record: dict[str, Any], name: str) -> Article:
    low = {str(key).strip().lower(): value for key, value in record.items()}

    def cell(field: str) -> str:
        value = next((low[c] for c in _COLUMNS[field] if low.get(c) not in (None, "")), "")
        return str(value)

    published = _iso(cell("published"))
    return Article(
        id=cell("id") or name, text=cell("text"), title=cell("title"), published=published,
        published_basis="record" if published else "none", url=cell("url"), source=cell("source"),
    )


def _iso(value: str) -> str | None:
    """A date in any usual form as ISO 8601, None when it is none."""
    if re.match(r"\d{4}-\d\d-\d\d", value):
        return value[:10] if stamped_date(value[:10]) else None
    return stamped_date(value) if value else None


def _unusable(article: Article) -> str | None:
    if not article.text.strip():
        return "no text"
    if len(article.text) > MAX_CHARACTERS:
        return f"longer than {MAX_CHARACTERS:,} characters; split it into articles"
    return None


def _stamped(article: Article, published: str | None) -> Article:
    """The publication date from the record, else from a line of the text, else as the user gave it."""
    if article.published:
        return article
    stamp = stamped_date(article.text)
    if stamp:
        return replace(article, published=stamp, published_basis="text")
    return replace(article, published=published, published_basis="option") if published else article


def date_undated(articles: list[Article]) -> list[Article]:
    """Infer the publication day of articles without one, from their own words and from dated ones of the same story."""
    undated = [a.id for a in articles if not a.published]
    if not undated:
        return articles
    days = {a.id: a.published for a in articles}
    alike = same_story({a.id: a.text for a in articles}, undated)
    result = []
    for article in articles:
        if not article.published:
            day = inferred_date(article.text, [d for other in alike[article.id] if (d := days[other])])
            article = replace(article, published=day, published_basis="inferred" if day else "none")
        result.append(article)
    return result
