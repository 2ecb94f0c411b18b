"""The sample company: its sizes, that equal seeds make equal data, and that what it holds is well-formed where it is meant to be."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import AsyncIterator

import pytest

from services.exporter.kinds.articles import is_ean
from services.kernel.postgres import Connection, connect
from services.kernel.signatures import fits
from services.sandbox.generate.load import ChannelExists, generate
from services.sandbox.generate.sizes import SIZES
from tests.stack import Databases

OF_THE_LOAD = ("version", "changed_at", "as_of", "created_at", "row_id", "content", "list_version")


@pytest.fixture
async def cee(databases: Databases) -> AsyncIterator[Connection]:
    """Everything a test loads is rolled back: the next one begins with an empty CEE."""
    connection = await connect(databases.cee)
    whole = connection.transaction()
    await whole.start()
    yield connection
    await whole.rollback()
    await connection.close()


async def count(cee: Connection, what: str) -> int:
    return int(await cee.fetchval(f"select count(*) from {what}") or 0)


async def test_small_has_the_quantities_of_the_domain_reference(cee: Connection) -> None:
    seen: dict[str, list[int]] = {}
    made = await generate(cee, "small", seed=3, progress=lambda kind, done, _total: seen.setdefault(kind, []).append(done))
    size = SIZES["small"]
    good = "number !~ '^Z'"
    assert await count(cee, f"cee.rep where {good}") == size.reps == 8
    assert (
        await count(
            cee, "cee.article a join cee.assortment_item i on i.article = a.number and i.list ~ 'PODST|SEZON' and i.valid_to is null"
        )
        >= 3_000
    )
    assert await count(cee, "cee.category where id !~ '[.]Z-'") == size.categories == 60
    assert await count(cee, "cee.category_article where category !~ '[.]Z-'") == size.assignments == 3_000
    assert (
        await count(cee, "cee.channel_partner p join cee.partner q on q.number = p.partner where q.number ~ '^K'") == size.partners == 800
    )
    assert (
        await count(cee, "cee.stock s join cee.channel_warehouse w using (warehouse) where owner = '1000' and article ~ '[.]'")
        >= size.availability
    )
    assert await count(cee, "cee.price where list !~ '^Z'") == size.prices == 12_000
    assert await count(cee, "cee.customer_discount where code !~ '^Z'") == size.discounts == 400
    recent = "cee.document where hq_number !~ '-Z/' and (status_general <> 'completed' or issue_date >= current_date - 90)"
    assert await count(cee, recent) == size.documents == 5_000
    lines = await count(cee, "cee.document_line l join cee.document d using (type, hq_number) where d.hq_number !~ '-Z/'")
    assert lines == (size.documents + size.documents // 20) * size.lines
    addresses = await count(cee, "cee.partner_address where partner ~ '^K'") / size.partners
    units = await count(cee, "cee.article_unit where article ~ '[.]'") / await count(cee, "cee.article where number ~ '[.]'")
    assert addresses == pytest.approx(size.addresses_per_partner, rel=0.05)
    assert units == pytest.approx(size.units_per_article, rel=0.05)
    assert all(steps == sorted(steps) and steps[-1] == made.counts[kind] for kind, steps in seen.items())


async def digest(cee: Connection) -> dict[str, str]:
    """Per table what its rows hold, but for what belongs to the moment of the load."""
    tables = await cee.fetch("select tablename from pg_tables where schemaname = 'cee' order by tablename")
    kept = f"to_jsonb(t) - array{list(OF_THE_LOAD)}::text[]"
    found = {}
    for (table,) in tables:
        found[table] = await cee.fetchval(
            f"select md5(string_agg(line, '' order by line collate \"C\")) from (select ({kept})::text as line from cee.{table} t) s"
        )
    return found


async def test_equal_seeds_make_equal_data_and_others_do_not(cee: Connection) -> None:
    digests = []
    for seed in (7, 7, 8):
        attempt = cee.transaction()
        await attempt.start()
        made = await generate(cee, "tiny", seed)
        digests.append((await digest(cee), made))
        await attempt.rollback()
    assert digests[0] == digests[1]
    assert digests[0][0]["partner"] != digests[2][0]["partner"]
    assert digests[0][0]["document_line"] != digests[2][0]["document_line"]


async def test_numbers_carry_right_check_digits_and_postal_codes_fit_their_country(cee: Connection) -> None:
    await generate(cee, "tiny")
    taxed = await cee.fetch("select tax_id from cee.partner where number ~ '^K' and tax_id ~ '^[0-9]+$'")
    assert len(taxed) > 20
    for (number,) in taxed:
        digits = [int(digit) for digit in number]
        assert len(digits) == 10
        assert sum(weight * digit for weight, digit in zip((6, 5, 7, 2, 3, 4, 5, 6, 7), digits[:9], strict=True)) % 11 == digits[9]
    eans = [row["ean"] for row in await cee.fetch("select ean from cee.article_ean where article !~ '^Z'")]
    assert len(eans) > 100
    assert all(is_ean(ean) for ean in eans)
    assert len(set(eans)) == len(eans)
    codes = await cee.fetch("select postal_code, city from cee.partner_address where partner ~ '^K' and country = 'PL'")
    assert all(re.fullmatch(r"\d\d-\d\d\d", row["postal_code"]) for row in codes)
    assert {row["postal_code"][:2] for row in codes if row["city"] == "Lublin"} <= {"20"}


async def test_lines_and_totals_of_documents_add_up(cee: Connection) -> None:
    await generate(cee, "tiny")
    wrong = """cee.document_line where discounted_price <> round(regular_price * (1 - discount / 100), 4)
        or value <> round(quantity / price_unit * discounted_price, 2)"""
    assert await count(cee, wrong) == 0
    totals = """(
        with taxed as (
            select l.type, l.hq_number, l.vat_rate, sum(l.value) as net from cee.document_line l group by 1, 2, 3
        ), rated as (
            select t.*, (
                select percent from cee.vat_rate_value v where v.vat_rate = t.vat_rate order by v.valid_from desc limit 1) as percent
            from taxed t
        ), added as (
            select type, hq_number, sum(net) as net, sum(round(net * percent / 100, 2)) as vat from rated group by 1, 2
        )
        select from cee.document d join added a using (type, hq_number)
        where d.net_total <> a.net or d.vat_total <> a.vat or d.gross_total <> a.net + a.vat) x"""
    assert await count(cee, totals) == 0
    assert await count(cee, "cee.document") > 100


async def test_files_are_what_their_extension_says_and_small(cee: Connection) -> None:
    made = await generate(cee, "tiny")
    bad = [record.key for record in made.bad if record.kind == "attachments"]
    files = await cee.fetch("select extension, content from cee.attachment where content is not null and not id::text = any ($1)", bad)
    assert {row["extension"] for row in files} == {"jpg", "png", "pdf"}
    for row in files:
        assert fits(row["extension"], row["content"])
        assert len(row["content"]) <= 5 * 1024
    jpg, png, pdf = (next(row["content"] for row in files if row["extension"] == kind) for kind in ("jpg", "png", "pdf"))
    assert jpg.endswith(b"\xff\xd9")
    assert markers(jpg)[-1] == 0xDA
    assert chunks(png) == [b"IHDR", b"IDAT", b"IEND"]
    assert pdf.rstrip().endswith(b"%%EOF")
    assert pdf[int(pdf.split(b"startxref\n")[1].split()[0]) :].startswith(b"xref")


def markers(jpg: bytes) -> list[int]:
    """The segments' markers up to the picture's data, which begins after 0xDA."""
    found: list[int] = []
    place = 2
    while not found or found[-1] != 0xDA:
        mark, marker, length = struct.unpack_from(">BBH", jpg, place)
        assert mark == 0xFF
        found.append(marker)
        place += 2 + length
    return found


def chunks(png: bytes) -> list[bytes]:
    """The names of the chunks, each with its right checksum."""
    found, place = [], 8
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        name, body = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        assert struct.unpack_from(">I", png, place + 8 + length) == (zlib.crc32(name + body),)
        found.append(name)
        place += 12 + length
    return found


async def test_full_pictures_are_as_large_as_a_catalogue_s(cee: Connection) -> None:
    await generate(cee, "tiny", pictures="full")
    sizes = await cee.fetch("select length(content) as size from cee.attachment where is_default")
    assert len(sizes) == 108
    assert all(60_000 < row["size"] < 200_000 for row in sizes)


async def test_a_further_channel_shares_articles_and_nothing_else(cee: Connection) -> None:
    await generate(cee, "tiny", active=True)
    before = await count(cee, "cee.article where number !~ '^Z'")
    made = await generate(cee, "tiny", channel="DE1")
    assert await count(cee, "cee.article where number !~ '^Z'") == before
    shared = "cee.assortment_item a join cee.assortment_item b using (article) where a.listing = 'ASM-DE1' and b.listing = 'ASM-PL1'"
    assert await count(cee, shared) > 50
    assert await count(cee, "cee.channel_partner a join cee.channel_partner b using (partner) where a.channel <> b.channel") == 0
    assert await count(cee, "cee.rep_profile a join cee.rep_profile b using (rep) where a.channel <> b.channel") == 0
    rows = await cee.fetch("select id, currency, active, time_zone from cee.channel order by id")
    assert [tuple(row) for row in rows] == [("DE1", "EUR", False, "Europe/Berlin"), ("PL1", "PLN", True, "Europe/Warsaw")]
    assert made.channel == "DE1"
    with pytest.raises(ChannelExists):
        await generate(cee, "tiny", channel="DE1")


async def test_the_source_hears_of_the_channel_and_of_no_single_row(cee: Connection) -> None:
    await generate(cee, "tiny")
    kinds = [row["kind"] for row in await cee.fetch("select distinct kind from ceebus.outbox")]
    assert kinds == ["channels"]
