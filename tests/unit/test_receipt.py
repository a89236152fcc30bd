"""What is signed: one spelling of JSON, keys that outlive their rotation, receipts that name nobody, Merkle proofs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import new_id
from models.canonical import canonical
from models.keys import Keys, PublicKey, load_keys, load_public_keys
from models.merkle import EMPTY_ROOT, MerkleTree, includes, leaf_hash, merkle_root, node_hash
from models.receipt import (
    ConsentAnswer,
    LikenessConsent,
    consent_receipt,
    deletion_receipt,
    likeness_id,
    sign_receipt,
    verify_receipt,
)
from models.signed import NotSigned, decode, encode, sign_document, verify_document

AT = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
)
BODIES = st.dictionaries(st.text(max_size=6).filter(lambda name: name not in {"kid", "signature"}), JSON, max_size=5)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return load_keys(tmp_path_factory.mktemp("keys"))


@given(value=JSON)
def test_canonical_json_says_the_same_value_in_one_way(value: Any) -> None:
    said = canonical(value)
    assert json.loads(said) == value
    assert canonical(json.loads(said)) == said


@given(value=st.dictionaries(st.text(max_size=4), SCALARS, min_size=2, max_size=6))
def test_canonical_json_does_not_care_for_the_order_of_keys(value: dict[str, Any]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


def test_canonical_json_is_spelled_as_rfc_8785_shows() -> None:
    # RFC 8785, 3.2.2 and 3.2.3, without its fractions.
    value = {
        "string": "€$\u000f\nA'B\"\\\\\"/", "literals": [None, True, False],
        "\r": 1, "\ufb33": 2, "1": 3, "\u0080": 4, "\U0001f602": 5, "ö": 6, "€": 7,
    }  # fmt: skip
    assert canonical(value).decode() == (
        '{"\\r":1,"1":3,"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/",'
        '"\u0080":4,"ö":6,"€":7,"\U0001f602":5,"\ufb33":2}'
    )


@pytest.mark.parametrize("value", [0.5, float("nan"), 2**53, -(2**53), {1: 2}, b"x", {"a": [1.0]}, object(), "\ud800"])
def test_what_json_cannot_say_in_one_way_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the codec's own message for a lone surrogate
        canonical(value)


@given(body=BODIES)
def test_a_signed_document_is_what_was_signed(keys: Keys, body: dict[str, Any]) -> None:
    assert verify_document(keys.published, sign_document(keys.audit, body), purpose="audit") == body


@given(body=BODIES, name=st.text(max_size=6), value=SCALARS)
def test_a_signed_document_with_anything_changed_is_not_genuine(
    keys: Keys, body: dict[str, Any], name: str, value: Any
) -> None:
    signed = sign_document(keys.receipt, body)
    for changed in ({**signed, name: value}, {key: signed[key] for key in signed if key != name}):
        if changed != signed:
            with pytest.raises(NotSigned):
                verify_receipt(keys.published, changed)


def test_a_signature_has_one_spelling(keys: Keys) -> None:
    signed = sign_receipt(keys, {"kind": "DELETION"})
    for other in (signed["signature"] + "=", " " + signed["signature"], signed["signature"][:-1], "", "é", "!"):
        with pytest.raises(NotSigned):
            verify_receipt(keys.published, {**signed, "signature": other})
    with pytest.raises(ValueError, match="kid or signature"):
        sign_receipt(keys, {"kid": "mine"})


@given(raw=st.binary(max_size=80))
def test_base64url_is_undone(raw: bytes) -> None:
    assert decode(encode(raw)) == raw


def test_what_one_purpose_signed_is_no_document_of_another(keys: Keys, tmp_path: Path) -> None:
    head = sign_document(keys.audit, {"root": "00"})
    with pytest.raises(NotSigned, match="no such receipt key"):
        verify_receipt(keys.published, head)
    # Even a key that were used for both would not help: the purpose is part of what is signed.
    same = {keys.audit.kid: PublicKey("receipt", keys.audit.public.raw)}
    with pytest.raises(NotSigned, match="does not fit"):
        verify_receipt(same, head)
    with pytest.raises(NotSigned, match="no such receipt key"):
        verify_receipt(load_keys(tmp_path).published, sign_receipt(keys, {}))


def test_a_receipt_can_be_checked_after_its_key_was_rotated(tmp_path: Path) -> None:
    old = load_keys(tmp_path)
    receipt = sign_receipt(old, {"kind": "DELETION"})
    (tmp_path / "receipt.key").unlink()
    new = load_keys(tmp_path)
    assert new.receipt.kid != old.receipt.kid
    assert set(new.published) == {old.receipt.kid, new.receipt.kid, old.audit.kid}
    assert verify_receipt(new.published, receipt) == {"kind": "DELETION"}


def test_public_keys_survive_the_way_over_the_network_and_hold_no_secret(keys: Keys, tmp_path: Path) -> None:
    told = json.dumps([key.to_jwk() for key in keys.published.values()])
    assert encode(keys.receipt.secret) not in told
    assert {key.kid: key for key in map(PublicKey.from_jwk, json.loads(told))} == keys.published
    receipt = sign_receipt(keys, {"bytes": 3})
    assert verify_receipt({key.kid: key for key in map(PublicKey.from_jwk, json.loads(told))}, receipt) == {"bytes": 3}
    assert load_public_keys(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", [{"x": "AAAA"}, {"kid": "0" * 16}, {"crv": "P-256"}, {"purpose": "audit"}, {"x": 3}])
def test_a_public_key_that_is_not_what_its_kid_says_is_refused(keys: Keys, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="key"):
        PublicKey.from_jwk({**keys.receipt.public.to_jwk(), **change})


def test_a_deletion_receipt_says_what_when_and_how_much(keys: Keys) -> None:
    cameo = new_id()
    receipt = deletion_receipt(
        keys, receipt_id=new_id(), subject=f"cameo/{cameo}", asked_at=AT, done_at=AT,
        purged={
            "FACE_CROPS": {"objects": 5, "bytes": 900},
            "CAPTURES": {"objects": 1, "bytes": 100},
            "PREVIEWS": {"objects": 0, "bytes": 0},
        },
        audit_hash=bytes(32),
    )  # fmt: skip
    body = verify_receipt(keys.published, json.loads(json.dumps(receipt)))
    assert (body["kind"], body["subject"], body["bytes"], body["objects"]) == ("DELETION", f"cameo/{cameo}", 1000, 6)
    assert [part["class"] for part in body["classes"]] == ["CAPTURES", "FACE_CROPS", "PREVIEWS"]
    assert (body["done_at"], body["audit"]) == ("2026-11-22T12:30:00.000000Z", "00" * 32)


def _consent(keys: Keys, cameos: Sequence[Any], video: Any, *answers: ConsentAnswer) -> dict[str, Any]:
    parts = [LikenessConsent(cameo, ["VOICE", "FACE"], answer) for cameo, answer in zip(cameos, answers, strict=True)]
    return verify_receipt(keys.published, consent_receipt(keys, video_id=video, at=AT, likenesses=parts))


def test_consent_receipts_name_nobody_and_cannot_be_linked_across_videos(keys: Keys) -> None:
    cameos, videos = [new_id(), new_id()], [new_id(), new_id()]
    one, two = (_consent(keys, cameos, video, *[ConsentAnswer.CONSENTED] * 2) for video in videos)
    assert one["answer"] == two["answer"] == "CONSENTED"
    assert one["id"] != two["id"]
    assert not {part["id"] for part in one["likenesses"]} & {part["id"] for part in two["likenesses"]}
    assert likeness_id(keys, videos[0], cameos[0]) in {part["id"] for part in one["likenesses"]}
    told = json.dumps([one, two])
    assert not any(str(cameo) in told or cameo.hex in told for cameo in cameos)
    assert one == _consent(keys, cameos[::-1], videos[0], *[ConsentAnswer.CONSENTED] * 2), "nor does the order tell"


def test_a_use_that_is_not_consented_to_says_nothing_more(keys: Keys) -> None:
    cameos, video = [new_id(), new_id()], new_id()
    body = _consent(keys, cameos, video, ConsentAnswer.CONSENTED, ConsentAnswer.NOT_CONSENTED)
    assert (body["answer"], body["likenesses"]) == ("NOT_CONSENTED", [])


def test_merkle_roots_are_those_of_rfc_6962() -> None:
    assert merkle_root([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()
    a, b, c = (leaf_hash(leaf) for leaf in (b"a", b"b", b"c"))
    assert merkle_root([b"a"]) == a == hashlib.sha256(b"\0a").digest()
    assert merkle_root([b"a", b"b", b"c"]) == node_hash(node_hash(a, b), c)
    # The test vectors of certificate-transparency: the first eight leaves there.
    leaves = [bytes.fromhex(text) for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
    )]  # fmt: skip
    assert merkle_root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@given(leaves=st.lists(st.binary(max_size=6), min_size=1, max_size=40), data=st.data())
def test_a_leaf_is_proved_under_its_root_and_nothing_else_is(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    tree = MerkleTree(watched=index)
    for leaf in leaves:
        tree.add(leaf)
    root, size, path = tree.root(), len(leaves), tree.path
    assert root == merkle_root(leaves)
    assert includes(root, leaves[index], index=index, size=size, path=path)
    assert not includes(root, leaves[index] + b"!", index=index, size=size, path=path)
    assert not includes(root, leaves[index], index=size, size=size, path=path)
    assert not includes(root, leaves[index], index=index, size=size, path=[*path, bytes(32)])
    if path:
        assert not includes(root, leaves[index], index=index, size=size, path=path[:-1])
        assert not includes(root, leaves[index], index=index, size=size, path=[bytes(32), *path[1:]])
