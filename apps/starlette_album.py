# /// script
# requires-python = ">=3.11"
# dependencies = ["starlette", "python-multipart", "itsdangerous", "jinja2"]
# ///
"""An album with Starlette: uploaded pictures, a Jinja template, and a session that greets you.

Runs in a browser tab, and as it is with `uvicorn starlette_album:app` on a server.
"""

import secrets
from pathlib import Path

import jinja2
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

PICTURES = Path("pictures")
PICTURES.mkdir(exist_ok=True)

#: The types that the album takes, by the endings of their files' names.
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}

PAGE = jinja2.Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Album</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: auto; padding: 1rem }
  img { max-width: 12rem; max-height: 12rem }
</style>
<h1>Album</h1>
<p>{% if name %}Hello, {{ name }}!{% else %}We have not met.{% endif %}
   You have been here {{ visits }} times in this session.
<form method="post" action="{{ url_for('greet') }}">
  <label>Your name <input name="name"></label> <button>Greet me</button>
</form>
<form method="post" action="{{ url_for('upload') }}" enctype="multipart/form-data">
  <label>Picture <input type="file" name="picture" accept="image/*" required></label>
  <button>Upload</button>
</form>
{% for picture in pictures %}
  <figure><img src="{{ url_for('picture', name=picture) }}" alt="{{ picture }}">
  <figcaption>{{ picture }}</figcaption></figure>
{% endfor %}
</html>
""")


def secret() -> str:
    """Return what the session's cookie is signed with; made once, and saved like all files."""
    path = Path("secret")
    if not path.exists():
        path.write_text(secrets.token_hex())
    return path.read_text()


async def home(request: Request) -> Response:
    session = request.session
    session["visits"] = session.get("visits", 0) + 1
    pictures = sorted(path.name for path in PICTURES.iterdir())
    return HTMLResponse(PAGE.render(url_for=request.url_for, pictures=pictures, **session))


async def greet(request: Request) -> Response:
    async with request.form() as form:
        request.session["name"] = str(form["name"])
    return RedirectResponse(request.url_for("home"), status_code=303)


async def upload(request: Request) -> Response:
    async with request.form() as form:
        file = form["picture"]
        if isinstance(file, str) or Path(file.filename or "").suffix.lower() not in TYPES:
            return PlainTextResponse("The album takes PNG, JPEG and GIF pictures.", status_code=400)
        name = Path(file.filename or "").name
        (PICTURES / name).write_bytes(await file.read())
    return RedirectResponse(request.url_for("home"), status_code=303)


async def picture(request: Request) -> Response:
    path = PICTURES / Path(request.path_params["name"]).name
    if not path.is_file():
        return PlainTextResponse("There is no such picture.", status_code=404)
    return Response(path.read_bytes(), media_type=TYPES[path.suffix.lower()])


app = Starlette(
    routes=[
        Route("/", home),
        Route("/greet", greet, methods=["POST"]),
        Route("/upload", upload, methods=["POST"]),
        Route("/pictures/{name}", picture),
    ],
    middleware=[Middleware(SessionMiddleware, secret_key=secret())],
)
