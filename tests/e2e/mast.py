"""The network between a phone and the server, which a test can switch off for every process of the browser alike.

Chromium's own emulation of being offline leaves service workers online, so a page that only seems to come from the
phone would pass. Here connections are cut and refused.
"""

import contextlib
import socket
import threading

CHUNK_BYTES = 65536


class Mast:
    """Forwards connections to the server while it is on."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._is_on = False
        self.switch_on()

    @property
    def url(self) -> str:
        """Where the phone finds the server."""
        return f"http://127.0.0.1:{self.port}"

    def switch_on(self) -> None:
        """Accept connections again."""
        if not self._is_on:
            if self._listener.fileno() == -1:
                self._listener = socket.create_server(("127.0.0.1", self.port))
            self._is_on = True
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def switch_off(self) -> None:
        """Cut every connection and refuse new ones."""
        self._is_on = False
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            _cut(connection)

    def _accept(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                phone, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._server)
            except OSError:
                _cut(phone)
                continue
            self._open |= {phone, server}
            for source, target in ((phone, server), (server, phone)):
                threading.Thread(target=self._forward, args=(source, target), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        """Carry bytes one way until either side ends."""
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                target.sendall(data)
        for connection in (source, target):
            _cut(connection)
            self._open.discard(connection)


def _cut(connection: socket.socket) -> None:
    """End a connection both ways."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
