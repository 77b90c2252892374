"""The command line: `datasette-lite build`, `datasette-lite serve`, `datasette publish lite`."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from datasette_lite import __version__, hosting
from datasette_lite.branding import Branding
from datasette_lite.errors import PublishError
from datasette_lite.page_policy import header
from datasette_lite.publication import Publication, publish
from datasette_lite.secret_keys import refuse_plugin_secrets

_F = TypeVar("_F", bound=Callable[..., Any])

#: Texts for the top of the metadata, as in `datasette publish`.
ABOUT = ("title", "license", "license_url", "source", "source_url", "about", "about_url")

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class _Mount(click.ParamType[tuple[str, Path]]):
    """MOUNT:FOLDER, as in `datasette publish`."""

    name = "mount:directory"

    def convert(self, value: str, param: Any, ctx: Any) -> tuple[str, Path]:
        mount, colon, folder = value.partition(":")
        if not colon or not mount.strip("/"):
            self.fail(f"{value!r} is not of the form mountpoint:directory.", param, ctx)
        if "/" in mount.strip("/"):
            self.fail(f"The mountpoint {mount!r} must be one name without a slash.", param, ctx)
        if not Path(folder).is_dir():
            self.fail(f"{folder!r} is not a folder.", param, ctx)
        return mount.strip("/"), Path(folder)


def publishing_options(command: _F) -> _F:
    """Add the arguments and options of publishing to a command."""
    options = [
        click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path)),
        click.option(
            "-o",
            "--output",
            default="site",
            show_default=True,
            type=click.Path(path_type=Path),
            help="Folder for the site. An earlier site in it is replaced.",
        ),
        click.option("-m", "--metadata", type=_FILE, help="JSON or YAML file with metadata"),
        click.option("--plugins-dir", type=_FOLDER, help="Folder of plugins that are files"),
        click.option("--template-dir", type=_FOLDER, help="Folder of custom templates"),
        click.option(
            "--static", type=_Mount(), multiple=True, help="Serve this folder at /MOUNT/..."
        ),
        click.option(
            "--install",
            multiple=True,
            help="Plugin to build in: a name, best with a version, or the URL or path of a wheel",
        ),
        click.option(
            "--index",
            "indexes",
            multiple=True,
            default=["default"],
            show_default=True,
            help="Package index of --install, and of plugins that visitors install; repeatable",
        ),
        click.option(
            "--distribution",
            metavar="URL",
            help="Copy of Pyodide's distribution, for packages with native code; '' for none;"
            " default: that of Pyodide's authors, if --index has the default",
        ),
        click.option("--plugin-secret", nargs=3, type=(str, str, str), multiple=True, hidden=True),
        click.option(
            "--public-key",
            "public_keys",
            multiple=True,
            metavar="PATH",
            help="Publish this key although it looks like a secret, such as plugins.NAME.api_key",
        ),
        *(click.option(f"--{name}", help=f"{_in_words(name)} for metadata") for name in ABOUT),
        click.option(
            "--locked",
            is_flag=True,
            help="Take no plugins or other code from links or visitors",
        ),
        click.option(
            "--private", is_flag=True, help="Let pages load from and send to this site only"
        ),
        click.option("--read-only", is_flag=True, help="Do not let visitors edit their copy"),
        click.option(
            "--landing", default="", metavar="PATH", help="Page to open first, such as /data/trees"
        ),
        click.option("-n", "--name", default="", help="Name of the site and of its app"),
        click.option("--icon", type=_FILE, help="Square PNG of at least 192 pixels, or an SVG"),
        click.option(
            "--compress/--no-compress",
            default=True,
            help="Compress databases where that makes them notably smaller (default)",
        ),
        click.option(
            "--split-at",
            type=click.FloatRange(min=0),
            default=hosting.DEFAULT_PART / hosting.MEBIBYTE,
            show_default=True,
            metavar="MIB",
            help="Split larger data files, which some hosts refuse; 0 for never",
        ),
        click.option(
            "--cache",
            type=click.Path(file_okay=False, path_type=Path),
            help="Folder for what later builds can reuse; default: the user's cache",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def run_publish(
    files: tuple[Path, ...],
    output: Path,
    static: tuple[tuple[str, Path], ...],
    install: tuple[str, ...],
    indexes: tuple[str, ...],
    public_keys: tuple[str, ...],
    plugin_secret: tuple[tuple[str, str, str], ...],
    name: str,
    icon: Path | None,
    landing: str,
    split_at: float,
    cache: Path | None,
    app: str = "",
    **options: Any,
) -> None:
    """Publish with the options of the command line; see publishing_options."""
    if not files:
        raise click.UsageError("Name data files to publish, or a folder with some.")
    about = {key: value for key in ABOUT if (value := options.pop(key))}
    if app:
        _refuse_options_of_data(about, static, options)
    publication = Publication(
        files=list(files),
        app=app,
        about=about,
        static=dict(static),
        install=list(install),
        indexes=list(indexes),
        public_keys=list(public_keys),
        branding=Branding(name, icon, landing),
        split_at=int(split_at * hosting.MEBIBYTE),
        **options,
    )
    if cache is not None:
        publication.cache = cache
    try:
        refuse_plugin_secrets(plugin_secret)
        notes = publish(publication, output.absolute(), click.echo)
    except PublishError as error:
        raise click.ClickException(str(error)) from error
    for note in notes:
        click.echo(f"note: {note}", err=True)
    size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file())
    click.echo(f"{output} is ready ({size / 1e6:.1f} MB). Upload it to any static host, or")
    click.echo(f"look at it first: datasette-lite serve {output}")


#: Options that mean nothing for an app.
_OF_DATA = ("--metadata", "--plugins-dir", "--template-dir", "--read-only")


def _refuse_options_of_data(
    about: dict[str, str], static: tuple[tuple[str, Path], ...], options: dict[str, Any]
) -> None:
    used = [one for one in _OF_DATA if options[one.removeprefix("--").replace("-", "_")]]
    used += [f"--{name}" for name in about]
    if static:
        used.append("--static")
    if used:
        raise click.UsageError(
            f"{', '.join(used)}: this is about data in Datasette and means nothing with --app."
        )


def _site(folder: Path) -> Path:
    if not (folder / "sw.js").is_file():
        raise click.ClickException(f"There is no site in {folder}. Build one there first.")
    return folder


def _in_words(name: str) -> str:
    return name.capitalize().replace("_url", " URL")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Publish data as a Datasette Lite site, a folder of static files."""


