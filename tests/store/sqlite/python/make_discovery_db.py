#!/usr/bin/python3
"""make_discovery_db.py FILE COUNT: a database of the Python service with providers p0, p1, ..."""

import sys

from discovery_model import Base, engine, offer
from sqlalchemy.orm import Session


def main():
    database = engine(sys.argv[1])
    Base.metadata.create_all(database)
    with Session(database) as session:
        session.add_all(offer(f"p{number}", number) for number in range(int(sys.argv[2])))
        session.commit()


main()
