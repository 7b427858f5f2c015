-- Where does this text occur: in which names, titles, addresses and ids, of which events? Asked when a name, an address
-- or a number is all there is to go on. Old and new values count too, so that a thing is found under its former name.
--
-- topic: One person, one thing, one moment
-- since instant = start: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- text text: a part of a name, title, address or id, in upper or lower case
SELECT
  created_at, who, event_type,
  substr(
    max(CASE field WHEN 'gid' THEN ', gid' ELSE '' END)
      || max(CASE field WHEN 'actor_name' THEN ', actor_name' ELSE '' END)
      || max(CASE field WHEN 'actor_email' THEN ', actor_email' ELSE '' END)
      || max(CASE field WHEN 'actor_gid' THEN ', actor_gid' ELSE '' END)
      || max(CASE field WHEN 'resource_name' THEN ', resource_name' ELSE '' END)
      || max(CASE field WHEN 'resource_email' THEN ', resource_email' ELSE '' END)
      || max(CASE field WHEN 'resource_gid' THEN ', resource_gid' ELSE '' END)
      || max(CASE field WHEN 'old_value' THEN ', old_value' ELSE '' END)
      || max(CASE field WHEN 'new_value' THEN ', new_value' ELSE '' END)
      || max(CASE field WHEN 'client_ip_address' THEN ', client_ip_address' ELSE '' END)
      || max(CASE field WHEN 'oauth_app_name' THEN ', oauth_app_name' ELSE '' END)
      || max(CASE field WHEN 'rule_name' THEN ', rule_name' ELSE '' END)
      || max(CASE field WHEN 'on_behalf_of_user_id' THEN ', on_behalf_of_user_id' ELSE '' END),
    3) AS found_in,
  resource_type, resource_name, resource_gid, client_ip_address,
  actor_gid, workspace, gid
FROM (
  SELECT
    workspace, dt, gid, line, created_at, event_type, actor_gid, resource_type, resource_name, resource_gid,
    client_ip_address, field,
    coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
    CASE field
      WHEN 'gid' THEN gid
      WHEN 'actor_name' THEN actor_name
      WHEN 'actor_email' THEN actor_email
      WHEN 'actor_gid' THEN actor_gid
      WHEN 'resource_name' THEN resource_name
      WHEN 'resource_email' THEN resource_email
      WHEN 'resource_gid' THEN resource_gid
      WHEN 'old_value' THEN old_value
      WHEN 'new_value' THEN new_value
      WHEN 'client_ip_address' THEN client_ip_address
      WHEN 'oauth_app_name' THEN oauth_app_name
      WHEN 'rule_name' THEN rule_name
      WHEN 'on_behalf_of_user_id' THEN on_behalf_of_user_id
    END AS value
  FROM events
  CROSS JOIN (
    VALUES ('gid'), ('actor_name'), ('actor_email'), ('actor_gid'), ('resource_name'), ('resource_email'),
      ('resource_gid'), ('old_value'), ('new_value'), ('client_ip_address'), ('oauth_app_name'), ('rule_name'),
      ('on_behalf_of_user_id')
  ) AS fields (field)
  WHERE dt >= substr(:since, 1, 10) AND dt < :until
    -- The events in question; without this each one would be made thirteen times before it is looked at. Each field is asked
    -- by itself: the columnar copy keeps equal values once, and all fields joined into one text take twice the time.
    AND (
      strpos(lower(normalize(upper(gid))), lower(normalize(upper(:text)))) > 0
      OR strpos(lower(normalize(upper(actor_name))), lower(normalize(upper(:text)))) > 0
      OR strpos(lower(normalize(upper(actor_email))), lower(normalize(upper(:text)))) > 0
      OR strpos(lower(normalize(upper(actor_gid))), lower(normalize(upper(:text)))) > 0
      OR strpos(lower(normalize(upper(resource_name))), lower(normalize(upper(:text)))) > 0
      OR strpos(lower(normalize(upper(resource_email))), lower(normalize(upper(:text)))) > 0
      OR strpos(lower(normalize(upper(resource_gid))), lower(normalize(upper(:text)))) > 0
      OR strpos(lower(normalize(upper(old_value))), lower(normalize(upper(:text)))) > 0
      OR strpos(lower(normalize(upper(new_value))), lower(normalize(upper(:text)))) > 0
      OR strpos(lower(normalize(upper(client_ip_address))), lower(normalize(upper(:text)))) > 0
      OR strpos(lower(normalize(upper(oauth_app_name))), lower(normalize(upper(:text)))) > 0
      OR strpos(lower(normalize(upper(rule_name))), lower(normalize(upper(:text)))) > 0
      OR strpos(lower(normalize(upper(on_behalf_of_user_id))), lower(normalize(upper(:text)))) > 0
    )
) AS seen
WHERE coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  -- Composed or not, and in either case: lower alone would keep apart two forms of the Greek sigma and of the Turkish i.
  AND strpos(lower(normalize(upper(value))), lower(normalize(upper(:text)))) > 0
GROUP BY
  workspace, dt, gid, line, created_at, who, event_type, resource_type, resource_name, resource_gid, client_ip_address,
  actor_gid
ORDER BY created_at, gid
