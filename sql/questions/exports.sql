-- Who took data out, and what? Asked after a leak, when somebody leaves, and in every quarterly review. Single
-- downloads: `downloads`.
--
-- topic: Data that leaves
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
-- actor person = '': gid or address of one person; empty for everyone
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_type, resource_name, resource_gid, client_ip_address, api_authentication_method,
  actor_gid, workspace, gid
FROM events
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND lower(:actor) IN ('', actor_gid, lower(actor_email))
  AND (event_category = 'content_export' OR strpos(event_type, '_export_') > 0)
  AND coalesce(event_type, '') <> 'attachment_downloaded'
ORDER BY created_at, gid
