"""Pyodide's loader, made smaller."""

from __future__ import annotations

import re

import pytest
from bundle_worker import LOADER, MODULES
from slim_loader import LoaderError, slim

PLAIN = (
    "use(_kept);var _kept,_gone,_place,_other;function assignWasmExports(wasmExports){"
    '_kept=Module["_kept"]=wasmExports["kept"];_gone=Module["_gone"]=wasmExports["gone"];'
    '_place=Module["_place"]=wasmExports["place"].value>>>0;'
    '_other=Module["_other"]=wasmExports["__another"]}var wasmImports={}'
)


def test_what_nothing_mentions_is_assigned_in_a_loop() -> None:
    assert slim(PLAIN) == (
        "use(_kept);var _kept,_other;function assignWasmExports(wasmExports){"
        'for(const name of"gone".split(" "))Module["_"+name]=wasmExports[name];'
        'for(const name of"place".split(" "))Module["_"+name]=wasmExports[name].value>>>0;'
        '_kept=Module["_kept"]=wasmExports["kept"];'
        '_other=Module["_other"]=wasmExports["__another"]}var wasmImports={}'
    )


def test_every_export_of_the_real_one_is_still_assigned() -> None:
    source = (MODULES / LOADER).read_text()
    smaller = slim(source)
    assert len(smaller) < 0.75 * len(source)
    named = set(re.findall(r'Module\["_(\w+)"\]=', source))
    loops = re.findall(r'for\(const name of"([^"]+)"', smaller)
    looped = {name for names in loops for name in names.split()}
    assert named == looped | set(re.findall(r'Module\["_(\w+)"\]=', smaller))


@pytest.mark.parametrize(
    "source",
    ["", PLAIN.replace("assignWasmExports", "assign"), PLAIN.replace("_gone,", "")],
    ids=["empty", "another function", "undeclared"],
)
def test_another_form_is_an_error(source: str) -> None:
    with pytest.raises(LoaderError, match=r"as slim_loader\.py expects"):
        slim(source)
