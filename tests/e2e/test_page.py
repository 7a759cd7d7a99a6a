"""The web page, as people use it: in a browser, beside a board that changes."""

import re
import unittest

from client import offer
from page import PageTestCase, priced
from server import free_port


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

    def fill(self, label, text):
        self.browser.do("fill", selector=f".filters label:has-text('{label}') input", text=text)

    def choose(self, label, value):
        self.browser.do("select", selector=f".filters label:has-text('{label}') select", value=value)

    def test_each_filter_stands_in_the_address(self):
        self.show(self.server)
        browser = self.browser
        browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        for label, text, ids in (("Cores", "4", ["middle", "dear", "silent"]), ("Memory", "9", []),
                                 ("Memory", "8", ["middle", "dear", "silent"]),
                                 ("Storage", "100", ["middle", "dear", "silent"]),
                                 ("Price", "250", ["middle"])):
            self.fill(label, text)
            browser.wait_for_rows(ids)
        self.assertEqual(browser.search(), "?cpu=4&memory=8&storage=100&max_usd_per_month=250")
        browser.do("click", selector="button:has-text('Clear all')")
        browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        self.choose("Platform", "x86_64")
        browser.wait_for_rows(["cheap", "dear"])
        self.choose("Network", "two")
        browser.wait_for_rows(["dear"])
        self.assertEqual(browser.search(), "?platform=x86_64&network=two")
        browser.do("back")
        browser.wait_for_rows(["cheap", "dear"])
        browser.do("back")
        browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        browser.do("click", selector=".countries label:has-text('France') input")
        browser.wait_for_rows(["dear", "silent"])
        browser.do("click", selector=".countries label:has-text('Germany') input")
        browser.wait_for_rows(["middle", "dear", "silent"])
        self.assertEqual(browser.search(), "?country=DE%2CFR")
        browser.do("click", selector="button:has-text('Clear all')")
        browser.do("click", selector=".filters summary")
        browser.do("fill", selector=".expression input", text="cpu>=8 && usd_per_month>0")
        browser.do("click", selector=".expression button")
        browser.wait_for_rows(["dear"])
        browser.do("click", selector="label:has-text('Verified only') input")
        browser.wait_for_text(".offers", "Nothing fits")
        self.assertEqual(browser.search(),
                         "?verified=true&q=cpu%3E%3D8+%26%26+usd_per_month%3E0")
        self.assert_clean()

    def test_what_is_typed_is_asked_once(self):
        self.show(self.server)
        self.browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        self.browser.do("click", selector=".filters label:has-text('Price') input")
        self.browser.do("type", text="7.125")
        self.browser.wait_for_rows(["cheap", "middle"])
        lists = self.browser.evaluate("performance.getEntriesByType('resource').map(({name}) => name)"
                                      ".filter((name) => name.includes('max_usd_per_month')"
                                      " && name.includes('limit='))")
        self.assertEqual(len(lists), 1, lists)
        self.assertIn("max_usd_per_month=7.125", lists[0])

    def test_back_undoes_what_was_typed_in_one_field(self):
        self.show(self.server)
        self.browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        self.choose("Platform", "x86_64")
        self.browser.wait_for_rows(["cheap", "dear"])
        for text in ("4", "8"):
            self.fill("Cores", text)
            self.browser.wait(f"location.search.includes('cpu={text}')")
        self.fill("Memory", "8")
        self.browser.wait("location.search.includes('memory=8')")
        for search in ("?cpu=8&platform=x86_64", "?platform=x86_64", ""):
            self.browser.do("back")
            self.browser.wait(f"location.search === '{search}'")
        self.browser.wait_for_rows(["cheap", "middle", "dear", "silent"])

    def test_what_makes_no_sense_is_marked_and_not_asked(self):
        self.show(self.server)
        self.fill("Cores", "1.5")
        self.browser.wait("document.querySelector('.filters [aria-invalid=true]')")
        self.assertEqual(self.browser.search(), "")
        # Nor is a limit dropped, because its number is not whole yet.
        self.show(self.server, "/?cpu=4&max_usd_per_month=22")
        self.browser.do("click", selector=".filters label:has-text('Price') input")
        self.browser.do("type", text="e")
        self.browser.wait("document.querySelector('.filters [aria-invalid=true]')")
        self.assertEqual(self.browser.search(), "?cpu=4&max_usd_per_month=22")
        self.browser.do("click", selector="button:has-text('Clear all')")
        self.browser.wait("location.search === '' &&"
                          " !document.querySelector('.filters [aria-invalid=true]')")

    def test_prices_in_glm_where_that_is_chosen(self):
        self.server.post("glm", {**priced(cpu=2), "pricing": {
            f"glm_per_{unit}_month": 0.01 for unit in ("core", "gb_ram", "gb_storage")}})
        self.show(self.server)
        self.browser.wait_for_rows(["cheap", "middle", "dear", "silent", "glm"])
        self.choose("a month, in", "glm")
        self.browser.wait_for_rows(["glm", "cheap", "middle", "dear", "silent"])
        self.assertEqual(self.browser.texts("td.price .amount")[0], "0.03 GLM")
        self.fill("Price", "5")
        self.browser.wait_for_rows(["glm", "cheap"])
        self.assertEqual(self.browser.search(), "?max_glm_per_month=5")
        self.assert_clean()

    def test_a_price_names_its_size_the_whole_machine_and_the_units(self):
        self.show(self.server, "/?cpu=2&memory=4")
        self.browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        self.assertIn("for 2 cores, 4 GB, 1 GB", self.browser.texts("th.price")[0])
        price = self.browser.texts("td.price")[1]  # 2 USD for each unit; 4 cores, 8 GB, 100 GB
        for text in ("14.00 USD", "14.00 GLM", "whole machine 224.00 USD", "2 a core, 2 / 2 a GB"):
            self.assertIn(text, price)

    def test_gpus_are_shown_and_asked_for(self):
        self.server.post("gpu", priced(resources={"cpu": 8, "memory": 8, "storage": 100, "gpu": 4}))
        self.show(self.server)
        self.browser.wait("document.querySelector('tr[data-provider=gpu]')")
        self.assertIn("4 GPUs", self.browser.texts("tr[data-provider=gpu] td.cpu")[0])
        self.fill("GPUs", "3")
        self.browser.wait_for_rows(["gpu"])
        self.assertEqual(self.browser.search(), "?min_gpu=3")

    def test_a_name_or_id_is_found(self):
        self.server.post("named", priced(usd=9, provider_name="North Star"))
        self.show(self.server)
        self.browser.wait_for_rows(["cheap", "middle", "dear", "named", "silent"])
        self.browser.do("fill", selector=".find input", text="north")
        self.browser.wait_for_rows(["named"])
        self.wait_for_count(1)
        self.browser.do("fill", selector=".find input", text="MIDD")
        self.browser.wait_for_rows(["middle"])
        self.browser.do("fill", selector=".find input", text="nowhere")
        self.browser.wait_for_text(".offers", "No name or id holds “nowhere” among the 5 offers")
        self.browser.do("click", selector="button:has-text('Show them all')")
        self.browser.wait_for_rows(["cheap", "middle", "dear", "named", "silent"])
        self.assert_clean()

    def test_small_countries_are_choosable(self):
        self.server.post("small", priced(country="SG", usd=9))
        self.show(self.server)
        self.browser.wait("document.querySelector('tr[data-provider=small]')")
        self.browser.do("click", selector=".countries label:has-text('Singapore') input")
        self.browser.wait_for_rows(["small"])
        self.browser.do("click", selector=".chip[data-country=SG]")
        self.browser.wait_for_rows(["cheap", "middle", "dear", "small", "silent"])

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

    def test_why_nothing_fits_and_what_to_do(self):
        self.show(self.server, "/?cpu=8&country=SE")
        self.browser.wait_for_text(".relaxations", "Look in all countries")
        self.browser.wait_for_text(".relaxations", "Ask for 2 cores")
        self.browser.do("click", selector=".relaxations button >> text=2 cores")
        self.browser.wait_for_rows(["cheap"])
        self.assertEqual(self.browser.search(), "?cpu=2&country=SE")
        self.assert_clean()

    def test_a_relaxation_brings_what_it_promises(self):
        # Eased to 4 cores there are more than the one that comes nearest, and cheaper ones.
        for number in range(3):
            self.server.post(f"four-{number}", priced(cpu=4, usd=0.1, country="PT"))
        self.show(self.server, "/?cpu=64&country=PT,SE&max_usd_per_month=20")
        self.browser.wait("document.querySelector('.relaxations button')")
        promised = self.browser.texts(".relaxations button")
        for number, text in enumerate(promised):
            self.show(self.server, "/?cpu=64&country=PT,SE&max_usd_per_month=20")
            self.browser.wait(f"document.querySelectorAll('.relaxations button')[{number}]")
            self.browser.do("click", selector=f".relaxations li:nth-child({number + 1}) button")
            count = int(re.search(r"\((\d+) offer", text).group(1))
            self.assertGreater(count, 0)
            self.wait_for_count(count)

    def test_a_question_that_the_board_refuses(self):
        self.show(self.server)
        self.browser.wait_for_rows(["cheap", "middle", "dear", "silent"])
        self.browser.do("click", selector=".filters summary")
        self.browser.do("fill", selector=".expression input", text="cpu>=")
        self.browser.do("click", selector=".expression button")
        self.browser.wait_for_text("[role=alert]", "query.q")
        self.browser.wait("document.title.startsWith('Not a question')")
        # The rows are not of this question, and say so.
        self.browser.wait("document.querySelector('.old [data-provider=cheap]')")
        self.browser.do("click", selector="th.cpu button")
        self.browser.wait_for_text("[role=alert]", "query.q")
        self.browser.do("fill", selector=".expression input", text="cpu>=8")
        self.browser.do("click", selector=".expression button")
        self.browser.wait_for_rows(["dear", "silent"])
        self.assertEqual(self.browser.texts("[role=alert]"), [])

    def test_thousands_of_rows_are_few_elements(self):
        with self.server.connect() as wire:
            for number in range(2_000):
                assert wire.post(f"more-{number:04}", priced(usd=4)).status == 200
        self.show(self.server)
        self.browser.wait("document.querySelector('.offers output').innerText === '2,004'")
        self.assertLess(len(self.browser.texts("tr[data-provider]")), 60)
        self.browser.evaluate("scrollTo(0, 1e9)")
        self.browser.wait("document.querySelector('tr[data-provider=silent]')")
        self.assert_clean()


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
