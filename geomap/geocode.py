"""Ask a geocoding service for names that the gazetteer lacks: through geopy, slowly, once for each name, and at most so often.

Needs the extra `geomap[geocode]`. What comes back is a candidate like any other, judged by the article's context.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geomap.errors import ConfigError, GeocoderError
from geomap.model import Place
from geomap.resources import cache_folder
from geomap.text import fold

PUBLIC_DELAY = 1.1  # seconds: the public Nominatim allows one request a second (operations.osmfoundation.org/policies/nominatim)
_TIMEOUT = 10.0  # seconds
_FAILURES = 2  # failures in a row after which a service is left alone for the rest of the run
_FEATURES = {"city": "PPL", "town": "PPL", "village": "PPL", "hamlet": "PPL", "suburb": "PPLX", "neighbourhood": "PPLX", "state": "ADM1", "province": "ADM1", "county": "ADM2", "country": "PCLI", "river": "STM", "lake": "LK", "peak": "MT", "island": "ISL"}


@dataclass
class Geocoder:
    """A service with its cache and its limits; call it with a name and the countries it is likely in.

    After an outage or a refusal it answers nothing for the rest of the run, and `trouble` says why.
    """

    service: str
    ask: Callable[[str, Sequence[str]], list[dict[str, Any]]]
    cache: Path
    limit: int = 500
    asked: int = 0
    unanswered: int = 0
    trouble: str = ""
    _failed: int = field(default=0, repr=False)

    def __call__(self, name: str, countries: Sequence[str]) -> list[Place]:
        """Places that a name may mean, from the cache or the service; [] when there is none or it cannot be asked."""
        key = f"{fold(name)}|{','.join(countries)}"
        with self._store() as store:
            known = store.execute("SELECT places FROM answers WHERE service = ? AND key = ?", (self.service, key)).fetchone()
        if known is not None:
            return [Place(**row) for row in json.loads(known[0])]
        if self.trouble or self.asked >= self.limit:
            self.trouble = self.trouble or f"the limit of {self.limit} requests is reached"
            self.unanswered += 1
            return []
        self.asked += 1
        try:
            places = [row for row in self.ask(name, countries) if -90 <= row["lat"] <= 90 and -180 <= row["lon"] <= 180]
        except GeocoderError as error:
            self._failed += 1
            self.unanswered += 1
            if self._failed >= _FAILURES:
                self.trouble = str(error)
            return []
        self._failed = 0
        with self._store() as store:
            store.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (self.service, key, json.dumps(places, ensure_ascii=False)))
        return [Place(**row) for row in places]

    def _store(self) -> sqlite3.Connection:
        self.cache.parent.mkdir(parents=True, exist_ok=True)
        store = sqlite3.connect(self.cache, timeout=30, isolation_level=None)
        store.execute("CREATE TABLE IF NOT EXISTS answers (service TEXT, key TEXT, places TEXT, PRIMARY KEY (service, key))")
        return store


def open_geocoder(service: str, *, user_agent: str = "", url: str = "", limit: int = 500, delay: float | None = None) -> Geocoder:
    """A geocoder by geopy's name for its service (nominatim, photon, opencage, …).

    `url` is a server of one's own (scheme://host[:port]). A key is taken from GEOMAP_GEOCODER_KEY. Raises ConfigError
    when geopy is not installed, the service is unknown, or it wants a user agent or a key.
    """
    try:
        from geopy.exc import ConfigurationError, GeocoderNotFound, GeopyError
        from geopy.extra.rate_limiter import RateLimiter
        from geopy.geocoders import get_geocoder_for_service
    except ImportError:
        raise ConfigError("a geocoder needs geopy: pip install 'geomap[geocode]'") from None
    try:
        kind = get_geocoder_for_service(service)
    except GeocoderNotFound:
        raise ConfigError(f"{service}: geopy knows no such service; nominatim, photon and opencage are usual") from None
    if service == "nominatim" and not user_agent:
        raise ConfigError("Nominatim wants to know who asks: --user-agent 'your-project (you@example.org)'")
    options: dict[str, Any] = {"timeout": _TIMEOUT, "user_agent": user_agent or None}
    if url:
        scheme, _, domain = url.rpartition("://")
        options |= {"domain": domain, "scheme": scheme or "https"}
    key = os.environ.get("GEOMAP_GEOCODER_KEY")
    try:
        geolocator = kind(**options, **({"api_key": key} if key else {}))
    except (TypeError, ConfigurationError) as error:
        raise ConfigError(f"{service}: cannot be set up ({error}); a key goes into GEOMAP_GEOCODER_KEY") from None
    wait = delay if delay is not None else PUBLIC_DELAY if not url else 0.0
    limited = RateLimiter(geolocator.geocode, min_delay_seconds=wait, max_retries=0, swallow_exceptions=False)

    def ask(name: str, countries: Sequence[str]) -> list[dict[str, Any]]:
        wanted = [c.lower() for c in countries if c]
        extra: dict[str, Any] = {"exactly_one": False, "limit": 5}
        if service == "nominatim":
            extra |= {"addressdetails": True, "language": "en"} | ({"country_codes": wanted} if wanted else {})
        elif service == "photon":
            extra |= {"language": "en"}
        else:
            extra.pop("limit")
        try:
            found = limited(name, **extra) or []
        except (GeopyError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:  # geopy lets errors of odd answers through
            raise GeocoderError(f"{type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else 'no answer'}") from None
        return [row for spot in found if (row := _row(spot, service)) and (not wanted or not row["country_code"] or row["country_code"].lower() in wanted)]

    cache = cache_folder() / "geocoder.sqlite"
    return Geocoder(f"{service} {url}".strip(), ask, cache, limit)


def _row(spot: Any, service: str) -> dict[str, Any] | None:
    """A place's fields from an answer, None when it holds no usable coordinates."""
    def table(value: Any) -> dict[str, Any]:
        return value if isinstance(value, dict) else {}

    raw = table(spot.raw)
    facts, address = table(raw.get("properties")) or raw, table(raw.get("address"))  # Photon answers in GeoJSON
    kind = str(raw.get("addresstype") or facts.get("osm_value") or raw.get("type") or "")
    number = f"{str(facts.get('osm_type') or '')[:1].upper()}{facts.get('osm_id') or ''}"
    try:
        lat, lon = float(spot.latitude), float(spot.longitude)
    except (TypeError, ValueError):
        return None
    return {
        "id": f"{service}:{number or f'{lat:.5f},{lon:.5f}'}", "name": str(raw.get("name") or facts.get("name") or spot.address or "").split(",")[0][:120], "lat": lat, "lon": lon,
        "feature_code": _FEATURES.get(kind, "PPL"), "country_code": str(address.get("country_code") or facts.get("countrycode") or "").upper()[:2], "source": service,
    }
