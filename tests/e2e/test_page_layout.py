"""The page at every width, by keyboard alone, printed, in other languages and on other names."""

import subprocess
import unittest

from client import compact, offer
from market import offers
from page import PageTestCase, fill, priced
from server import Server
from signers import Wallet, signed_post

WIDTHS = (320, 360, 390, 480, 640, 683, 768, 820, 900, 961, 1024, 1080, 1280, 1339, 1340, 1366, 1600, 1920, 2560)
# What stands out of its box to the side, or is cut by it.
CUT = """[...document.querySelectorAll('body *')].filter((one) => {
  const head = one.closest('thead');
  const isHidden = head !== null && getComputedStyle(head).position === 'absolute';
  const scrolls = one.closest('.uplot, svg, .countries ul, pre, select, input, .skip, option');
  const isInline = getComputedStyle(one).display === 'inline';
  if (isHidden || scrolls || isInline || !one.getClientRects().length) return false;
  const box = one.getBoundingClientRect();
  return one.scrollWidth > one.clientWidth + 1 || box.right > innerWidth + 1 || box.left < -1;
}).map((one) => `${one.tagName}.${one.className}: ${one.innerText.slice(0, 60)}`)"""
IN_SIGHT = """[...document.querySelectorAll('tr[data-provider]')].filter((row) => {
  const box = row.getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight;
}).length"""


