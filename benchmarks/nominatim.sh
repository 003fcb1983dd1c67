#!/usr/bin/env bash
# The geocoder fallback against a real Nominatim: a server of its own with a few places written here, and one sentence that
# names a village which the gazetteer lacks. Needs Debian's postgresql, postgresql-postgis and osm2pgsql; takes
# under a minute. The tests of outages use a server that only speaks Nominatim's language.
#
#     benchmarks/nominatim.sh PYTHON_OF_GEOMAP
set -euo pipefail
geomap=$(realpath -s "$1")
work=$(mktemp -d /tmp/geomap-nominatim-XXXX)
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
port=54399
export PGHOST=127.0.0.1 PGPORT=$port PGUSER=nominatim PATH="$bin:$PATH"
as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- env PATH="$PATH" "$@"; else "$@"; fi; }
stop() { kill "${server:-0}" 2>/dev/null || true; (cd / && as pg_ctl -D "$work/pg" -m immediate stop >/dev/null 2>&1) || true; rm -rf "$work"; }
trap stop EXIT
chmod 777 "$work"

cd /
as initdb -D "$work/pg" -U nominatim -A trust -E UTF8 --no-sync >/dev/null
as pg_ctl -D "$work/pg" -w -l "$work/pg.log" -o "-p $port -k $work -c fsync=off -c listen_addresses=127.0.0.1" start >/dev/null
createuser -S -D -R www-data

cat > "$work/places.osm" <<'OSM'
<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="written by hand">
  <node id="1" version="1" timestamp="2022-01-01T00:00:00Z" lat="39.60" lon="46.30"><tag k="place" v="village"/><tag k="name" v="Qarzorashen"/></node>
  <node id="2" version="1" timestamp="2022-01-01T00:00:00Z" lat="40.18" lon="44.51"><tag k="place" v="city"/><tag k="name" v="Yerevan"/><tag k="capital" v="yes"/></node>
  <node id="3" version="1" timestamp="2022-01-01T00:00:00Z" lat="-33.0" lon="151.0"><tag k="place" v="village"/><tag k="name" v="Qarzorashen"/></node>
</osm>
OSM

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q nominatim-db nominatim-api falcon uvicorn 2>/dev/null
mkdir "$work/project" && cd "$work/project"
export NOMINATIM_DATABASE_DSN="pgsql:host=127.0.0.1;port=$port;user=nominatim;dbname=nominatim" NOMINATIM_IMPORT_STYLE=address
"$work/venv/bin/nominatim" import --osm-file "$work/places.osm" --no-updates --osm2pgsql-cache 50 -j 2 -q
"$work/venv/bin/nominatim" serve --server 127.0.0.1:8099 >"$work/serve.log" 2>&1 &
server=$!
for _ in $(seq 60); do curl -sf http://127.0.0.1:8099/status >/dev/null && break; sleep 0.5; done

export GEOMAP_CACHE="$work/cache"
said=$("$geomap" -m geomap locate "Shelling was reported in Qarzorashen village, Armenia's defence ministry in Yerevan said." --geocoder nominatim --geocoder-url http://127.0.0.1:8099 --user-agent tests --quiet)
echo "$said"
echo "$said" | grep -q '"text": "Qarzorashen[^}]*"lat": 39.6, "lon": 46.3, "country_code": "AM"[^}]*"place_id": "nominatim:N1"'
echo "a real Nominatim placed the village that the gazetteer lacks, in the article's country"
