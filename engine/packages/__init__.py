"""Plugins and other packages of a workspace: resolve, keep, lay out, load.

Start with plugin_setup.py. resolving.py chooses wheels with micropip, unresolvable.py says why
there are none, wheels.py keeps them and writes plugins/lock.json, github.py and source_wheel.py
make a wheel of a branch, tag or commit of Datasette, limits.py checks that nothing breaks what is
there, plugin_loading.py imports plugins so that one that fails is left out. stand_ins/ has modules
that take the place of those that need sockets. Whether a package may be used is decided in the
worker (shell/worker/trust): Python gets a list of allowed hashes.
"""
