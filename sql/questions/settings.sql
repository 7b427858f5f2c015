-- Which settings of the workspace were changed, from what to what, by whom? Asked at every audit of configuration
-- changes.
--
-- topic: Power and policy
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, old_value, new_value, details, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND event_category = 'admin_settings'
ORDER BY created_at, gid
