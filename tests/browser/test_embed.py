"""<datasette-lite> in a page of another site."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Locator, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.asgi import fetch
from tests.support.browsing import BOOT_TIMEOUT, ConsoleWatch, wait_for_datasette
from tests.support.deploys import Host
from tests.support.embedding import Handbook, reader
from tests.support.hosts import DataHost
from tests.support.layout_shift import score, shifts, watch_shifts, watch_shifts_from_now

PENGUINS = b"id,species,mass\n1,Adelie,3750\n2,Gentoo,5000\n3,Adelie,3800\n"
TABLE = '<datasette-lite csv="penguins.csv" path="/data/penguins"></datasette-lite>'
ROWS = "table.rows-and-columns tbody tr"


@pytest.fixture(scope="module")
def _reader(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with reader(browser, tmp_path_factory.mktemp("profile")) as context:
        yield context


def _handbook(
    context: BrowserContext, site: str, files: DataHost, request: pytest.FixtureRequest
) -> Iterator[Handbook]:
    watch = ConsoleWatch(context)
    page = context.new_page()
    handbook = Handbook(page, site, files)
    handbook.add("penguins.csv", PENGUINS)
    yield handbook
    page.close()
    if request.node.get_closest_marker("console_errors") is None:
        assert watch.errors == [], "the console shows errors"


@pytest.fixture
def handbook(
    _reader: BrowserContext, site: str, files: DataHost, request: pytest.FixtureRequest
) -> Iterator[Handbook]:
    """The page of documentation, opened by a person who has read it before."""
    yield from _handbook(_reader, site, files, request)


@pytest.fixture
def first_read(
    _reader: BrowserContext, host: Host, files: DataHost, request: pytest.FixtureRequest
) -> Iterator[Handbook]:
    """The same, of a site that the browser does not know yet."""
    yield from _handbook(_reader, host.address(), files, request)


def rows(handbook: Handbook, number: int = 0) -> Locator:
    """The rows that an embed shows."""
    return handbook.frame(number).locator(ROWS)


def start(handbook: Handbook, number: int = 0, count: int = 3) -> None:
    """Start an embed and wait until it shows its rows."""
    handbook.button(number).click()
    expect(rows(handbook, number)).to_have_count(count, timeout=BOOT_TIMEOUT)


def frame_of(handbook: Handbook, number: int = 0) -> Frame:
    """Return an embed's frame, to run scripts in."""
    handle = handbook.embed(number).locator("iframe").element_handle()
    frame = handle.content_frame()
    assert frame is not None
    return frame


# Before it starts


def test_five_embeds_are_light_until_a_reader_starts_one(first_read: Handbook, host: Host) -> None:
    tables = "".join(TABLE.replace("/penguins", f"/penguins?_size={n + 1}") for n in range(5))
    first_read.show(tables)
    expect(first_read.button(4)).to_be_visible()
    first_read.page.wait_for_load_state("networkidle")
    assert host.requests == ["/embed.js"]
    assert sum(host.sent.values()) <= 30_000
    first_read.button(2).click()
    expect(rows(first_read, 2)).to_have_count(3, timeout=BOOT_TIMEOUT)
    assert first_read.page.locator("datasette-lite").nth(1).locator("iframe").count() == 0


def test_embeds_of_a_page_share_what_is_downloaded(first_read: Handbook, host: Host) -> None:
    first_read.add("other.csv", b"a\n1\n2\n")
    other = '<datasette-lite csv="other.csv" path="/data/other"></datasette-lite>'
    first_read.show(TABLE + other + TABLE)
    # All at once, as an impatient reader does.
    for number in range(3):
        first_read.button(number).click()
    for number, count in enumerate([3, 2, 3]):
        expect(rows(first_read, number)).to_have_count(count, timeout=BOOT_TIMEOUT)
    parts = [path for path in host.requests if path.startswith("/runtime/")]
    assert sorted(parts) == sorted(set(parts))
    keys = [frame_of(first_read, number).url.split("/")[4] for number in range(3)]
    assert keys[0] == keys[2] != keys[1]


