"""Changes attributes of the tags of an HTML page, and nothing else of it.

Text, comments and the content of <script>, <textarea> and the like stay byte for byte as they are.
This is as much of the HTML standard's tokenizer as that needs, in time linear to the page's size.
https://html.spec.whatwg.org/multipage/parsing.html#tokenization
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

_MARKUP = re.compile(rb"<(?:(?P<comment>!--)|[!?/]|(?P<tag>[a-z][^\s/>]*+))", re.I)

# A value in quotes ends with them or with the page.
_ATTRIBUTE = re.compile(
    rb"""[\s/]*+(?:(?P<end>>)|(?P<name>[^\s/>][^\s/>=]*+)"""
    rb"""(?:\s*+=\s*+(?:"(?P<double>[^"]*+)(?:"|\Z)|'(?P<single>[^']*+)(?:'|\Z)|(?P<bare>[^\s>]*+)))?)"""
)

#: Elements whose content is text, whatever it looks like, up to their end tag.
_RAW = {
    name: re.compile(rb"</%s(?=[\s/>])" % name, re.I)
    for name in (
        *(b"script", b"style", b"textarea", b"title"),
        *(b"iframe", b"noembed", b"noframes", b"xmp"),
    )
}


def change_attributes(
    page: bytes, names: Collection[bytes], changed: Callable[[bytes], bytes]
) -> bytes:
    """Return the page with the values of attributes called one of `names` (in lower case) changed.

    `changed` gets a value as it stands in the page, escapes included, and returns what takes its
    place.
    """
    pieces: list[bytes] = []
    taken = at = 0
    while markup := _MARKUP.search(page, at):
        if markup["comment"]:
            at = _after(page, b"-->", markup.end())
            continue
        if not markup["tag"]:
            at = _after(page, b">", markup.end())
            continue
        at = markup.end()
        while attribute := _ATTRIBUTE.match(page, at):
            at = attribute.end()
            if attribute["end"]:
                break
            if attribute["name"].lower() not in names:
                continue
            kind = next((k for k in ("double", "single", "bare") if attribute[k] is not None), "")
            if kind:
                value = changed(attribute[kind])
                pieces += [page[taken : attribute.start(kind)], value]
                taken = attribute.end(kind)
        tag = markup["tag"].lower()
        if tag == b"plaintext":
            break
        if raw := _RAW.get(tag):
            end = raw.search(page, at)
            at = end.start() if end else len(page)
    return b"".join([*pieces, page[taken:]])


def _after(page: bytes, end: bytes, start: int) -> int:
    found = page.find(end, start)
    return len(page) if found < 0 else found + len(end)
