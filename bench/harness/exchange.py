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


class Page:
    """A client that looks for what is to be asked for."""

    def __init__(self, port):
        self._port = port

    def text(self, path):
        return ask_once(self._port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").body

    def far_cursor(self, query):
        """The query for the last page of a list, as far as pages are found in time; empty where
        there is no second one."""
        last = ""
        while True:
            request = f"GET /api/v1/advertisements?{last or query} HTTP/1.1\r\nHost: h\r\n\r\n"
            try:
                headers = dict(ask_once(self._port, request).headers)
            except RuntimeError:
                return last
            if "Link" not in headers:
                return last
            last = headers["Link"].partition("<?")[2].partition(">")[0]


class Channel:
    """A connection whose answers are read to their ends and forgotten."""

    def __init__(self, port, source="127.0.0.1"):
        self.bytes = 0  # of all answers
        self._socket = connect(port, source)
        self._left = b""  # received behind the last answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data)

    def finish(self, is_head=False, ends_with=b""):
        """Reads one answer, an endless one up to `ends_with`; returns its status."""
        while b"\r\n\r\n" not in self._left:
            self._left += self._receive()
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        number = int(status.split()[1])
        if is_head or number in (204, 304):
            return number
        if "content-length" in headers:
            self._skip(int(headers["content-length"]))
        elif "transfer-encoding" in headers:
            self._skip_to(b"\r\n0\r\n\r\n")
        else:
            self._skip_to(ends_with)
        return number

    def _receive(self):
        received = self._socket.recv(1 << 18)
        if not received:
            raise EOFError("the connection was closed in the middle of an answer")
        self.bytes += len(received)
        return received

    def _skip(self, length):
        while len(self._left) < length:
            length -= len(self._left)
            self._left = self._receive()
        self._left = self._left[length:]

    def _skip_to(self, mark):
        """Nothing follows it; without a mark it is the connection's end."""
        end = self._left
        try:
            while not mark or mark not in end:
                end = end[-len(mark) :] + self._receive() if mark else self._receive()
        except EOFError:
            if mark:
                raise
        self._left = b""
