-- What was done in somebody else's name or by a rule? Asked when the person named says that it was not them.
--
-- topic: Power and policy
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  on_behalf_of_user_id, rule_name, event_type, resource_type, resource_name, context_type,
  actor_gid, workspace, gid
FROM events
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND (on_behalf_of_user_id IS NOT NULL OR rule_name IS NOT NULL)
ORDER BY created_at, gid
