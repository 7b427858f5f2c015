-- Which people from outside were invited, and by whom? Asked when a customer wants to know who else can see their
-- data. Invitations without an address are shown too, because nothing says that they are from inside.
--
-- topic: People
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- own_domains domains: the company's own mail domains, with commas between
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  resource_email AS invited, resource_gid, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND event_type = 'user_invited'
  AND strpos(',' || replace(lower(:own_domains), ' ', '') || ',', ',' || coalesce(lower(split_part(resource_email, '@', 2)), '') || ',') = 0
ORDER BY created_at, gid
