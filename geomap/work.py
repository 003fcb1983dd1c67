"""What a run has finished, kept on disk, so that one that was killed goes on where it stopped."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from geomap.gazetteer import Gazetteer
from geomap.model import Article
from geomap.pipeline import Extraction
from geomap.records import read_report, report_record
from geomap.resources import data_file


class Work:
    """A folder of finished articles, one JSON line each; a line that a kill cut short does not count."""

    def __init__(self, folder: str | Path, gazetteer: Gazetteer) -> None:
        """Raises OSError when the folder cannot be made or written."""
        self.path = Path(folder) / "finished.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._made_with = _fingerprint(gazetteer)
        self._at: dict[str, int] = {}
        whole = 0
        if self.path.exists():
            with self.path.open("rb") as lines:
                for line in lines:
                    if not line.endswith(b"\n"):
                        break
                    self._at[line[:64].decode("ascii", "replace")] = whole
                    whole += len(line)
            os.truncate(self.path, whole)
        self._out = self.path.open("ab")

    def __len__(self) -> int:
        return len(self._at)

    def key(self, article: Article) -> str:
        """Of an article's text and facts, the models and the gazetteer: when one changes it is done again."""
        facts = (article.id, article.text, article.title, article.published, article.url, article.source, *(c.id for c in article.copies))
        return hashlib.sha256(json.dumps([self._made_with, *facts]).encode()).hexdigest()

    def resume(self, articles: Iterable[Article], extract: Callable[[Iterable[Article]], Iterator[Extraction]]) -> Iterator[Extraction]:
        """An extraction for each article, in order: from disk where it is finished, else made and kept."""
        articles = list(articles)
        made = extract([a for a in articles if self.key(a) not in self._at])
        for article in articles:
            key = self.key(article)
            if key in self._at:
                yield self._read(key, article)
            else:
                one = next(made)
                self._keep(key, one)
                yield one

    def _keep(self, key: str, one: Extraction) -> None:
        told = {"toponyms": one.n_toponyms, "events": [report_record(e, None) for e in one.events]}
        line = f"{key} {json.dumps(told, ensure_ascii=False)}\n".encode()
        self._at[key] = self._out.tell()
        self._out.write(line)
        self._out.flush()

    def _read(self, key: str, article: Article) -> Extraction:
        with self.path.open("rb") as lines:
            lines.seek(self._at[key])
            told = json.loads(lines.readline()[65:])
        return Extraction(article, (), tuple(read_report(e)[0] for e in told["events"]), told["toponyms"])


def _fingerprint(gazetteer: Gazetteer) -> str:
    digest = hashlib.sha256(json.dumps(gazetteer.info()).encode())
    for path in sorted(data_file("data").iterdir()):
        if path.is_file():
            digest.update(path.read_bytes())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
