import { STAFF_DOMAIN } from "./people.ts";
import type { Random } from "./random.ts";

/** What people work on. The same index of a kind is the same thing, with the same gid and name, in every event. */
export interface Things {
  /** The thing as `resource`, in JSON. */
  resource(kind: string, index: number): string;
  /** How many of the kind there are. */
  size(kind: string): number;
}

const KINDS: Readonly<Record<string, { readonly size: number; readonly subtypes?: readonly string[] }>> = {
  team: { size: 40 },
  project: { size: 600 },
  portfolio: { size: 60 },
  goal: { size: 120 },
  task: { size: 50_000, subtypes: ["default_task", "milestone", "approval"] },
  attachment: { size: 30_000 },
  story: { size: 60_000, subtypes: ["comment_added", "added_to_project"] },
  status_update: { size: 1_000, subtypes: ["project_status_update"] },
  message: { size: 2_000 },
  custom_field: { size: 150, subtypes: ["enum", "text", "number"] },
  task_template: { size: 80 },
  project_template: { size: 40 },
  search: { size: 300 },
  division: { size: 5 },
  workspace_announcement: { size: 10 },
};
const DOING = "Review Draft Plan Migrate Kick-off: Follow up on Approve Fix Prepare Archive Budget for Translate".split(
  " ",
);
const WHAT =
  `Q3 roadmap|onboarding checklist|“launch” copy|vendor contract <v2>|security review|Ürün kataloğu|données clients|invoice #4411
launch 🚀 page|payroll run|A/B test|board deck|データ移行|holiday rota|access \\ permissions|customer "Acme" call`.split(
    /[|\n]/,
  );
const FILES = ["pdf", "xlsx", "png", "docx", "csv", "zip"];

export function createThings(random: Random): Things {
  const names = Array.from({ length: 997 }, () => `${random.pick(DOING)} ${random.pick(WHAT)}`);
  const kinds = new Map(
    Object.entries(KINDS).map(([kind, { size, subtypes }], place) => {
      const base = 1_200_100_000_000_000 + place * 1_000_000_000_000;
      const heads = (subtypes ?? [null]).map((subtype) =>
        subtype === null
          ? `{"resource_type":"${kind}","gid":"`
          : `{"resource_type":"${kind}","resource_subtype":"${subtype}","gid":"`,
      );
      const tails = names.map((name, index) => {
        const full = kind === "attachment" ? `${name}.${FILES[index % FILES.length]}` : name;
        return `","name":${JSON.stringify(full)}}`;
      });
      return [kind, { size, base, heads, tails }] as const;
    }),
  );
  const emailDomain = `{"resource_type":"email_domain","gid":"1197000000000001","name":${JSON.stringify(STAFF_DOMAIN)}}`;
  const workspace = `{"resource_type":"workspace","gid":"1197000000000000","name":${JSON.stringify(STAFF_DOMAIN)}}`;
  return {
    size: (kind) => kinds.get(kind)?.size ?? 1,
    resource: (kind, index) => {
      const pool = kinds.get(kind);
      if (pool === undefined) return kind === "email_domain" ? emailDomain : workspace;
      const { base, heads, tails } = pool;
      return heads[index % heads.length]! + String(base + index * 7_001) + tails[index % tails.length]!;
    },
  };
}
