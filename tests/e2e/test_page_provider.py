"""A provider's page: its offer, whether it can be believed, its price, its past."""

import json
import re
import tempfile
import unittest

from client import compact, offer
from page import PageTestCase, priced
from server import free_port
from signers import HOST, Ed25519Key, Wallet, now_ms, signed_post

HOSTILE = ("<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "سحابة 3",
           "🖥" * 16, "x" * 64, "\"'&<b>")


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
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('td img:not(.flag), td script').length"),
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

    def test_a_proof_that_is_older_than_an_offer_may_be(self):
        server = self.start()
        signer = Wallet("0x" + "66" * 32)
        body = compact(priced(cpu=6))
        self.assertEqual(server.ask(*signed_post(signer, body=body)).status, 200)
        self.show(server)
        self.browser.wait_for_rows([signer.id])
        _, _, headers, _ = signed_post(signer, time_ms=now_ms() - 30 * 86_400_000, body=body)
        sent = dict(headers)["X-Provider-Signature"]
        time_ms, signature = re.fullmatch("t=(.*),v1=(.*)", sent).groups()
        proof = server.get(f"/api/v1/advertisements/{signer.id}/proof").json()
        old = {**proof, "signature": signature,
               "text": re.sub(r"time: \d+", f"time: {time_ms}", proof["text"])}
        self.browser.do("route", part="/proof", answer={"body": json.dumps(old)})
        self.browser.do("click", selector=f"tr[data-provider='{signer.id}'] a")
        self.browser.wait_for_text(".card p.bad", "does not hold")
        self.browser.wait_for_text(".checks li.bad", "the signature is no older than an offer may be")
        self.assertEqual(len(self.browser.texts(".checks li.bad")), 1)

    def test_an_offer_of_another_provider_is_not_shown_as_this_ones(self):
        server = self.start()
        mine, other = (Wallet("0x" + digit * 64) for digit in "78")
        for signer in (mine, other):
            body = compact(priced(cpu=6, provider_name=f"name-{signer.id[-4:]}"))
            self.assertEqual(server.ask(*signed_post(signer, body=body)).status, 200)
        self.show(server)
        self.browser.wait(f"document.querySelector(\"tr[data-provider='{mine.id}']\")")
        for path in ("", "/proof"):
            answer = server.get(f"/api/v1/advertisements/{other.id}{path}").body.decode()
            self.browser.do("route", part=f"{mine.id}{path}", answer={"body": answer})
        self.browser.do("click", selector=f"tr[data-provider='{mine.id}'] a")
        self.browser.wait_for_text("[role=alert]", "The board answered with another provider's offer")
        self.assertNotIn(f"name-{other.id[-4:]}", self.browser.evaluate("document.body.innerText"))
        # Nor is the other's proof taken for its offer.
        self.browser.do("unroute")
        self.browser.do("route", part="/proof", answer={
            "body": server.get(f"/api/v1/advertisements/{other.id}/proof").body.decode()})
        self.browser.do("reload")
        self.browser.wait_for_text(".card p.bad", "does not hold")

    def test_a_proof_that_is_none_does_not_hold(self):
        server = self.start()
        signer = Wallet("0x" + "99" * 32)
        body = compact(priced(cpu=6))
        self.assertEqual(server.ask(*signed_post(signer, body=body)).status, 200)
        for answer in ("{}", "[]", '{"text": 5}'):
            self.show(server)
            self.browser.do("route", part="/proof", answer={"body": answer})
            self.browser.wait_for_rows([signer.id])
            self.browser.do("click", selector=f"tr[data-provider='{signer.id}'] a")
            self.browser.wait_for_text(".card p.bad", "does not hold")
            self.browser.wait_for_text(".facts", "83.233.10.2")

    def test_a_past_that_cannot_be_had_costs_nothing_else(self):
        server = self.start()
        server.post("a", priced())
        self.show(server)
        self.browser.do("route", part="/api/v1/providers/", answer={
            "status": 503, "headers": {"Retry-After": "5"}, "body": '{"message":"no room"}'})
        self.browser.do("click", selector="tr[data-provider=a] a")
        self.browser.wait_for_text("[role=alert]", "no room")
        self.browser.wait_for_text(".facts", "83.233.10.2")

    def test_addresses_that_name_no_provider_show_the_market(self):
        server = self.start()
        server.post("a", priced())
        for search in ("?provider=", "?provider=.", "?provider=.."):
            self.show(server, f"/{search}")
            self.browser.wait_for_rows(["a"])

    def test_comparisons_are_counted_again(self):
        server = self.start()
        server.post("a", priced(usd=1))
        server.post("b", priced(usd=2))
        self.show(server, "/?provider=a")
        self.browser.wait_for_text("main", "cheaper than 1 of 1 other offer")
        server.withdraw("b")
        self.browser.wait_for_text("main", "the only offer in the world")

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

if __name__ == "__main__":
    unittest.main()
