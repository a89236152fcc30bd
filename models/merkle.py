"""Merkle trees as in RFC 6962 (certificate transparency): a root over a stream of leaves, and proofs of inclusion."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 of a leaf; the prefix keeps leaves and nodes apart."""
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


@dataclass(frozen=True)
class _Subtree:
    digest: bytes
    leaves: int
    holds: bool


@dataclass
class MerkleTree:
    """A tree that grows leaf by leaf, in memory of the order of log n.

    ``watched`` is the index of the leaf that `path` shall prove, or None.
    """

    watched: int | None = None
    path: list[bytes] = field(default_factory=list[bytes])
    """Siblings of the watched leaf, from the bottom up; complete once `root` was called."""
    size: int = 0
    _stack: list[_Subtree] = field(default_factory=list[_Subtree])

    def add(self, leaf: bytes) -> None:
        """Append a leaf."""
        self._stack.append(_Subtree(leaf_hash(leaf), 1, self.size == self.watched))
        self.size += 1
        while len(self._stack) > 1 and self._stack[-2].leaves == self._stack[-1].leaves:
            self._merge()

    def root(self) -> bytes:
        """The root over all leaves (32 bytes). The tree takes no leaf after it."""
        while len(self._stack) > 1:
            self._merge()
        return self._stack[0].digest if self._stack else EMPTY_ROOT

    def _merge(self) -> None:
        right, left = self._stack.pop(), self._stack.pop()
        if left.holds:
            self.path.append(right.digest)
        if right.holds:
            self.path.append(left.digest)
        self._stack.append(
            _Subtree(node_hash(left.digest, right.digest), left.leaves + right.leaves, left.holds or right.holds)
        )


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """The root over ``leaves``."""
    tree = MerkleTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def includes(root: bytes, leaf: bytes, *, index: int, size: int, path: Iterable[bytes]) -> bool:
    """Whether ``path`` proves that ``leaf`` is number ``index`` of ``size`` under ``root`` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    digest, place, last = leaf_hash(leaf), index, size - 1
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            digest = node_hash(sibling, digest)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and digest == root
