"""The cookie jar of an instance, which does for it what a browser's does for a web site.

A service worker never sees the Cookie header, and Set-Cookie on the answers it makes is dropped, so
cookies go no further than here. The rules are those of the standard library's http.cookiejar, which
knows domains, paths and expiry.
"""

from __future__ import annotations

from email.message import Message
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, cast
from urllib.request import Request


class _Answer:
    """As much of an HTTP response as CookieJar.extract_cookies asks for."""

    def __init__(self, set_cookies: list[str]) -> None:
        self._headers = Message()
        for value in set_cookies:
            self._headers["Set-Cookie"] = value

    def info(self) -> Message:
        return self._headers


class Cookies:
    """The cookies that the applications of one instance have set."""

    def __init__(self) -> None:
        # Nothing here ever crosses a network, so Secure cookies are safe on http as well.
        policy = DefaultCookiePolicy(secure_protocols=("https", "http"))
        self._jar = CookieJar(policy)

    def header(self, url: str) -> str | None:
        """Return the Cookie header for a request of `url`, or None when no cookie applies."""
        if not len(self._jar):
            return None
        request = Request(url)
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie")

    def store(self, url: str, set_cookies: list[str]) -> None:
        """Take in the values of an answer's Set-Cookie headers, deletions included."""
        self._jar.extract_cookies(cast(Any, _Answer(set_cookies)), Request(url))
