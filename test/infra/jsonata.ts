import jsonata from "jsonata";

/** What an expression of a state machine gives, as the state machine has it: `{% ... %}`. */
export const evaluateJsonata = (expression: string, bindings: object) =>
  jsonata(expression.replace(/^\{%|%\}$/g, "")).evaluate({}, bindings as Record<string, unknown>);
