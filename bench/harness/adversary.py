"""Advertisements and requests that are made to cost the server as much as they can.

The advertisements are as long as they may be, alike in all that an index could tell apart (the
second, sizes, prices, all but an eighth the country), and their keys differ in the last characters
alone. The requests take each route to its limits.
"""

import itertools
import json
import string
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

BOARD = "/api/v1/advertisements"
SHORT_IDS = ["".join(pair) for pair in itertools.product(string.ascii_lowercase, repeat=2)]
_TARGET = 8_000  # bytes, of the 8 KiB that a target may have
_HEAD = 15_000  # likewise of a head's 16 KiB
_BODY = 16_000  # and of a body's
_TERMS = 32  # of an expression, and its bytes:
_EXPRESSION = 1_000
_PRICE = '"usd_per_core_month":1,"usd_per_gb_ram_month":1,"usd_per_gb_storage_month":1'
_PRICINGS = (
    ",".join(f'"{"a" * 61}{n:03d}":{n}' for n in range(55)),  # keys that differ at their end
    ",".join(f'"k{n}":{n}' for n in range(370)),  # many keys
    f'"x":"{"a" * 3_900}b"',  # one long text
)
RESOURCES = [f"{'r' * 31}{letter}" for letter in string.ascii_lowercase[:16]]


@dataclass
class Attack:
    """Bytes for one connection, and how the end of what they bring is seen."""

    name: str
    data: bytes
    answers: int = 1
    ends_with: bytes = b""  # of an answer that has no end: what comes last

    def is_head(self):
        return self.data.startswith(b"HEAD ")


def provider_id(number):
    """Short for the first, so that many fit into a target; the others as long as may be."""
    return SHORT_IDS[number] if number < len(SHORT_IDS) else f"{'p' * 120}{number:08d}"


def rows(count):
    """Of the documented schema and the columns that the server adds to it."""
    now = str(datetime.utcnow())
    further = ",".join(f'"{name}":{2_000_000_000}' for name in RESOURCES)
    resources = f'{{"cpu":4,"memory":8,"storage":100,{further}}}'
    pricings = [f"{{{_PRICE},{further}}}" for further in _PRICINGS]
    name, platform, network = "\U0001f5a5" * 64, "p" * 32, "n" * 64
    for number in range(count):
        country = "SE" if number % 8 else "DE"  # so that there are a little less to ask for, too
        texts = ("83.233.10.2", country, platform, resources, pricings[number % len(pricings)])
        yield (provider_id(number), *texts, now, now, name, network, network)


def body(number):
    """A post of such an advertisement; the number makes it another one each time."""
    resources = {"cpu": 4, "memory": 8, "storage": 1 + number % 1_000_000}
    resources.update(dict.fromkeys(RESOURCES, number))
    pricing = json.loads(f"{{{_PRICE},{_PRICINGS[number % len(_PRICINGS)]}}}")
    offer = {"ip_address": "83.233.10.2", "country": "SE", "resources": resources}
    return json.dumps({**offer, "pricing": pricing}, separators=(",", ":")).encode()


