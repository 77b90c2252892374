"""The wheels that site.toml lists by address and by path, as site.lock pins them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from datasette_lite.plugin_wheels import PluginWheels, listing, locked_wheels
from datasette_lite.settings import SettingsError, SiteSettings, read_settings
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
def settings(tmp_path: Path, host: DataHost) -> SiteSettings:
    """A site with a wheel of each kind, locked."""
    owner = tmp_path / "owner"
    owner.mkdir()
    by_path, by_url = wheel("lite-path")[1], wheel("lite-url")[1]
    (owner / BY_PATH).write_bytes(by_path)
    url = host.add(BY_URL, by_url)
    (owner / "site.toml").write_text(f'plugins = ["{BY_PATH}", "{url}"]\n')
    settings = read_settings(owner)
    pins = [(f"./{BY_PATH}", by_path), (f"lite-url @ {url}", by_url)]
    (owner / "site.lock").write_text(
        f"{listing(settings)}\n#   lite-path\n"
        + "".join(f"{what} --hash=sha256:{hashlib.sha256(w).hexdigest()}\n" for what, w in pins)
    )
    return settings


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where wheels are kept."""
    return tmp_path / "cache"


def test_they_are_those_of_the_lock(settings: SiteSettings, cache: Path) -> None:
    wheels = locked_wheels(settings, cache)
    assert [path.name for path in wheels.files] == [BY_PATH, BY_URL]
    assert wheels.names == ["lite-path"]
    hashes = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in wheels.files)
    assert wheels.hashes == hashes
    assert locked_wheels(SiteSettings(cache), cache) == PluginWheels()


def test_they_are_not_fetched_again(settings: SiteSettings, host: DataHost, cache: Path) -> None:
    first = locked_wheels(settings, cache)
    asked = len(host.requests)
    assert asked > 0
    assert locked_wheels(settings, cache) == first and len(host.requests) == asked


def test_another_file_at_the_address_is_refused(
    settings: SiteSettings, host: DataHost, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    host.add(BY_URL, wheel("lite-url", code="evil = True")[1])
    for _ in range(2):  # what failed is no reason to take it the next time
        with pytest.raises(SettingsError, match="is not the file that was pinned"):
            locked_wheels(settings, cache)
    assert BY_URL in capfd.readouterr().err


def test_an_address_without_a_file_is_told(
    settings: SiteSettings, host: DataHost, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    host.add(BY_URL, b"gone", status=404)
    with pytest.raises(SettingsError, match="could not be downloaded"):
        locked_wheels(settings, cache)
    assert "404" in capfd.readouterr().err


def test_a_changed_file_is_refused_also_once_it_was_taken(
    settings: SiteSettings, cache: Path
) -> None:
    locked_wheels(settings, cache)
    (settings.folder / BY_PATH).write_bytes(wheel("lite-path", code="new = True")[1])
    with pytest.raises(SettingsError, match=r"on purpose, run `make lock-plugins`"):
        locked_wheels(settings, cache)


def test_a_missing_file_is_told(settings: SiteSettings) -> None:
    (settings.folder / BY_PATH).unlink()
    with pytest.raises(SettingsError, match=f"lists the wheel '{BY_PATH}', which is not there"):
        read_settings(settings.folder)
