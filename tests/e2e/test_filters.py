"""The list's parameters: what each finds, and what is refused rather than ignored."""

import unittest

from client import ADVERTISEMENTS, offer
from server import ServerTestCase


class Filters(ServerTestCase):
    KEY = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        board = [
            ("small", "SE", (1, 1, 10), "amd64", "mainnet", "polygon"),
            ("medium", "DE", (4, 8, 100), "arm64", "testnet", "holesky"),
            ("large", "UK", (64, 512, 4000), "x86_64", "mainnet", "holesky"),
            (cls.KEY, "GR", (2147483647, 2147483647, 2147483647), None, None, None),
        ]
        for provider_id, country, sizes, platform, network, payments_network in board:
            resources = dict(zip(("cpu", "memory", "storage"), sizes))
            body = offer(country=country, resources=resources, platform=platform)
            body.update(network=network, payments_network=payments_network)
            answer = cls.server.post(provider_id, body)
            assert answer.status == 200, answer

    def assert_found(self, query, *provider_ids):
        self.assertEqual(sorted(self.server.ids(query)), sorted(provider_ids), query)

    def test_sizes_are_at_least(self):
        self.assert_found("", "small", "medium", "large", self.KEY)
        self.assert_found("cpu=4", "medium", "large", self.KEY)
        self.assert_found("cpu=5", "large", self.KEY)
        self.assert_found("cpu=004", "medium", "large", self.KEY)
        self.assert_found("memory=8&storage=101", "large", self.KEY)
        self.assert_found("storage=2147483647", self.KEY)
        for name in ("cpu", "memory", "storage"):
            self.assert_found(f"{name}=2147483648")
            self.assert_found(f"{name}=99999999999999999999999999")

    def test_sizes_below_one_are_adv_002(self):
        for name in ("cpu", "memory", "storage"):
            for value in ("0", "-1", "-0", "-99999999999999999999999999"):
                self.assert_error(
                    self.server.get(f"{ADVERTISEMENTS}?{name}={value}"), 400, "ADV_002"
                )

    def test_sizes_that_are_no_integers_are_refused(self):
        for value in (
            "abc", "4.0", "%2B4", "+4", "4%20", "1e3", "0x4", "--1", "-", "", "%D9%A4", "4%00",
        ):
            self.assert_refused(self.server.get(f"{ADVERTISEMENTS}?cpu={value}"), "query.cpu")
        self.assert_refused(self.server.get(f"{ADVERTISEMENTS}?cpu=1&cpu=1"), "query.cpu")

    def test_choices_are_lists_repeated_normalised_and_joined_by_and(self):
        self.assert_found("country=SE", "small")
        self.assert_found("country=se,De", "small", "medium")
        self.assert_found("country=SE,%20DE", "small", "medium")
        self.assert_found("country=+SE+,+DE+", "small", "medium")
        self.assert_found("platform=amd64,%20arm64&network=testnet,+other", "medium")
        self.assert_found("provider_id=small,+large", "small", "large")
        self.assert_found("country=SE&country=DE,GR", "small", "medium", self.KEY)
        self.assert_found("country=UK", "large")
        self.assert_found("country=gb", "large")
        self.assert_found("country=EL", self.KEY)
        self.assert_found("country=SE%2CDE", "small", "medium")
        self.assert_found("country=NO")
        self.assert_found("platform=x86_64", "small", "large")
        self.assert_found("platform=AMD64", "small", "large")
        self.assert_found("platform=aarch64,x86_64", "small", "medium", "large")
        self.assert_found("network=MainNet", "small", "large")
        self.assert_found("payments_network=holesky", "medium", "large")
        self.assert_found("network=mainnet&payments_network=holesky", "large")
        self.assert_found("country=SE,DE&cpu=2&platform=arm64", "medium")
        self.assert_found("provider_id=small,large,nobody", "small", "large")
        self.assert_found(f"provider_id=small&provider_id={self.KEY.lower()}", "small", self.KEY)
        self.assert_found("provider_id=SMALL")

    def test_faulty_choices_are_refused(self):
        for query in (
            "country=", "country=SE,", "country=,SE", "country=SE&country=", "country=SWE",
            "country=S",
            "platform=", "platform=x,,y", "platform=a%2Fb", f"platform={'a' * 33}",
            "network=", "network=a%20b", f"network={'a' * 65}",
            "payments_network=", f"payments_network={'a' * 65}",
            "provider_id=", "provider_id=a,", "provider_id=0x12", f"provider_id={'a' * 129}",
            "provider_id=a%2Fb",
        ):
            name = query.partition("=")[0]
            self.assert_refused(self.server.get(f"{ADVERTISEMENTS}?{query}"), f"query.{name}")

    def test_what_is_no_country_is_named(self):
        answer = self.server.get(f"{ADVERTISEMENTS}?country=SE,ZZZ")
        self.assert_refused(answer, "query.country")
        self.assertIn("ZZZ", answer.json()["detail"][0]["msg"])

    def test_an_unknown_parameter_is_refused_with_the_nearest_name(self):
        for unknown, nearest in (
            ("contry", "country"), ("memroy", "memory"), ("plattform", "platform"),
            ("providerid", "provider_id"), ("Limit", "limit"), ("cpus", "cpu"),
        ):
            answer = self.server.get(f"{ADVERTISEMENTS}?{unknown}=1")
            self.assert_refused(answer, f"query.{unknown}")
            self.assertIn(nearest, answer.json()["detail"][0]["msg"])

    def test_the_words_of_other_interfaces_are_told_what_they_are_called_here(self):
        for unknown, advice in (
            ("gpu", "did you mean 'min_gpu'"), ("ram", "'memory'"), ("disk", "'storage'"),
            ("max_price", "'max_usd_per_month'"), ("page", "'limit' and 'cursor'"),
            ("per_page", "'limit' and 'cursor'"), ("offset", "'limit' and 'cursor'"),
            ("order_by", "'sort'"), ("utm_source", "/docs lists the known ones"),
        ):
            answer = self.server.get(f"{ADVERTISEMENTS}?{unknown}=1")
            self.assert_refused(answer, f"query.{unknown}")
            self.assertIn(advice, answer.json()["message"])
        answer = self.server.get(f"{ADVERTISEMENTS}?fields=id")
        self.assertIn("did you mean 'provider_id'", answer.json()["message"])

    def test_booleans_are_taken_as_settings_take_them(self):
        for value in ("False", "false", "0", "no", "OFF"):
            self.assert_found(f"verified={value}&country=SE", "small")
        for value in ("True", "1", "yes"):
            self.assert_found(f"verified={value}")
            answer = self.server.get(f"{ADVERTISEMENTS}?count={value}")
            self.assertEqual(answer.header("X-Total-Count"), "4")
            self.assertIn("without", self.server.get(f"/api/v1/explain?all={value}").json())
        self.assert_refused(self.server.get(f"{ADVERTISEMENTS}?verified=2"), "query.verified")

    def test_a_number_that_is_too_large_is_called_that(self):
        answer = self.server.get(f"{ADVERTISEMENTS}?max_usd_per_month=1e400")
        self.assert_refused(answer, "query.max_usd_per_month")
        self.assertIn("too large", answer.json()["message"])

    def test_names_with_an_underscore_in_front_are_ignored(self):
        self.assert_found("_=1718000000&cpu=5&_x&_y=%20", "large", self.KEY)

    def test_broken_escapes_are_refused(self):
        for query in ("country=%", "country=%2", "country=%zz", "country=%ff"):
            self.assert_refused(self.server.get(f"{ADVERTISEMENTS}?{query}"), "query.country")

    def test_limit_is_from_one_to_the_page_size(self):
        self.assertEqual(len(self.server.find("limit=1")), 1)
        self.assertEqual(self.server.ids("limit=2"), self.server.ids()[:2])
        self.assertEqual(len(self.server.find("limit=10000")), 4)
        for value in ("0", "-1", "10001", "x", "", "1.0", "99999999999999999999"):
            self.assert_refused(self.server.get(f"{ADVERTISEMENTS}?limit={value}"), "query.limit")
        self.assert_refused(self.server.get(f"{ADVERTISEMENTS}?limit=1&limit=2"), "query.limit")

    def test_all_faults_of_a_query_come_together_and_before_adv_002(self):
        answer = self.server.get(f"{ADVERTISEMENTS}?cpu=x&country=Z1&limit=0&colour=red&memory=0")
        self.assert_refused(answer, "query.cpu", "query.country", "query.limit", "query.colour")

    def test_the_boards_order_stays_over_refreshes(self):
        before = self.server.ids()
        body = self.server.get(f"{ADVERTISEMENTS}/small").json()
        del body["provider_id"]
        self.assertEqual(self.server.post("small", body).status, 200)
        self.assertEqual(self.server.ids(), before)


if __name__ == "__main__":
    unittest.main()
