-- Which accounts did something after a long silence? Asked to find old accounts in new hands.
--
-- topic: People
-- history day = start: the first UTC day that counts as the past
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- days count 1..36500 = 30: days of silence before
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  date_diff('day', CAST(before_at AS date), CAST(created_at AS date)) AS silent_days,
  before_at,
  event_type, client_ip_address,
  actor_gid, workspace, gid
FROM (
  SELECT
    created_at, actor_email, actor_name, actor_gid, actor_type, event_type, client_ip_address, workspace, dt, gid,
    lag(created_at) OVER (PARTITION BY workspace, actor_type, coalesce(actor_gid, actor_email, actor_name) ORDER BY created_at, gid) AS before_at
  FROM events
  WHERE dt >= :history AND dt < :until
    AND created_at < CAST(:until AS timestamp(3))
    AND :workspace IN ('', workspace)
    AND coalesce(actor_gid, actor_email, actor_name) IS NOT NULL
) AS acts
WHERE created_at >= CAST(:since AS timestamp(3))
  AND date_diff('day', CAST(before_at AS date), CAST(created_at AS date)) >= CAST(:days AS integer)
ORDER BY created_at, gid
