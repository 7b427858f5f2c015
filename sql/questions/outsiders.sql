-- What do people with addresses of other companies do here? Asked before a contract ends, and whether guests do more
-- than they should.
--
-- topic: People
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
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
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND actor_email IS NOT NULL
  AND strpos(',' || replace(lower(:own_domains), ' ', '') || ',', ',' || lower(split_part(actor_email, '@', 2)) || ',') = 0
GROUP BY workspace, actor_type, actor_gid, actor_email
ORDER BY events DESC, workspace, actor_type, actor_gid, actor_email
