-- Who downloaded unusually many files in a day? Asked when a leak is suspected, before it is known whose.
--
-- topic: Data that leaves
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- at_least count 1..1000000 = 20: downloads in a day from which on somebody is listed
SELECT *
FROM (
  SELECT
    dt,
    coalesce(
      max_by(coalesce(actor_email, actor_name), CASE WHEN coalesce(actor_email, actor_name) IS NOT NULL THEN created_at_text || coalesce(gid, '') END),
      actor_gid, actor_type
    ) AS who,
    count(*) AS downloads,
    count(DISTINCT resource_gid) AS files,
    count(DISTINCT client_ip_address) AS addresses,
    min(created_at) AS first_at,
    max(created_at) AS last_at,
    actor_type, actor_gid, workspace
  FROM events
  WHERE dt >= substr(:since, 1, 10) AND dt < :until
    AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
    AND :workspace IN ('', workspace)
    AND event_type = 'attachment_downloaded'
  GROUP BY workspace, dt, actor_type, actor_gid, CASE WHEN actor_gid IS NULL THEN coalesce(actor_email, actor_name) END
) AS counted
WHERE downloads >= CAST(:at_least AS integer)
ORDER BY downloads DESC, dt, workspace, actor_type, actor_gid, who
