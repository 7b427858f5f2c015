/** A rule of the protocol was broken. Never used for a fault that the simulation plays itself. */
export class Violation extends Error {
  override readonly name = "Violation";
  /** I1 to I8, or the name of a rule in the protocol's tables. */
  readonly rule: string;

  constructor(rule: string, what: string) {
    super(`${rule}: ${what}`);
    this.rule = rule;
  }
}
