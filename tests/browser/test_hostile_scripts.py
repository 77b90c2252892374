"""SQL scripts that would change other tables: nothing happens before the person agrees."""

from __future__ import annotations

import io
import zipfile

from playwright.sync_api import Page, expect

from tests.support.bringing import drop, wait_for_previews
from tests.support.browsing import follow, link, wait_for_datasette
from tests.support.hosts import DataHost
from tests.support.shop import rows_of

HOSTILE = b"""
create table pictures (id integer primary key, name text);
insert into pictures values (1, 'holiday');
update pets set name = 'gone';
create trigger later after insert on pets begin delete from pets; end;
"""


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


def names(page: Page, table: str) -> list[str]:
    return [row["name"] for row in rows_of(page, table)]


def opened(page: Page, site: str, files: DataHost) -> str:
    """Open a table of pets; return its address."""
    follow(page, link(site, "data/pets", csv=files.add("pets.csv", b"id,name\n1,cat\n2,dog\n")))
    return page.url


def test_a_dropped_script_asks_before_it_changes_other_tables(
    page: Page, site: str, files: DataHost
) -> None:
    pets = opened(page, site, files)
    dialog = drop(page, {"pictures.sql": HOSTILE})
    wait_for_previews(page)
    dialog.get_by_role("button", name="Import").click()
    problem = dialog.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text(
        "pictures.sql changes tables that it did not create: it changes rows of pets and adds a"
        " trigger to pets."
    )
    assert names(page, pets) == ["cat", "dog"]
    dialog.get_by_role("button", name="Run on my data").click()
    page.wait_for_url("**/data/pictures")
    wait_for_datasette(page)
    assert names(page, pets) == ["gone", "gone"]


def test_a_script_in_a_zip_changes_nothing_else(page: Page, site: str, files: DataHost) -> None:
    pets = opened(page, site, files)
    both = zipped(more__csv=b"id,name\n1,bird\n", evil__sql=HOSTILE)
    dialog = drop(page, {"both.zip": both})
    wait_for_previews(page)
    dialog.get_by_role("button", name="Import").click()
    expect(dialog.get_by_text("evil.sql changes tables that it did not create")).to_be_visible()
    expect(dialog.get_by_role("button", name="Run on my data")).to_have_count(0)
    assert names(page, pets) == ["cat", "dog"]
    assert names(page, pets.replace("pets", "more")) == ["bird"]


def test_scripts_of_a_fresh_link_work_together(page: Page, site: str, files: DataHost) -> None:
    scripts = [
        files.add("one.sql", b"create table a (id integer primary key, name text);"),
        files.add("two.sql", b"insert into a values (1, 'from two'); create table b (x);"),
    ]
    follow(page, link(site, "data/a", sql=scripts))
    assert names(page, page.url) == ["from two"]
