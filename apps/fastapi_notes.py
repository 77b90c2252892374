# /// script
# requires-python = ">=3.11"
# dependencies = ["fastapi", "fastapi-offline", "python-multipart"]
# ///
"""Notes with FastAPI: an HTML form, a JSON API, and its documentation.

Runs in a browser tab, and as it is with `uvicorn fastapi_notes:app` on a server.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Annotated

from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, Field

# Like FastAPI(), but /docs loads nothing from elsewhere.
app: FastAPI = FastAPIOffline(title="Notes")


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    """Open notes.db in the current directory, which is saved."""
    connection = sqlite3.connect("notes.db")
    connection.execute("create table if not exists notes (id integer primary key, text not null)")
    try:
        with connection:
            yield connection
    finally:
        connection.close()


class NewNote(BaseModel):
    """A note to add."""

    text: str = Field(min_length=1, max_length=1000)


class Note(NewNote):
    """A note that is there."""

    id: int


def add(text: str) -> Note:
    with database() as connection:
        id = connection.execute("insert into notes (text) values (?)", [text]).lastrowid
    return Note(id=id or 0, text=text)


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Notes</title>
<style>
  body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: auto; padding: 1rem }}
</style>
<h1>Notes</h1>
<form method="post" action="{add}">
  <label>Text <input name="text" required></label> <button>Add</button>
</form>
<ul>{items}</ul>
<p><button id="count" type="button">Count with fetch</button> <output id="counted"></output>
<p><a href="{docs}">API documentation</a>
<script>
  document.getElementById("count").addEventListener("click", async () => {{
    const notes = await (await fetch("{api}")).json();
    document.getElementById("counted").textContent = `${{notes.length}} notes`;
  }});
</script>
</html>
"""


@app.get("/", response_class=HTMLResponse, include_in_schema=False)
async def home(request: Request) -> str:
    items = "".join(f"<li>{escape(note.text)}" for note in await list_notes())
    docs = f"{request.scope['root_path']}/docs"
    urls = {"add": request.url_for("add_from_form").path, "api": request.url_for("list_notes").path}
    return PAGE.format(items=items, docs=docs, **urls)


@app.post("/add", include_in_schema=False)
async def add_from_form(text: Annotated[str, Form()], request: Request) -> RedirectResponse:
    add(text)
    return RedirectResponse(request.url_for("home"), status_code=303)


@app.get("/api/notes")
async def list_notes() -> list[Note]:
    """List all notes."""
    with database() as connection:
        rows = connection.execute("select id, text from notes order by id").fetchall()
    return [Note(id=id, text=text) for id, text in rows]


@app.post("/api/notes", status_code=201)
async def add_note(note: NewNote) -> Note:
    """Add a note."""
    return add(note.text)


@app.get("/api/notes/{id}")
async def get_note(id: int) -> Note:
    """Return one note."""
    with database() as connection:
        row = connection.execute("select id, text from notes where id = ?", [id]).fetchone()
    if row is None:
        raise HTTPException(404, f"There is no note {id}.")
    return Note(id=row[0], text=row[1])
