"""A proxy that puts a board under a path, as nginx, Caddy and Traefik do."""

import http.client
import http.server
import threading

from client import DEADLINE_SECONDS

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}


class PathProxy:
    """What is asked below /board/ goes to the server, without that; all else is 404."""

    PATH = "/board"

    def __init__(self, server):
        self.server = server
        self.strays = []  # what was asked beside the path
        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.listener.daemon_threads = True
        self.thread = threading.Thread(target=self.listener.serve_forever, daemon=True)
        self.thread.start()

    @property
    def port(self):
        return self.listener.server_address[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        self.listener.shutdown()
        self.listener.server_close()
        self.thread.join(DEADLINE_SECONDS)

    def handler(proxy):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def lead(self, status, headers=()):
                self.close_connection = True
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()

            def pass_on(self):
                if self.path == proxy.PATH:
                    return self.lead(308, [("Location", f"{proxy.PATH}/")])
                if not self.path.startswith(f"{proxy.PATH}/"):
                    proxy.strays.append(self.path)
                    return self.lead(404)
                size = int(self.headers.get("Content-Length", 0))
                headers = {name: value for name, value in self.headers.items()
                           if name.lower() not in HOP_BY_HOP}
                headers["X-Forwarded-For"] = "{}:{}".format(*self.client_address)
                board = http.client.HTTPConnection("127.0.0.1", proxy.server.port)
                try:
                    board.request(self.command, self.path.removeprefix(proxy.PATH),
                                  self.rfile.read(size), headers)
                    answer = board.getresponse()
                    self.lead(answer.status, answer.getheaders())
                    while part := answer.read1(65_536):
                        self.wfile.write(part)
                        self.wfile.flush()
                except OSError:
                    pass  # either side has gone
                finally:
                    board.close()

            do_GET = do_HEAD = do_POST = do_DELETE = do_OPTIONS = pass_on

        return Handler
