"""News articles to a map of what happened where. Start reading in `geomap.pipeline`."""

__version__ = "0.1.0"
