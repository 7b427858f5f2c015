-- Which kinds of event happened for the first time? Asked weekly: a new kind is a new feature, a new habit or an
-- attack.
--
-- topic: The record itself
-- history day = start: the first UTC day that counts as the past
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT event_type, event_category, first_at, events, first_by, workspace
FROM (
  SELECT
    event_type,
    min_by(event_category, CASE WHEN event_category IS NOT NULL THEN created_at_text || coalesce(gid, '') END) AS event_category,
    min(dt) AS first_dt,
    min(created_at) AS first_at,
    count(*) AS events,
    min_by(coalesce(actor_email, actor_name, actor_gid, actor_type), created_at_text || coalesce(gid, '')) AS first_by,
    workspace
  FROM events
  WHERE dt >= :history AND dt < :until
    AND coalesce(created_at < CAST(:until AS timestamp(3)), true)
    AND :workspace IN ('', workspace)
  GROUP BY workspace, event_type
) AS counted
WHERE first_dt >= substr(:since, 1, 10)
  AND coalesce(first_at >= CAST(:since AS timestamp(3)), true)
ORDER BY first_at, event_type, workspace
