"""Datasette's metadata and configuration from a link or a file: read, made harmless, merged.

A link is not trusted, and what these files can say includes HTML, scripts and styles from
elsewhere, which could read all that is saved on this site. Those parts are left out, and a note
says so, unless the person allows them for the file. Not responsible for what Datasette makes of the
rest, nor for asking.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from datasette.app import DEFAULT_SETTINGS

from engine.csv_dialect import decode_text
from engine.errors import SourceError
from engine.file_kinds import refuse_other_formats, refuse_other_texts
from engine.json_depth import loads
from engine.yaml_document import YamlError, load

#: Settings that change how things look or how much is shown, and nothing else.
SETTINGS = frozenset(
    {
        "default_page_size",
        "max_returned_rows",
        "max_insert_rows",
        "sql_time_limit_ms",
        "default_facet_size",
        "facet_time_limit_ms",
        "facet_suggest_time_limit_ms",
        "allow_facet",
        "allow_download",
        "default_allow_sql",
        "suggest_facets",
        "allow_csv_stream",
        "max_csv_mb",
        "truncate_cells_html",
    }
)

#: Of a file. Real ones have some 50 KB.
MOST_BYTES = 5_000_000

_LOADS_CODE = frozenset({"extra_css_urls", "extra_js_urls", "extra_css", "extra_js"})
_SAFE_SCHEME = re.compile(r"(?:https?|mailto):", re.IGNORECASE)


@dataclass(frozen=True)
class Cleaned:
    """A file's contents, without what was left out."""

    contents: dict[str, Any]
    left_out: list[str]  # such as "databases.data.description_html"
    #: With what could run code, but without settings that can't be set here.
    whole: dict[str, Any] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """Sentences for the person."""
        if not self.left_out:
            return []
        return [
            f"Left out, since it could run code here: {', '.join(self.left_out)}."
            if all(not name.startswith("settings.") for name in self.left_out)
            else f"Left out, since it could run code or can't be set here:"
            f" {', '.join(self.left_out)}."
        ]


def read_configuration(data: bytes, source: str) -> Cleaned:
    """Return what a metadata.json, datasette.yaml or the like says.

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
            f"{source} is not {what}: it holds no object.",
            source=source,
            hint='Such files look like {"title": "…", "databases": {…}}, or the same in YAML.',
        )
    whole: dict[str, Any] = _plain(contents)
    cleaned, left_out = without_code(whole)
    settings = cleaned.get("settings")
    if isinstance(settings, dict):
        cleaned["settings"] = dict(_allowed(settings, left_out))
        whole["settings"] = cleaned["settings"]
    elif settings is not None:
        del cleaned["settings"], whole["settings"]
        left_out.append("settings")
    return Cleaned(cleaned, left_out, whole)


def without_code(contents: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return `contents` without what could run code, and the names of that."""
    left_out: list[str] = []
    return _clean(contents, "", left_out), left_out


def merged(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return all parts, object by object; where several say something, the last one counts."""
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
            hint="Correct the file there. In YAML, indentation matters and must be spaces.",
        ) from error


def _plain(value: Any) -> Any:
    """Return what YAML has read in terms of JSON: dates and the like as text."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)


def _clean(value: dict[str, Any], path: str, left_out: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, one in value.items():
        here = f"{path}{name}"
        if name in _LOADS_CODE or name.endswith("_html") or _is_bad_url(name, one):
            left_out.append(here)
        else:
            result[name] = _clean_any(one, f"{here}.", left_out)
    return result


def _clean_any(value: Any, path: str, left_out: list[str]) -> Any:
    if isinstance(value, dict):
        return _clean(value, path, left_out)
    if isinstance(value, list):
        return [_clean_any(one, path, left_out) for one in value]
    return value


def _is_bad_url(name: str, value: Any) -> bool:
    if not (name.endswith("_url") or name == "url") or not isinstance(value, str):
        return False
    # Browsers pass over white space and control characters in "java\tscript:".
    plain = re.sub(r"[\x00-\x20]", "", value)
    return ":" in plain.split("/")[0] and not _SAFE_SCHEME.match(plain)


def _allowed(settings: dict[str, Any], left_out: list[str]) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if name in SETTINGS and type(value) is type(DEFAULT_SETTINGS[name]):
            yield name, value
        else:
            left_out.append(f"settings.{name}")
