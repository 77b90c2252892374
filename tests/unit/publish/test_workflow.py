"""The workflow for GitHub Pages and the recipe for GitLab Pages, as far as they run elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[3]
WORKFLOW = PROJECT / ".github" / "workflows" / "publish-data.yml"


def steps() -> dict[str, dict[str, Any]]:
    """Return the steps of the build that have a name, by it."""
    jobs = yaml.safe_load(WORKFLOW.read_text())["jobs"]
    return {step["name"]: step for step in jobs["build"]["steps"] if "name" in step}


def run_script(
    script: str, folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a script as GitHub does, where `pip` only repeats its arguments."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    lite = f'#!/bin/sh\nPYTHONPATH={PROJECT} exec {sys.executable} -m datasette_lite "$@"\n'
    for name, text in {"datasette-lite": lite, "pip": '#!/bin/sh\necho pip "$@"\n'}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    environment = {**os.environ, "PATH": path, **environment}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def run(step: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the build."""
    return run_script(steps()[step]["run"], folder, environment)


def test_the_build_takes_options_with_spaces(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "trees.csv").write_text("id\n1\n")
    options = "--name 'Our trees' --landing /data/trees"
    done = run("Build the site", tmp_path, FOLDER="data", OPTIONS=options)
    assert done.returncode == 0, done.stderr
    assert "<title>Our trees</title>" in (tmp_path / "site" / "index.html").read_text()
    again = run("Build the site", tmp_path, FOLDER="data", OPTIONS="")
    assert again.returncode == 0 and "reading" not in again.stdout


def test_the_package_is_that_of_the_workflow_unless_another_is_named(tmp_path: Path) -> None:
    ref = "some/lite/.github/workflows/publish-data.yml@refs/tags/v1"
    done = run("Install datasette-lite", tmp_path, PACKAGE="", WORKFLOW=ref)
    assert done.stdout == "pip install git+https://github.com/some/lite@refs/tags/v1\n"
    done = run("Install datasette-lite", tmp_path, PACKAGE="./x.whl", WORKFLOW=ref)
    assert done.stdout == "pip install ./x.whl\n"


def test_the_recipe_for_gitlab_pages_makes_its_artifact(tmp_path: Path) -> None:
    text = (PROJECT / "docs" / "hosting.md").read_text()
    [recipe] = re.findall(r"\*\*GitLab Pages\.\*\*\s+```yaml\n(.*?)```", text, re.S)
    job = yaml.safe_load(recipe)["pages"]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "trees.csv").write_text("id\n1\n")
    done = run_script("\n".join(job["script"]), tmp_path, {})
    assert done.returncode == 0, done.stderr
    [public] = job["artifacts"]["paths"]
    assert (tmp_path / public / "404.html").is_file()
