"""What another site's page can try with a workspace that is private, in any browser.

A page loads the workspace in the top window from itself, from a sandboxed frame (whose origin is
opaque) and from a `data:` document, by links and forms and with every referrer policy; it sends
requests with every method; it loads the workspace as a part of itself. None of it may change a row
or show one.
"""

from __future__ import annotations

import html
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from tests.support.browsing import link
from tests.support.hosts import DataHost
from tests.support.raw_chromium import PATIENCE, wait_until

SECRET = "hunter2"
LOOK = "select secret from secrets"
CHANGE = "delete from secrets"
QUESTION = "Run this here?"

#: https://w3c.github.io/webappsec-referrer-policy/#referrer-policies
POLICIES = [
    "",
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
]

#: Seconds after which a browser has not allowed a frame to navigate the window around it.
FORBIDDEN = 15

SANDBOX = "allow-scripts allow-forms allow-top-navigation"


class Tab(Protocol):
    """A tab of some browser."""

    def goto(self, url: str) -> None:
        """Begin to load an address."""

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; None while the page changes."""


@dataclass
class Attack:
    """A private workspace, and another site that knows its address."""

    tab: Tab
    site: str
    files: DataHost
    #: The other site.
    origin: str
    #: Await the value of a JavaScript expression.
    ask: Callable[[str], Any]
    #: Address of the workspace.
    private: str = ""

    def prepare(self) -> None:
        """Make the workspace, and a change in it."""
        name = f"{next(_numbers)}/secrets.csv"
        table = self.files.add(name, b"id,secret\n1,none\n")
        self.tab.goto(link(self.site, "data/secrets?_sort=id", csv=table, pk="id"))
        self._wait("document.querySelectorAll('table.rows-and-columns tbody tr').length === 1")
        self.private = self.tab.evaluate("location.href").partition("data/secrets")[0]
        row = json.dumps({"rows": [{"id": 2, "secret": SECRET}]})
        headers = '{ "content-type": "application/json" }'
        insert = f"fetch('{self.private}data/secrets/-/insert', "
        insert += f"{{ method: 'POST', headers: {headers}, body: {row!r} }})"
        assert self.ask(f"{insert}.then((response) => response.status)") == 201

    def rows(self) -> int:
        """Return how many rows the table has, as the owner sees it."""
        self._goto(f"{self.private}data")
        self._wait("!!document.querySelector('navigation-search')")
        found = self.ask(f"fetch('{self.private}data/secrets.json').then((r) => r.json())")
        return len(found["rows"])

    def change(self) -> None:
        """Do as the owner what the other site tries."""
        body = f"new URLSearchParams({{ sql: {CHANGE!r} }})"
        url = f"{self.private}data/-/execute-write"
        assert self.ask(f"fetch('{url}', {{ method: 'POST', body: {body} }}).then((r) => r.ok)")

    def show(self, body: str, policy: str = "") -> None:
        """Open a page of the other site."""
        page = (
            f"<!doctype html><meta charset=utf-8><link rel=icon href=data:,>{_meta(policy)}{body}"
        )
        name = f"evil-{next(_numbers)}.html"
        self.files.add(name, page.encode(), headers={"Content-Type": "text/html"})
        self._goto(f"{self.origin}/{name}")

    def navigations(self) -> Iterator[str]:
        """Lead the window to the workspace in every way; yield what the browser does not allow.

        Raises:
            AssertionError: one of them leads to something else than a question or a refusal.
        """
        for where, wrap in WRAPPERS.items():
            for policy, (how, act) in itertools.product(POLICIES, ACTS.items()):
                body = _meta(policy) + act.format(private=self.private)
                self.show(
                    wrap(body + "<script>go.submit ? go.submit() : go.click()</script>"), policy
                )
                if not self._left(FORBIDDEN if where != "a page" else PATIENCE):
                    yield where
                    break
                what = f"{how} from {where}, {policy or 'no policy'}"
                self._wait("document.readyState === 'complete' && !!document.querySelector('h1')")
                text = str(self.tab.evaluate("document.body.innerText"))
                assert SECRET not in text, what
                if how == "a form that posts":
                    assert "another site sent it" in text, (what, text)
                else:
                    assert QUESTION in text, (what, text)

    def requests(self) -> None:
        """Send requests with every method and mode, from a page and from frames.

        Raises:
            AssertionError: the other site can read a response.
        """
        script = REQUESTS.replace("PRIVATE", self.private).replace("CHANGE", CHANGE)
        for where, wrap in WRAPPERS.items():
            self.show(LISTENER + wrap(f"<script>{script}</script>"))
            heard = "typeof heard !== 'undefined' && heard"
            self._wait(f"!!({heard})")
            answers = json.loads(self.tab.evaluate("heard"))
            assert len(answers) > 20, (where, answers)
            readable = [one for one in answers if one["type"] not in ("error", "opaque")]
            assert readable == [], (where, readable)

    def _goto(self, url: str) -> None:
        # By way of a page of neither site: some drivers do not wait until the old page is gone.
        self.tab.goto("about:blank")
        self._wait("location.href === 'about:blank'")
        self.tab.goto(url)

    def _left(self, seconds: float) -> bool:
        try:
            there = f"location.href.startsWith({self.site!r})"
            wait_until(lambda: self.tab.evaluate(there), seconds, "leaving the other site")
        except AssertionError:
            return False
        return True

    def _wait(self, condition: str) -> None:
        wait_until(lambda: self.tab.evaluate(condition), PATIENCE, condition)


def attack(tab: Tab, site: str, files: DataHost, ask: Callable[[str], Any]) -> list[str]:
    """Try everything, from a cross-site origin and from another origin of the same site. Return
    from where the browser itself does not let a page navigate the window.

    Raises:
        AssertionError: something got through.
    """
    forbidden: list[str] = []
    # To browsers, localhost and 127.0.0.1 are different sites.
    for origin in (files.origin.replace("localhost", "127.0.0.1"), files.origin):
        one = Attack(tab, site, files, origin, ask)
        one.prepare()
        forbidden += one.navigations()
        one.requests()
        assert one.rows() == 2
        one.change()
        assert one.rows() == 0
    return forbidden


_numbers = itertools.count(1)


def _meta(policy: str) -> str:
    return f'<meta name="referrer" content="{policy}">' if policy else ""


def _in_sandbox(body: str) -> str:
    return f'<iframe sandbox="{SANDBOX}" srcdoc="{html.escape(body)}"></iframe>'


def _in_data_document(body: str) -> str:
    return f'<iframe sandbox="{SANDBOX}" src="data:text/html,{quote(body)}"></iframe>'


WRAPPERS: dict[str, Callable[[str], str]] = {
    "a page": lambda body: body,
    "a sandboxed frame": _in_sandbox,
    "a data: document": _in_data_document,
}

#: Each has an element with the id "go".
ACTS = {
    "a link": f'<a id="go" target="_top" href="{{private}}data/-/query?sql={quote(LOOK)}">Go</a>',
    "a form that gets": '<form id="go" target="_top" action="{private}data/-/query">'
    f'<input name="sql" value="{LOOK}"></form>',
    "a form that posts": '<form id="go" target="_top" method="post" '
    f'action="{{private}}data/-/execute-write"><input name="sql" value="{CHANGE}"></form>',
}

LISTENER = "<script>addEventListener('message', ({ data }) => (window.heard = data))</script>"

#: Tells the page around it, or the page itself, the types of all responses.
REQUESTS = """
(async () => {
  const answers = [];
  const body = new URLSearchParams({ sql: "CHANGE" });
  for (const mode of ["no-cors", "cors"]) {
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      for (const credentials of ["omit", "include"]) {
        const hasBody = !["GET", "HEAD"].includes(method);
        const path = hasBody ? "data/-/execute-write" : "data/secrets.json";
        const options = { method, mode, credentials, ...(hasBody && { body }) };
        const type = await fetch("PRIVATE" + path, options).then((r) => r.type, () => "error");
        answers.push({ mode, method, credentials, type });
      }
    }
  }
  navigator.sendBeacon?.("PRIVATEdata/-/execute-write", body);
  for (const name of ["img", "script", "embed", "iframe"]) {
    const element = document.createElement(name);
    element.src = "PRIVATEdata/secrets.json";
    const loaded = new Promise((resolve) => (element.onload = element.onerror = resolve));
    document.body.append(element);
    await Promise.race([loaded, new Promise((resolve) => setTimeout(resolve, 2000))]);
    const type = name === "iframe" && element.contentDocument ? "readable" : "opaque";
    answers.push({ mode: name, type });
  }
  top.postMessage(JSON.stringify(answers), "*");
})();
"""
