"""What operators and outsiders are given to check the audit log and receipts: commands, files and public addresses."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Route
from structlog.testing import capture_logs
from tortoise.transactions import in_transaction

from app.asgi import create_app
from app.cli.audit import _anchors
from app.cli.checks import audit as doctor_audit
from app.cli.checks import keys as doctor_keys
from app.routes.wellknown import audit_head, keys
from app.settings import Settings
from app.trouble import FileUnfit, KeysBroken
from jobs.daily_head import ANCHOR, keep_daily_head, read_anchors
from models.audit import SERVER, append, chain_of
from models.base import new_id
from models.keys import Keys, PublicKey, load_keys
from models.merkle import includes
from models.receipt import sign_receipt, verify_receipt
from models.signed import sign_document, verify_document
from tests.api import Server
from tests.consent import shift_clock
from tests.jobs_stack import ROOT, rows


@pytest.fixture
def own(settings: Settings) -> Keys:
    return load_keys(settings.keys)


async def write(kind: str = "POLICY_CHANGED") -> None:
    async with in_transaction() as connection:
        await append(connection, SERVER, kind, {"version": 1})


async def yume(settings: Settings, *arguments: str | Path, **changes: str) -> tuple[int, str, str]:
    """Run the command line: exit status, what it printed, what it said."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    given = {
        "YUME_DATA_DIR": str(settings.data_dir),
        "YUME_DATABASE_URL": settings.database_url.get_secret_value(),
        "YUME_REDIS_URL": settings.redis_url.get_secret_value(),
        "COLUMNS": "200",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", *map(str, arguments), cwd=ROOT, env={**os.environ, **given, **changes},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), said.decode()


async def test_a_log_is_proved_its_head_printed_and_a_change_named_in_words(settings: Settings, own: Keys) -> None:
    await write()
    await write()
    status, out, _ = await yume(settings, "audit", "head")
    assert status == 0
    head = json.loads(out)
    assert verify_document(own.published, head, purpose="audit")["chains"] == 1
    kept = settings.data_dir / "kept.json"
    kept.write_text(out)

    status, _, said = await yume(settings, "audit", "verify", "--against", kept)
    assert (status, "2 entries in 1 chains" in said, "Nothing was changed" in said) == (0, True, True)

    async with in_transaction() as connection:
        await connection.execute_query("SET LOCAL session_replication_role = replica")
        await connection.execute_query("UPDATE audit_entry SET facts = '{\"version\": 2}' WHERE seq = 1")
    status, _, said = await yume(settings, "audit", "verify")
    assert status == 1
    assert "server #1: the entry was changed after it was written" in said
    assert "Nothing was changed" not in said


async def test_a_proof_that_the_head_covers_a_chain_needs_no_more_of_the_log(settings: Settings, own: Keys) -> None:
    chain = chain_of(new_id())
    for name in (SERVER, chain, chain_of(new_id())):
        async with in_transaction() as connection:
            await append(connection, name, "CAMEO_PAUSED", {})
    await keep_daily_head(own, settings.keys)
    status, out, _ = await yume(settings, "audit", "prove", chain)
    proof = json.loads(out)
    head = verify_document(own.published, proof["head"], purpose="audit")
    assert (status, json.loads(proof["leaf"])["chain"]) == (0, chain)
    assert includes(
        bytes.fromhex(head["root"]), proof["leaf"].encode(), index=proof["index"], size=proof["size"],
        path=map(bytes.fromhex, proof["path"]),
    )  # fmt: skip


async def test_a_head_that_cannot_be_compared_with_is_told_in_words(settings: Settings, own: Keys) -> None:
    kept = settings.data_dir / "kept.json"
    status, _, said = await yume(settings, "audit", "verify", "--against", kept)
    assert (status, "Mend:" in said, "Traceback" in said) == (1, True, False)
    for content in ("{", '{"root": "00"}', "[]", json.dumps(sign_document(own.audit, {"kind": "OTHER"}))):
        kept.write_text(content)
        with pytest.raises(FileUnfit, match="no head signed by this server"):
            _anchors(own, [kept], must=[kept])


async def test_a_receipt_is_checked_without_a_server_and_without_its_secrets(
    settings: Settings, own: Keys, tmp_path: Path
) -> None:
    file, published = tmp_path / "receipt.json", tmp_path / "keys.json"
    file.write_text(json.dumps(sign_receipt(own, {"kind": "DELETION", "bytes": 1234})))
    published.write_text(json.dumps({"keys": [key.to_jwk() for key in own.published.values()]}))
    elsewhere = {"YUME_DATA_DIR": str(tmp_path / "elsewhere"), "YUME_DATABASE_URL": "postgresql://nobody@192.0.2.1/x"}
    status, _, said = await yume(settings, "receipt", "verify", file, "--keys", published, **elsewhere)
    assert (status, "✓ Genuine" in said, "1234" in said) == (0, True, True)
    assert not (tmp_path / "elsewhere").exists()

    file.write_text(file.read_text().replace("1234", "4321"))
    status, _, said = await yume(settings, "receipt", "verify", file)
    assert (status, "Not genuine" in said, "✓" in said) == (1, True, False)


