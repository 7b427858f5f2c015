-- Who created, renamed or deleted service accounts, or changed how long their tokens live? A service account sees
-- everything: asked in every access review.
--
-- topic: Programs that act
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, coalesce(resource_name, resource_gid) AS service_account, old_value, new_value, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND (strpos(event_type, 'service_account_') = 1 OR event_type = 'workspace_service_account_token_expiry_changed')
ORDER BY created_at, gid
