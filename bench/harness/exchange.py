"""One HTTP exchange over a raw socket, to see and count the very bytes of an answer."""

import socket
from dataclasses import dataclass


@dataclass
class Answer:
    """An answer as it came over the wire."""

    headers: list  # (name, value) pairs
    body: str
    size: int  # bytes, head included


def connect(port, source="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0))


def ask(connection, request):
    """Sends one request and reads its answer, which must be a 200 with a length."""
    connection.sendall(request.encode())
    received = b""
    while b"\r\n\r\n" not in received:
        received += _receive(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    if " 200 " not in status:
        raise RuntimeError(f"{request.splitlines()[0]}: {status}")
    headers = [tuple(line.split(": ", 1)) for line in lines]
    length = next(int(value) for name, value in headers if name.lower() == "content-length")
    while len(body) < length:
        body += _receive(connection)
    return Answer(headers, body.decode(), len(head) + 4 + length)


def ask_once(port, request):
    with connect(port) as connection:
        return ask(connection, request)


def _receive(connection):
    got = connection.recv(65536)
    if not got:
        raise RuntimeError("the connection was closed in the middle of an answer")
    return got
