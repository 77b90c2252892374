"""Publishing: the results of files and options, and refusals."""

from __future__ import annotations

import json
import sqlite3
import struct
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from datasette_lite import hosting
from datasette_lite.branding import Branding
from datasette_lite.errors import PublishError
from datasette_lite.packs import read_pack
from datasette_lite.publication import Publication, publish


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache that all tests share, as builds of one person do."""
    return tmp_path_factory.mktemp("cache")


def write(folder: Path, **files: str) -> None:
    """Write files named as keywords can be: datasette_yaml, plugins__own_py."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def database(path: Path, rows: int = 3) -> Path:
    """Write a database with a table `t`."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table t (id integer primary key, text)")
        connection.executemany("insert into t (text) values (?)", [("word " * 20,)] * rows)
    return path


def png(width: int, height: int) -> bytes:
    """Return the start of a PNG, which is all that is looked at."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + header
        + struct.pack(">I", zlib.crc32(header))
    )


def index_of(site: Path) -> list[dict[str, Any]]:
    """Return data/index.json."""
    entries: list[dict[str, Any]] = json.loads((site / "data" / "index.json").read_text())
    return entries


def test_files_of_all_kinds_become_databases(tmp_path: Path, cache: Path) -> None:
    write(
        tmp_path,
        trees_csv="id,name\n1,oak\n",
        birds_json='[{"name": "owl"}]',
        more_sql="create table fish (name); insert into fish values ('eel');",
        metadata_json=json.dumps({"databases": {"own": {"title": "Ours", "license": "CC0"}}}),
    )
    database(tmp_path / "own.db")
    (tmp_path / "points.parquet").write_bytes(b"PAR1 as it is PAR1")
    publish(Publication([tmp_path], cache=cache), tmp_path / "site")
    entries = index_of(tmp_path / "site")
    assert [(one["param"], one["file"], one["title"]) for one in entries] == [
        ("url", "own.db", "Ours"),
        ("url", "data.db", "data"),
        ("parquet", "points.parquet", "points"),
    ]
    assert entries[0]["license"] == "CC0"
    with closing(sqlite3.connect(tmp_path / "site" / "data" / "data.db")) as connection:
        tables = connection.execute("select name from sqlite_master where type = 'table'")
        assert {name for (name,) in tables} == {"trees", "birds", "fish"}
        assert connection.execute("select id, name from trees").fetchall() == [(1, "oak")]
    # Files for a host must be readable by it.
    assert all(path.stat().st_mode & 0o044 for path in (tmp_path / "site" / "data").iterdir())


def test_what_was_converted_before_is_reused(tmp_path: Path, cache: Path) -> None:
    write(tmp_path, trees_csv="id,name\n1,beech\n")
    said: list[str] = []
    publication = Publication([tmp_path / "trees.csv"], cache=cache)
    publish(publication, tmp_path / "site", said.append)
    assert "  reading trees.csv" in said
    said.clear()
    publish(publication, tmp_path / "site", said.append)
    assert not any("reading" in one for one in said)
    write(tmp_path, trees_csv="id,name\n1,birch\n")
    publish(publication, tmp_path / "site", said.append)
    assert "  reading trees.csv" in said


def test_changes_that_are_still_in_the_journal_are_published(tmp_path: Path, cache: Path) -> None:
    path = database(tmp_path / "own.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("update t set text = 'new'")
        connection.commit()
        assert Path(f"{path}-wal").stat().st_size > 0
        publish(Publication([path], cache=cache), tmp_path / "site")
    with closing(sqlite3.connect(tmp_path / "site" / "data" / "own.db")) as connection:
        assert connection.execute("select distinct text from t").fetchall() == [("new",)]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"own_db": "no database"}, "own.db is not a SQLite database"),
        ({"t_json": "{"}, "t.json"),
        ({"metadata_yaml": "a: [", "t_csv": "a\n1\n"}, "metadata.yaml cannot be read"),
        ({"datasette_yaml": "settings: {page_size: 3}"}, "is not a setting of Datasette"),
        (
            {"datasette_yaml": "settings: {default_page_sise: 3}"},
            "Did you mean 'default_page_size'?",
        ),
        ({"datasette_yaml": "settings: {max_returned_rows: '9'}"}, "must be a whole number"),
        (
            {"datasette_yaml": "plugins: {a: {client_secret: {$env: SECRET}}}"},
            "plugins.a.client_secret takes its value from an environment variable (SECRET)",
        ),
        (
            {"datasette_yaml": "plugins: {a: {api_key: x1}}"},
            "plugins.a.api_key looks like a secret",
        ),
        ({"README_md": "Nothing"}, "has nothing to publish"),
    ],
)
def test_mistakes_are_told_and_the_site_stays(
    tmp_path: Path, cache: Path, files: dict[str, str], said: str
) -> None:
    source, site = tmp_path / "source", tmp_path / "site"
    write(source, **files)
    write(site, sw_js="// of an earlier site")
    with pytest.raises(PublishError) as caught:
        publish(Publication([source], cache=cache), site)
    assert said in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site", "source"]
    assert (site / "sw.js").read_text() == "// of an earlier site"


