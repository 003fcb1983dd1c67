"""The same result on every engine, also when a worker is killed on the way."""

import os
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from geomap.engine import each
from geomap.errors import ConfigError


def double(item):
    return 2 * item


def die_once(folder, item):
    """Kill the worker at item 20, the first time that it comes up; note each item done."""
    mark = Path(folder) / "died"
    if item == 20 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


@pytest.mark.parametrize("engine", ["serial", "processes"])
def test_results_come_in_order(engine):
    assert list(each(double, iter(range(70)), engine=engine, workers=2)) == [2 * i for i in range(70)]
    assert list(each(double, [], engine=engine, workers=2)) == []


def test_items_may_be_a_stream():
    taken = []

    def stream():
        for i in range(10_000):
            taken.append(i)
            yield i

    results = each(double, stream(), engine="processes", workers=1)
    assert next(results) == 0 and len(taken) < 200
    results.close()


def test_a_killed_process_loses_and_doubles_nothing(tmp_path):
    assert list(each(partial(die_once, str(tmp_path)), range(60), engine="processes", workers=2)) == list(range(60))
    assert (tmp_path / "died").exists()


def test_wrong_engines_say_so():
    with pytest.raises(ConfigError, match="unknown engine"):
        list(each(double, [1], engine="magic"))


@pytest.fixture
def scheduler():
    """A Dask scheduler with two worker processes, over TCP."""
    pytest.importorskip("distributed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parent.parent)])}
    run = lambda *command: subprocess.Popen([sys.executable, "-m", *command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: E731
    address = f"tcp://127.0.0.1:{port}"
    running = [run("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")]
    running += [run("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard") for _ in range(2)]
    yield address, running[1:]
    for process in running:
        process.kill()
        process.wait()


def slowly(item):
    time.sleep(0.02)
    return item


def test_dask_with_two_workers_one_killed(scheduler):
    address, workers = scheduler
    results = each(slowly, range(400), engine="dask", scheduler=address)
    first = [next(results) for _ in range(20)]
    workers[0].kill()
    assert first + list(results) == list(range(400))


def test_a_scheduler_that_is_away_is_one_line():
    pytest.importorskip("distributed")
    with pytest.raises(ConfigError, match="no Dask scheduler answers"):
        list(each(double, [1], engine="dask", scheduler="tcp://127.0.0.1:1"))


def articles_file(folder, n=60):
    path = folder / "articles.jsonl"
    path.write_text("".join(f'{{"id": "a{i}", "text": "Floods hit Larkana on Monday, killing {i} people. Talks number {i} were held in Geneva on Sunday with envoy number {i * 7}.", "published": "2022-10-04"}}\n' for i in range(n)))
    return path


def extract(path, out, *more, **options):
    command = [sys.executable, "-m", "geomap", "extract", str(path), "-o", str(out), "--quiet", *more]
    return subprocess.Popen(command, **options) if options else subprocess.run(command, check=True)


def test_engines_write_the_same_bytes(tmp_path):
    path = articles_file(tmp_path)
    extract(path, tmp_path / "serial.geojson")
    extract(path, tmp_path / "processes.geojson", "--engine", "processes", "--workers", "2")
    assert (tmp_path / "serial.geojson").read_bytes() == (tmp_path / "processes.geojson").read_bytes()


def test_a_run_killed_at_any_moment_goes_on(tmp_path):
    path = articles_file(tmp_path, 400)
    extract(path, tmp_path / "whole.geojson")
    work = tmp_path / "work"
    sizes = set()
    for moment in range(10):
        killed = extract(path, tmp_path / "resumed.geojson", "--work", str(work), stdout=subprocess.DEVNULL)
        finished, wait = work / "finished.jsonl", 6000 * (moment + 1)
        began = time.monotonic()
        while killed.poll() is None and time.monotonic() - began < 60 and not (finished.exists() and finished.stat().st_size > wait):
            time.sleep(0.005)
        killed.kill()
        killed.wait()
        sizes.add(finished.stat().st_size if finished.exists() else 0)
    with (work / "finished.jsonl").open("ab") as out:
        out.write(b"0" * 64 + b' {"cut')  # as a kill in the middle of a line leaves it
    extract(path, tmp_path / "resumed.geojson", "--work", str(work))
    assert (tmp_path / "resumed.geojson").read_bytes() == (tmp_path / "whole.geojson").read_bytes()
    lines = (work / "finished.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len({line[:64] for line in lines}) == 400 and len(sizes) > 3
