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
  '{' || concat_ws(',',
    '"metadata":{' || concat_ws(',',
      '"version":"1.8.0"',
      '"product":{' || concat_ws(',', '"name":"Asana","vendor_name":"Asana"', '"feature":{"name":' || event_category_json || '}') || '}',
      -- The profile gives an actor to classes that have none of their own.
      CASE WHEN class_uid IN (0, 6001, 6002) THEN '"profiles":["host"]' END,
      '"uid":' || gid_json,
      '"event_code":' || event_type_json,
      '"original_time":' || created_at_json,
      '"tenant_uid":' || workspace_json) || '}',
    '"time":' || CAST(time AS varchar),
    '"category_uid":' || CAST(category_uid AS varchar),
    '"category_name":"' || category_name || '"',
    '"class_uid":' || CAST(class_uid AS varchar),
    '"class_name":"' || class_name || '"',
    '"activity_id":' || CAST(activity_id AS varchar),
    '"activity_name":' || activity_json,
    '"type_uid":' || CAST(class_uid * 100 + activity_id AS varchar),
    '"severity_id":1,"severity":"Informational"',
    CASE status_id
      WHEN 0 THEN '"status_id":0,"status":"Unknown"'
      WHEN 1 THEN '"status_id":1,"status":"Success"'
      ELSE '"status_id":2,"status":"Failure"' END,
    '"actor":{"user":{' || concat_ws(',',
      '"uid":' || actor_gid_json,
      '"name":' || actor_name_json,
      '"email_addr":' || actor_email_json,
      CASE
        WHEN api_authentication_method = 'service_account' THEN '"type_id":4,"type":"Service"'
        WHEN actor_type = 'user' THEN '"type_id":1,"type":"User"'
        WHEN actor_type = 'asana' THEN '"type_id":3,"type":"System"'
        WHEN actor_type IS NULL THEN '"type_id":0,"type":"Unknown"'
        ELSE '"type_id":99,"type":' || actor_type_json END) || '}}',
    CASE
      WHEN class_uid IN (0, 6002) THEN NULL
      WHEN ip_json IS NOT NULL THEN '"src_endpoint":{"ip":' || ip_json || '}'
      WHEN class_uid = 6006 THEN '"src_endpoint":{"name":"unknown"}' END,
    CASE WHEN class_uid NOT IN (0, 6002) THEN '"http_request":{"user_agent":' || user_agent_json || '}' END,
    CASE
      WHEN class_uid IN (3001, 3002, 3005) THEN '"user":{' || concat_ws(',',
        '"uid":' || resource_gid_json,
        '"name":' || resource_name_json,
        '"email_addr":' || resource_email_json,
        CASE WHEN strpos(event_type, 'service_account_') = 1 THEN '"type_id":4,"type":"Service"' ELSE '"type_id":1,"type":"User"' END) || '}'
      WHEN class_uid = 3004 THEN '"entity":{' || concat_ws(',',
        CASE WHEN is_resource THEN '"uid":' || resource_gid_json END,
        '"name":' || CASE WHEN is_resource THEN resource_name_json ELSE entity_json END,
        CASE entity_type
          WHEN 'Group' THEN '"type_id":3'
          WHEN 'Organization' THEN '"type_id":4'
          WHEN 'Policy' THEN '"type_id":5'
          WHEN 'Network Zone' THEN '"type_id":7'
          ELSE '"type_id":99' END,
        '"type":"' || entity_type || '"',
        CASE WHEN old_value_json IS NOT NULL OR new_value_json IS NOT NULL THEN
          '"data":{' || concat_ws(',', '"old_value":' || old_value_json, '"new_value":' || new_value_json) || '}' END) || '}'
      WHEN class_uid = 3006 THEN '"group":{' || concat_ws(',', '"uid":' || resource_gid_json, '"name":' || resource_name_json) || '}'
      WHEN class_uid = 6001 THEN '"web_resources":[{' || concat_ws(',',
        '"uid":' || resource_gid_json, '"name":' || resource_name_json, '"type":' || resource_type_json) || '}]'
      WHEN class_uid = 6002 THEN '"app":{' || concat_ws(',', '"uid":' || app_gid_json, '"name":' || app_name_json) || '}'
      WHEN class_uid = 6006 THEN '"file":{' || concat_ws(',',
        '"uid":' || resource_gid_json, '"name":' || coalesce(resource_name_json, resource_gid_json), '"type_id":0,"type":"Unknown"') || '}' END,
    CASE WHEN class_uid = 3002 THEN concat_ws(',', '"service":{"name":"Asana"}',
      CASE WHEN strpos(json_format(json_extract(details, '$.method')), '"SAML"') > 0 THEN '"auth_protocol_id":5,"auth_protocol":"SAML"' END) END,
    CASE WHEN class_uid = 3005 THEN '"privileges":[' || coalesce(new_value_json, '"unknown"') || ']' END,
    nullif('"unmapped":{' || concat_ws(',',
      CASE WHEN NOT is_resource THEN '"resource_gid":' || resource_gid_json END,
      CASE WHEN NOT is_resource THEN '"resource_name":' || resource_name_json END,
      CASE WHEN class_uid NOT IN (3001, 3002, 3005) THEN '"resource_email":' || resource_email_json END,
      CASE WHEN class_uid <> 6001 THEN '"resource_type":' || resource_type_json END,
      '"resource_subtype":' || resource_subtype_json,
      CASE WHEN class_uid IN (0, 6002) THEN '"client_ip_address":' || ip_json END,
      CASE WHEN class_uid IN (0, 6002) THEN '"user_agent":' || user_agent_json END,
      '"context_type":' || context_type_json,
      '"api_authentication_method":' || method_json,
      '"oauth_app_name":' || oauth_app_name_json,
      '"rule_name":' || rule_name_json,
      '"on_behalf_of_user_id":' || on_behalf_json,
      '"details":' || details_json) || '}', '"unmapped":{}'),
    '"raw_data":' || line_json
  ) || '}' AS ocsf,
  workspace, dt, path
