"""One WebSocket of a page as an ASGI connection.

https://asgi.readthedocs.io/en/latest/specs/www.html#websocket
"""

from __future__ import annotations

from typing import Protocol

from engine.asgi.connection import (
    BYTES,
    ClientDisconnected,
    Message,
    ProtocolError,
    RequestHead,
    Scope,
    connection_scope,
    response_headers,
    take_cookies,
)
from engine.asgi.cookies import Cookies

# Close codes (RFC 6455, section 7.4).
NORMAL = 1000
NO_CODE = 1005
INTERNAL_ERROR = 1011

#: The extension for an application that answers a handshake with a response of its own.
DENIAL = "websocket.http.response"

_MOST_REASON = 123  # bytes


class Socket(Protocol):
    """The client's end."""

    async def receive(self) -> str | bytes | None:
        """Return the next message, or None when the client has closed."""

    def closing(self) -> tuple[int, str]:
        """Return the code and the reason with which the client closed."""

    def accept(self, subprotocol: str) -> None:
        """Open the socket; "" for no subprotocol."""

    def refuse(self, status: int) -> None:
        """Refuse to open the socket."""

    def send(self, message: str | bytes) -> None:
        """Send a message."""

    def close(self, code: int, reason: str) -> None:
        """Close the socket, which is open."""


class WebSocketExchange:
    """The receive and send of one WebSocket."""

    def __init__(self, head: RequestHead, socket: Socket, cookies: Cookies) -> None:
        self._head = head
        self._socket = socket
        self._cookies = cookies
        self._connected = False  # whether the application knows of the handshake
        self._accepted = False
        self._closed = False  # by the application or by what went wrong in it
        self._client_gone = False
        self._denial: int | None = None  # the status of a response to the handshake

    def scope(self) -> Scope:
        """Return the connection scope."""
        offered = dict(self._head.headers).get("sec-websocket-protocol", "")
        return {
            **connection_scope("websocket", self._head, self._cookies),
            "subprotocols": [name.strip() for name in offered.split(",") if name.strip()],
            "extensions": {DENIAL: {}},
        }

    async def receive(self) -> Message:
        """Return the next event of the connection, as the application's `receive`."""
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        if self._closed:
            return {"type": "websocket.disconnect", "code": NO_CODE, "reason": ""}
        message = None if self._client_gone else await self._socket.receive()
        if message is None:
            self._client_gone = True
            code, reason = self._socket.closing()
            return {"type": "websocket.disconnect", "code": code, "reason": reason}
        return {
            "type": "websocket.receive",
            "text" if isinstance(message, str) else "bytes": message,
        }

    async def send(self, message: Message) -> None:
        """Take the next event from the application, as its `send`.

        Raises:
            ProtocolError: the event may not come now, or not in this form.
            ClientDisconnected: the client has closed the socket.
        """
        kind = message.get("type")
        if self._client_gone:
            raise ClientDisconnected("The client closed the WebSocket.")
        if self._closed:
            raise ProtocolError(f"{kind!r} was sent after the WebSocket was closed.")
        if kind == "websocket.close":
            self._close(message)
        elif self._accepted and kind == "websocket.send":
            self._socket.send(_content(message))
        elif not self._accepted and kind == "websocket.accept" and self._denial is None:
            self._accept(message)
        elif not self._accepted and kind == f"{DENIAL}.start" and self._denial is None:
            status = message.get("status")
            if not isinstance(status, int) or not 200 <= status <= 599:
                raise ProtocolError(f"{status!r} is not a valid status.")
            take_cookies(response_headers(message), self._head, self._cookies)
            self._denial = int(status)
        elif self._denial is not None and kind == f"{DENIAL}.body":
            # Browsers show neither status nor body to the page.
            if not message.get("more_body", False):
                self._refuse(self._denial)
        else:
            when = "after" if self._accepted else "before"
            raise ProtocolError(f"{kind!r} was sent {when} the WebSocket was accepted.")

    def _accept(self, message: Message) -> None:
        subprotocol = message.get("subprotocol") or ""
        if subprotocol and subprotocol not in self.scope()["subprotocols"]:
            raise ProtocolError(f"The client did not offer the subprotocol {subprotocol!r}.")
        take_cookies(response_headers(message), self._head, self._cookies)
        self._accepted = True
        self._socket.accept(subprotocol)

    def _close(self, message: Message) -> None:
        code = message.get("code", NORMAL)
        reason = message.get("reason") or ""
        if not isinstance(code, int) or not (code == NORMAL or 1001 <= code <= 4999):
            raise ProtocolError(f"{code!r} is not a close code.")
        if len(reason.encode()) > _MOST_REASON:
            raise ProtocolError(f"The reason is longer than {_MOST_REASON} bytes: {reason!r:.50}.")
        if self._accepted:
            self._closed = True
            self._socket.close(code, reason)
        else:
            self._refuse(403)

    def _refuse(self, status: int) -> None:
        self._closed = True
        self._socket.refuse(status)

    def end(self, *, failed: bool = False) -> None:
        """Close what the application left open when it returned or failed."""
        if self._closed or self._client_gone:
            return
        if self._accepted:
            self._closed = True
            self._socket.close(INTERNAL_ERROR if failed else NORMAL, "")
        else:
            self._refuse(500)


def _content(message: Message) -> str | bytes:
    text, data = message.get("text"), message.get("bytes")
    if isinstance(text, str) and data is None:
        return text
    if isinstance(data, BYTES) and text is None:
        return bytes(data)
    raise ProtocolError("'websocket.send' needs either text or bytes.")