def test_a_poster_says_what_it_shows_and_costs(handbook: Handbook) -> None:
    handbook.show(
        '<datasette-lite csv="penguins.csv" path="/data/penguins" size="12 kB" prompt="Try it">'
        "<table><tr><td>Adelie</td></tr></table></datasette-lite>"
    )
    embed = handbook.embed()
    expect(embed).to_contain_text("penguins, from penguins.csv")
    expect(embed).to_contain_text(re.compile(r"about \d MB the first time, and 12 kB of data"))
    expect(embed.get_by_role("cell", name="Adelie")).to_be_visible()
    expect(embed.get_by_role("button", name="Try it")).to_have_accessible_description(
        re.compile("penguins, from penguins.csv.*Runs Datasette in your browser")
    )


def test_without_javascript_the_preview_is_there(
    browser: Browser, site: str, files: DataHost
) -> None:
    context = browser.new_context(java_script_enabled=False)
    handbook = Handbook(context.new_page(), site, files)
    handbook.show("<datasette-lite csv='a.csv'><p>Adelie and Gentoo</p></datasette-lite>")
    expect(handbook.page.get_by_text("Adelie and Gentoo")).to_be_visible()
    context.close()


def test_it_starts_by_itself_only_near_the_viewport_and_on_request(handbook: Handbook) -> None:
    lazy = TABLE.replace("path", 'load="visible" path')
    handbook.show(f'{TABLE}<div style="height: 5000px"></div>{lazy}')
    expect(handbook.button(1)).to_be_visible()
    assert handbook.page.locator("datasette-lite iframe").count() == 0
    handbook.embed(1).scroll_into_view_if_needed()
    expect(rows(handbook, 1)).to_have_count(3, timeout=BOOT_TIMEOUT)
    assert handbook.embed(0).locator("iframe").count() == 0


def test_it_starts_by_keyboard(handbook: Handbook) -> None:
    handbook.show(TABLE)
    handbook.page.keyboard.press("Tab")
    expect(handbook.button()).to_be_focused()
    handbook.page.keyboard.press("Enter")
    expect(rows(handbook)).to_have_count(3, timeout=BOOT_TIMEOUT)
    expect(handbook.embed().get_by_role("status")).to_have_text("Datasette is ready.")
    # From there the next stop is in the frame.
    handbook.page.keyboard.press("Tab")
    frame = frame_of(handbook)
    assert frame.evaluate("document.hasFocus() && document.activeElement.tagName") == "A"


@pytest.mark.parametrize("attributes", ["new-tab", 'new-tab="1" editable'])
def test_it_can_open_a_tab_instead(handbook: Handbook, attributes: str) -> None:
    handbook.show(TABLE.replace("csv=", f"{attributes} csv="))
    link = handbook.embed().get_by_role("link", name="Explore this data")
    with handbook.page.expect_popup() as popup:
        link.click()
    wait_for_datasette(popup.value)
    expect(popup.value.locator(ROWS)).to_have_count(3)
    popup.value.close()


# In the frame


def test_the_frame_is_as_tall_as_its_page(handbook: Handbook) -> None:
    many = b"a\n" + b"1\n" * 60
    handbook.add("many.csv", many)
    handbook.show('<datasette-lite csv="many.csv" path="/data/many"></datasette-lite>')
    start(handbook, count=60)
    frame = handbook.embed().locator("iframe")
    inside = frame_of(handbook)

    def fits() -> bool:
        return bool(
            inside.evaluate(
                "() => document.documentElement.scrollHeight <= innerHeight && innerHeight < 5000"
            )
        )

    handbook.page.wait_for_function(
        "() => document.querySelector('datasette-lite').getBoundingClientRect().height > 1500"
    )
    assert fits()
    handbook.page.evaluate("document.querySelector('datasette-lite').navigate('/data')")
    inside.wait_for_url("**/data")
    handbook.page.wait_for_function(
        "() => document.querySelector('datasette-lite').getBoundingClientRect().height < 1500"
    )
    handbook.page.evaluate("document.querySelector('datasette-lite').height = 1")
    for height, expected in [("300px", 300), ("50vh", 360), ("222", 222)]:
        handbook.embed().evaluate("(e, height) => e.setAttribute('height', height)", height)
        expect(frame).to_have_css("height", f"{expected}px")


