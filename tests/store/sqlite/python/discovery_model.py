"""The table as a Python discovery service declares it; shared by the two scripts beside this file."""

import datetime

from sqlalchemy import JSON, Column, DateTime, String, create_engine
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Advertisement(Base):
    __tablename__ = "advertisements"

    provider_id = Column(String, primary_key=True)
    ip_address = Column(String, nullable=False)
    country = Column(String(2), nullable=False)
    platform = Column(String, nullable=True)
    resources = Column(JSON, nullable=False)
    pricing = Column(JSON, nullable=True)
    created_at = Column(DateTime, default=datetime.datetime.utcnow)
    updated_at = Column(
        DateTime, default=datetime.datetime.utcnow, onupdate=datetime.datetime.utcnow
    )


def engine(path):
    return create_engine("sqlite:///" + path)


def offer(provider_id, number):
    return Advertisement(
        provider_id=provider_id,
        ip_address="83.233.10.2",
        country="SE",
        platform="x86_64" if number % 2 else None,
        resources={"cpu": 4, "memory": 8, "storage": 100 + number},
        pricing={"usd_per_core_month": 6.0} if number % 2 else None,
        created_at=datetime.datetime(2026, 2, 19, 9, 54, 30, number),
        updated_at=datetime.datetime(2026, 2, 19, 10, 0, 0, number),
    )
