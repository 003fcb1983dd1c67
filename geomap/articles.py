"""Files, folders, feeds and addresses of news -> `Article`. What cannot be read is reported and skipped, never lost silently."""

import glob
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path

from geomap.datelines import inferred_date, stamped_date
from geomap.documents import MAX_CHARACTERS, READERS, Columns, feed_links, is_feed, read_document, read_file, suffix_of
from geomap.errors import ArticleError
from geomap.fetch import Fetcher
from geomap.model import Article
from geomap.stories import copies_of, same_story

SUFFIXES = frozenset({*READERS, ".warc.gz"})
_MAX_LINKS = 200  # entries of a feed that are followed


@dataclass(frozen=True, slots=True)
class Skipped:
    """An article that was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Document:
    """Something to read: its name, how to read it, and the address and day that a feed gave."""

    name: str
    read: Callable[[Columns | None], Iterator[Article]]
    url: str = ""
    published: str = ""


def is_url(source: str) -> bool:
    """Whether a source is an address to fetch."""
    return source.startswith(("http://", "https://"))


def read_articles(sources: Iterable[str], *, published: str | None = None, columns: Columns | None = None, fetcher: Fetcher | None = None, skip: Callable[[Skipped], None] | None = None) -> Iterator[Article]:
    """Articles of files, folders, globs, addresses, feeds or "-" (standard input), in stable order.

    `published` (ISO 8601) is used for articles without a date of their own; `columns` says which column of a table holds
    a field. `skip` is told of each article left out. Raises ArticleError when a source does not exist or is empty.
    """
    report = skip or (lambda skipped: print(f"geomap: skipped {skipped.name}: {skipped.reason}", file=sys.stderr))
    for source in sources:
        for document in _documents(source, fetcher or Fetcher(), report):
            held = 0
            try:
                for article in document.read(columns):
                    held += 1
                    article = replace(article, url=article.url or document.url, published=article.published or document.published or None)
                    reason = _unusable(article)
                    if reason:
                        report(Skipped(document.name if article.id in document.name else f"{document.name} ({article.id})", reason))
                    else:
                        yield _stamped(article, published)
            except (OSError, ArticleError, ValueError, RecursionError, MemoryError) as error:
                report(Skipped(document.name, str(error).splitlines()[0][:200] if str(error) else type(error).__name__))
            else:
                if not held:
                    report(Skipped(document.name, "it holds no article"))


def _documents(source: str, fetcher: Fetcher, report: Callable[[Skipped], None]) -> Iterator[Document]:
    """Documents of one source. Raises ArticleError when there is none."""
    if source == "-":
        yield Document("-", lambda columns: read_document(sys.stdin.buffer.read(), "-", columns))
    elif is_url(source):
        yield from _fetched(source, fetcher, report)
    else:
        for path in _files(source):
            yield Document(path.name, partial(read_file, path))


def _fetched(url: str, fetcher: Fetcher, report: Callable[[Skipped], None]) -> Iterator[Document]:
    """The page at an address, or the pages that a feed there links to."""
    try:
        data, final = fetcher.fetch(url)
        if not is_feed(data):
            name = f"{final}.html" if suffix_of(final) not in READERS else final
            yield Document(name, lambda columns: read_document(data, name, columns), url=final)
            return
        links = feed_links(data)[:_MAX_LINKS]
    except ArticleError as error:
        report(Skipped(url, str(error)))
        return
    for link, day in links:
        yield Document(link, partial(_page, fetcher, link), url=link, published=day)


def _page(fetcher: Fetcher, url: str, columns: Columns | None) -> Iterator[Article]:
    return read_document(fetcher.fetch(url)[0], f"{url}.html", columns)


def _files(source: str) -> list[Path]:
    """Files of one source. Raises ArticleError when there is none."""
    path = Path(source)
    if path.is_dir():
        found = [p for p in sorted(path.rglob("*")) if p.is_file() and suffix_of(p.name) in READERS and not p.name.startswith(".")]
        if not found:
            raise ArticleError(f"{source}: the folder holds no article ({', '.join(sorted(SUFFIXES))})")
        return found
    if path.exists():
        return [path]
    matched = [Path(p) for p in sorted(glob.glob(source, recursive=True)) if Path(p).is_file()]
    if not matched:
        raise ArticleError(f"{source}: no such file or folder")
    return matched


def _unusable(article: Article) -> str | None:
    if not article.text.strip():
        return f"no text{f' ({article.title[:150]})' if article.title else ''}"
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


def one_by_one(articles: Iterable[Article]) -> Iterator[Article]:
    """A stream of articles with distinct ids and texts, each dated by itself; only fingerprints are kept.

    What needs the whole batch is left out: near copies, and dates inferred from other articles of the same story.
    """
    ids: dict[bytes, int] = {}
    texts: set[bytes] = set()
    for article in articles:
        text = blake2b(" ".join(article.text.split()).encode(), digest_size=12).digest()
        if text in texts:
            continue
        texts.add(text)
        key = blake2b(article.id.encode(), digest_size=12).digest()
        ids[key] = ids.get(key, 0) + 1
        if ids[key] > 1:
            article = replace(article, id=f"{article.id} ({ids[key]})")
        if not article.published:
            day = inferred_date(article.text)
            article = replace(article, published=day, published_basis="inferred" if day else "none")
        yield article


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


def without_copies(articles: list[Article]) -> list[Article]:
    """Articles whose text another one holds (nearly) word for word become that one's copies: one article, several sources."""
    groups = copies_of({a.id: a.text for a in articles})
    by_id = {a.id: a for a in articles}
    gone = {other for others in groups.values() for other in others}
    kept = []
    for article in articles:
        if article.id in gone:
            continue
        copies = tuple(replace(by_id[i], text="") for i in groups.get(article.id, ()))
        dated = article if article.published else next((c for c in copies if c.published), article)
        kept.append(replace(article, copies=copies, published=dated.published, published_basis=dated.published_basis))
    return kept
