-- Which projects were given a link that works without being a member, and does it still work? Asked before and after
-- a leak.
--
-- topic: Data that leaves
-- since day = 30 days ago: the first UTC day
-- until day = open: the day after the last
-- workspace text = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_name, resource_gid,
  CASE WHEN nth_last = 1 THEN 'open' ELSE 'changed since' END AS state,
  actor_gid, workspace, gid
FROM (
  SELECT *, row_number() OVER (
    PARTITION BY workspace, resource_gid, substr(event_type, 1, 18) ORDER BY created_at DESC, gid DESC
  ) AS nth_last
  FROM events
  WHERE dt >= :since AND dt < :until
    AND :workspace IN ('', workspace)
    AND event_type IN (
      'project_share_link_enabled', 'project_share_link_disabled',
      'project_view_link_enabled', 'project_view_link_disabled'
    )
) AS links
WHERE strpos(event_type, '_enabled') > 0
ORDER BY created_at, gid
