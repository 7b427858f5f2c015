-- Every event exactly once.
--
-- like events_all but copy
SELECT
  gid, created_at, created_at_text, event_type, event_category, actor_type, actor_gid, actor_name, actor_email,
  resource_type, resource_subtype, resource_gid, resource_name, resource_email, details, old_value, new_value,
  context_type, api_authentication_method, client_ip_address, user_agent, oauth_app_name, rule_name,
  on_behalf_of_user_id, line, workspace, dt, path
FROM events_all
WHERE copy = 1
