-- Which projects were given a link that works without being a member, and was it closed again? Asked before and after a
-- leak.
--
-- topic: Data that leaves
-- since instant = start: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- as_of instant = end: the moment whose state is asked for; events after it are not looked at
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_name, resource_gid,
  CASE WHEN strpos(last_type, '_enabled') > 0 THEN 'open' ELSE 'closed' END AS state,
  actor_gid, workspace, gid
FROM (
  -- Without a gid nothing says which project it is: each such link stands for itself.
  SELECT *, first_value(event_type) OVER (
    PARTITION BY workspace, resource_gid, CASE WHEN resource_gid IS NULL THEN line END, strpos(event_type, '_share_')
    ORDER BY created_at DESC, gid DESC
  ) AS last_type
  FROM events
  WHERE dt >= substr(:since, 1, 10) AND dt < :as_of
    AND created_at >= CAST(:since AS timestamp(3))
    AND created_at < CAST(:as_of AS timestamp(3))
    AND :workspace IN ('', workspace)
    AND event_type IN (
      'project_share_link_enabled', 'project_share_link_disabled',
      'project_view_link_enabled', 'project_view_link_disabled'
    )
) AS links
WHERE created_at < CAST(:until AS timestamp(3))
  AND strpos(event_type, '_enabled') > 0
ORDER BY created_at, gid