def test_a_given_height_stays(handbook: Handbook) -> None:
    handbook.show(TABLE.replace("csv=", 'height="333px" csv='))
    start(handbook)
    expect(handbook.embed().locator("iframe")).to_have_css("height", "333px")


BELOW = '<p id="below">After it</p>'


@pytest.mark.parametrize("lines", [0, 3, 100])
def test_nothing_moves_around_an_embed_of_a_given_height(handbook: Handbook, lines: int) -> None:
    preview = "".join(f"<p>Line {number} of a preview</p>" for number in range(lines))
    embed = TABLE.replace("csv=", 'height="420px" csv=').replace("></", f">{preview}</")
    handbook.show(embed + BELOW)
    expect(handbook.button()).to_be_in_viewport(ratio=1)
    assert accessibility_problems(handbook.page) == []
    watch_shifts_from_now(handbook.page)
    start(handbook)
    handbook.frame().get_by_role("link", name="data", exact=True).click()
    expect(handbook.frame().get_by_role("heading", level=1, name="data")).to_be_visible()
    assert shifts(handbook.page, with_answers=True) == []


@pytest.mark.parametrize("height", ["auto", "420px"])
def test_nothing_moves_inside_an_embed(handbook: Handbook, height: str) -> None:
    watch_shifts(handbook.page)
    handbook.show(TABLE.replace("csv=", f'height="{height}" csv='))
    start(handbook)
    frame_of(handbook).wait_for_load_state("networkidle")
    moved = shifts(frame_of(handbook), with_answers=True)
    assert score(moved) <= 0.01, moved


def test_its_pages_are_compact(handbook: Handbook) -> None:
    handbook.show(TABLE)
    start(handbook)
    frame = handbook.frame()
    expect(frame.locator("footer.ft")).to_be_hidden()
    expect(frame.locator(".nav-menu")).to_be_hidden()
    expect(frame.get_by_role("link", name="home")).to_be_visible()
    # In a tab of its own the same address looks as ever.
    page = handbook.page.context.new_page()
    page.goto(frame_of(handbook).url)
    wait_for_datasette(page)
    expect(page.locator("footer.ft")).to_be_visible()
    page.close()


def test_links_stay_inside_and_lead_out_into_tabs(handbook: Handbook) -> None:
    handbook.add("links.csv", f"id,link\n1,{handbook.origin}/there.html\n".encode())
    handbook.add("there.html", b"There")
    handbook.add("favicon.ico", b"")
    handbook.show('<datasette-lite csv="links.csv" path="/data/links"></datasette-lite>')
    start(handbook, count=1)
    frame = handbook.frame()
    with handbook.page.expect_popup() as popup:
        frame.get_by_role("link", name=re.compile("there.html")).click()
    assert popup.value.url == f"{handbook.origin}/there.html"
    popup.value.close()
    with handbook.page.expect_download() as download:
        frame.get_by_role("link", name="json", exact=True).click()
    assert download.value.suggested_filename == "links.json"
    frame.get_by_role("link", name="data", exact=True).click()
    expect(frame.get_by_role("heading", level=1, name="data")).to_be_visible()
    assert handbook.embed().locator("iframe").count() == 1


def test_full_size_is_the_same_page_in_a_tab(handbook: Handbook) -> None:
    handbook.show(TABLE)
    start(handbook)
    handbook.frame().get_by_role("link", name="mass", exact=True).click()
    expect(handbook.frame().get_by_text("sorted by mass")).to_be_visible()
    with handbook.page.expect_popup() as popup:
        handbook.embed().get_by_role("link", name="Open full size").click()
    tab = popup.value
    wait_for_datasette(tab)
    expect(tab.get_by_text("sorted by mass")).to_be_visible()
    expect(tab.locator("footer.ft")).to_be_visible()
    # There it can be changed.
    assert insert(tab, f"{tab.url.split('?')[0]}/-/insert") == 201
    tab.close()


INSERT = json.dumps({"rows": [{"id": 4, "species": "Chinstrap", "mass": 3700}]})


def insert(page: Page | Frame, address: str) -> int:
    """Insert a penguin; return the status of the answer."""
    headers = {"content-type": "application/json"}
    answer = fetch(page, address, method="POST", body=INSERT, headers=headers)  # type: ignore[arg-type]
    return answer.status


