"""The life of an advertisement and how it is found, as providers and requestors see it."""

import datetime
import gzip
import re
import unittest

from client import ABSENT, ADVERTISEMENTS, compact, offer
from server import ServerTestCase

FIELDS = [
    "provider_id", "provider_name", "ip_address", "country", "platform", "network",
    "payments_network", "resources", "pricing", "verified", "created_at", "updated_at",
    "expires_at",
]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
PRICING = {
    "usd_per_core_month": 6.0, "usd_per_gb_ram_month": 2.5, "usd_per_gb_storage_month": 0.12,
    "glm_per_core_month": 12.0, "glm_per_gb_ram_month": 5.0, "glm_per_gb_storage_month": 0.24,
}


def parse_time(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


def words(header):
    return {word.strip() for word in (header or "").split(",") if word.strip()}


class LifeCycle(ServerTestCase):
    def setUp(self):
        self.id = self._testMethodName
        self.path = f"{ADVERTISEMENTS}/{self.id}"

    def post(self, **changes):
        answer = self.server.post(self.id, offer(**changes))
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def test_post_answers_the_stored_advertisement_and_when_to_refresh(self):
        answer = self.post(pricing=PRICING, platform="x86_64")
        self.assertEqual(answer.pop("refresh_after"), 100)
        self.assertEqual(list(answer), FIELDS)
        self.assertEqual(answer["provider_id"], self.id)
        self.assertEqual(answer["provider_name"], "")
        self.assertEqual(answer["ip_address"], "83.233.10.2")
        self.assertEqual(answer["country"], "SE")
        self.assertEqual(answer["platform"], "x86_64")
        self.assertIsNone(answer["network"])
        self.assertIsNone(answer["payments_network"])
        self.assertEqual(
            list(answer["resources"].items()), [("cpu", 4), ("memory", 8), ("storage", 100)]
        )
        self.assertEqual(answer["pricing"], PRICING)
        self.assertIs(answer["verified"], False)
        self.assertEqual(answer["created_at"], answer["updated_at"])
        for name in ("created_at", "updated_at", "expires_at"):
            self.assertRegex(answer[name], TIME)
        lease = parse_time(answer["expires_at"]) - parse_time(answer["updated_at"])
        self.assertEqual(lease, datetime.timedelta(minutes=5))
        age = datetime.datetime.utcnow() - parse_time(answer["updated_at"])
        self.assertLess(abs(age), datetime.timedelta(minutes=1))

    def test_get_and_list_show_what_the_post_answered(self):
        posted = self.post(pricing=PRICING, provider_name="Räksmörgås 🦐", network="Mainnet")
        del posted["refresh_after"]
        one = self.server.get(self.path)
        self.assertEqual(one.status, 200)
        self.assertEqual(one.json(), posted)
        self.assertEqual(list(one.json()), FIELDS)
        self.assertEqual(self.server.find(f"provider_id={self.id}"), [posted])

    def test_optional_fields_may_be_null(self):
        fields = ("platform", "pricing", "provider_name", "network", "payments_network")
        answer = self.post(**{name: None for name in fields})
        self.assertEqual(answer["provider_name"], "")
        for name in ("platform", "pricing", "network", "payments_network"):
            self.assertIsNone(answer[name])

    def test_refresh_replaces_keeps_created_at_and_renews_updated_at(self):
        first = self.post(country="SE", platform="arm64", pricing=PRICING)
        second = self.post(country="de", resources={"cpu": 1, "memory": 2, "storage": 3})
        self.assertEqual(second["created_at"], first["created_at"])
        self.assertGreater(second["updated_at"], first["updated_at"])
        self.assertGreater(second["expires_at"], first["expires_at"])
        self.assertEqual(second["country"], "DE")
        self.assertEqual(second["resources"], {"cpu": 1, "memory": 2, "storage": 3})
        self.assertIsNone(second["platform"])
        self.assertIsNone(second["pricing"])
        del second["refresh_after"]
        self.assertEqual(self.server.find(f"provider_id={self.id}"), [second])

    def test_withdrawal_removes_and_a_later_post_starts_anew(self):
        first = self.post()
        answer = self.server.withdraw(self.id)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json(), {"status": "success"})
        self.assert_error(self.server.get(self.path), 404, "ADV_004")
        self.assertEqual(self.server.find(f"provider_id={self.id}"), [])
        self.assert_error(self.server.withdraw(self.id), 404, "ADV_004")
        again = self.post()
        self.assertGreater(again["created_at"], first["created_at"])
        self.assertEqual(again["created_at"], again["updated_at"])

    def test_only_the_owner_withdraws(self):
        self.post()
        answer = self.server.withdraw(self.id, credentials_of="somebody-else")
        self.assert_error(answer, 401, "AUTH_004")
        self.assertEqual(self.server.get(self.path).status, 200)

    def test_one_key_is_one_provider_in_every_spelling(self):
        checksummed = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
        self.assertEqual(self.server.post(checksummed.lower()).json()["provider_id"], checksummed)
        upper = "0x" + checksummed[2:].upper()
        self.assertEqual(self.server.post(upper, offer(country="NO")).status, 200)
        self.assertEqual(self.server.get(f"{ADVERTISEMENTS}/{upper}").json()["country"], "NO")
        self.assertEqual(self.server.ids(f"provider_id={checksummed.lower()}"), [checksummed])
        answer = self.server.withdraw(upper, credentials_of=checksummed.lower())
        self.assertEqual(answer.status, 200, answer)
        key = "ed25519:" + "aB" * 32
        self.assertEqual(self.server.post(key).json()["provider_id"], key.lower())
        self.assertEqual(self.server.withdraw(key.lower(), credentials_of=key).status, 200)

    def test_ids_with_reserved_characters_are_found_raw_and_encoded(self):
        for name, encoded in (
            ("a+b@c:d~", "a%2Bb%40c%3Ad%7E"), ("..a", "%2e%2ea"), ("-._", "%2D%2E%5F"),
        ):
            self.assertEqual(self.server.post(name).status, 200)
            for spelling in (name, encoded):
                answer = self.server.get(f"{ADVERTISEMENTS}/{spelling}")
                self.assertEqual(answer.status, 200, answer)
                self.assertEqual(answer.json()["provider_id"], name)
            self.assertEqual(self.server.ids(f"provider_id={encoded}"), [name])
            self.assertEqual(self.server.withdraw(encoded, credentials_of=name).status, 200)

    def test_unknown_top_level_fields_are_ignored(self):
        answer = self.post(agent="provider/2.1", extra={"nested": [1, 2, {"deep": None}]})
        self.assertEqual(list(answer)[: len(FIELDS)], FIELDS)
        self.assertNotIn("agent", answer)

    def test_further_resources_and_prices_are_kept(self):
        resources = {"cpu": 4.0, "memory": 8, "storage": 100, "gpu": 2, "gpu_memory": 0}
        pricing = {
            "setup_fee": 1.5, "note": "hourly é", "tiers": [{"from": 1}],
            "usd_per_core_month": None,
        }
        answer = self.post(resources=resources, pricing=pricing)
        self.assertEqual(answer["resources"], resources)
        self.assertIs(type(answer["resources"]["cpu"]), int)
        self.assertEqual(answer["pricing"], pricing)


