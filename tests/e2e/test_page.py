"""The web page, as people use it: in a browser, beside a board that changes."""

import json
import tempfile
import unittest

from browser import Browser
from client import compact, offer
from server import TestCase, free_port
from signers import HOST, Ed25519Key, Wallet, signed_post

HOSTILE = ("<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "سحابة 3",
           "🖥" * 16, "x" * 64, "\"'&<b>")


def priced(cpu=4, country="SE", usd=1.0, **changes):
    return offer(
        country=country, resources={"cpu": cpu, "memory": 8, "storage": 100},
        pricing={f"{currency}_per_{unit}_month": usd
                 for currency in ("usd", "glm") for unit in ("core", "gb_ram", "gb_storage")},
        **changes)


class PageTestCase(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def show(self, server, path="/", **options):
        self.browser.open(server.url, path, **options)

    def assert_clean(self):
        """Nothing left the origin, broke the policy, or complained."""
        self.assertEqual(self.browser.do("seen"), {"foreign": [], "errors": []})


class Market(PageTestCase):
    def setUp(self):
        self.server = self.start(PORT=free_port())
        self.server.post("cheap", priced(cpu=2, usd=1, platform="x86_64", network="one"))
        self.server.post("middle", priced(cpu=4, country="DE", usd=2, platform="arm64",
                                          network="two"))
        self.server.post("dear", priced(cpu=8, country="FR", usd=3, platform="x86_64",
                                        network="two"))
        self.server.post("silent", offer(country="FR", resources={"cpu": 8, "memory": 8,
                                                                  "storage": 100}))

    def test_cheapest_first_and_by_every_column(self):
        self.show(self.server)
        self.browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        self.assertEqual(self.browser.texts("dl.totals dd")[:2], ["4", "22"])
        orders = {
            "price": ["dear", "middle", "cheap", "silent"],  # it is sorted by price: a click turns
            "provider": ["cheap", "dear", "middle", "silent"],
            "country": ["middle", "dear", "silent", "cheap"],
            "cpu": ["cheap", "middle", "dear", "silent"],
            "seen": ["cheap", "middle", "dear", "silent"],
        }
        for column, ids in orders.items():
            self.browser.do("click", selector=f"th.{column} button")
            self.browser.wait_for_rows(ids)
        self.assertEqual(self.browser.evaluate(
            "document.querySelector('th.seen').ariaSort"), "ascending")
        self.assert_clean()

    def test_each_filter_stands_in_the_address(self):
        self.show(self.server)
        browser = self.browser
        browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        for number, text, ids in ((1, "4", ["middle", "dear", "silent"]), (2, "9", []),
                                  (2, "8", ["middle", "dear", "silent"]),
                                  (3, "100", ["middle", "dear", "silent"]),
                                  (4, "250", ["middle"])):
            browser.do("fill", selector=f".fields > label:nth-child({number}) input", text=text)
            browser.wait_for_rows(ids)
        self.assertEqual(browser.search(), "?cpu=4&memory=8&storage=100&max_usd_per_month=250")
        browser.do("click", selector="button.plain")
        browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        browser.do("select", selector=".fields > label:nth-child(5) select", value="x86_64")
        browser.wait_for_rows(["cheap", "dear"])
        browser.do("select", selector=".fields > label:nth-child(6) select", value="two")
        browser.wait_for_rows(["dear"])
        self.assertEqual(browser.search(), "?platform=x86_64&network=two")
        browser.do("back")
        browser.wait_for_rows(["cheap", "dear"])
        browser.do("back")
        browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        browser.do("select", selector=".countries select", value="FR")
        browser.wait_for_rows(["dear", "silent"])
        browser.do("click", selector=".countries .chip")
        browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        browser.do("click", selector="summary")
        browser.do("fill", selector=".expression input", text="cpu>=8 && usd_per_month>0")
        browser.do("click", selector=".expression button")
        browser.wait_for_rows(["dear"])
        browser.do("click", selector="label.check input")
        browser.wait_for_text(".offers", "Nothing fits")
        self.assertEqual(browser.search(),
                         "?verified=true&q=cpu%3E%3D8+%26%26+usd_per_month%3E0")
        self.assert_clean()

    def test_an_address_is_enough(self):
        self.show(self.server, "/?country=FR&sort=-cpu&cpu=8")
        self.browser.wait_for_rows(["dear", "silent"])
        self.assertEqual(self.browser.evaluate(
            "document.querySelector('.fields input').value"), "8")

    def test_a_click_on_the_map(self):
        self.show(self.server)
        self.browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        self.browser.do("click", selector=".map [data-country=DE]")
        self.browser.wait_for_rows(["middle"])
        self.assertEqual(self.browser.search(), "?country=DE")
        self.browser.do("press", selector=".map [data-country=DE]", key="Enter")
        self.browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        self.browser.do("press", selector=".map [data-country=FR]", key=" ")
        self.browser.wait_for_rows(["dear", "silent"])
        self.assert_clean()

    def test_changes_are_seen_live_and_marked(self):
        self.show(self.server)
        self.browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        self.server.post("cheapest", priced(cpu=2, usd=0.5))
        self.browser.wait_for_rows(["cheapest", "cheap", "middle", "dear", "silent"])
        self.browser.wait("document.querySelector('tr.changed')?.dataset.provider === 'cheapest'")
        self.server.post("cheapest", priced(cpu=2, usd=9))
        self.browser.wait_for_rows(["cheap", "middle", "dear", "cheapest", "silent"])
        self.server.withdraw("middle")
        self.browser.wait_for_rows(["cheap", "dear", "cheapest", "silent"])
        self.browser.wait("!document.querySelector('tr.changed')")
        self.assert_clean()

    def test_it_says_when_it_is_not_live_and_comes_back(self):
        self.show(self.server)
        self.browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        self.server.kill()
        self.browser.wait_for_text("[role=status]", "Not live")
        self.server.restart()
        self.browser.wait_for_text("[role=status]", "Live")
        self.server.withdraw("dear")
        self.browser.wait_for_rows(["cheap", "middle", "silent"])

    def test_why_nothing_fits_and_what_to_do(self):
        self.show(self.server, "/?cpu=8&country=SE")
        self.browser.wait_for_text(".relaxations", "Look in all countries")
        self.browser.wait_for_text(".relaxations", "Ask for 2 cores")
        self.browser.do("click", selector=".relaxations button >> text=2 cores")
        self.browser.wait_for_rows(["cheap"])
        self.assertEqual(self.browser.search(), "?cpu=2&country=SE")
        self.assert_clean()

    def test_a_question_that_the_board_refuses(self):
        self.show(self.server, "/?q=cpu%3E%3D")
        self.browser.wait_for_text("[role=alert]", "query.q")

    def test_no_violations_of_accessibility(self):
        for scheme in ("light", "dark"):
            for path in ("/?cpu=2", "/?cpu=500", "/?provider=dear"):
                self.show(self.server, path, colorScheme=scheme)
                self.browser.wait("document.querySelector('tr[data-provider], .relaxations, .facts')")
                self.browser.wait("!document.querySelector('.top .connection') ||"
                                  "document.querySelector('.connection.live')")
                self.assertEqual(self.browser.do("axe"), [], (scheme, path))

    def test_on_a_phone(self):
        self.show(self.server, viewport={"width": 360, "height": 740})
        self.browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        self.assertEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 360)
        self.browser.do("click", selector="tr[data-provider=dear] a")
        self.browser.wait_for_text("h1", "dear")
        self.assertEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 360)

    def test_ten_thousand_rows_are_few_elements(self):
        with self.server.connect() as wire:
            for number in range(2_000):
                assert wire.post(f"more-{number:04}", priced(usd=4)).status == 200
        self.show(self.server)
        self.browser.wait("document.querySelector('.offers output').innerText === '2,004'")
        self.assertLess(len(self.browser.texts("tr[data-provider]")), 60)
        self.browser.evaluate("document.querySelector('.port').scrollTo(0, 1e9)")
        self.browser.wait("document.querySelector('tr[data-provider=silent]')")
        self.assert_clean()


