"""Names are always shown as text: in dialogs, pages, notices and cards."""

from __future__ import annotations

import html
import io
import zipfile

import openpyxl
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.bringing import drop, import_dialog, paste, wait_for_previews
from tests.support.browsing import BOOT_TIMEOUT, follow, link, wait_for_datasette
from tests.support.hosts import DataHost
from tests.support.shop import rows_of

# In a file's name there is no slash.
NAME = "<img src=x onerror='window.ran=1'>"


def nothing_ran(page: Page) -> None:
    # Unlike evaluate(), these also hold while the page goes to another address.
    page.wait_for_function("() => window.ran === undefined")
    expect(page.locator("img[src=x]")).to_have_count(0)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "<img src=x onerror=ran=1>"
    second = book.create_sheet("<b>bold<")
    for sheet in (first, second):
        sheet.append([NAME, "b"])
        sheet.append([NAME, 1])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def zipped() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(f"{NAME}.csv", f'a,"{NAME}"\n1,2\n')
        archive.writestr(f"broken {NAME}.xlsx", b"PK no workbook")
    return written.getvalue()


@pytest.mark.parametrize("kind", ["csv", "xlsx", "zip", "sql"])
def test_names_of_files_and_what_is_in_them(
    page: Page, site: str, files: DataHost, kind: str
) -> None:
    content = {
        "csv": f'id,"{NAME}"\n1,"{NAME}"\nx,y,z\n'.encode(),
        "xlsx": workbook(),
        "zip": zipped(),
        "sql": f'create table "{NAME}" ("{NAME}"); insert into "{NAME}" values (1);'.encode(),
    }[kind]
    follow(page, link(site, "data/t", csv=files.add("t.csv", b"a\n1\n")))
    dialog = drop(page, {f"{NAME}.{kind}": content})
    expect(dialog.get_by_role("heading", name=f"Open {NAME}.{kind}")).to_be_visible()
    expect(dialog.get_by_role("button", name="Import")).to_be_enabled(timeout=BOOT_TIMEOUT)
    nothing_ran(page)
    dialog.get_by_role("button", name="Import").click()
    under_way = page.locator("dialog[data-state=choosing], dialog[data-state=importing]")
    expect(under_way).to_have_count(0, timeout=BOOT_TIMEOUT)
    base = page.url[: page.url.index("/", page.url.index("@")) + 1]
    nothing_ran(page)
    page.goto(f"{base}-/sources")
    wait_for_datasette(page)
    expect(page.get_by_role("heading", name="Manage data")).to_be_visible()
    nothing_ran(page)


def test_pasted_html(page: Page, site: str, files: DataHost) -> None:
    follow(page, link(site, "data/t", csv=files.add("t.csv", b"a\n1\n")))
    cells = f"<tr><td>a<img src=x onerror='window.ran=1'></td><td>{html.escape(NAME)}</td></tr>"
    paste(page, plain="no table here", html=f"<meta><table>{cells}{cells}</table>")
    wait_for_previews(page)
    dialog = import_dialog(page)
    expect(dialog.get_by_text(NAME).first).to_be_attached()
    nothing_ran(page)
    dialog.get_by_role("button", name="Import").click()
    page.wait_for_url("**/data/pasted*", timeout=BOOT_TIMEOUT)
    wait_for_datasette(page)
    [row] = rows_of(page, page.url)
    assert NAME in row.values()
    nothing_ran(page)


@pytest.mark.console_errors  # the source cannot be fetched
def test_names_in_links_that_fail(visitor: BrowserContext, site: str, files: DataHost) -> None:
    page = visitor.new_page()
    missing = f"{files.origin}/{NAME}.csv"
    page.goto(link(site, "", csv=[missing, files.add("t.csv", b"a\n1\n")]))
    wait_for_datasette(page)
    nothing_ran(page)
    page.goto(f"{site}saved.html")
    expect(page.get_by_role("list", name="Saved data").locator("> li")).to_have_count(1)
    nothing_ran(page)
    page.goto(link(site, "", csv=missing))
    expect(page.get_by_text("onerror").first).to_be_visible(timeout=BOOT_TIMEOUT)
    nothing_ran(page)


@pytest.mark.console_errors  # 400 and 404
@pytest.mark.first_visit
def test_addresses_that_lead_nowhere(page: Page, site: str) -> None:
    page.goto(f"{site}app/@{NAME}/")
    expect(page.get_by_role("heading", name="Could not open this address")).to_be_visible()
    nothing_ran(page)
    follow(page, f"{site}app/")  # so that what follows is answered at once
    for path in (f"app/{NAME}", f"app/world/{NAME}", f"app/?sql={NAME}"):
        page.goto(f"{site}{path}")
        page.wait_for_load_state("networkidle")
        nothing_ran(page)
