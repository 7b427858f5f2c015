-- What was done in somebody else's name or by a rule? Asked when the person named says that it was not them.
--
-- topic: Power and policy
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  on_behalf_of_user_id, rule_name, event_type, resource_type, resource_name, context_type,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND (on_behalf_of_user_id IS NOT NULL OR rule_name IS NOT NULL)
ORDER BY created_at, gid
