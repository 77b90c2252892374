"""Finds the data files: those named on the command line, and those in configuration directories."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from datasette_lite.errors import PublishError
from datasette_lite.settings import DOCUMENTS, FOLDERS

#: The link parameter that opens a file, by the end of its name.
PARAMETERS = {
    ".db": "url",
    ".db3": "url",
    ".sqlite": "url",
    ".sqlite3": "url",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".geojson": "json",
    ".ndjson": "json",
    ".jsonl": "json",
    ".parquet": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
    ".sql": "sql",
}

#: Extensions of files that browsers unpack; they are published as they are.
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")

#: Files in a configuration directory that Datasette or the site's own build reads.
_NOT_DATA = {"inspect-data.json", "site.toml", "site.lock", *sum(DOCUMENTS.values(), ())}


@dataclass(frozen=True)
class DataFile:
    """A file with data, and the link parameter that opens it."""

    path: Path
    parameter: str

    @property
    def is_packed(self) -> bool:
        """Whether only the browser unpacks it."""
        return self.path.suffix.lower() in PACKED


@dataclass
class Inputs:
    """The files and folders that the command line names."""

    data: list[DataFile] = field(default_factory=list)
    #: Configuration directories.
    folders: list[Path] = field(default_factory=list)
    #: Files in configuration directories that are not published.
    left_out: list[Path] = field(default_factory=list)


def collect(paths: Iterable[Path]) -> Inputs:
    """Return the data in files and configuration directories, in order, without duplicates.

    Raises:
        PublishError: a file's kind cannot be published, or a folder has nothing to publish.
    """
    inputs = Inputs()
    for path in paths:
        if path.is_dir():
            inputs.folders.append(path)
            _add_folder(inputs, path)
        elif (parameter := _parameter(path)) is None:
            raise PublishError(_of_no_kind(path))
        else:
            inputs.data.append(DataFile(path, parameter))
    inputs.data = list({one.path.resolve(): one for one in inputs.data}.values())
    return inputs


def _add_folder(inputs: Inputs, folder: Path) -> None:
    found = 0
    for path in sorted(folder.iterdir()):
        is_own = path.name in (FOLDERS if path.is_dir() else _NOT_DATA)
        found += is_own
        if is_own or path.is_dir() or path.name.startswith("."):
            continue
        if (parameter := _parameter(path)) is not None:
            inputs.data.append(DataFile(path, parameter))
            found += 1
        elif not path.name.endswith(("-wal", "-shm", "-journal")):
            inputs.left_out.append(path)
    if not found:
        raise PublishError(
            f"{folder} has nothing to publish: no data files, no datasette.yaml or metadata.yaml,"
            " and no folder plugins, templates or static."
        )


def parameter_of(name: str) -> str | None:
    """Return the parameter that opens a file of this name; None if the name does not say."""
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    if suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return PARAMETERS.get(suffixes[-1]) if suffixes else None


def _parameter(path: Path) -> str | None:
    if (found := parameter_of(path.name)) is not None:
        return found
    with path.open("rb") as file:  # such as a database without a suffix
        return "url" if file.read(16) == b"SQLite format 3\0" else None


def _of_no_kind(path: Path) -> str:
    if path.name in _NOT_DATA:
        option = "--metadata" if path.name.startswith("metadata") else "a folder that contains it"
        return f"{path.name} is not data. Pass it as {option}."
    known = ", ".join(sorted(PARAMETERS))
    return f"{path.name} is not a kind of file that can be published. Known are: {known}."
