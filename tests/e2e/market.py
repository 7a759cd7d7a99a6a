"""A made-up market, for pictures and measurements."""

import random

COUNTRIES = ("DE DE DE US US US SE SE FI FI FR FR GB NL NL PL PT ES IT CA BR IN JP AU SG ZA CH AT NO"
             " DK CZ RO UA").split()


def offers(count, seed=4):
    """(provider id, body) of as many providers."""
    pick = random.Random(seed)
    for number in range(count):
        cpu = pick.choice((2, 4, 8, 8, 16, 32, 64))
        dearness = pick.uniform(0.6, 2.2)
        body = {
            "ip_address": f"83.233.{number // 250 % 250}.{number % 250 + 1}",
            "country": pick.choice(COUNTRIES),
            "platform": pick.choice(("x86_64", "x86_64", "arm64")),
            "provider_name": pick.choice(("", "", f"north-{number}", f"cloud-{number}")),
            "resources": {"cpu": cpu, "memory": cpu * pick.choice((2, 4, 8)),
                          "storage": pick.choice((50, 100, 250, 500, 1000))},
        }
        if pick.random() < 0.95:
            body["pricing"] = {
                f"{currency}_per_{unit}_month": round(price * dearness * rate, 3)
                for currency, rate in (("usd", 1), ("glm", 3.4))
                for unit, price in (("core", 4), ("gb_ram", 1.5), ("gb_storage", 0.05))
            }
        yield f"provider-{number:05}", body
