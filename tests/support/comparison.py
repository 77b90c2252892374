"""Compares a response of the site with that of a native Datasette, which runs at its host's root.

It makes the two comparable and says where they differ. The test decides which differences are
justified.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from typing import Literal
from urllib.parse import quote

from tests.support.asgi import WORKER_HEADERS
from tests.support.native import Answer

# Headers of the connection; a service worker's answer is not sent over one.
OF_THE_CONNECTION = {"connection", "date", "server", "transfer-encoding"}

# Paths in HTML and JSON, after a quote or the like, and in headers. A lone slash is one only as the
# whole value of an attribute: text and scripts have others.
_PATH = re.compile(r"""(?:(?<=["'(])|(?<=: <))/[\w~@%][\w~@%./-]*|(?<=href=")/(?=")""")

# Types served unchanged: their slashes are comments, divisions, regular expressions, or just bytes.
_WITHOUT_LINKS = (
    "text/javascript",
    "text/css",
    "application/zip",
    "application/vnd.sqlite3",
    "application/x-ndjson; charset=utf-8",
)


@dataclass
class Difference:
    """A difference that is allowed between both sides, and why."""

    where: str  # a pattern that the whole address matches
    why: str
    same: Callable[[str], str]  # makes both texts the same
    of: Literal["body", "headers"] = "body"
    used: bool = field(default=False, init=False)

    def allow(self, path: str, of: str, text: str) -> str:
        """Return the body or the headers of the page at `path` without this difference."""
        if of != self.of or re.fullmatch(self.where, path) is None:
            return text
        result = self.same(text)
        self.used = self.used or result != text
        return result


def replace(pattern: str, replacement: str = "") -> Callable[[str], str]:
    """Return a function that replaces matches; `"` also matches in the form that HTML has.

    (So `"` must not stand between square brackets.)
    """
    compiled = re.compile(pattern.replace('"', '(?:"|&#34;)'), re.DOTALL)
    return lambda text: compiled.sub(replacement, text)


def in_any_order(text: str) -> str:
    """Return JSON with the keys of its objects sorted."""
    return json.dumps(json.loads(text), sort_keys=True)


@dataclass(frozen=True)
class Place:
    """The instance's location: `base` is its path, with both slashes, on the host `origin`."""

    origin: str
    base: str

    def address(self, path: str) -> str:
        """Return the site's address for the native `path`."""
        return f"{self.origin}{self.base}{path[1:]}"

    def at_root(self, text: str) -> str:
        """Return a text as it would be if the instance were at the root of its host."""
        text = text.replace(quote(self.base, safe=""), "%2F")
        return text.replace(self.base, "/")

    def strays(self, text: str) -> list[str]:
        """Return the paths in a text that lead out of the instance: `at_root` would hide them."""
        paths = _PATH.findall(text)
        paths += re.findall(re.escape(self.origin) + r"(/[\w~@%./-]*)", text)
        return [path for path in paths if not path.startswith(self.base)]


def _text(body: bytes) -> str:
    # This preserves any bytes, so binary bodies can be compared like text.
    return body.decode("utf-8", "surrogateescape")


def _headers(answer: Answer) -> list[str]:
    names = sorted({name for name, _ in answer.headers} - OF_THE_CONNECTION - set(WORKER_HEADERS))
    return [f"{name}: {answer.header(name)}" for name in names]


def compare(
    path: str, native: Answer, site: Answer, place: Place, differences: Sequence[Difference]
) -> list[str]:
    """Return the lines in which the two answers to `path` differ, native ones with a minus.

    Every difference in `differences` is removed first.
    """
    texts = []
    strays: list[str] = []
    for answer in (native, site):
        head, body = "\n".join(_headers(answer)), _text(answer.body)
        for difference in differences:
            head = difference.allow(path, "headers", head)
            body = difference.allow(path, "body", body)
        lines = [f"status: {answer.status}", *head.split("\n"), "", *body.split("\n")]
        if answer is site:
            if answer.header("content-type") not in _WITHOUT_LINKS:
                strays = [stray for line in lines for stray in place.strays(line)]
            lines = [place.at_root(line) for line in lines]
        texts.append(lines)
    found = [line[:400] for line in unified_diff(texts[0], texts[1], lineterm="", n=0)][2:]
    found = [line for line in found if not line.startswith("@@")]
    return found + [f"+leads out of the instance: {stray}" for stray in strays]
