#!/usr/bin/python3
"""use_discovery_db.py FILE: what the Python service does with a database that another server had.

Prints every row, one a line, then adds provider `python`, renews p1 and removes p2.
"""

import sys

from discovery_model import Advertisement, engine, offer
from sqlalchemy.orm import Session


def main():
    with Session(engine(sys.argv[1])) as session:
        for row in session.query(Advertisement).order_by(Advertisement.provider_id):
            print(row.provider_id, row.country, row.platform, row.resources["storage"],
                  row.pricing, row.created_at, row.updated_at, sep="|")
        session.add(offer("python", 7))
        session.get(Advertisement, "p1").country = "NO"
        session.delete(session.get(Advertisement, "p2"))
        session.commit()


main()
