"""Pages of other origins, in a real browser: they may read whatever they send, and not write."""

import http.server
import json
import threading
import unittest

from browser import Browser
from client import ADVERTISEMENTS, DEADLINE_SECONDS, offer
from server import ServerTestCase


class BlankPages(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()


class Origins(ServerTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.post("here")
        listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), BlankPages)
        listener.daemon_threads = True
        thread = threading.Thread(target=listener.serve_forever, daemon=True)
        thread.start()
        cls.addClassCleanup(thread.join, DEADLINE_SECONDS)
        cls.addClassCleanup(listener.server_close)
        cls.addClassCleanup(listener.shutdown)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.browser.open("http://127.0.0.1:{}".format(listener.server_address[1]))

    def fetch(self, path, **options):
        """The status and, where it is JSON, the content; ["refused"] if the browser says no."""
        url, options = json.dumps(self.server.url + path), json.dumps(options)
        return self.browser.evaluate(
            f"fetch({url}, {options}).then(async (one) => [one.status, await one.json()],"
            " () => ['refused'])")

    def test_reads_may_carry_any_header(self):
        headers = {"Content-Type": "application/json", "Authorization": "Bearer x",
                   "Cache-Control": "no-cache", "X-Requested-With": "XMLHttpRequest",
                   "If-None-Match": '"x"', "X-Of-Theirs": "y"}
        status, found = self.fetch(ADVERTISEMENTS, headers=headers)
        self.assertEqual((status, [one["provider_id"] for one in found]), (200, ["here"]))

    def test_errors_can_be_read(self):
        for path, status, code in ((f"{ADVERTISEMENTS}/nobody", 404, "ADV_004"),
                                   (f"{ADVERTISEMENTS}?cpu=x", 422, "REQ_001"),
                                   ("/nothing", 404, "HTTP_404")):
            answer = self.fetch(path, headers={"Authorization": "x"})
            self.assertEqual((answer[0], answer[1]["code"]), (status, code))

    def test_writes_are_refused_whatever_was_read_before(self):
        names = {"X-Provider-ID": "foreign", "X-Provider-Signature": "s",
                 "Content-Type": "application/json"}
        # What a preflight allowed is kept by the browser: it must be of no use for a write.
        self.assertEqual(self.fetch(ADVERTISEMENTS, headers=names), ["refused"])
        # Where it is allowed, this name stands for all others, those of credentials too.
        self.assertEqual(self.fetch(ADVERTISEMENTS, headers={"*": "1"}), ["refused"])
        self.assertEqual(
            self.fetch(ADVERTISEMENTS, headers={"Content-Type": "application/json"})[0], 200)
        self.assertEqual(self.fetch(ADVERTISEMENTS, method="POST", headers=names,
                                    body=json.dumps(offer())), ["refused"])
        self.assertEqual(
            self.fetch(f"{ADVERTISEMENTS}/here", method="DELETE",
                       headers={**names, "X-Provider-ID": "here"}), ["refused"])
        self.assertEqual(self.server.ids(), ["here"])


if __name__ == "__main__":
    unittest.main()
