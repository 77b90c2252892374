"""Tests of tests.support.coverage_by_folder."""

from __future__ import annotations

from pathlib import Path

from tests.support.coverage_by_folder import by_folder

REPORT = """TN:
SF:shell/worker/a/one.js
DA:1,1
LH:3
LF:4
end_of_record
SF:shell/page/other.js
LH:1
LF:1
end_of_record
""".splitlines()


def test_modules_that_no_test_loads_count_as_not_run(tmp_path: Path) -> None:
    for name in ("a/one.js", "a/two.js", "b/three.js"):
        path = tmp_path / "shell" / "worker" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1;\n" * 4)
    assert by_folder(REPORT, tmp_path) == {"shell/worker/a": (3, 8), "shell/worker/b": (0, 4)}
