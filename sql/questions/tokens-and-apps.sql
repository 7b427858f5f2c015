-- Which apps and personal access tokens were authorised or revoked, and who changed the rules for them? Asked when an
-- integration leaks, or to list what has access.
--
-- topic: Programs that act
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- actor person = '': gid or address of one person; empty for everyone
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, json_extract_scalar(details, '$.app_name') AS app, json_extract_scalar(details, '$.app_gid') AS app_gid, old_value, new_value, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND lower(:actor) IN ('', actor_gid, lower(actor_email))
  AND (
    event_type IN (
      'user_app_authorized', 'user_app_revoked',
      'user_personal_access_token_authorized', 'user_personal_access_token_revoked'
    )
    OR strpos(event_type, 'workspace_personal_access_token_') = 1
    OR strpos(event_type, 'workspace_app_admin_approval') = 1
    OR strpos(event_type, 'workspace_require_app_approvals') = 1
    OR event_type IN ('workspace_guest_app_usage_setting_changed', 'workspace_guest_pat_usage_setting_changed')
  )
ORDER BY created_at, gid
