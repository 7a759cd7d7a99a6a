"""The board as a Python developer writes it: FastAPI, SQLAlchemy, SQLite, the documented schema.

The measurements compare with it, so it is written as such services are: the libraries' defaults,
one worker, a commit per post, filters in SQL. DATABASE names the file, PORT where to listen.
"""

import os
from datetime import datetime, timedelta
from typing import AsyncIterator, List, Optional

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Query
from pydantic import BaseModel, Field
from sqlalchemy import JSON, Column, DateTime, String, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import declarative_base, sessionmaker

LEASE = timedelta(days=1)

engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['DATABASE']}")
new_session = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
Base = declarative_base()


class Advertisement(Base):
    __tablename__ = "advertisements"

    provider_id = Column(String, primary_key=True)
    ip_address = Column(String, nullable=False)
    country = Column(String, nullable=False)
    platform = Column(String)
    resources = Column(JSON, nullable=False)
    pricing = Column(JSON)
    created_at = Column(DateTime, default=datetime.utcnow)
    updated_at = Column(DateTime, default=datetime.utcnow, onupdate=datetime.utcnow)


class Resources(BaseModel):
    cpu: int = Field(ge=1)
    memory: int = Field(ge=1)
    storage: int = Field(ge=1)


class Post(BaseModel):
    ip_address: str
    country: str = Field(min_length=2, max_length=2)
    platform: Optional[str] = None
    resources: Resources
    pricing: Optional[dict] = None


class Answer(Post):
    provider_id: str
    created_at: datetime
    updated_at: datetime

    class Config:
        orm_mode = True


async def session() -> AsyncIterator[AsyncSession]:
    async with new_session() as current:
        yield current


app = FastAPI()


@app.get("/health")
async def health() -> dict:
    return {"status": "healthy"}


@app.post("/api/v1/advertisements", response_model=Answer)
async def post(
    body: Post,
    provider_id: str = Header(alias="X-Provider-ID"),
    signature: str = Header(alias="X-Provider-Signature"),
    db: AsyncSession = Depends(session),
) -> Advertisement:
    row = await db.get(Advertisement, provider_id)
    if row is None:
        row = Advertisement(provider_id=provider_id)
        db.add(row)
    for name, value in body.dict().items():
        setattr(row, name, value)
    row.updated_at = datetime.utcnow()
    await db.commit()
    return row


@app.get("/api/v1/advertisements", response_model=List[Answer])
async def find(
    cpu: Optional[int] = Query(None, ge=1),
    memory: Optional[int] = Query(None, ge=1),
    storage: Optional[int] = Query(None, ge=1),
    country: Optional[str] = None,
    limit: int = Query(10_000, ge=1, le=10_000),
    db: AsyncSession = Depends(session),
) -> List[Advertisement]:
    query = select(Advertisement).where(Advertisement.updated_at > datetime.utcnow() - LEASE)
    for name, least in (("cpu", cpu), ("memory", memory), ("storage", storage)):
        if least is not None:
            query = query.where(Advertisement.resources[name].as_integer() >= least)
    if country is not None:
        query = query.where(Advertisement.country == country.upper())
    return (await db.execute(query.limit(limit))).scalars().all()


@app.get("/api/v1/advertisements/{provider_id}", response_model=Answer)
async def get(provider_id: str, db: AsyncSession = Depends(session)) -> Advertisement:
    row = await db.get(Advertisement, provider_id)
    if row is None or row.updated_at <= datetime.utcnow() - LEASE:
        raise HTTPException(404, "no such advertisement")
    return row


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), access_log=False, log_level="warning")
