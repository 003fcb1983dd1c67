"""Run one function over many items: in this process, in several, or on a Dask cluster. The only module that knows which.

Results come in the order of the items, whichever engine; at most a few chunks are under way, so items may be a stream.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from geomap.errors import ConfigError

ENGINES = ("serial", "processes", "dask")
_CHUNK = 16  # items sent at once: large enough that sending costs little, small enough that progress shows
_AHEAD = 3  # chunks under way for each worker
_TRIES = 3  # how often a chunk is given to new workers after one died

T = TypeVar("T")
R = TypeVar("R")


def each(work: Callable[[T], R], items: Iterable[T], *, engine: str = "serial", workers: int | None = None, scheduler: str | None = None) -> Iterator[R]:
    """`work(item)` for each item, in order. `work` must be picklable for engines other than serial.

    `scheduler` is the address of a Dask scheduler; without it "dask" starts workers on this machine. Raises ConfigError
    for another engine, or when Dask is not installed.
    """
    if engine == "serial":
        return map(work, items)
    if engine == "processes":
        return _processes(work, items, workers or os.cpu_count() or 1)
    if engine == "dask":
        return _dask(work, items, workers or os.cpu_count() or 1, scheduler)
    raise ConfigError(f"{engine}: unknown engine; use one of {' '.join(ENGINES)}")


def _run(work: Callable[[T], R], chunk: list[T]) -> list[R]:
    return [work(item) for item in chunk]


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    stream = iter(items)
    while chunk := list(islice(stream, _CHUNK)):
        yield chunk


def _processes(work: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """A pool of processes; chunks under way when a worker dies are done again by a new pool."""
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    def new_pool() -> ProcessPoolExecutor:
        return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))  # a fork would copy the threads of pandas and pyarrow

    pool, waiting, chunks, tries = new_pool(), deque[tuple[list[T], Future[list[R]]]](), _chunks(items), 0
    try:
        while True:
            while len(waiting) < workers * _AHEAD and (chunk := next(chunks, None)):
                waiting.append((chunk, pool.submit(_run, work, chunk)))
            if not waiting:
                return
            try:
                results = waiting[0][1].result()
            except BrokenProcessPool:
                tries += 1
                if tries >= _TRIES:
                    raise
                pool.shutdown(wait=False, cancel_futures=True)
                pool = new_pool()
                waiting = deque((chunk, pool.submit(_run, work, chunk)) for chunk, _ in waiting)
                continue
            waiting.popleft()
            tries = 0
            yield from results
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _dask(work: Callable[[T], R], items: Iterable[T], workers: int, scheduler: str | None) -> Iterator[R]:
    """A Dask cluster; the scheduler gives the chunks of a dead worker to others."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise ConfigError("the engine dask needs dask.distributed: pip install 'geomap[dask]'") from None
    try:
        cluster = None if scheduler else LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)  # type: ignore[no-untyped-call]
        client = Client(scheduler or cluster, timeout="20s")  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ConfigError(f"{scheduler}: no Dask scheduler answers ({str(error).splitlines()[0][:120]})") from None
    waiting: deque[Any] = deque()
    chunks = _chunks(items)
    try:
        while True:
            ahead = max(2, len(client.scheduler_info(n_workers=-1)["workers"])) * _AHEAD
            while len(waiting) < ahead and (chunk := next(chunks, None)):
                waiting.append(client.submit(partial(_run, work), chunk, pure=False, retries=_TRIES))
            if not waiting:
                return
            yield from waiting.popleft().result()
    finally:
        client.close()  # type: ignore[no-untyped-call]
        if cluster is not None:
            cluster.close()
