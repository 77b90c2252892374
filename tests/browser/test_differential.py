"""The site against `datasette serve`: the same pages of the same data, compared.

Both open Datasette's own fixtures databases. The native one runs at the root of its host, where
Datasette needs no base URL, so that what the site makes of links is compared with what they should
be, and not with what a base URL does to them in both.

What may differ is named in `DIFFERENCES` with its reason; all else is the same byte for byte.
"""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from datasette.fixtures import write_extra_database, write_fixture_database
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.support.browsing import BOOT_TIMEOUT, follow, link
from tests.support.comparison import Difference, Place, compare, in_any_order, replace
from tests.support.crawl import crawl
from tests.support.hosts import data_host
from tests.support.native import Answer, Native, native_datasette

PROJECT = Path(__file__).resolve().parent.parent.parent

# Pages to find by following links; ADDRESSES adds those that no link leads to.
CRAWLED = 170

# Datasette leaves out counts, facets and suggestions that take longer than some milliseconds, as
# they may on either side of a busy machine. So a page that differs is asked for again, on both
# sides, for this many seconds; but when a few pages stay different, something is wrong.
PATIENCE = 30
HOPELESS = 3

# Addresses of pages, as opposed to data; the last is that of a table.
HTML = r"(?!.*\.(?:json|csv|md|blob|db|css|js|zip)(?:\?|$)).*|/fixtures/table%2Fwith%2Fslashes\.csv"

DIFFERENCES = [
    Difference(
        r".*",
        "how long queries took",
        replace(r"Queries took [\d.]+ms"),
    ),
    Difference(
        r".*\.json.*",
        "how long queries took",
        replace(r'"query_ms": [\d.e-]+,'),
    ),
    Difference(
        r".*",
        "the site's script: keep-alive and notices (plugins/page_script.py)",
        replace(r'\n    <script type="module">[^<]*/datasette-page\.js[^<]*</script>\n'),
    ),
    Difference(
        r".*",
        "the dark theme and the compact form (plugins/appearance.py)",
        replace(
            r'\n    <link rel="stylesheet" href="[^>]*/shell/page/[^>]*>\n'
            r'|\n    <script src="[^>]*/shell/page/[^>]*></script>\n'
        ),
    ),
    Difference(
        r".*",
        "what does not exist says what does (plugins/not_found.py)",
        replace(r"^.*<h1>(?:Error 404|There is no )[^<]*</h1>.*$"),
    ),
    Difference(
        r".*",
        "the menu's link to the site's page of saved data (plugins/saved_data.py)",
        replace(r'\n *<li><a href="[^"]*saved\.html">Saved data</a></li>\n *'),
    ),
    Difference(
        r".*",
        "the menu's link to the page of open data (plugins/sources.py)",
        replace(r'\n *<li><a href="[^>]*/-/sources">Manage data</a></li>\n *'),
    ),
    Difference(
        r".*",
        "the menu's link to the page of plugins (plugins/plugin_page.py)",
        replace(r'\n *<li><a href="[^>]*/-/install[^>]*">Plugins</a></li>\n *'),
    ),
    Difference(
        r"/(-/?)?",
        "the links to both among the actions of the home page",
        replace(r'<li role="none">\s*<a href="[^>]*/-/(sources|install)[^>]*".*?</li>\s*'),
    ),
    Difference(
        r".*",
        "menu items of the site's plugins: forms, overviews, and more formats",
        replace(
            r'<li role="none">\s*<a href="[^>]*(?:/-/(?:describe|columns|metadata\.yaml'
            r'|datasette\.yaml|queries/import|queries\.sql)|\.(?:xlsx|parquet|ndjson)|\.parquet\.zip)[^>]*"'
            r".*?</li>\s*"
        ),
    ),
    Difference(
        r".*",
        "menus that have no other items",
        replace(
            r'<div class="page-action-menu">\s*<details(?:(?!</details>).)*<ul role="menu">\s*</ul>'
            r"\s*</div>\s*</details>\s*</div>"
        ),
    ),
    Difference(
        r".*",
        "links to the column overview (plugins/columns.py)",
        replace(r'<p class="lite-overview-link">.*?</p>\s*'),
    ),
    Difference(
        r".*",
        "links to more formats, and one to CSV that downloads (plugins/row_exports.py)",
        replace(
            r', <a href="[^>]*\.(?:xlsx|parquet|ndjson)[^>]*">\w+</a>'
            r'|<a href="[^>]*\.csv[^>]*">CSV</a>'
        ),
    ),
    Difference(
        r"/fixtures/-/query\?sql=delete.*",
        "a query that Datasette refuses stays in the editor (engine/datasette/long_queries.py)",
        replace(".+"),
    ),
    Difference(
        r"/fixtures/-/query\?sql=delete.*",
        "the page of that query links to its JSON",
        replace(r"(?m)^link: .*\n"),
        of="headers",
    ),
    Difference(
        r"/-/settings(\.json)?",
        "a browser has one visitor, who may wait longer (LIMITS of engine/datasette/instance.py)",
        replace(r'"((?:sql|facet)_time_limit_ms)": \d+', r'"\1": 0'),
    ),
    Difference(
        r".*",
        "adaptations/referrer.py: without it the worker cannot tell who sends a form",
        replace("(?m)^(referrer-policy: )no-referrer$", r"\1same-origin"),
        of="headers",
    ),
    Difference(
        r"/-/plugins(\.json)?(\?all=1)?",
        "the plugins that add those",
        replace(
            r'\{\s*"name": "(?:appearance|columns|descriptions|not_found|page_script)\.py",[^}]*\}'
            r',\s*|,\s*\{\s*"name": "(?:plugin_page|row_exports|running_queries|saved_data'
            r'|saved_queries|sources)\.py",[^}]*\}'
        ),
    ),
    Difference(
        r"/-/versions(\.json)?",
        "versions of Python and SQLite: Pyodide brings its own",
        replace(r'"python": \{[^}]*\}|"sqlite": \{\s*"version": ".*?"'),
    ),
    Difference(
        r"/-/versions(\.json)?",
        "how Pyodide's SQLite was compiled",
        replace(r'"compile_options": \[[^]]*\]'),
    ),
    Difference(
        r"/-/config(\.json)?",
        "num_sql_threads, which native Datasette is told on its command line, is configuration",
        replace(r'\{\s*"settings": \{\s*"num_sql_threads": 0\s*\}\s*\}', "{}"),
    ),
    Difference(
        r"/-/databases(\.json)?",
        "the folders in which the databases lie",
        replace(r'"path": "/[\w/.-]*/', '"path": "'),
    ),
    Difference(
        r"/-/permissions",
        "the log of permission checks: when each was, and their order, which is that of the extras",
        replace(r"<tbody>.*?</tbody>"),
    ),
    Difference(
        r"/-/(allowed|rules|check)\.json.*",
        "the names of resources look like paths",
        replace(r'"(resource|path)": "/', r'"\1": "'),
    ),
    Difference(
        r"/fixtures/searchable_fts.*",
        "FTS5's hidden column, which numbers the queries that the process has made",
        replace(r'(<td class="col-searchable_fts type-int">)\d+', r"\1"),
    ),
    Difference(
        r"/.*_extra=.*",
        "the order of the extras: Datasette goes through a set, whose order differs each time",
        in_any_order,
    ),
    Difference(
        r"/-/download\.zip",
        "the date of the files in it, and how they are compressed",
        replace(r".+"),
    ),
    Difference(
        r"/-/?",
        "Datasette's test for the alternative home page, request.path == '/-/', knows no base URL",
        replace(r'<meta name="robots" content="noindex">|(default:|\*)index\.html'),
    ),
    Difference(
        HTML,
        "the blank lines around all these",
        replace(r"\s*\n\s*", "\n"),
    ),
]

