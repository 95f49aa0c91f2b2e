"""A server that speaks just enough of MongoDB's protocol to be slow: every find takes its time, nothing is stored.

No MongoDB and no emulator is a store of ours; this only answers the question whether pymongo, in a patched process,
lets others run while it waits.
"""

import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bson

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
HEADER = struct.Struct("<iiii")

HELLO = {
    "ok": 1.0,
    "ismaster": True,
    "isWritablePrimary": True,
    "helloOk": True,
    "maxBsonObjectSize": 16_777_216,
    "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000,
    "minWireVersion": 0,
    "maxWireVersion": 17,
}


@contextmanager
def slow_mongo(seconds: float) -> Iterator[str]:
    """Give the URL of a server whose finds take so long."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while (request := _read(self.request)) is not None:
                request_id, operation, command = request
                if "find" in command:
                    time.sleep(seconds)
                self.request.sendall(_reply(request_id, operation, _answer(command)))

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"mongodb://127.0.0.1:{server.server_address[1]}/?directConnection=true"
        finally:
            server.shutdown()
            thread.join()


def _answer(command: dict[str, Any]) -> dict[str, Any]:
    if "find" in command:
        namespace = f"{command['$db']}.{command['find']}"
        return {"ok": 1.0, "cursor": {"id": 0, "ns": namespace, "firstBatch": [{"_id": "one"}]}}
    return HELLO if {"hello", "ismaster", "isMaster"} & command.keys() else {"ok": 1.0}


def _read(connection: Any) -> tuple[int, int, dict[str, Any]] | None:
    header = _exactly(connection, HEADER.size)
    if header is None:
        return None
    length, request_id, _, operation = HEADER.unpack(header)
    body = _exactly(connection, length - HEADER.size)
    if body is None:
        return None
    if operation == OP_MSG:
        return request_id, operation, bson.decode(body[5:])  # flags, then one section of kind 0
    after_name = body.index(b"\0", 4) + 1
    return request_id, operation, bson.decode(body[after_name + 8 :])


def _reply(request_id: int, operation: int, document: dict[str, Any]) -> bytes:
    encoded = bson.encode(document)
    if operation == OP_MSG:
        body, kind = struct.pack("<iB", 0, 0) + encoded, OP_MSG
    else:
        body, kind = struct.pack("<iqii", 8, 0, 0, 1) + encoded, OP_REPLY
    return HEADER.pack(HEADER.size + len(body), 0, request_id, kind) + body


def _exactly(connection: Any, count: int) -> bytes | None:
    found = b""
    while len(found) < count:
        try:
            part = connection.recv(count - len(found))
        except ConnectionError:
            return None
        if not part:
            return None
        found += part
    return found
