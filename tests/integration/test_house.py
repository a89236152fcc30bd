"""The house: its drawn cast is installed once, passes the rules of any drawing, and everybody may cast it."""

from __future__ import annotations

from pathlib import Path

from engine.capture.still import examine_still
from engine.diorama.art import house as art
from engine.diorama.cast import load_cast
from engine.identity.face import Faces
from engine.spec import CastMember
from jobs.clip.likeness_files import lay_out
from jobs.house import install_house
from models.account import Account
from models.audit import AuditEntry
from models.cameo import ALL_SCOPES, Cameo, CameoState, Scope
from models.generation import BACKGROUND, Generation
from models.house import CAST, HOUSE, HOUSE_IDS
from models.likeness import GenerationLikeness
from resolvers.handle import RESERVED
from schema.node import global_id
from tests.api import Api, Server


async def test_the_house_cast_is_installed_once_and_everybody_may_cast_it(
    server: Server, ada: Api, tmp_path: Path
) -> None:
    await server.member("bolt")  # the name is somebody's already
    vault, media = server.stores.vault, server.stores.media
    assert await install_house(vault, media) == len(CAST)
    cameos = {cameo.id: cameo for cameo in await Cameo.all()}
    assert [cameos[one.id].handle for one in CAST] == ["mochi", "bolt_yume", "luma", "koa", "pip"]
    assert {(cameo.kind.value, cameo.state.value, cameo.owner_id) for cameo in cameos.values()} == {
        ("DRAWN", "ACTIVE", HOUSE.id)
    }

    made = await ada.create(
        prompt="@mochi waves", cast=[{"cameoId": global_id("Cameo", CAST[0].id), "scopes": ["FACE"]}]
    )
    assert made["__typename"] == "CreateGenerationSuccess", made
    job = await Generation.get()
    assert job.priority == 0 > BACKGROUND
    snapshot = await GenerationLikeness.get(generation_id=job.id)
    assert (snapshot.cameo_id, snapshot.version) == (CAST[0].id, 1)
    assert await AuditEntry.filter(kind="HOUSE_CAMEO_MADE").count() == len(CAST)

    parts = await lay_out(vault, media, CAST[0].id, 1, ALL_SCOPES & ~Scope.DOWNLOAD, tmp_path)
    assert parts.voice is None
    [member] = load_cast([CastMember(cameo_id="x", version=1, name="mochi", faces=parts.faces)])
    assert member.face is not None
    assert member.face.crops[0].features.sure

    await Cameo.filter(id=CAST[1].id).update(state=CameoState.ERASED, handle=None)
    assert await install_house(vault, media) == 0
    assert (await Cameo.get(id=CAST[1].id)).state is CameoState.ERASED
    assert await Account.filter(id__in=HOUSE_IDS, password_hash__isnull=True).count() == len(HOUSE_IDS)
    assert {"yume", "yume_studio", "yume_atelier"} <= RESERVED


def test_the_house_cast_passes_what_every_drawing_must(tmp_path: Path) -> None:
    faces = Faces()
    for name in art.HEADS:
        (tmp_path / name).mkdir()
        crop, thumbnail = art.save(name, tmp_path / name)
        (tmp_path / name / "examined").mkdir()
        found = examine_still(Path(crop.path), out_dir=tmp_path / name / "examined", faces=faces)
        assert [check.name.value for check in found.checks] == ["NO_HUMAN_FACE", "SHARP", "LIT", "OUTLINE"], name
        assert all(check.passed for check in found.checks), (name, found.checks)
        assert thumbnail.stat().st_size < 40_000
