"""A guest book without any framework: one HTML form, one JSON address, one SQLite database."""

# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///

import html
import json
import sqlite3
from urllib.parse import parse_qs

TITLE = "Guest book"


def database():
    connection = sqlite3.connect("guests.db")
    connection.execute("create table if not exists guests (id integer primary key, name)")
    return connection


# At the start, so that looking at the guest book changes nothing.
database().close()


async def body_of(receive):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def answer(send, status, body=b"", *headers):
    headers = [(name.encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("only HTTP here")
    home = scope["root_path"] + "/"
    path = scope["path"].removeprefix(scope["root_path"])
    connection = database()
    with connection:
        if path == "/add" and scope["method"] == "POST":
            [name] = parse_qs((await body_of(receive)).decode())["name"]
            print(f"{name} has come")
            connection.execute("insert into guests (name) values (?)", [name])
            await answer(send, 303, b"", ("location", home))
        elif path == "/guests.json":
            names = [name for (name,) in connection.execute("select name from guests order by id")]
            body = json.dumps(names).encode()
            await answer(send, 200, body, ("content-type", "application/json"))
        elif path == "/crash":
            raise ValueError("a <b>guest</b> has left")
        elif path == "/":
            names = connection.execute("select name from guests order by id")
            items = "".join(f"<li>{html.escape(name)}" for (name,) in names)
            page = f"""<!doctype html><title>{TITLE}</title><h1>{TITLE}</h1><ul>{items}</ul>
                <form method="post" action="{home}add"><label>Name <input name="name"></label>
                <button>Sign</button></form>"""
            await answer(send, 200, page.encode(), ("content-type", "text/html; charset=utf-8"))
        else:
            await answer(send, 404, b"not here", ("content-type", "text/plain"))
