"""Every error geomap raises on purpose: one base, each with a built-in parent, so `except ValueError` works too."""


class GeomapError(Exception):
    """Something the user can mend; the message is one line that says what and how."""


class ArticleError(GeomapError, ValueError):
    """An article that cannot be read."""


class GazetteerError(GeomapError, ValueError):
    """A gazetteer source or index that cannot be read or built."""


class GeocoderError(GeomapError, RuntimeError):
    """A geocoding service that cannot be reached or refuses."""


class ConfigError(GeomapError, ValueError):
    """Wrong use: an unknown option, format or file layout."""
