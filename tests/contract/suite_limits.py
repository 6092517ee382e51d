"""The vendor's limits are kept before it has to say no: waiting is done on the virtual clock, so that an hour costs a second."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import timedelta

from app.contracts import Limit, ProviderError
from tests.contract.checks import check
from tests.contract.rig import Rig

READS, MOST_READS = 40, 140
SLOWEST_S = 20.0


def reads_to_make(limits: tuple[Limit, ...]) -> int:
    """More than the tightest limit lets through at once, and never so many that the test is a load test."""
    tightest = min((one.burst or one.calls for one in limits), default=0)
    return max(READS, min(tightest + 20, MOST_READS))


@check()
async def limits_are_kept(rig: Rig) -> None:
    """As many reads as fit between two breaths. The vendor never has to answer 429, no window of the manifest is overrun, and
    where the limit is below what was asked the clock says so."""
    rig.reset(orders=3)
    for feature, on in rig.peculiar.published:
        rig.switch(feature, on)
    provider = rig.provider()
    await rig.read(provider)
    began, from_call = time.monotonic(), len(rig.get("calls"))
    count, waited = reads_to_make(rig.subject.manifest.limits), 0.0
    for n in range(count):
        if not rig.peculiar.reads_repeat:
            rig.advance(61)  # the same question is another rule; here the pace counts
        try:
            await rig.read(provider, timedelta(minutes=n))
        except ProviderError as error:  # longer than a call has patience: the job comes back when it is told to
            wait = error.message.retry_after if error.message.code == "rate.limited" else None
            if wait is None:
                raise
            waited += wait
            rig.advance(wait + 1)  # on the very instant, the two clocks decide
    refused = [one for one in rig.get("calls")[from_call:] if one["status"] == 429]
    assert not refused, f"the vendor had to refuse {len(refused)} calls: {refused[0]}"
    assert time.monotonic() - began < SLOWEST_S, "the wall clock was waited for"
    most, which = overrun(rig)
    assert most <= 0, f"{most} calls too many in {which}"
    if _slower_than_asked(rig, count):
        assert sum(rig.slept) + waited > 0 or not rig.peculiar.reads_repeat, "nothing was ever waited for"


def overrun(rig: Rig) -> tuple[int, str]:
    """The worst excess over any limit of the manifest, by what left our side: a bucket lets `burst` through at once and `calls`
    more within the window; one without a burst never more than `calls`."""
    starts: dict[str, list[float]] = defaultdict(list)
    limits = rig.subject.manifest.limits
    named = {one.group for one in limits}
    for group, at in rig.sent:
        starts[group if group in named or "default" not in named else "default"].append(at)
    worst, which = 0, ""
    for one in limits:
        times = sorted(starts.get(one.group, []))
        allowed = one.calls if not one.burst else one.burst + one.calls
        first = 0
        for last, at in enumerate(times):
            while times[first] <= at - one.seconds:
                first += 1
            excess = last - first + 1 - allowed
            if excess > worst:
                worst, which = excess, f"{one.group}: {one.calls} in {one.seconds:g} s"
    return worst, which


def _slower_than_asked(rig: Rig, count: int) -> bool:
    """Whether some group that was used allows fewer at once than were sent in it."""
    sent = Counter(group for group, _ in rig.sent)
    return any(sent[one.group] > (one.burst or one.calls) * 1.5 for one in rig.subject.manifest.limits)


@check()
async def the_vendor_s_word_outranks_the_manifest(rig: Rig) -> None:
    """After "Retry-After: 40" nothing is sent for 40 seconds, whatever the manifest allows."""
    rig.reset(orders=3)
    provider = rig.provider(deadline_s=300)
    await rig.read(provider)
    rig.advance(max(60.0, rig.peculiar.settle_s))
    before = len(rig.sent)
    rig.fault("status", 1, status=429, headers={"retry-after": "40"})
    await rig.read(provider, timedelta(minutes=5))
    assert any(one["status"] == 429 for one in rig.get("calls")), "the fault met nothing"
    (group, refused_at), *rest = rig.sent[before:]
    soon = [at - refused_at for one, at in rest if one == group and at - refused_at < 39]
    assert not soon, f"it came back after {soon[0]:.0f} s"
