"""Finds the rows in a JSON document, whatever its shape.

These are the shapes that Datasette Lite has always understood, and some more:

- a list of objects; a list of lists, of which the first is a header if it is all text; a list of
  other values, which become the column ``value``;
- a GeoJSON FeatureCollection, or a geometry: properties become columns, beside ``id``,
  ``geometry`` (as GeoJSON) and, for points, ``longitude`` and ``latitude``;
- features as ArcGIS writes them: their attributes become columns, beside ``geometry``;
- an object with a list of columns and a list of rows, as Datasette had before 1.0, pandas
  (``orient="split"``) and Socrata have; or with such rows alone (``_shape=arrays``);
- an object whose values are all objects: these are the rows, their keys the primary key ``_key``;
- an object with lists of objects: the largest of them;
- an object of lists of equal length: these are the columns;
- any other object: one row.

json_import.py reads the files.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from engine.errors import SourceError

KEY = "_key"


@dataclass(frozen=True)
class Shape:
    """Rows, all of them objects or all of them lists.

    There may be millions, so they are made from `raw` a part at a time.
    """

    raw: Sequence[Any]
    row: Callable[[Any], Any] | None = None  # makes a row from one raw value
    is_lists: bool = False
    columns: Sequence[str] = ()  # of lists
    primary_key: Sequence[str] = ()
    note: str = ""

    def __len__(self) -> int:
        return len(self.raw)

    def part(self, start: int, stop: int) -> list[Any]:
        """Return the rows from `start` up to `stop`."""
        part = self.raw[start:stop]
        return list(part) if self.row is None else list(map(self.row, part))


def shape_of(document: Any, source: str, header: bool | None = None) -> Shape:
    """Return the rows of a document.

    :param header: whether the first of a list of lists names the columns. None: if it can.

    Raises:
        SourceError: it is not a table.
    """
    if isinstance(document, dict):
        return _object(document, source, header)
    if isinstance(document, list):
        return _list(document, source, header)
    raise SourceError(
        f"{source} is JSON, but not a table: it only contains {_in_words(document)}.",
        source=source,
        hint="A list of objects is needed, such as [{…}, {…}].",
    )


def _object(document: dict[str, Any], source: str, header: bool | None) -> Shape:
    kind = document.get("type")
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        shape = _features(document["features"], source)
        return replace(shape, note=_left_out(document, {"type", "features"}))
    if kind == "Feature" and "geometry" in document:
        return _features([document], source)
    if kind in _GEOMETRIES and "coordinates" in document:
        return Shape([document], _geometry_row)
    if kind == "GeometryCollection" and _is_objects(document.get("geometries")):
        note = _left_out(document, {"type", "geometries"})
        return Shape(document["geometries"], _geometry_row, note=note)
    features = document.get("features")
    if _is_objects(features) and all(map(_is_esri_feature, features or ())):
        shape = Shape(document["features"], _esri_row)
        return replace(shape, note=_left_out(document, {"features"}))
    split = _split(document)
    if split is not None:
        return split
    if document.get("ok") is True and document.get("rows") == []:
        raise _no_rows(source, "Datasette found none")
    values = list(document.values())
    if values and all(isinstance(value, dict) and "$base64" not in value for value in values):
        taken = {name.lower() for value in values for name in value}
        key = _free(KEY, taken)
        return Shape(list(document.items()), partial(_keyed, key), primary_key=[key])
    lists = {key: value for key, value in document.items() if _is_objects(value)}
    if values and all(isinstance(value, list) and value for value in values):
        if len(set(map(len, values))) == 1 and len(lists) < len(values):
            rows = list(zip(*values, strict=True))
            return Shape(rows, is_lists=True, columns=list(document))
    if lists:
        # Descriptions of columns are no rows if there are others.
        key = max(lists, key=lambda name: (name not in _COLUMNS, len(lists[name])))
        note = (
            ""
            if len(lists) == 1
            else f"Of the lists in it, {key!r} was imported, because it is the longest."
        )
        note = " ".join(filter(None, [note, _left_out(document, {key})]))
        return Shape(lists[key], row_of_any, note=note)
    if not document:
        raise _no_rows(source, "it is an empty object")
    return Shape([decoded(document)])


def _list(document: list[Any], source: str, header: bool | None) -> Shape:
    if not document:
        raise _no_rows(source, "its list is empty")
    if all(isinstance(row, dict) for row in document):
        if not any(document):
            raise _no_rows(source, "its objects are empty")
        return Shape(document, decoded)
    if all(isinstance(row, list) for row in document):
        return _lists(document, header)
    # Mixed or plain values: keep all of them.
    return Shape(document, row_of_any)


def _lists(document: list[list[Any]], header: bool | None) -> Shape:
    width = max(map(len, document))
    first = document[0]
    if header is None:
        header = len(document) > 1 and bool(first) and all(isinstance(one, str) for one in first)
    names = [str(name) for name in first] if header else []
    columns: list[str] = []
    for number, name in enumerate([*names, *[""] * (width - len(names))], 1):
        name = name or f"untitled_{number}"
        while name in columns:
            name += "_2"
        columns.append(name)
    return Shape(document[1:] if header else document, is_lists=True, columns=columns)


def _keyed(column: str, member: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    key, value = member
    return decoded({column: key, **value})


def _free(name: str, taken: set[str]) -> str:
    """Return a name that is not taken, and take it: `name`, or the same after underscores.

    :param taken: in lower case.
    """
    while name.lower() in taken:
        name = f"_{name}"
    taken.add(name.lower())
    return name


def row_of_any(value: Any) -> dict[str, Any]:
    """Return a row for a single value."""
    if not isinstance(value, dict):
        return {"value": value}
    return feature_row(value) if is_feature(value) else decoded(value)


# Keys for the columns and the rows, if a document has them apart.
_COLUMNS = ("columns", "fields", "headers", "header", "cols")
_ROWS = ("rows", "data", "values", "records")


def _split(document: dict[str, Any]) -> Shape | None:
    """Return the rows of a document that has rows as lists, and the column names apart."""
    said = next((name for name in _COLUMNS if name in document), "")
    names = _column_names(document.get(said))
    key = next((name for name in _ROWS if _is_lists(document.get(name))), None)
    if key is None and names is not None:
        key = next((name for name in _ROWS if document.get(name) == []), None)
    if key is None:
        return None
    rows = document[key]
    if names is None:
        # Socrata's.
        meta = document.get("meta")
        view = meta.get("view") if isinstance(meta, dict) else None
        names = _column_names(view.get("columns")) if isinstance(view, dict) else None
        said = "meta" if names is not None else ""
    if names is None:
        shape = _lists(rows, False)
    else:
        shape = _lists([names, *rows], True)
    return replace(shape, note=_left_out(document, {key, said}))


def _column_names(said: Any) -> list[str] | None:
    if not isinstance(said, list) or not said:
        return None
    if all(isinstance(one, dict) for one in said):
        said = [one.get("name", one.get("id", one.get("field"))) for one in said]
    return said if all(isinstance(one, str) for one in said) else None


def _left_out(document: Mapping[str, Any], taken: set[str]) -> str:
    """Return a note on the parts of a document that are not rows."""
    names = [name for name in document if name not in taken]
    if not names:
        return ""
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"Left out, apart from the rows: {shown}."


_GEOMETRIES = frozenset(
    ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"]
)


def _geometry_row(geometry: Any) -> dict[str, Any]:
    return feature_row({"geometry": geometry})


def _features(features: list[Any], source: str) -> Shape:
    if not features:
        raise _no_rows(source, "it has no features")
    return Shape(features, row_of_any)


def feature_row(feature: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a GeoJSON feature."""
    properties = feature.get("properties")
    row = dict(properties) if isinstance(properties, dict) else {}
    taken = {name.lower() for name in row}
    if "id" in feature:
        row = {_free("id", taken): feature["id"], **row}
    known = {"type", "id", "geometry"}
    if properties is None or isinstance(properties, dict):
        known.add("properties")
    for name in feature:
        if name not in known:
            row[_free(name, taken)] = feature[name]
    geometry = feature.get("geometry")
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        coordinates = geometry.get("coordinates")
        if isinstance(coordinates, list) and len(coordinates) >= 2:
            if taken.isdisjoint({"longitude", "latitude"}):
                row["longitude"], row["latitude"] = coordinates[:2]
    row[_free("geometry", taken)] = geometry
    return row


