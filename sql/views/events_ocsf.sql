-- Every event once, as OCSF 1.8.0: its keys as columns, and the whole event as JSON. What OCSF requires and an event does not
-- say is 'unknown'; an event type that `ocsf_types` does not know is a Base Event, activity Other.
--
-- gid varchar: id of the event, which is metadata.uid; null if it has none
-- event_type varchar: as Asana names it, which is metadata.event_code
-- time bigint: milliseconds since 1970; the start of the day `dt` if created_at cannot be read
-- category_uid bigint: 3 Identity & Access Management, 6 Application Activity, 0 not known
-- class_uid bigint: the event class, such as 3002
-- class_name varchar: such as Authentication
-- activity_id bigint: what was done, in the numbers of its class; 99 Other, 0 if the event has no type
-- activity_name varchar: such as Logon; for a type that is not known, the type
-- type_uid bigint: class_uid * 100 + activity_id
-- severity_id bigint: always 1, Informational: the source does not judge
-- status_id bigint: 2 Failure for user_login_failed, 0 Unknown for a type that is not known, else 1 Success
-- ocsf varchar: the event as OCSF's JSON; raw_data in it is the line
-- workspace varchar: gid of the workspace, which is metadata.tenant_uid
-- dt varchar: UTC day of created_at, such as 2026-05-01; filter on it, or every object is read
-- path varchar: key of the object that holds the line
SELECT
  gid, event_type, time, category_uid, class_uid, class_name, activity_id, activity_name,
  class_uid * 100 + activity_id AS type_uid,
  CAST(1 AS bigint) AS severity_id,
  status_id,
  -- array_join leaves out what is null, and, unlike || and concat_ws in Trino, makes texts above a megabyte.
  array_join(ARRAY['{', array_join(ARRAY[
    array_join(ARRAY['"metadata":{', array_join(ARRAY[
      '"version":"1.8.0"',
      array_join(ARRAY['"product":{', array_join(ARRAY[
        '"name":"Asana","vendor_name":"Asana"',
        CASE WHEN event_category IS NOT NULL THEN array_join(ARRAY['"feature":{', event_category_member, '}'], '') END
      ], ','), '}'], ''),
      -- The profile gives an actor to classes that have none of their own.
      CASE WHEN class_uid IN (0, 6001, 6002) THEN '"profiles":["host"]' END,
      gid_member, event_type_member, created_at_text_member, workspace_member
    ], ','), '}'], ''),
    '"time":' || CAST(time AS varchar),
    '"category_uid":' || CAST(category_uid AS varchar),
    '"category_name":"' || category_name || '"',
    '"class_uid":' || CAST(class_uid AS varchar),
    '"class_name":"' || class_name || '"',
    '"activity_id":' || CAST(activity_id AS varchar),
    activity_name_member,
    '"type_uid":' || CAST(class_uid * 100 + activity_id AS varchar),
    '"severity_id":1,"severity":"Informational"',
    CASE status_id
      WHEN 0 THEN '"status_id":0,"status":"Unknown"'
      WHEN 1 THEN '"status_id":1,"status":"Success"'
      ELSE '"status_id":2,"status":"Failure"' END,
    array_join(ARRAY['"actor":{"user":{', array_join(ARRAY[
      CASE
        WHEN api_authentication_method = 'service_account' THEN '"type_id":4,"type":"Service"'
        WHEN actor_type = 'user' THEN '"type_id":1,"type":"User"'
        WHEN actor_type = 'asana' THEN '"type_id":3,"type":"System"'
        WHEN actor_type IS NULL THEN '"type_id":0,"type":"Unknown"'
        ELSE array_join(ARRAY['"type_id":99', actor_type_member], ',') END,
      actor_gid_member, actor_name_member, actor_email_member
    ], ','), '}}'], ''),
    CASE
      WHEN class_uid IN (0, 6002) THEN NULL
      WHEN client_ip_address IS NOT NULL THEN array_join(ARRAY['"src_endpoint":{', client_ip_address_member, '}'], '')
      WHEN class_uid = 6006 THEN '"src_endpoint":{"name":"unknown"}' END,
    CASE WHEN class_uid NOT IN (0, 6002) AND user_agent IS NOT NULL THEN
      array_join(ARRAY['"http_request":{', user_agent_member, '}'], '') END,
    CASE
      WHEN class_uid IN (3001, 3002, 3005) THEN array_join(ARRAY['"user":{', array_join(ARRAY[
        CASE WHEN strpos(event_type, 'service_account_') = 1 THEN '"type_id":4,"type":"Service"' ELSE '"type_id":1,"type":"User"' END,
        resource_gid_member, resource_name_member, resource_email_member
      ], ','), '}'], '')
      WHEN class_uid = 3004 THEN array_join(ARRAY['"entity":{', array_join(ARRAY[
        CASE entity_type
          WHEN 'Group' THEN '"type_id":3'
          WHEN 'Organization' THEN '"type_id":4'
          WHEN 'Policy' THEN '"type_id":5'
          WHEN 'Network Zone' THEN '"type_id":7'
          ELSE '"type_id":99' END,
        '"type":"' || entity_type || '"',
        CASE WHEN is_resource THEN resource_gid_member END,
        CASE WHEN is_resource THEN resource_name_member ELSE entity_name_member END,
        CASE WHEN old_value IS NOT NULL OR new_value IS NOT NULL THEN
          array_join(ARRAY['"data":{', array_join(ARRAY[old_value_member, new_value_member], ','), '}'], '') END
      ], ','), '}'], '')
      WHEN class_uid = 3006 THEN
        array_join(ARRAY['"group":{', array_join(ARRAY[resource_gid_member, resource_name_member], ','), '}'], '')
      WHEN class_uid = 6001 THEN array_join(ARRAY['"web_resources":[{', array_join(ARRAY[
        resource_gid_member, resource_name_member, resource_type_member
      ], ','), '}]'], '')
      WHEN class_uid = 6002 THEN array_join(ARRAY['"app":{', array_join(ARRAY[app_gid_member, app_name_member], ','), '}'], '')
      WHEN class_uid = 6006 THEN array_join(ARRAY['"file":{', array_join(ARRAY[
        '"type_id":0,"type":"Unknown"', resource_gid_member, resource_name_member
      ], ','), '}'], '') END,
    CASE WHEN class_uid = 3002 THEN '"service":{"name":"Asana"}' END,
    CASE WHEN class_uid = 3002 AND strpos(json_format(json_extract(details, '$.method')), '"SAML"') > 0
      THEN '"auth_protocol_id":5,"auth_protocol":"SAML"' END,
    CASE WHEN class_uid = 3005 THEN
      array_join(ARRAY['"privileges":', json_format(CAST(ARRAY[coalesce(new_value, 'unknown')] AS JSON))], '') END,
    CASE WHEN unmapped <> '' THEN array_join(ARRAY['"unmapped":{', unmapped, '}'], '') END,
    line_member
  ], ','), '}'], '') AS ocsf,
  workspace, dt, path
