"""Behind a proxy under a path: page, links and redirects hold without a setting."""

import json
import re
import unittest
import urllib.parse
import urllib.request

from browser import Browser
from client import ADVERTISEMENTS, DEADLINE_SECONDS, Wire, compact, offer
from path_proxy import PathProxy
from server import TestCase
from signers import Wallet, signed_post


class ProxyTestCase(TestCase):
    def setUp(self):
        self.server = self.start(TRUSTED_PROXIES="127.0.0.1")
        self.proxy = PathProxy(self.server)
        self.addCleanup(self.proxy.close)
        self.base = self.proxy.url + self.proxy.PATH

    def tearDown(self):
        self.assertEqual(self.proxy.strays, [])

    def open(self, url):
        return urllib.request.urlopen(url, timeout=DEADLINE_SECONDS)


class Clients(ProxyTestCase):
    def test_a_walk_follows_its_links(self):
        ids = [f"p-{number}" for number in range(5)]
        for one in ids:
            self.server.post(one)
        for slash in ("", "/"):
            address, found = f"{self.base}{ADVERTISEMENTS}{slash}?limit=2&country=SE", []
            while address:
                with self.open(address) as answer:
                    found += [one["provider_id"] for one in json.load(answer)]
                    link = re.fullmatch('<(.*)>; rel="next"', answer.headers.get("Link", ""))
                    address = link and urllib.parse.urljoin(answer.url, link.group(1))
            self.assertEqual(sorted(found), ids)

    def test_redirects_stay_below_the_path(self):
        for path in ("/docs", "/docs/", "/redoc", "/redoc/"):
            with self.open(self.base + path) as answer:
                self.assertEqual(answer.url, f"{self.base}/docs", path)
        with self.open(self.base) as answer:
            self.assertEqual(answer.url, f"{self.base}/")

    def test_the_description_names_the_server_it_came_from(self):
        for path in ("/openapi.json", "/api/v1/openapi.json"):
            with self.open(self.base + path) as answer:
                (server,) = json.load(answer)["servers"]
                url = urllib.parse.urljoin(answer.url, server["url"])
            self.assertEqual(url.rstrip("/"), self.base, path)

    def test_a_signature_holds(self):
        signer = Wallet("0x" + "33" * 32)
        method, target, headers, body = signed_post(signer, body=compact(offer()))
        with Wire(self.proxy.port) as wire:
            answer = wire.ask(method, self.proxy.PATH + target, headers, body)
        self.assertEqual((answer.status, answer.json()["verified"]), (200, True), answer)

    def test_the_client_is_seen_in_spite_of_its_port(self):
        with Wire(self.proxy.port, "127.0.0.9") as wire:
            answer = wire.get(f"{self.proxy.PATH}/api/v1/whoami")
        self.assertEqual(answer.json(), {"ip_address": "127.0.0.9"})
        self.assertNotIn("X-Forwarded-For", self.server.log())


class Pages(ProxyTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def assert_clean(self):
        self.assertEqual(self.browser.do("seen"), {"foreign": [], "errors": []})

    def test_the_market_works(self):
        self.server.post("first", offer(country="SE"))
        for start in ("/board", "/board/"):
            self.browser.open(self.proxy.url, start)
            self.browser.wait_for_rows(["first"])
            self.browser.wait_for_text("[role=status]", "Live")
            self.server.post("second", offer(country="DE"))
            self.browser.wait_for_rows(["first", "second"])
            self.browser.do("click", selector="tr[data-provider=second] a")
            self.browser.wait_for_text("h1", "second")
            self.assertEqual(self.browser.evaluate("location.pathname + location.search"),
                             "/board/?provider=second")
            self.browser.do("click", selector="header a")
            self.browser.wait_for_rows(["first", "second"])
            self.assertEqual(self.browser.evaluate("location.pathname + location.search"), "/board/")
            self.browser.do("click", selector=".map [data-country=DE]")
            self.browser.wait_for_rows(["second"])
            self.assertEqual(self.browser.evaluate("location.pathname + location.search"),
                             "/board/?country=DE")
            self.browser.do("back")
            self.browser.wait_for_rows(["first", "second"])
            self.server.withdraw("second")
            self.browser.wait_for_rows(["first"])
            self.assert_clean()

    def test_the_documentation_works(self):
        for start in ("/board/docs", "/board/docs/", "/board/redoc/"):
            self.browser.open(self.proxy.url, start)
            whoami = "#operations-operations-whoami"
            self.browser.wait(f"document.querySelector('{whoami}')")
            self.browser.do("click", selector=f"{whoami} button")
            self.browser.do("click", selector=f"{whoami} .try-out__btn")
            self.browser.do("click", selector=f"{whoami} .execute")
            self.browser.wait_for_text(f"{whoami} .live-responses-table", "127.0.0.1")
            self.browser.wait_for_text(f"{whoami} .request-url", f"{self.base}/api/v1/whoami")
            self.assert_clean()
            self.browser.do("click", selector=".site a")
            self.browser.wait("location.pathname === '/board/'")


if __name__ == "__main__":
    unittest.main()
