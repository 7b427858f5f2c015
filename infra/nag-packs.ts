import {
  AwsSolutionsChecks,
  HIPAASecurityChecks,
  type NagPack,
  NIST80053R5Checks,
  PCIDSS321Checks,
  ServerlessChecks,
} from "cdk-nag";

/** The rule packs that every synthesis is checked against. A finding that no construct acknowledges fails it. */
export const createNagPacks = (): NagPack[] => [
  new AwsSolutionsChecks(),
  new NIST80053R5Checks(),
  new HIPAASecurityChecks(),
  new PCIDSS321Checks(),
  new ServerlessChecks(),
];
