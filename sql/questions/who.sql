-- Who is meant by this name: which people and other actors have it in their name or address, or as their gid? Asked
-- before every question about one person.
--
-- topic: One person, one thing, one moment
-- since instant = start: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- name text: a part of a name or an address, or a gid
SELECT
  name, email,
  count(CASE WHEN side = 1 THEN 1 END) AS events,
  count(CASE WHEN side = 2 THEN 1 END) AS mentions,
  min(created_at) AS first_at,
  max(created_at) AS last_at,
  actor_type, actor_gid, workspace
FROM (
  SELECT
    workspace, dt, created_at, side,
    CASE WHEN side = 1 THEN actor_type WHEN resource_type = 'user' THEN 'user' END AS actor_type,
    CASE WHEN side = 1 THEN actor_gid WHEN resource_type = 'user' THEN resource_gid END AS actor_gid,
    CASE WHEN side = 1 THEN actor_name WHEN resource_type = 'user' THEN resource_name END AS name,
    CASE WHEN side = 1 THEN actor_email WHEN resource_type = 'user' THEN resource_email END AS email
  FROM events
  CROSS JOIN (VALUES (1), (2)) AS sides (side)
) AS seen
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND (
    -- Composed or not, and in either case: as in search.
    strpos(lower(normalize(upper(name))), lower(normalize(upper(:name)))) > 0
    OR strpos(lower(normalize(upper(email))), lower(normalize(upper(:name)))) > 0
    OR actor_gid = :name
  )
GROUP BY workspace, actor_type, actor_gid, name, email
ORDER BY events DESC, mentions DESC, workspace, actor_type, actor_gid, name, email
