"""Real plugins, each asked for what it is for, in a native Datasette and in the site.

`case.py` says what a case is; the modules beside it, one for each kind of plugin, hold the cases.
`make compatibility` runs all (`__main__.py`), tests/browser/test_plugins_compat.py a few.
"""
