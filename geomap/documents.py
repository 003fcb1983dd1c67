"""Readers of single documents: bytes of one format in, articles out. `geomap.articles` finds the documents."""

import csv
import io
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from typing import Any

from geomap.datelines import stamped_date
from geomap.errors import ArticleError
from geomap.model import Article

MAX_CHARACTERS = 10_000_000
_MAX_PACKED = 200_000_000  # bytes that a zip or WARC may hold when unpacked
_MAX_MEMBERS = 100_000
_BATCH = 500  # rows of a table read at once
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
Columns = dict[str, str]


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


def _read_text(data: bytes, name: str, columns: Columns) -> Iterator[Article]:
    """One article a file: optional YAML-like front matter (`key: value` lines), then the text."""
    text = decode(data)
    head: dict[str, Any] = {}
    match = _FRONT_MATTER.match(text)
    if match:
        pairs = (line.split(":", 1) for line in match["head"].splitlines() if ":" in line)
        head = {key.strip().lower(): value.strip().strip("'\"") for key, value in pairs}
        text = text[match.end() :]
    yield _record(head | {"text": text, "id": head.get("id") or name}, name, {})


def _read_html(data: bytes, name: str, columns: Columns) -> Iterator[Article]:
    """Main text, title, date and source of a page, by trafilatura."""
    import trafilatura

    page = decode(data)
    found = trafilatura.bare_extraction(page, with_metadata=True, include_comments=False)
    if found is None:
        raise ArticleError("no main text found in the page; save the article's text as .txt")
    facts: dict[str, Any] = found if isinstance(found, dict) else found.as_dict()
    yield _record({"id": name, "title": facts.get("title"), "text": facts.get("text"), "published": facts.get("date"), "url": facts.get("url"), "source": facts.get("sitename") or facts.get("hostname")}, name, {})


def _read_jsonl(data: bytes, name: str, columns: Columns) -> Iterator[Article]:
    for number, line in enumerate(decode(data).split("\n"), 1):
        yield from _json_line(line.encode(), f"{name}:{number}", columns)


def _json_line(line: bytes, name: str, columns: Columns) -> Iterator[Article]:
    """The article of a line; a bad one becomes an article without text, which is reported with its number."""
    if line.strip():
        try:
            record = json.loads(decode(line))
        except (ValueError, RecursionError):
            record = None
        yield _record(record if isinstance(record, dict) else {"text": ""}, name, columns)


