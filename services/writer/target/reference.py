"""The reference CEE behind the port: one module and one .sql file per kind. Made in `__main__.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schemas.channel import Channel
from services.kernel.postgres import Connection
from services.writer.model import Answer, Upload
from services.writer.target import attachments, documents, partners, visits
from services.writer.target.files import Files


class ReferenceCee:
    """`CeeTarget` over the tables of schema `cee`. A kind's module offers `write(connection, channel, uploads, now)`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def partners(self, connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]:
        return await partners.write(connection, channel, uploads, now)

    async def documents(self, connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]:
        return await documents.write(connection, channel, uploads, now)

    async def attachments(self, connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]:
        return await attachments.write(connection, channel, uploads, self._files)

    async def visits(self, connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]:
        return await visits.write(connection, channel, uploads, now)
