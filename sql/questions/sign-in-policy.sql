-- Who changed how people sign in: SAML, Google, passwords, session length? Asked after every weakening, and to prove
-- that there was none.
--
-- topic: Power and policy
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, old_value, new_value, resource_type, resource_name, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= :since AND dt < :until
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
