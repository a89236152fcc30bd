"""The product under the machine: real resolvers, gates and rules on a real Postgres, driven from another thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from tortoise import connections
from tortoise.transactions import in_transaction

from engine.protocol import ClipMessage
from engine.spec import Capabilities, GenerationSpec
from jobs.clip.finish import StoredObject, finish
from jobs.clip.gate import ConsentEnded, check_consent, end_for_consent
from jobs.clip.lease import Lease, claim
from jobs.consent.sweep import sweep_consent
from models.account import Account, Role
from models.base import new_id
from models.cameo import Scope
from models.consent.gates import consent_has_ended
from models.consent.standing import standings
from models.errors import DomainError
from models.generation import FINAL_STATES, Generation
from models.grant import Audience, Grant, GrantState, OnExpiry, RevokeMode
from models.likeness import VideoLikeness
from models.policy import set_policy
from models.rules.sql import account as named
from models.rules.video import bytes_may_be_served, may_be_listed, may_be_seen_by
from models.video import RenditionKind, VideoVisibility, Visibility
from resolvers import appearance, block, cameo_access, follow, publish, suspension
from resolvers import grant as grants
from resolvers import video as videos
from resolvers.cast import CastRequest
from resolvers.context import Context, Stores
from resolvers.generation import GenerationRequest, create_generation
from resolvers.session import open_session, session_for_token
from resolvers.terms import Terms
from tests.consent import make_cameo, shift_clock
from tests.machine.model import ACCOUNTS, OWNERS, Model
from tests.machine.state import FACE, VOICE

ENGINE = "machine"
CAPABILITIES = Capabilities(
    title="Machine", audio=True, first_frame=False, cast=True, remix_strength=True, streaming=False, preview=True,
    min_seconds=1.0, max_seconds=10.0, sizes=((720, 1280),), fps=(30,), steps=(1, 32), max_cast=2,
)  # fmt: skip
_LOOKS = (FACE, VOICE)
_OF_CREATORS = ("request", "work", "finish", "publish", "delete", "answer", "moderate", "withdraw_likeness")
"""Verbs that change nobody's permission: who may use what is not asked again after them."""


