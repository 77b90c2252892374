"""Databases of programs that bring their own SQLite: Android, iOS, Plex, SpatiaLite, WeChat.

Their virtual tables are written into the schema as such, since the SQLite here cannot make them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

Entry = tuple[str, str]


def app_database(
    path: Path,
    statements: list[str],
    virtual: Sequence[Entry] = (),
    collations: tuple[str, ...] = (),
) -> bytes:
    """Return the bytes of a new database.

    :param virtual: names of tables and the statements that would make them.
    :param collations: that order text without regard to case while it is made.
    """
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for name in collations:
            connection.create_collation(name, _without_case)
        for statement in statements:
            connection.execute(statement)
        connection.execute("pragma writable_schema = on")
        for name, sql in virtual:
            insert = "insert into sqlite_master (type, name, tbl_name, rootpage, sql)"
            connection.execute(f"{insert} values ('table', ?, ?, 0, ?)", [name, name, sql])
    return path.read_bytes()


def _without_case(one: str, other: str) -> int:
    return (one.lower() > other.lower()) - (one.lower() < other.lower())


def android(path: Path) -> bytes:
    """Messages with an FTS3 index by the tokenizer icu, contacts with Android's collations."""
    return app_database(
        path,
        [
            "create table messages (id integer primary key, body text)",
            "insert into messages values (1, 'hello')",
            "create table search_content (docid integer primary key, c0body text)",
            "insert into search_content values (1, 'indexed text')",
            "create table contacts (id integer primary key, name text collate LOCALIZED unique,"
            " key text collate PHONEBOOK)",
            "create index by_key on contacts (key collate 'UNICODE')",
            "insert into contacts (name, key)"
            " values ('b', 'b'), ('A', 'A'), ('c', 'c'), ('D', 'D')",
            "create table words (word text collate LOCALIZED primary key, n) without rowid",
            "insert into words values ('b', 1), ('A', 2), ('c', 3), ('D', 4)",
        ],
        [("search", "CREATE VIRTUAL TABLE search USING fts3(body, tokenize=icu zh_CN)")],
        ("LOCALIZED", "PHONEBOOK", "UNICODE"),
    )


def ios(path: Path) -> bytes:
    """Notes with an FTS5 index by a tokenizer of its own, the tables of its content missing."""
    return app_database(
        path,
        [
            "create table notes (id integer primary key, body text)",
            "insert into notes values (1, 'hello')",
        ],
        [
            (
                "notes_fts",
                'CREATE VIRTUAL TABLE notes_fts USING fts5(body, content="notes",'
                " tokenize='apple_nl')",
            ),
            ("boxes", "CREATE VIRTUAL TABLE boxes USING rtree_i32(id, x0, x1)"),
        ],
    )


def plex(path: Path) -> bytes:
    """Titles ordered by icu_root, with FTS4 indexes and a table of spellfix1."""
    return app_database(
        path,
        [
            "create table metadata_items (id integer primary key, title text collate icu_root)",
            "create index index_title on metadata_items (title collate icu_root)",
            "insert into metadata_items values (1, 'b'), (2, 'A'), (3, 'c'), (4, 'D')",
        ],
        [
            (
                "spellfix_metadata_titles",
                "CREATE VIRTUAL TABLE spellfix_metadata_titles using spellfix1",
            ),
            (
                "fts4_metadata_titles_icu",
                "CREATE VIRTUAL TABLE fts4_metadata_titles_icu USING fts4(content='metadata_items',"
                " title, tokenize=collating)",
            ),
        ],
        ("icu_root",),
    )


def spatialite(path: Path) -> bytes:
    """Towns with a geometry, triggers and a view that call SpatiaLite's functions."""
    return app_database(
        path,
        [
            "create table geometry_columns (f_table_name text, f_geometry_column text)",
            "create table towns (id integer primary key, name text, geom blob)",
            "insert into towns values (1, 'Berlin', x'0001')",
            "create view placed as select name, st_x(geom) as x from towns",
            "create trigger checked before update on towns begin"
            " select raise(abort, 'no') where not rtreealign('idx', new.id, new.geom); end",
        ],
        [
            ("SpatialIndex", "CREATE VIRTUAL TABLE SpatialIndex USING VirtualSpatialIndex()"),
            ("KNN2", "CREATE VIRTUAL TABLE KNN2 USING VirtualKNN2()"),
            (
                "ElementaryGeometries",
                "CREATE VIRTUAL TABLE ElementaryGeometries USING VirtualElementary()",
            ),
        ],
    )


def wechat(path: Path) -> bytes:
    """Messages with a full-text index by the tokenizer mm_cipher."""
    return app_database(
        path,
        [
            "create table message (id integer primary key, content text)",
            "insert into message values (1, 'hello')",
        ],
        [
            (
                "FTS5IndexMessage",
                "CREATE VIRTUAL TABLE FTS5IndexMessage USING fts5(content, tokenize='mm_cipher 1')",
            )
        ],
    )


#: By name: what makes it, the tables that can be read with their rows, and those that cannot, each
#: with a word that its page must say.
APPS: dict[str, tuple[Callable[[Path], bytes], dict[str, int], dict[str, str]]] = {
    "android": (
        android,
        {"messages": 1, "search_content": 1, "contacts": 4, "words": 4},
        {"search": "icu"},
    ),
    "ios": (ios, {"notes": 1}, {"notes_fts": "apple_nl", "boxes": "boxes_"}),
    "plex": (
        plex,
        {"metadata_items": 4},
        {"spellfix_metadata_titles": "spellfix1", "fts4_metadata_titles_icu": "collating"},
    ),
    "spatialite": (
        spatialite,
        {"towns": 1, "geometry_columns": 0},
        {
            "SpatialIndex": "VirtualSpatialIndex",
            "KNN2": "VirtualKNN2",
            "ElementaryGeometries": "VirtualElementary",
            "placed": "st_x",
        },
    ),
    "wechat": (wechat, {"message": 1}, {"FTS5IndexMessage": "mm_cipher"}),
}
