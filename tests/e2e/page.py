"""What the tests of the web page share."""

from browser import Browser
from client import ADVERTISEMENTS, credentials, offer, request_bytes
from server import TestCase


def priced(cpu=4, country="SE", usd=1.0, glm=None, **changes):
    """A post's body with the same price for each unit; in GLM likewise, where none is given."""
    prices = {"usd": usd, "glm": usd if glm is None else glm}
    changes.setdefault("resources", {"cpu": cpu, "memory": 8, "storage": 100})
    return offer(
        country=country,
        pricing={f"{currency}_per_{unit}_month": price for currency, price in prices.items()
                 for unit in ("core", "gb_ram", "gb_storage")},
        **changes)


def fill(server, bodies, connections=64):
    """Posts (provider id, body) of many, as fast as they are taken."""
    wires = [server.connect() for _ in range(connections)]
    waiting = []
    for number, (provider_id, body) in enumerate(bodies):
        wire = wires[number % connections]
        if len(waiting) == connections:
            assert waiting.pop(0).answer("POST").status == 200
        wire.send(request_bytes("POST", ADVERTISEMENTS, credentials(provider_id), body))
        waiting.append(wire)
    for wire in waiting:
        assert wire.answer("POST").status == 200
    for wire in wires:
        wire.close()


class PageTestCase(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def show(self, server, path="/", host="127.0.0.1", **options):
        self.browser.open(f"http://{host}:{server.port}", path, **options)

    def wait_for_count(self, count):
        """Until the heading says that so many fit."""
        self.browser.wait(
            f"document.querySelector('.offers output')?.innerText === '{count:,}'")

    def wait_until_live(self):
        self.browser.wait("document.querySelector('.connection.live')")

    def assert_clean(self, but=""):
        """Nothing left the origin, broke the policy, or complained of anything but that."""
        seen = self.browser.do("seen")
        self.assertEqual(seen["foreign"], [])
        self.assertEqual([error for error in seen["errors"] if not but or but not in error], [])
