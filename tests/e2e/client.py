"""A small HTTP/1.1 client that sends the bytes a test wants and reads answers strictly."""

import json
import re
import socket
import struct

# Generous, because sanitizer builds on busy machines run the same tests.
DEADLINE_SECONDS = 60

ADVERTISEMENTS = "/api/v1/advertisements"
ABSENT = object()

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) ([ -~]*)\r\n")
HEADER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([ -~\x80-\xff]*?)[ \t]*\r\n")


class Closed(Exception):
    """The server closed the connection where an answer was due."""


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def all(self, name):
        return [value for key, value in self.headers if key == name.lower()]

    def header(self, name):
        """The value of a header that comes at most once; None where it is absent."""
        values = self.all(name)
        if len(values) > 1:
            raise AssertionError(f"{name} came {len(values)} times: {values}")
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The contract's error code; None for an answer that is not an error."""
        return self.json()["code"] if self.status >= 400 else None

    def faults(self):
        """The places a 422 complains about, as dotted text: {"body.resources.cpu", ...}."""
        return {".".join(str(part) for part in fault["loc"]) for fault in self.json()["detail"]}

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:400]!r}>"


def to_bytes(value):
    return value if isinstance(value, bytes) else str(value).encode("latin-1")


def request_bytes(method, target, headers=(), body=None, host="localhost"):
    """One request. Headers are a dict or pairs; a body that is not bytes is sent as JSON."""
    pairs = list(headers.items() if isinstance(headers, dict) else headers)
    if body is not None and not isinstance(body, bytes):
        body = compact(body)
    if body is not None:
        pairs.append(("Content-Length", len(body)))
    lines = [to_bytes(method) + b" " + to_bytes(target) + b" HTTP/1.1", b"Host: " + to_bytes(host)]
    lines += [to_bytes(name) + b": " + to_bytes(value) for name, value in pairs]
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def offer(**changes):
    """A post's body: valid, but for what `changes` does to it (ABSENT takes a field out)."""
    body = {
        "ip_address": "83.233.10.2",
        "country": "SE",
        "resources": {"cpu": 4, "memory": 8, "storage": 100},
    }
    body.update(changes)
    return {name: value for name, value in body.items() if value is not ABSENT}


def credentials(provider_id="provider-1", signature="signature-1"):
    pairs = [("X-Provider-ID", provider_id), ("X-Provider-Signature", signature)]
    return [(name, value) for name, value in pairs if value is not None]


class Calls:
    """The calls a provider or requestor makes, over whatever ask() stands for."""

    def ask(self, method, target, headers=(), body=None):
        raise NotImplementedError

    def get(self, target, headers=()):
        return self.ask("GET", target, headers)

    def post(self, provider_id="provider-1", body=None, signature="signature-1", headers=()):
        pairs = credentials(provider_id, signature) + list(headers)
        return self.ask("POST", ADVERTISEMENTS, pairs, offer() if body is None else body)

    def withdraw(self, provider_id, credentials_of=None):
        pairs = credentials(credentials_of or provider_id)
        return self.ask("DELETE", f"{ADVERTISEMENTS}/{provider_id}", pairs)

    def find(self, query=""):
        """The advertisements that match; the request must succeed."""
        answer = self.get(f"{ADVERTISEMENTS}?{query}" if query else ADVERTISEMENTS)
        if answer.status != 200:
            raise AssertionError(f"GET ?{query}: {answer}")
        return answer.json()

    def ids(self, query=""):
        return [advertisement["provider_id"] for advertisement in self.find(query)]


class Wire(Calls):
    """One connection, byte by byte."""

    def __init__(self, port, source="127.0.0.1", host="127.0.0.1"):
        self.socket = socket.create_connection(
            (host, port), timeout=DEADLINE_SECONDS, source_address=(source, 0)
        )
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stream.close()
        self.socket.close()

    def reset(self):
        """Closes with a TCP reset, as a crashing client does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_until_refused(self, data):
        """Sends all of it, or as much as the server takes before it turns its back."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def ask(self, method, target, headers=(), body=None):
        self.send(request_bytes(method, target, headers, body))
        return self.answer(method)

    def answer(self, method="GET"):
        """The next answer; interim ones (1xx) count as answers."""
        line = self.stream.readline()
        if not line:
            raise Closed("the connection ended before an answer")
        match = STATUS_LINE.fullmatch(line)
        if not match:
            raise AssertionError(f"not a status line: {line!r}")
        status = int(match.group(1))
        headers = self.read_headers()
        bare = method == "HEAD" or status in (204, 304) or status < 200
        return Answer(status, headers, b"" if bare else self.read_body(dict(headers)))

    def read_headers(self):
        headers = []
        while (line := self.stream.readline()) != b"\r\n":
            match = HEADER_LINE.fullmatch(line)
            if not match:
                raise AssertionError(f"not a header line: {line!r}")
            headers.append((match.group(1).decode().lower(), match.group(2).decode("latin-1")))
        return headers

    def read_body(self, headers):
        if headers.get("transfer-encoding") == "chunked":
            return self.read_chunks()
        length = int(headers["content-length"])
        body = self.stream.read(length)
        if len(body) != length:
            raise Closed(f"the answer ended after {len(body)} of {length} bytes")
        return body

    def read_chunks(self):
        body = b""
        while (size := int(self.stream.readline(), 16)) > 0:
            body += self.stream.read(size)
            assert self.stream.read(2) == b"\r\n"
        assert self.stream.readline() == b"\r\n"
        return body

    def ended(self):
        """Waits for the server's end of the connection: True if it sent nothing more before it."""
        try:
            return self.stream.read(1) == b""
        except ConnectionResetError:
            return True