class Product:
    """Drives the product for one machine at a time. ``loop`` is the one that its connections belong to."""

    def __init__(self, stores: Stores, loop: asyncio.AbstractEventLoop) -> None:
        self.stores, self._loop = stores, loop
        self.accounts: list[Account] = []
        self.cameos: dict[int, UUID] = {}
        self.grants: dict[int, UUID] = {}
        self.jobs: dict[int, UUID] = {}
        self.videos: dict[int, UUID] = {}
        self.leases: dict[int, Lease] = {}
        self.admin: Account | None = None
        self.last = ""
        self.born = datetime.now(UTC)
        self.runs = 0

    def begin(self) -> None:
        """New accounts and cameos; what earlier machines left behind concerns nobody of them."""
        self._run(self._begin())

    def do(self, verb: str, told: Any, model: Model, **arguments: Any) -> Any:
        """Do one action: what the model said when the product says yes as well, else what the product says."""
        self.last = verb
        act: Callable[..., Coroutine[Any, Any, Any]] = getattr(self, f"_{verb}")
        try:
            done = self._run(act(told, model, **arguments))
        except DomainError:
            return None if told is None else (False if isinstance(told, bool) else None)
        if done is None or done is False:
            return None if told is None else (False if isinstance(told, bool) else None)
        return told if told not in (None, False) else "allowed"

    def differences(self, model: Model) -> list[str]:
        """Who sees which video, which bytes are served, who may use what, which jobs may go on."""
        return self._run(self._differences(model))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _begin(self) -> None:
        self.runs += 1
        self.born = datetime.now(UTC)
        await self.stores.redis.flushdb()
        await shift_clock("0 days")
        await connections.get("default").execute_query("DELETE FROM engine_host")
        await connections.get("default").execute_query(
            "INSERT INTO engine_host (id, created_at, host, engine, device, capabilities, weights, heartbeat_at) "
            "VALUES ($1, yume_now(), 'here', $2, 'cpu', $3, 'none', yume_now())",
            [new_id(), ENGINE, msgspec.json.encode(CAPABILITIES).decode()],
        )
        for rule, plenty in (("active_generations_per_account", 1000), ("engine_seconds_per_day", 86_400.0)):
            await set_policy(rule, plenty, set_by=None)
        model = Model(ACCOUNTS, OWNERS)
        self.grants, self.jobs, self.videos, self.leases = {}, {}, {}, {}
        self.accounts = [await self._member(f"m{self.runs}_{number}") for number in model.accounts]
        self.admin = await self._member(f"admin{self.runs}", role=Role.ADMIN)
        for number, row in model.cameos.items():
            cameo = await make_cameo(self.accounts[row.owner])
            self.cameos[number] = cameo.id
            await self._learn(model, number)

    async def _member(self, handle: str, **more: Any) -> Account:
        return await Account.create(handle=handle, display_name=handle, region="CA", **more)

    async def _as(self, account: int | None) -> Context:
        """A fresh session: the clock leaps, and what widens asks for a password given a short while ago."""
        who = self.admin if account is None else self.accounts[account]
        assert who is not None
        token, _ = await open_session(who.id, days=1.0)
        viewer, session = await session_for_token(token) or (None, None)
        return Context(stores=self.stores, viewer=viewer, session=session, client="127.0.0.1", request_id="machine")

    async def _owner(self, model: Model, cameo: int) -> Context:
        return await self._as(model.cameos[cameo].owner)

    async def _learn(self, model: Model, cameo: int) -> None:
        rows = Grant.filter(cameo_id=self.cameos[cameo], audience__isnull=False, state=GrantState.ACTIVE)
        self.grants[model.access(cameo).id] = (await rows.get()).id

    def _expiry(self, days: float | None) -> datetime | None:
        return None if days is None else self.born + timedelta(days=days)

    # verbs; the first two arguments are what the model said, and the model

    async def _set_access(self, _: Any, model: Model, **new: Any) -> bool:
        terms = Terms(
            audience=Audience(new["audience"]), scopes=Scope(new["scopes"]), expires_at=self._expiry(new["expires"]),
            on_expiry=OnExpiry.WITHDRAW if new["withdraws"] else OnExpiry.KEEP, per_use_approval=new["asks"],
        )  # fmt: skip
        request = cameo_access.AccessRequest(self.cameos[new["cameo"]], terms)
        await cameo_access.set_access(await self._owner(model, new["cameo"]), request)
        await self._learn(model, new["cameo"])
        return True

    async def _grant(self, told: Any, model: Model, **new: Any) -> bool:
        terms = Terms(
            audience=None, scopes=Scope(new["scopes"]), expires_at=self._expiry(new["expires"]),
            on_expiry=OnExpiry.WITHDRAW if new["withdraws"] else OnExpiry.KEEP,
        )  # fmt: skip
        context, subject = await self._owner(model, new["cameo"]), self.accounts[new["subject"]].id
        given = await grants.permit(
            context, self.cameos[new["cameo"]], subject, terms, idempotency_key=str(new_id())
        )  # fmt: skip
        self.grants[told] = given.grant.id
        return True

    async def _revoke_grant(self, _: Any, model: Model, *, grant: int, withdraw: bool) -> bool:
        context = await self._owner(model, model.grants[grant].cameo)
        await grants.revoke(context, self.grants[grant], _mode(withdraw))
        return True

    async def _revoke_cameo(self, _: Any, model: Model, *, cameo: int, withdraw: bool) -> bool:
        await cameo_access.revoke_all(await self._owner(model, cameo), self.cameos[cameo], _mode(withdraw))
        await self._learn(model, cameo)
        return True

    async def _pause(self, _: Any, model: Model, *, cameo: int) -> bool:
        await cameo_access.pause(await self._owner(model, cameo), self.cameos[cameo])
        return True

    async def _resume(self, _: Any, model: Model, *, cameo: int) -> bool:
        await cameo_access.resume(await self._owner(model, cameo), self.cameos[cameo])
        return True

    async def _withdraw_likeness(self, _: Any, model: Model, *, cameo: int, video: int) -> bool:
        context = await self._owner(model, cameo)
        await appearance.withdraw_likeness(context, self.videos[video], self.cameos[cameo])
        return True

    async def _answer(self, _: Any, model: Model, *, cameo: int, video: int, yes: bool) -> bool:
        said = appearance.Answer(self.videos[video], self.cameos[cameo], approve=yes, draft_hash=None)
        await appearance.answer(await self._owner(model, cameo), said)
        return True

    async def _follow(self, _: Any, __: Model, *, one: int, other: int) -> bool:
        await follow.follow(await self._as(one), self.accounts[other].id)
        return True

    async def _unfollow(self, _: Any, __: Model, *, one: int, other: int) -> bool:
        await follow.unfollow(await self._as(one), self.accounts[other].id)
        return True

    async def _block(self, _: Any, __: Model, *, one: int, other: int) -> bool:
        await block.block(await self._as(one), self.accounts[other].id)
        return True

    async def _unblock(self, _: Any, __: Model, *, one: int, other: int) -> bool:
        await block.unblock(await self._as(one), self.accounts[other].id)
        return True

    async def _suspend(self, _: Any, __: Model, *, account: int) -> bool:
        await suspension.suspend(await self._as(None), self.accounts[account].id)
        return True

    async def _unsuspend(self, _: Any, __: Model, *, account: int) -> bool:
        await suspension.unsuspend(await self._as(None), self.accounts[account].id)
        return True

    async def _request(self, told: Any, _: Model, *, author: int, cast: dict[int, int], parent: int | None) -> bool:
        wanted = tuple(CastRequest(self.cameos[cameo], Scope(scopes)) for cameo, scopes in cast.items())
        made = await create_generation(
            await self._as(author),
            GenerationRequest(
                prompt="a fox", seconds=1.0, cast=wanted, remix_of=None if parent is None else self.videos[parent],
                idempotency_key=str(new_id()),
            ),
        )  # fmt: skip
        # Workers take what waits longest; a queue of its own for each job lets the story say which one goes on.
        await Generation.filter(id=made.id).update(engine=str(made.id))
        self.jobs[told] = made.id
        return True

    async def _work(self, _: Any, __: Model, *, job: int) -> bool:
        lease = await self._claimed(job)
        if lease is None:
            return False
        try:
            await check_consent(lease)
        except ConsentEnded as ended:
            async with in_transaction() as connection:
                await end_for_consent(connection, lease, ended.cause)
            return False
        return True

    async def _finish(self, told: Any, _: Model, *, job: int) -> bool:
        lease = await self._claimed(job)
        if lease is None:
            return False
        spec = msgspec.convert(lease.spec, GenerationSpec)
        clip = ClipMessage(
            job=str(lease.generation_id), path="clip.mp4", poster="poster.webp", preview="preview.webp", latent=None,
            timings={}, frames=30, recipe={"subjects": ["fox"]}, seconds=1.0, width=720, height=1280, fps=30.0,
            has_audio=True, waveform=(0.5,), bytes=3, sha256=f"{lease.generation_id.hex}{'0' * 32}",
        )  # fmt: skip
        stored = StoredObject(RenditionKind.MP4, lease.media_prefix + "clip.mp4", "video/mp4", 3, clip.sha256)
        async with in_transaction() as connection:
            done = await finish(connection, lease, spec, clip, [stored])
        if done.video_id is None:
            return False
        if told is not None:
            self.videos[told] = done.video_id
        return True

    async def _claimed(self, job: int) -> Lease | None:
        if job not in self.leases:
            async with in_transaction() as connection:
                lease = await claim(connection, new_id(), str(self.jobs[job]))
            if lease is None:
                return None
            self.leases[job] = lease
        return self.leases[job]

    async def _publish(self, _: Any, model: Model, *, video: int, audience: str, remixable: bool) -> bool:
        author = model.videos[video].author
        viewers = (self.accounts[model.picked_by(author)].id,) if audience == "CHOSEN" else None
        request = publish.Publication(self.videos[video], None, Visibility(audience), remixable, viewers=viewers)
        await publish.publish(await self._as(author), request)
        return True

    async def _delete(self, _: Any, model: Model, *, video: int) -> bool:
        await videos.delete(await self._as(model.videos[video].author), self.videos[video])
        return True

    async def _moderate(self, _: Any, __: Model, *, video: int, state: str) -> bool:
        await VideoVisibility.filter(id=self.videos[video]).update(moderation=state)
        return True

    async def _wait(self, _: Any, model: Model, *, days: float) -> bool:
        del days
        await shift_clock(f"{model.now} days")
        await connections.get("default").execute_query("UPDATE engine_host SET heartbeat_at = yume_now()")
        return True

    async def _sweep(self, _: Any, __: Model) -> bool:
        await sweep_consent()
        return True

    # what anybody can see

    async def _differences(self, model: Model) -> list[str]:
        found = [*await self._seeing(model), *await self._working(model), *await self._closure(model)]
        return found if self.last in _OF_CREATORS else [*found, *await self._using(model)]

    async def _seeing(self, model: Model) -> list[str]:
        viewers: dict[str, int | None] = {f"{viewer} sees": viewer for viewer in (None, *model.accounts)}
        rules = {
            says: may_be_seen_by(named(None if viewer is None else self.accounts[viewer].id))
            for says, viewer in viewers.items()
        }
        rules |= {"listed are": may_be_listed(named(None)), "bytes are served of": bytes_may_be_served()}
        law = {says: {v.id for v in model.videos.values() if model.sees(viewer, v)} for says, viewer in viewers.items()}
        public = [v for v in model.videos.values() if v.audience == "PUBLIC"]
        law["listed are"] = {v.id for v in public if model.published_to(v, None)}
        law["bytes are served of"] = {v.id for v in model.videos.values() if model.served(v)}
        statement = " UNION ALL ".join(
            f"SELECT '{says}' AS says, id FROM video_visibility WHERE id = ANY ($1::uuid[]) AND {rule}"
            for says, rule in rules.items()
        )
        numbers = {row: number for number, row in self.videos.items()}
        got: dict[str, set[int]] = {says: set() for says in rules}
        for row in await connections.get("default").execute_query_dict(statement, [list(numbers)]):
            got[row["says"]].add(numbers[row["id"]])
        return [
            f"{says} {sorted(got[says])}, lawful is {sorted(law[says])}" for says in rules if got[says] != law[says]
        ]

    async def _using(self, model: Model) -> list[str]:
        found: list[str] = []
        for account in model.accounts:
            for look in _LOOKS:
                wanted = dict.fromkeys(self.cameos.values(), Scope(look))
                rows = await standings(connections.get("default"), self.accounts[account].id, wanted)
                for cameo, row in self.cameos.items():
                    law = model.permitted(account, cameo, look)
                    if rows[row].permitted != law:
                        found.append(f"{account} may use {cameo} with {look}: {not law}, lawful is {law}")
        return found

    async def _working(self, model: Model) -> list[str]:
        found: list[str] = []
        for job in model.active():
            row = await Generation.get(id=self.jobs[job.id])
            ended = row.state in FINAL_STATES or row.cancel_requested_at is not None
            ended = ended or await consent_has_ended(connections.get("default"), row.id) is not None
            if ended == model.consented(job):
                found.append(f"job {job.id} may go on: {not ended}, lawful is {ended}")
        return found

    async def _closure(self, model: Model) -> list[str]:
        numbers = {row: number for number, row in self.videos.items()}
        cameos = {row: number for number, row in self.cameos.items()}
        rows = await VideoLikeness.filter(video_id__in=list(numbers)).values_list("video_id", "cameo_id")
        carried = {(numbers[video], cameos[cameo]) for video, cameo in rows}
        law = {(v.id, cameo) for v in model.videos.values() for cameo in v.likenesses}
        return [f"likenesses are {sorted(carried)}, lawful is {sorted(law)}"] * (carried != law)


def _mode(withdraw: bool) -> RevokeMode:  # noqa: FBT001
    return RevokeMode.WITHDRAW if withdraw else RevokeMode.STOP_FUTURE