@pytest.mark.console_errors
def test_it_is_read_only(handbook: Handbook) -> None:
    handbook.show(TABLE)
    start(handbook)
    inside = frame_of(handbook)
    expect(handbook.frame().get_by_text("Insert row")).to_have_count(0)
    headers = {"content-type": "application/json"}
    answer = fetch(inside, f"{inside.url}/-/insert", method="POST", body=INSERT, headers=headers)  # type: ignore[arg-type]
    assert answer.status == 403
    assert "This embedded copy of the data is read-only" in answer.text
    inside.evaluate("location.reload()")
    expect(rows(handbook)).to_have_count(3)


def test_an_editable_one_keeps_what_was_changed(handbook: Handbook) -> None:
    handbook.add("edited.csv", PENGUINS)
    handbook.show(
        '<datasette-lite editable csv="edited.csv" path="/data/edited?_sort=id"></datasette-lite>'
    )
    start(handbook)
    inside = frame_of(handbook)
    assert insert(inside, f"{inside.url.split('?')[0]}/-/insert") == 201
    handbook.page.reload()
    start(handbook, count=4)
    # The same table to read, elsewhere on the page, is another workspace.
    handbook.show('<datasette-lite csv="edited.csv" path="/data/edited"></datasette-lite>')
    start(handbook, count=3)


@pytest.mark.console_errors
@pytest.mark.parametrize("path", ["-/install", "-/sources"])
def test_pages_that_decide_are_refused_even_in_one_that_can_be_edited(
    handbook: Handbook, path: str
) -> None:
    handbook.show(TABLE.replace("csv=", "editable csv="))
    start(handbook)
    handbook.embed().evaluate("(embed, path) => embed.navigate(path)", path)
    expect(handbook.frame().get_by_role("heading", level=1)).to_have_text(
        "Open this in a tab of its own"
    )


# What the page around it says


def theme(handbook: Handbook) -> str:
    """The theme of an embed's page."""
    return str(frame_of(handbook).evaluate("document.documentElement.dataset.theme"))


def test_its_theme_follows_the_page(handbook: Handbook) -> None:
    style = "<style>body { color: #123 } .slate body { color: #eee; background: #111 }</style>"
    handbook.show(style + TABLE)
    start(handbook)
    assert theme(handbook) == "light"
    inside = frame_of(handbook)
    handbook.page.evaluate("document.documentElement.className = 'slate'")
    inside.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    # It stays from page to page.
    handbook.frame().get_by_role("link", name="data", exact=True).click()
    expect(handbook.frame().get_by_role("heading", level=1, name="data")).to_be_visible()
    assert theme(handbook) == "dark"
    handbook.embed().evaluate("embed => embed.setAttribute('theme', 'light')")
    frame_of(handbook).wait_for_function("() => document.documentElement.dataset.theme === 'light'")


def test_attributes_can_change_while_it_runs(handbook: Handbook) -> None:
    handbook.add("second.csv", b"x\n1\n")
    handbook.show(TABLE)
    start(handbook)
    handbook.embed().evaluate("embed => embed.setAttribute('path', '/data/penguins?id=2')")
    expect(rows(handbook)).to_have_count(1)
    handbook.embed().evaluate(
        """embed => {
            embed.setAttribute("csv", "second.csv");
            embed.setAttribute("path", "/data/second");
        }"""
    )
    expect(handbook.frame().get_by_role("heading", level=1, name="second")).to_be_visible()


@pytest.mark.console_errors
def test_scripts_of_the_page_can_ask_it(handbook: Handbook) -> None:
    handbook.show(TABLE)
    told = handbook.page.evaluate(
        """async () => {
            const embed = document.querySelector("datasette-lite");
            const told = [];
            for (const type of ["ready", "navigate", "error"]) {
                embed.addEventListener(type, ({ detail }) => told.push([type, detail.path]));
            }
            const sql = "select species, mass from penguins where mass > :least order by id";
            const found = await embed.query("data", sql, { least: 3760 });
            const refused = await embed.query("data", "delete from penguins").catch(String);
            const moved = new Promise((resolve) => embed.addEventListener("navigate", resolve));
            embed.navigate("/data/penguins?_sort=mass");
            await moved;
            return { found, refused, told, path: embed.path };
        }"""
    )
    assert told["found"] == {
        "columns": ["species", "mass"],
        "rows": [["Gentoo", 5000], ["Adelie", 3800]],
        "truncated": False,
    }
    assert told["refused"].startswith("Error: ")
    assert told["path"] == "/data/penguins?_sort=mass"
    assert told["told"] == [["ready", "/data/penguins"], ["navigate", "/data/penguins?_sort=mass"]]


