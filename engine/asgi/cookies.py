"""The cookie jar of an instance, which does what a browser's cookie jar does for a web site.

A service worker never sees the Cookie header, and browsers drop Set-Cookie from its responses, so
cookies never leave this module. The rules are those of RFC 6265, section 5, and of SameSite in its
successor. They are simpler here because a jar serves one host: Domain only decides whether a cookie
is accepted, and Secure and HttpOnly decide nothing, since service workers run only in secure
contexts and no script can look in here.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from email.utils import mktime_tz, parsedate_tz
from pathlib import Path

_NEVER = float("inf")


@dataclass
class Cookie:
    """A cookie as it is kept; `expires` is in seconds since 1970, `same_site` in lower case."""

    name: str
    value: str
    path: str
    expires: float
    same_site: str

    def matches(self, path: str) -> bool:
        """Whether the cookie is for `path`: section 5.1.4."""
        rest = path.removeprefix(self.path)
        return path == self.path or (
            path.startswith(self.path) and (self.path.endswith("/") or rest.startswith("/"))
        )

    def may_cross_sites(self, safe: bool) -> bool:
        """Whether a request that another site makes carries the cookie.

        Every such request is a navigation, as only those reach a service worker. A cookie that does
        not say is lax, as in Chromium.
        """
        return self.same_site == "none" or (safe and self.same_site != "strict")


class Cookies:
    """The cookies that the applications of one instance have set, kept in `file` if there is one.

    Those that end with the session are kept as well: the end of a worker is not the end of one.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        # In the order of creation, which section 5.4 asks for; dictionaries keep it on updates.
        self._jar: dict[tuple[str, str], Cookie] = {}
        if file is not None and file.exists():
            for fields in json.loads(file.read_text()):
                cookie = Cookie(**fields)
                self._jar[cookie.name, cookie.path] = cookie

    def header(self, path: str, *, cross_site: bool = False, safe: bool = True) -> str | None:
        """Return the Cookie header for a request of `path`, or None when no cookie applies.

        `cross_site` says that another site makes the request, `safe` that its method is.
        """
        now = time.time()
        cookies = [
            cookie
            for cookie in self._jar.values()
            if cookie.expires > now
            and cookie.matches(path)
            and (not cross_site or cookie.may_cross_sites(safe))
        ]
        cookies.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies) or None

    def store(self, host: str, path: str, set_cookies: Iterable[str]) -> None:
        """Take in the Set-Cookie headers of the answer to a request, deletions included.

        `host` is the request's without a port, `path` its raw path.
        """
        before = dict(self._jar)
        for set_cookie in set_cookies:
            cookie = _parse(set_cookie, host, path)
            if cookie is None:
                continue
            if cookie.expires > time.time():
                self._jar[cookie.name, cookie.path] = cookie
            else:
                self._jar.pop((cookie.name, cookie.path), None)
        if self._file is not None and self._jar != before:
            self._file.write_text(json.dumps([asdict(cookie) for cookie in self._jar.values()]))


def _parse(set_cookie: str, host: str, path: str) -> Cookie | None:
    """Return the cookie, or None where the rules say to ignore it: sections 5.2 and 5.3."""
    pairs = (part.partition("=") for part in set_cookie.split(";"))
    (name, equals, value), *rest = [(key.strip(), sign, text.strip()) for key, sign, text in pairs]
    attributes = {key.lower(): text for key, _, text in rest}
    if not equals or not name or not _covers(attributes.get("domain", ""), host):
        return None
    own_path = attributes.get("path", "")
    return Cookie(
        name=name,
        value=value,
        path=own_path if own_path.startswith("/") else path[: path.rfind("/")] or "/",
        expires=_expiry(attributes),
        same_site=attributes.get("samesite", "").lower(),
    )


def _covers(domain: str, host: str) -> bool:
    """Whether a host may set a cookie for `domain`: its own, or one above it that has a dot."""
    domain = domain.lower().removeprefix(".")
    return domain in ("", host) or ("." in domain and host.endswith(f".{domain}"))


def _expiry(attributes: dict[str, str]) -> float:
    if re.fullmatch(r"-?\d+", attributes.get("max-age", "")):
        return time.time() + float(attributes["max-age"])
    parsed = parsedate_tz(attributes.get("expires", ""))
    try:
        return _NEVER if parsed is None else float(mktime_tz(parsed))
    except (OverflowError, ValueError):
        return _NEVER