class BoardsOwnNetworks(ServerTestCase):
    settings = {
        "NETWORK": "Mainnet", "PAYMENTS_NETWORK": "polygon", "ADVERTISEMENT_EXPIRY_MINUTES": 0.5
    }

    def test_an_advertisement_that_names_none_is_shown_with_the_boards(self):
        answer = self.server.post("names-none").json()
        self.assertEqual((answer["network"], answer["payments_network"]), ("mainnet", "polygon"))
        own = self.server.post(
            "names-own", offer(network="Testnet", payments_network="HOLESKY")
        ).json()
        self.assertEqual((own["network"], own["payments_network"]), ("testnet", "holesky"))
        self.assertEqual(self.server.ids("network=mainnet"), ["names-none"])
        self.assertEqual(self.server.ids("payments_network=holesky"), ["names-own"])

    def test_lease_and_refresh_follow_the_expiry_setting(self):
        answer = self.server.post("half-a-minute").json()
        self.assertEqual(answer["refresh_after"], 10)
        lease = parse_time(answer["expires_at"]) - parse_time(answer["updated_at"])
        self.assertEqual(lease, datetime.timedelta(seconds=30))


class Http(ServerTestCase):
    PATHS = (
        ADVERTISEMENTS, f"{ADVERTISEMENTS}/here", "/health", "/ready", "/api/v1/whoami",
        "/openapi.json"
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        assert cls.server.post("here").status == 200

    def test_health_ready_and_whoami(self):
        self.assertEqual(self.server.get("/health").json(), {"status": "healthy"})
        self.assertEqual(self.server.get("/ready").status, 200)
        self.assertEqual(self.server.get("/ready?writes=1").status, 200)
        self.assertEqual(self.server.get("/api/v1/whoami").json(), {"ip_address": "127.0.0.1"})
        answer = self.server.ask("GET", "/api/v1/whoami", source="127.0.0.77")
        self.assertEqual(answer.json(), {"ip_address": "127.0.0.77"})

    def test_openapi_names_every_path_and_every_reference_leads_somewhere(self):
        document = self.server.get("/openapi.json").json()
        nested = self.server.get("/api/v1/openapi.json").json()
        self.assertEqual({**nested, "servers": document["servers"]}, document)
        self.assertRegex(document["openapi"], r"^3\.1\.")
        paths = document["paths"]
        self.assertLessEqual({"get", "post"}, set(paths[ADVERTISEMENTS]))
        self.assertLessEqual({"get", "delete"}, set(paths[ADVERTISEMENTS + "/{provider_id}"]))
        for path in ("/health", "/ready", "/api/v1/whoami", "/openapi.json"):
            self.assertIn("get", paths[path])
        self.check_references(document, document)

    def check_references(self, node, document):
        children = list(node.values()) if isinstance(node, dict) else node
        if not isinstance(children, list):
            return
        for child in children:
            self.check_references(child, document)
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            target = document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]

    def test_a_trailing_slash_is_ignored(self):
        for path in self.PATHS:
            self.assertEqual(self.server.get(path + "/").status, 200, path)
        self.assertEqual(len(self.server.get(ADVERTISEMENTS + "/?provider_id=here").json()), 1)
        headers = [("X-Provider-ID", "slash"), ("X-Provider-Signature", "s")]
        self.assertEqual(
            self.server.ask("POST", ADVERTISEMENTS + "/", headers, offer()).status, 200
        )
        self.assertEqual(self.server.ask("DELETE", ADVERTISEMENTS + "/slash/", headers).status, 200)

    def test_head_answers_as_get_does_without_the_body(self):
        changing = ("date", "x-request-id", "ratelimit")
        for path in self.PATHS + ("/nowhere", ADVERTISEMENTS + "?cpu=0", ADVERTISEMENTS + "?x=1"):
            with self.server.connect() as wire:
                get = wire.get(path)
                head = wire.ask("HEAD", path)
                self.assertEqual(head.status, get.status, path)
                self.assertEqual(
                    [pair for pair in head.headers if pair[0] not in changing],
                    [pair for pair in get.headers if pair[0] not in changing],
                )
                self.assertEqual(wire.get("/health").status, 200)

    def test_a_method_that_is_not_there_is_405_and_says_which_are(self):
        cases = (
            ("PUT", ADVERTISEMENTS, {"GET", "HEAD", "POST"}),
            ("DELETE", ADVERTISEMENTS, {"GET", "HEAD", "POST"}),
            ("POST", f"{ADVERTISEMENTS}/here", {"GET", "HEAD", "DELETE"}),
            ("PATCH", f"{ADVERTISEMENTS}/nobody", {"GET", "HEAD", "DELETE"}),
            ("POST", "/health", {"GET", "HEAD"}),
            ("DELETE", "/api/v1/whoami", {"GET", "HEAD"}),
            ("BREW", "/ready", {"GET", "HEAD"}),
        )
        for method, path, allowed in cases:
            answer = self.server.ask(method, path)
            self.assert_error(answer, 405, "HTTP_405")
            self.assertEqual(words(answer.header("Allow")) - {"OPTIONS"}, allowed, path)

    def test_options_names_the_methods(self):
        answer = self.server.ask("OPTIONS", ADVERTISEMENTS)
        self.assertIn(answer.status, (200, 204))
        self.assertLessEqual({"GET", "HEAD", "POST", "OPTIONS"}, words(answer.header("Allow")))

    def test_any_origin_may_read_and_none_may_write(self):
        origin = ("Origin", "https://example.org")
        exposed = {
            "etag", "link", "x-total-count", "ratelimit", "ratelimit-policy", "retry-after",
            "x-request-id"
        }
        for path in (
            ADVERTISEMENTS, f"{ADVERTISEMENTS}/here", f"{ADVERTISEMENTS}/nobody", "/health",
        ):
            answer = self.server.get(path, [origin])
            self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")
            self.assertEqual(words(answer.header("Access-Control-Expose-Headers").lower()), exposed)
        self.assertIsNone(answer.header("Access-Control-Allow-Credentials"))
        post = self.server.post("from-a-page", headers=[origin])
        self.assertIsNone(post.header("Access-Control-Allow-Origin"))

    def test_preflights_allow_reading_alone(self):
        for method in ("GET", "POST", "DELETE"):
            headers = [("Origin", "https://example.org"), ("Access-Control-Request-Method", method)]
            answer = self.server.ask("OPTIONS", ADVERTISEMENTS, headers)
            allowed = words(answer.header("Access-Control-Allow-Methods"))
            self.assertFalse(allowed & {"POST", "DELETE", "PUT", "PATCH", "*"})
            if method == "GET":
                self.assertIn("GET", allowed)
                self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")
            else:
                self.assertIsNone(answer.header("Access-Control-Allow-Origin"))

    def test_preflights_of_reads_allow_whatever_is_asked_for(self):
        lines = ("authorization,cache-control", "content-type, x-requested-with,x-provider-id")
        headers = [("Origin", "https://example.org"), ("Access-Control-Request-Method", "GET")]
        headers += [("Access-Control-Request-Headers", line) for line in lines]
        answer = self.server.ask("OPTIONS", ADVERTISEMENTS, headers)
        self.assertEqual(words(answer.header("Access-Control-Allow-Headers")),
                         {"authorization", "cache-control", "content-type", "x-requested-with"})
        self.assertEqual(words(answer.header("Vary")),
                         {"Access-Control-Request-Headers", "Access-Control-Request-Method"})
        self.assertIsNone(answer.header("Access-Control-Allow-Credentials"))

    def test_a_path_at_which_there_is_nothing_leads_to_the_one_meant(self):
        for path in ("//api/v1/advertisements", "/advertisements", "/api/v2/advertisements",
                     "/API/V1/Advertisements", "/api/v1/advertisements.json",
                     "/api%2Fv1%2Fadvertisements", "/api/v1/advertisments"):
            answer = self.server.get(path)
            self.assert_error(answer, 404, "HTTP_404")
            self.assertIn("did you mean '/api/v1/advertisements'?", answer.json()["message"])
        self.assertNotIn("mean", self.server.get("/nowhere").json()["message"])

    def test_what_may_be_cached(self):
        for path in (ADVERTISEMENTS, f"{ADVERTISEMENTS}/here"):
            answer = self.server.get(path)
            self.assertEqual(answer.header("Cache-Control"), "no-cache")
            self.assertIn("Accept-Encoding", words(answer.header("Vary")))
        for path in ("/health", "/ready", "/api/v1/whoami", f"{ADVERTISEMENTS}/nobody", "/nowhere"):
            self.assertEqual(self.server.get(path).header("Cache-Control"), "no-store", path)

    def test_request_ids_are_on_every_answer_and_differ(self):
        answers = [self.server.get(path) for path in self.PATHS + ("/nowhere", "/health")]
        request_ids = [answer.header("X-Request-ID") for answer in answers]
        self.assertTrue(all(request_ids))
        self.assertEqual(len(set(request_ids)), len(request_ids))

    def test_what_is_not_there_is_404(self):
        for path in (
            "/nowhere", "/api/v1", "/api/v2/advertisements", f"{ADVERTISEMENTS}/a/b", "/healthy",
            "/HEALTH",
        ):
            self.assert_error(self.server.get(path), 404, "HTTP_404")
        answer = self.server.get(f"{ADVERTISEMENTS}/nobody")
        self.assert_error(answer, 404, "ADV_004")
        self.assertIn("nobody", answer.json()["message"])

    def test_text_of_the_client_is_escaped_in_errors(self):
        for target in (
            f"{ADVERTISEMENTS}?%22%3Cscript%3E%0d%0a=1", f"{ADVERTISEMENTS}?country=%22%5C%01%7F",
        ):
            self.assert_error(self.server.get(target), 422, "REQ_001")


