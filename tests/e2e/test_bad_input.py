"""Every row of the contract's table at its limit and one beyond, and the JSON around it."""

import json
import unittest

from client import ABSENT, ADVERTISEMENTS, compact, offer
from server import ServerTestCase

SIZES = {"cpu": 4, "memory": 8, "storage": 100}
NOT_TEXT = (5, 1.5, True, False, [], {}, ["SE"], {"a": "SE"})
INTEGER_MAX = 2147483647


class PostTestCase(ServerTestCase):
    """Each refused post must leave the board as it was."""

    def setUp(self):
        self.wire = self.server.connect()
        self.addCleanup(self.wire.close)
        self.assertEqual(self.wire.post("provider-1").status, 200)

    def accept(self, body=None, provider_id="provider-1", signature="s"):
        answer = self.wire.post(provider_id, body, signature)
        self.assertEqual(answer.status, 200, (body, answer))
        return answer.json()

    def refuse(self, body, *locations, provider_id="provider-1", signature="s"):
        before = self.wire.get(ADVERTISEMENTS).body
        answer = self.wire.post(provider_id, body, signature)
        self.assertEqual(answer.status, 422, (body, answer))
        self.assert_error(answer, 422, "REQ_001")
        if locations:
            self.assertEqual(answer.faults(), set(locations), (body, answer))
        self.assertEqual(self.wire.get(ADVERTISEMENTS).body, before, body)
        return answer

    def accept_field(self, name, value, stored):
        self.assertEqual(self.accept(offer(**{name: value}))[name], stored)

    def refuse_field(self, name, *values):
        for value in values:
            self.refuse(offer(**{name: value}), f"body.{name}")

    def refuse_json(self, text, *locations):
        """A field's value as JSON text that Python would not write: see `raw`."""
        self.refuse(text if isinstance(text, bytes) else text.encode(), *locations)

    def raw(self, name, text):
        """A valid body but for one field, which is the given JSON text."""
        fields = {key: json.dumps(value) for key, value in offer().items()}
        fields[name] = text
        return "{" + ",".join(f'"{key}":{value}' for key, value in fields.items()) + "}"


class Headers(PostTestCase):
    def test_provider_ids_at_their_limits(self):
        for provider_id in (
            "a", "a" * 128, "A-Z.a_z~0:9@+", "...", "-", "0", "0y1", "x0x", "ed25519", "Ed25519",
        ):
            self.assertEqual(self.accept(provider_id=provider_id)["provider_id"], provider_id)
            self.wire.withdraw(provider_id)
        self.accept()
        for provider_id in (
            "a" * 129, ".", "..", "a b", "a/b", "a%b", "a,b", "a\tb", "a;b", '"a"', "å",
            b"\xff\xfe", "a?b",
        ):
            self.refuse(None, "header.X-Provider-ID", provider_id=provider_id)

    def test_what_looks_like_a_key_must_be_one(self):
        for provider_id in ("0x" + "a" * 40, "ed25519:" + "0" * 64):
            self.assertEqual(
                self.accept(provider_id=provider_id)["provider_id"].lower(), provider_id
            )
            self.wire.withdraw(provider_id)
        for provider_id in (
            "0x", "0x" + "a" * 39, "0x" + "a" * 41, "0X" + "a" * 40, "0x" + "g" * 40, "0xprovider",
            "ed25519:", "ed25519:" + "0" * 63, "ed25519:" + "0" * 65, "ED25519:" + "0" * 64,
            "Ed25519:" + "0" * 64, "ed25519:" + "x" * 64,
        ):
            self.refuse(None, "header.X-Provider-ID", provider_id=provider_id)

    def test_signatures_at_their_limits(self):
        for signature in ("s", "!~", "s" * 1024):
            self.accept(signature=signature)
        for signature in ("s" * 1025, "two words", "tab\there", "å", b"\xff"):
            self.refuse(None, "header.X-Provider-Signature", signature=signature)

    def test_doubled_credentials_are_refused(self):
        for name in ("X-Provider-ID", "X-Provider-Signature"):
            before = self.wire.get(ADVERTISEMENTS).body
            answer = self.wire.post("doubled", headers=[(name, "doubled")])
            self.assert_refused(answer, f"header.{name}")
            self.assertEqual(self.wire.get(ADVERTISEMENTS).body, before)


