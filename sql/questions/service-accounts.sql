-- Who created, renamed or deleted service accounts, or changed how long their tokens live? A service account sees
-- everything: asked in every access review.
--
-- topic: Programs that act
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, coalesce(resource_name, resource_gid) AS service_account, old_value, new_value, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND (strpos(event_type, 'service_account_') = 1 OR event_type = 'workspace_service_account_token_expiry_changed')
ORDER BY created_at, gid
