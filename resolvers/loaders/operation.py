"""The loaders of one operation, bound to its viewer."""

from __future__ import annotations

from uuid import UUID

from resolvers.loaders.account import AccountsById, PublishedByAccount
from resolvers.loaders.appearance import ShownByViewer
from resolvers.loaders.cameo import (
    AccessByCameo,
    AskedByCameo,
    CameosById,
    CameosByOwner,
    CameosShown,
    GrantsOver,
    MayUseByCameo,
)
from resolvers.loaders.chosen import ViewersByVideo
from resolvers.loaders.comment import CommentPages, CommentsById
from resolvers.loaders.consent import ConsentByVideo
from resolvers.loaders.counts import CountsByVideo, ViewerLikes
from resolvers.loaders.credit import CreditsByVideo
from resolvers.loaders.generation import GenerationsById, QueuePositions
from resolvers.loaders.likeness import ApprovalsByVideo, LikenessesByVideo
from resolvers.loaders.lineage import LineageByVideo
from resolvers.loaders.policy import PolicyInForce
from resolvers.loaders.quota import QuotaByAccount
from resolvers.loaders.recipe import RecipesByVideo
from resolvers.loaders.relation import BlockersOfViewer, RelationsByAccount
from resolvers.loaders.remixable import OpenToRemix
from resolvers.loaders.rendition import RenditionsByVideo
from resolvers.loaders.video import SeenVideos, VideosByGeneration, VideosById, VisibilityByVideo


class Loaders:
    """Batches the reads of one operation, so that a page costs the same number of statements whatever its size."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.accounts = AccountsById()
        self.published = PublishedByAccount()
        self.seen = SeenVideos(viewer_id)
        self.videos = VideosById(viewer_id, self)
        self.likenesses = LikenessesByVideo()
        self.approvals = ApprovalsByVideo()
        self.lineage = LineageByVideo()
        self.credits = CreditsByVideo(viewer_id)
        self.counts = CountsByVideo()
        self.likes = ViewerLikes(viewer_id)
        self.comments = CommentsById(viewer_id)
        self.comment_pages = CommentPages(viewer_id)
        self.video_by_generation = VideosByGeneration(viewer_id)
        self.visibility = VisibilityByVideo()
        self.viewers = ViewersByVideo()
        self.recipes = RecipesByVideo(viewer_id)
        self.renditions = RenditionsByVideo()
        self.shown_by_viewer = ShownByViewer(viewer_id)
        self.open_to_remix = OpenToRemix(viewer_id)
        self.generations = GenerationsById(viewer_id)
        self.queue_positions = QueuePositions()
        self.cameos = CameosById(viewer_id)
        self.cameos_shown = CameosShown()
        self.cameos_by_owner = CameosByOwner(viewer_id)
        self.may_use = MayUseByCameo(viewer_id)
        self.access = AccessByCameo()
        self.grants_over = GrantsOver()
        self.asked = AskedByCameo(viewer_id)
        self.relations = RelationsByAccount(viewer_id)
        self.blockers = BlockersOfViewer(viewer_id)
        self.consent = ConsentByVideo()
        self.policy = PolicyInForce()
        self.quota = QuotaByAccount(self.policy)