class Fields(PostTestCase):
    def test_ip_addresses_are_stored_in_canonical_form(self):
        for text, stored in (
            ("83.233.10.2", "83.233.10.2"), ("0.0.0.1", "0.0.0.1"),
            ("223.255.255.255", "223.255.255.255"),
            ("240.0.0.1", "240.0.0.1"), ("255.255.255.254", "255.255.255.254"),
            ("127.0.0.1", "127.0.0.1"), ("::1", "::1"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("::ffff:83.233.10.2", "83.233.10.2"),
            ("::FFFF:53e9:0a02", "83.233.10.2"), ("fe80::1", "fe80::1"),
        ):
            self.accept_field("ip_address", text, stored)

    def test_other_ip_addresses_are_refused(self):
        self.refuse_field(
            "ip_address", ABSENT, None, *NOT_TEXT, "", " ", "999.1.1.1", "256.1.1.1", "1.2.3",
            "1.2.3.4.5", "01.2.3.4",
            "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n", "1.2.3.4\0", "1.2.3.4:80", "1.2.3.4/8",
            "0x1.2.3.4", "16909060", "1.2.3.-4",
            "[::1]", "fe80::1%eth0", "1::2::3", "1:2:3:4:5:6:7:8:9", ":::", "12345::", "::g",
            "localhost", "example.org",
            "0.0.0.0", "::", "::ffff:0.0.0.0", "224.0.0.1", "239.255.255.255", "ff02::1",
            "::ffff:224.0.0.1", "255.255.255.255", "::ffff:255.255.255.255", "::FFFF:FFFF:FFFF",
            "64:ff9b::255.255.255.255", "::255.255.255.255",
            "١.٢.٣.٤", "１.2.3.4", "1" * 2000,
        )

    def test_countries(self):
        for text, stored in (
            ("SE", "SE"), ("se", "SE"), ("sE", "SE"), ("UK", "GB"), ("uk", "GB"), ("EL", "GR"),
            ("xk", "XK"), ("zz", "ZZ"), ("EU", "EU"),
        ):
            self.accept_field("country", text, stored)
        self.refuse_field(
            "country", ABSENT, None, *NOT_TEXT, "", "S", "SWE", "A1", "SE ",
            "S\0", "\0\0", "ＳＥ", "Å", "S\n",
            "S" * 5000,
        )

    def test_platforms(self):
        for text, stored in (
            (None, None), ("x", "x"), ("a" * 32, "a" * 32), ("X86_64", "x86_64"),
            ("amd64", "x86_64"), ("AMD64", "x86_64"),
            ("aarch64", "arm64"), ("Arm64", "arm64"), ("riscv-64.gc_0", "riscv-64.gc_0"),
        ):
            self.accept_field("platform", text, stored)
        self.refuse_field(
            "platform", *NOT_TEXT, "", "a" * 33, "x86 64", "x/86", "x:86", "å", "x\0", "x\n",
            "x\u2028", "\u212a"
        )

    def test_networks(self):
        for name in ("network", "payments_network"):
            for text, stored in (
                (None, None), ("n", "n"), ("n" * 64, "n" * 64),
                ("Polygon:Main_1.0-x", "polygon:main_1.0-x"),
            ):
                self.accept_field(name, text, stored)
            self.refuse_field(
                name, *NOT_TEXT, "", "n" * 65, "a b", "a/b", "a,b", "å", "n\0", "n\x7f", "\u2028",
                "\u212a"
            )

    def test_provider_names(self):
        longest = ("a" * 64, "é" * 64, "语" * 64, "🦐" * 64)
        for text in (
            "", "x", " x ", '"\\/', "a\u200db", "\u2027", "a\u202f", "a\u2065", "a\u206a", "\ue000",
            "\ufffd", *longest,
        ):
            self.accept_field("provider_name", text, text)
        for text in (None, " ", "   "):
            self.accept_field("provider_name", text, "")
        self.refuse_field(
            "provider_name", *NOT_TEXT, "a" * 65, "é" * 65, "🦐" * 65, "a" * 5000, "\0", "a\0b",
            "\x01", "\x1f", "\n", "\t", "\x7f",
            "\x80", "\x9f", "\u2028", "\u2029", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e",
            "\u2066", "\u2067", "\u2068", "\u2069",
        )

    def test_a_provider_name_that_looks_empty_must_be_empty(self):
        self.refuse_field(
            "provider_name", "\u200b", "\u200e\u200f", "\u2060\ufeff", " \u200b ", "\u00a0",
            "\u3000", "\u3164", "\u2800", "\ufe0f", "\U000e0020",
        )

    def test_provider_names_by_escapes(self):
        stored = self.accept(self.raw("provider_name", r'"\ud83e\udd90\u0041"').encode())
        self.assertEqual(stored["provider_name"], "🦐A")
        for text in (
            r'"\ud83e"', r'"\udd90"', r'"\udd90\ud83e"', r'"\ud83ex"', r'"\u0000"', r'"\u202e"',
            r'"\x41"', r'"\u12"',
        ):
            self.refuse_json(self.raw("provider_name", text))


class Texts(PostTestCase):
    def test_a_body_that_is_no_json_is_told_what_and_where(self):
        for body, words in (
            ('{"country": "SE"}'.encode("utf-16"), "UTF-16"),
            ('{"country": "SE"}'.encode("utf-16-le"), "UTF-16"),
            (b"\xef\xbb\xbf{}", "byte order mark"),
            (b'{"a": 1,\n}', "line 2, column 1: a comma stands before '}' (trailing comma)"),
            (b'{"a": NaN}', "line 1, column 7: 'NaN'"),
            (b"{'a': 1}", "column 2: texts stand in double quotes"),
            (b'{"a": 1 // b\n}', "column 9: JSON has no comments"),
            (b'{"a": "b', "column 7: a string is not closed"),
            (b'{"a": "\xff"}', "UTF-8 at byte 8"),
            (b"", "is empty"),
        ):
            answer = self.refuse(body, "body")
            self.assertIn(words, answer.json()["detail"][0]["msg"])


class Resources(PostTestCase):
    def refuse_text(self, name, text):
        """`text` stands as JSON where the resource's number belongs."""
        sizes = {key: str(value) for key, value in SIZES.items()}
        sizes[name] = text
        resources = "{" + ",".join(f'"{key}":{value}' for key, value in sizes.items()) + "}"
        self.refuse_json(self.raw("resources", resources))

    def test_resources_must_be_an_object_with_all_three(self):
        self.refuse_field("resources", ABSENT, None, 5, 1.5, True, "x", "", [], [4, 8, 100])
        self.refuse(offer(resources={}), *(f"body.resources.{name}" for name in SIZES))
        for name in SIZES:
            without = {key: value for key, value in SIZES.items() if key != name}
            self.refuse(offer(resources=without), f"body.resources.{name}")

    def test_sizes_at_their_limits(self):
        for name in SIZES:
            for value in (1, INTEGER_MAX, 4.0, 2147483647.0):
                self.accept_field("resources", {**SIZES, name: value}, {**SIZES, name: int(value)})
            beyond = (
                0, -1, INTEGER_MAX + 1, 2147483648.0, 4.5, 0.5, 2**63, 2**64 - 1, 1e300, -(2**63)
            )
            for value in (*beyond, "4", "", None, True, False, [], [4], {}, "4\0"):
                self.refuse(offer(resources={**SIZES, name: value}), f"body.resources.{name}")

    def test_sizes_that_are_no_json_numbers(self):
        for text in (
            "1e400", "-1e400", "NaN", "Infinity", "+4", "04", "4.", ".4", "0x4", "4e", "- 4",
            "4_0", "",
        ):
            self.refuse_text("memory", text)
        for text in (str(2**64), str(10**30), "1" + "0" * 10000):
            self.refuse_text("memory", text)

    def test_further_resources_at_their_limits(self):
        sixteen = {f"extra_{number}": number for number in range(16)}
        self.accept_field("resources", {**SIZES, **sixteen}, {**SIZES, **sixteen})
        self.refuse(offer(resources={**SIZES, **sixteen, "one_more": 1}))
        for key in ("g", "gpu", "g" * 32, "g_0"):
            for value in (0, 1, INTEGER_MAX):
                self.accept_field("resources", {**SIZES, key: value}, {**SIZES, key: value})
        for value in (-1, INTEGER_MAX + 1, 0.5, "1", None, True, [], {}, 1e300):
            self.refuse(offer(resources={**SIZES, "gpu": value}), "body.resources.gpu")

    def test_names_of_further_resources(self):
        for key in (
            "", "G", "Gpu", "gPU", "_gpu", "1gpu", "g-pu", "g pu", "g.pu", "gpü", "gpu\n",
            "g" * 33, "g" * 3000, "CPU",
        ):
            self.refuse(offer(resources={**SIZES, key: 1}))
        self.refuse(offer(resources={**SIZES, "g\0": 1}))


class Pricing(PostTestCase):
    KNOWN = [
        f"{currency}_per_{unit}_month"
        for currency in ("usd", "glm")
        for unit in ("core", "gb_ram", "gb_storage")
    ]

    def test_pricing_is_null_or_an_object(self):
        for value in (None, {}, {"usd_per_core_month": 6.0}):
            self.accept_field("pricing", value, value)
        self.refuse_field("pricing", 5, 1.5, True, "x", "", [], [1])

    def test_known_prices_at_their_limits(self):
        for key in self.KNOWN:
            for value in (None, 0, 0.0, 1e9, 1000000000, 0.000001, 999999999.999):
                self.accept_field("pricing", {key: value}, {key: value})
            for value in (
                -0.000001, -1, 1000000001, 1000000000.01, 1e300, 2**63, "6", "", True, False, [],
                {},
            ):
                self.refuse(offer(pricing={key: value}), f"body.pricing.{key}")
        for text in ("1e400", "NaN", "-Infinity", "+1", "01", "1.", ".5"):
            self.refuse_json(self.raw("pricing", '{"usd_per_core_month":%s}' % text))

    def test_other_keys_are_kept_as_sent(self):
        pricing = {
            "setup_fee": -5, "Note": "é🦐\n", "": None, "tiers": [[1, {"a": [True, 1.5, "x"]}]],
            "usd_per_core_month": 1
        }
        self.assertEqual(
            list(self.accept(offer(pricing=pricing))["pricing"].items()), list(pricing.items())
        )

    def test_size_at_its_limit(self):
        def sized(size):
            pricing = {"note": ""}
            pricing["note"] = "n" * (size - len(compact(pricing)))
            return pricing

        self.accept_field("pricing", sized(4096), sized(4096))
        self.refuse_field("pricing", sized(4097))


class WholeBody(PostTestCase):
    BODY = compact(offer())

    def test_size_at_its_limit(self):
        self.accept(self.BODY.ljust(16 * 1024))
        self.accept(compact(offer(ignored="x" * 16000)))
        before = self.wire.get(ADVERTISEMENTS).body
        answer = self.wire.post("provider-1", self.BODY.ljust(16 * 1024 + 1))
        self.assert_error(answer, 413, "HTTP_413")
        self.assertEqual(self.server.get(ADVERTISEMENTS).body, before)

    def test_every_truncation_is_refused(self):
        for length in range(len(self.BODY)):
            self.refuse(self.BODY[:length])

    def test_trailing_bytes_are_refused_but_for_white_space(self):
        self.accept(b" \t\r\n" + self.BODY + b" \t\r\n")
        for trailing in (
            b"x", b"{}", b",", b"}", b"]", b"\0", b" 1", b"\xff", b"//", b"\xe2\x80\xa8",
            self.BODY,
        ):
            self.refuse(self.BODY + trailing)

    def test_what_is_no_object_is_refused(self):
        for body in (
            b"", b" ", b"null", b"true", b"5", b'"x"', b"[]", b"[" + self.BODY + b"]", b"{]",
            b"{'a':1}", b"\0", b"\0" * 100,
        ):
            self.refuse(body)
        self.refuse(b"{}", "body.ip_address", "body.country", "body.resources")

    def test_loose_json_is_refused(self):
        for body in (
            self.BODY[:-1] + b",}", self.BODY.replace(b'"country"', b"country"),
            self.BODY.replace(b":", b"=", 1),
            b"/* */" + self.BODY, self.BODY.replace(b'"SE"', b"'SE'"),
            self.BODY.replace(b'"SE"', b'"S\nE"'),
            self.BODY.replace(b'"SE"', b'"SE\x01"'), self.BODY.decode().encode("utf-16"),
            self.BODY.decode().encode("utf-16-be"),
        ):
            self.refuse(body)

    def test_bytes_that_are_not_utf_8_are_refused(self):
        for bad in (
            b"\xff", b"\xc3", b"\x80", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
            b"\xe2\x82", b"\xf8\x88\x80\x80\x80",
        ):
            self.refuse(compact(offer(provider_name="NAME")).replace(b"NAME", bad))
            self.refuse(compact(offer(ignored="NAME")).replace(b"NAME", bad))
            self.refuse(compact(offer(NAME=1)).replace(b"NAME", bad))

    def test_duplicate_keys_are_refused_at_every_level(self):
        for body in (
            b'{"country":"SE",' + self.BODY[1:],
            b'{"x":1,"x":1,' + self.BODY[1:],
            rb'{"\u0063ountry":"SE",' + self.BODY[1:],
            b'{"x":{"a":1,"b":2,"a":1},' + self.BODY[1:],
            b'{"x":[{"a":1,"a":1}],' + self.BODY[1:],
            self.BODY.replace(b'"cpu":4', b'"cpu":4,"cpu":4'),
            self.BODY.replace(b'"cpu":4', rb'"cpu":4,"cp\u0075":4'),
            self.BODY.replace(b'"cpu":4', b'"cpu":4,"gpu":1,"gpu":1'),
            b'{"pricing":{"usd_per_core_month":1,"usd_per_core_month":1},' + self.BODY[1:],
            b'{"pricing":{"fee":{"a":1,"a":1}},' + self.BODY[1:],
            b'{"pricing":null,"pricing":null,' + self.BODY[1:],
        ):
            self.refuse(body)

    def test_nul_characters_are_refused_everywhere(self):
        for name in (
            "ip_address", "country", "platform", "provider_name", "network", "payments_network",
            "ignored",
        ):
            self.refuse_json(self.raw(name, r'"a\u0000"'))
        self.refuse_json(self.raw("pricing", r'{"note":"\u0000"}'))
        self.refuse_json(self.raw("pricing", r'{"no\u0000te":1}'))
        self.refuse_json(self.raw("ignored", r'[{"a":"\u0000"}]'))
        self.refuse_json(self.raw(r"ig\u0000nored", "1"))
        self.accept(self.raw("ignored", r'"a\\u0000"').encode())

    def test_nesting_at_its_limit(self):
        """The body itself is the first level, so what lies in a field may have fifteen more."""
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            for name in ("ignored", "pricing"):
                for levels, accepted in ((15, True), (16, False), (17, False), (500, False)):
                    if name == "pricing":
                        inner = opening * (levels - 1) + "1" + closing * (levels - 1)
                        text = '{"a":' + inner + "}"
                    else:
                        text = opening * levels + "1" + closing * levels
                    body = self.raw(name, text).encode()
                    self.accept(body) if accepted else self.refuse(body)
        for body in (b"[" * 16000, b'{"a":' * 3000, b"{" * 16000):
            self.refuse(body)

    def test_huge_numbers_of_fields_are_answered(self):
        self.accept(compact(offer(**{f"x{number}": number for number in range(1000)})))
        self.refuse(
            compact(offer(resources={**SIZES, **{f"x{number}": 1 for number in range(1000)}}))
        )


if __name__ == "__main__":
    unittest.main()