# What only makes sense in the site: pages and links of its own.
SITE_ONLY = (
    "appearance.py",
    "columns.py",
    "descriptions.py",
    "not_found.py",
    "page_script.py",
    "plugin_page.py",
    "row_exports.py",
    "running_queries.py",
    "saved_data.py",
    "saved_queries.py",
    "sources.py",
)

# What forms ask for, what people type, what machines ask for, and what is wrong.
ADDRESSES = """
/-/
/-/.json
/-/versions
/-/versions.json
/-/plugins
/-/plugins.json
/-/plugins.json?all=1
/-/settings
/-/settings.json
/-/config
/-/threads.json
/-/databases
/-/databases.json
/-/actor.json
/-/actions
/-/api
/-/jump.json?q=facet
/-/queries
/-/schema
/-/schema.json
/-/schema.md
/-/permissions
/-/allowed
/-/allowed.json?action=view-table
/-/rules
/-/rules.json?action=view-table
/-/check
/-/check.json?action=view-database&parent=fixtures
/-/messages
/-/allow-debug
/-/patterns
/-/create-token
/-/logout
/-/debug/autocomplete
/favicon.ico
/-/static/app.css
/-/static/nothing.css
/-/static/
/fixtures/-/create
/fixtures/-/queries
/fixtures/-/foreign-key-targets?table=facetable
/fixtures/-/schema.json
/fixtures/-/query?sql=select+:a+as+a,+:b+as+b&a=caf%C3%A9&b=%F0%9F%90%8D
/fixtures/-/query.json?sql=select+*+from+facetable&_shape=array
/fixtures/-/query.csv?sql=select+*+from+infinity
/fixtures/-/query?sql=select+1e999,+null,+x%2700ff%27,+1.1,+-0.0,+123456789012345678
/fixtures/-/query?sql=select+nothing
/fixtures/-/query.json?sql=select+nothing
/fixtures/-/query?sql=delete+from+facetable
/fixtures/-/query.json?sql=with+recursive+c(n)+as+(select+1+union+all+select+n%2B1+from+c)+select+n+from+c+limit+1500
/fixtures/searchable?_search=dog
/fixtures/searchable?_search_text2=weasel
/fixtures/searchable?_search=terry*&_searchmode=raw
/extra_database/searchable.json?_search=weasel
/fixtures/facetable?state__exact=MI&pk__gt=3&_sort_desc=_neighborhood
/fixtures/facetable?_where=state+in+(%27CA%27,%27MI%27)&_facet=_city_id&_size=3
/fixtures/facetable?_filter_column=state&_filter_op=contains&_filter_value=C
/fixtures/facetable?distinct_some_null__isnull=1
/fixtures/facetable.json?_extra=columns,count,facet_results,suggested_facets,query,request
/fixtures/facetable.json?_col=state&_col=created&_labels=on&_size=2
/fixtures/facetable.json?_nocol=tags&_shape=arrays
/fixtures/facetable.json?_json=tags&_shape=array
/fixtures/facetable/1.json?_extra=foreign_key_tables
/fixtures/facetable/-/autocomplete?q=miss
/fixtures/facetable/-/count
/fixtures/facetable/-/fragment
/fixtures/facetable/-/schema
/fixtures/facetable/-/foreign-key-suggestions
/fixtures/roadside_attractions?_through={%22table%22:%22roadside_attraction_characteristics%22,%22column%22:%22characteristic_id%22,%22value%22:1}
/fixtures/infinity.json
/fixtures/infinity.json?_json_infinity=1
/fixtures/simple_primary_key.json?_shape=arrayfirst
/fixtures/sortable?_sort=sortable_with_nulls&_size=5
/fixtures/sortable?_sort_desc=sortable&_next=98,q,o
/fixtures/sortable.csv?_stream=on
/fixtures/compound_three_primary_keys.csv?_stream=on&_dl=1
/fixtures/compound_primary_key/a~2Fb,~2Ec-d.json
/fixtures/table%2Fwith%2Fslashes.csv
/fixtures/table~2Fwith~2Fslashes~2Ecsv.json
/fixtures/Table%20With%20Space%20In%20Name
/fixtures/Table+With+Space+In+Name.csv
/fixtures/select?group=group&_sort=having
/fixtures/binary_data/1.blob?_blob_column=nothing
/fixtures/binary_data.json?_shape=array
/fixtures.db
/fixtures/
/fixtures/facetable/
/fixtures?sql=select+1
/-
/nothing
/nothing.json
/fixtures/nothing
/fixtures/facetable/9999
/fixtures/facetable/9999.json
/fixtures/facetable?_sort=nothing
/fixtures/facetable?_size=lots
/fixtures/facetable.json?_facet=nothing
/fixtures/facetable.nothing
/fixtures/facetable?_next=%FF
/fixtures/%E2%98%83
""".split()