class Layout(PageTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server(ADVERTISEMENT_EXPIRY_MINUTES=60)
        cls.addClassCleanup(cls.server.discard)
        fill(cls.server, offers(300))
        signer = Wallet("0x" + "44" * 32)
        cls.signer = signer.id
        body = compact(priced(
            usd=999, country="SG", provider_name="W" * 64, network="n" * 64, platform="p" * 32,
            resources={name: 2**31 - 1 for name in ("cpu", "memory", "storage", "gpu")}))
        assert cls.server.ask(*signed_post(signer, body=body)).status == 200

    def open_market(self, path="/", **options):
        self.show(self.server, path, **options)
        self.browser.wait("document.querySelector('tr[data-provider]')")
        self.wait_until_live()

    def at(self, width, height=800):
        return {"viewport": {"width": width, "height": height}}

    def assert_nothing_is_cut(self, width):
        self.assertEqual(self.browser.evaluate(CUT), [], width)
        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), width)

    def test_nothing_is_cut_at_any_width(self):
        for width in WIDTHS:
            # The longest texts and largest numbers that the board takes come first.
            self.open_market("/?sort=-price", **self.at(width))
            self.browser.wait("document.querySelector('.map path') && document.querySelector('canvas')")
            self.assert_nothing_is_cut(width)
            if self.browser.evaluate("!!document.querySelector('.opener').getClientRects().length"):
                self.browser.do("click", selector=".opener")
                self.assert_nothing_is_cut(width)

    def test_nothing_is_cut_on_the_other_pages(self):
        for width in WIDTHS[::3]:
            for path, ready in ((f"/?provider={self.signer}", ".checks"),
                                ("/?cpu=500&country=SE,DE,FR,US", ".relaxations"),
                                ("/?q=cpu%3E%3D", "[role=alert]")):
                self.show(self.server, path, **self.at(width))
                self.browser.wait(f"document.querySelector('{ready}')")
                self.assert_nothing_is_cut(width)

    def test_offers_are_in_view_without_scrolling(self):
        for width, height, least in ((1366, 650, 6), (390, 844, 3)):
            self.open_market(**self.at(width, height))
            self.assertGreaterEqual(self.browser.evaluate(IN_SIGHT), least, width)

    def test_a_phone_and_a_magnified_page_show_all_that_matters(self):
        for width, height in ((390, 844), (683, 325), (320, 568)):
            self.open_market(**self.at(width, height))
            for column in ("cpu", "memory", "storage", "price", "verified", "country", "seen"):
                self.assertTrue(self.browser.evaluate(
                    f"document.querySelector('td.{column}').getClientRects().length > 0"),
                    (width, column))
            self.assertIn("for 1 core, 1 GB, 1 GB", self.browser.texts("td.price")[0])
            self.browser.do("select", selector=".sort-field select", value="-cpu")
            self.browser.wait("document.querySelector('tr[data-provider]').dataset.provider"
                              f" === '{self.signer}'")

    def test_by_keyboard_alone(self):
        self.open_market(**self.at(1366))
        press = lambda key: self.browser.do("press", key=key)
        focused = lambda what: self.browser.evaluate(f"document.activeElement.{what}")
        press("Tab")
        self.assertEqual(focused("innerText"), "To the offers")
        for _ in range(40):
            press("Tab")
            if focused("closest('label')?.innerText.startsWith('Cores')"):
                break
        self.browser.do("type", text="0")  # 1 is there, and selected by Tab
        press("Backspace")
        self.browser.do("type", text="64")
        press("Enter")
        self.browser.wait("location.search === '?cpu=64'")
        self.browser.wait("!document.querySelector('.table.old')")
        for _ in range(120):
            press("Tab")
            if focused("closest('th.seen')"):
                break
        press("Enter")
        self.browser.wait("location.search === '?cpu=64&sort=seen'")
        press("Tab")
        self.assertTrue(focused("closest('td.provider') !== null"))
        name = focused("innerText")
        press("Enter")
        self.browser.wait("document.activeElement.tagName === 'H1'")
        self.browser.wait_for_text("h1", name)
        self.browser.wait("document.querySelector('.facts')")

    def test_back_keeps_the_place(self):
        self.open_market(**self.at(1366, 650))
        self.browser.evaluate("scrollTo(0, 6000)")
        self.browser.wait("document.querySelector('tr[data-provider]').ariaRowIndex > 50")
        shown = "[...document.querySelectorAll('tr[data-provider]')].find((row) => row.getBoundingClientRect().top > 60).dataset.provider"
        provider = self.browser.evaluate(shown)
        self.browser.do("click", selector=f"tr[data-provider='{provider}'] a")
        self.browser.wait("document.querySelector('.facts')")
        self.assertEqual(self.browser.evaluate("scrollY"), 0)
        for way in ("back", "link"):
            if way == "back":
                self.browser.do("back")
            else:
                self.browser.do("click", selector="header a")
            self.browser.wait("scrollY === 6000")
            self.assertEqual(self.browser.evaluate(shown), provider)
            self.browser.do("click", selector=f"tr[data-provider='{provider}'] a")
            self.browser.wait("document.querySelector('.facts')")

    def test_back_from_fewer_offers_keeps_the_place(self):
        self.open_market(**self.at(1366, 650))
        self.browser.evaluate("scrollTo(0, 9000)")
        self.browser.wait("history.state?.scroll === 9000")
        # Not by the browser's driver, which would scroll to it.
        self.browser.evaluate("[...document.querySelectorAll('.countries label')].find((one) =>"
                              " one.innerText.includes('Norway')).querySelector('input').click()")
        self.browser.wait("document.querySelectorAll('tr[data-provider]').length < 20")
        self.browser.do("back")
        self.browser.wait("scrollY === 9000")
        self.browser.do("reload")
        self.browser.wait("scrollY === 9000")

    def test_rows_fill_the_window_when_what_stands_above_shrinks(self):
        self.open_market(**self.at(1000, 700))
        self.browser.do("click", selector=".opener")
        self.browser.evaluate("scrollTo(0, 3000)")
        self.browser.wait("document.querySelector('tr[data-provider]').ariaRowIndex > 5")
        self.browser.evaluate("scrollTo(0, 0)")
        self.browser.wait("document.querySelector('tr[data-provider]').ariaRowIndex === '2'")
        self.browser.do("click", selector=".opener")
        self.browser.wait(f"{IN_SIGHT} >= 5")

    def test_printing_prints_all(self):
        self.open_market()
        self.assertLess(len(self.browser.texts("tr[data-provider]")), 60)
        self.browser.do("media", media="print")
        self.browser.wait("document.querySelectorAll('tr[data-provider]').length === 301")
        self.assertFalse(self.browser.evaluate(
            "document.querySelector('aside').getClientRects().length > 0"))
        self.browser.do("media", media="screen")
        self.browser.wait("document.querySelectorAll('tr[data-provider]').length < 60")
        # As the dialog does it.
        self.browser.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(len(self.browser.texts("tr[data-provider]")), 301)

    def test_one_language_whatever_the_browser_speaks(self):
        texts = []
        for locale in ("en-US", "de-DE", "ar-EG"):
            self.open_market("/?country=DE&sort=provider", locale=locale)
            self.browser.wait("document.querySelector('.map path') && document.querySelector('canvas')")
            self.assertEqual(self.browser.evaluate("document.dir + document.documentElement.lang"), "en")
            texts.append([self.browser.texts(one) for one in (
                ".totals", ".countries li", "td.price", "td.memory", ".words", "th", "h2")])
        self.assertEqual(texts[0], texts[1])
        self.assertEqual(texts[0], texts[2])

    def test_reduced_motion_moves_nothing(self):
        self.open_market(reducedMotion="reduce")
        self.assertEqual(self.browser.evaluate(
            "[...document.querySelectorAll('*')].filter((one) =>"
            " getComputedStyle(one).transitionDuration !== '0s'"
            " || getComputedStyle(one).animationName !== 'none').length"), 0)

    def test_no_violations_of_accessibility(self):
        pages = (("/?cpu=2", "tr[data-provider]"), ("/?cpu=500&country=SE,DE", ".relaxations li"),
                 (f"/?provider={self.signer}", ".checks"), ("/?q=cpu%3E%3D", "[role=alert]"))
        for scheme in ("light", "dark"):
            for width in (1366, 390):
                for path, ready in pages:
                    self.show(self.server, path, colorScheme=scheme, **self.at(width))
                    self.browser.wait(f"document.querySelector('{ready}')")
                    self.browser.wait("!document.querySelector('.connection') || document.querySelector("
                                      "'.connection.live, .connection.refused')")
                    self.assertEqual(self.browser.do("axe"), [], (scheme, width, path))

    def test_the_title_says_the_state(self):
        self.open_market("/?cpu=64&memory=8")
        count = self.browser.texts(".offers output")[0]
        self.assertEqual(self.browser.evaluate("document.title"),
                         f"{count} offers for 64 cores, 8 GB, 1 GB – VM on Golem")

    def test_commands_can_be_copied_on_a_name_without_tls(self):
        for host in ("127.0.0.1", "board.test"):
            self.show(self.server, "/?cpu=64&country=SE", host=host)
            self.browser.wait("document.querySelector('tr[data-provider]')")
            self.assertEqual(self.browser.evaluate("isSecureContext"), host == "127.0.0.1")
            self.browser.do("click", selector="button:has-text('Rent or be listed')")
            self.browser.do("click", selector="#how-to .commands button")
            self.browser.wait_for_text("#how-to .commands button", "Copied")
            self.browser.do("click", selector=".find input")
            self.browser.do("press", selector=".find input", key="Control+v")
            pasted = self.browser.evaluate("document.querySelector('.find input').value")
            self.assertEqual(pasted, self.browser.texts("#how-to code")[0])

    def test_commands_do_what_they_say(self):
        self.open_market("/?cpu=64&country=SE&max_usd_per_month=300")
        self.browser.do("click", selector="#how-to summary")
        commands = self.browser.texts("#how-to code")
        found = subprocess.run(["bash", "-c", commands[0] + " -s"], capture_output=True, text=True,
                               timeout=60, check=True).stdout
        self.assertIn(self.browser.evaluate(
            "document.querySelector('tr[data-provider]').dataset.provider"), found)
        stream = subprocess.run(["bash", "-c", f"{commands[1]} -s --max-time 1"],
                                capture_output=True, text=True, timeout=60, check=False).stdout
        self.assertIn("event: synced", stream)
        posted = subprocess.run(["bash", "-c", commands[-1] + " -s"], capture_output=True, text=True,
                                timeout=60, check=True).stdout
        self.assertIn('"expires_at"', posted)
        self.assertEqual(self.server.withdraw("my-name").status, 200)


class Empty(PageTestCase):
    def test_an_empty_board_says_how_to_be_the_first(self):
        server = self.start()
        self.show(server)
        self.browser.wait_for_text(".offers", "Nothing is on offer at the moment")
        self.wait_for_count(0)
        for command in ("golem-provider start", "golem vm create", "api/v1/watch"):
            self.browser.wait_for_text("#how-to", command)
        self.assertEqual(self.browser.do("axe"), [])
        self.assertEqual(self.browser.evaluate(CUT), [])
        server.post("first", offer())
        self.browser.wait_for_rows(["first"])
        self.assert_clean()


if __name__ == "__main__":
    unittest.main()
