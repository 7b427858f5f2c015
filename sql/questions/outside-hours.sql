-- Who worked at night or at the weekend, and what did they export or delete then? Asked to find an account that
-- somebody else uses.
--
-- topic: People
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- utc_offset count -12..14 = 0: hours of the office clock ahead of UTC
-- first_hour count 0..23 = 7: the hour in which work may begin
-- last_hour count 1..24 = 20: the hour in which work must have ended
SELECT
  CAST(local_time AS date) AS local_day,
  coalesce(
    max_by(coalesce(actor_email, actor_name), CASE WHEN coalesce(actor_email, actor_name) IS NOT NULL THEN created_at_text || coalesce(gid, '') END),
    actor_gid, actor_type
  ) AS who,
  count(*) AS events,
  count(CASE WHEN event_category = 'content_export' THEN 1 END) AS exports,
  count(CASE WHEN event_category = 'deletion' THEN 1 END) AS deletions,
  min(created_at) AS first_at,
  max(created_at) AS last_at,
  actor_type, actor_gid, workspace
FROM (
  SELECT
    workspace, actor_type, actor_gid, actor_email, actor_name, event_category, created_at, created_at_text, gid,
    CAST(created_at + ahead * INTERVAL '1' HOUR AS timestamp(3)) AS local_time
  FROM events
  -- Athena takes a parameter in a WHERE clause only.
  CROSS JOIN (VALUES
    (-12), (-11), (-10), (-9), (-8), (-7), (-6), (-5), (-4), (-3), (-2), (-1), (0), (1), (2), (3), (4),
    (5), (6), (7), (8), (9), (10), (11), (12), (13), (14)
  ) AS clocks (ahead)
  WHERE dt >= substr(:since, 1, 10) AND dt < :until
    AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
    AND :workspace IN ('', workspace)
    AND ahead = CAST(:utc_offset AS integer)
    AND coalesce(actor_gid, actor_email, actor_name) IS NOT NULL
) AS on_the_clock
WHERE hour(local_time) < CAST(:first_hour AS integer)
  OR hour(local_time) >= CAST(:last_hour AS integer)
  OR day_of_week(CAST(local_time AS date)) > 5
GROUP BY
  workspace, CAST(local_time AS date),
  actor_type, actor_gid, CASE WHEN actor_gid IS NULL THEN coalesce(actor_email, actor_name) END
ORDER BY exports DESC, deletions DESC, events DESC, local_day, workspace, actor_type, actor_gid, who
