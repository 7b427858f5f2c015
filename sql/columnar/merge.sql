-- Adds the events of some days that the copy lacks. Run again, it adds none. The conditions on the copy's days and months
-- spare it the reading of other ones.
MERGE INTO events_columnar AS copied
USING (
  SELECT
    :columns,
    -- What an event is told apart by within its day. A prefix each, so that no gid is another event's hash.
    CASE WHEN gid IS NULL THEN 'line ' || to_hex(sha256(to_utf8(coalesce(line, '')))) ELSE 'gid ' || gid END AS event_key,
    substr(dt, 1, 7) AS month
  FROM events
  WHERE dt BETWEEN :since AND :until
) AS recorded
ON copied.workspace = recorded.workspace AND copied.month = recorded.month AND copied.dt = recorded.dt
  AND copied.event_key = recorded.event_key
  AND copied.month BETWEEN substr(:since, 1, 7) AND substr(:until, 1, 7) AND copied.dt BETWEEN :since AND :until
WHEN NOT MATCHED THEN INSERT (:columns, event_key, month) VALUES (:recorded, recorded.event_key, recorded.month)
