# /// script
# requires-python = ">=3.11"
# dependencies = ["flask", "a2wsgi"]
# ///
"""A tally with Flask, a WSGI framework, as an ASGI application through a2wsgi.

Runs in a browser tab, and as it is with `uvicorn flask_counter:app` on a server.
"""

import sqlite3

from a2wsgi import WSGIMiddleware
from flask import Flask, redirect, render_template_string, request, url_for

flask_app = Flask(__name__)

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Tally</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: auto; padding: 1rem }
</style>
<h1>Tally</h1>
<form method="post" action="{{ url_for('vote') }}">
  <label>Bird <input name="bird" required></label> <button>Seen</button>
</form>
<ul>{% for bird, count in rows %}<li>{{ bird }}: {{ count }}{% endfor %}</ul>
</html>
"""


def database() -> sqlite3.Connection:
    """Open tally.db in the current directory, which is saved."""
    connection = sqlite3.connect("tally.db", isolation_level=None)
    connection.execute("create table if not exists tally (bird primary key, count integer)")
    return connection


@flask_app.get("/")
def home() -> str:
    rows = database().execute("select bird, count from tally order by bird").fetchall()
    return render_template_string(PAGE, rows=rows)


@flask_app.post("/vote")
def vote():
    database().execute(
        "insert into tally values (?, 1) on conflict do update set count = count + 1",
        [request.form["bird"]],
    )
    return redirect(url_for("home"), code=303)


app = WSGIMiddleware(flask_app)
