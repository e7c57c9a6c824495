"""A websocket client as light as can be, so that what is measured is the server and not the measuring."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nCookie: antu={session}\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A client frame, masked with zeros, of less than 64 kB."""
    head = bytes([0x80 | opcode])
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
    return head + length + bytes(4) + payload


class Wire(asyncio.Protocol):
    """One socket: calls `on_text(wire, payload)` for every message."""

    def __init__(self, request: bytes, on_text: Callable[[Wire, bytes], None]) -> None:
        self.request, self.on_text = request, on_text
        self.buffer = bytearray()
        self.is_open = False
        self.close_code: int | None = None
        self.at = 0  # the last sequence number, kept here for the reader
        self.gaps = 0
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def send(self, payload: bytes) -> None:
        self.transport.write(frame(payload))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.is_open:
            head, found, rest = bytes(self.buffer).partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                self.opened.set_exception(ConnectionError(head.decode("latin-1")))
                return
            self.is_open, self.buffer = True, bytearray(rest)
            self.opened.set_result(None)
        self.take_frames()

    def take_frames(self) -> None:
        buffer, at = self.buffer, 0
        while len(buffer) - at >= 2:
            size, body = buffer[at + 1] & 0x7F, at + 2
            if size > 125:
                width = 2 if size == 126 else 8
                if len(buffer) < body + width:
                    break
                size, body = int.from_bytes(buffer[body : body + width], "big"), body + width
            if len(buffer) < body + size:
                break
            self.take(buffer[at] & 0x0F, bytes(buffer[body : body + size]))
            at = body + size
        del buffer[:at]

    def take(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self.on_text(self, payload)
        elif opcode == PING:
            self.transport.write(frame(payload, PONG))
        elif opcode == CLOSE:
            self.close_code = int.from_bytes(payload[:2], "big")
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError("closed during the handshake"))


async def open_wire(port: int, path: str, session: str, on_text: Callable[[Wire, bytes], None]) -> Wire:
    request = HANDSHAKE.format(path=path, port=port, session=session).encode()
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(lambda: Wire(request, on_text), "127.0.0.1", port)
    await wire.opened
    return wire
