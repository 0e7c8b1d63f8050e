"""A refusal arrives whole from a worker process."""

from __future__ import annotations

import pickle

from gis.compute.refusal import InputRefused


def test_a_refusal_survives_the_way_between_processes():
    sent = InputRefused(
        "CODE", zh="中文", en="english", remedy_zh="改", row=3, field="households", facts={"n": 1}
    )
    arrived = pickle.loads(pickle.dumps(sent))
    assert isinstance(arrived, InputRefused) and str(arrived) == str(sent)
    assert vars(arrived) == vars(sent)