FROM (
  SELECT
    gid, event_type, time, category_uid, category_name, class_uid, class_name, activity_id, activity_name, entity_type, is_resource,
    status_id, actor_type, api_authentication_method, details, workspace, dt, path,
    -- A text as JSON, in the only words that both engines share: the array's brackets are taken away again.
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[gid] AS JSON))), 'null') AS gid_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[event_type] AS JSON))), 'null') AS event_type_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[event_category] AS JSON))), 'null') AS event_category_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[created_at_text] AS JSON))), 'null') AS created_at_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[workspace] AS JSON))), 'null') AS workspace_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[activity_name] AS JSON))), 'null') AS activity_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[actor_type] AS JSON))), 'null') AS actor_type_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[actor_gid] AS JSON))), 'null') AS actor_gid_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[CASE WHEN actor_gid IS NULL THEN coalesce(actor_name, actor_email, actor_type, 'unknown') ELSE actor_name END] AS JSON))), 'null') AS actor_name_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[actor_email] AS JSON))), 'null') AS actor_email_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[resource_type] AS JSON))), 'null') AS resource_type_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[resource_subtype] AS JSON))), 'null') AS resource_subtype_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[resource_gid] AS JSON))), 'null') AS resource_gid_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[CASE WHEN is_resource AND resource_gid IS NULL THEN coalesce(resource_name, resource_email, 'unknown') ELSE resource_name END] AS JSON))), 'null') AS resource_name_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[resource_email] AS JSON))), 'null') AS resource_email_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[CASE WHEN entity_type = 'Policy' THEN regexp_replace(event_type, '_(changed|enabled|disabled)$', '') ELSE coalesce(new_value, old_value, 'unknown') END] AS JSON))), 'null') AS entity_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[old_value] AS JSON))), 'null') AS old_value_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[new_value] AS JSON))), 'null') AS new_value_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[CASE WHEN app_gid IS NULL THEN coalesce(app_name, 'unknown') ELSE app_name END] AS JSON))), 'null') AS app_name_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[app_gid] AS JSON))), 'null') AS app_gid_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[client_ip_address] AS JSON))), 'null') AS ip_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[user_agent] AS JSON))), 'null') AS user_agent_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[context_type] AS JSON))), 'null') AS context_type_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[api_authentication_method] AS JSON))), 'null') AS method_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[oauth_app_name] AS JSON))), 'null') AS oauth_app_name_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[rule_name] AS JSON))), 'null') AS rule_name_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[on_behalf_of_user_id] AS JSON))), 'null') AS on_behalf_json,
    nullif(trim(BOTH '[]' FROM json_format(CAST(ARRAY[line] AS JSON))), 'null') AS line_json,
    -- DuckDB takes NaN and Infinity for JSON. Nobody else does, so what holds them is left to raw_data.
    CASE WHEN NOT regexp_like(regexp_replace(details, '"[^"\\]*(\\.[^"\\]*)*"', ''), '[iI]|[nN][aA]') THEN details END AS details_json
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
      CASE WHEN strpos(event_type, 'team_harvest_') = 1 THEN 'Harvest' ELSE json_extract_scalar(details, '$.app_name') END AS app_name,
      json_extract_scalar(details, '$.app_gid') AS app_gid
    FROM events
    LEFT JOIN ocsf_types USING (event_type)
  ) AS mapped
) AS texts
