"""Who invited whom: admins look at a branch, close it, suspend it; nobody else may."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from datetime import UTC, datetime
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from app.cli.invite import tree_lines
from app.trouble import NoSuchMember
from models.account import Account, Invite, Role, Session
from models.audit import AuditEntry
from models.base import new_id
from models.generation import GenerationState
from models.grant import Audience
from resolvers.invite import create_invite
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import account, audited, make_cameo, make_job, make_video, outcome
from tests.integration.test_account import INVITE, newcomer
from tests.jobs_stack import rows, until

TREE = """
query($accountId: ID, $depth: Int! = 1, $first: Int! = 20, $after: String) {
  inviteTree(accountId: $accountId, depth: $depth) {
    member { handle branchSize unusedInvites invitesClosed } path { handle }
    invitees(first: $first, after: $after) {
      edges { depth cursor node { accountId handle invitedBy invitees: inviteeCount branchSize suspended } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
REVOKE = """
mutation($input: RevokeInviteBranchInput!) { revokeInviteBranch(input: $input) {
  __typename ... on RevokeInviteBranchSuccess { accounts invites suspended } ... on Error { code message field }
} }
"""
REOPEN = """
mutation($input: ReopenInviteBranchInput!) { reopenInviteBranch(input: $input) {
  __typename ... on ReopenInviteBranchSuccess { accounts } ... on Error { code field }
} }
"""
SEE = "query($id: ID!) { video(id: $id) { id } }"
WAITING = """
    SELECT 1 FROM pg_locks w JOIN pg_locks d ON d.pid = w.pid JOIN pg_database b ON b.oid = d.database
    WHERE NOT w.granted AND b.datname = current_database()
"""


async def invited(by: Account, handle: str) -> Account:
    return await Account.create(handle=handle, display_name=handle, region="CA", invited_by_id=by.id)


async def a_tree(server: Server) -> tuple[Api, Account]:
    """An admin, beside whom eve invited fred and gina, and fred invited hana, who invited ivo."""
    admin = await server.member("root", role=Role.ADMIN)
    eve = await invited(account(admin), "eve")
    fred = await invited(eve, "fred")
    await invited(eve, "gina")
    await invited(await invited(fred, "hana"), "ivo")
    return admin, eve


def gid(of: Account) -> str:
    return global_id("Account", of.id)


async def test_an_admin_sees_a_branch_by_pages_with_its_path_and_sizes(server: Server) -> None:
    admin, eve = await a_tree(server)
    await create_invite(server.stores.keys, eve.id)
    tree = (await admin.run(TREE, accountId=gid(eve), depth=50))["inviteTree"]
    assert tree["member"] == {"handle": "eve", "branchSize": 5, "unusedInvites": 1, "invitesClosed": False}
    assert tree["path"] == [{"handle": "root"}]
    found = {edge["node"]["handle"]: (edge["depth"], edge["node"]["branchSize"]) for edge in tree["invitees"]["edges"]}
    assert found == {"ivo": (3, 1), "hana": (2, 2), "gina": (1, 1), "fred": (1, 3)}

    direct = (await admin.run(TREE, accountId=gid(eve), first=1))["inviteTree"]["invitees"]
    assert [edge["node"]["handle"] for edge in direct["edges"]] == ["gina"]
    rest = await admin.run(TREE, accountId=gid(eve), after=direct["pageInfo"]["endCursor"])
    [edge] = rest["inviteTree"]["invitees"]["edges"]
    assert (edge["node"]["handle"], edge["node"]["invitedBy"], edge["node"]["invitees"]) == ("fred", gid(eve), 1)
    ivo = await Account.get(handle="ivo")
    deep = (await admin.run(TREE, accountId=gid(ivo)))["inviteTree"]
    assert [each["handle"] for each in deep["path"]] == ["root", "eve", "fred", "hana"]
    lines = [line.partition("  20") for line in await tree_lines("@eve", 2)]
    assert [name for name, _, _ in lines] == ["@eve", "  @fred", "    @hana", "  @gina"]
    assert lines[0][2].endswith("invited 2, branch 5, unused 1")
    assert (await tree_lines(None, 1))[0].startswith("@root")
    with pytest.raises(NoSuchMember):
        await tree_lines("nobody", 1)
    whole = (await admin.run(TREE))["inviteTree"]
    assert (whole["member"], [e["node"]["handle"] for e in whole["invitees"]["edges"]]) == (None, ["root"])


async def test_the_tree_is_for_admins_and_forged_ids_and_cycles_are_named_or_end(server: Server) -> None:
    admin, eve = await a_tree(server)
    mod = await server.member("mod", role=Role.MODERATOR)
    assert await mod.refused(TREE) == "DENIED"
    assert await server.anyone.refused(TREE) == "UNAUTHENTICATED"
    denied = await mod.mutate(REVOKE, accountId=gid(eve), branchSize=5)
    assert denied["__typename"] == "DeniedError"
    forged = global_id("Account", new_id())
    assert await admin.refused(TREE, accountId=forged) == "NOT_FOUND"
    assert await admin.refused(TREE, accountId=global_id("Video", eve.id)) == "NOT_FOUND"
    assert await admin.refused(TREE, accountId="nonsense") == "NOT_FOUND"
    assert await admin.refused(TREE, accountId=gid(eve), depth=51) == "INVALID"
    assert await admin.refused(TREE, accountId=gid(eve), first=-1) == "INVALID"
    assert await admin.refused(TREE, after="forged") == "INVALID"
    assert (await admin.mutate(REVOKE, accountId=forged, branchSize=1))["__typename"] == "NotFoundError"
    assert (await admin.mutate(REOPEN, accountId=forged))["__typename"] == "NotFoundError"
    # No mutation can make a circle; a row that was changed by hand may, and still every walk ends.
    await Account.filter(id=eve.id).update(invited_by_id=(await Account.get(handle="ivo")).id)
    looped = (await admin.run(TREE, accountId=gid(eve), depth=50))["inviteTree"]
    assert looped["member"]["branchSize"] == 5
    assert len(looped["path"]) <= 5
    assert {edge["node"]["handle"] for edge in looped["invitees"]["edges"]} == {"eve", "fred", "gina", "hana", "ivo"}
    assert (await admin.mutate(REVOKE, accountId=gid(eve), branchSize=5))["accounts"] == 5
    assert await Account.filter(suspended_at__isnull=False).count() == 0


async def test_a_branch_is_closed_in_one_go_and_opened_again(server: Server) -> None:
    admin, eve = await a_tree(server)
    hana = await server.member("visitor")
    await Account.filter(id=account(hana).id).update(invited_by_id=(await Account.get(handle="hana")).id)
    given = await hana.mutate(INVITE, idempotencyKey="one")
    before = (await admin.run(TREE, accountId=gid(eve)))["inviteTree"]["member"]["branchSize"]
    for size, top, field in ((before + 1, eve, "branchSize"), (7, account(admin), "accountId")):
        refused = await admin.mutate(REVOKE, accountId=gid(top), branchSize=size, suspend=True)
        assert (refused["__typename"], refused["field"]) == ("ConflictError", field)
    await Session.filter(account_id=account(admin).id).update(created_at=datetime(2020, 1, 1, tzinfo=UTC))
    stale = await admin.mutate(REVOKE, accountId=gid(eve), branchSize=before, suspend=True)
    assert stale["__typename"] == "StepUpRequiredError"
    assert await Invite.filter(revoked_at__isnull=False).count() == 0
    assert await Account.filter(suspended_at__isnull=False).count() == 0
    assert await audited("server") == []

    await Session.filter(account_id=account(admin).id).update(created_at=datetime.now(UTC))
    closed = await admin.mutate(REVOKE, accountId=gid(eve), branchSize=before)
    assert closed == {"__typename": "RevokeInviteBranchSuccess", "accounts": 6, "invites": 1, "suspended": 0}
    assert await audited("server") == ["INVITE_BRANCH_REVOKED"]
    late = await newcomer(server, inviteCode=given["inviteCode"], handle="late")
    assert late["__typename"] == "NotFoundError"
    assert (await hana.run("{ viewer { invites { left } } }"))["viewer"]["invites"]["left"] == 0
    assert (await hana.mutate(INVITE, idempotencyKey="two"))["code"] == "DENIED"
    assert await Invite.filter(created_by_id=account(hana).id).count() == 1
    assert (await admin.mutate(REOPEN, accountId=gid(eve)))["accounts"] == 6
    assert (await hana.mutate(INVITE, idempotencyKey="two"))["__typename"] == "CreateInviteSuccess"


async def test_suspending_a_branch_ends_sessions_and_jobs_and_hides_videos_of_all_in_it(
    server: Server, ada: Api, bob: Api
) -> None:
    admin, eve = await a_tree(server)
    await Account.filter(id=account(ada).id).update(invited_by_id=eve.id)
    cameo = await make_cameo(ada, audience=Audience.EVERYONE)
    video = await make_video(server.stores, ada)
    own, others = await make_job(ada), await make_job(bob, [cameo])
    mine = await make_job(bob)
    code = await create_invite(server.stores.keys, account(ada).id)
    closed = await admin.mutate(REVOKE, accountId=gid(eve), branchSize=6, suspend=True)
    assert (closed["accounts"], closed["suspended"], closed["invites"]) == (6, 6, 1)
    assert await Account.filter(suspended_at__isnull=True).count() == 2
    assert (await ada.run("{ viewer { id } }"))["viewer"] is None
    assert (await outcome(own))[0] == GenerationState.CANCELLED.value
    assert await outcome(others) == ("FAILED", "CONSENT_ENDED", True)
    assert (await outcome(mine))[0] == GenerationState.QUEUED.value
    assert (await bob.run(SEE, id=global_id("Video", video.id)))["video"] is None
    [entry] = await AuditEntry.filter(chain="server")
    assert (entry.kind, entry.facts["suspended"], entry.facts["jobs"]) == ("INVITE_BRANCH_REVOKED", 6, 2)
    assert (await newcomer(server, inviteCode=code, handle="late"))["__typename"] == "NotFoundError"
    # Suspended members' invites admit nobody, also where they were not revoked.
    code = await create_invite(server.stores.keys, account(ada).id)
    assert (await newcomer(server, inviteCode=code, handle="late"))["__typename"] == "NotFoundError"


async def test_who_joins_while_the_branch_is_being_closed_is_in_it_or_does_not_join(server: Server) -> None:
    admin, eve = await a_tree(server)
    code = await create_invite(server.stores.keys, eve.id)

    async def close() -> dict[str, Any]:
        return await admin.mutate(REVOKE, accountId=gid(eve), branchSize=6, suspend=True)

    outside = copy_context()
    async with in_transaction() as connection:
        # Somebody has spent the invite and not committed yet.
        await connection.execute_query("SELECT 1 FROM invite FOR UPDATE")
        closing = asyncio.create_task(close(), context=outside)
        await until(lambda: rows(WAITING), what="it waits")
        await connection.execute_query(
            """
            INSERT INTO account (id, created_at, handle, display_name, invited_by_id)
            VALUES ($1, yume_now(), 'late', 'late', $2)
            """,
            [new_id(), eve.id],
        )
        await connection.execute_query(
            "UPDATE invite SET used_at = yume_now(), used_by_id = (SELECT id FROM account WHERE handle = 'late')"
        )
    assert (await closing)["suspended"] == 6
    assert (await Account.get(handle="late")).suspended_at is not None
    assert (await newcomer(server, inviteCode=code, handle="later"))["__typename"] == "NotFoundError"
