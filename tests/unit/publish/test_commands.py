"""The command line."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from datasette.cli import cli as datasette

from datasette_lite.commands import cli


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Name data files to publish"),
        (["gone.csv"], "'gone.csv' does not exist"),
        (["t.csv", "--static", "here"], "is not of the form mountpoint:directory"),
        (["t.csv", "--static", "a/b:."], "must be one name without a slash"),
        (["t.csv", "--static", "a:gone"], "'gone' is not a folder"),
        (["t.csv", "--install", "gone.whl"], "--install gone.whl: there is no such file"),
        (["metadata.yaml"], "metadata.yaml is not data. Pass it as --metadata"),
        (["notes.txt"], "notes.txt is not a kind of file that can be published"),
        (
            ["t.csv", "--plugin-secret", "datasette-auth-github", "client_id", "x"],
            "--plugin-secret datasette-auth-github client_id cannot be published",
        ),
    ],
)
def test_mistakes_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("a\n1\n")
    (tmp_path / "metadata.yaml").write_text("title: A\n")
    (tmp_path / "notes.txt").write_text("Buy milk\n")
    done = CliRunner().invoke(cli, ["build", *arguments, "--cache", "cache"])
    assert done.exit_code != 0 and done.exception is not None
    assert said in done.output and "Traceback" not in done.output
    assert not (tmp_path / "site").exists()


def test_serving_says_when_there_is_no_site(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["serve", str(tmp_path)])
    assert done.exit_code == 1 and "There is no site in" in done.output


def test_options_are_those_of_datasette_publish() -> None:
    """The options of `datasette publish` work here too."""
    group = datasette.commands["publish"]
    assert isinstance(group, click.Group)
    theirs, ours = [
        {option for parameter in command.params for option in parameter.opts}
        for command in (group.commands["heroku"], cli.commands["build"])
    ]
    # Of a server: its Datasette, and its own secret; and of Heroku.
    of_servers = {"--extra-options", "--branch", "--secret", "--version-note"}
    assert theirs - ours == of_servers | {"--tar", "--generate-dir"}