FROM (
  SELECT
    *,
    array_join(ARRAY[
      CASE WHEN NOT is_resource THEN resource_gid_member END,
      CASE WHEN NOT is_resource THEN resource_name_member END,
      CASE WHEN class_uid NOT IN (3001, 3002, 3005) THEN resource_email_member END,
      CASE WHEN class_uid <> 6001 THEN resource_type_member END,
      resource_subtype_member,
      CASE WHEN class_uid IN (0, 6002) THEN client_ip_address_member END,
      CASE WHEN class_uid IN (0, 6002) THEN user_agent_member END,
      context_type_member, api_authentication_method_member, oauth_app_name_member, rule_name_member,
      on_behalf_of_user_id_member,
      -- DuckDB takes NaN and Infinity for JSON. Nobody else does, so what holds them is left to raw_data.
      CASE WHEN NOT regexp_like(regexp_replace(details, '"[^"\\]*(\\.[^"\\]*)*"', ''), '[iI]|[nN][aA]') THEN
        array_join(ARRAY['"details":', details], '') END
    ], ',') AS unmapped
  FROM (
    SELECT
      *,
      -- Members of objects, such as "uid":"12", made as an object each whose braces are taken away again.
      CASE WHEN gid IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['uid'], ARRAY[gid]) AS JSON))) END AS gid_member,
      CASE WHEN event_type IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['event_code'], ARRAY[event_type]) AS JSON))) END AS event_type_member,
      CASE WHEN event_category IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['name'], ARRAY[event_category]) AS JSON))) END AS event_category_member,
      CASE WHEN created_at_text IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['original_time'], ARRAY[created_at_text]) AS JSON))) END AS created_at_text_member,
      CASE WHEN workspace IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['tenant_uid'], ARRAY[workspace]) AS JSON))) END AS workspace_member,
      CASE WHEN activity_name IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['activity_name'], ARRAY[activity_name]) AS JSON))) END AS activity_name_member,
      CASE WHEN actor_type IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['type'], ARRAY[actor_type]) AS JSON))) END AS actor_type_member,
      CASE WHEN actor_gid IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['uid'], ARRAY[actor_gid]) AS JSON))) END AS actor_gid_member,
      CASE WHEN actor_label IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['name'], ARRAY[actor_label]) AS JSON))) END AS actor_name_member,
      CASE WHEN actor_email IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['email_addr'], ARRAY[actor_email]) AS JSON))) END AS actor_email_member,
      CASE WHEN resource_type IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY[resource_type_key], ARRAY[resource_type]) AS JSON))) END AS resource_type_member,
      CASE WHEN resource_subtype IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['resource_subtype'], ARRAY[resource_subtype]) AS JSON))) END AS resource_subtype_member,
      CASE WHEN resource_gid IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY[resource_gid_key], ARRAY[resource_gid]) AS JSON))) END AS resource_gid_member,
      CASE WHEN resource_label IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY[resource_name_key], ARRAY[resource_label]) AS JSON))) END AS resource_name_member,
      CASE WHEN resource_email IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY[resource_email_key], ARRAY[resource_email]) AS JSON))) END AS resource_email_member,
      CASE WHEN entity_name IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['name'], ARRAY[entity_name]) AS JSON))) END AS entity_name_member,
      CASE WHEN old_value IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['old_value'], ARRAY[old_value]) AS JSON))) END AS old_value_member,
      CASE WHEN new_value IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['new_value'], ARRAY[new_value]) AS JSON))) END AS new_value_member,
      CASE WHEN app_gid IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['uid'], ARRAY[app_gid]) AS JSON))) END AS app_gid_member,
      CASE WHEN app_name IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['name'], ARRAY[app_name]) AS JSON))) END AS app_name_member,
      CASE WHEN client_ip_address IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY[CASE WHEN class_uid IN (0, 6002) THEN 'client_ip_address' ELSE 'ip' END], ARRAY[client_ip_address]) AS JSON))) END AS client_ip_address_member,
      CASE WHEN user_agent IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['user_agent'], ARRAY[user_agent]) AS JSON))) END AS user_agent_member,
      CASE WHEN context_type IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['context_type'], ARRAY[context_type]) AS JSON))) END AS context_type_member,
      CASE WHEN api_authentication_method IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['api_authentication_method'], ARRAY[api_authentication_method]) AS JSON))) END AS api_authentication_method_member,
      CASE WHEN oauth_app_name IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['oauth_app_name'], ARRAY[oauth_app_name]) AS JSON))) END AS oauth_app_name_member,
      CASE WHEN rule_name IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['rule_name'], ARRAY[rule_name]) AS JSON))) END AS rule_name_member,
      CASE WHEN on_behalf_of_user_id IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['on_behalf_of_user_id'], ARRAY[on_behalf_of_user_id]) AS JSON))) END AS on_behalf_of_user_id_member,
      CASE WHEN line IS NOT NULL THEN trim(BOTH '{}' FROM json_format(CAST(MAP(ARRAY['raw_data'], ARRAY[line]) AS JSON))) END AS line_member
    FROM (
      SELECT
        *,
        CASE WHEN is_resource THEN 'uid' ELSE 'resource_gid' END AS resource_gid_key,
        CASE WHEN is_resource THEN 'name' ELSE 'resource_name' END AS resource_name_key,
        CASE WHEN class_uid IN (3001, 3002, 3005) THEN 'email_addr' ELSE 'resource_email' END AS resource_email_key,
        CASE WHEN class_uid = 6001 THEN 'type' ELSE 'resource_type' END AS resource_type_key,
        CASE
          WHEN is_resource AND (resource_gid IS NULL OR class_uid = 6006)
            THEN coalesce(resource_name, resource_gid, resource_email, 'unknown')
          ELSE resource_name END AS resource_label,
        CASE WHEN actor_gid IS NULL THEN coalesce(actor_name, actor_email, actor_type, 'unknown') ELSE actor_name END AS actor_label,
        CASE WHEN entity_type = 'Policy' THEN regexp_replace(event_type, '_(changed|enabled|disabled)$', '')
          ELSE coalesce(new_value, old_value, 'unknown') END AS entity_name,
        CASE
          WHEN strpos(event_type, 'team_harvest_') = 1 THEN 'Harvest'
          WHEN app_gid IS NULL THEN coalesce(app_in_details, 'unknown')
          ELSE app_in_details END AS app_name
      FROM (
        SELECT
          gid, event_type, event_category, created_at_text, actor_type, actor_gid, actor_name, actor_email, resource_type,
          resource_subtype, resource_gid, resource_name, resource_email, details, old_value, new_value, context_type,
          api_authentication_method, client_ip_address, user_agent, oauth_app_name, rule_name, on_behalf_of_user_id, line,
          workspace, dt, path, entity_type,
          date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', coalesce(created_at, CAST(dt AS timestamp(3)))) AS time,
          coalesce(category_uid, CAST(0 AS bigint)) AS category_uid,
          coalesce(category_name, 'Uncategorized') AS category_name,
          coalesce(class_uid, CAST(0 AS bigint)) AS class_uid,
          coalesce(class_name, 'Base Event') AS class_name,
          coalesce(activity_id, CAST(CASE WHEN event_type IS NULL THEN 0 ELSE 99 END AS bigint)) AS activity_id,
          coalesce(activity_name, event_type, 'Unknown') AS activity_name,
          CAST(CASE WHEN class_uid IS NULL THEN 0 WHEN event_type = 'user_login_failed' THEN 2 ELSE 1 END AS bigint) AS status_id,
          -- Whether the object of the class is what the event calls its resource.
          CASE
            WHEN class_uid = 3004 THEN entity_type IN ('Group', 'Organization', 'Role')
            ELSE coalesce(class_uid, 0) NOT IN (0, 6002) END AS is_resource,
          json_extract_scalar(details, '$.app_gid') AS app_gid,
          json_extract_scalar(details, '$.app_name') AS app_in_details
        FROM events
        LEFT JOIN ocsf_types USING (event_type)
      ) AS mapped
    ) AS named
  ) AS texts
) AS gathered