def request(line, headers=(), content=b""):
    head = [f"{line} HTTP/1.1", "Host: localhost", *headers]
    if content:
        head.append(f"Content-Length: {len(content)}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


def post(number, content, identity=None, signature="signature"):
    identity = identity or f"adversary-{number:07d}"
    headers = (f"X-Provider-ID: {identity}", f"X-Provider-Signature: {signature}")
    return request(f"POST {BOARD}", headers, content)


def signatures(time_ms):
    """(name, id, signature): none is good, but each has to be verified to be seen through."""
    point = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    ethereum = f"{point}{'11' * 32}1b"
    ed25519 = f"58{'66' * 31}{'11' * 31}01"
    key = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    yield "ethereum", f"0x{'5a' * 20}", f"t={time_ms},v1={ethereum}"
    yield "ed25519", key, f"t={time_ms},v1={ed25519}"


def _joined(parts, separator, limit, most=_TERMS):
    """As many of the parts as fit."""
    chosen, size = [], 0
    for part in itertools.islice(parts, most):
        size += len(part) + len(separator)
        if size > limit:
            break
        chosen.append(part)
    return separator.join(chosen)


def expressions():
    """(name, q) of the greatest size; those that hold nowhere are evaluated to their end."""
    missing = [f"pricing.{'b' * 19}{letter}>9" for letter in string.ascii_letters]
    present = [f"pricing.k{n}>=0" for n in range(370)]
    near = [f"pricing.{'a' * 61}{n:03d}<0" for n in range(55)]
    resources = [f"resources.{name}!=7" for name in RESOURCES] * 2
    units = [f"{name}_per_core_month!={n}" for n in range(2, 99) for name in ("usd", "glm")]
    numbers = ",".join(str(n) for n in range(2, 250))
    names = ",".join(f'"{"n" * 60}{n}"' for n in range(14))
    yield "absent pricing or", _joined(missing, "||", _EXPRESSION)
    yield "absent pricing and not", _joined([f"!({term})" for term in missing], "&&", _EXPRESSION)
    yield "near pricing or", _joined(near, "||", _EXPRESSION)
    yield "many pricing or", "!(" + _joined(present, "&&", _EXPRESSION) + ")"
    yield "resources and", _joined(resources, "&&", _EXPRESSION, 22)
    yield "prices and", _joined(units, "&&", _EXPRESSION)
    yield "groups and not", "!(" * 15 + _joined(units, "||", _EXPRESSION - 100) + ")" * 15
    yield "one of many numbers", f"cpu in [{numbers}]||storage in [1,2,3]||memory!=8"
    yield "one of many names", f"network in [{names}]||provider_name!=\"x\""
    yield "monthly prices", "usd_per_month!=7&&glm_per_month!=7||usd_per_month>=0&&cpu!=99"
    yield "one resource", f"resources.{RESOURCES[-1]}>=2000000000"


def encoded(expression):
    return quote(expression, safe="")


def _get(name, target, *headers, **how):
    return Attack(name, request(f"GET {target}", headers), **how)


def _lists(cursors):
    orders = ("price", "glm_price", "cpu", "memory", "storage", "created_at", "updated_at",
              "provider_id")
    for order in [sign + key for key in orders for sign in ("", "-")]:
        yield _get(f"first of all by {order}", f"{BOARD}?sort={order}&limit=1")
        yield _get(f"most by {order}", f"{BOARD}?sort={order}&limit=10000&fields=resources")
    for order in orders:
        yield _get(f"all by {order}, an id each", f"{BOARD}?sort={order}&fields=provider_id")
        asked = f"{BOARD}?sort={order}&fields=provider_id&country=SE"
        yield _get(f"all of a country by {order}, an id each", asked)
    yield _get("all", BOARD)
    yield Attack("all, HTTP/1.0", f"GET {BOARD} HTTP/1.0\r\n\r\n".encode())
    yield _get("all, counted", f"{BOARD}?count=true")
    yield _get("all, an id each", f"{BOARD}?fields=provider_id")
    yield _get("all but the times", f"{BOARD}?limit=10000&fields=resources,pricing,provider_name")
    yield _get("gzip, 64 KiB", f"{BOARD}?limit=11", "Accept-Encoding: gzip")
    for name, cursor in cursors.items():
        yield _get(f"far page by {name}", f"{BOARD}?{cursor}")
    for name, q in expressions():
        asked = f"q={encoded(q)}"
        yield _get(f"{name}", f"{BOARD}?{asked}")
        yield _get(f"{name}, limit=1", f"{BOARD}?{asked}&limit=1")
        yield _get(f"{name}, counted", f"{BOARD}?{asked}&count=true&limit=1")
        yield _get(f"{name}, by price", f"{BOARD}?{asked}&sort=-price&limit=10000")
        yield _get(f"{name}, by id", f"{BOARD}?{asked}&sort=-provider_id&limit=10000")


def _named():
    ids = ",".join(SHORT_IDS)
    return f"provider_id={ids}"


def _choices():
    platforms = ",".join(f"p{n}" for n in range(1_200))
    countries = ",".join(["SE", "DE"] * 1_200)
    everything = "&".join(f"min_{name}=1" for name in RESOURCES)
    yield "many platforms", f"platform={platforms}"
    yield "many countries", f"country={countries}"
    yield "all resources", f"{everything}&max_usd_per_month=1e9&max_glm_per_month=1e9"
    yield "monthly price", "cpu=3&memory=7&storage=99&max_usd_per_month=109.5"
    yield "named", _named()
    for name, q in itertools.islice(expressions(), 6):
        yield f"named and {name}", f"{_named()}&q={encoded(q)}"


def _filters():
    for name, asked in _choices():
        yield _get(f"list of {name}", f"{BOARD}?{asked}&limit=10000")
        yield _get(f"list of {name} by price", f"{BOARD}?{asked}&sort=price&count=true&limit=1")
        yield _get(f"explain {name}", f"/api/v1/explain?all=true&{asked}")
        yield _watch(f"watch {name}", asked)


def _explanations():
    sizes = "cpu=1&memory=1&storage=1&max_usd_per_month=1e9&max_glm_per_month=1e9"
    further = "&".join(f"min_{name}=1" for name in RESOURCES)
    for name, q in expressions():
        asked = f"q={encoded(q)}"
        yield _get(f"explain {name}", f"/api/v1/explain?all=true&{asked}")
        yield _get(f"explain {name} and sizes", f"/api/v1/explain?all=true&{sizes}&{asked}")
    for name, asked in (("sizes", sizes), ("resources", f"{sizes}&{further}")):
        yield _get(f"explain {name}", f"/api/v1/explain?all=true&{asked}")
    one = encoded(f"resources.{RESOURCES[0]}>=1")
    yield _get("explain resources by name", f"/api/v1/explain?all=true&{sizes}&{further}&q={one}")


def _watch(name, asked, *headers):
    return _get(name, f"/api/v1/watch?{asked}", *headers, ends_with=b"event: synced")


def _watches():
    yield _watch("watch all", "_=1")
    yield _watch("watch all and refreshes", "refreshes=true")
    yield _watch("watch from nowhere", "_=1", "Last-Event-ID: " + "7" * 1_000)
    for name, q in expressions():
        yield _watch(f"watch {name}", f"q={encoded(q)}")


def _others(assets):
    tags = ", ".join(f'W/"{n:016x}-gzip"' for n in range(560))
    codings = ", ".join(f"x{n};q=0.{n % 999:03d}" for n in range(900))
    hops = ", ".join(f"10.{n // 250}.{n % 250}.1:{n}" for n in range(750))
    unknown = "&".join(f"min{n}x{'y' * 50}=1" for n in range(130))
    far = quote("\U0001f5a5" * 600, safe="")
    for name, target in (("one", f"{BOARD}/{SHORT_IDS[0]}"), ("list", f"{BOARD}?limit=9"),
                         ("page", "/"), ("openapi", "/openapi.json"), ("stats", "/api/v1/stats"),
                         ("whoami", "/api/v1/whoami"), ("health", "/health"), ("ready", "/ready")):
        yield _get(f"{name}, many tags", target, f"If-None-Match: {tags}"[:_HEAD])
        yield _get(f"{name}, many codings", target, f"Accept-Encoding: {codings}"[:_HEAD])
        yield _get(f"{name}, many hops", target, f"X-Forwarded-For: {hops}"[:_HEAD])
        yield _get(f"{name}, many lines", target, *(f"x{n}: {n}" for n in range(1_300)))
    for asset in assets:
        yield Attack(f"HEAD {asset[:24]}", request(f"HEAD {asset}"))
        yield _get(f"plain {asset[:24]}", asset)
    for route in (BOARD, "/api/v1/explain", "/api/v1/watch", "/api/v1/stats", "/ready"):
        yield _get(f"{route}, unknown names", f"{route}?{unknown}"[:_TARGET])
        yield _get(f"{route}, long value", f"{route}?country={far}"[:_TARGET])
    for route in (f"{BOARD}/%00", "/api/v1/providers/", f"{BOARD}/x/proof"):
        yield _get(f"{route}, long id", f"{route}{'%41' * 2_000}")
    yield _get("a provider", f"/api/v1/providers/{SHORT_IDS[0]}")
    yield _get("no provider", f"/api/v1/providers/{provider_id(10**6)}")
    yield _get("a proof", f"{BOARD}/{SHORT_IDS[0]}/proof")
    yield _get("nowhere", f"/api/v1/{'advertisment/' * 38}")
    asked = f"Access-Control-Request-Headers: {'x-a,' * 3_000}"
    preflight = ("Origin: http://h", "Access-Control-Request-Method: GET", asked)
    yield Attack("preflight", request(f"OPTIONS {BOARD}", preflight))


def _posts(time_ms):
    nested = b'{"x":' * 2_600 + b"1" + b"}" * 2_600
    repeated = b'{"pricing":{' + b",".join([b'"a":1'] * 2_600) + b"}}"
    digits = b'{"pricing":{"a":' + b"9" * _BODY + b"}}"
    unheld = b'{"pricing":[' + b",".join([b"1e999"] * 2_600) + b"]}"
    escapes = b'{"provider_name":"' + b"\\ud83d\\udda5" * 1_300 + b'"}'
    resources = b'{"resources":{' + b",".join(b'"r%d":-1' % n for n in range(1_500)) + b"}}"
    bodies = {"nested": nested, "repeated": repeated, "digits": digits, "unheld": unheld,
              "escapes": escapes, "resources": resources, "garbage": b"[" * _BODY}
    for number, (name, content) in enumerate(bodies.items()):
        yield Attack(f"post {name}", post(number, content))
    yield Attack("post", post(0, body(0)))
    yield Attack("post of many keys", post(1, body(1)))
    for name, identity, signature in signatures(time_ms):
        yield Attack(f"post {name}", post(0, body(0), identity, signature))
        headers = (f"X-Provider-ID: {identity}", f"X-Provider-Signature: {signature}")
        yield Attack(f"withdraw {name}", request(f"DELETE {BOARD}/{identity}", headers))


def _pipelines():
    name, q = next(expressions())
    costly = request(f"GET /api/v1/explain?all=true&cpu=1&memory=1&q={encoded(q)}")
    far = request(f"GET {BOARD}?sort=-updated_at&limit=10000&fields=verified")
    for what, one, count in (("health", request("GET /health"), 1_000),
                             (f"explain {name}", costly, 50),
                             ("most by updated_at", far, 50)):
        yield Attack(f"{count} at once: {what}", one * count, answers=count)


def attacks(cursors, assets, time_ms):
    """All of them. `cursors` are queries for far pages, by order; `assets` paths of the page."""
    return [*_lists(cursors), *_filters(), *_explanations(), *_watches(), *_others(assets),
            *_posts(time_ms), *_pipelines()]