def test_only_the_page_around_a_frame_is_heard(handbook: Handbook) -> None:
    """Neither a frame beside it, nor a window, may send it anywhere or read its rows."""
    handbook.host.add("beside.html", b"<!doctype html><title>beside</title>")
    beside = f'<iframe id="beside" src="{handbook.origin}/beside.html"></iframe>'
    handbook.show(TABLE + beside)
    start(handbook)
    inside = frame_of(handbook)
    before = inside.url
    send = """message => {
        const heard = [];
        addEventListener("message", (event) => heard.push(event.data));
        window.heard = heard;
        for (let n = 0; n < parent.length; n++) {
            if (parent[n] !== self) parent[n].postMessage(message, "*");
        }
    }"""
    other = handbook.page.frame(url=re.compile("beside"))
    assert other is not None
    query = {"datasetteLite": 1, "type": "query", "id": "1", "database": "data", "sql": "select 1"}
    other.evaluate(send, {"datasetteLite": 1, "type": "navigate", "path": "/data"})
    other.evaluate(send, query)
    # A message of the page around it comes after those.
    found = handbook.embed().evaluate("embed => embed.query('data', 'select 1')")
    assert found["rows"] == [[1]]
    assert inside.url == before
    assert other.evaluate("heard") == []


def test_what_others_send_is_not_taken_for_the_frames(handbook: Handbook) -> None:
    handbook.show(TABLE)
    start(handbook)
    height = handbook.embed().locator("iframe").evaluate("frame => frame.style.height")
    handbook.page.evaluate(
        """async () => {
            postMessage({ datasetteLite: 1, type: "height", height: 5 }, "*");
            await new Promise((resolve) => addEventListener("message", resolve, { once: true }));
        }"""
    )
    assert handbook.embed().locator("iframe").evaluate("frame => frame.style.height") == height


# Data that is written in the page


def test_data_in_the_page_itself(handbook: Handbook) -> None:
    handbook.show(
        """<datasette-lite path="/data/parties">
          <script type="text/csv" data-name="parties">
            party,seats
            “A”,12
            B,7
          </script>
        </datasette-lite>
        <datasette-lite path="/data/inline">
          <pre><code class="language-json">[{"a": 1}, {"a": 2}, {"a": 3}, {"a": 4}]</code></pre>
        </datasette-lite>"""
    )
    start(handbook, 0, count=2)
    expect(handbook.frame(0).get_by_text("“A”")).to_be_visible()
    expect(handbook.embed(1).get_by_text('"a": 4')).to_be_visible()
    start(handbook, 1, count=4)
    with handbook.page.expect_popup() as popup:
        handbook.embed(0).get_by_role("link", name="Open full size").click()
    wait_for_datasette(popup.value)
    expect(popup.value.locator(ROWS)).to_have_count(2)
    assert "inline:" not in popup.value.url
    popup.value.close()


@pytest.mark.parametrize(
    "block",
    [
        '<div class="highlight-csv notranslate"><div class="highlight"><pre>{}</pre></div></div>',
        '<div class="language-csv highlight"><pre><span></span><code>{}</code></pre></div>',
        '<pre class="sourceCode csv"><code class="sourceCode csv">{}</code></pre>',
    ],
)
def test_fenced_blocks_as_documentation_tools_write_them(handbook: Handbook, block: str) -> None:
    data = block.format("<span>a,</span><span>b</span>\n1,2\n")
    handbook.show(f'<datasette-lite path="/data/inline">{data}</datasette-lite>')
    start(handbook, count=1)


