"""The reference CEE behind the port: one module and one .sql file per kind. Made in `__main__.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schemas.channel import Channel
from services.kernel.postgres import Connection
from services.writer.model import Answer, Upload
from services.writer.target.attachments import write as write_attachments
from services.writer.target.documents import write as write_documents
from services.writer.target.files import Files
from services.writer.target.partners import write as write_partners
from services.writer.target.visits import write as write_visits


class ReferenceCee:
    """`CeeTarget` over the tables of schema `cee`. A kind's module offers `write(connection, channel, uploads, now)`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def partners(self, connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]:
        return await write_partners(connection, channel, uploads, now)

    async def documents(self, connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]:
        return await write_documents(connection, channel, uploads, now)

    async def attachments(self, connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]:
        return await write_attachments(connection, channel, uploads, self._files)

    async def visits(self, connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]:
        return await write_visits(connection, channel, uploads, now)
