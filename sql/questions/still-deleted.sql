-- What was deleted and not brought back? Asked while Asana can still restore it (30 days).
--
-- topic: What was deleted
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- as_of instant = end: the moment whose state is asked for; events after it are not looked at
-- workspace workspace = '': gid of one workspace; empty for all
-- kind kind = '': project, task, portfolio, team and so on; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_type, resource_name, resource_gid,
  actor_gid, workspace, gid
FROM (
  SELECT *, row_number() OVER (PARTITION BY workspace, resource_gid ORDER BY created_at DESC, gid DESC) AS nth_last_asked
  FROM (
    SELECT
      created_at, actor_email, actor_name, actor_gid, actor_type, event_type, resource_type, resource_name, resource_gid,
      workspace, gid,
      first_value(event_type) OVER (PARTITION BY workspace, resource_gid ORDER BY created_at DESC, gid DESC) AS last_type
    FROM events
    WHERE dt >= substr(:since, 1, 10) AND dt < :as_of
      AND created_at >= CAST(:since AS timestamp(3))
      AND created_at < CAST(:as_of AS timestamp(3))
      AND :workspace IN ('', workspace)
      AND (event_category = 'deletion' OR strpos(event_type, '_undeleted') > 0)
      AND :kind IN ('', resource_type)
  ) AS deletions
  WHERE created_at < CAST(:until AS timestamp(3))
    AND strpos(coalesce(event_type, ''), '_undeleted') = 0
    AND (resource_gid IS NULL OR strpos(coalesce(last_type, ''), '_undeleted') = 0)
) AS gone
-- Without a gid nothing says which thing it is: each such deletion stands for itself.
WHERE resource_gid IS NULL OR nth_last_asked = 1
ORDER BY created_at, gid
