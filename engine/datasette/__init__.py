"""Datasette as the application: how it is set up, adapted, and given databases.

Start with instance.py. adaptations/ changes in Datasette what a browser needs changed, one module a
change. contents.py removes and renames databases and tables, copies.py, downloads.py and
all_rows.py serve downloads, imported_internal.py reads the internal database of an import, and
warm_up.py renders pages so that the browser compiles what they need. Files become tables in
engine/importing; the pages “Manage data” and “Plugins” are plugins, in plugins/.
"""
