-- Who does how much, and what kind of it? Asked to know what is usual, before asking what is not.
--
-- topic: People
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  coalesce(
    max_by(coalesce(actor_email, actor_name), CASE WHEN coalesce(actor_email, actor_name) IS NOT NULL THEN created_at_text || coalesce(gid, '') END),
    actor_gid, actor_type
  ) AS who,
  count(*) AS events,
  count(CASE WHEN event_category = 'logins' THEN 1 END) AS logins,
  count(CASE WHEN event_category = 'content_export' THEN 1 END) AS exports,
  count(CASE WHEN event_category = 'deletion' THEN 1 END) AS deletions,
  count(CASE WHEN event_category IN ('admin_settings', 'roles') THEN 1 END) AS administration,
  count(DISTINCT dt) AS days,
  max(created_at) AS last_at,
  actor_type, actor_gid, workspace
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
GROUP BY workspace, actor_type, actor_gid, CASE WHEN actor_gid IS NULL THEN coalesce(actor_email, actor_name) END
ORDER BY events DESC, workspace, actor_type, actor_gid, who
