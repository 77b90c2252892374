"""An ASGI server for any application: one request of the service worker is one connection.

Start with server.py, which checks the application against the protocol and always answers.
cookies.py is the cookie jar, since browsers hide cookies from service workers; batches.py joins
small chunks of a body. websocket.py serves WebSockets, page_script.py puts the script
that they need into pages, and inline_threads.py does the work of thread pools. Knows neither
JavaScript nor any one application: shell/worker/bridge/bridge.js is on the other side.
"""
