-- One row a person and workspace: everyone who did something, or to whom something was done. Reads the whole archive.
--
-- workspace varchar: gid of the workspace
-- gid varchar: gid of the user
-- name varchar: the latest name seen
-- email varchar: the latest address seen
-- events bigint: what they did, as actor
-- first_at timestamp(3): the first thing they did, in UTC; null if they never did any
-- last_at timestamp(3): the last thing they did, in UTC
-- mentions bigint: events done to them, as resource
SELECT
  workspace,
  gid,
  max_by(name, CASE WHEN name IS NOT NULL THEN created_at END) AS name,
  max_by(email, CASE WHEN email IS NOT NULL THEN created_at END) AS email,
  count(CASE WHEN side = 1 THEN 1 END) AS events,
  min(CASE WHEN side = 1 THEN created_at END) AS first_at,
  max(CASE WHEN side = 1 THEN created_at END) AS last_at,
  count(CASE WHEN side = 2 THEN 1 END) AS mentions
FROM (
  SELECT
    workspace,
    created_at,
    side,
    CASE WHEN side = 1 THEN actor_gid WHEN resource_type = 'user' THEN resource_gid END AS gid,
    CASE WHEN side = 1 THEN actor_name ELSE resource_name END AS name,
    CASE WHEN side = 1 THEN actor_email ELSE resource_email END AS email
  FROM events
  CROSS JOIN (VALUES (1), (2)) AS sides (side)
) AS mentioned
WHERE gid IS NOT NULL
GROUP BY workspace, gid