def test_it_works_offline_once_it_was_there(first_read: Handbook, host: Host) -> None:
    inline = '<script type="text/csv">\na\n1\n2\n</script>'
    first_read.show(TABLE + f'<datasette-lite path="/data/inline">{inline}</datasette-lite>')
    start(first_read, 0)
    start(first_read, 1, count=2)
    wait_for_offline(frame_of(first_read))
    host.unplug()
    first_read.host.files["/penguins.csv"].status = 500
    for number, count in [(0, 3), (1, 2)]:
        first_read.embed(number).evaluate("embed => embed.replaceWith(embed)")
        start(first_read, number, count=count)


def wait_for_offline(frame: Frame) -> None:
    """Wait until the site's small files are kept."""
    frame.wait_for_function(
        """async () => {
            for (const name of await caches.keys()) {
                if (name.includes(" version ")) {
                    return (await (await caches.open(name)).keys()).length > 40;
                }
            }
        }"""
    )


# Where it cannot run


@pytest.mark.console_errors
@pytest.mark.first_visit
def test_where_nothing_can_be_stored_the_poster_says_so(
    page: Page, site: str, files: DataHost
) -> None:
    """Playwright's contexts are like private windows: frames of other sites may store nothing."""
    handbook = Handbook(page, site, files)
    handbook.add("penguins.csv", PENGUINS)
    handbook.show(TABLE)
    handbook.button().click()
    embed = handbook.embed()
    expect(embed.get_by_role("alert")).to_contain_text("does not let a page inside another page")
    expect(embed.get_by_role("button")).to_have_count(0)
    with page.expect_popup() as popup:
        embed.get_by_role("link", name="Open in a new tab").click()
    wait_for_datasette(popup.value)
    expect(popup.value.locator(ROWS)).to_have_count(3)


@pytest.mark.console_errors
def test_where_the_site_does_not_answer_the_poster_says_so(
    first_read: Handbook, host: Host
) -> None:
    first_read.show(TABLE)
    host.unplug()
    first_read.button().click()
    expect(first_read.embed().get_by_role("alert")).to_contain_text("Nothing arrived")
    expect(first_read.embed().get_by_role("link", name="Open in a new tab")).to_be_visible()


@pytest.mark.console_errors
def test_a_source_that_is_not_there_is_named(handbook: Handbook) -> None:
    handbook.show('<datasette-lite csv="missing.csv"></datasette-lite>')
    handbook.page.evaluate(
        """() => document.querySelector("datasette-lite").addEventListener("error", (event) => {
            document.title = event.detail.message;
        })"""
    )
    handbook.button().click()
    expect(handbook.frame().get_by_text("has no file at").first).to_be_visible(timeout=BOOT_TIMEOUT)
    expect(handbook.page).to_have_title(re.compile("missing.csv"))


def test_too_much_data_in_the_page_is_refused(handbook: Handbook) -> None:
    handbook.show("<datasette-lite><script type='text/csv'></script></datasette-lite>")
    handbook.page.evaluate(
        """() => {
            const embed = document.createElement("datasette-lite");
            const data = Object.assign(document.createElement("script"), { type: "text/csv" });
            data.textContent = "a\\n" + "1234567\\n".repeat(150_000);
            embed.append(data);
            document.querySelector("main").append(embed);
        }"""
    )
    expect(handbook.embed(1).get_by_role("alert")).to_contain_text("up to 1 MB")


# Everybody


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(handbook: Handbook, width: int, scheme: str) -> None:
    handbook.page.set_viewport_size({"width": width, "height": 800})
    dark = "<style>:root { color-scheme: dark; background: #121212; color: #eee }</style>"
    handbook.show((dark if scheme == "dark" else "") + TABLE)
    assert accessibility_problems(handbook.page) == []
    start(handbook)
    expect(handbook.embed().locator("iframe")).to_have_attribute(
        "title", "penguins, from penguins.csv"
    )
    assert theme(handbook) == scheme
    assert accessibility_problems(handbook.page) == []
    assert accessibility_problems(frame_of(handbook)) == []
    wide = "document.documentElement.scrollWidth > innerWidth"
    assert handbook.page.evaluate(wide) is False
    assert frame_of(handbook).evaluate(wide) is False
