-- Who downloaded unusually many files in a day? Asked when a leak is suspected, before it is known whose.
--
-- topic: Data that leaves
-- since day = 30 days ago: the first UTC day
-- until day = open: the day after the last
-- workspace text = '': gid of one workspace; empty for all
-- at_least count = 20: downloads in a day from which on somebody is listed
SELECT *
FROM (
  SELECT
    dt,
    max(coalesce(actor_email, actor_name, actor_gid, actor_type)) AS who,
    count(*) AS downloads,
    count(DISTINCT resource_gid) AS files,
    count(DISTINCT client_ip_address) AS addresses,
    min(created_at) AS first_at,
    max(created_at) AS last_at,
    actor_gid, workspace
  FROM events
  WHERE dt >= :since AND dt < :until
    AND :workspace IN ('', workspace)
    AND event_type = 'attachment_downloaded'
  GROUP BY workspace, dt, actor_gid
) AS counted
WHERE downloads >= CAST(:at_least AS integer)
ORDER BY downloads DESC, dt, workspace, actor_gid
