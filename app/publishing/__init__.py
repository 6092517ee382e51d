"""Publishing: a product becomes the draft of a listing on a channel, by what the merchant keeps of it and answered before.
Pure: no store is written and no channel asked here; nothing that has a problem ever becomes an intent."""

from app.publishing.checks import PROBLEM, check
from app.publishing.drafts import Answer, Asked, Known, Planned, build, plan

__all__ = ["PROBLEM", "Answer", "Asked", "Known", "Planned", "build", "check", "plan"]
