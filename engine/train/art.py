"""Bakes diorama's art pack from the openly licensed glyph set: `python -m engine.train.art` (needs npm once)."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.diorama.art.names import names_vectors, split_names, write_vectors
from engine.diorama.scene import KINDS, MOTIONS, PLACES
from engine.train.art_dry import without_water
from engine.train.art_eyes import find_eyes
from engine.train.art_reel import bake_reel

GLYPHS = "@lobehub/fluent-emoji-3d@1.1.0"
ANIMATED = tuple(f"@lobehub/fluent-emoji-anim-{part}@1.0.0" for part in (1, 2, 3, 4))
NAMES = "emojibase-data@17.0.0"
ART = Path(__file__).parents[1] / "diorama" / "art"
FRAMINGS = ("full", "bust", "head")
# Where a mouth usually is, as fractions of the trimmed picture, by framing; curated.toml overrides.
MOUTHS = {"head": (0.5, 0.74), "bust": (0.5, 0.43), "full": (0.5, 0.3)}
PROFILE_MOUTH = (0.12, 0.32)
TALKERS = {"animal", "person", "flyer", "swimmer"}

Entry = dict[str, Any]


def fetch(package: str, folder: Path) -> Path:
    """Fetch and unpack one npm package into ``folder``; returns its root. Raises if npm is missing or fails."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm was not found. Install Node, then run this again.")
    done = subprocess.run(  # noqa: S603 - npm and the pinned names above, no input
        [npm, "pack", package, "--json", "--pack-destination", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    archive = folder / json.loads(done.stdout)[0]["filename"]
    return unpack(archive, folder)


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack an npm tarball; returns the folder of the package."""
    target = folder / archive.stem
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")
    return target / "package"


def slug(label: str) -> str:
    """A glyph's English label as an asset id: lower-case ASCII words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", label.replace("’", "").replace("'", "")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def plain_label(label: str, joint: str) -> str:
    """A label without its bracketed remark, "man: red hair" read as "man with red hair"."""
    label = re.sub(r"\s*\([^)]*\)", "", label).replace("’", "'")
    return re.sub(r"\s*:\s*", f" {joint} ", label).lower().strip()


def by_code(packages: Sequence[Path]) -> dict[str, Path]:
    """The pictures of ``packages`` by their code points, which packages write with or without variation selectors."""
    found = (path for package in packages for path in sorted((package / "assets").glob("*.webp")))
    return {path.stem.replace("-fe0f", ""): path for path in found}


def glyphs(names: Path, pictures: Path) -> Iterator[tuple[str, Entry, Entry, Path]]:
    """Yield (subgroup, English record, French record, picture) for every glyph that has all of them."""
    english = json.loads((names / "en" / "data.json").read_text("utf-8"))
    french = {one["hexcode"]: one for one in json.loads((names / "fr" / "data.json").read_text("utf-8"))}
    groups = json.loads((names / "en" / "messages.json").read_text("utf-8"))["subgroups"]
    subgroups = {group["order"]: group["key"] for group in groups}
    files = by_code([pictures])
    for one in english:
        path = files.get(one["hexcode"].lower().replace("-fe0f", ""))
        if path is not None and one.get("subgroup") is not None:
            yield subgroups[one["subgroup"]], one, french[one["hexcode"]], path


def entry(subgroup: str, en: Entry, fr: Entry, rules: Entry, own: Entry) -> Entry:
    """The index entry of one glyph: the subgroup's rules overridden by the curated ``own`` ones."""
    merged: Entry = {"facing": 0, "framing": "full", **rules, **own}
    if merged["framing"] != "full" and "facing" not in own:
        merged["facing"] = 0 if subgroup != "animal-mammal" else -1
    profile = merged["framing"] == "full" and merged["facing"] == -1 and merged["kind"] != "person"
    mouth = PROFILE_MOUTH if profile else MOUTHS[merged["framing"]]
    if merged["framing"] == "full" and merged["kind"] == "person":
        mouth = (0.5, 0.2)
    return {
        "code": en["hexcode"].lower(),
        "names_en": split_names(own.get("en", "")) or [plain_label(en["label"], "with")],
        "names_fr": split_names(own.get("fr", "")) or [plain_label(fr["label"], "avec")],
        "tags_en": [tag.lower() for tag in en.get("tags", [])],
        "tags_fr": [tag.lower() for tag in fr.get("tags", [])],
        "curated": "en" in own,
        "kind": merged["kind"],
        "size": merged["size"],
        "facing": merged["facing"],
        "framing": merged["framing"],
        "place": merged.get("at"),
        "main": own.get("main"),
        "mouth": list(merged.get("mouth", mouth)) if merged["kind"] in TALKERS or "mouth" in own else None,
    }


def check(asset: str, one: Entry) -> None:
    """Raise ValueError where an entry uses a word that the scene does not know."""
    if one["kind"] not in KINDS or one["framing"] not in FRAMINGS or one["facing"] not in (-1, 0, 1):
        raise ValueError(f"{asset}: unknown kind, framing or facing")
    if one["place"] is not None and one["place"] not in PLACES:
        raise ValueError(f"{asset}: unknown place {one['place']!r}")


def measure(picture: NDArray[np.uint8]) -> Entry:
    """What the pixels say of an RGBA picture (H, W, 4): bounding box (x0, y0, x1, y1), foot and two main colours.

    ``foot`` is where the glyph stands: the middle of its lowest tenth, as a fraction of the box's width.
    """
    solid = picture[..., 3] > 24
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    box = [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]
    cut = solid[box[1] : box[3], box[0] : box[2]]
    low = np.flatnonzero(cut[-max(1, cut.shape[0] // 10) :].any(axis=0))
    foot = float((low[0] + low[-1] + 1) / 2 / cut.shape[1])
    return {
        "box": box,
        "foot": round(foot, 3),
        "colours": main_colours(picture[solid][:, :3]),
    }


def main_colours(pixels: NDArray[np.uint8]) -> list[str]:
    """The two most frequent, clearly different colours of (n, 3) RGB pixels, as "#rrggbb"."""
    _, inverse, counts = np.unique(pixels // 32, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    means = [pixels[inverse.ravel() == index].mean(axis=0) for index in order[:12]]
    far = [mean for mean in means[1:] if np.linalg.norm(mean - means[0]) > 70]
    return ["#{:02x}{:02x}{:02x}".format(*(round(c) for c in mean)) for mean in (means[0], (far or means)[0])]


def rules_for(selection: Entry, subgroup: str, asset: str) -> Entry | None:
    """What selection.toml says of a glyph: its subgroup's rules, or those it was picked by; None: left out."""
    if asset in selection["leave_out"]["ids"]:
        return None
    picked = selection["picked"].get(subgroup)
    if picked is not None and asset in picked["ids"]:
        return picked["rules"]
    return selection["subgroup"].get(subgroup)


def animate(index: dict[str, Entry], moving: Mapping[str, Path], out: Path, dry: Collection[str]) -> None:
    """Add what animated.toml names: one animated WebP each in ``out`` / anim, and what the index says of them.

    Those in ``dry`` lose their water.
    """
    chosen = tomllib.loads((ART / "animated.toml").read_text("utf-8"))
    (out / "anim").mkdir()
    for asset in (name for names in chosen["plays"].values() for name in split_names(names)):
        one = index[asset]
        mouth = one["mouth"] if one["facing"] == 0 else None
        told = bake_reel(
            moving[one["code"].replace("-fe0f", "")],
            out / "anim" / f"{asset}.webp",
            size=one["size"],
            mouth=mouth,
            dry=asset in dry,
        )
        told["rests"] = asset in split_names(chosen["rests"]["ids"])
        told["strides"] = chosen["strides"].get(asset, 0)
        one["reel"] = told
    for asset, acts in chosen["acts"].items():
        if any(motion not in MOTIONS or "reel" not in index[actor] for motion, actor in acts.items()):
            raise ValueError(f"{asset}: it acts by what has no animation")
        index[asset]["acts"] = acts


def still(path: Path, out: Path, *, dry: bool) -> Entry:
    """Write the picture of a subject, without its water where ``dry``; returns what its pixels say (`measure`).

    ``share`` is how much of its height is left.
    """
    with Image.open(path) as image:
        picture = np.asarray(image.convert("RGBA"))
    if not dry:
        shutil.copyfile(path, out)
        return measure(picture) | {"share": 1.0}
    tall = np.ptp(np.flatnonzero((picture[..., 3] > 24).any(axis=1)))
    bare = picture.astype(np.float32)
    bare[..., :3] *= bare[..., 3:] / 255
    bare = without_water(bare)
    plain = np.where(bare[..., 3:] > 0, bare[..., :3] * 255 / np.maximum(bare[..., 3:], 1), 0)
    picture = np.clip(np.dstack((plain, bare[..., 3])) + 0.5, 0, 255).astype(np.uint8)
    Image.fromarray(picture).save(out, "WEBP", quality=90, method=6)
    told = measure(picture)
    return told | {"share": (told["box"][3] - told["box"][1]) / float(tall)}


def bake(names: Path, pictures: Path, moving: Sequence[Path], out: Path) -> dict[str, Entry]:
    """Write one WebP per subject, the animations, index.json and names.safetensors into ``out``; returns the index."""
    selection = tomllib.loads((ART / "selection.toml").read_text("utf-8"))
    curated = tomllib.loads((ART / "curated.toml").read_text("utf-8"))
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    index: dict[str, Entry] = {}
    for subgroup, en, fr, path in glyphs(names, pictures):
        asset = slug(en["label"])
        rules = rules_for(selection, subgroup, asset)
        if rules is None:
            continue
        one = entry(subgroup, en, fr, rules, curated.pop(asset, {}))
        check(asset, one)
        one |= still(path, out / f"{asset}.webp", dry=asset in selection["dry"]["ids"])
        one["size"] = round(one["size"] * one.pop("share"), 3)
        if one["kind"] in TALKERS and not subgroup.startswith("transport") and asset not in selection["eyeless"]["ids"]:
            with Image.open(out / f"{asset}.webp") as image:
                eyes = find_eyes(np.asarray(image.convert("RGBA").crop(one["box"])), facing=one["facing"])
            one |= {"eyes": eyes} if eyes else {}
        if (main := one.pop("main")) is not None:
            one["colours"] = [main, one["colours"][0]]
        index[asset] = one
    if curated:
        raise ValueError(f"curated.toml names glyphs that are not in the selection: {', '.join(curated)}")
    picked = {asset for group in selection["picked"].values() for asset in group["ids"]}
    if missing := picked - set(index):
        raise ValueError(f"selection.toml picks glyphs that do not exist: {', '.join(sorted(missing))}")
    animate(index, by_code(moving), out, selection["dry"]["ids"])
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in sorted(index.items()))
    (out / "index.json").write_text("{\n" + lines + "\n}\n", "utf-8")
    write_vectors(out / "names.safetensors", *names_vectors(index))
    return index


def main() -> None:
    """Fetch the sources (or take those given) and bake the pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--glyphs", type=Path, help=f"an npm tarball of {GLYPHS} instead of fetching it")
    parser.add_argument("--names", type=Path, help=f"an npm tarball of {NAMES} instead of fetching it")
    parser.add_argument("--moving", type=Path, nargs=4, help=f"npm tarballs of {', '.join(ANIMATED)} instead")
    parser.add_argument("--out", type=Path, default=ART / "pack")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pictures = unpack(options.glyphs, folder) if options.glyphs else fetch(GLYPHS, folder)
        names = unpack(options.names, folder) if options.names else fetch(NAMES, folder)
        moving = [unpack(archive, folder) for archive in options.moving or ()] or [
            fetch(package, folder) for package in ANIMATED
        ]
        index = bake(names, pictures, moving, options.out)
    size = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file()) / 1e6
    animated = sum("reel" in one for one in index.values())
    print(f"{len(index)} subjects, {animated} of them animated, {size:.1f} MB in {options.out}")


if __name__ == "__main__":
    main()
