-- Who deleted many things within an hour? Asked when work has vanished, to tell an accident from revenge.
--
-- topic: What was deleted
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- at_least count 1..1000000 = 20: deletions in an hour from which on somebody is listed
SELECT *
FROM (
  SELECT
    date_trunc('hour', created_at) AS hour_start,
    coalesce(
      max_by(coalesce(actor_email, actor_name), CASE WHEN coalesce(actor_email, actor_name) IS NOT NULL THEN created_at_text || coalesce(gid, '') END),
      actor_gid, actor_type
    ) AS who,
    resource_type,
    count(*) AS deletions,
    count(DISTINCT resource_gid) AS things,
    min(created_at) AS first_at,
    max(created_at) AS last_at,
    actor_type, actor_gid, workspace
  FROM events
  WHERE dt >= substr(:since, 1, 10) AND dt < :until
    AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
    AND :workspace IN ('', workspace)
    AND event_category = 'deletion'
    AND strpos(coalesce(event_type, ''), '_undeleted') = 0
  GROUP BY
    workspace, resource_type, date_trunc('hour', created_at),
    actor_type, actor_gid, CASE WHEN actor_gid IS NULL THEN coalesce(actor_email, actor_name) END
) AS counted
WHERE deletions >= CAST(:at_least AS integer)
ORDER BY deletions DESC, hour_start, workspace, actor_type, actor_gid, who, resource_type
