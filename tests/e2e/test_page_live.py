"""The page when the board is silent or gone, and in many tabs: it says so, and comes back."""

import signal
import time
import unittest

from page import PageTestCase, priced
from server import eventually, free_port

IDS = ["cheap", "dear"]


class Live(PageTestCase):
    def setUp(self):
        self.server = self.start(PORT=free_port())
        self.server.post("cheap", priced(usd=1))
        self.server.post("dear", priced(usd=3))

    def wait_for_streams(self, count):
        eventually(lambda: self.browser.do("streams") == count, f"{count} streams")

    def test_quiet_is_live_and_frozen_is_not(self):
        self.show(self.server)
        self.browser.wait_for_rows(IDS)
        self.wait_until_live()
        self.browser.evaluate("""(() => {
          window.states = [];
          const dot = document.querySelector('.connection');
          new MutationObserver(() => window.states.push(dot.className))
            .observe(dot, { attributes: true });
        })()""")
        # Nothing happens for longer than a silence may last: heartbeats say that the board is there.
        self.browser.wait("performance.now() > 40_000")
        self.assertEqual(self.browser.evaluate("window.states"), [])
        frozen = time.monotonic()
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            self.browser.wait_for_text("[role=status]", "Not live")
            self.assertLess(time.monotonic() - frozen, 40)
            self.browser.wait("document.title.startsWith('Not live')")
            self.browser.wait_for_rows(IDS)
        finally:
            self.server.process.send_signal(signal.SIGCONT)
        self.wait_until_live()
        self.server.withdraw("dear")
        self.browser.wait_for_rows(["cheap"])

    def test_a_frozen_board_of_lists_shows_too(self):
        self.show(self.server)
        self.wait_until_live()
        self.browser.do("route", part="/watch", answer={
            "status": 503, "headers": {"Retry-After": "1"}, "body": '{"message":"too many streams"}'})
        self.show_again()
        self.browser.wait("document.querySelector('.connection.polling')")
        self.browser.wait_for_text(".offers .notice", "too many streams")
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            self.browser.wait_for_text("[role=status]", "Not live")
        finally:
            self.server.process.send_signal(signal.SIGCONT)
        self.browser.do("unroute")
        self.wait_until_live()

    def show_again(self):
        self.browser.do("reload")
        self.browser.wait_for_rows(IDS)

    def test_killed_and_started_again(self):
        self.show(self.server)
        self.browser.wait_for_rows(IDS)
        self.wait_until_live()
        self.server.kill()
        self.browser.wait_for_text("[role=status]", "Not live")
        self.browser.wait_for_text("[role=alert]", "The offers below are the last known")
        self.server.restart()
        self.wait_until_live()
        self.server.withdraw("dear")
        self.browser.wait_for_rows(["cheap"])

    def test_rows_are_old_until_the_question_is_answered(self):
        self.show(self.server)
        self.browser.wait_for_rows(IDS)
        self.wait_until_live()
        price = self.browser.texts("td.price .amount")[0]
        self.browser.do("hold", part="cpu=4&")
        self.browser.do("fill", selector=".filters label:has-text('Cores') input", text="4")
        self.browser.wait("document.querySelector('.table.old[aria-busy=true]')")
        self.assertEqual(self.browser.search(), "?cpu=4")
        # Not reckoned for the size of a question that is not answered.
        self.assertEqual(self.browser.texts("td.price .amount")[0], price)
        self.assertIn("for 1 core", self.browser.texts("th.price")[0])
        self.browser.wait_for_text(".offers", "These are the results of the previous search")
        self.browser.do("release")
        self.browser.wait("!document.querySelector('.table.old')")
        self.browser.wait("document.querySelector('th.price').innerText.includes('for 4 cores')")
        self.assertEqual(self.browser.texts("td.price .amount")[0], "6.00 USD")

    def test_seven_tabs_all_work(self):
        self.show(self.server)
        for tab in range(7):
            if tab > 0:
                self.browser.do("tab", origin=self.browser.url)
                self.browser.do("goto", url=self.browser.url)
            self.browser.wait_for_rows(IDS)
        self.wait_for_streams(4)
        self.server.post("middle", priced(usd=2))
        for tab in range(7):
            self.browser.do("turn", tab=tab)
            self.browser.wait_for_rows(["cheap", "middle", "dear"])
        # A provider's page holds none, and takes none from the others.
        self.browser.do("tab", origin=self.browser.url)
        self.browser.do("goto", url=self.browser.url + "/?provider=cheap")
        self.browser.wait_for_text("h1", "cheap")
        self.browser.evaluate("window.dispatchEvent(new Event('focus'))")
        # The tab in use is live, however many others there are.
        self.browser.do("turn", tab=0)
        self.browser.evaluate("window.dispatchEvent(new Event('focus'))")
        self.wait_until_live()
        self.wait_for_streams(4)

    def test_hidden_tabs_and_provider_pages_hold_no_stream(self):
        self.show(self.server)
        self.wait_until_live()
        self.wait_for_streams(1)
        hide = """((isHidden) => {
          Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        })"""
        self.browser.evaluate(hide + "(true)")
        self.wait_for_streams(0)
        self.server.withdraw("dear")
        self.browser.evaluate(hide + "(false)")
        self.browser.wait_for_rows(["cheap"])
        self.wait_until_live()
        self.browser.do("click", selector="tr[data-provider=cheap] a")
        self.browser.wait_for_text("h1", "cheap")
        self.wait_for_streams(0)
        self.server.post("new", priced(usd=9))
        self.browser.do("back")
        self.browser.wait_for_rows(["cheap", "new"])
        self.wait_until_live()

    def test_first_rows_do_not_wait_for_the_stream(self):
        self.browser.open(self.server.url, "/api/v1/whoami")
        self.browser.do("hold", part="/watch")
        self.browser.do("goto", url=self.server.url)
        self.browser.wait_for_rows(IDS)
        self.assertFalse(self.browser.evaluate("!!document.querySelector('.connection.live')"))
        self.browser.do("release")
        self.wait_until_live()


if __name__ == "__main__":
    unittest.main()
