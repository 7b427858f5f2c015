-- One row per line of the archive, repeats included, in typed columns. A field that is absent, null or of the wrong type is
-- null; the line is always there. If an object repeats a key, the columns show its first value.
--
-- gid varchar: id of the event; null if it has none, or one that is not a text
-- created_at timestamp(3): when it happened, in UTC, cut to the millisecond; null if it cannot be read
-- created_at_text varchar: the same as Asana wrote it, all digits
-- event_type varchar: such as user_login_failed; an open set
-- event_category varchar: such as logins
-- actor_type varchar: user, asana, asana_support, anonymous or external_administrator
-- actor_gid varchar: who did it; null unless a user
-- actor_name varchar: null unless a user
-- actor_email varchar: null unless a user
-- resource_type varchar: such as task, project, user, workspace
-- resource_subtype varchar: such as milestone; often null
-- resource_gid varchar: what it was done to
-- resource_name varchar: null at times; holds task and file names
-- resource_email varchar: null unless the resource is a user
-- details varchar: the details object as JSON text, spaces removed, for json_extract_scalar(details, '$.key'); null if it nests deeper than 900
-- old_value varchar: details.old_value, where that is a plain value
-- new_value varchar: details.new_value, where that is a plain value
-- context_type varchar: web, desktop, mobile, asana_support, asana, email or api
-- api_authentication_method varchar: cookie, oauth, personal_access_token or service_account; null unless by API
-- client_ip_address varchar: IPv4 or IPv6; null where it does not apply
-- user_agent varchar: null where it does not apply
-- oauth_app_name varchar: null unless by OAuth
-- rule_name varchar: the automation that acted; mostly null
-- on_behalf_of_user_id varchar: a gid; the source sends it as a number, its digits are kept
-- line varchar: the event byte for byte as Asana sent it
-- workspace varchar: gid of the workspace
-- dt varchar: UTC day of created_at, such as 2026-05-01; filter on it, or every object is read
-- path varchar: key of the object that holds the line
-- copy bigint: 1 for an event, 2 and up for its repeats
SELECT
  gid, created_at, created_at_text, event_type, event_category, actor_type, actor_gid, actor_name, actor_email,
  resource_type, resource_subtype, resource_gid, resource_name, resource_email, details, old_value, new_value,
  context_type, api_authentication_method, client_ip_address, user_agent, oauth_app_name, rule_name,
  on_behalf_of_user_id, line, workspace, dt, path,
  -- Days and workspaces in the key, so that a filter on them reaches the files. Events without a gid go by their line.
  row_number() OVER (
    PARTITION BY workspace, dt, gid, CASE WHEN gid IS NULL THEN line END ORDER BY path, line
  ) AS copy
FROM (
  SELECT
    -- A number is no gid. Asked of plain values alone, because json_extract fails on what is nested too deep.
    CASE WHEN gid_text <> '' THEN
      CASE WHEN substr(json_format(json_extract(line, '$.gid')), 1, 1) = '"' THEN gid_text END
    END AS gid,
    CASE
      WHEN regexp_like(created_at_text, '^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$')
        THEN try(CAST(replace(substr(created_at_text, 1, 23), 'T', ' ') AS timestamp(3)))
      -- Other forms: fraction of any length or none, a space for the T, an offset for the Z.
      WHEN regexp_like(created_at_text, '^\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)$')
        THEN try(CAST(
          CAST(replace(substr(created_at_text, 1, 19), 'T', ' ') || '.'
            || substr(coalesce(regexp_extract(created_at_text, '\.(\d+)', 1), '') || '000', 1, 3) AS timestamp(3))
          - (CASE WHEN regexp_like(created_at_text, '-\d\d:?\d\d$') THEN -1 ELSE 1 END)
            * (coalesce(try(CAST(regexp_extract(created_at_text, '[+-](\d\d):?\d\d$', 1) AS integer)), 0) * 60
              + coalesce(try(CAST(regexp_extract(created_at_text, '[+-]\d\d:?(\d\d)$', 1) AS integer)), 0))
            * INTERVAL '1' MINUTE
        AS timestamp(3)))
    END AS created_at,
    created_at_text,
    event_type, event_category, actor_type, actor_gid, actor_name, actor_email,
    resource_type, resource_subtype, resource_gid, resource_name, resource_email,
    CASE WHEN nesting < 900 THEN json_format(json_extract(line, '$.details')) END AS details,
    old_value, new_value, context_type, api_authentication_method, client_ip_address, user_agent, oauth_app_name, rule_name,
    on_behalf_of_user_id,
    line, workspace, dt, path
  FROM (
    SELECT
      json_extract_scalar(line, '$.gid') AS gid_text,
      json_extract_scalar(line, '$.created_at') AS created_at_text,
      json_extract_scalar(line, '$.event_type') AS event_type,
      json_extract_scalar(line, '$.event_category') AS event_category,
      json_extract_scalar(line, '$.actor.actor_type') AS actor_type,
      json_extract_scalar(line, '$.actor.gid') AS actor_gid,
      json_extract_scalar(line, '$.actor.name') AS actor_name,
      json_extract_scalar(line, '$.actor.email') AS actor_email,
      json_extract_scalar(line, '$.resource.resource_type') AS resource_type,
      json_extract_scalar(line, '$.resource.resource_subtype') AS resource_subtype,
      json_extract_scalar(line, '$.resource.gid') AS resource_gid,
      json_extract_scalar(line, '$.resource.name') AS resource_name,
      json_extract_scalar(line, '$.resource.email') AS resource_email,
      json_extract_scalar(line, '$.details.old_value') AS old_value,
      json_extract_scalar(line, '$.details.new_value') AS new_value,
      json_extract_scalar(line, '$.context.context_type') AS context_type,
      json_extract_scalar(line, '$.context.api_authentication_method') AS api_authentication_method,
      json_extract_scalar(line, '$.context.client_ip_address') AS client_ip_address,
      json_extract_scalar(line, '$.context.user_agent') AS user_agent,
      json_extract_scalar(line, '$.context.oauth_app_name') AS oauth_app_name,
      json_extract_scalar(line, '$.context.rule_name') AS rule_name,
      json_extract_scalar(line, '$.context.on_behalf_of_user_id') AS on_behalf_of_user_id,
      -- Bounds how many brackets are open at once, of which json_extract allows 1,000: by how many there are; or, where
      -- there are many, by those left when all texts and the six innermost levels have been taken away.
      CASE WHEN length(line) - length(replace(replace(line, '{', ''), '[', '')) < 900 THEN 0
      ELSE length(regexp_replace(
        regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
          regexp_replace(line, '"[^"\\]*(\\.[^"\\]*)*"', ''),
          '[\[{][^\[\]{}]*[\]}]', ''), '[\[{][^\[\]{}]*[\]}]', ''), '[\[{][^\[\]{}]*[\]}]', ''),
          '[\[{][^\[\]{}]*[\]}]', ''), '[\[{][^\[\]{}]*[\]}]', ''), '[\[{][^\[\]{}]*[\]}]', ''),
        '[^\[{]', '')) END AS nesting,
      line, workspace, dt,
      substr("$path", strpos("$path", 'events/workspace=')) AS path
    FROM event_lines
  ) AS read_once
) AS typed
