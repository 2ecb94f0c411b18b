"""The closed list of metrics; a figure that is not here does not exist. Labels come from closed sets, never a key."""

from prometheus_client import Counter, Gauge, Histogram

_AGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200)

RECORDS = Counter("ceebus_records_total", "Records by what became of them", ["role", "channel", "kind", "outcome"])
REFUSALS = Counter("ceebus_refusals_total", "Records that were not plainly sent, by code", ["role", "channel", "kind", "code"])
BATCH_FAILURES = Counter("ceebus_batch_failures_total", "Batches that had to be tried again", ["role"])
GAPS = Counter("ceebus_gaps_total", "Stretches of a log that were gone before they were read", ["role", "channel", "kind"])
EVENT_AGE = Histogram("ceebus_event_age_seconds", "From the commit in CEE to the effect", ["role", "channel", "kind"], buckets=_AGES)
LAG = Gauge("ceebus_lag_records", "End offset minus next offset", ["role", "channel", "kind"])
OUTBOX_AGE = Gauge("ceebus_outbox_oldest_age_seconds", "Age of the oldest committed change not yet published", ["channel"])
HORIZON_AGE = Gauge("ceebus_outbox_horizon_age_seconds", "Age of the oldest open transaction that holds the outbox back")
FRESHNESS = Gauge(
    "ceebus_freshness_seconds",
    "Age of the oldest change not yet on the feed, or on a device",
    ["channel", "kind", "stage"],
)
WAITING = Gauge("ceebus_waiting_records", "Records that wait for a parent", ["channel", "kind"])
PARKED = Gauge("ceebus_parked_keys", "Keys held for an operator", ["channel", "kind"])
LOOP_LAG = Gauge("ceebus_loop_lag_seconds", "How late the event loop wakes", ["role"])
DEVICE_LAST_SEEN = Gauge("ceebus_device_last_seen_timestamp_seconds", "The latest synchronisation of any device", ["channel"])