def _is_esri_feature(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("attributes"), dict)


def _esri_row(feature: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a feature as ArcGIS writes it."""
    row = dict(feature["attributes"])
    taken = {name.lower() for name in row}
    for name, value in feature.items():
        if name != "attributes":
            row[_free(name, taken)] = value
    return row


def is_feature(row: Mapping[str, Any]) -> bool:
    """Return whether an object is a GeoJSON feature, as in newline-delimited GeoJSON."""
    return row.get("type") == "Feature" and "geometry" in row


def decoded(row: dict[str, Any]) -> dict[str, Any]:
    """Return an object with bytes in place of Base64 as Datasette and sqlite-utils write it."""
    if not any(isinstance(value, dict) and "$base64" in value for value in row.values()):
        return row
    return {name: decoded_value(value) for name, value in row.items()}


def decoded_value(value: Any) -> Any:
    """Return a value, as bytes if it is {"$base64": true, "encoded": …}."""
    if isinstance(value, dict) and value.keys() == {"$base64", "encoded"}:
        if value["$base64"] is not True:
            return value
        try:
            return base64.b64decode(value["encoded"], validate=True)
        except (ValueError, TypeError):
            return value
    return value


def _is_lists(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, list) for one in value)


def _is_objects(value: Any) -> bool:
    """Return whether a value is a list with objects, at least one of which is not empty."""
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return False
    return any(isinstance(one, dict) and one for one in value)


def nested_too_deeply(source: str) -> SourceError:
    """Return the error for a document that is too deep for the parser."""
    return SourceError(
        f"{source} is nested too deeply to be read as JSON.",
        source=source,
        hint="Data that is nested a thousand levels deep is hardly a table.",
    )


def _no_rows(source: str, why: str) -> SourceError:
    return SourceError(
        f"{source} holds no rows: {why}.",
        source=source,
        hint="Check that the address is complete and that the query behind it finds something.",
    )


def _in_words(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "a text" if isinstance(value, str) else "a number"
