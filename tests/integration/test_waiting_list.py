"""Waiting to be admitted: without an account, without a trace for others, and not for ever."""

from __future__ import annotations

from typing import Any

from tortoise import connections

from jobs.restore import replay_erasures
from jobs.shred import shred_pending
from jobs.waiting import sweep_waiting
from models.account import Invite, Role
from models.base import new_id
from models.policy import set_policy
from models.waiting import WaitingEntry, waiting_subject
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import shift_clock
from tests.integration.test_account import newcomer

JOIN = """
mutation($input: JoinWaitingListInput!) { joinWaitingList(input: $input) {
  __typename ... on JoinWaitingListSuccess { leaveToken keptUntil } ... on Error { code field message }
} }
"""
LEAVE = "mutation($input: LeaveWaitingListInput!) { leaveWaitingList(input: $input) { __typename } }"
ADMIT = """
mutation($input: AdmitFromWaitingListInput!) { admitFromWaitingList(input: $input) {
  __typename ... on AdmitFromWaitingListSuccess { inviteCode entry { contact admittedAt } }
  ... on Error { code field message }
} }
"""
LIST = """
query($first: Int! = 20, $after: String) { waitingList(first: $first, after: $after) {
  edges { node { id contact note region admittedAt } } pageInfo { hasNextPage endCursor }
} }
"""


async def join(by: Api, contact: str, **more: Any) -> dict[str, Any]:
    return await by.mutate(JOIN, **{"contact": contact, "region": "ca", "idempotencyKey": str(new_id())} | more)


async def listed(admin: Api, **window: Any) -> list[dict[str, Any]]:
    return [edge["node"] for edge in (await admin.run(LIST, **window))["waitingList"]["edges"]]


async def test_who_waits_is_admitted_joins_and_is_forgotten(server: Server) -> None:
    admin = await server.member("root", role=Role.ADMIN)
    key = str(new_id())
    first = await join(server.anyone, "Nova@Example.org", note="hello", idempotencyKey=key)
    assert await join(server.anyone, "Nova@Example.org", note="hello", idempotencyKey=key) == first
    other = await join(server.anyone, "someone@example.org", note="hello", idempotencyKey=key)
    assert other["__typename"] == "IdempotencyConflictError"
    await join(server.anyone, "late@example.org", region="fr")
    [nova, late] = await listed(admin)
    assert (nova["contact"], nova["note"], nova["region"]) == ("Nova@Example.org", "hello", "CA")
    raw = await connections.get("default").execute_query_dict("SELECT w::text AS row FROM waiting w")
    assert not any("nova" in each["row"].lower() or "hello" in each["row"] for each in raw)

    far = await admin.mutate(ADMIT, entryId=late["id"], idempotencyKey="a")
    assert (far["__typename"], "FR" in far["message"]) == ("ConflictError", True)
    assert await Invite.all().count() == 0
    admitted = await admin.mutate(ADMIT, entryId=nova["id"], idempotencyKey="a")
    assert admitted["entry"]["contact"] == "Nova@Example.org"
    assert await admin.mutate(ADMIT, entryId=nova["id"], idempotencyKey="a") == admitted
    assert (await admin.mutate(ADMIT, entryId=nova["id"], idempotencyKey="b"))["__typename"] == "ConflictError"
    assert await Invite.all().count() == 1
    [before] = await WaitingEntry.filter(admitted_at__isnull=False).values()
    assert (await newcomer(server, inviteCode=admitted["inviteCode"]))["__typename"] == "SignUpSuccess"
    assert [each["contact"] for each in await listed(admin)] == ["late@example.org"]
    await shred_pending(server.stores.vault)
    assert len(server.stores.vault.subjects("waiting/")) == 1
    # As after a restore of the database alone.
    await WaitingEntry.create(**before)
    assert (await replay_erasures(server.stores.vault)).waiting == 1
    assert [each["contact"] for each in await listed(admin)] == ["late@example.org"]


