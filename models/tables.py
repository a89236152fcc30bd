"""Every table, in one namespace for the ORM's registry, and how to connect to them."""

from __future__ import annotations

from typing import Any

from tortoise import Tortoise
from tortoise.context import TortoiseContext

from models.account import Account, Invite, Session
from models.appearance import ShownAppearance
from models.audit import AuditDailyHead, AuditEntry, AuditHead, AuditPersonal
from models.block import Block
from models.cameo import Cameo, CameoEpoch, CameoVersion
from models.capture import Capture
from models.chosen import ChosenViewer
from models.comment import Comment
from models.counts import VideoCounts
from models.decision import Decision
from models.erasure import Erasure
from models.export import Export, ExportPart
from models.file_hash import FileHash
from models.follow import Follow
from models.generation import EngineHost, Generation, Outbox, QuotaCharge
from models.grant import Grant
from models.leader import Leader
from models.like import Like
from models.likeness import Approval, GenerationLikeness, VideoLikeness
from models.lineage import Lineage
from models.mute import Mute
from models.notification import Notification
from models.policy import PolicyRow
from models.protect import BlockEntry, Notice
from models.report import Evidence, Report
from models.taste import FeedWeights, SeeLess
from models.trend import Trend, TrendVideo
from models.upload import Upload
from models.video import Rendition, Video, VideoVisibility
from models.waiting import WaitingEntry
from models.withdrawal import Withdrawal

__all__ = [
    "Account", "Approval", "AuditDailyHead", "AuditEntry", "AuditHead", "AuditPersonal", "Block", "BlockEntry",
    "Cameo", "CameoEpoch", "CameoVersion", "Capture", "ChosenViewer", "Comment", "Decision", "EngineHost",
    "Erasure", "Evidence", "Export", "ExportPart", "FeedWeights", "FileHash", "Follow", "Generation",
    "GenerationLikeness", "Grant", "Invite", "Leader", "Like", "Lineage", "Mute", "Notice", "Notification", "Outbox",
    "PolicyRow", "QuotaCharge", "Rendition", "Report", "SeeLess", "Session", "ShownAppearance", "Trend",
    "TrendVideo", "Upload", "Video", "VideoCounts", "VideoLikeness", "VideoVisibility", "WaitingEntry", "Withdrawal",
    "connect", "orm_config",
]  # fmt: skip


def orm_config(database_url: str) -> dict[str, Any]:
    """Tortoise's configuration for ``database_url`` (postgresql://…)."""
    return {
        "connections": {"default": database_url.replace("postgresql://", "asyncpg://", 1)},
        "apps": {
            "models": {
                "models": ["models.tables"],
                "migrations": "models.migrations",
                "default_connection": "default",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


async def connect(database_url: str) -> TortoiseContext:
    """Open the connection pool for this process. Close it with ``Tortoise.close_connections()``."""
    return await Tortoise.init(config=orm_config(database_url), _enable_global_fallback=True)
