"""Packages in an imported file run only if they were allowed, whatever their names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import BOOT_TIMEOUT, wait_for_datasette
from tests.support.crafted_exports import crafted_export, import_export, key, lock_of
from tests.support.hosts import static_site
from tests.support.plugins import allow, notices
from tests.support.sites import BUILDS, build
from tests.support.wheels import saying, wheel

RECIPE = "memory=1"
EVIL = wheel("datasette-evil", code=saying("this ran"))
STRAY = wheel("datasette-stray", code=saying("a stray file ran"))
ADDRESS = "https://datasette.io/datasette_evil-1.0-py3-none-any.whl"


def crafted(**changes: Any) -> str:
    asked = changes.pop("asked", {ADDRESS: "datasette-evil"})
    name = changes.pop("name", "datasette-evil")
    return json.dumps({**lock_of(EVIL, name, asked), **changes})


#: What to do to a lock so that its wheel runs → whether the lock can be read at all.
ATTACKS: dict[str, tuple[Callable[[], str], bool]] = {
    "plain": (crafted, True),
    "nan": (lambda: crafted()[:-1] + ', "more": NaN}', False),
    "nan-as-size": (
        lambda: crafted().replace(f'"size": {len(EVIL[1])}', '"size": NaN'),
        False,
    ),
    "pairs": (lambda: crafted(asked=[["datasette-evil", "datasette-evil"]]), False),
    "address": (lambda: crafted(asked={"HTTPS://h/a/../x.whl": "datasette-evil"}), False),
    "trusted-name": (lambda: crafted(asked={"datasette-vega": "datasette-evil"}), False),
    "trusted-name-of-all": (
        lambda: crafted(asked={"datasette-vega": "datasette-vega"}, name="datasette-vega"),
        True,
    ),
    "name-of-the-sites": (lambda: crafted(asked={"datasette-own": "datasette-evil"}), False),
    "name-of-the-sites-of-all": (
        lambda: crafted(asked={"datasette-own": "datasette-own"}, name="datasette-own"),
        True,
    ),
    "another-datasette": (lambda: crafted(asked={"?ref=pre": "datasette-evil"}), False),
    "twice": (
        lambda: crafted().replace('"asked": ', '"asked": {}, "asked": ', 1),
        False,
    ),
}


@pytest.fixture(scope="module", params=["open", "locked"])
def own_site(request: pytest.FixtureRequest) -> Iterator[tuple[str, bool]]:
    """A site that says to have datasette-own, and whether it is locked."""
    locked = request.param == "locked"
    folder = build(BUILDS / f"own-{request.param}", plugins=["datasette-own"], locked=locked)
    with static_site(folder) as site:
        yield site, locked


@pytest.fixture
def visited(request: pytest.FixtureRequest) -> str:
    if "own_site" in request.fixturenames:
        return str(request.getfixturevalue("own_site")[0])
    return str(request.getfixturevalue("site"))


def question(page: Page) -> Any:
    return page.get_by_role("heading", name="Allow this code to run here?")


def plugins_of(page: Page) -> list[str]:
    """Return the names of the plugins that Datasette has loaded."""
    names: list[str] = page.evaluate(
        """async () => {
          const address = location.pathname.replace(/(@[^/]*).*/, "$1/-/plugins.json");
          return (await (await fetch(address)).json()).map(({ name }) => name);
        }"""
    )
    return names


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_wheel_of_an_imported_file_does_not_run(
    page: Page, own_site: tuple[str, bool], tmp_path: Path, attack: str
) -> None:
    site, locked = own_site
    lock, is_readable = ATTACKS[attack][0](), ATTACKS[attack][1]
    wheels = {f"plugins__wheels__{EVIL[0]}": EVIL[1], f"plugins__wheels__{STRAY[0]}": STRAY[1]}
    code = {"plugins__evil.py": b"1/0", "plugins__evil.pth": b"import evil", "evil.py": b"1/0"}
    file = crafted_export(tmp_path / "export.zip", RECIPE, lock, **wheels, **code)
    import_export(page, site, file)
    page.goto(f"{site}app/@{key(RECIPE)}/data/t")
    if is_readable and not locked:
        expect(question(page)).to_be_visible(timeout=BOOT_TIMEOUT)
        item = page.get_by_role("list", name="The code").get_by_role("listitem")
        expect(item).to_contain_text("from the file you imported")
        expect(item).not_to_contain_text("datasette.io")
        expect(item).not_to_contain_text("package index")
        page.get_by_role("button", name="Open without it").click()
    wait_for_datasette(page)
    expect(page.locator("tbody tr")).to_contain_text("the data is here")
    running = plugins_of(page)
    assert "datasette_evil" not in running and "datasette_stray" not in running
    said = "is damaged" if not is_readable else "was left out"
    expect(notices(page).filter(has_text=said)).to_have_count(1)


def test_it_runs_once_it_is_allowed_and_another_wheel_of_the_same_name_is_asked_about(
    page: Page, site: str, tmp_path: Path
) -> None:
    file = crafted_export(
        tmp_path / "export.zip", RECIPE, crafted(), **{f"plugins__wheels__{EVIL[0]}": EVIL[1]}
    )
    import_export(page, site, file)
    address = f"{site}app/@{key(RECIPE)}/data/t"
    page.goto(address)
    expect(question(page)).to_be_visible(timeout=BOOT_TIMEOUT)
    allow(page)
    expect(page.get_by_text("this ran")).to_be_visible()
    expect(notices(page).filter(has_text="You imported this workspace")).to_have_count(1)
    page.goto(f"{site}saved.html")
    card = page.get_by_role("list", name="Saved data").locator("> li")
    expect(card).to_contain_text("imported from a file")

    other = wheel("datasette-evil", code=saying("something else ran"))
    lock = json.dumps(lock_of(other, "datasette-evil", {ADDRESS: "datasette-evil"}))
    crafted_export(file, RECIPE, lock, **{f"plugins__wheels__{other[0]}": other[1]})
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import…").click()
    chooser.value.set_files(file)
    dialog = page.get_by_role("dialog", name="This is already here")
    dialog.get_by_text("Replace it with the one from the file").click()
    dialog.get_by_role("button", name="Import").click()
    expect(page.locator("#outcome")).to_contain_text("Imported")
    page.goto(address)
    expect(question(page)).to_be_visible(timeout=BOOT_TIMEOUT)
