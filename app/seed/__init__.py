"""A believable world for development and measurements: members, who follows whom, videos, remix trees, reactions."""
