/** A small event for scripted feeds: the usual members, which `more` replaces or adds to. */
export function sampleEventJson(gid: string, createdAt: string, more: object = {}): string {
  return JSON.stringify({
    gid,
    created_at: createdAt,
    event_type: "task_deleted",
    event_category: "deletion",
    actor: { actor_type: "user", gid: "1198000000000001", name: "Greta Lin", email: "greta@example.com" },
    resource: { resource_type: "task", resource_subtype: "default_task", gid: "1204000000000001", name: "A task" },
    details: {},
    context: { context_type: "web", client_ip_address: "203.0.113.7", user_agent: "Mozilla/5.0" },
    ...more,
  });
}