class LargeMarket(PageTestCase):
    def test_a_large_board_is_shown_in_pages(self):
        server = self.start()
        with server.connect() as wire:
            for number in range(20_001):
                assert wire.post(f"p-{number:05}", priced(usd=1 + number)).status == 200
        self.show(server)
        self.browser.wait_for_text(".offers", "20,001 offers fit")
        self.browser.wait("document.querySelector('.offers output').innerText === '500'")
        self.assertEqual(self.browser.evaluate(
            "document.querySelector('tr[data-provider]').dataset.provider"), "p-00000")
        self.browser.do("click", selector=".offers .notice button")
        self.browser.wait("document.querySelector('.offers output').innerText === '1,000'")
        self.browser.do("click", selector="th.price button")
        self.browser.wait("document.querySelector('tr[data-provider]').dataset.provider"
                          " === 'p-20000'")
        self.assert_clean()


class Providers(PageTestCase):
    def test_an_offer_expires_before_ones_eyes(self):
        server = self.start(ADVERTISEMENT_EXPIRY_MINUTES=0.1)
        self.show(server)
        self.browser.wait_for_text(".offers", "Nothing is on offer")
        server.post("short", priced())
        self.browser.wait_for_rows(["short"])
        self.assertIn("expires in 0:0", self.browser.texts("td.seen")[0])
        self.browser.wait_for_rows([])
        self.show(server, "/?provider=short")
        self.browser.wait_for_text("main", "did not renew")

    def test_hostile_texts_are_texts(self):
        server = self.start()
        for number, name in enumerate(HOSTILE):
            answer = server.post(f"hostile-{number}", priced(usd=1 + number, provider_name=name))
            self.assertEqual(answer.status, 200, answer)
        self.show(server)
        self.browser.wait_for_rows([f"hostile-{number}" for number in range(len(HOSTILE))])
        self.assertEqual(self.browser.texts("td.provider a bdi"), list(HOSTILE))
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('td img, td script').length"),
                         0)
        for number, name in enumerate(HOSTILE):
            self.show(server, f"/?provider=hostile-{number}")
            self.browser.wait("document.querySelector('.facts')")
            self.assertEqual(self.browser.texts("h1"), [name])
            self.assert_clean()

    def test_a_proof_is_checked_in_the_browser(self):
        server = self.start()
        with tempfile.TemporaryDirectory() as directory:
            signers = (Wallet("0x" + "11" * 32), Ed25519Key(directory))
            for signer in signers:
                # In spellings that the board stores otherwise.
                body = compact(priced(cpu=6, provider_name="honest", country="uk",
                                      ip_address="::ffff:83.233.10.2", platform="AMD64"))
                self.assertEqual(server.ask(*signed_post(signer, body=body)).status, 200)
                self.show(server, f"/?provider={signer.id}")
                self.browser.wait_for_text(".card p.good", "has checked the signature")
                self.assertEqual(len(self.browser.texts(".checks .good")), 4)
                self.assertEqual(len(self.browser.texts(".checks .unknown")), 1)
                self.assertEqual(self.browser.texts(".differences"), [])
                self.assert_clean()

    def test_a_proof_is_of_the_board_that_it_names(self):
        with tempfile.TemporaryDirectory() as directory:
            signer = Ed25519Key(directory)
            for hosts, kind in ((None, "unknown"), ("", "good"), (",board.example", "good")):
                port = free_port()
                names = None if hosts is None else f"127.0.0.1:{port}{hosts}"
                server = self.start(PORT=port, PUBLIC_HOSTS=names)
                host = HOST if hosts is None else f"127.0.0.1:{port}"
                post = signed_post(signer, body=compact(priced(cpu=6)), host=host)
                self.assertEqual(server.ask(*post).status, 200)
                self.show(server, f"/?provider={signer.id}")
                self.browser.wait_for_text(".card p.good", "has checked the signature")
                self.assertEqual(len(self.browser.texts(f".checks li.{kind}")),
                                 1 if kind == "unknown" else 5)
                server.stop()

    def test_a_tampered_proof_is_not_believed(self):
        server = self.start()
        signer = Wallet("0x" + "22" * 32)
        body = compact(priced(cpu=6))
        self.assertEqual(server.ask(*signed_post(signer, body=body)).status, 200)
        proof = server.get(f"/api/v1/advertisements/{signer.id}/proof").json()
        shown = server.get(f"/api/v1/advertisements/{signer.id}").json()
        digits = proof["signature"].removeprefix("0x")
        tampered = (
            {**proof, "signature": ("0" if digits[0] != "0" else "1") + digits[1:]},
            {**proof, "text": proof["text"].replace("time: 1", "time: 2")},
            {**proof, "body": "e30="},
        )
        lies = (
            {"resources": {**shown["resources"], "cpu": 60}},
            {"resources": {**shown["resources"], "gpu": 8}},
            {"provider_name": "Another"},
            {"platform": "arm64"},
            {"country": "DE"},
        )
        for lie, about in (*((one, "proof") for one in tampered),
                           *(({**shown, **one}, "offer") for one in lies)):
            # A board that lies: what it answers is replaced on its way to the page.
            self.show(server)
            self.browser.evaluate(f"""(() => {{
              const ask = window.fetch;
              window.fetch = async (path, ...rest) => {{
                const is = String(path).endsWith("/proof") ? "proof"
                  : String(path).includes("/advertisements/") ? "offer" : "";
                if (is !== {json.dumps(about)}) return ask(path, ...rest);
                return new Response({json.dumps(json.dumps(lie))});
              }};
            }})()""")
            self.browser.do("click", selector=f"tr[data-provider='{signer.id}'] a")
            self.browser.wait_for_text(".card p.bad", "does not hold")
            if about == "offer":
                self.assertEqual(len(self.browser.texts(".differences tbody tr.bad")), 1)
                # What is shown is what was signed.
                facts = self.browser.texts(".facts dd")
                self.assertEqual(facts[2], "6")
                self.assertNotIn("arm64", facts)

    def test_an_offer_that_changes_between_two_answers_raises_no_alarm(self):
        server = self.start()
        signer = Wallet("0x" + "33" * 32)
        for cores in (6, 8):
            body = compact(priced(cpu=cores))
            self.assertEqual(server.ask(*signed_post(signer, body=body)).status, 200)
            if cores == 6:
                old = server.get(f"/api/v1/advertisements/{signer.id}/proof").json()
        self.show(server)
        self.browser.evaluate(f"""(() => {{
          const ask = window.fetch;
          let isOld = true;
          window.fetch = async (path, ...rest) => {{
            if (!isOld || !String(path).endsWith("/proof")) return ask(path, ...rest);
            isOld = false;
            return new Response({json.dumps(json.dumps(old))});
          }};
          window.alarms = 0;
          new MutationObserver(() => {{
            window.alarms += document.querySelectorAll(".card p.bad").length;
          }}).observe(document.body, {{ childList: true, subtree: true }});
        }})()""")
        self.browser.do("click", selector=f"tr[data-provider='{signer.id}'] a")
        self.browser.wait_for_text(".card p.good", "has checked the signature")
        self.assertEqual(self.browser.evaluate("window.alarms"), 0)

    def test_why_a_provider_is_not_listed(self):
        server = self.start()
        self.show(server, "/?provider=nobody")
        self.browser.wait_for_text("main", "Nothing is known")
        server.post("gone", priced())
        server.withdraw("gone")
        server.post("gone", {"country": "Nowhere"})
        self.show(server, "/?provider=gone")
        self.browser.wait_for_text("main", "has withdrawn")
        self.browser.wait_for_text("main", "REQ_001")
        self.browser.do("click", selector="header a")
        self.browser.wait_for_text(".offers", "Nothing is on offer")
        self.browser.do("back")
        self.browser.wait_for_text("h1", "gone")

    def test_how_a_price_compares(self):
        server = self.start()
        for number in range(20):
            server.post(f"p-{number:02}", priced(usd=1 + number, country="SE" if number < 5 else "DE"))
        server.post("small", priced(cpu=2, usd=9))
        server.post("untold", offer(resources={"cpu": 64, "memory": 8, "storage": 100}))
        self.show(server, "/?provider=p-02&cpu=4&memory=8")
        self.browser.wait_for_text(".card p.price", "39.00 USD")
        self.browser.wait_for_text("main", "cheaper than 17 of 19 other offers of at least this size in the world")
        self.browser.wait_for_text("main", "cheaper than 2 of 4 other offers of at least this size in Sweden")
        self.show(server, "/?provider=p-02&cpu=8")
        self.browser.wait_for_text("main", "It does not have this size.")

    def test_the_only_offer_is_cheaper_than_no_other(self):
        server = self.start()
        server.post("alone", priced())
        self.show(server, "/?provider=alone")
        self.browser.wait_for_text("main", "the only offer in the world that has this size")


