"""The one pipeline for outgoing calls. Nothing else in Paxzar opens a connection to a vendor."""

from app.http.breaker import BreakerState, Phase
from app.http.call import never_left
from app.http.limiter import HeadRoom, Waiting
from app.http.pipeline import Network
from app.http.policy import Policy
from app.http.samples import Sample, SampleClass, SampleRing

__all__ = [
    "BreakerState", "HeadRoom", "Network", "Phase", "Policy", "Sample", "SampleClass", "SampleRing", "Waiting", "never_left",
]  # fmt: skip
