"""Tests of what is fetched from GitHub, and of what is refused."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from engine.errors import PluginError
from tests.support.github import REPOSITORY, answers, pyproject, tree

SHA = "abcdef1" + "0" * 33
API = f"api.github.com/{REPOSITORY}"
RAW = f"raw.githubusercontent.com/simonw/datasette/{SHA}"
FILES = {
    "pyproject.toml": pyproject(["click>=7"]),
    "datasette/__init__.py": b"",
    "datasette/app.py": b"print('Gr\xc3\xbc\xc3\x9fe')\n",
    "datasette/static/a b#.css": b"p { }",
}


class FakeGitHub:
    """Answers from a dict; counts how many requests are under way at the same time."""

    def __init__(self, **found: Any) -> None:
        self.found: dict[str, Any] = {**answers("main", SHA, FILES), **found}
        self.requested: list[str] = []
        self.most = self._now = 0
        #: What was reported, in order.
        self.reported: list[tuple[str, str, int, int]] = []

    async def request(self, url: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        address = url.removeprefix("https://").partition("?")[0]
        self.requested.append(address)
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0)
        self._now -= 1
        answer = self.found.get(address, (404, b"not found"))
        if isinstance(answer, Exception):
            raise answer
        status, body, *more = answer
        return status, (more[0] if more else {}), body

    def fetch(self, ref: str = "main") -> Any:
        from engine.packages.github import Repository

        repository = Repository(
            page="https://github.com/simonw/datasette",
            api=f"https://{API}",
            raw="https://raw.githubusercontent.com/simonw/datasette",
            request=self.request,
        )
        return asyncio.run(repository.fetch(ref, lambda *step: self.reported.append(step)))


def _listed(**changed: Any) -> dict[str, Any]:
    return {f"{API}/git/trees/{SHA}": (200, json.dumps(tree(FILES, **changed)).encode())}


def _with_entry(**changed: Any) -> dict[str, Any]:
    """Return an answer in whose list of files there is one more."""
    entry = {"path": "datasette/x.py", "mode": "100644", "type": "blob", "size": 0, "sha": "0" * 40}
    return _listed(tree=[*tree(FILES)["tree"], {**entry, **changed}])


def test_the_package_and_the_project_file_are_fetched_and_nothing_else() -> None:
    everything = {**FILES, "docs/index.rst": b"docs", "tests/test_x.py": b"", "setup.py": b""}
    github = FakeGitHub(**answers("main", SHA, everything))
    found = github.fetch()
    assert found.sha == SHA
    assert found.files == FILES
    assert github.requested[:2] == [f"{API}/commits/main", f"{API}/git/trees/{SHA}"]
    assert sorted(github.requested[2:]) == sorted(
        [
            f"{RAW}/pyproject.toml",
            f"{RAW}/datasette/__init__.py",
            f"{RAW}/datasette/app.py",
            f"{RAW}/datasette/static/a%20b%23.css",
        ]
    )


def test_many_files_are_fetched_a_few_at_a_time() -> None:
    many = {**FILES, **{f"datasette/m{number}.py": b"%d" % number for number in range(100)}}
    github = FakeGitHub(**answers("main", SHA, many))
    assert github.fetch().files == many
    assert 2 <= github.most <= 8
    assert github.reported[0] == ("resolving", "Datasette main", 0, 0)
    assert github.reported[-1] == ("downloading", "Datasette main, 104 of 104 files", 104, 104)


@pytest.mark.parametrize("ref", [SHA, SHA[:7], "feature/x", "v1-tag"])
def test_names_and_commits_are_resolved(ref: str) -> None:
    assert FakeGitHub(**answers(ref, SHA, FILES)).fetch(ref).sha == SHA


LIMIT = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000000"}


@pytest.mark.parametrize(
    ("found", "said", "retry"),
    [
        ({f"{API}/commits/main": (404, b"")}, "no branch, tag or commit “main”", False),
        ({f"{API}/commits/main": (422, b"{}")}, "no branch, tag or commit “main”", False),
        ({f"{API}/commits/main": OSError("x")}, "GitHub could not be reached", True),
        ({f"{API}/commits/main": (403, b"", LIMIT)}, "Open this again after 08:00 UTC.", True),
        ({f"{API}/commits/main": (429, b"")}, "Open this again later.", True),
        (
            {f"{API}/commits/main": (403, b"", {**LIMIT, "x-ratelimit-reset": "9" * 30})},
            "Open this again later.",
            True,
        ),
        ({f"{API}/commits/main": (403, b"")}, "(HTTP 403)", True),
        ({f"{API}/commits/main": (500, b"")}, "(HTTP 500)", True),
        ({f"{API}/commits/main": (200, b'{"sha": 1}')}, "did not send what was expected", True),
        ({f"{API}/git/trees/{SHA}": (200, b"[]")}, "did not send what was expected", True),
        ({f"{API}/git/trees/{SHA}": (200, b"{")}, "did not send what was expected", True),
        ({f"{API}/git/trees/{SHA}": (409, b"{}")}, "(HTTP 409)", True),
        (_listed(truncated=True), "list of its files is incomplete", False),
        (_listed(truncated=None), "list of its files is incomplete", False),
        (_listed(tree=3), "did not send what was expected", True),
        (_listed(tree=[]), "has no pyproject.toml", False),
        (_with_entry(path="datasette/../x.py"), "is not a plain file", False),
        (_with_entry(path="datasette//x.py"), "is not a plain file", False),
        (_with_entry(path="datasette/x\\..\\y.py"), "is not a plain file", False),
        (_with_entry(path="datasette/x\u202e.py"), "is not a plain file", False),
        (_with_entry(mode="120000"), "is not a plain file", False),
        (_with_entry(type="commit", mode="160000"), "is not a plain file", False),
        (_with_entry(sha="main"), "is not a plain file", False),
        (_with_entry(size="1"), "is not a plain file", False),
        (_with_entry(size=60_000_000), "is too large", False),
        ({f"{RAW}/datasette/app.py": (200, b"print('Gr")}, "app.py is not the file", True),
        ({f"{RAW}/datasette/app.py": (404, b"")}, "(HTTP 404)", True),
        ({f"{RAW}/datasette/app.py": OSError("x")}, "GitHub could not be reached", True),
    ],
)
def test_what_cannot_be_had_is_said(found: dict[str, Any], said: str, retry: bool) -> None:
    with pytest.raises(PluginError) as raised:
        FakeGitHub(**found).fetch()
    error: Any = raised.value
    assert said in f"{error.message} {error.hint}"
    assert error.retry is retry


def test_a_file_of_the_right_size_with_other_content_is_refused() -> None:
    other = bytes(reversed(FILES["datasette/app.py"]))
    with pytest.raises(PluginError, match="is not the file that GitHub lists"):
        FakeGitHub(**{f"{RAW}/datasette/app.py": (200, other)}).fetch()


def test_a_branch_that_looks_like_a_commit_is_not_taken_for_one() -> None:
    with pytest.raises(PluginError, match="has no commit deadbeef"):
        FakeGitHub(**answers("deadbeef", SHA, FILES)).fetch("deadbeef")


@pytest.mark.parametrize("ref", ["abcde", "ABCDE", "main-1-gabcdef1", "x/y-12-gabcd"])
def test_a_commit_is_not_taken_for_a_branch(ref: str) -> None:
    # The question would not have said that anyone may have written it.
    with pytest.raises(PluginError, match="is not a branch or tag of Datasette"):
        FakeGitHub(**answers(ref, SHA, FILES)).fetch(ref)
    other = SHA.replace("a", "b", 1)
    assert FakeGitHub(**answers(ref, other, FILES)).fetch(ref).sha == other


def test_what_lies_outside_of_the_package_does_not_matter() -> None:
    assert FakeGitHub(**_with_entry(path="/etc/passwd")).fetch().files == FILES
    assert FakeGitHub(**_with_entry(path="docs/../../x", mode="120000")).fetch().files == FILES
