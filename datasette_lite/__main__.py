"""`python -m datasette_lite`: the same as the command datasette-lite."""

from datasette_lite.commands import cli

cli(prog_name="datasette-lite")
