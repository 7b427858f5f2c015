-- Who took data out, and what? Asked after a leak, when somebody leaves, and in every quarterly review. Single
-- downloads: `downloads`.
--
-- topic: Data that leaves
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- actor person = '': gid or address of one person; empty for everyone
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_type, resource_name, resource_gid, client_ip_address, api_authentication_method,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND lower(:actor) IN ('', actor_gid, lower(actor_email))
  AND (event_category = 'content_export' OR strpos(event_type, '_export_') > 0)
  AND coalesce(event_type, '') <> 'attachment_downloaded'
ORDER BY created_at, gid