FETCH = """
async ([address, options]) => {
  const response = await fetch(address, options);
  const reader = new FileReader();
  const done = new Promise((resolve) => reader.addEventListener("load", resolve));
  reader.readAsDataURL(await response.blob());
  await done;
  return {
    address: response.url,
    status: response.status,
    headers: [...response.headers],
    body: reader.result.split(",")[1] ?? "",
  };
}
"""


@dataclass(frozen=True)
class Sides:
    """The same databases twice: in an instance that `page` is at, and in a native Datasette."""

    page: Page
    place: Place
    native: Native

    def natively(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Ask the native side, in such a way that the addresses it makes are the site's."""
        host = urlsplit(self.place.origin).netloc
        return self.native.request(path, {"Host": host, **headers}, method)

    def on_site(self, path: str, method: str = "GET", **headers: str) -> tuple[str, Answer]:
        """Ask the site; return the path to which redirects led, and the answer there."""
        options = {"method": method, "headers": headers, "cache": "no-store"}
        answer: Any = self.page.evaluate(FETCH, [self.place.address(path), options])
        end = self.place.at_root(answer["address"]).removeprefix(self.place.origin)
        pairs = [(name, value) for name, value in answer["headers"]]
        return end, Answer(answer["status"], pairs, b64decode(answer["body"]))

    def differences(self, path: str) -> list[str]:
        """Return how the page at `path` differs, a redirect there included."""
        native = self.natively(path)
        target = path
        if native.status in (301, 302):
            target = urljoin(path, native.header("location"))
            with self.page.expect_response(self.place.address(path)) as first:
                end, site = self.on_site(path)
            redirect = self.place.at_root(first.value.headers["location"])
            if (first.value.status, redirect) != (native.status, native.header("location")):
                return [f"-redirect {native.status} {target}", f"+{first.value.status} {redirect}"]
            native = self.natively(target)
        else:
            end, site = self.on_site(path)
        if end != target:
            return [f"-leads to {target}", f"+leads to {end}"]
        return compare(path, native, site, self.place, DIFFERENCES)


@pytest.fixture(scope="module")
def sides(browser: Browser, site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    """Datasette's fixtures databases, open on both sides."""
    folder = tmp_path_factory.mktemp("fixtures")
    files = [folder / "fixtures.db", folder / "extra_database.db"]
    write_fixture_database(str(files[0]))
    write_extra_database(str(files[1]))
    plugins = folder / "plugins"
    plugins.mkdir()
    for plugin in PROJECT.glob("plugins/*.py"):
        if plugin.name not in SITE_ONLY:
            (plugins / plugin.name).write_bytes(plugin.read_bytes())
    arguments = ["--plugins-dir", str(plugins), "--setting", "num_sql_threads", "0"]
    with data_host() as host, native_datasette(files, arguments) as native:
        context = browser.new_context()
        context.set_default_timeout(BOOT_TIMEOUT)
        page = context.new_page()
        urls = [host.add(path.name, path.read_bytes()) for path in files]
        follow(page, link(site, url=urls))
        here = urlsplit(page.url)
        yield Sides(page, Place(f"http://{here.netloc}", here.path), native)
        context.close()


@pytest.fixture(scope="module")
def paths(sides: Sides) -> list[str]:
    """The pages to compare."""
    found = list(islice(crawl(sides.natively, sides.place.origin), CRAWLED))
    assert len(found) == CRAWLED
    return [*found, *(path for path in ADDRESSES if path not in found)]


@pytest.mark.timeout(900)
def test_pages_are_those_of_native_datasette(sides: Sides, paths: list[str]) -> None:
    different: dict[str, list[str]] = {}
    for path in paths:
        lines = sides.differences(path)
        deadline = time.monotonic() + PATIENCE
        while lines and time.monotonic() < deadline and len(different) < HOPELESS:
            lines = sides.differences(path)
        if lines:
            different[path] = lines
    report = "\n".join("\n".join([path, *lines[:20]]) for path, lines in different.items())
    assert different == {}, f"{len(different)} of {len(paths)} pages differ:\n{report}"
    unused = [difference.why for difference in DIFFERENCES if not difference.used]
    assert unused == [], "these differences are none any more"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    ["/", "/fixtures/facetable", "/fixtures/facetable.json", "/-/static/app.css", "/nothing"],
)
def test_other_methods_answer_the_same(sides: Sides, method: str, path: str) -> None:
    native, (_, site) = sides.natively(path, method), sides.on_site(path, method)
    assert compare(path, native, site, sides.place, DIFFERENCES) == []


def test_unchanged_files_are_not_sent_again(sides: Sides) -> None:
    path = "/-/static/app.css"
    known = {"If-None-Match": sides.natively(path).header("etag")}
    # From the second time on it is the worker that answers.
    sides.on_site(path)
    native, (_, site) = sides.natively(path, **known), sides.on_site(path, **known)
    assert native.status == 304
    of_nothing = Difference(
        r"/-/static/.*",
        "the worker says nothing about the type of a content that it does not send",
        replace("(?m)^content-type: text/plain\n"),
        of="headers",
    )
    assert compare(path, native, site, sides.place, [*DIFFERENCES, of_nothing]) == []


class Complaints:
    """The console messages of the pages that a tab opens."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        self._page = page
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.found.append(f"{page.url}: {error}"))

    def _on_console(self, message: ConsoleMessage) -> None:
        # A page that is an error by its status is one in the console too, in every browser.
        own_status = message.text.startswith("Failed to load resource: the server responded") and (
            message.location["url"] == self._page.url
        )
        if message.type in ("error", "warning") and not own_status:
            self.found.append(f"{self._page.url}: {message.text} ({message.location['url']})")


@pytest.mark.timeout(900)
def test_pages_open_without_complaint(sides: Sides, paths: list[str]) -> None:
    page = sides.page.context.new_page()
    complaints = Complaints(page)
    opened = 0
    for path in paths:
        native = sides.natively(path)
        if native.status in (301, 302):
            native = sides.natively(urljoin(path, native.header("location")))
        if not native.header("content-type").startswith("text/html"):
            continue
        answer = page.goto(sides.place.address(path))
        assert answer is not None
        assert (path, answer.status, answer.from_service_worker) == (path, native.status, True)
        opened += 1
    page.close()
    assert complaints.found == []
    assert opened >= 100
