"""Boards beyond what one page holds: every number is the board's, and none is that of the rows shown."""

import re
import unittest

from market import offers
from page import PageTestCase, fill
from server import Server, eventually

ROWS = "[...document.querySelectorAll('tr[data-provider]')].map((row) => row.dataset.provider)"


class LargeBoard(PageTestCase):
    count = 100_000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.start_shared()
        fill(cls.server, offers(cls.count))

    @classmethod
    def start_shared(cls):
        server = Server(ADVERTISEMENT_EXPIRY_MINUTES=60)
        cls.addClassCleanup(server.discard)
        return server

    def count_of(self, query=""):
        answer = self.server.get(f"/api/v1/advertisements?limit=1&count=true&{query}")
        return int(answer.header("X-Total-Count"))

    def first_ids(self, query):
        """Not known where the search took too long, as on a busy machine."""
        answer = self.server.get(f"/api/v1/advertisements?limit=5&{query}")
        self.assertIn(answer.status, (200, 503), answer)
        return answer.status == 200 and [found["provider_id"] for found in answer.json()]

    def wait_for_first_rows(self, query):
        """Until the first rows are those of this list."""
        ids = eventually(lambda: self.first_ids(query), "a search that does not take too long")
        self.browser.wait(f"JSON.stringify({ROWS}.slice(0, 5)) === JSON.stringify({ids})")

    def test_numbers_are_those_of_the_board(self):
        self.show(self.server)
        self.wait_for_count(self.count)
        self.browser.wait_for_text(".offers", "these are the first 500 in this order")
        stats = self.server.get("/api/v1/stats").json()
        self.assertEqual(stats["providers"], self.count)
        self.browser.wait("document.querySelector('.totals dd').innerText === '100K'")
        self.browser.wait("document.querySelector('.map [data-country=DE]')")
        for code in ("DE", "US", "UA"):
            label = self.browser.evaluate(
                f"document.querySelector('.map [data-country={code}]').ariaLabel")
            self.assertIn(f": {stats['countries'][code]['providers']:,} offers", label)
        self.browser.wait_for_text("#map-title", "the whole market is")
        self.assert_clean()

    def test_the_plot_is_counted(self):
        self.show(self.server, "/?cpu=2&memory=8")
        self.browser.wait_for_text(".words", "half of them at most")
        words = self.browser.texts(".words")[0]
        least, most, half = (float(text) for text in re.findall(r"([0-9.]+) USD", words))
        every = self.count_of("cpu=2&memory=8&max_usd_per_month=1000000")
        self.assertEqual(self.count_of(f"cpu=2&memory=8&max_usd_per_month={most + 0.01}"), every)
        self.assertEqual(self.count_of(f"cpu=2&memory=8&max_usd_per_month={least - 0.01}"), 0)
        self.assertGreaterEqual(self.count_of(f"cpu=2&memory=8&max_usd_per_month={half + 0.01}"),
                                every / 2)
        self.assert_clean()

    def test_every_order_is_the_boards(self):
        self.show(self.server)
        self.wait_for_count(self.count)
        orders = (("price", "-price"), ("cpu", "cpu"), ("cpu", "-cpu"), ("memory", "memory"),
                  ("storage", "storage"), ("seen", "updated_at"), ("seen", "-updated_at"))
        for column, order in orders:
            self.browser.do("click", selector=f"th.{column} button")
            self.wait_for_first_rows(f"sort={order}")
        # There is no such order on the board, so that none is offered.
        for column in ("country", "platform", "verified"):
            self.assertFalse(self.browser.evaluate(
                f"!!document.querySelector('th.{column} button')"))
        self.show(self.server, "/?currency=glm")
        self.wait_for_first_rows("sort=glm_price")
        self.assert_clean(but="503")  # where the machine is busy

    def test_further_pages_and_a_narrower_question(self):
        self.show(self.server)
        self.browser.wait_for_text(".offers .notice", "the first 500")
        self.browser.do("click", selector=".offers .notice button")
        self.browser.wait_for_text(".offers .notice", "the first 1,000")
        self.wait_for_count(self.count)
        query = "cpu=64&country=SE"
        self.show(self.server, f"/?{query}")
        self.wait_until_live()
        self.wait_for_count(self.count_of(query))
        self.wait_for_first_rows(f"{query}&sort=price")
        self.assert_clean()

    def test_a_whole_name_is_found(self):
        self.show(self.server)
        self.wait_for_count(self.count)
        self.browser.do("fill", selector=".find input", text="provider-77777")
        self.browser.wait_for_rows(["provider-77777"])
        self.wait_for_count(1)
        self.browser.do("fill", selector=".find input", text="provider-x")
        self.browser.wait_for_text(".offers", "No whole name or id is “provider-x”")
        self.browser.do("click", selector="button:has-text('Show them all')")
        self.wait_for_count(self.count)
        self.assert_clean(but="503")


class WholeBoards(PageTestCase):
    """Up to 20,000 offers all are here, live."""

    def test_numbers_are_those_of_the_board(self):
        server = self.start(ADVERTISEMENT_EXPIRY_MINUTES=60)
        market = list(offers(20_000))
        before = 0
        for count in (0, 1, 2, 40, 5_000, 20_000):
            fill(server, market[before:count])
            before = count
            with self.subTest(count=count):
                self.show(server)
                self.wait_until_live()
                self.wait_for_count(count)
                ids = server.ids("sort=price&limit=30")
                self.browser.wait(f"JSON.stringify({ROWS}.slice(0, 16)) === "
                                  f"JSON.stringify({ids}.slice(0, 16))")
                self.browser.wait("document.querySelector('.map')")
                codes = {found["country"] for found in server.find("fields=country")}
                self.assertEqual(set(self.browser.evaluate(
                    "[...document.querySelectorAll('[data-country]')]"
                    ".map((one) => one.dataset.country)")), codes)
                self.assert_clean(but="503")

    def test_one_offer_more_is_shown_in_pages(self):
        server = self.start(ADVERTISEMENT_EXPIRY_MINUTES=60)
        fill(server, offers(20_001))
        self.show(server)
        self.browser.wait_for_text(".offers", "20,001 offers fit")
        self.wait_for_count(20_001)
        server.withdraw("provider-00000")
        self.wait_until_live()
        self.wait_for_count(20_000)
        self.assert_clean(but="503")


if __name__ == "__main__":
    unittest.main()
