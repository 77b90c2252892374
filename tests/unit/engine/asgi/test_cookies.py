"""Tests of engine.asgi.cookies: the jar keeps and gives cookies as browsers do for one host."""

from __future__ import annotations

import time

import pytest

from engine.asgi.cookies import Cookies

HERE = "/app/data/table"


def jar(*set_cookies: str, host: str = "localhost", path: str = HERE) -> Cookies:
    """Return a jar that took in the Set-Cookie headers, one answer each."""
    cookies = Cookies()
    for set_cookie in set_cookies:
        cookies.store(host, path, [set_cookie])
    return cookies


def test_an_empty_jar_has_no_header() -> None:
    assert Cookies().header(HERE) is None


def test_repeated_set_cookie_headers_are_all_kept() -> None:
    cookies = Cookies()
    cookies.store("localhost", HERE, ["a=1; Path=/", "b=2; Path=/", "a=3; Path=/"])
    assert cookies.header(HERE) == "a=3; b=2"


def test_jars_do_not_see_each_other() -> None:
    one, two = jar("a=1"), jar("a=2")
    assert (one.header(HERE), two.header(HERE), Cookies().header(HERE)) == ("a=1", "a=2", None)


@pytest.mark.parametrize(
    ("set_cookie", "pair"),
    [
        ("a=1", "a=1"),
        ("  a  =  1  ; Path=/", "a=1"),
        ("a=", "a="),
        ("a=b=c==", "a=b=c=="),
        ("a=x,y", "a=x,y"),
        ('a="x y"', 'a="x y"'),
        # How http.cookies, and so Datasette, writes a semicolon and a quote.
        (r'a="x\073y\"z"', r'a="x\073y\"z"'),
        # Quotes do not protect a bare semicolon: RFC 6265, section 5.2.
        ('a="x;y"', 'a="x'),
        ("a=\xe9", "a=\xe9"),
        ("path=1", "path=1"),
        ("a=1; Secure; HttpOnly; SameSite=Lax", "a=1"),
        ("a=1; Port=99; Version=1; Comment=x; Nonsense", "a=1"),
        ("a", None),
        ("=1", None),
        ("", None),
        ("; Path=/", None),
    ],
)
def test_name_and_value(set_cookie: str, pair: str | None) -> None:
    assert jar(set_cookie).header(HERE) == pair


@pytest.mark.parametrize(
    ("attribute", "sent", "not_sent"),
    [
        ("", ["/app/data", "/app/data/", "/app/data/x/y"], ["/app/", "/app/database", "/"]),
        ("Path=/", ["/", "/app", HERE], []),
        ("Path=/app/", ["/app/", HERE], ["/app", "/"]),
        ("Path=/app", ["/app", "/app/", HERE], ["/", "/application"]),
        ("Path=/app/caf%C3%A9", ["/app/caf%C3%A9/x"], ["/app/caf/x"]),
        # A path from elsewhere may be set, and is then sent there only.
        ("Path=/other", ["/other"], [HERE]),
        # A value that is not a path is ignored.
        ("Path=x", ["/app/data"], ["/app/"]),
        ('Path="/"', ["/app/data"], ["/app/"]),
        ("Path=", ["/app/data"], ["/app/"]),
        ("Path=/app; Path=/", ["/"], []),
    ],
)
def test_path(attribute: str, sent: list[str], not_sent: list[str]) -> None:
    cookies = jar(f"a=1; {attribute}")
    assert [path for path in [*sent, *not_sent] if cookies.header(path)] == sent


def test_path_of_an_answer_at_the_root() -> None:
    assert jar("a=1", path="/app").header("/") == "a=1"


def test_longer_paths_come_first_then_older_cookies() -> None:
    cookies = jar("a=1; Path=/", "b=2; Path=/app", "c=3; Path=/", "d=4; Path=/app", "a=5; Path=/")
    assert cookies.header(HERE) == "b=2; d=4; a=5; c=3"


def test_instances_under_one_another_have_paths_of_their_own() -> None:
    cookies = jar("a=inner; Path=/app/@key/", "a=outer; Path=/app/")
    assert cookies.header("/app/@key/t") == "a=inner; a=outer"
    assert cookies.header("/app/t") == "a=outer"


@pytest.mark.parametrize(
    "attribute",
    [
        "Max-Age=0",
        "Max-Age=-5",
        "max-age=0; Expires=Fri, 31 Dec 9999 23:59:59 GMT",
        "Expires=Fri, 31 Dec 9999 23:59:59 GMT; Max-Age=0",
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "expires=Wed, 21-Oct-99 07:28:00 GMT",
        "Expires=Sun Nov  6 08:49:37 1994",
    ],
)
def test_a_cookie_is_deleted(attribute: str) -> None:
    cookies = jar("a=1", "b=2", f"a=; {attribute}")
    assert cookies.header(HERE) == "b=2"


@pytest.mark.parametrize(
    "attribute",
    [
        "Max-Age=100; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        f"Max-Age={'9' * 400}",
        "Max-Age=soon",
        "Max-Age=",
        "Expires=Fri, 31 Dec 9999 23:59:59 GMT",
        "Expires=Sat, 01 Jan 99999 00:00:00 GMT",
        "Expires=soon",
        "Expires=0",
        "Expires=",
    ],
)
def test_a_cookie_is_kept(attribute: str) -> None:
    assert jar(f"a=1; {attribute}").header(HERE) == "a=1"


def test_deletion_is_of_one_path() -> None:
    cookies = jar("a=1; Path=/", "a=2; Path=/app", "a=; Path=/app; Max-Age=0")
    assert cookies.header(HERE) == "a=1"


def test_a_cookie_ends_when_its_time_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    cookies = jar("a=1; Max-Age=100")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 99)
    assert cookies.header(HERE) == "a=1"
    monkeypatch.setattr(time, "time", lambda: now + 101)
    assert cookies.header(HERE) is None


@pytest.mark.parametrize(
    ("host", "domain", "taken"),
    [
        ("localhost", "localhost", True),
        ("localhost", ".localhost", True),
        ("localhost", "", True),
        ("localhost", "LocalHost", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "::1", True),
        ("me.github.io", "me.github.io", True),
        ("www.example.org", "example.org", True),
        ("www.example.org", ".Example.org", True),
        ("example.org", "www.example.org", False),
        ("www.example.org", "org", False),
        ("www.example.org", "elsewhere.org", False),
        ("badexample.org", "example.org", False),
        ("localhost", "example.org", False),
    ],
)
def test_domain(host: str, domain: str, taken: bool) -> None:
    cookies = jar(f"a=1; Domain={domain}", host=host)
    assert cookies.header(HERE) == ("a=1" if taken else None)


@pytest.mark.parametrize(
    ("same_site", "on_link", "on_post"),
    [
        ("", True, False),
        ("; SameSite=Lax", True, False),
        ("; samesite=LAX", True, False),
        ("; SameSite=Nonsense", True, False),
        ("; SameSite=Strict", False, False),
        ("; SameSite=None; Secure", True, True),
    ],
)
def test_same_site(same_site: str, on_link: bool, on_post: bool) -> None:
    cookies = jar(f"a=1{same_site}")
    for safe, sent in ((True, on_link), (False, on_post)):
        assert (cookies.header(HERE, cross_site=True, safe=safe) is not None) == sent
        assert cookies.header(HERE, cross_site=False, safe=safe) == "a=1"
