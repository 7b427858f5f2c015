-- Who was given or lost administrator rights, and by whom? Asked in every access review, and first of all in an
-- incident.
--
-- topic: Power and policy
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, coalesce(resource_email, resource_name, resource_gid) AS whose, old_value, new_value, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND event_type IN (
    'user_workspace_admin_role_changed', 'user_division_admin_role_changed', 'custom_role_created', 'role_permission_changed'
  )
ORDER BY created_at, gid
