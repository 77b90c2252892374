"""Runs ASGI applications that are not part of the site: one .py file, or an archive of files.

Start with instance.py. entry.py finds the application in the code, code.py lays the code out,
home.py copies the files beside it into the home directory, log.py keeps what it prints,
content_length.py restores a header. Knows nothing of Datasette.
"""
