"""Fetch pages politely: robots.txt, one request a second to a host, time and size limits, no private addresses, a cache."""

import hashlib
import ipaddress
import json
import os
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from geomap import __version__
from geomap.errors import ArticleError
from geomap.resources import cache_folder

if TYPE_CHECKING:
    import requests

USER_AGENT = f"geomap/{__version__} (news to maps; respects robots.txt)"
MAX_BYTES = 20_000_000
MAX_SECONDS = 60.0
_REDIRECTS = 5
_FRESH = 86_400  # seconds for which a cached page is taken as it is, so that a run can be resumed
_TIMEOUT = (10, 20)  # seconds to connect, and between two pieces


@dataclass
class Fetcher:
    """Fetches with one session; keep one for a run, for it remembers hosts and their rules."""

    allow_local: bool = False
    delay: float = 1.0  # seconds between two requests to one host
    cache: Path = field(default_factory=lambda: cache_folder() / "pages")
    _last: dict[str, float] = field(default_factory=dict)
    _rules: dict[str, RobotFileParser] = field(default_factory=dict)
    _session: Any = None

    def fetch(self, url: str) -> tuple[bytes, str]:
        """(bytes, final URL) of a page, from the cache when it is less than a day old.

        Raises ArticleError when the address is not http(s) or private, robots.txt forbids it, or the server fails,
        is too slow (60 s) or sends too much (20 MB unpacked).
        """
        known = self._cached(url)
        if known is not None:
            return known
        if not self._allowed(url):
            raise ArticleError("the site's robots.txt does not allow it to be fetched")
        data, final, status = self._get(url)
        if status != 200:
            raise ArticleError(f"the server answered {status}")
        self._keep(url, final, data)
        return data, final

    def _allowed(self, url: str) -> bool:
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._rules:
            rules = RobotFileParser()
            try:
                data, _, status = self._get(f"{host}/robots.txt")
                if status in (401, 403):
                    rules.parse(["User-agent: *", "Disallow: /"])
                else:
                    rules.parse(data.decode("utf-8", "replace").splitlines() if status == 200 else [])
            except ArticleError:
                rules.parse([])  # a site without rules; whether it answers at all is seen with the page
            self._rules[host] = rules
        return self._rules[host].can_fetch(USER_AGENT, url)

    def _get(self, url: str) -> tuple[bytes, str, int]:
        """Follow redirects by hand, so that each hop is checked."""
        import requests

        if self._session is None:
            self._session = requests.Session()
            self._session.trust_env = bool(os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"))
        until = time.monotonic() + MAX_SECONDS
        for _ in range(_REDIRECTS + 1):
            self._check(url)
            self._wait(urlsplit(url).netloc)
            try:
                with self._session.get(url, headers={"User-Agent": USER_AGENT}, stream=True, timeout=_TIMEOUT, allow_redirects=False) as answer:
                    self._check_peer(answer)
                    if answer.is_redirect:
                        url = urljoin(url, answer.headers["Location"])
                        continue
                    return self._body(answer, until), url, answer.status_code
            except requests.RequestException as error:
                raise ArticleError(f"cannot be fetched ({type(error).__name__})") from None
        raise ArticleError(f"more than {_REDIRECTS} redirects")

    def _body(self, answer: "requests.Response", until: float) -> bytes:
        """The body unpacked, cut off with an error when it grows or lasts too long."""
        pieces, size = [], 0
        for piece in answer.iter_content(1 << 14):
            size += len(piece)
            if size > MAX_BYTES:
                raise ArticleError(f"larger than {MAX_BYTES // 1_000_000} MB")
            if time.monotonic() > until:
                raise ArticleError(f"slower than {MAX_SECONDS:.0f} s")
            pieces.append(piece)
        return b"".join(pieces)

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ArticleError(f"{url[:100]}: only http and https addresses are fetched")
        if self.allow_local:
            return
        try:
            found = {info[4][0] for info in socket.getaddrinfo(parts.hostname, parts.port or 443, proto=socket.IPPROTO_TCP)}
        except (OSError, UnicodeError):
            raise ArticleError(f"{parts.hostname}: no such host, or no network") from None
        if any(_private(str(address)) for address in found):
            raise ArticleError(f"{parts.hostname} is a private or local address; --allow-local permits it")

    def _check_peer(self, answer: "requests.Response") -> None:
        """The address really connected to, which a hostile name server may have changed since `_check`."""
        if self.allow_local or self._session.trust_env:
            return
        connection: Any = getattr(answer.raw, "_connection", None) or getattr(answer.raw, "connection", None)
        peer = connection.sock.getpeername()[0] if connection is not None and getattr(connection, "sock", None) else None
        if peer and _private(peer):
            raise ArticleError("the host led to a private or local address")

    def _wait(self, host: str) -> None:
        ready = self._last.get(host, 0.0) + self.delay
        now = time.monotonic()
        if ready > now:
            time.sleep(ready - now)
        self._last[host] = time.monotonic()

    def _path(self, url: str) -> Path:
        return self.cache / hashlib.sha256(url.encode()).hexdigest()

    def _cached(self, url: str) -> tuple[bytes, str] | None:
        path = self._path(url)
        try:
            if time.time() - path.stat().st_mtime > _FRESH:
                return None
            head, _, data = path.read_bytes().partition(b"\n")
            return data, json.loads(head)["url"]
        except (OSError, ValueError, KeyError):
            return None

    def _keep(self, url: str, final: str, data: bytes) -> None:
        path = self._path(url)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = path.with_suffix(f".{os.getpid()}.part")
            aside.write_bytes(json.dumps({"url": final}).encode() + b"\n" + data)
            aside.replace(path)
        except OSError:
            return  # without a cache the page is fetched again next time


def _private(address: str) -> bool:
    known = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(known, "ipv4_mapped", None)
    return not (mapped or known).is_global or known.is_multicast
