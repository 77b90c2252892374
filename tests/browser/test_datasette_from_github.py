"""Links to a branch, tag or commit of Datasette, with GitHub played by a host of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import BOOT_TIMEOUT, link, stop_worker, wait_for_datasette
from tests.support.deploys import Host, deploy_host
from tests.support.github import add_commit, datasette_source, redirected
from tests.support.hosts import DataHost
from tests.support.kept import wait_for_site
from tests.support.plugins import allow, instance, notices

DIST = Path(__file__).resolve().parent.parent.parent / "dist"
SHA = "abcdef1" + "0" * 33


@pytest.fixture
def host(files: DataHost) -> Iterator[Host]:
    """The site, whose workers find GitHub at the other host."""
    with deploy_host(DIST) as running:
        running.spoiled["/sw.js"] = redirected((DIST / "sw.js").read_bytes(), files)
        yield running


def test_a_branch_runs_at_its_commit_after_consent_and_stays_there(
    page: Page, host: Host, files: DataHost
) -> None:
    source = datasette_source()
    source["datasette/version.py"] = b'__version__ = "1.0a77"\n__version_info__ = ("1", "0a77")\n'
    source["datasette/templates/patterns.html"] = b"<p>of the branch</p>"
    add_commit(files, "feature/x", SHA, source)
    page.goto(link(host.address(), memory="1", ref="feature/x"))
    item = page.get_by_role("list", name="The code").get_by_role("listitem")
    expect(item).to_contain_text("Datasette, branch or tag feature/x")
    expect(item).to_contain_text("Not this site’s version, from github.com")
    expect(item).to_contain_text("https://github.com/simonw/datasette/tree/feature/x")
    expect(item).to_contain_text("It may not be a release: it could be unfinished or have known")
    assert accessibility_problems(page) == []
    assert files.requests == []
    allow(page)
    expect(notices(page)).to_have_count(0)
    address = instance(page)

    page.goto(f"{address}-/versions")
    expect(page.locator("body")).to_contain_text("1.0a77+gabcdef1")
    page.goto(f"{address}-/patterns")
    expect(page.locator("body")).to_have_text("of the branch")
    page.goto(f"{address}-/install")
    expect(page.locator("#lite-datasette")).to_have_text(
        "Datasette 1.0a77+gabcdef1 runs here. It comes from github.com, because the link asks for"
        " this branch or tag (?ref=feature/x)."
    )

    newer = "1234567" + "0" * 33
    add_commit(files, "feature/x", newer, {**source, "datasette/templates/patterns.html": b"new"})
    page.reload()
    newest = page.get_by_role("button", name="Get the newest commit")
    expect(newest).to_be_visible()
    assert accessibility_problems(page) == []
    newest.click()
    expect(page.locator("#lite-outcome")).to_have_text(
        "Datasette 1.0a77+g1234567 is installed and replaces 1.0a77+gabcdef1.",
        timeout=BOOT_TIMEOUT,
    )
    page.goto(f"{address}-/patterns")
    expect(page.locator("body")).to_have_text("new")

    wait_for_site(page)
    stop_worker(page)
    files.files.clear()
    files.requests.clear()
    host.unplug()
    page.goto(f"{address}-/versions")
    expect(page.locator("body")).to_contain_text("1.0a77+g1234567", timeout=BOOT_TIMEOUT)
    assert files.requests == []


@pytest.mark.console_errors  # the browser logs the 422
def test_a_name_that_does_not_exist_opens_the_site_s_own_with_a_reason(
    page: Page, host: Host, files: DataHost
) -> None:
    path = "api.github.com/repos/simonw/datasette/commits/no-such-branch"
    files.add(path, b'{"message": "No commit found for SHA: no-such-branch"}', status=422)
    page.goto(link(host.address(), memory="1", ref="no-such-branch"))
    allow(page)
    expect(notices(page)).to_contain_text("Datasette has no branch, tag or commit “no-such-branch”")
    files.requests.clear()
    stop_worker(page)
    page.reload()
    wait_for_datasette(page)
    expect(notices(page)).to_contain_text("Datasette has no branch, tag or commit “no-such-branch”")
    assert files.requests == []

    add_commit(files, "no-such-branch", SHA, datasette_source())
    page.goto(f"{instance(page)}-/install")
    again = "Try to get Datasette, branch or tag no-such-branch again"
    page.get_by_role("button", name=again).click()
    installed = page.locator("#lite-outcome", has_text="+gabcdef1 is installed and replaces")
    expect(installed).to_be_visible(timeout=BOOT_TIMEOUT)
    expect(page.get_by_role("button", name="Get the newest commit")).to_be_visible()
