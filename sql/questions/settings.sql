-- Which settings of the workspace were changed, from what to what, by whom? Asked at every audit of configuration
-- changes.
--
-- topic: Power and policy
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, old_value, new_value, details, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND event_category = 'admin_settings'
ORDER BY created_at, gid