@cli.command()
@click.option(
    "--app",
    default="",
    metavar="MODULE:ATTRIBUTE",
    help="Publish an ASGI application instead of data: FILES is its folder or its .py file",
)
@publishing_options
def build(**options: Any) -> None:
    """Build a site of data files and Datasette configuration directories, or of an app."""
    run_publish(**options)


@cli.command()
@click.argument("folder", default="site", type=click.Path(path_type=Path))
def csp(folder: Path) -> None:
    """Print a Content-Security-Policy for hosts that have to send one with the site."""
    click.echo(header(_site(folder)))


@cli.command()
@click.argument("folder", default="site", type=click.Path(path_type=Path))
@click.option("-p", "--port", default=8001, show_default=True, help="0 takes any free port")
@click.option("-h", "--host", default="127.0.0.1", show_default=True)
@click.option("--base", default="/", show_default=True, help="Serve below this path")
def serve(folder: Path, port: int, host: str, base: str) -> None:
    """Serve a built site as a static host does, to look at it."""
    from datasette_lite.server import make_server

    _site(folder)
    base = f"/{base.strip('/')}/".replace("//", "/")
    try:
        server = make_server(folder, port, base, host)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise click.ClickException(f"Cannot serve at {host}:{port}: {error}.") from error
        click.echo(f"Port {port} is taken, so this uses another one.")
        server = make_server(folder, 0, base, host)
    shown = "localhost" if host == "127.0.0.1" else host
    click.echo(f"Datasette Lite is at http://{shown}:{server.server_port}{base} (Ctrl-C stops it)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo()
