-- Whether record and copy hold the same events on some days, in every column: as many, and with the same sum of the first
-- eight bytes of a hash of each. A sum, because an exclusive or of hashes does not see what is there twice, and Athena's
-- engine does not promise one.
SELECT
  recorded.events AS recorded_events,
  copied.events AS copied_events,
  CAST(recorded.events = copied.events AND recorded.fingerprint = copied.fingerprint AS varchar) AS is_equal
FROM (
  SELECT count(*) AS events, coalesce(sum(CAST(:fingerprint AS decimal(38, 0))), 0) AS fingerprint
  FROM events
  WHERE dt BETWEEN :since AND :until
) AS recorded
CROSS JOIN (
  SELECT count(*) AS events, coalesce(sum(CAST(:fingerprint AS decimal(38, 0))), 0) AS fingerprint
  FROM events_columnar
  WHERE month BETWEEN substr(:since, 1, 7) AND substr(:until, 1, 7) AND dt BETWEEN :since AND :until
) AS copied
