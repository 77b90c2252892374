"""The Python that runs beside Datasette in the browser; import from the module that owns a name.

asgi/ serves any application, datasette/ sets Datasette up and adapts it, importing/ turns files
into tables, packages/ installs plugins, sqlite/ copes with other programs' databases, and boot/
makes starts fast. The modules here are used by several of them: folder.py (the files of an
instance), errors.py, pace.py (sharing the one thread), deferred_modules.py (what arrives after the
first page), environment.py (the only one that knows JavaScript).

bootstrap.py calls this package from JavaScript. Everything but environment.py runs and is tested in
CPython.
"""
