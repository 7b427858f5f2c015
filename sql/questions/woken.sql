-- Which accounts did something after a long silence? Asked to find old accounts in new hands.
--
-- topic: People
-- history day = start: the first UTC day that counts as the past
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
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
  WHERE dt >= :history
    AND dt < :until
    AND :workspace IN ('', workspace)
    AND coalesce(actor_gid, actor_email, actor_name) IS NOT NULL
) AS acts
WHERE dt >= :since
  AND date_diff('day', CAST(before_at AS date), CAST(created_at AS date)) >= CAST(:days AS integer)
ORDER BY created_at, gid