def _read_csv(data: bytes, name: str, columns: Columns) -> Iterator[Article]:
    text = decode(data).replace("\0", "")
    csv.field_size_limit(MAX_CHARACTERS)
    try:
        dialect = csv.Sniffer().sniff(text[:8192], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    reader = csv.DictReader(io.StringIO(text), dialect=dialect)
    yield from _table(reader.fieldnames or [], reader, name, columns)


def _read_parquet(data: bytes | Path, name: str, columns: Columns) -> Iterator[Article]:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(data if isinstance(data, Path) else io.BytesIO(data)) as table:
        rows = (row for batch in table.iter_batches(batch_size=_BATCH) for row in batch.to_pylist())
        yield from _table(table.schema_arrow.names, rows, name, columns)


def _table(present: Iterable[Any], rows: Iterable[dict[Any, Any]], name: str, columns: Columns) -> Iterator[Article]:
    known = {str(c).strip().lower() for c in present}
    wanted = (columns["text"].lower(),) if "text" in columns else _COLUMNS["text"]
    if not known & set(wanted):
        raise ArticleError(f"no column holds the text (looked for {', '.join(wanted)}); say which with --columns text=NAME")
    for number, row in enumerate(rows, 2):
        yield _record({str(k): v for k, v in row.items() if k is not None}, f"{name}:{number}", columns)


def _read_feed(data: bytes, name: str, columns: Columns) -> Iterator[Article]:
    """Entries of an RSS or Atom feed, with the text that the feed itself carries."""
    import feedparser

    if b"<!ENTITY" in data:
        raise ArticleError("the feed declares XML entities, which are not expanded")
    feed = feedparser.parse(data)
    if not feed.entries and feed.bozo:
        raise ArticleError("not an RSS or Atom feed")
    for number, entry in enumerate(feed.entries, 1):
        body = max([c.get("value", "") for c in entry.get("content", ())] + [entry.get("summary", "")], key=len)
        stamp = entry.get("published_parsed") or entry.get("updated_parsed")
        published = f"{stamp.tm_year:04d}-{stamp.tm_mon:02d}-{stamp.tm_mday:02d}" if stamp else ""
        facts = {"id": entry.get("id") or entry.get("link") or f"{name}:{number}", "title": entry.get("title"), "text": f"{entry.get('title', '')}\n\n{_plain(body)}".strip(), "published": published}
        yield _record(facts | {"url": entry.get("link"), "source": feed.feed.get("title")}, f"{name}:{number}", {})


def feed_links(data: bytes) -> list[tuple[str, str]]:
    """(link, publication day or "") of a feed's entries; none when the data is no feed."""
    return [(a.url, a.published or "") for a in _read_feed(data, "feed", {}) if a.url.startswith(("http://", "https://"))]


def is_feed(data: bytes) -> bool:
    """Whether data looks like RSS or Atom."""
    return bool(re.search(rb"<(?:rss|feed|rdf:RDF)[\s>]", data[:2000]))


def _plain(markup: str) -> str:
    """The text of a piece of HTML, a paragraph a line."""
    from lxml import etree, html

    try:
        tree = html.fromstring(markup) if markup.strip() else None
    except (etree.ParserError, ValueError):
        tree = None
    if tree is None:
        return markup
    for block in tree.iter("p", "br", "div", "li"):
        block.tail = "\n" + (block.tail or "")
    return re.sub(r"\n\s*\n+", "\n\n", str(tree.text_content())).strip()


def _read_mail(data: bytes, name: str, columns: Columns) -> Iterator[Article]:
    """A mail (.eml): its text part, else its HTML part, with subject, date and sender."""
    from email import message_from_bytes, policy

    mail = message_from_bytes(data, policy=policy.default)
    body = mail.get_body(preferencelist=("plain", "html"))
    if body is None:
        raise ArticleError("the mail has no text")
    text = body.get_content()
    if body.get_content_type() == "text/html":
        text = _plain(text)
    try:
        published = parsedate_to_datetime(str(mail["date"])).date().isoformat()
    except (TypeError, ValueError):
        published = ""
    yield _record({"id": name, "title": str(mail["subject"] or ""), "text": text, "published": published, "source": str(mail["from"] or "")}, name, {})


def _read_docx(data: bytes, name: str, columns: Columns) -> Iterator[Article]:
    try:
        import docx
    except ImportError:
        raise ArticleError("reading .docx needs python-docx: pip install 'geomap[documents]'") from None
    try:
        document = docx.Document(io.BytesIO(data))
        text = "\n\n".join(p.text for p in document.paragraphs if p.text.strip())
        title = document.core_properties.title or ""
    except Exception as error:  # the library lets errors of zip and XML through
        raise ArticleError(f"not a readable .docx ({type(error).__name__})") from None
    yield _record({"id": name, "title": title, "text": text}, name, {})


def _read_pdf(data: bytes, name: str, columns: Columns) -> Iterator[Article]:
    try:
        import pypdf
    except ImportError:
        raise ArticleError("reading .pdf needs pypdf: pip install 'geomap[documents]'") from None
    try:
        pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    except Exception as error:  # damaged files raise errors of many kinds
        raise ArticleError(f"not a readable .pdf ({type(error).__name__})") from None
    yield _record({"id": name, "text": "\n\n".join(pages)}, name, {})


def _read_zip(data: bytes, name: str, columns: Columns) -> Iterator[Article]:
    """Documents of a zip, in the order of their names; names are labels only, nothing is unpacked to disk."""
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = sorted((m for m in packed.infolist() if not m.is_dir() and suffix_of(m.filename) in READERS and suffix_of(m.filename) != ".zip"), key=lambda m: m.filename)
            if len(members) > _MAX_MEMBERS or sum(m.file_size for m in members) > _MAX_PACKED:
                raise ArticleError(f"the zip holds more than {_MAX_PACKED:,} bytes or {_MAX_MEMBERS:,} files; unpack it first")
            for member in members:
                with packed.open(member) as stream:
                    held = stream.read(_MAX_PACKED + 1)
                label = f"{name}/{PurePosixPath(member.filename.replace(chr(92), '/')).name}"
                try:
                    yield from read_document(held, label, columns)
                except ArticleError as error:
                    yield Article(label, "", title=str(error))  # reported by name, the others come out
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise ArticleError(f"a damaged or encrypted zip ({type(error).__name__})") from None


def _read_warc(data: bytes, name: str, columns: Columns) -> Iterator[Article]:
    """HTML pages of a web archive."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    pages: list[tuple[str, bytes]] = []
    size = 0
    try:
        with redirect_stderr(io.StringIO()):  # the library tells a reader's troubles to the terminal
            for number, record in enumerate(ArchiveIterator(io.BytesIO(data)), 1):
                kind = record.http_headers.get_header("Content-Type", "") if record.http_headers else ""
                if record.rec_type != "response" or "html" not in kind:
                    continue
                page = record.content_stream().read(MAX_CHARACTERS + 1)
                size += len(page)
                if size > _MAX_PACKED:
                    raise ArticleError(f"the archive holds more than {_MAX_PACKED:,} bytes of pages; split it")
                pages.append((record.rec_headers.get_header("WARC-Target-URI") or f"{name}:{number}", page))
    except (ArchiveLoadFailed, zlib.error, EOFError, OSError, ValueError) as error:
        if not pages:
            raise ArticleError(f"not a readable web archive ({type(error).__name__})") from None
    for url, page in pages:
        try:
            for article in _read_html(page, url, columns):
                yield replace(article, url=url)
        except ArticleError:
            continue  # pages of an archive without a main text are menus and errors


def suffix_of(name: str) -> str:
    """A name's suffix in lower case, ".warc" for ".warc.gz"."""
    low = name.lower()
    return ".warc" if low.endswith(".warc.gz") else PurePosixPath(low).suffix


def read_document(data: bytes, name: str, columns: Columns | None = None) -> Iterator[Article]:
    """Articles of one document, its format told by the name's suffix, else by what the data looks like.

    `columns` says which column of a table holds a field (`{"text": "Body"}`). Raises ArticleError when it cannot be read.
    """
    suffix = suffix_of(name)
    if suffix in (".xml", "") and is_feed(data):
        suffix = ".rss"
    if suffix not in READERS and re.match(rb"\s*<(?:!doctype html|html)", data[:200], re.IGNORECASE):
        suffix = ".html"
    yield from READERS.get(suffix, _read_text)(data, name, columns or {})


def read_file(path: Path, columns: Columns | None = None) -> Iterator[Article]:
    """Articles of a file; those of a .jsonl or .parquet one by one, so that its size does not matter."""
    suffix = suffix_of(path.name)
    if suffix == ".jsonl":
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if number == 1 and line[:2] in (b"\xff\xfe", b"\xfe\xff"):
                    break
                yield from _json_line(line, f"{path.name}:{number}", columns or {})
            else:
                return
    elif suffix == ".parquet":
        yield from _read_parquet(path, path.name, columns or {})
        return
    yield from read_document(path.read_bytes(), path.name, columns)


READERS: dict[str, Callable[[bytes, str, Columns], Iterator[Article]]] = {
    ".txt": _read_text, ".md": _read_text, ".html": _read_html, ".htm": _read_html, ".jsonl": _read_jsonl, ".csv": _read_csv, ".parquet": _read_parquet,
    ".xml": _read_feed, ".rss": _read_feed, ".atom": _read_feed, ".eml": _read_mail, ".docx": _read_docx, ".pdf": _read_pdf, ".zip": _read_zip, ".warc": _read_warc,
}


def _record(record: dict[str, Any], name: str, columns: Columns) -> Article:
    low = {str(key).strip().lower(): value for key, value in record.items()}

    def cell(field: str) -> str:
        wanted = (columns[field].lower(),) if field in columns else _COLUMNS[field]
        return str(next((low[c] for c in wanted if low.get(c) not in (None, "")), ""))

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
