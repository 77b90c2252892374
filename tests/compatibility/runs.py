"""Runs a case: in a native Datasette with the plugin in an environment of its own, and in the site
with the plugin installed by a link.

Both have the same version of Datasette, the same database, configuration and templates, and whoever
looks at them is root. What is asserted is the case's business, what is made of the outcomes
report.py's.
"""

from __future__ import annotations

import contextlib
import html
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from playwright.sync_api import Browser, BrowserContext, Page, Response
from playwright.sync_api import Error as PlaywrightError

from tests.compatibility.case import Case, Place
from tests.compatibility.material import write_database, write_templates
from tests.compatibility.outcomes import CACHE, Outcome
from tests.support.browsing import BOOT_TIMEOUT, link, wait_for_datasette
from tests.support.hosts import DataHost
from tests.support.native import native_datasette

PROJECT = Path(__file__).resolve().parents[2]

#: What is not a host of the tests.
_ELSEWHERE = re.compile(r"^https?://(?!localhost|127\.0\.0\.1)([^/:]+)")


def environment(case: Case) -> Path:
    """Return an environment with the plugin and what it needs, beside the tests' own packages.

    Raises:
        subprocess.CalledProcessError: pip says that there is none.
    """
    folder = CACHE / "native" / case.requirement
    if not (folder / "ready").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder)
        # Datasette and its needs are here already, and pip need not install them again.
        (site_packages(folder) / "tests.pth").write_text(sysconfig.get_path("purelib"))
        command = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
        command += ["install", "--quiet", "--disable-pip-version-check", case.requirement]
        command += [f"datasette=={version('datasette')}"]
        subprocess.run(command, check=True, capture_output=True, text=True)
        (folder / "ready").touch()
    return folder


def site_packages(folder: Path) -> Path:
    """Return where an environment has its packages."""
    return next((folder / "lib").glob("python*")) / "site-packages"


def closure(case: Case) -> list[str]:
    """Return the plugin and all that it needs beside what every site carries, pinned."""
    folder = site_packages(environment(case))
    lock = (PROJECT / "wheels.lock").read_text()
    there: dict[str, Distribution] = {}
    # What the environment has itself comes first.
    for one in distributions(path=[str(folder), sysconfig.get_path("purelib")]):
        there.setdefault(canonicalize_name(one.metadata["Name"]), one)
    # Another version than the site's is one that the plugin asks for.
    carried = {
        canonicalize_name(name)
        for name, version in re.findall(r"^([\w.-]+)==(\S+)", lock, re.M)
        if canonicalize_name(name) in there and there[canonicalize_name(name)].version == version
    }
    # Datasette's, for its command line.
    carried |= {canonicalize_name(name) for name in ("pip", "setuptools")}
    found: dict[str, str] = {}
    waiting = [canonicalize_name(case.name)]
    while waiting:
        name = waiting.pop()
        if name not in found and name not in carried and name in there:
            found[name] = there[name].version
            needs = [Requirement(one) for one in there[name].requires or ()]
            waiting += [
                canonicalize_name(need.name)
                for need in needs
                if need.marker is None or need.marker.evaluate({"extra": ""})
            ]
    return sorted(f"{name}=={version}" for name, version in found.items())


