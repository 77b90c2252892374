"""Finds a balanced mix of a Datasette's pages by following links.

Links are followed breadth first in the order in which pages show them, so the same data gives the
same pages each time. Each *kind* of page is followed only a few times: a table has hundreds of rows
and dozens of ways to sort it, which would crowd out everything else.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qsl, quote, urldefrag, urljoin, urlsplit

from tests.support.native import Answer

# How often a kind of page is followed, and how many parameters it may have.
OF_A_KIND = 2
PARAMETERS_AT_MOST = 2

# What URLs may contain literally in a path or query; browsers escape everything else.
_LITERAL = "/%:@!$&'()*+,;=~-._?[]"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") or (tag == "form" and name == "action"):
                self.found.append(value or "")


def links(html: str) -> list[str]:
    """Return the addresses that a page links to and loads, as they are written there."""
    parser = _Links()
    parser.feed(html)
    return parser.found


def kind(path: str) -> tuple[str, ...]:
    """Return the kind of an address.

    Every table is a kind of its own, and so are its rows; filters by any column are one kind.

    >>> kind("/db/table.json?_size=10&age=7")
    ('*', '*.json', '?_size', '?column')
    >>> kind("/db/table/1,2")
    ('*', 'table', '*')
    """
    url = urlsplit(path)
    query = parse_qsl(url.query, keep_blank_values=True)
    names = sorted({name if name.startswith("_") else "column" for name, _ in query})
    parts = url.path.strip("/").split("/")
    # From a "-" on, the path says what page it is; before it, whose.
    whose = parts.index("-") if "-" in parts else len(parts)
    shape = ["*" + "".join(part.partition(".")[1:]) for part in parts[:whose]] + parts[whose:]
    if not names and len(shape) > 1 and shape[1:] in (["*"], ["*", "*"]):
        shape[1] = parts[1]
    return (*shape, *(f"?{name}" for name in names))


def crawl(request: Callable[[str], Answer], origin: str) -> Iterator[str]:
    """Yield the addresses, path and query, that links lead to, starting at the home page, "/".

    `request` fetches one. Links that lead out of `origin` are not followed.
    """
    seen = {"/"}
    followed: Counter[tuple[str, ...]] = Counter()
    waiting = deque(["/"])
    while waiting:
        here = waiting.popleft()
        yield here
        answer = request(here)
        if not answer.header("content-type").startswith("text/html"):
            continue
        for link in links(answer.body.decode()):
            target = urldefrag(urljoin(origin + here, link)).url
            path = quote(target.removeprefix(origin), safe=_LITERAL)
            if not target.startswith(f"{origin}/") or path in seen:
                continue
            seen.add(path)
            parameters = [part for part in kind(path) if part.startswith("?")]
            if followed[kind(path)] < OF_A_KIND and len(parameters) <= PARAMETERS_AT_MOST:
                followed[kind(path)] += 1
                waiting.append(path)
