"""A tree of thousands of remixes costs what a small one does: five statements, each led by an index."""

from __future__ import annotations

import asyncpg

from models.video import VideoVisibility
from schema.node import global_id
from tests.api import Api, Server
from tests.trees import DEPTH, TREE, asked, explained, grow

NODES = 3_000
MORE = """query($id: ID!, $after: String) { video(id: $id) {
  remixes(first: 50, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } }
} }"""


async def test_ancestors_and_remixes_of_a_large_tree_are_read_by_index_in_five_statements(
    server: Server, ada: Api, database: str
) -> None:
    connection = await asyncpg.connect(database)
    tree = await grow(connection, NODES)
    await connection.close()
    for node, above, below in ((tree.hub, 3, 10), (tree.deepest, DEPTH, 0)):
        context = await ada.context()
        async with asked() as statements:
            result = await ada.schema.execute(TREE, {"id": global_id("Video", node)}, context)
        assert result.errors is None
        assert result.data is not None
        seen = result.data["video"]
        assert (len(seen["ancestors"]), len(seen["remixes"]["edges"])) == (above, below)
        assert all(link["__typename"] == "Video" for link in seen["ancestors"])
        assert len(statements) <= 5
        for (text, _), reading in zip(statements, await explained(statements, seqscan=False), strict=True):
            assert all("Index" in how or how == "Bitmap Heap Scan" for _, how, _ in reading.scans), text
            if node == tree.hub:
                assert reading.rows <= 25 * (above + below), f"{reading.scans}: {text}"


async def test_paging_through_remixes_meets_each_once_whatever_is_published_or_hidden_meanwhile(
    server: Server, ada: Api, database: str
) -> None:
    connection = await asyncpg.connect(database)
    tree = await grow(connection, 700, hidden=0.8)
    listed = await connection.fetch(
        """
        SELECT t.id FROM lineage t JOIN video_visibility v USING (id)
        WHERE t.parent_id = $1 AND v.consent = 'LIVE' ORDER BY t.id DESC
        """,
        tree.hub,
    )
    expected = [global_id("Video", row["id"]) for row in listed]
    met: list[str] = []
    after: str | None = None
    while True:
        page = (await ada.run(MORE, id=global_id("Video", tree.hub), after=after))["video"]["remixes"]
        met += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
        await VideoVisibility.filter(id=listed[0]["id"]).update(consent="WITHDRAWN")
    await connection.close()
    assert met == expected
    bad = {"id": global_id("Video", tree.root), "after": after}
    assert await ada.refused(MORE, **bad) == "INVALID", "a cursor of another video's remixes"
