"""What Datasette needs changed to run below a base URL, in WebAssembly, in a service worker.

One module a change; each says what goes wrong without it and when it can go. serving.py puts
together those that each Datasette needs for itself.
"""
