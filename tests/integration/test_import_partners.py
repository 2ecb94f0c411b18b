"""The import of partners on the reference CEE: what stands in its tables afterwards, which version it has, which numbers were used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from tests.integration.partners_bed import P1, P2, REP, Bed, address, company, phone
from tests.stack import Databases


@pytest.fixture
async def bed(databases: Databases) -> AsyncIterator[Bed]:
    async with company(databases.cee) as made:
        yield made


async def test_a_new_partner_stands_in_cee_with_all_its_parts_and_the_template_s_values(bed: Bed) -> None:
    home, shop, reach, inner = address(), address(type="delivery", house=None), phone("1", preferred=True), phone("2")
    person = {"id": str(uuid4()), "last_name": "Nowak", "first_name": "Ewa", "position": "BUYER", "contacts": [inner]}
    parts = {"addresses": [home, shop], "contacts": [reach], "contact_persons": [person]}
    born = bed.new(name="Śrubka", tax_id="5261040828", latitude="50.5", longitude="20", **parts)
    (answer,) = await bed.send(born)
    assert (answer.outcome, answer.code, answer.number, answer.status) == ("imported", None, "M000001", "blocked")
    made = await bed.partner("M000001")
    assert answer.version == made["version"]
    assert (made["name"], made["tax_id"], made["origin_source_id"]) == ("Śrubka", "5261040828", born.source_id)
    assert (made["role"], made["legal_kind"], made["member"]) == ("customer", "organisation", True)
    assert (made["customer_type"], made["currency"], made["payment_form"], made["payment_term"]) == ("RETAIL", "PLN", "TRANSFER", "14D")
    assert (made["tax_class"], made["price_class"], "reps" in made) == ("DOM", "K1", False)
    assert (made["latitude"], made["longitude"]) == ("50.500000", "20.000000")
    assert {row["id"]: row for row in made["addresses"]} == {home["id"]: home, shop["id"]: {k: v for k, v in shop.items() if v}}
    assert made["contacts"] == [reach]
    assert made["contact_persons"] == [person | {"contacts": [inner | {"preferred": False}]}]
    assert await bed.connection.fetchval("select organisation from cee.partner where number = 'M000001'") == "HQ"


async def test_approval_releases_at_once_and_a_lead_stays_a_prospect(bed: Bed) -> None:
    await bed.set(customer_approval=True)
    (answer,) = await bed.send(bed.new(role="prospect"))
    made = await bed.partner(str(answer.number))
    assert (answer.status, made["status"], made["role"], made["tax_class"]) == ("released", "released", "prospect", "FREE")


async def test_the_same_tax_id_is_found_in_cee_however_it_is_written_but_not_among_the_inactive(bed: Bed) -> None:
    await bed.set(duplicate_check="block")
    await bed.connection.execute("update cee.partner set tax_id = 'PL 526-104.08-28' where number = $1", P1)
    (answer,) = await bed.send(bed.new(tax_id="5261040828"))
    assert (answer.code, answer.params) == ("duplicate_tax_id", {"partner": P1, "value": "5261040828"})
    await bed.connection.execute("update cee.partner set status = 'inactive' where number = $1", P1)
    twins = await bed.send(bed.new(tax_id="5261040828"), bed.new(tax_id="526 104 08 28"))
    assert [answer.code for answer in twins] == [None, "duplicate_tax_id"]
    assert twins[1].params["partner"] == twins[0].number


async def test_every_edited_part_raises_the_partner_s_version_and_nothing_else_is_touched(bed: Bed) -> None:
    before = await bed.partner(P1)
    other = await bed.partner(P2)
    home = before["addresses"][0]
    edits = [
        {"name": "Nowa nazwa"},
        {"addresses": [home | {"street": "Inna"}]},
        {"contacts": [phone("1")]},
        {"contact_persons": [{"id": str(uuid4()), "last_name": "Lis", "contacts": [phone("3")]}]},
        {"contact_persons": []},
    ]
    for edit in edits:
        version = (await bed.partner(P1))["version"]
        (answer,) = await bed.send(bed.upload(number=P1, base_version=version, **edit))
        after = await bed.partner(P1)
        assert (answer.outcome, answer.code, answer.number) == ("imported", None, P1)
        assert answer.version == after["version"] > version
    after = await bed.partner(P1)
    assert after["addresses"] == [home | {"street": "Inna"}]
    assert (after["name"], after["contacts"][0]["value"], "contact_persons" in after) == ("Nowa nazwa", "1", False)
    assert await bed.partner(P2) == other


async def test_an_echo_writes_nothing(bed: Bed) -> None:
    before = await bed.partner(P1)
    await bed.connection.execute("delete from ceebus.outbox")
    said = {name: before[name] for name in ("name", "addresses")}
    (answer,) = await bed.send(bed.upload(number=P1, base_version=before["version"], base=said, **said))
    assert (answer.code, answer.version) == ("echo_ignored", before["version"])
    assert await bed.partner(P1) == before
    assert await bed.connection.fetchval("select count(*) from ceebus.outbox") == 0


async def test_what_cee_changed_meanwhile_stands_and_the_rest_of_the_edit_is_written(bed: Bed) -> None:
    before = await bed.partner(P1)
    await bed.connection.execute("update cee.partner set name = 'Z centrali' where number = $1", P1)
    base = {"name": before["name"], "matchcode": None}
    (answer,) = await bed.send(bed.upload(number=P1, base_version=before["version"], base=base, name="Z terenu", matchcode="TEREN"))
    assert (answer.outcome, answer.code, answer.applied) == ("conflict", "edit_lost", True)
    assert answer.params == {"field": "name", "device_value": "Z terenu", "cee_value": "Z centrali"}
    after = await bed.partner(P1)
    assert (after["name"], after["matchcode"], after["version"]) == ("Z centrali", "TEREN", answer.version)


async def test_a_device_edits_its_own_partner_by_source_id_before_it_knows_the_number(bed: Bed) -> None:
    home = address()
    (born,) = await bed.send(bed.new(addresses=[home]))
    source = born.upload.source_id
    (second,) = await bed.send(bed.new(source, 2, name="Drugi", addresses=[home]))
    (third,) = await bed.send(bed.new(source, 3, name="Trzeci", addresses=[home | {"city": "Opole"}]))
    assert [(answer.outcome, answer.code, answer.number) for answer in (second, third)] == [("imported", None, born.number)] * 2
    await bed.connection.execute("update cee.partner set name = 'Centrala', matchcode = 'CEN' where number = $1", born.number)
    (fourth,) = await bed.send(bed.new(source, 4, name="Czwarty", addresses=[home]))
    made = await bed.partner(str(born.number))
    assert (fourth.code, fourth.params["field"]) == ("edit_lost", "name")
    assert (made["name"], made["matchcode"], made["addresses"][0]["city"]) == ("Centrala", "CEN", "Kraków")
    (stale,) = await bed.send(bed.new(source, 2, name="Drugi, poprawiony", addresses=[home]))
    assert stale.code == "stale_revision"
    assert await bed.connection.fetchval("select count(*) from cee.partner where origin_source_id = $1::uuid", source) == 1


async def test_a_partner_of_another_channel_cannot_be_edited(bed: Bed) -> None:
    (answer,) = await bed.send(bed.upload(number=REP, base_version=1, name="Przejęty"))
    assert (answer.outcome, answer.code) == ("rejected", "field_invalid")
    stolen = (await bed.partner(P2))["addresses"][0]
    (thief,) = await bed.send(bed.new(addresses=[address(id=stolen["id"])]))
    assert (thief.outcome, thief.params["value"]) == ("rejected", stolen["id"])


async def test_an_edited_name_is_seen_though_a_version_that_has_begun_had_another(bed: Bed) -> None:
    await bed.connection.execute(
        "insert into cee.partner_version(partner, valid_from, name) values($1, current_date - 1, 'Od wczoraj')", P1
    )
    before = await bed.partner(P1)
    assert before["name"] == "Od wczoraj"
    await bed.send(bed.upload(number=P1, base_version=before["version"], name="Z terenu"))
    assert (await bed.partner(P1))["name"] == "Z terenu"


async def test_a_removal_is_noted_on_the_assignment_and_takes_the_partner_off_the_channel(bed: Bed) -> None:
    (ignored,) = await bed.send(bed.upload(number=P1, op="delete"))
    assert [remark.code for remark in ignored.remarks] == ["removal_ignored"]
    assert (await bed.partner(P1))["member"] is True
    await bed.set(deactivate_deleted=True)
    (done,) = await bed.send(bed.upload(number=P1, op="delete"))
    after = await bed.partner(P1)
    assert (done.outcome, done.version) == ("imported", after["version"])
    assert after["member"] is False
    assert await bed.connection.fetchval("select deleted_on = cee.today('Europe/Warsaw') from cee.channel_partner where partner = $1", P1)


async def test_a_batch_costs_the_same_number_of_statements_as_one_record(bed: Bed) -> None:
    counted: list[int] = []
    statements: list[str] = []
    bed.connection.add_query_logger(lambda record: statements.append(record.query))
    for size in (1, 200):
        statements.clear()
        answers = await bed.send(*(bed.new(name=f"Sklep {size}/{place}", contacts=[phone(str(place))]) for place in range(size)))
        assert {answer.outcome for answer in answers} == {"imported"}
        counted.append(len(statements))
    assert counted[1] <= counted[0] <= 20
