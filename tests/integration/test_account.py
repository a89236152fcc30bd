"""Joining, signing in and out, and inviting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tortoise import connections

from jobs.sweep import sweep_sessions
from models.account import Account, Invite, Role, Session
from models.cameo import CameoKind
from models.policy import set_policy
from resolvers import session
from resolvers.invite import create_invite
from resolvers.region import RegionDatabase
from resolvers.session import open_session
from tests.api import Api, Server
from tests.consent import make_cameo
from tests.mmdb import write_mmdb

SIGN_UP = """
mutation($input: SignUpInput!) { signUp(input: $input) {
  __typename ... on SignUpSuccess { token account { handle isViewer } } ... on Error { code message field }
} }
"""
SIGN_IN = """
mutation($input: SignInInput!) { signIn(input: $input) {
  __typename ... on SignInSuccess { token account { handle } } ... on RateLimitedError { retryAfterSeconds }
  ... on Error { code message field }
} }
"""
INVITE = """
mutation($input: CreateInviteInput!) { createInvite(input: $input) {
  __typename ... on CreateInviteSuccess { inviteCode invite { id } } ... on QuotaExceededError { left resetsAt }
  ... on Error { code message field }
} }
"""
REVOKE_INVITE = """
mutation($input: RevokeInviteInput!) { revokeInvite(input: $input) {
  __typename ... on RevokeInviteSuccess { invite { revokedAt } } ... on Error { code field }
} }
"""
SET_POLICY = """
mutation($input: SetPolicyInput!) { setPolicy(input: $input) {
  __typename ... on SetPolicySuccess { policy { regions invitesPerAccount history { key value } } }
  ... on Error { code field }
} }
"""
PASSWORD = "correct horse battery staple"


async def newcomer(server: Server, **changes: Any) -> dict[str, Any]:
    request = {
        "inviteCode": await create_invite(server.stores.keys, None),
        "handle": "Nova_1",
        "password": PASSWORD,
        "birthDate": "1990-04-01",
        "region": "ca",
    }
    return await server.anyone.mutate(SIGN_UP, **(request | changes))


async def test_a_newcomer_with_an_invite_is_signed_in(server: Server) -> None:
    payload = await newcomer(server)
    assert payload["__typename"] == "SignUpSuccess"
    caller = Api(server.schema, server.stores, None, payload["token"])
    assert (await caller.run("{ viewer { handle isViewer role } }"))["viewer"] == {
        "handle": "nova_1", "isViewer": True, "role": "MEMBER",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "kind", "field"),
    [
        ({"handle": "no"}, "InvalidError", "handle"),
        ({"handle": "owner"}, "InvalidError", "handle"),
        ({"handle": "hé!"}, "InvalidError", "handle"),
        ({"password": "short"}, "InvalidError", "password"),
        ({"password": "x" * 257}, "InvalidError", "password"),
        ({"inviteCode": "WRONG-CODE"}, "NotFoundError", "inviteCode"),
        ({"inviteCode": ""}, "NotFoundError", "inviteCode"),
        ({"birthDate": f"{datetime.now(UTC).year - 5}-01-01"}, "DeniedError", "birthDate"),
        ({"birthDate": "2999-01-01"}, "InvalidError", "birthDate"),
        ({"region": "FR"}, "DeniedError", "region"),
    ],
)
async def test_a_newcomer_who_may_not_join_is_told_why_and_leaves_nothing(
    server: Server, changes: dict[str, str], kind: str, field: str
) -> None:
    payload = await newcomer(server, **changes)
    assert (payload["__typename"], payload["field"]) == (kind, field)
    assert await Account.all().count() == 0
    assert await Session.all().count() == 0
    assert await Invite.filter(used_at__isnull=False).count() == 0


async def test_an_invite_admits_one(server: Server) -> None:
    code = await create_invite(server.stores.keys, None)
    assert (await newcomer(server, inviteCode=code.lower().replace("-", " ")))["__typename"] == "SignUpSuccess"
    second = await newcomer(server, inviteCode=code, handle="other")
    assert (second["__typename"], second["field"]) == ("NotFoundError", "inviteCode")


async def test_a_taken_handle_is_a_conflict_and_keeps_the_invite(server: Server) -> None:
    await newcomer(server)
    code = await create_invite(server.stores.keys, None)
    assert (await newcomer(server, inviteCode=code))["__typename"] == "ConflictError"
    assert (await newcomer(server, inviteCode=code, handle="another"))["__typename"] == "SignUpSuccess"


async def test_an_address_elsewhere_does_not_join_and_is_never_kept(server: Server, tmp_path: Path) -> None:
    networks = {"192.0.2.0/24": {"country": {"iso_code": "CA"}}, "198.51.100.0/24": {"country": {"iso_code": "FR"}}}
    database = RegionDatabase(write_mmdb(tmp_path / "regions.mmdb", networks))
    watchful = Server(replace(server.stores, regions=database))
    caller, code = watchful.anyone, await create_invite(server.stores.keys, None)
    request = {"inviteCode": code, "handle": "nova", "password": PASSWORD, "birthDate": "1990-04-01", "region": "CA"}
    for address, told in (("198.51.100.7", "comes from FR"), ("203.0.113.1", "cannot tell")):
        caller.client = address
        refused = await caller.mutate(SIGN_UP, **request)
        assert (refused["__typename"], refused["field"]) == ("DeniedError", "region")
        assert told in refused["message"]
    assert await Account.all().count() == 0
    assert await Invite.filter(used_at__isnull=False).count() == 0
    caller.client = "192.0.2.7"
    assert (await caller.mutate(SIGN_UP, **request))["__typename"] == "SignUpSuccess"
    caller.client = "203.0.113.1"
    first = await create_invite(server.stores.keys, None, admin=True)
    admin = await caller.mutate(SIGN_UP, **request | {"inviteCode": first, "handle": "hostess", "region": "FR"})
    assert admin["__typename"] == "SignUpSuccess"
    for table in ("account", "session", "invite", "outbox"):
        kept = await connections.get("default").execute_query_dict(f"SELECT t::text AS row FROM {table} t")
        assert not any(part in each["row"] for each in kept for part in ("192.0.2", "198.51.100", "203.0.113"))


async def test_the_first_admin_may_come_from_anywhere(server: Server) -> None:
    code = await create_invite(server.stores.keys, None, admin=True)
    assert (await newcomer(server, inviteCode=code, region="FR"))["__typename"] == "SignUpSuccess"
    assert (await Account.get(handle="nova_1")).role == Role.ADMIN


@pytest.mark.parametrize("region", ["\0", "   ", "", "é", "USA"])
async def test_not_even_the_first_admin_comes_from_no_region(server: Server, region: str) -> None:
    code = await create_invite(server.stores.keys, None, admin=True)
    refused = await newcomer(server, inviteCode=code, region=region)
    assert (refused["__typename"], refused["field"]) == ("InvalidError", "region")
    assert await Account.all().count() == 0


async def test_codes_cannot_be_guessed_in_numbers(server: Server) -> None:
    kinds = [(await newcomer(server, inviteCode=f"GUESS-{n}"))["__typename"] for n in range(21)]
    assert kinds == ["NotFoundError"] * 20 + ["RateLimitedError"]


async def test_aliases_do_not_multiply_tries(server: Server) -> None:
    one = 'signIn(input: {handle: "ada", password: "wrong wrong wrong"}) { __typename }'
    data = await server.anyone.run("mutation {" + " ".join(f"a{n}: {one}" for n in range(11)) + "}")
    assert [data[f"a{n}"]["__typename"] for n in range(11)] == ["NotFoundError"] * 10 + ["RateLimitedError"]


async def test_strangers_who_are_wrong_in_a_members_name_do_not_lock_it_out(server: Server) -> None:
    await newcomer(server)
    stranger, owner = server.anyone, server.anyone
    owner.client = "192.0.2.7"
    # Nobody's password is looked at: it is the tries that count.
    for n in range(9):
        stranger.client = f"198.51.100.{n}"
        for _ in range(10):
            await session._BY_PAIR.spend(server.stores.redis, f"nova_1@{stranger.client}")
            await session._BY_HANDLE.spend(server.stores.redis, "nova_1")
        refused = await stranger.mutate(SIGN_IN, handle="@nova_1", password="wrong wrong wrong")
        assert refused["__typename"] == "RateLimitedError"
    assert (await owner.mutate(SIGN_IN, handle="nova_1", password=PASSWORD))["__typename"] == "SignInSuccess"
    for _ in range(9):
        await session._BY_HANDLE.spend(server.stores.redis, "nova_1")
    assert (await owner.mutate(SIGN_IN, handle="nova_1", password=PASSWORD))["__typename"] == "RateLimitedError"


async def test_a_wrong_password_and_a_wrong_handle_look_the_same(server: Server) -> None:
    await newcomer(server)
    wrong = await server.anyone.mutate(SIGN_IN, handle="nova_1", password="wrong wrong wrong")
    unknown = await server.anyone.mutate(SIGN_IN, handle="nobody", password=PASSWORD)
    assert wrong == unknown
    assert (await server.anyone.mutate(SIGN_IN, handle="@NOVA_1", password=PASSWORD))["__typename"] == "SignInSuccess"


async def test_tokens_and_codes_are_stored_only_as_digests(server: Server) -> None:
    code = await create_invite(server.stores.keys, None)
    token = (await newcomer(server, inviteCode=code))["token"]
    rows = await connections.get("default").execute_query_dict(
        """
        SELECT (SELECT string_agg(s::text, ' ') FROM session s)
            || (SELECT string_agg(i::text, ' ') FROM invite i) AS all
        """
    )
    assert token not in rows[0]["all"]
    assert token.removeprefix("yume_") not in rows[0]["all"]
    assert code not in rows[0]["all"]


async def test_signing_out_ends_the_session(ada: Api) -> None:
    assert (await ada.run("mutation { signOut { __typename } }"))["signOut"]["__typename"] == "SignOutSuccess"
    assert (await ada.run("{ viewer { handle } }"))["viewer"] is None
    assert (await ada.run("mutation { signOut { __typename } }"))["signOut"]["__typename"] == "UnauthenticatedError"


async def test_a_session_ends_by_the_database_clock(server: Server, ada: Api) -> None:
    await connections.get("default").execute_query("UPDATE session SET expires_at = yume_now() - interval '1 second'")
    assert (await ada.run("{ viewer { handle } }"))["viewer"] is None


async def test_sessions_are_forgotten_a_month_after_their_end(server: Server, ada: Api, bob: Api) -> None:
    assert ada.viewer is not None
    for ended in ("expires_at = yume_now() - interval '29 days'", "revoked_at = yume_now() - interval '29 days'"):
        await open_session(ada.viewer.id)
        await connections.get("default").execute_query(
            f"UPDATE session SET {ended} WHERE id = (SELECT id FROM session ORDER BY id DESC LIMIT 1)"
        )
    await sweep_sessions()
    assert await Session.all().count() == 4
    await connections.get("default").execute_query(
        """
        UPDATE session SET expires_at = expires_at - interval '2 days',
            revoked_at = revoked_at - interval '2 days'
        """
    )
    await sweep_sessions()
    assert await Session.all().count() == 2
    for caller in (ada, bob):
        assert (await caller.run("{ viewer { handle } }"))["viewer"] is not None


async def test_another_members_session_cannot_be_revoked(ada: Api, bob: Api) -> None:
    [session] = (await bob.run("{ viewer { sessions { id current } } }"))["viewer"]["sessions"]
    assert session["current"]
    revoke = "mutation($input: RevokeSessionInput!) { revokeSession(input: $input) { __typename } }"
    assert (await ada.mutate(revoke, sessionId=session["id"]))["__typename"] == "NotFoundError"
    assert (await bob.run("{ viewer { handle } }"))["viewer"] is not None
    assert (await bob.mutate(revoke, sessionId=session["id"]))["__typename"] == "RevokeSessionSuccess"
    assert (await bob.run("{ viewer { handle } }"))["viewer"] is None


async def test_each_member_gives_four_invites_and_a_revoked_one_comes_back(ada: Api) -> None:
    given = [await ada.mutate(INVITE, idempotencyKey=f"k{n}") for n in range(4)]
    assert len({one["inviteCode"] for one in given}) == 4
    fifth = await ada.mutate(INVITE, idempotencyKey="k4")
    assert (fifth["__typename"], fifth["left"], fifth["resetsAt"]) == ("QuotaExceededError", 0, None)
    revoked = await ada.mutate(REVOKE_INVITE, inviteId=given[0]["invite"]["id"])
    assert revoked["invite"]["revokedAt"] is not None
    assert (await ada.run("{ viewer { invites { left } } }"))["viewer"]["invites"]["left"] == 1
    assert (await ada.mutate(INVITE, idempotencyKey="k4"))["__typename"] == "CreateInviteSuccess"


async def test_invites_are_listed_by_the_page_and_counted_in_full(server: Server, ada: Api) -> None:
    assert ada.viewer is not None
    await set_policy("invites_per_account", 100, set_by=None)
    for _ in range(60):
        await create_invite(server.stores.keys, ada.viewer.id)
    invites = (await ada.run("{ viewer { invites { given { id createdAt } left } } }"))["viewer"]["invites"]
    assert len(invites["given"]) == 50
    assert invites["given"] == sorted(invites["given"], key=lambda one: one["createdAt"], reverse=True)
    assert invites["left"] == 40


async def test_even_admins_make_sixty_invites_an_hour_and_no_more_rows(server: Server) -> None:
    admin = await server.member("root", role=Role.ADMIN)
    for n in range(60):
        made = await admin.mutate(INVITE, idempotencyKey=f"k{n}")
        await admin.mutate(REVOKE_INVITE, inviteId=made["invite"]["id"])
    assert (await admin.mutate(INVITE, idempotencyKey="k60"))["__typename"] == "RateLimitedError"
    assert await Invite.all().count() == 60


async def test_a_retried_invite_is_the_same_invite(ada: Api) -> None:
    first = await ada.mutate(INVITE, idempotencyKey="same")
    assert await ada.mutate(INVITE, idempotencyKey="same") == first
    assert await Invite.all().count() == 1


async def test_a_revoked_invite_admits_nobody(server: Server, ada: Api, bob: Api) -> None:
    made = await ada.mutate(INVITE, idempotencyKey="k")
    assert (await bob.mutate(REVOKE_INVITE, inviteId=made["invite"]["id"]))["__typename"] == "NotFoundError"
    await ada.mutate(REVOKE_INVITE, inviteId=made["invite"]["id"])
    assert (await newcomer(server, inviteCode=made["inviteCode"]))["__typename"] == "NotFoundError"


async def test_policy_is_changed_by_admins_only_and_takes_effect_at_once(server: Server, ada: Api) -> None:
    assert (await ada.mutate(SET_POLICY, key="regions", value=["FR"]))["__typename"] == "DeniedError"
    assert (await newcomer(server, region="FR"))["__typename"] == "DeniedError"
    admin = await server.member("root", role=Role.ADMIN)
    changed = await admin.mutate(SET_POLICY, key="regions", value=["FR"])
    assert changed["policy"]["regions"] == ["FR"]
    assert changed["policy"]["history"][0] == {"key": "regions", "value": ["FR"]}
    assert (await newcomer(server, region="FR"))["__typename"] == "SignUpSuccess"
    for key, value, field in (
        ("nonsense", 1, "key"), ("regions", 4, "value"), ("regions", [], "value"), ("regions", ["fr\0"], "value"),
        ("invites_per_account", "x", "value"), ("invites_per_account", True, "value"), ("minimum_age", 3, "value"),
    ):  # fmt: skip
        refused = await admin.mutate(SET_POLICY, key=key, value=value)
        assert (refused["__typename"], refused["field"]) == ("InvalidError", field)


@pytest.mark.parametrize("strange", ["\0", "ada\0", "@", "💥", "a" * 5000])
async def test_a_strange_handle_is_nobody(server: Server, strange: str) -> None:
    find = "query($handle: String!) { account(handle: $handle) { id } policy { history(key: $handle) { key } } }"
    assert await server.anyone.run(find, handle=strange) == {"account": None, "policy": {"history": []}}
    assert (await server.anyone.mutate(SIGN_IN, handle=strange, password="x"))["__typename"] == "NotFoundError"


async def test_what_is_private_is_null_for_others(ada: Api, bob: Api) -> None:
    own = "role drafts { edges { cursor } } invites { left } quota { limitSeconds } sessions { id }"
    private = f'{{ account(handle: "bob") {{ handle {own} }} }}'
    assert (await ada.run(private))["account"] == {
        "handle": "bob", "role": None, "drafts": None, "invites": None, "quota": None, "sessions": None,
    }  # fmt: skip
    assert None not in (await bob.run(private))["account"].values()


async def test_a_newcomer_does_not_take_the_name_of_a_cameo(server: Server, ada: Api) -> None:
    await make_cameo(ada, handle="mimi", kind=CameoKind.PET)
    payload = await newcomer(server, handle="mimi")
    assert (payload["code"], payload["field"]) == ("CONFLICT", "handle")
    assert await Account.filter(handle="mimi").count() == 0
