"""The page when the board refuses or has been upgraded, and when the network fails: nothing goes white."""

import json
import unittest

from page import PageTestCase, priced

IDS = ["cheap", "dear"]


def post_both(server):
    server.post("cheap", priced(usd=1))
    server.post("dear", priced(usd=3))


class Faults(PageTestCase):
    def setUp(self):
        self.server = self.start()
        post_both(self.server)

    def test_a_limit_is_said_with_its_time_and_obeyed(self):
        server = self.start(RATE_LIMIT_PER_MINUTE=4)
        post_both(server)
        self.show(server)
        self.browser.wait_for_rows(IDS)
        for _ in range(3):
            self.browser.do("reload")
        self.browser.wait_for_text("[role=alert]", "The board answers this address again at ")
        self.browser.wait_for_text(".connection", "Not live: next try in 0:")
        # As the board says so by itself, so on a provider's page.
        self.show(server, "/?provider=cheap")
        self.browser.wait_for_text("[role=alert]", "The board answers this address again at ")

    def test_a_limit_ends(self):
        self.show(self.server)
        self.wait_until_live()
        self.browser.do("route", part="limit=50", times=1, answer={
            "status": 429, "headers": {"Retry-After": "2"}, "body": '{"message":"slower"}'})
        self.browser.do("reload")
        self.browser.wait_for_text("[role=alert]", "slower")
        self.wait_until_live()
        self.browser.wait_for_rows(IDS)
        self.assertEqual(self.browser.texts("[role=alert]"), [])

    def test_an_offer_that_cannot_be_read_takes_no_other_with_it(self):
        offers = self.server.find()
        odd = [{**offers[0], "provider_id": f"odd-{number}", **change} for number, change in enumerate(
            ({"resources": None}, {"updated_at": None}, {"provider_id": 5}, {"provider_name": None}))]
        self.show(self.server)
        self.browser.wait_for_rows(IDS)
        body = "".join(f"event: added\nid: 1\ndata: {json.dumps(one)}\n\n" for one in [*odd, *offers])
        self.browser.do("route", part="limit=50", answer={
            "headers": {"X-Total-Count": "6"}, "body": json.dumps([*odd, *offers])})
        self.browser.do("route", part="/watch", answer={
            "headers": {"Content-Type": "text/event-stream"},
            "body": f"{body}event: synced\nid: 2\ndata: {{}}\n\n"})
        self.browser.do("reload")
        self.browser.wait_for_rows(IDS)
        self.browser.wait("document.querySelector('.connection.waiting')")  # that stream has an end
        self.browser.do("click", selector="th.provider button")
        self.browser.wait_for_rows(IDS)

    def test_a_board_with_small_pages_is_shown(self):
        server = self.start(MAX_PAGE_SIZE=1)
        post_both(server)
        self.show(server)
        self.browser.wait_for_rows(IDS)
        self.wait_until_live()

    def test_an_upgrade_replaces_the_parts_of_the_page(self):
        gone = {"status": 404, "body": "{}"}
        self.show(self.server)
        self.browser.do("route", part="/assets/WorldMap-", answer=gone)
        self.browser.do("route", part="/assets/ProviderPage-", answer=gone)
        self.browser.do("reload")
        self.browser.wait_for_text(".side [role=alert]", "The map could not be shown")
        self.browser.wait_for_rows(IDS)
        self.wait_until_live()
        self.browser.do("click", selector="tr[data-provider=dear] a")
        self.browser.wait_for_text("[role=alert]", "This provider's page could not be shown")
        self.browser.do("back")
        self.browser.wait_for_rows(IDS)
        self.browser.do("click", selector="tr[data-provider=dear] a")
        self.browser.do("unroute")
        self.browser.do("click", selector="button:has-text('Load the page again')")
        self.browser.wait_for_text("h1", "dear")
        self.browser.wait_for_text("main", "It is listed.")

    def test_the_network_fails_before_the_first_script(self):
        self.show(self.server)
        self.browser.do("route", part="/assets/index-")
        self.browser.do("reload")
        self.browser.wait_for_text("body", "load the page again")
        self.browser.do("unroute")
        self.browser.do("click", selector="a:has-text('load the page again')")
        self.browser.wait_for_rows(IDS)


if __name__ == "__main__":
    unittest.main()
