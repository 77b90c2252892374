"""The Sphinx extension and the MkDocs plugin, with the examples and with mistakes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.support.documentation import EXAMPLES, build_mkdocs, build_sphinx


def embeds(page: Path) -> list[str]:
    """Return the opening tags of the embeds on a page."""
    return re.findall(r"<datasette-lite[^>]*>", page.read_text())


@pytest.fixture(scope="module")
def sphinx_docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Sphinx example, built."""
    out = tmp_path_factory.mktemp("sphinx") / "html"
    done = build_sphinx(EXAMPLES / "sphinx", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def mkdocs_docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The MkDocs example, built, in a copy, where its cache is left."""
    folder = tmp_path_factory.mktemp("mkdocs")
    shutil.copytree(EXAMPLES / "mkdocs", folder / "source")
    done = build_mkdocs(folder / "source", folder / "html")
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_sphinx_embeds_a_file_of_the_documentation(sphinx_docs: Path) -> None:
    first, second = embeds(sphinx_docs / "index.html")
    assert 'height="420px"' in first and 'path="/data/penguins?_facet=species"' in first
    found = re.search(r'csv="([^"]+)"', first)
    assert found is not None and (sphinx_docs / found[1]).is_file()
    assert "csv=" not in second
    text = (sphinx_docs / "index.html").read_text()
    assert text.count('src="lite/embed.js"') == 1
    assert "Torgersen" in text.partition("<datasette-lite")[2].partition("</datasette-lite>")[0]
    assert (sphinx_docs / "lite" / "sw.js").is_file()


def test_mkdocs_embeds_a_file_of_the_documentation(mkdocs_docs: Path) -> None:
    [only] = embeds(mkdocs_docs / "index.html")
    assert 'csv="data/penguins.csv"' in only and 'height="420px"' in only
    assert (mkdocs_docs / "data" / "penguins.csv").is_file()
    text = (mkdocs_docs / "index.html").read_text()
    assert text.count('src="lite/embed.js"') == 1
    # Nothing of Markdown's comes between the element and its preview.
    inside = text.partition("<datasette-lite")[2].partition("</datasette-lite>")[0]
    assert "<td>Torgersen</td>" in inside and "<p>" not in inside
    assert (mkdocs_docs / "lite" / "sw.js").is_file()


def test_pages_in_folders_find_the_script_and_the_file(tmp_path: Path) -> None:
    source = tmp_path / "sphinx"
    (source / "guide").mkdir(parents=True)
    (source / "conf.py").write_text('extensions = ["datasette_lite.sphinx"]\n')
    (source / "index.rst").write_text("Top\n===\n\n.. toctree::\n\n   guide/page\n")
    (source / "guide" / "page.rst").write_text(
        "Page\n====\n\n.. datasette-lite:: /t.csv https://example.org/more.csv\n   :width: 50%\n"
        "   :new_tab:\n"
    )
    (source / "t.csv").write_text("a\n1\n")
    for builder, page in (("html", "guide/page.html"), ("dirhtml", "guide/page/index.html")):
        out = tmp_path / builder
        done = build_sphinx(source, out, "-b", builder)
        assert done.returncode == 0, done.stderr
        [tag] = embeds(out / page)
        assert "new-tab" in tag and 'style="width: 50%"' in tag
        found = re.search(r'csv="([^" ]+) https://example.org/more.csv"', tag)
        assert found is not None and ((out / page).parent / found[1]).is_file()
        script = re.search(r'src="([^"]*lite/embed.js)"', (out / page).read_text())
        assert script is not None
        assert ((out / page).parent / script[1]).resolve() == (out / "lite/embed.js").resolve()
    source = tmp_path / "mkdocs"
    (source / "docs" / "guide").mkdir(parents=True)
    (source / "mkdocs.yml").write_text("site_name: A\nplugins: [datasette-lite]\n")
    (source / "docs" / "index.md").write_text("# Top\n")
    (source / "docs" / "t.csv").write_text("a\n1\n")
    (source / "docs" / "guide" / "page.md").write_text(
        "# Page\n\n- In a list:\n\n    ~~~datasette-lite\n    csv: [../t.csv]\n    load: visible\n"
        "    ~~~\n\n````markdown\n```datasette-lite\ncsv: only-an-example.csv\n```\n````\n"
    )
    done = build_mkdocs(source, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    built = tmp_path / "out" / "guide" / "page" / "index.html"
    [tag] = embeds(built)
    assert tag == '<datasette-lite csv="../../t.csv" load="visible">'
    assert 'src="../../lite/embed.js"' in built.read_text()


def test_other_formats_have_the_preview_alone(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(EXAMPLES / "sphinx", source)
    done = build_sphinx(source, tmp_path / "text", "-b", "text")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "text" / "index.txt").read_text()
    assert "Torgersen" in text and "datasette-lite" not in text


@pytest.mark.parametrize(
    ("directive", "said"),
    [
        (".. datasette-lite:: gone.csv\n", "there is no file 'gone.csv' to open"),
        (".. datasette-lite:: https://example.org/data\n", "Use an option such as :csv: instead"),
        (".. datasette-lite::\n   :hight: 3\n", "hight"),
    ],
)
def test_mistakes_in_directives_are_told(tmp_path: Path, directive: str, said: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text('extensions = ["datasette_lite.sphinx"]\n')
    (source / "index.rst").write_text(f"Top\n===\n\n{directive}")
    done = build_sphinx(source, tmp_path / "out")
    assert done.returncode != 0 and said in done.stderr


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("csv: gone.csv", "index.md: there is no file 'gone.csv' to open"),
        ("hight: 3", "datasette-lite has no option 'hight'. Did you mean 'height'?"),
        ("just text", "A datasette-lite block holds options"),
        ("a: [", "index.md: "),
    ],
)
def test_mistakes_in_blocks_are_told(tmp_path: Path, block: str, said: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("site_name: A\nplugins: [datasette-lite]\n")
    (tmp_path / "docs" / "index.md").write_text(f"# A\n\n```datasette-lite\n{block}\n```\n")
    done = build_mkdocs(tmp_path, tmp_path / "out")
    assert done.returncode != 0 and said in done.stderr + done.stdout
