"""Fetches the source of Datasette at a branch, tag or commit from GitHub.

GitHub lets pages of other sites read its API and single files, but no archive of a repository. So
this resolves the name to a commit, lists the files of that commit, and fetches those of the package
one by one. Each must have the Git hash that the list gives for it. source_wheel.py makes a wheel of
them.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from engine.packages.network import METADATA_PATIENCE, in_time
from engine.packages.resolving import Report
from engine.packages.unresolvable import Unresolvable

#: The folder of the package in the repository, and the file that describes the package.
PACKAGE = "datasette/"
PROJECT = "pyproject.toml"

#: Datasette has about 150 files, 2 MB together.
_MOST_FILES = 2000
_MOST_BYTES = 50_000_000

#: Requests at the same time.
_TOGETHER = 8

_SHA = re.compile(r"[0-9a-f]{40}")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,40}")

#: How Git also accepts a commit: with fewer digits, and after anything, as in "x-1-gabcdef1".
_OTHERWISE = re.compile(r"[0-9a-f]{4,40}$")

#: Modes of files in Git's trees: not links, and not folders of other repositories.
_FILE_MODES = ("100644", "100755")

#: Requests a URL with some headers; returns status, headers with names in lower case, and body.
#: Raises OSError if there is no response.
Request = Callable[[str, dict[str, str]], Awaitable[tuple[int, Mapping[str, str], bytes]]]


@dataclass(frozen=True)
class Commit:
    """The files of the package at one commit, by path, and the project file with them."""

    sha: str
    files: dict[str, bytes]


@dataclass(frozen=True)
class _Entry:
    path: str
    sha: str
    size: int


class Repository:
    """Datasette's repository, as shell/shared/datasette-repository.js gives its addresses."""

    def __init__(self, *, page: str, api: str, raw: str, request: Request) -> None:
        self.page = page
        self._api, self._raw = api, raw
        self._request = request

    async def fetch(self, ref: str, report: Report) -> Commit:
        """Return the files at `ref`, the name of a branch, tag or commit.

        Raises:
            Unresolvable: there is no such commit, or it cannot be had as it is.
        """
        report("resolving", f"Datasette {ref}", 0, 0)
        sha = await self._resolve(ref)
        entries = self._package(await self._tree(ref, sha), ref)
        limit = asyncio.Semaphore(_TOGETHER)
        files: dict[str, bytes] = {}

        async def fetch(entry: _Entry) -> None:
            async with limit:
                files[entry.path] = await self._file(ref, sha, entry)
            there = f"{len(files)} of {len(entries)} files"
            report("downloading", f"Datasette {ref}, {there}", len(files), len(entries))

        tasks = [asyncio.create_task(fetch(entry)) for entry in entries]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        return Commit(sha, files)

    async def _resolve(self, ref: str) -> str:
        """Return the hash of the commit that `ref` names."""
        url = f"{self._api}/commits/{quote(ref)}"
        # The hash alone: the description of a commit has all its changes.
        status, body = await self._get(ref, url, {"Accept": "application/vnd.github.sha"})
        if status in (404, 422):
            raise Unresolvable(
                f"Datasette has no branch, tag or commit “{ref}”.",
                hint=f"Check the spelling: {self.page}/branches and {self.page}/tags list them.",
            )
        sha = body.decode(errors="replace").strip()
        if status != 200 or not _SHA.fullmatch(sha):
            raise _failed(ref, url, status)
        _check_kind(ref, sha)
        return sha

    async def _tree(self, ref: str, sha: str) -> list[Any]:
        """Return the list of all files of a commit, as GitHub has it."""
        url = f"{self._api}/git/trees/{sha}?recursive=1"
        status, body = await self._get(ref, url, {})
        try:
            answer = json.loads(body)
            entries, is_truncated = answer["tree"], answer["truncated"]
        except (ValueError, KeyError, TypeError):
            raise _failed(ref, url, status) from None
        if status != 200 or not isinstance(entries, list):
            raise _failed(ref, url, status)
        if is_truncated is not False:
            raise Unresolvable(
                f"Datasette {ref} could not be fetched: GitHub’s list of its files is incomplete.",
                hint="It has too many files to be installed from here.",
            )
        return entries

    def _package(self, entries: list[Any], ref: str) -> list[_Entry]:
        """Return those of the entries of a tree that are needed.

        Raises:
            Unresolvable: they are not what belongs into a wheel.
        """
        found = []
        for one in entries:
            path = one.get("path") if isinstance(one, dict) else None
            if not isinstance(path, str) or not (path.startswith(PACKAGE) or path == PROJECT):
                continue
            if one.get("type") == "tree":
                continue
            sha, size = one.get("sha"), one.get("size")
            is_plain = one.get("type") == "blob" and one.get("mode") in _FILE_MODES
            is_complete = isinstance(sha, str) and _SHA.fullmatch(sha) and isinstance(size, int)
            if not (is_plain and is_complete and _is_safe(path)):
                raise Unresolvable(
                    f"Datasette {ref} has something that cannot be installed: {path!r} is not a"
                    " plain file.",
                    hint="Nothing was installed.",
                )
            found.append(_Entry(path, str(sha), int(size)))
        if not any(one.path == PROJECT for one in found) or len(found) < 2:
            raise Unresolvable(
                f"Datasette {ref} has no {PROJECT} and cannot be installed from its source.",
                hint="It is too old for that. Name a version instead, such as ?ref=0.65.2.",
            )
        if len(found) > _MOST_FILES or sum(one.size for one in found) > _MOST_BYTES:
            raise Unresolvable(
                f"Datasette {ref} is too large to be installed from its source"
                f" ({len(found):,} files).",
                hint=f"Up to {_MOST_FILES:,} files and {_MOST_BYTES // 1_000_000} MB are accepted.",
            )
        return found

    async def _file(self, ref: str, sha: str, entry: _Entry) -> bytes:
        url = f"{self._raw}/{sha}/{quote(entry.path)}"
        status, body = await self._get(ref, url, {})
        if status != 200:
            raise _failed(ref, url, status)
        # Git's own hash. It detects damage; it does not tell who wrote the commit.
        blob = hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
        if len(body) != entry.size or blob != entry.sha:
            raise Unresolvable(
                f"Datasette {ref} could not be fetched: {entry.path} is not the file that GitHub"
                " lists.",
                hint="The download may be damaged. It will be tried again at the next start.",
                retry=True,
            )
        return body

    async def _get(self, ref: str, url: str, headers: dict[str, str]) -> tuple[int, bytes]:
        """Return the status and the body.

        Raises:
            Unresolvable: there is no response, or GitHub has had too many requests.
        """
        try:
            request = self._request(url, headers)
            status, found, body = await in_time(request, METADATA_PATIENCE, url)
        except OSError as error:
            raise Unresolvable(
                f"Datasette {ref} could not be fetched: GitHub could not be reached.",
                hint="Check your connection; it will be tried again at the next start.",
                retry=True,
            ) from error
        if status == 429 or (status == 403 and found.get("x-ratelimit-remaining") == "0"):
            raise Unresolvable(
                f"Datasette {ref} could not be fetched: GitHub has had too many requests from your"
                " network.",
                hint=f"It accepts a limited number of them per hour. {_again(found)}",
                retry=True,
            )
        return status, body


