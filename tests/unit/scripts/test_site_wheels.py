"""The wheels that site.toml lists by address and by path, as site.lock pins them.

How the lock comes about needs Pyodide: tests/browser/test_own_site.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import site_wheels
from site_settings import SettingsError, SiteSettings, read_settings

from tests.support.hosts import DataHost, data_host
from tests.support.wheels import wheel

BY_PATH = "lite_path-1.0-py3-none-any.whl"
BY_URL = "lite_url-1.0-py3-none-any.whl"


@pytest.fixture
def host() -> Iterator[DataHost]:
    """Where the wheel that is listed by its address is."""
    with data_host() as host:
        yield host


@pytest.fixture
def settings(tmp_path: Path, host: DataHost, monkeypatch: pytest.MonkeyPatch) -> SiteSettings:
    """A site with a wheel of each kind, locked, beside what a site carries: two other wheels."""
    base, owner = tmp_path / "base", tmp_path / "owner"
    for folder in (base, owner):
        folder.mkdir()
    for name, version in (("other", "2.0"), ("lite-url", "0.1")):
        file, content = wheel(name, version)
        (base / file).write_bytes(content)
    monkeypatch.setattr(site_wheels, "locked_wheels", lambda: base)
    monkeypatch.setattr(site_wheels, "FOLDER", tmp_path / "site-wheels")
    by_path, by_url = wheel("lite-path")[1], wheel("lite-url")[1]
    (owner / BY_PATH).write_bytes(by_path)
    url = host.add(BY_URL, by_url)
    (owner / "site.toml").write_text(f'plugins = ["{BY_PATH}", "{url}"]\n')
    settings = read_settings(owner)
    pins = [(f"./{BY_PATH}", by_path), (f"lite-url @ {url}", by_url)]
    (owner / "site.lock").write_text(
        f"{site_wheels.listing(settings)}\n"
        + "".join(f"{what} --hash=sha256:{hashlib.sha256(w).hexdigest()}\n" for what, w in pins)
    )
    return settings


def test_they_are_taken_beside_and_instead_of_the_sites(settings: SiteSettings) -> None:
    names = sorted(path.name for path in site_wheels.all_wheels(settings).glob("*.whl"))
    assert names == [BY_PATH, BY_URL, "other-2.0-py3-none-any.whl"]


def test_the_worker_is_told_their_hashes(settings: SiteSettings, tmp_path: Path) -> None:
    wheels = (tmp_path / "owner" / BY_PATH).read_bytes(), wheel("lite-url")[1]
    hashes = sorted(hashlib.sha256(one).hexdigest() for one in wheels)
    assert site_wheels.plugin_hashes(settings) == hashes
    assert site_wheels.plugin_hashes(SiteSettings(tmp_path)) == []


def test_they_are_not_fetched_again(settings: SiteSettings, host: DataHost) -> None:
    first = site_wheels.all_wheels(settings)
    asked = len(host.requests)
    assert asked > 0
    assert site_wheels.all_wheels(settings) == first and len(host.requests) == asked


def test_another_file_at_the_address_is_refused(
    settings: SiteSettings, host: DataHost, capfd: pytest.CaptureFixture[str]
) -> None:
    host.add(BY_URL, wheel("lite-url", code="evil = True")[1])
    for _ in range(2):  # what failed is no reason to take it the next time
        with pytest.raises(SettingsError, match="is not the file that was pinned"):
            site_wheels.all_wheels(settings)
    assert BY_URL in capfd.readouterr().err


def test_an_address_without_a_file_is_told(
    settings: SiteSettings, host: DataHost, capfd: pytest.CaptureFixture[str]
) -> None:
    host.add(BY_URL, b"gone", status=404)
    with pytest.raises(SettingsError, match="cannot be had"):
        site_wheels.all_wheels(settings)
    assert "404" in capfd.readouterr().err


def test_a_changed_file_is_refused_also_once_it_was_taken(settings: SiteSettings) -> None:
    site_wheels.all_wheels(settings)
    (settings.folder / BY_PATH).write_bytes(wheel("lite-path", code="new = True")[1])
    with pytest.raises(SettingsError, match=r"on purpose, run `make lock-plugins`"):
        site_wheels.all_wheels(settings)


def test_a_missing_file_is_told(settings: SiteSettings) -> None:
    (settings.folder / BY_PATH).unlink()
    with pytest.raises(SettingsError, match=f"lists the wheel '{BY_PATH}', which is not there"):
        read_settings(settings.folder)
