-- Whose password was reset, forgotten or changed? Asked when a mailbox is taken over: a reset is the next step.
--
-- topic: Signing in
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, coalesce(resource_email, resource_name, resource_gid) AS whose, client_ip_address, user_agent,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND event_type IN (
    'user_forgot_password_started', 'user_password_reset', 'user_password_changed', 'workspace_force_password_reset'
  )
ORDER BY created_at, gid
