import { authorizationFor } from "./emulator.ts";

/** What answers of Step Functions hold, each as its action says. */
export interface StatesAnswer {
  readonly activityArn: string;
  readonly stateMachineArn: string;
  readonly executionArn: string;
  readonly status: string;
  readonly error?: string;
  readonly output?: string;
  readonly taskToken?: string;
  readonly input?: string;
}

/** Calls the emulated Step Functions, for which no client is installed. */
export async function askStates(endpoint: string, action: string, input: object): Promise<StatesAnswer> {
  const headers = {
    authorization: authorizationFor("states"),
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": `AWSStepFunctions.${action}`,
  };
  const response = await fetch(endpoint, { method: "POST", body: JSON.stringify(input), headers });
  if (!response.ok) throw new Error(`${action}: ${await response.text()}`);
  return (await response.json()) as StatesAnswer;
}
