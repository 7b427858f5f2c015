-- Which projects, teams and defaults became more or less private? Asked when somebody could see what they should not.
--
-- topic: Power and policy
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_type, resource_name, resource_gid, old_value, new_value,
  actor_gid, workspace, gid
FROM events
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND strpos(event_type, 'privacy_settings_changed') > 0
ORDER BY created_at, gid