async def _get(server: Server, path: str) -> httpx.Response:
    app = Starlette(routes=[Route("/keys.json", keys), Route("/audit-head.json", audit_head)])
    app.state.stores = server.stores
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        return await client.get(path)


async def test_public_keys_and_the_head_are_there_for_everybody(
    server: Server, settings: Settings, tmp_path: Path
) -> None:
    assert {f"/.well-known/yume/{name}.json" for name in ("keys", "audit-head")} <= {
        getattr(route, "path", "") for route in create_app(settings).routes
    }
    own = server.stores.keys
    answer = await _get(server, "/keys.json")
    told: list[dict[str, Any]] = answer.json()["keys"]
    published = {key.kid: key for key in map(PublicKey.from_jwk, told)}
    assert published == own.published
    assert {jwk["purpose"] for jwk in told} == {"audit", "receipt"}
    assert "d" not in set().union(*told), "the secret half of a JSON Web Key"
    assert verify_receipt(published, sign_receipt(own, {"kind": "DELETION"})) == {"kind": "DELETION"}

    assert (await _get(server, "/audit-head.json")).status_code == 404
    await write()
    assert await keep_daily_head(own, tmp_path)
    answer = await _get(server, "/audit-head.json")
    assert verify_document(published, answer.json(), purpose="audit")["kind"] == "AUDIT_HEAD"
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_the_newest_head_is_kept_beside_the_keys_until_the_log_no_longer_knows_it(
    database: str, tmp_path: Path
) -> None:
    own = load_keys(tmp_path)
    await write()
    assert await keep_daily_head(own, tmp_path)
    assert not await keep_daily_head(own, tmp_path), "one a day"
    [first] = read_anchors(own, [tmp_path / ANCHOR])

    # The database is rolled back to before that head, and goes on.
    async with in_transaction() as connection:
        await connection.execute_query("SET LOCAL session_replication_role = replica")
        for table in ("audit_entry", "audit_head", "audit_daily_head"):
            await connection.execute_query(f"DELETE FROM {table}")
    await write()
    with capture_logs() as logs:
        assert await keep_daily_head(own, tmp_path)
    assert [line["event"] for line in logs] == ["audit_head_signed", "audit_rolled_back"]
    assert read_anchors(own, [tmp_path / ANCHOR]) == [first]


async def test_a_head_is_not_signed_over_a_log_that_was_changed_and_the_worker_goes_on(
    database: str, tmp_path: Path
) -> None:
    own = load_keys(tmp_path)
    await write()
    assert await keep_daily_head(own, tmp_path)
    async with in_transaction() as connection:
        await connection.execute_query("SET LOCAL session_replication_role = replica")
        await connection.execute_query("UPDATE audit_daily_head SET day = day - 1, root = $1", [new_id().bytes * 2])
    with capture_logs() as logs:
        assert not await keep_daily_head(own, tmp_path)
    assert [(line["event"], line["log_level"]) for line in logs] == [("audit_head_refused", "critical")]
    assert len(await rows("SELECT 1 FROM audit_daily_head")) == 1


async def test_the_doctor_says_that_a_master_key_beside_its_keys_is_no_good_in_production(
    settings: Settings, own: Keys
) -> None:
    opened = await doctor_keys(settings)
    assert (opened.ok, "beside the keys" in opened.detail) == (True, True)
    production = settings.model_copy(update={"env": "production"})
    told = await doctor_keys(production)
    assert (told.ok, "YUME_MASTER_KEY" in told.mend) == (False, True)
    given = base64.b64encode((settings.keys / "master.key").read_bytes()).decode()
    (settings.keys / "master.key").unlink()
    assert (await doctor_keys(production.model_copy(update={"master_key": SecretStr(given)}))).ok
    with pytest.raises(KeysBroken, match="not given now"):
        await doctor_keys(production)
    assert not (settings.keys / "master.key").exists()


async def test_the_doctor_sees_days_without_a_head_and_a_log_rolled_back(settings: Settings, own: Keys) -> None:
    assert (await doctor_audit(settings)).ok
    await write()
    await keep_daily_head(own, settings.keys)
    assert (await doctor_audit(settings)).ok
    await shift_clock("3 days")
    assert not (await doctor_audit(settings)).ok
    await shift_clock("-3 days")
    async with in_transaction() as connection:
        await connection.execute_query("SET LOCAL session_replication_role = replica")
        await connection.execute_query("DELETE FROM audit_daily_head")
    told = await doctor_audit(settings)
    assert (told.ok, "rolled back" in told.detail) == (False, True)