class OrderOfChecks(ServerTestCase):
    """Section 2: 413, 415, AUTH_003, 422, ADV_002, AUTH_004, 404; the 429 is in test_limits."""

    TEXT = ("Content-Type", "text/plain")

    def send(self, provider_id="somebody", signature="s", headers=(), body=None):
        return self.server.post(provider_id, offer() if body is None else body, signature, headers)

    def test_each_check_comes_before_the_next(self):
        too_large = b" " * (16 * 1024 + 1)
        self.assert_error(self.send(None, None, [self.TEXT], too_large), 413, "HTTP_413")
        self.assert_error(self.send(None, None, [self.TEXT], b"{"), 415, "HTTP_415")
        self.assert_error(self.send(None, None, (), b"{"), 401, "AUTH_003")
        self.assert_error(self.send("bad id", "s", (), b"{"), 422, "REQ_001")
        self.assert_error(self.server.ask("DELETE", f"{ADVERTISEMENTS}/nobody"), 401, "AUTH_003")
        answer = self.server.withdraw("nobody", credentials_of="bad id")
        self.assert_refused(answer, "header.X-Provider-ID")
        self.assert_error(self.server.withdraw("nobody", credentials_of="other"), 401, "AUTH_004")
        self.assert_error(self.server.withdraw("nobody"), 404, "ADV_004")

    def test_missing_or_empty_credentials_are_auth_003(self):
        for provider_id, signature in (
            (None, "s"), ("", "s"), ("a", None), ("a", ""), (None, None), (" ", "s"),
        ):
            self.assert_error(self.send(provider_id, signature), 401, "AUTH_003")

    def test_all_faults_of_a_post_come_together(self):
        resources = {"cpu": 0, "memory": "8", "Gpu": 1}
        body = offer(
            ip_address="1.2.3", country=ABSENT, resources=resources, platform="",
            pricing={"usd_per_core_month": -1}
        )
        answer = self.send("bad id", "bad signature", (), body)
        self.assert_refused(
            answer, "header.X-Provider-ID", "header.X-Provider-Signature", "body.ip_address",
            "body.country",
            "body.resources.cpu", "body.resources.memory", "body.resources.storage",
            "body.resources.Gpu",
            "body.platform", "body.pricing.usd_per_core_month",
        )
        messages = {fault["loc"][-1]: fault["msg"] for fault in answer.json()["detail"]}
        self.assertEqual(messages["cpu"], "must be an integer from 1 to 2147483647")

    def test_an_encoded_body_is_415_before_it_is_read(self):
        for encoding in ("gzip", "br", "deflate", "gzip, identity"):
            for body in (None, gzip.compress(compact(offer())), b"{"):
                answer = self.send(headers=[("Content-Encoding", encoding)], body=body)
                self.assert_error(answer, 415, "HTTP_415")
                self.assertEqual(answer.header("Accept-Encoding"), "identity")
        answer = self.send(headers=[("Content-Encoding", "gzip")])
        self.assertIn("'gzip'", answer.json()["message"])
        self.assertEqual(self.send(headers=[("Content-Encoding", "identity")]).status, 200)

    def test_content_types(self):
        for content_type in (
            "application/json", "application/json; charset=utf-8", "Application/JSON",
            "application/vnd.golem+json", "application/ld+json;profile=x",
        ):
            self.assertEqual(
                self.send(headers=[("Content-Type", content_type)]).status, 200, content_type
            )
        for content_type in (
            "text/plain", "text/json", "application/jsonx", "application/x-www-form-urlencoded",
            "application/xml", "json", "application", "+json", "multipart/form-data",
        ):
            answer = self.send(headers=[("Content-Type", content_type)])
            self.assert_error(answer, 415, "HTTP_415")


if __name__ == "__main__":
    unittest.main()
