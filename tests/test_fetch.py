"""Fetching, against a server on loopback that misbehaves."""

import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from geomap import fetch
from geomap.articles import read_articles
from geomap.errors import ArticleError
from geomap.fetch import Fetcher

PAGE = "<html><head><title>Floods</title></head><body><article><p>Floods hit Larkana on Monday, officials said in a statement.</p><p>" + "The river rose. " * 30 + "</p></article></body></html>"


class Misbehaving(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []
    robots = "User-agent: *\nDisallow: /secret\n"

    def do_GET(self):
        self.asked.append(self.path)
        body, headers, status = PAGE.encode(), {"Content-Type": "text/html; charset=utf-8"}, 200
        if self.path == "/robots.txt":
            body = self.robots.encode()
        elif self.path == "/gone":
            status = 404
        elif self.path == "/to-file":
            status, headers = 302, {"Location": "file:///etc/passwd"}
        elif self.path == "/to-metadata":
            status, headers = 302, {"Location": "http://169.254.169.254/latest/"}
        elif self.path == "/loop":
            status, headers = 302, {"Location": "/loop"}
        elif self.path == "/moved":
            status, headers = 301, {"Location": "/page"}
        elif self.path == "/bomb":
            body, headers = gzip.compress(b"a" * 30_000_000), {"Content-Encoding": "gzip"}
        elif self.path == "/charset":
            body, headers = PAGE.replace("officials", "Bürgermeister").encode("cp1252"), {"Content-Type": "text/html; charset=utf-8"}
        elif self.path == "/feed":
            body = f"<rss><channel><title>T</title><item><link>http://{self.headers['Host']}/page</link></item><item><link>http://{self.headers['Host']}/gone</link></item></channel></rss>".encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.path not in ("/endless", "/slow"):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            while self.path == "/endless":
                self.wfile.write(b"a" * 100_000)
            while self.path == "/slow":
                self.wfile.write(b"a")
                time.sleep(0.05)
            self.wfile.write(body)
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


@pytest.fixture
def fetcher(tmp_path):
    Misbehaving.asked.clear()
    return Fetcher(allow_local=True, delay=0.0, cache=tmp_path / "pages")


def test_a_page_is_fetched_once_and_kept(server, fetcher):
    data, final = fetcher.fetch(f"{server}/moved")
    assert b"Larkana" in data and final == f"{server}/page"
    again = Fetcher(allow_local=True, delay=0.0, cache=fetcher.cache)
    assert again.fetch(f"{server}/moved") == (data, final) and Misbehaving.asked == ["/robots.txt", "/moved", "/page"]


def test_local_addresses_need_permission(server, tmp_path):
    for url in (server, "http://[::1]:80/", "http://127.0.0.1.nip.invalid/", "http://169.254.169.254/", "http://0.0.0.0/", "http://[::ffff:127.0.0.1]/"):
        with pytest.raises(ArticleError, match=r"private or local|no such host"):
            Fetcher(cache=tmp_path).fetch(url)


@pytest.mark.parametrize(("path", "said"), [
    ("/secret/x", "robots.txt"), ("/gone", "404"), ("/to-file", "only http"), ("/loop", "redirects"), ("/bomb", "larger than"), ("/endless", "larger than"),
])
def test_misbehaviour_is_one_clear_error(server, fetcher, path, said):
    with pytest.raises(ArticleError, match=said):
        fetcher.fetch(server + path)
    assert not list(fetcher.cache.glob("*"))


def test_a_redirect_may_not_lead_inside(server, fetcher, monkeypatch):
    own = server.split("//")[1].split(":")[0]
    monkeypatch.setattr(fetch, "_private", lambda address: address != own)  # the server itself passes for a public one
    fetcher.allow_local = False
    with pytest.raises(ArticleError, match="private or local"):
        fetcher.fetch(f"{server}/to-metadata")


def test_a_slow_page_is_given_up(server, fetcher, monkeypatch):
    monkeypatch.setattr(fetch, "MAX_SECONDS", 0.5)
    monkeypatch.setattr(Fetcher, "_body", lambda self, answer, until, _real=Fetcher._body: _real(self, small_pieces(answer), until))
    with pytest.raises(ArticleError, match="slower than"):
        fetcher.fetch(f"{server}/slow")


def small_pieces(answer):
    whole = answer.iter_content
    answer.iter_content = lambda size: whole(1)
    return answer


def test_one_request_a_delay_to_a_host(server, tmp_path):
    polite = Fetcher(allow_local=True, delay=0.3, cache=tmp_path)
    began = time.monotonic()
    polite.fetch(f"{server}/page")
    polite.fetch(f"{server}/charset")
    assert time.monotonic() - began >= 0.6  # robots.txt, then two pages


def test_articles_of_an_address_and_of_a_feed(server, fetcher):
    (article,) = read_articles([f"{server}/charset"], fetcher=fetcher)
    assert "Bürgermeister" in article.text and article.url == f"{server}/charset"
    said = []
    found = list(read_articles([f"{server}/feed"], fetcher=fetcher, skip=said.append))
    assert [a.url for a in found] == [f"{server}/page"] and len(said) == 1 and "404" in said[0].reason
