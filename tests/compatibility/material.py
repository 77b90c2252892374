"""What the plugins are tried on: a database with something for each, and a page template."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

SCHEMA = """
create table places (id integer primary key, name text, latitude real, longitude real, people int);
create table notes (
    id integer primary key, title text, body_markdown text, links text, properties text,
    song text, query text, is_done integer
);
create table articles (id integer primary key, title text, body text);
create virtual table articles_fts using fts5(title, body, content="articles", content_rowid=id);
create table drafts (id integer primary key, title text, body text);
create table shapes (id integer primary key, name text, geometry text);
create view entries as select id as atom_id, title as atom_title, '2026-01-0' || id || 'T10:00:00Z'
    as atom_updated, body as atom_content from articles;
create view meetings as select id as event_uid, title as event_name,
    '2026-02-0' || id || ' 09:30:00' as event_dtstart, body as event_description from articles;
"""

PLACES = [
    ("Lisbon", 38.72, -9.14, 548_703),
    ("Porto", 41.15, -8.61, 231_800),
    ("Reykjavik", 64.15, -21.94, 139_875),
    ("Sapporo", 43.06, 141.35, 1_973_000),
    ("Nairobi", -1.29, 36.82, 4_397_000),
    ("Quito", -0.18, -78.47, 2_011_000),
]

ARTICLES = [
    ("Otters of the Tagus", "They come back when the water is clean."),
    ("A tram up the hill", "Number 28, since 1914."),
    ("Lighthouses", "The otter and the lighthouse keeper."),
]

NOTE = {
    "title": "First note",
    "body_markdown": "# Heading\n\nSome **bold** text and a [link](https://example.org/).",
    "links": "https://example.org/one\nhttps://example.org/two",
    "properties": '{"href": "https://example.org/page", "label": "A page"}',
    "song": "/-/static/none.mp3",
    "query": "select name from places",
    "is_done": 0,
}

SECOND_NOTE = {
    **NOTE,
    "title": "Second note",
    "properties": '{"colour": "green", "size": [1, 2]}',
    "is_done": 1,
}

PAGE = """{% extends "base.html" %}
{% block content %}
<ul id="from-sql">{% for row in sql("select name from places order by id", database="data") %}
<li>{{ row.name }}</li>{% endfor %}</ul>
{% endblock %}
"""


def write_database(path: Path) -> None:
    """Write the database `data` to a path where there is none."""
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.executemany(
        "insert into places(name, latitude, longitude, people) values (?, ?, ?, ?)", PLACES
    )
    connection.executemany("insert into articles(title, body) values (?, ?)", ARTICLES)
    connection.executemany("insert into drafts(title, body) values (?, ?)", ARTICLES)
    connection.execute("insert into articles_fts(articles_fts) values ('rebuild')")
    for note in (NOTE, SECOND_NOTE):
        marks = ", ".join(f":{name}" for name in note)
        connection.execute(f"insert into notes({', '.join(note)}) values ({marks})", note)
    square = {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]]}
    connection.execute(
        "insert into shapes(name, geometry) values (?, ?)", ("square", json.dumps(square))
    )
    connection.commit()
    connection.close()


def write_templates(folder: Path) -> None:
    """Write a page that Datasette serves at /from-sql, which only datasette-template-sql fills."""
    (folder / "pages").mkdir(parents=True)
    (folder / "pages" / "from-sql.html").write_text(PAGE)
