"""What control's API answers about uploads and what became of them; its description is made from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field


class ImportKind(BaseModel):
    """One kind of upload. A figure is null where Kafka does not answer."""

    kind: str
    uploaded: Annotated[int, Field(description="uploads that have an answer, interim ones included: the sum of the outcomes")]
    imported: int
    unchanged: int
    waiting: int
    rejected: int
    conflict: int
    quarantined: Annotated[int, Field(description="failed too often; wait for an operator")]
    warned: Annotated[int, Field(description="uploads with remarks, whatever their outcome")]
    codes: Annotated[dict[str, int], Field(description="uploads by code")]
    waiting_age_s: Annotated[float | None, Field(description="age of the oldest upload without a final answer")]
    importer_lag: Annotated[int | None, Field(description="records of mobile.* before the importer")]
    writer_lag: Annotated[int | None, Field(description="records of import.* before the writer")]


class ImportStatus(BaseModel):
    """The uploads of a channel, kind by kind in import order."""

    channel: str
    active: bool
    kinds: list[ImportKind]
    results_lag: Annotated[int | None, Field(description="answers that the feed has not taken yet")]
    away: Annotated[list[str], Field(description="parts that do not answer, so that figures are missing")]


class Warned(BaseModel):
    """A remark; `text` says it in the language asked for."""

    code: str
    params: dict[str, Any]
    text: str


class Result(BaseModel):
    """The last answer to an upload."""

    kind: str
    source_id: str
    revision: int
    sender: str
    upload_id: str
    attempt: Annotated[int, Field(description="how many answers this and the ones before were")]
    final: bool
    outcome: str
    code: str | None
    params: dict[str, Any]
    text: Annotated[str | None, Field(description="the code's text in the language asked for")]
    warnings: list[Warned]
    number: Annotated[str | None, Field(description="what CEE calls the object")]
    received_at: datetime | None
    answered_at: datetime
    final_at: datetime | None


class OpenUpload(Result):
    """An upload without a final answer, with what arrived while the writer keeps it."""

    texts: dict[str, str]
    value: Annotated[str | None, Field(description="the upload as text; null where it is no UTF-8, or CEE does not answer")]
    value_base64: str | None
    headers: Any
    confirmed: Annotated[bool | None, Field(description="an operator has confirmed its warnings")]


class OpenUploads(BaseModel):
    """The uploads of one object that have no final answer, the oldest revision first."""

    channel: str
    kind: str
    key: str
    items: list[OpenUpload]
    away: list[str]