class Documentation(PageTestCase):
    def test_the_interface_can_be_tried(self):
        server = self.start()
        server.post("a", offer())
        self.show(server, "/docs")
        self.try_whoami()
        self.assert_clean()

    def try_whoami(self):
        self.browser.wait("document.querySelector('#operations-operations-whoami')")
        self.browser.do("click", selector="#operations-operations-whoami button")
        self.browser.do("click", selector="#operations-operations-whoami .try-out__btn")
        self.browser.do("click", selector="#operations-operations-whoami .execute")
        self.browser.wait_for_text("#operations-operations-whoami .live-responses-table", "127.0.0.1")

    def test_the_keyboard_leads_back(self):
        server = self.start()
        self.show(server, "/docs")
        self.browser.wait("document.querySelector('#operations-operations-whoami')")
        self.browser.do("press", selector="body", key="Tab")
        self.assertEqual(self.browser.evaluate("document.activeElement.innerText"), "← All offers")
        self.browser.do("press", selector=":focus", key="Enter")
        self.browser.wait("location.pathname === '/' && document.querySelector('.top')")
        self.assert_clean()

    def test_no_violations_of_accessibility(self):
        """Of the header all rules; of swagger-ui, which breaks some, the contrast in the dark."""
        server = self.start()
        for scheme in ("light", "dark"):
            self.show(server, "/docs", colorScheme=scheme)
            self.try_whoami()
            self.assertEqual(self.browser.do("axe", within=".site"), [], scheme)
        self.assertEqual(self.browser.do("axe", rules=["color-contrast"]), [])

    def test_the_scheme_may_change(self):
        server = self.start()
        self.show(server, "/docs", colorScheme="light")
        self.browser.wait("document.querySelector('#operations-operations-whoami')")
        for scheme, ground in (("dark", "rgb(28, 32, 34)"), ("light", "rgb(255, 255, 255)")):
            self.browser.do("scheme", scheme=scheme)
            self.browser.wait(f"getComputedStyle(document.body).backgroundColor === '{ground}'")
            self.browser.wait("document.documentElement.classList.contains('dark-mode') === "
                              + ("true" if scheme == "dark" else "false"))

    def test_redoc_leads_there(self):
        server = self.start()
        self.show(server, "/redoc")
        self.assertEqual(self.browser.evaluate("location.pathname"), "/docs")


if __name__ == "__main__":
    unittest.main()
