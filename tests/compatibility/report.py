"""Writes what the runs of all cases came to: docs/plugins.md and the catalogue of plugins."""

from __future__ import annotations

import json
from pathlib import Path

from tests.compatibility.case import Case
from tests.compatibility.outcomes import Outcome
from tests.compatibility.runs import PROJECT

TABLE = PROJECT / "docs" / "plugins.md"
CATALOGUE = PROJECT / "plugins" / "catalogue.json"

_HEAD = """# Plugins

Made by `make compatibility`; changes belong into `tests/compatibility/`. How to use plugins is in
[plugins-guide.md](plugins-guide.md).

{count} plugins, each with what it is for tried in a browser: once in a native Datasette
{datasette}, once in this site, on the same data. {works} work in both. A plugin that does not work
in the native one does not support this version of Datasette, whatever it says of itself, and so
cannot work here either. Of some, the newest version that is not a pre-release says that it supports
Datasette 1.0 and does not; the table has the version to take.

| plugin | version | native | here | |
| --- | --- | --- | --- | --- |
"""


def state(native: Outcome, here: Outcome) -> str:
    """Return what the catalogue calls this result."""
    if native.works:
        return "works" if here.works else "native-only"
    return "broken-upstream"


def write(results: list[tuple[Case, Outcome, Outcome]], datasette: str) -> None:
    """Write the table and the catalogue."""
    results = sorted(results, key=lambda result: result[0].name)
    rows = "".join(_row(*result) for result in results)
    works = sum(native.works and here.works for _, native, here in results)
    head = _HEAD.format(count=len(results), works=works, datasette=datasette)
    TABLE.write_text(head + rows)
    entries = [_entry(*result) for result in results]
    CATALOGUE.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n")


def _row(case: Case, native: Outcome, here: Outcome) -> str:
    name, _, version = case.requirement.partition("==")
    yes = {True: "works", False: "does not"}
    remarks = [case.note, reason(native, here), _network(here)]
    remark = " ".join(one for one in remarks if one).replace("|", "\\|")
    marks = f"{yes[native.works]} | {yes[here.works]}"
    return f"| {name}: {_lower(case.does)} | {version} | {marks} | {remark} |\n"


def reason(native: Outcome, here: Outcome) -> str:
    """Return why a plugin does not work, in sentences: natively first, as that counts for both."""
    if native.works or here.works or here.reason == native.reason:
        return native.reason or here.reason
    return f"{native.reason} Here: {here.reason[0].lower()}{here.reason[1:]}"


def _network(here: Outcome) -> str:
    # Such as a., b. and c. of the same host.
    hosts = sorted({".".join(host.split(".")[-3:]) for host in here.hosts})
    return f"Asks {' and '.join(hosts)}." if hosts else ""


def _entry(case: Case, native: Outcome, here: Outcome) -> dict[str, object]:
    name, _, version = case.requirement.partition("==")
    return {
        "name": name,
        "title": case.title,
        "does": f"{case.does}.",
        "version": version,
        "needs_network": bool(here.hosts),
        "state": state(native, here),
        "note": " ".join(x for x in (case.note, reason(native, here), _network(here)) if x),
    }


def _lower(text: str) -> str:
    return text if text[:2].isupper() else text[0].lower() + text[1:]


def path_of_table() -> Path:
    """Return where the table is, to tell whoever runs this."""
    return TABLE.relative_to(PROJECT)
