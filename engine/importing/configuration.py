"""Reads Datasette's metadata and configuration from a link or a file, makes it safe and merges it.

A link is not trusted, and these files can hold HTML, scripts and styles from elsewhere, which could
read everything that is saved on this site. Those parts are left out, with a note, unless the person
allows them for the file. Settings have limits, since each of them could freeze every page. Other
modules ask the person, and Datasette interprets the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from datasette.app import DEFAULT_SETTINGS

from engine.errors import SourceError
from engine.importing.csv_dialect import decode_text
from engine.importing.file_kinds import refuse_other_formats, refuse_other_texts
from engine.importing.json_depth import loads
from engine.importing.yaml_document import YamlError, load

#: Where something is in a document: the keys that lead to it.
Keys = tuple[str, ...]

#: Settings that only change how things look or how much is shown. For numbers: the lowest and the
#: highest value that a link may set. Everything runs in one thread and one memory, so a slow query
#: keeps all pages waiting.
SETTINGS: dict[str, tuple[int, int] | None] = {
    "default_page_size": (1, 1_000),
    "max_returned_rows": (1, 10_000),
    "max_insert_rows": (1, 10_000),
    "sql_time_limit_ms": (1, 5_000),
    "default_facet_size": (1, 200),
    # Each column with a facet can take this long, one after the other.
    "facet_time_limit_ms": (1, 1_000),
    "facet_suggest_time_limit_ms": (1, 100),
    # 0 would mean no limit.
    "max_csv_mb": (1, 500),
    "truncate_cells_html": (1, 100_000),
    "allow_facet": None,
    "allow_download": None,
    "default_allow_sql": None,
    "suggest_facets": None,
    "allow_csv_stream": None,
}

#: The size limit of a file. Real ones have about 50 KB.
MOST_BYTES = 5_000_000

# Datasette replaces $file with a file's content and $env with an environment variable.
_LOADS_CODE = frozenset(
    {"extra_css_urls", "extra_js_urls", "extra_css", "extra_js", "$file", "$env"}
)
_URL_NAME = re.compile(r"(?:^|_)(?:url|urls|uri|href|src|link|links|redirect)$", re.IGNORECASE)
_SAFE_SCHEME = re.compile(r"(?:https?|mailto):", re.IGNORECASE)


@dataclass(frozen=True)
class Cleaned:
    """A file's contents, without what was left out."""

    contents: dict[str, Any]
    #: Names of the parts that could run code, such as "databases.data.description_html".
    code: list[str]
    #: The contents with the parts that could run code, and with the same settings.
    whole: dict[str, Any]
    #: Sentences on other differences from the file.
    remarks: list[str]

    @property
    def notes(self) -> list[str]:
        """Sentences for the person."""
        left_out = f"Left out, since it could run code here: {', '.join(self.code)}."
        return [*([left_out] if self.code else []), *self.remarks]


def read_configuration(data: bytes, source: str) -> Cleaned:
    """Return the contents of a metadata.json, datasette.yaml or the like.

    Raises:
        SourceError: it is neither JSON nor YAML, or does not hold an object.
    """
    what = "Datasette's metadata or configuration"
    if len(data) > MOST_BYTES:
        raise SourceError(
            f"{source} is too large to be {what}: it has {len(data):,} bytes.",
            source=source,
            hint=f"Up to {MOST_BYTES:,} bytes can be read. Check that it is the right file.",
        )
    refuse_other_formats(data[:1000], source, what)
    text = decode_text(data)
    refuse_other_texts(text, source, what)
    contents = _parse(text, source)
    if not isinstance(contents, dict):
        raise SourceError(
            f"{source} is not {what}: it does not contain an object.",
            source=source,
            hint='Such files look like {"title": "…", "databases": {…}}, or the same in YAML.',
        )
    return cleaned(_plain(contents))


def cleaned(contents: dict[str, Any]) -> Cleaned:
    """Return the contents of a metadata or configuration file, made safe."""
    remarks: list[str] = []
    whole = _well_shaped(contents, remarks)
    # truncate_cells_html is a number, whatever its name ends with.
    settings = {}
    if "settings" in whole:
        settings["settings"] = dict(_allowed(whole.pop("settings"), remarks))
    harmless, code = without_code(whole)
    return Cleaned({**harmless, **settings}, code, {**whole, **settings}, remarks)


