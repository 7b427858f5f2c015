/** The columns of `events`, read from an event's line without SQL. */
import type { SampleEvent } from "./sample-archive.ts";

export interface KnownEvent {
  readonly [column: string]: string | null;
}

type Json = Record<string, unknown>;

export function readKnown({ workspace, event, segment }: SampleEvent): KnownEvent {
  const line = event.line.toString();
  const parsed = JSON.parse(line) as Json;
  const part = (name: string): Json => (isObject(parsed[name]) ? (parsed[name] as Json) : {});
  const [actor, resource, details, context] = ["actor", "resource", "details", "context"].map(part) as [
    Json,
    Json,
    Json,
    Json,
  ];
  return {
    gid: typeof parsed["gid"] === "string" && parsed["gid"] !== "" ? parsed["gid"] : null,
    created_at: event.at === null ? null : `${event.at.slice(0, 10)} ${event.at.slice(11, 23)}`,
    event_type: scalar(parsed["event_type"]),
    event_category: scalar(parsed["event_category"]),
    ...prefixed("actor", actor, ["gid", "name", "email"]),
    actor_type: scalar(actor["actor_type"]),
    ...prefixed("resource", resource, ["gid", "name", "email"]),
    resource_type: scalar(resource["resource_type"]),
    details: parsed["details"] === undefined ? null : JSON.stringify(parsed["details"]),
    old_value: scalar(details["old_value"]),
    new_value: scalar(details["new_value"]),
    context_type: scalar(context["context_type"]),
    api_authentication_method: scalar(context["api_authentication_method"]),
    client_ip_address: scalar(context["client_ip_address"]),
    oauth_app_name: scalar(context["oauth_app_name"]),
    user_agent: scalar(context["user_agent"]),
    rule_name: scalar(context["rule_name"]),
    // JSON.parse would round it.
    on_behalf_of_user_id: /"on_behalf_of_user_id":(\d+)/.exec(line)?.[1] ?? null,
    workspace,
    segment: String(segment),
    dt: event.day,
    line,
  };
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

const prefixed = (prefix: string, part: Json, keys: readonly string[]) =>
  Object.fromEntries(keys.map((key) => [`${prefix}_${key}`, scalar(part[key])]));

/** A plain value as its text; half a surrogate pair as the question mark that both engines make of it. */
function scalar(value: unknown): string | null {
  if (value === null || value === undefined || typeof value === "object") return null;
  return String(value).toWellFormed().replaceAll("\ufffd", "?");
}
