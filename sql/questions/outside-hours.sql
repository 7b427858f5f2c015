-- Who worked at night or at the weekend, and what did they export or delete then? Asked to find an account that
-- somebody else uses.
--
-- topic: People
-- since day = 30 days ago: the first UTC day
-- until day = open: the day after the last
-- workspace text = '': gid of one workspace; empty for all
-- utc_offset count = 0: hours of the office clock ahead of UTC, from -12 to 14
-- first_hour count = 7: the hour in which work may begin
-- last_hour count = 20: the hour in which work must have ended
SELECT
  CAST(local_time AS date) AS local_day,
  max(coalesce(actor_email, actor_name, actor_gid)) AS who,
  count(*) AS events,
  count(CASE WHEN event_category = 'content_export' THEN 1 END) AS exports,
  count(CASE WHEN event_category = 'deletion' THEN 1 END) AS deletions,
  min(created_at) AS first_at,
  max(created_at) AS last_at,
  actor_gid, workspace
FROM (
  SELECT
    workspace, actor_gid, actor_email, actor_name, event_category, created_at,
    CAST(created_at + ahead * INTERVAL '1' HOUR AS timestamp(3)) AS local_time
  FROM events
  -- Athena takes a parameter in a WHERE clause only.
  CROSS JOIN (VALUES
    (-12), (-11), (-10), (-9), (-8), (-7), (-6), (-5), (-4), (-3), (-2), (-1), (0), (1), (2), (3), (4),
    (5), (6), (7), (8), (9), (10), (11), (12), (13), (14)
  ) AS clocks (ahead)
  WHERE dt >= :since AND dt < :until
    AND :workspace IN ('', workspace)
    AND ahead = CAST(:utc_offset AS integer)
    AND actor_gid IS NOT NULL
) AS on_the_clock
WHERE hour(local_time) < CAST(:first_hour AS integer)
  OR hour(local_time) >= CAST(:last_hour AS integer)
  OR day_of_week(CAST(local_time AS date)) > 5
GROUP BY workspace, actor_gid, CAST(local_time AS date)
ORDER BY exports DESC, deletions DESC, events DESC, local_day, workspace, actor_gid
