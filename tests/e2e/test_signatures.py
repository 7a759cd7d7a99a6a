"""Signatures of ethers and openssl, through the real binary and its restarts."""

import base64
import tempfile
import unittest

from client import ADVERTISEMENTS, credentials, offer
from server import TestCase, free_port
from signers import Ed25519Key, Wallet, now_ms, signed_post, signed_text, signed_withdrawal

SECRET = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
ADDRESS = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"


class Signatures(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="discovery-e2e-keys-")
        cls.addClassCleanup(cls.directory.cleanup)
        cls.signers = (Wallet(SECRET), Ed25519Key(cls.directory.name))

    def start(self, *arguments, **settings):
        return super().start(*arguments, PORT=free_port(), **settings)

    def assert_refused_with(self, answer, code):
        self.assertEqual((answer.status, answer.code), (401, code), answer)
        return answer.json()

    def test_posts_of_ethers_and_openssl_are_verified(self):
        server = self.start()
        self.assertEqual(self.signers[0].id, ADDRESS)
        self.assertEqual(server.post("unsigned").json()["verified"], False)
        for signer in self.signers:
            answer = server.ask(*signed_post(signer))
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.json()["provider_id"], signer.id)
            self.assertIs(answer.json()["verified"], True)
        verified = {signer.id for signer in self.signers}
        self.assertEqual(set(server.ids("verified=true")), verified)
        self.assertEqual(server.ids("verified=false"), ["unsigned"])
        for signer in self.signers:
            self.assertEqual(server.ask(*signed_withdrawal(signer)).status, 200)
        self.assertEqual(server.ids(), ["unsigned"])
        server.stop()

    def test_a_proof_is_what_was_signed_also_after_a_restart(self):
        server = self.start()
        posts = [signed_post(signer) for signer in self.signers]
        for post in posts:
            self.assertEqual(server.ask(*post).status, 200)
        for end in (server.stop, server.kill):
            end()
            server.restart()
            for signer, (_, target, headers, body) in zip(self.signers, posts):
                time_ms, _, signature = headers[1][1].removeprefix("t=").partition(",v1=")
                answer = server.get(f"{ADVERTISEMENTS}/{signer.id}/proof")
                self.assertEqual(answer.status, 200, answer)
                self.assertEqual(
                    answer.json(),
                    {
                        "provider_id": signer.id,
                        "text": signed_text(f"POST {target}", signer.id, time_ms, body),
                        "signature": signature,
                        "body": base64.b64encode(body).decode(),
                    },
                )
        self.assertEqual(len(server.ids("verified=true")), 2)
        self.assert_error(server.get(f"{ADVERTISEMENTS}/nobody/proof"), 404, "ADV_004")
        server.stop()

    def test_nothing_is_taken_twice_across_withdrawals_restarts_and_kills(self):
        server = self.start()
        for signer in self.signers:
            time_ms = now_ms()
            first = signed_post(signer, time_ms)
            older = signed_post(signer, time_ms - 1)
            withdrawal = signed_withdrawal(signer, time_ms + 1)
            self.assertEqual(server.ask(*first).status, 200)
            self.assert_stays_used(server, (first, older), time_ms)
            self.assertEqual(server.ask(*withdrawal).status, 200)
            self.assert_stays_used(server, (first, older, withdrawal), time_ms + 1)
            self.assertEqual(server.ids(), [])

    def assert_stays_used(self, server, requests, last_time):
        for end in (None, server.stop, server.kill):
            if end:
                end()
                server.restart()
            before = server.find()
            for request in requests:
                error = self.assert_refused_with(server.ask(*request), "AUTH_002")
                self.assertEqual(error["last_time"], last_time)
                self.assertEqual(error["detail"]["last_time"], last_time)
                self.assertLess(abs(error["server_time"] - now_ms()), 60_000)
            self.assertEqual(server.find(), before)

    def test_a_pinned_provider_cannot_be_impersonated(self):
        server = self.start()
        for signer in self.signers:
            self.assertEqual(server.post(signer.id).status, 200, "not signed for yet")
            self.assertEqual(server.ask(*signed_post(signer)).status, 200)
        for end in (None, server.kill):
            if end:
                end()
                server.restart()
            before = server.find()
            for signer in self.signers:
                for spelling in (signer.id, signer.id.lower()):
                    error = self.assert_refused_with(server.post(spelling), "AUTH_005")
                    self.assertIn("must begin with t=", error["message"])
                    self.assert_refused_with(server.withdraw(spelling), "AUTH_005")
                self.assert_refused_with(
                    server.post(signer.id, signature=f"t={now_ms()},v1=zz"), "AUTH_001"
                )
            self.assertEqual(server.find(), before)
        server.stop()

    def test_a_signature_fits_one_request_alone(self):
        server = self.start(PUBLIC_HOSTS="LOCALHOST, board.example")
        wallet, key = self.signers
        method, target, headers, body = signed_post(wallet)
        self.assert_refused_with(server.ask(method, target, headers, body + b" "), "AUTH_001")
        stolen = [("X-Provider-ID", key.id), headers[1]]
        self.assert_refused_with(server.ask(method, target, stolen, body), "AUTH_001")
        self.assert_refused_with(
            server.ask("DELETE", f"{target}/{wallet.id}", headers), "AUTH_001"
        )
        self.assert_refused_with(server.ask(*signed_post(wallet, host="foreign")), "AUTH_001")
        error = self.assert_refused_with(
            server.ask(*signed_post(wallet, time_ms=now_ms() // 1000)), "AUTH_002"
        )
        self.assertIn("milliseconds", error["message"])
        self.assertEqual(server.find(), [])
        self.assertEqual(server.ask(method, target, headers, body).status, 200)
        self.assertNotIn("expected_text", error)
        self.assertNotIn("PUBLIC_HOSTS is not set", server.log())
        server.stop()

    def test_a_signed_board_takes_signatures_alone(self):
        server = self.start(AUTH="signed")
        self.assert_refused_with(server.post("provider-1"), "AUTH_005")
        self.assert_refused_with(server.withdraw("provider-1"), "AUTH_005")
        self.assertEqual(server.ask(*signed_post(self.signers[1])).status, 200)
        self.assertEqual(server.ids(), [self.signers[1].id])
        server.stop()

    def test_unset_hosts_are_warned_about_once_and_debug_shows_the_text(self):
        server = self.start(DEBUG="true")
        key = self.signers[1]
        time_ms = now_ms()
        method, target, headers, body = signed_post(key, time_ms, host="other.example")
        error = self.assert_refused_with(server.ask(method, target, headers, body), "AUTH_001")
        self.assertEqual(
            error["expected_text"], signed_text(f"POST {target}", key.id, time_ms, body)
        )
        for later in (1, 2):
            self.assertEqual(server.ask(*signed_post(key, time_ms + later)).status, 200)
        server.stop()
        self.assertEqual(server.log().count("PUBLIC_HOSTS is not set"), 1)
        self.assertNotIn(headers[1][1], server.log())


class Providers(TestCase):
    def provider(self, server, provider_id):
        answer = server.get(f"/api/v1/providers/{provider_id}")
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def test_a_provider_learns_why_it_is_not_listed(self):
        server = self.start(PORT=free_port())
        self.assert_error(server.get("/api/v1/providers/nobody"), 404, "ADV_004")
        self.assertEqual(server.post("p", offer(country="Z1")).status, 422)
        refused = self.provider(server, "p")
        self.assertIsNone(refused["state"])
        self.assertEqual(refused["last_refusal"]["code"], "REQ_001")
        self.assertIn("country", refused["last_refusal"]["message"])

        stored = server.post("p").json()
        live = self.provider(server, "p")
        self.assertEqual(live["state"], "live")
        for mine, its in (("first_seen", "created_at"), ("last_seen", "updated_at")):
            self.assertEqual(live[mine], stored[its])
        self.assertEqual(live["expires_at"], stored["expires_at"])
        self.assertEqual(server.withdraw("p").status, 200)
        for end in (None, server.stop, server.kill):
            if end:
                end()
                server.restart()
            gone = self.provider(server, "p")
            self.assertEqual(gone["state"], "withdrawn")
            self.assertEqual(gone["first_seen"], stored["created_at"])
            self.assertEqual(gone["last_seen"], stored["updated_at"])
            self.assertIsNone(gone["expires_at"])
            self.assertEqual(set(gone["listed"]), {"1d", "7d", "30d"})
        server.stop()

    def test_credentials_of_nobody_leave_no_trace(self):
        server = self.start()
        server.ask("POST", ADVERTISEMENTS, credentials("not an id"), offer())
        self.assertEqual(server.get("/api/v1/providers/not%20an%20id").status, 422)
        server.stop()


if __name__ == "__main__":
    unittest.main()
