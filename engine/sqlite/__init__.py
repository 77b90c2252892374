"""What this program needs of SQLite, apart from Datasette: limits, names, and difficult files.

limits.py bounds what one step can do and sql_guard.py what a script may do. For databases of other
programs: connections.py (missing collations), unreadable.py (missing modules), journals.py (-wal
and -journal files), salvage.py (damaged files). names.py names tables and columns. Who calls these,
and when, is in engine/importing and engine/datasette.
"""
