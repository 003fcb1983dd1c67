"""Load files of incidents in QGIS and print how it reads them.

    geomap extract data/articles -o x.gpkg && geomap extract data/articles -o x.geojson
    QT_QPA_PLATFORM=offscreen /usr/bin/python3 benchmarks/load_in_qgis.py x.gpkg x.geojson

Needs QGIS's Python (Debian's python3-qgis), which is too large for every run of the tests. Exit code 1 when a date is no
date or a count no integer.
"""

import os
import sys

from qgis.core import QgsApplication, QgsVectorLayer
from qgis.PyQt.QtCore import QVariant

WHOLE = (QVariant.Int, QVariant.LongLong)
WANTED = {"date_start": (QVariant.Date,), "date_end": (QVariant.Date,), "fatalities_best": WHOLE, "n_articles": WHOLE, "geo_precision": WHOLE, "title": (QVariant.String,)}

QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
wrong = 0
for path in sys.argv[1:]:
    layer = QgsVectorLayer(path, "incidents", "ogr")
    fields = {f.name(): f for f in layer.fields()}
    kinds = {name: fields[name].typeName() for name in WANTED if name in fields}
    bad = [name for name, kinds_ in WANTED.items() if name not in fields or fields[name].type() not in kinds_]
    wrong += not layer.isValid() or bool(bad)
    print(f"{path}: valid {layer.isValid()}, {layer.featureCount()} features, {layer.crs().authid()}, {kinds}", f"WRONG: {bad}" if bad else "")
sys.stdout.flush()
os._exit(bool(wrong))  # leaving the usual way, QGIS falls over its own threads
