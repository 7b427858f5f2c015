-- What did people take, share or delete in the days before they left? Asked for everybody who leaves a sensitive
-- post.
--
-- topic: Data that leaves
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- history day = days days before since: the first UTC day that their actions are looked for from
-- workspace workspace = '': gid of one workspace; empty for all
-- days count 1..36500 = 14: how long before they left
SELECT
  leavers.left_at,
  leavers.who,
  acts.event_type,
  count(*) AS events,
  count(DISTINCT acts.resource_gid) AS things,
  min(acts.created_at) AS first_at,
  max(acts.created_at) AS last_at,
  leavers.person_gid, leavers.workspace
FROM (
  SELECT
    workspace, resource_gid AS person_gid, created_at AS left_at,
    coalesce(resource_email, resource_name, resource_gid) AS who
  FROM events
  WHERE dt >= substr(:since, 1, 10) AND dt < :until
    AND created_at >= CAST(:since AS timestamp(3))
    AND created_at < CAST(:until AS timestamp(3))
    AND event_type = 'user_deprovisioned'
) AS leavers
JOIN (
  SELECT workspace, actor_gid, event_type, resource_gid, created_at
  FROM events
  WHERE dt >= :history AND dt < :until
    AND :workspace IN ('', workspace)
    AND event_category IN ('content_export', 'deletion', 'access_control', 'apps')
) AS acts
  ON acts.workspace = leavers.workspace
  AND acts.actor_gid = leavers.person_gid
WHERE acts.created_at <= leavers.left_at
  AND acts.created_at >= leavers.left_at - CAST(:days AS integer) * INTERVAL '1' DAY
GROUP BY leavers.workspace, leavers.person_gid, leavers.left_at, leavers.who, acts.event_type
ORDER BY leavers.left_at, leavers.person_gid, events DESC, acts.event_type
