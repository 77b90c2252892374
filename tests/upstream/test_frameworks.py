"""The own tests of web frameworks, with requests that travel from a page through the worker.

What passes natively is compared with what passes here. Tests that never use a TestClient say
nothing about that way, so they do not count. `-rP` shows which tests fail here, and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import BOOT_TIMEOUT, link
from tests.support.hosts import DataHost
from tests.upstream.frameworks import Framework, natively, packed

STARLETTE = Framework(
    "starlette",
    wanted=["tests"],
    locked=["anyio", "python_multipart"],
    modules=[
        "tests/test_requests.py",
        "tests/test_responses.py",
        "tests/test_staticfiles.py",
        "tests/test_websockets.py",
        "tests/middleware/test_session.py",
        "tests/middleware/test_cors.py",
        "tests/middleware/test_gzip.py",
    ],
    reasons={
        "_trailers": "browsers show no trailers to pages, so the ASGI server offers none",
        "push_promise": "a service worker has no connection to push anything on",
        "test_response_phrase": "status 123; a response of a service worker has 200 or more",
        "encoding_set": "the content coding “text”, which no browser can decode, is refused",
        "invalid_python_version": "for Python before 3.14, which Pyodide has",
    },
)

#: How many modules are run at a time: a browser ends a worker that is busy for minutes.
AT_A_TIME = 10

#: How many of the tests that pass natively have to pass here.
SHARE = 0.95

_RUN = """async (names) => {
    const response = await fetch("run", { method: "POST", body: JSON.stringify(names) });
    return response.text();
}"""


@pytest.mark.parametrize("framework", [STARLETTE], ids=lambda one: one.name)
def test_a_framework_s_own_tests(
    framework: Framework, page: Page, site: str, files: DataHost
) -> None:
    folder = framework.folder()
    modules = framework.modules_in(folder)
    native = natively(folder, modules)
    wanted = [
        name
        for name, outcome in native["outcomes"].items()
        if outcome == "passed" and name in native["users"]
    ]
    address = files.add(f"{framework.name}.zip", packed(folder))
    page.goto(link(site, app=address, temporary="1"))
    page.get_by_role("button", name="Allow and open").click(timeout=BOOT_TIMEOUT)
    expect(page).to_have_title("Ready", timeout=BOOT_TIMEOUT)
    outcomes: dict[str, str] = {}
    details: dict[str, str] = {}
    for some in _batches(modules):
        names = [name for name in wanted if name.split("::")[0] in some]
        result: dict[str, Any] = json.loads(page.evaluate(_RUN, names))
        assert result["outcomes"] or not names, result["output"]
        outcomes |= result["outcomes"]
        details |= result["details"]
    failed = [name for name in wanted if outcomes.get(name) != "passed"]
    for name in failed:
        error = details.get(name, "it was skipped").strip().splitlines()[-1]
        print(f"{name}: {framework.reason(name) or f'not explained yet: {error}'}")
    passed = len(wanted) - len(failed)
    print(f"{framework.name} {framework.version}: {passed} of {len(wanted)} pass")
    assert passed >= SHARE * len(wanted)


def _batches(modules: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(modules), AT_A_TIME):
        yield modules[start : start + AT_A_TIME]
