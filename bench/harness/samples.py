"""Advertisements to measure with, the databases that hold them, and the requests for them.

What a provider offers at first depends on its number alone, so that a post can renew what the
database already holds: only times change, as with real providers. All fields have a fixed width, so
that every advertisement renders to the same length and nginx can serve "the same bytes" for all.
"""

import os
import random
import sqlite3
from datetime import datetime, timedelta

VARIANTS = 10_000  # different offers; provider n makes offer n % VARIANTS
ALTERNATIVES = 16  # offers of a provider that changes something with nearly every post
_COUNTRIES = (
    "US DE FR GB NL PL CA SE FI ES IT CH AT CZ RO UA BG HU NO DK BE IE PT LT LV EE SK SI HR GR "
    "RS TR IL AE IN SG JP KR HK TW AU NZ BR AR CL CO MX ZA EG KE NG MA VN TH MY ID PH KZ GE IS"
).split()
_EVEN = 10  # countries of an even board
# What of all offers is as large.
_SPREADS = {"cpu": (10, 64), "memory": (16, 99), "storage": (100, 999)}
_UNPRICED = 20  # one in so many offers says nothing of prices that we know
_PRICES = (
    ("usd_per_core_month", (3, 8)),
    ("usd_per_gb_ram_month", (1, 4)),
    ("usd_per_gb_storage_month", (0, 0)),
    ("glm_per_core_month", (10, 19)),
    ("glm_per_gb_ram_month", (2, 9)),
    ("glm_per_gb_storage_month", (0, 0)),
)

_SCHEMA = """
CREATE TABLE advertisements (
    provider_id VARCHAR NOT NULL PRIMARY KEY,
    ip_address VARCHAR NOT NULL,
    country VARCHAR NOT NULL,
    platform VARCHAR,
    resources JSON NOT NULL,
    pricing JSON,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL
)"""


def _skewed_countries():
    weights = [1 / rank for rank in range(1, len(_COUNTRIES) + 1)]
    return random.Random(1).choices(_COUNTRIES, weights, k=VARIANTS)


SKEWED = _skewed_countries()
EVEN = [_COUNTRIES[n % _EVEN] for n in range(VARIANTS)]


def provider_id(digits):
    return f"provider-{digits}.golem.example.com"


def _offer(variant):
    """(ip_address, resources, pricing) as text."""
    pick = random.Random(variant)
    address = ".".join(str(pick.randint(100, 199)) for _ in range(4))
    sizes_ = ", ".join(f'"{name}": {pick.randint(*spread)}' for name, spread in _SPREADS.items())
    resources = f"{{{sizes_}}}"
    prices = ", ".join(
        f'"{name}": {pick.randint(*whole)}.{pick.randint(10, 99)}5' for name, whole in _PRICES
    )
    if variant % _UNPRICED == 0:  # in USD or GLM
        prices = prices.replace("usd_", "eur_").replace("glm_", "gbp_")
    return address, resources, "{" + prices + "}"


OFFERS = [_offer(variant) for variant in range(VARIANTS)]


def rows(count, countries):
    """Advertisements that were all renewed just now."""
    now = datetime.utcnow()
    order = list(range(count))
    random.Random(2).shuffle(order)
    for number in order:
        address, resources, pricing = OFFERS[number % VARIANTS]
        created = now - timedelta(seconds=number % 2_000_000, microseconds=number)
        times = (str(created), str(now - timedelta(microseconds=number)))
        country = countries[number % VARIANTS]
        digits = f"{number:07d}"
        yield (provider_id(digits), address, country, "x86_64", resources, pricing, *times)


def make_database(path, advertisements, further_columns=()):
    """A file of the documented schema and perhaps more columns that the server knows.

    Its pages are those of a file that the server made.
    """
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA page_size=2048")
        database.execute("PRAGMA journal_mode=OFF")
        database.execute("PRAGMA synchronous=OFF")
        database.execute("PRAGMA cache_size=-600000")
        database.execute(_SCHEMA)
        for column in further_columns:
            database.execute(f"ALTER TABLE advertisements ADD COLUMN {column} VARCHAR")
        places = ",".join("?" * (8 + len(further_columns)))
        database.executemany(f"INSERT INTO advertisements VALUES ({places})", advertisements)
    database.close()
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def _request(line, headers=(), body=""):
    head = [f"{line} HTTP/1.1", "Host: localhost", "User-Agent: load", "Accept: */*", *headers]
    return "\r\n".join(head) + "\r\n\r\n" + body


def _post(offer, country):
    """`#######` becomes the provider's number."""
    address, resources, pricing = offer
    body = (
        f'{{"ip_address": "{address}", "country": "{country}",'
        f' "platform": "x86_64", "resources": {resources}, "pricing": {pricing}}}'
    )
    headers = (
        f"X-Provider-ID: {provider_id('#######')}",
        "X-Provider-Signature: signature",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return _request("POST /api/v1/advertisements", headers, body)


def posts(countries):
    """What the providers of each variant have said at first."""
    return map(_post, OFFERS, countries)


def alternatives(moves):
    """For each variant another offer; and so on, ALTERNATIVES times. With `moves` in a country
    drawn anew, which for one in twelve is the same."""
    pick = random.Random(4)
    for _ in range(ALTERNATIVES):
        for country in SKEWED:
            yield _post(pick.choice(OFFERS), pick.choice(SKEWED) if moves else country)


def changes(count, providers):
    """Posts by `providers` in turn, each of another offer than the one before, in one country."""
    made = list(posts(EVEN))
    for number in range(count):
        provider = number % providers
        offer = made[(provider + _EVEN * (1 + number // providers)) % VARIANTS]
        yield offer.replace("#######", f"{provider:07d}")


def single_reads():
    yield _request(f"GET /api/v1/advertisements/{provider_id('#######')}")


def health():
    return _request("GET /health")


def mixed_reads():
    """Lists of up to 100 by country and sizes, and single advertisements, in turn."""
    pick = random.Random(3)
    single = next(single_reads())
    for country in SKEWED[:4_000]:
        cpu, memory, storage = pick.randint(1, 64), pick.randint(1, 99), pick.randint(1, 999)
        yield question(f"cpu={cpu}&memory={memory}&storage={storage}&country={country}&limit=100")
        yield single


def question(query):
    return _request(f"GET /api/v1/advertisements?{query}")


def sizes(pick, least, most):
    """Sizes that a share of all offers within these bounds has."""
    while True:
        asked = {name: pick.randint(*spread) for name, spread in _SPREADS.items()}
        share = 1.0
        for name, (first, last) in _SPREADS.items():
            share *= (last - asked[name] + 1) / (last - first + 1)
        if least <= share <= most:
            return asked


def write_requests(path, requests):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(request + "\0" for request in requests)
    return path


def read_request(path, number):
    """The request that the load would send for provider `number`."""
    requests = path.read_bytes().decode().split("\0")[:-1]
    return requests[number % len(requests)].replace("#######", f"{number:07d}")