def run_natively(case: Case, browser: Browser) -> Outcome:
    """Run a case in a native Datasette."""
    try:
        python = environment(case) / "bin" / "python"
    except subprocess.CalledProcessError as error:
        return Outcome(False, error.stderr.strip().splitlines()[-1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_database(folder / "data.db")
        write_templates(folder / "templates")
        (folder / "datasette.json").write_text(json.dumps(case.config))
        (folder / "plugins").mkdir()
        shutil.copy2(PROJECT / "plugins" / "root.py", folder / "plugins")
        arguments = ["--plugins-dir", str(folder / "plugins"), "-c", str(folder / "datasette.json")]
        arguments += ["--template-dir", str(folder / "templates")]
        try:
            with native_datasette([folder / "data.db"], arguments, str(python)) as native:
                with _tab(browser) as page:
                    return _outcome(case, Place(page, f"{native.origin}/"))
        except RuntimeError as error:
            return Outcome(False, str(error).strip().splitlines()[-1])


def run_here(case: Case, browser: Browser, site: str, files: DataHost) -> Outcome:
    """Run a case in a built site whose package index has the plugin."""
    with _tab(browser) as page:
        place = open_here(case, page, site, files)
        outcome = _outcome(case, place)
        if not outcome.works:
            page.goto(place.root)
            with contextlib.suppress(PlaywrightError):
                # The notice of a plugin that the site could not have.
                notice = page.get_by_text(re.compile("cannot be installed|could not be downloaded"))
                said = notice.first.inner_text(timeout=5000)
                said = said.removeprefix(f"{case.requirement} cannot be installed: ")
                outcome.reason = said[0].upper() + said[1:]
        return outcome


def open_here(case: Case, page: Page, site: str, files: DataHost) -> Place:
    """Follow a link that installs the plugin, and allow it."""
    with tempfile.TemporaryDirectory() as folder:
        write_database(Path(folder, "data.db"))
        url = [files.add("data.db", Path(folder, "data.db").read_bytes())]
    config = [files.add("datasette.json", json.dumps(case.config).encode())] if case.config else []
    address = link(site, url=url, install=case.requirement, temporary="1", config=config)
    page.goto(address)
    page.get_by_role("button", name="Allow and open").click(timeout=BOOT_TIMEOUT)
    wait_for_datasette(page)
    base = re.match(r".*?/app/@[^/]+/", page.url)
    assert base is not None, page.url
    return Place(page, base[0])


@contextlib.contextmanager
def _tab(browser: Browser) -> Iterator[Page]:
    context: BrowserContext = browser.new_context()
    context.set_default_timeout(15_000)
    try:
        yield context.new_page()
    finally:
        context.close()


def _outcome(case: Case, place: Place) -> Outcome:
    hosts: set[str] = set()

    def note(url: str) -> None:
        if match := _ELSEWHERE.match(url):
            hosts.add(match[1])

    place.page.on("request", lambda request: note(request.url))
    failed: list[Response] = []
    place.page.on("response", lambda one: failed.append(one) if one.status >= 500 else None)
    stops: list[str] = []
    place.page.on("pageerror", lambda error: stops.append(error.message))
    try:
        case.check(place)
    except (AssertionError, PlaywrightError) as error:
        print(f"  {case.name} at {place.root}: {error}")
        return Outcome(False, _reason(error, failed, stops), sorted(hosts))
    return Outcome(True, hosts=sorted(hosts))


def _reason(error: Exception, failed: list[Response], stops: list[str]) -> str:
    """Return why a check failed, in a sentence.

    What the server could not answer, `failed`, is told rather than what came of that: the errors
    that scripts stopped with, `stops`, and what the check missed.
    """
    texts = [_text(response) for response in failed]
    for text in [*texts, " ".join(str(error).split())]:
        if gone := re.search(r"'Datasette' object has no attribute '(\w+)'", text):
            return f"It calls Datasette.{gone[1]}(), which this version does not have."
        if python := re.search(r"Error (?:in|500) (.*?)(?: The rest of| Powered by|$)", text):
            return f"Its server side stops: {python[1].strip().removesuffix('.')}."
    if stops:
        return f"Its script stops: {stops[0].removesuffix('.')}."
    text = " ".join(str(error).split())
    return "What it should show does not appear." if "Locator" in text else f"{text[:200]}."


def _text(response: Response) -> str:
    """Return what a response says, without the markup of a page."""
    with contextlib.suppress(PlaywrightError):
        page = re.sub(r"(?s)<(title|script|style)\b.*?</\1>|<[^>]*>", " ", response.text())
        return " ".join(html.unescape(page).split())
    return ""
