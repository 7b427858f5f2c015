-- What do people with addresses of other companies do here? Asked before a contract ends, and whether guests do more
-- than they should.
--
-- topic: People
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- own_domains domains: the company's own mail domains, with commas between
SELECT
  lower(split_part(actor_email, '@', 2)) AS domain,
  actor_email AS who,
  count(*) AS events,
  count(CASE WHEN event_category = 'content_export' THEN 1 END) AS exports,
  count(CASE WHEN event_category = 'deletion' THEN 1 END) AS deletions,
  min(created_at) AS first_at,
  max(created_at) AS last_at,
  actor_type, actor_gid, workspace
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND actor_email IS NOT NULL
  AND strpos(',' || replace(lower(:own_domains), ' ', '') || ',', ',' || lower(split_part(actor_email, '@', 2)) || ',') = 0
GROUP BY workspace, actor_type, actor_gid, actor_email
ORDER BY events DESC, workspace, actor_type, actor_gid, actor_email
