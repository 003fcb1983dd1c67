"""What the verbs of the command do, and what they share: opening the gazetteer, progress, exit codes."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geomap.errors import ConfigError

if TYPE_CHECKING:
    from geomap.gazetteer import Gazetteer
    from geomap.geocode import Geocoder

DONE, NOTHING, FAILED = 0, 1, 2


def open_gazetteer(options: argparse.Namespace) -> "Gazetteer":
    from geomap.gazetteer import Gazetteer

    say = None if getattr(options, "quiet", False) else lambda text: print(f"geomap: {text}", file=sys.stderr)
    if options.gazetteer and not Path(options.gazetteer).exists():
        raise ConfigError(f"{options.gazetteer}: no such gazetteer index")
    return Gazetteer.open(options.gazetteer, progress=say)


def open_fallback(options: argparse.Namespace) -> "Geocoder | None":
    """The geocoder that the user asked for, None by default."""
    if options.geocoder == "none":
        return None
    from geomap.geocode import open_geocoder

    return open_geocoder(options.geocoder, user_agent=options.user_agent, url=options.geocoder_url, limit=options.geocoder_limit)


@contextmanager
def progress(quiet: bool, total: int | None, what: str = "Reading articles", *, bytes_: bool = False) -> Iterator[Any]:
    """A progress bar on a terminal; yields a function that takes what is done and, where it is learnt late, the total."""
    if quiet or (not sys.stderr.isatty() and not os.environ.get("GEOMAP_PROGRESS")):
        yield lambda *done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    amount = DownloadColumn() if bytes_ else MofNCompleteColumn()
    with Progress(TextColumn("{task.description}"), BarColumn(), amount, TaskProgressColumn(show_speed=True), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=total)

        def advance(done: int | None = None, of: int | None = None) -> None:
            if done is None:
                bar.advance(task)
            else:
                bar.update(task, completed=done, total=of or total)

        yield advance
