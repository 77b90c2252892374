"""A small handbook with live tables."""

project = "Penguin handbook"
extensions = ["datasette_lite.sphinx"]
html_theme = "alabaster"
html_favicon = "icon.svg"

datasette_lite_defaults = {"height": "420px"}
