"""nginx as the reference: it answers everything by `return 200` with the bytes it is given."""

import contextlib

from . import exchange


@contextlib.contextmanager
def like(programs, answer, request):
    """nginx with answers of the same size: same body, as many headers, the last cut or padded."""
    own = {"server", "date", "content-type", "content-length", "connection"}
    further = [pair for pair in answer.headers if pair[0].lower() not in own]
    for _ in range(8):
        with programs.nginx(answer.body, further) as nginx:
            size = exchange.ask_once(nginx.port, request).size
            missing = answer.size - size
            if missing == 0 or not (further or missing > 0):
                yield nginx
                return
        further = _resized(further, missing)
    raise RuntimeError("nginx cannot be given the size of the server's answer")


def _resized(headers, missing):
    """The headers with `missing` bytes more, or less; an emptied one is left out."""
    if not headers:
        return [("X", "x" * max(1, missing - len("X: \r\n")))]
    *rest, (name, value) = headers
    length = len(value) + missing
    return [*rest, (name, value[:length].ljust(length, "x"))] if length > 0 else rest


def configuration(port, body, headers):
    """nginx reads no word above 4 KiB, so a long body is joined from variables."""
    pieces = [body[at : at + 3500] for at in range(0, len(body), 3500)]
    variables = "".join(f"set $piece{n} {_quoted(piece)};" for n, piece in enumerate(pieces))
    text = "".join(f"$piece{n}" for n in range(len(pieces)))
    if len(pieces) == 1:
        variables, text = "", _quoted(body)
    added = "".join(f"add_header {name} {_quoted(value)};" for name, value in headers)
    return f"""
daemon off;
master_process off;
pid {port}.pid;
events {{ worker_connections 4096; multi_accept on; }}
http {{
  access_log off;
  server_tokens off;
  default_type application/json;
  client_body_temp_path temporary;
  proxy_temp_path temporary;
  fastcgi_temp_path temporary;
  uwsgi_temp_path temporary;
  scgi_temp_path temporary;
  keepalive_requests 1000000000;
  tcp_nodelay on;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ {added} {variables} return 200 {text}; }}
  }}
}}
"""


def _quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
