-- Who changed how people sign in: SAML, Google, passwords, session length? Asked after every weakening, and to prove
-- that there was none.
--
-- topic: Power and policy
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, old_value, new_value, resource_type, resource_name, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND (
    strpos(event_type, 'workspace_saml_') = 1
    OR strpos(event_type, 'sso') > 0
    OR strpos(event_type, 'workspace_password_') = 1
    OR strpos(event_type, 'session_duration') > 0
    OR strpos(event_type, 'workspace_require_two_factor_auth') = 1
    OR event_type = 'workspace_force_password_reset'
  )
ORDER BY created_at, gid