async def test_nobody_learns_whether_a_contact_waits_and_nobody_takes_its_place_away(server: Server) -> None:
    admin = await server.member("root", role=Role.ADMIN)
    callers = [server.anyone for _ in range(5)]
    for number, caller in enumerate(callers):
        caller.client = f"192.0.2.{number}"
    told = [await join(caller, contact) for caller, contact in zip(
        callers, ("nova@example.org", "NOVA@example.org", " nova@example.org ", "nova@EXAMPLE.org", "new@example.org"),
        strict=True,
    )]  # fmt: skip
    assert {each["__typename"] for each in told} == {"JoinWaitingListSuccess"}
    assert len({each["leaveToken"] for each in told}) == 5
    assert [each["contact"] for each in await listed(admin)] == ["nova@example.org", "new@example.org"]
    assert await WaitingEntry.all().count() == 4

    second = await server.anyone.mutate(LEAVE, token=told[3]["leaveToken"])
    assert await server.anyone.mutate(LEAVE, token="0" * 32) == second
    assert len(await listed(admin)) == 2
    await server.anyone.mutate(LEAVE, token=told[4]["leaveToken"])
    assert [each["contact"] for each in await listed(admin)] == ["nova@example.org"]
    first_page = (await admin.run(LIST, first=1))["waitingList"]
    assert await listed(admin, after=first_page["pageInfo"]["endCursor"]) == []


async def test_the_list_is_for_admins_has_an_end_and_forgets(server: Server, ada: Api) -> None:
    admin = await server.member("root", role=Role.ADMIN)
    assert await ada.refused(LIST) == "DENIED"
    assert (await join(server.anyone, "nova@example.org"))["__typename"] == "JoinWaitingListSuccess"
    entry = await WaitingEntry.get()
    gid = global_id("WaitingEntry", entry.id)
    assert (await ada.mutate(ADMIT, entryId=gid, idempotencyKey="a"))["__typename"] == "DeniedError"
    forged = global_id("WaitingEntry", new_id())
    assert (await admin.mutate(ADMIT, entryId=forged, idempotencyKey="a"))["__typename"] == "NotFoundError"
    assert await admin.refused(LIST, after="forged") == "INVALID"
    await set_policy("waiting_list_places", 1, set_by=None)
    assert (await join(server.anyone, "late@example.org"))["__typename"] == "ConflictError"
    await set_policy("waiting_list_places", 0, set_by=None)
    assert "no waiting list" in (await join(server.anyone, "late@example.org"))["message"]
    assert await WaitingEntry.all().count() == 1

    await set_policy("waiting_list_days", 10, set_by=None)
    await shift_clock("11 days")
    assert await listed(admin) == []
    assert (await admin.mutate(ADMIT, entryId=gid, idempotencyKey="a"))["__typename"] == "NotFoundError"
    await sweep_waiting()
    await shred_pending(server.stores.vault)
    assert await WaitingEntry.all().count() == 0
    assert not server.stores.vault.has(waiting_subject(entry.id))
    assert await Invite.all().count() == 0


async def test_what_cannot_be_is_named_and_tries_are_counted(server: Server) -> None:
    for wrong, field in (
        ({"contact": "a"}, "contact"), ({"contact": "x" * 201}, "contact"), ({"contact": "a\0bc"}, "contact"),
        ({"note": "x" * 501}, "note"), ({"region": "Mars"}, "region"), ({"idempotencyKey": ""}, "idempotencyKey"),
    ):  # fmt: skip
        refused = await join(server.anyone, **{"contact": "nova@example.org"} | wrong)
        assert (refused["__typename"], refused["field"]) == ("InvalidError", field)
    assert await WaitingEntry.all().count() == 0
    kinds = [(await join(server.anyone, f"{n}@example.org"))["__typename"] for n in range(6)]
    assert kinds == ["JoinWaitingListSuccess"] * 5 + ["RateLimitedError"]
    assert await WaitingEntry.all().count() == 5