def _check_kind(ref: str, sha: str) -> None:
    """Check that `ref` is of the kind that the person who allowed it has read.

    Raises:
        Unresolvable: it was said to be a commit, and is a branch or tag, or the other way round.
    """
    if _ABBREVIATED.fullmatch(ref):
        if not sha.startswith(ref):
            raise Unresolvable(
                f"Datasette has no commit {ref}: on GitHub, this is the name of {sha}.",
                hint="The link may have been made to mislead you. Nothing was installed.",
            )
        return
    named = _OTHERWISE.search(ref.lower())
    if named and sha.startswith(named[0]):
        raise Unresolvable(
            f"“{ref}” is not a branch or tag of Datasette: GitHub takes it for the commit {sha}.",
            hint=f"To run that commit, use ?ref={sha[:7]} in a link.",
        )


def _is_safe(path: str) -> bool:
    """Whether a path stays in the folder it is written to, however it is read."""
    parts = path.split("/")
    return not ({"", ".", ".."} & set(parts)) and path.isprintable() and "\\" not in path


def _failed(ref: str, url: str, status: int) -> Unresolvable:
    return Unresolvable(
        f"Datasette {ref} could not be fetched: GitHub did not send what was expected from {url}"
        f" (HTTP {status}).",
        hint="It will be tried again at the next start.",
        retry=True,
    )


def _again(headers: Mapping[str, str]) -> str:
    """Say when GitHub will take requests again."""
    try:
        reset = datetime.fromtimestamp(int(headers["x-ratelimit-reset"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return "Open this again later."
    return f"Open this again after {reset:%H:%M} UTC."
