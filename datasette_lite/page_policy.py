"""The Content Security Policy of the site's own pages, and headers for hosts that can send them.

Not all static hosts can send headers, so each page has its policy in a <meta> element. That cannot
keep the page out of frames. The worker's headers do so for its answers, and the page's own script
for the other pages.

https://w3c.github.io/webappsec-csp/
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

#: What a page may load and reach.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
}

#: The launcher reads the first bytes of any address that somebody types.
LAUNCHER = {"connect-src": "'self' https: http:"}

#: The _headers file for Netlify, Cloudflare Pages and other hosts that read one.
HEADERS = """\
/*
  X-Content-Type-Options: nosniff
  Referrer-Policy: same-origin
  Cross-Origin-Opener-Policy: same-origin
/saved.html
  Content-Security-Policy: frame-ancestors 'none'
/unresponsive.html
  Content-Security-Policy: frame-ancestors 'none'
"""

_CHARSET = '<meta charset="utf-8" />'
_INLINE = {
    "script-src": re.compile(r"<script>(.*?)</script>", re.S),
    "style-src": re.compile(r"<style>(.*?)</style>", re.S),
}


def with_policy(html: str, *, is_launcher: bool = False) -> str:
    """Return a page with its policy, in which inline scripts and styles are named by their hashes.

    The few inline ones must work even if every other file of the site is missing. Call this once
    the page is in its final form.
    """
    policy = {**POLICY, **(LAUNCHER if is_launcher else {})}
    for directive, inline in _INLINE.items():
        for content in inline.findall(html):
            policy[directive] += f" '{_hash(content)}'"
    text = "; ".join(f"{name} {value}" for name, value in policy.items())
    meta = f'<meta http-equiv="Content-Security-Policy" content="{text}" />'
    return html.replace(_CHARSET, f"{_CHARSET}\n    {meta}", 1)


def header(site: Path) -> str:
    """Return a policy that a host can send with all files of a built site.

    It is for hosts that must send one: each page has a policy of its own, and a header that forbids
    inline scripts would forbid the few that those policies allow by their hashes.
    """
    found = {
        _hash(script)
        for page in [*site.glob("*.html"), *site.glob("app/*.html")]
        for script in _INLINE["script-src"].findall(page.read_text())
    }
    allowed = " ".join(["'self'", "'wasm-unsafe-eval'", *(f"'{one}'" for one in sorted(found))])
    return f"script-src {allowed}; connect-src 'self'; object-src 'none'; base-uri 'none'"


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
