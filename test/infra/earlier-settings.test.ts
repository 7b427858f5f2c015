/** The settings of a deployment, as they stand in somebody's `cdk.json`, from the first reviewed version to today's and back. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { definitions } from "../../infra/settings/definitions.ts";
import { readSettings, SettingsError } from "../../infra/settings/settings.ts";
import { checkOutEarlier, FIRST_REVIEWED, isInHistory } from "../earlier-version.ts";
import { start } from "../package/outsider.ts";

/** One of each kind, other than its default. */
const GIVEN: Readonly<Record<string, unknown>> = {
  workspaces: "1201,1202",
  retiredWorkspaces: "1203",
  stackName: "Archive",
  drainEveryMinutes: "15",
  sourceBaseUrl: "https://proxy.example.com/api/1.0",
  pageLimit: "50",
  retentionMode: "compliance",
  retentionDays: "3000",
  acknowledgeComplianceDays: "3000",
  coldAfterDays: "200",
  writerRoleArns: "arn:aws:iam::123456789012:role/writer",
  readerPrincipalArns: "arn:aws:iam::123456789012:role/reader",
  alarmEmails: "ops@example.com",
  lagAlarmHours: "6",
  memoryMiB: "1024",
  logLevel: "debug",
  queryScanLimitGiB: "20",
  tags: { team: "audit" },
};

const problemsOf = (given: Readonly<Record<string, unknown>>): readonly string[] => {
  try {
    readSettings(given);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
};

describe.runIf(isInHistory(FIRST_REVIEWED))("settings that an earlier version knew", () => {
  let checkout: string;
  beforeAll(() => {
    checkout = checkOutEarlier(FIRST_REVIEWED);
  });

  /** Its problems, and what it knows, in its own words. */
  async function earlier(
    given: Readonly<Record<string, unknown>>,
  ): Promise<{ problems: string[]; known: string[]; read: Record<string, unknown> | null }> {
    const program = `
      import { definitions } from ${JSON.stringify(join(checkout, "infra/settings/definitions.ts"))};
      import { readSettings } from ${JSON.stringify(join(checkout, "infra/settings/settings.ts"))};
      let problems = [];
      let read = null;
      try { read = readSettings(JSON.parse(process.env.GIVEN)); } catch (error) { problems = error.problems; }
      console.log(JSON.stringify({ problems, read, known: Object.keys(definitions) }));`;
    const { code, stdout, stderr } = await start(checkout, [process.execPath, "--input-type=module", "-e", program], {
      GIVEN: JSON.stringify(given),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout);
  }

  it("are all known today, and mean the same", async () => {
    const { problems, read, known } = await earlier(GIVEN);
    expect(problems).toEqual([]);
    const today = Object.entries(readSettings(GIVEN));
    const asThen = Object.fromEntries(today.filter(([name]) => Object.hasOwn(GIVEN, name)));
    expect(read).toMatchObject(JSON.parse(JSON.stringify(asThen)));
    expect(Object.keys(asThen)).toEqual(expect.arrayContaining(Object.keys(GIVEN)));
    expect(known.filter((name) => !Object.hasOwn(definitions, name))).toEqual([]);
  });

  it("need a decision today that they did not need then, each said in a sentence", () => {
    const { alarmEmails: _, ...silent } = GIVEN;
    expect(problemsOf(silent)).toEqual([expect.stringMatching(/^alarmEmails is not set, so nobody would be told/)]);
    const short = { ...GIVEN, retentionMode: "governance", retentionDays: "100", acknowledgeComplianceDays: "" };
    expect(problemsOf(short)).toEqual([expect.stringMatching(/acknowledgeShortRetention/)]);
    const expiring = { ...GIVEN, expireAfterDays: "4000" };
    expect(problemsOf(expiring)).toEqual([expect.stringMatching(/longestRetentionDays/)]);
  });

  it("can go back to that version alone: it refuses each newer one by its name, and lists those that it knows", async () => {
    const newer = { columnarCopy: "on", sealName: "archive.example.com/asana", verifyEveryDays: "7" };
    expect(problemsOf({ ...GIVEN, ...newer })).toEqual([]);
    const { problems } = await earlier({ ...GIVEN, ...newer });
    expect(problems).toEqual(
      Object.keys(newer).map((name) => expect.stringMatching(`^${name} is not a setting. Known are: workspaces, `)),
    );
  });
});
