/**
 * IAM's decision for one call within one account, as documented: an explicit denial anywhere wins; else an allowance in
 * the caller's policies or, naming the caller, in the resource's; else no. Knows the operators that the stack uses and
 * throws on any other.
 */

export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*" | Readonly<Record<string, string | readonly string[]>>;
  readonly Action: string | readonly string[];
  /** One of the two: those that it is about, or those that it is not about. */
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export type Context = Readonly<Record<string, string | readonly string[]>>;

export interface Call {
  /** ARN of the role that calls, or the name of a service. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

export interface Policies {
  readonly identity: readonly Statement[];
  readonly resource: readonly Statement[];
}

export interface Decision {
  readonly allowed: boolean;
  /** Of the statement that decided; null when none spoke for it. */
  readonly by: string | null;
}

export function evaluate(call: Call, { identity, resource }: Policies): Decision {
  const context = { "aws:PrincipalArn": call.principal, ...call.context };
  const about = (statement: Statement) =>
    some(statement.Action, (pattern) => matches(pattern.toLowerCase(), call.action.toLowerCase())) &&
    concerns(statement, call.resource) &&
    holds(statement.Condition ?? {}, context);
  const spoken = [
    ...identity.filter(about),
    ...resource.filter((statement) => names(statement.Principal, call.principal) && about(statement)),
  ];
  const denial = spoken.find(({ Effect }) => Effect === "Deny");
  if (denial !== undefined) return { allowed: false, by: denial.Sid ?? "a denial" };
  const allowance = spoken.find(({ Effect }) => Effect === "Allow");
  return { allowed: allowance !== undefined, by: allowance === undefined ? null : (allowance.Sid ?? "an allowance") };
}

function concerns({ Resource, NotResource }: Statement, resource: string): boolean {
  const isNamed = (patterns: string | readonly string[]) => some(patterns, (pattern) => matches(pattern, resource));
  return NotResource === undefined ? isNamed(Resource ?? []) : !isNamed(NotResource);
}

/**
 * The decision where the caller is of another account than the resource: the caller's own policies have to allow it, and
 * the resource's too, where naming the caller's account says that this is enough.
 */
export function evaluateAcross(call: Call, { identity, resource }: Policies): Decision {
  const own = evaluate(call, { identity, resource: [] });
  if (!own.allowed) return own;
  const root = call.principal.replace(/:(role|user)\/.*$/, ":root");
  return evaluate(call, {
    identity: [],
    resource: resource.map((statement) =>
      names(statement.Principal, root) ? { ...statement, Principal: "*" } : statement,
    ),
  });
}

/** Naming the account's root only leaves the decision to the account's identity policies. */
function names(principal: Statement["Principal"], caller: string): boolean {
  if (principal === "*") return true;
  return Object.values(principal ?? {}).some((value) => some(value, (one) => one === "*" || one === caller));
}

function holds(conditions: NonNullable<Statement["Condition"]>, context: Context): boolean {
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) =>
      test(operator, contextValue(context, key), list(expected).map(String)),
    ),
  );
}

/** Names of condition keys are not case-sensitive. */
function contextValue(context: Context, key: string): readonly string[] | null {
  const found = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase());
  return found === undefined ? null : list(found[1]).map(String);
}

/** Several expected values are alternatives. An absent key fails what has to match and satisfies what must not. */
function test(operator: string, actual: readonly string[] | null, expected: readonly string[]): boolean {
  if (operator === "Null") return expected.includes(String(actual === null));
  if (operator.endsWith("IfExists")) return actual === null || test(operator.slice(0, -8), actual, expected);
  if (operator.startsWith("ForAllValues:")) {
    const single = operator.slice("ForAllValues:".length);
    return (actual ?? []).every((value) => test(single, [value], expected));
  }
  if (operator.startsWith("ForAnyValue:")) {
    const single = operator.slice("ForAnyValue:".length);
    return (actual ?? []).some((value) => test(single, [value], expected));
  }
  if (operator === "StringNotEquals" || operator === "ArnNotEquals") {
    return (
      actual === null ||
      !actual.some((value) => expected.some((one) => comparison(`${operator.slice(0, -9)}Equals`)(value, one)))
    );
  }
  return actual?.some((value) => expected.some((one) => comparison(operator)(value, one))) ?? false;
}

function comparison(operator: string): (actual: string, expected: string) => boolean {
  switch (operator) {
    case "StringEquals":
    case "Bool":
      return (actual, expected) => actual === expected;
    case "StringLike":
    case "ArnLike":
    case "ArnEquals": // the Arn operators all understand wildcards
      return (actual, expected) => matches(expected, actual);
    case "NumericLessThan":
      return (actual, expected) => Number(actual) < Number(expected);
    default:
      throw new Error(`The evaluator does not know ${operator}.`);
  }
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`, "s").test(text);
}

const list = (value: string | readonly string[]): readonly string[] =>
  Array.isArray(value) ? value : [value as string];

const some = (value: string | readonly string[], is: (one: string) => boolean): boolean => list(value).some(is);
