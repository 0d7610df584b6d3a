"""The text format of Prometheus."""

from maestrod.transport.bridge.metrics import exposition


def test_samples_are_listed_by_family_and_counters_are_distinguished_from_gauges() -> None:
    values = {'m_tasks{status="a"}': 2, "m_calls_total": 10.0, 'm_tasks{status="b"}': 3, "m_up_seconds": 0.5}
    assert exposition(values).decode().splitlines() == [
        *("# TYPE m_calls_total counter", "m_calls_total 10"),
        *("# TYPE m_tasks gauge", 'm_tasks{status="a"} 2', 'm_tasks{status="b"} 3'),
        *("# TYPE m_up_seconds gauge", "m_up_seconds 0.5"),
    ]