def test_words_about_columns_and_public_keys_are_no_secrets(tmp_path: Path, cache: Path) -> None:
    write(
        tmp_path,
        datasette_yaml="plugins: {map: {api_key: pk.1}}",
        metadata_json=json.dumps(
            {"databases": {"d": {"tables": {"users": {"columns": {"password": "Its hash"}}}}}}
        ),
    )
    publication = Publication([tmp_path], public_keys=["plugins.map.api_key"], cache=cache)
    publish(publication, tmp_path / "site")


def test_a_folder_with_other_things_is_not_replaced(tmp_path: Path, cache: Path) -> None:
    write(tmp_path, out__letter_txt="Dear", t_csv="a\n1\n")
    with pytest.raises(PublishError, match="is not empty and not a site"):
        publish(Publication([tmp_path / "t.csv"], cache=cache), tmp_path / "out")
    with pytest.raises(PublishError, match=r"t\.csv is a file"):
        publish(Publication([tmp_path / "t.csv"], cache=cache), tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("branding", "said"),
    [
        (Branding(landing="data/t"), "does not start with a slash"),
        (Branding(icon=Path("small.png")), "has 16 × 16 pixels"),
        (Branding(icon=Path("wide.png")), "has 512 × 256 pixels"),
        (Branding(icon=Path("t.csv")), "is neither a PNG nor an SVG"),
    ],
)
def test_a_brand_that_cannot_be_used_is_told(
    tmp_path: Path, cache: Path, branding: Branding, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, t_csv="a\n1\n")
    (tmp_path / "small.png").write_bytes(png(16, 16))
    (tmp_path / "wide.png").write_bytes(png(512, 256))
    with pytest.raises(PublishError, match=said):
        publish(Publication([Path("t.csv")], branding=branding, cache=cache), tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_name_icon_and_first_page_are_the_sites(tmp_path: Path, cache: Path) -> None:
    write(tmp_path, t_csv="a\n1\n")
    (tmp_path / "icon.png").write_bytes(png(256, 256))
    branding = Branding("Trees & parks", tmp_path / "icon.png", '/data/t?a="1"')
    site = tmp_path / "site"
    publish(Publication([tmp_path / "t.csv"], branding=branding, cache=cache), site)
    pages = [*site.glob("*.html"), *site.glob("app/*.html")]
    unbranded = {
        page.name
        for page in pages
        if 'rel="icon" href="data:' in " ".join(page.read_text().split())
    }
    assert unbranded == {"404.html", "index.html"}, "only pages that do not know where the site is"
    launcher = (site / "index.html").read_text()
    assert "<title>Trees &amp; parks</title>" in launcher
    assert 'data-landing="/data/t?a=&quot;1&quot;"' in launcher
    manifest = json.loads((site / "manifest.webmanifest").read_text())
    assert manifest["name"] == "Trees & parks"
    [icon] = manifest["icons"]
    assert icon["sizes"] == "256x256" and (site / icon["src"]).is_file()
    assert icon["src"].startswith("v/") and icon["src"] in launcher


def test_large_databases_are_compressed_and_split(tmp_path: Path, cache: Path) -> None:
    path = database(tmp_path / "own data.db", rows=20_000)
    before = path.read_bytes()
    site = tmp_path / "site"
    publish(Publication([path], cache=cache, split_at=5_000), site)
    [entry] = index_of(site)
    assert entry["file"] == "own-data.db.gz" and entry["name"] == "own data"
    assert len(entry["parts"]) > 1
    parts = [(site / "data" / name).read_bytes() for name in entry["parts"]]
    assert max(map(len, parts)) <= 5_000 and sum(map(len, parts)) == entry["size"]
    assert zlib.decompress(b"".join(parts), 31)[:16] == before[:16]
    publish(Publication([path], cache=cache, compress=False, split_at=0), site)
    [entry] = index_of(site)
    assert entry["file"] == "own-data.db" and "parts" not in entry


def test_limits_of_hosts_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large.db").write_bytes(b"x" * 2000)
    monkeypatch.setattr(hosting, "FILE_LIMITS", {"A host": 1000})
    monkeypatch.setattr(hosting, "SITE_LIMITS", {"Another": 1500})
    first, second = hosting.warnings(tmp_path)
    assert first.startswith("A host takes files") and "large.db" in first
    assert second.startswith("Another takes sites")


def test_a_read_only_site_has_no_root_and_an_owners_files_are_there(
    tmp_path: Path, cache: Path
) -> None:
    write(
        tmp_path,
        t_csv="a\n1\n",
        plugins__own_py="# a plugin",
        plugins__root_py="# the owner's own",
        templates__index_html="<p>",
        static__own_css="p {}",
        static__DS_Store="",
    )
    (tmp_path / "static" / ".hidden").write_text("x")
    site = tmp_path / "site"
    publish(Publication([tmp_path], read_only=True, cache=cache), site)
    packed = dict(read_pack(site / "runtime" / "site.pack"))
    assert packed["/plugins/own.py"] == b"# a plugin"
    assert packed["/plugins/root.py"] == b"# the owner's own"
    assert packed["/site/mounts/static/own.css"] == b"p {}"
    assert "/site/templates/index.html" in packed
    assert not any("hidden" in path for path in packed)
    (tmp_path / "plugins" / "root.py").unlink()
    publish(Publication([tmp_path], read_only=True, cache=cache), site)
    assert "/plugins/root.py" not in dict(read_pack(site / "runtime" / "site.pack"))