def without_code(contents: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return `contents` without the parts that could run code, and the names of those parts."""
    left_out: list[str] = []
    return _clean(contents, (), left_out), left_out


def blanks(contents: dict[str, Any], path: Keys = ()) -> dict[str, Any]:
    """Return only the texts that could run code, as empty texts.

    Datasette keeps metadata in its internal database. Without these, text that a person once
    allowed and no longer does would stay there.
    """
    result: dict[str, Any] = {}
    for name, value in contents.items():
        if isinstance(value, dict):
            if name != "settings" and (inner := blanks(value, (*path, name))):
                result[name] = inner
        elif isinstance(value, str) and not _holds_names(path) and can_run_code(name, value):
            result[name] = ""
    return result


def merged(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Merge all parts, object by object; if several set a value, the last one wins."""
    result: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            there = result.get(name)
            both = isinstance(there, dict) and isinstance(value, dict)
            result[name] = merged([there, value]) if both else value  # type: ignore[list-item]
    return result


def _parse(text: str, source: str) -> Any:
    try:
        return loads(text)
    except RecursionError as error:
        raise SourceError(
            f"{source} is nested too deeply to be read.",
            source=source,
            hint="Metadata and configuration have a few levels. Check that it is the right file.",
        ) from error
    except json.JSONDecodeError as error:
        json_error = error if text.lstrip().startswith("{") else None
    try:
        return load(text)
    except YamlError as error:
        if json_error is not None:
            where, problem = json_error.lineno, json_error.msg.lower()
        else:
            where, problem = error.line, error.problem
        raise SourceError(
            f"{source} is not valid {'JSON' if json_error else 'YAML'}: {problem}"
            f"{f' in line {where:,}' if where else ''}.",
            source=source,
            hint="Correct the file. In YAML, indentation matters and must be spaces.",
        ) from error


def _plain(value: Any) -> Any:
    """Convert a value read from YAML to JSON's types: dates and the like become text."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)


def can_run_code(name: str, value: Any) -> bool:
    """Return whether Datasette would run the value of `name`, or link to code."""
    return name in _LOADS_CODE or name.lower().endswith("_html") or _has_bad_url(name, value)


def _holds_names(path: Keys) -> bool:
    """Return whether the keys of the object at a path are names that people gave, of databases,
    tables, columns or queries: one may well be called `pages_html`.
    """
    match path:
        case (
            ("databases",)
            | ("databases", _, "tables" | "queries")
            | ("databases", _, "tables", _, "columns" | "column_types")
        ):
            return True
    return False


def _clean(value: dict[str, Any], path: Keys, left_out: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, one in value.items():
        here = (*path, name)
        if not _holds_names(path) and can_run_code(name, one):
            left_out.append(".".join(here))
        else:
            result[name] = _clean_any(one, here, left_out)
    return result


def _clean_any(value: Any, path: Keys, left_out: list[str]) -> Any:
    if isinstance(value, dict):
        return _clean(value, path, left_out)
    if isinstance(value, list):
        return [_clean_any(one, path, left_out) for one in value]
    return value


def _has_bad_url(name: str, value: Any) -> bool:
    if not _URL_NAME.search(name):
        return False
    values = value if isinstance(value, list) else [value]
    return any(isinstance(one, str) and _is_bad_url(one) for one in values)


def _is_bad_url(url: str) -> bool:
    # Browsers ignore white space and control characters, as in "java\tscript:".
    plain = re.sub(r"[\x00-\x20]", "", url)
    return ":" in re.split(r"[/?#]", plain)[0] and not _SAFE_SCHEME.match(plain)


def _well_shaped(contents: dict[str, Any], remarks: list[str]) -> dict[str, Any]:
    """Return a copy without values that would stop Datasette from starting."""

    def objects(value: dict[str, Any], path: str, names: Iterable[str]) -> dict[str, Any]:
        result = dict(value)
        for name in names:
            if name in result and not isinstance(result[name], dict):
                del result[name]
                remarks.append(f"{path}{name} was left out: it must be an object.")
        return result

    result = objects(contents, "", ("databases", "settings", "plugins"))
    databases = objects(result.get("databases", {}), "databases.", result.get("databases", {}))
    for database, about in databases.items():
        path = f"databases.{database}."
        about = objects(about, path, ("tables", "queries", "plugins"))
        tables = objects(about.get("tables", {}), f"{path}tables.", about.get("tables", {}))
        for table, more in tables.items():
            names = ("columns", "column_types", "plugins")
            tables[table] = objects(more, f"{path}tables.{table}.", names)
        databases[database] = {**about, "tables": tables} if "tables" in about else about
    return {**result, "databases": databases} if "databases" in result else result


def _allowed(settings: dict[str, Any], remarks: list[str]) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if name not in SETTINGS:
            remarks.append(f"settings.{name} was left out: a link can't set it.")
            continue
        range_, kind = SETTINGS[name], type(DEFAULT_SETTINGS[name])
        if type(value) is not kind:
            wanted = "true or false" if kind is bool else "a whole number"
            remarks.append(f"settings.{name} was left out: it must be {wanted}.")
        elif range_ is None or range_[0] <= value <= range_[1]:
            yield name, value
        else:
            nearest = min(max(value, range_[0]), range_[1])
            which = "highest" if value > nearest else "lowest"
            remarks.append(
                f"settings.{name} is {nearest:,} instead of {value:,},"
                f" the {which} value that a link may set."
            )
            yield name, nearest
