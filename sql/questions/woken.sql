-- Which accounts did something after a long silence? Asked to find old accounts in new hands.
--
-- topic: People
-- history day = 90 days ago: the first UTC day that counts as the past
-- since day = 30 days ago: the first UTC day
-- until day = open: the day after the last
-- workspace text = '': gid of one workspace; empty for all
-- days count = 30: days of silence before
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
    lag(created_at) OVER (PARTITION BY workspace, actor_gid ORDER BY created_at, gid) AS before_at
  FROM events
  WHERE dt >= :history
    AND dt < :until
    AND :workspace IN ('', workspace)
    AND actor_gid IS NOT NULL
) AS acts
WHERE dt >= :since
  AND date_diff('day', CAST(before_at AS date), CAST(created_at AS date)) >= CAST(:days AS integer)
ORDER BY created_at, gid
