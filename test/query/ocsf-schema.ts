/** Judges an event by the published schema of OCSF, as far as `events_ocsf` uses it. */
import { isIP } from "node:net";
import schema from "./ocsf-1.8.0.json" with { type: "json" };

type Enums = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Shape {
  readonly attributes: Readonly<Record<string, string>>;
  readonly required?: readonly string[];
  readonly atLeastOne?: readonly string[];
  /** Captions by number, of attributes that end in `_id`. */
  readonly enums?: Enums;
}

interface EventClass extends Shape {
  readonly name: string;
  readonly category: number;
  readonly activities: Readonly<Record<string, string>>;
}

type Json = Readonly<Record<string, unknown>>;

const CLASSES: Readonly<Record<string, EventClass>> = schema.classes;
const OBJECTS: Readonly<Record<string, Shape>> = schema.objects;
const CATEGORIES: Readonly<Record<string, string>> = schema.categories;
const OF_CATEGORY: Readonly<Record<string, Shape>> = schema.ofCategory;
const OF_PROFILE: Readonly<Record<string, Shape>> = schema.ofProfile;

/** What is wrong with the event, a sentence each. */
export function faultsOf(event: Json): string[] {
  const known = CLASSES[String(event["class_uid"])];
  if (known === undefined) return [`class_uid ${event["class_uid"]} is not known`];
  const { profiles = [], version } = event["metadata"] as { profiles?: readonly string[]; version?: string };
  const shapes = [schema.event, known, OF_CATEGORY[known.category], ...profiles.map((profile) => OF_PROFILE[profile])];
  const shape = joined(shapes.filter((found) => found !== undefined));
  const { activity_id: activity } = event;
  const expected: Json = {
    class_name: known.name,
    category_uid: known.category,
    category_name: CATEGORIES[known.category],
    type_uid: Number(event["class_uid"]) * 100 + Number(activity),
  };
  return [
    ...(version === schema.version ? [] : [`metadata.version is ${version}`]),
    ...Object.keys(expected)
      .filter((name) => event[name] !== expected[name])
      .map((name) => `${name} is ${event[name]}, not ${expected[name]}`),
    ...faultsOfObject("", event, { ...shape, enums: { ...shape.enums, activity_id: known.activities } }),
  ];
}

function joined(shapes: readonly Shape[]): Shape {
  return {
    attributes: Object.assign({}, ...shapes.map(({ attributes }) => attributes)),
    required: shapes.flatMap(({ required = [] }) => required),
    atLeastOne: shapes.flatMap(({ atLeastOne = [] }) => atLeastOne),
    enums: Object.assign({}, ...shapes.map(({ enums }) => enums)),
  };
}

function faultsOfObject(path: string, value: Json, shape: Shape): string[] {
  const { attributes, required = [], atLeastOne = [], enums = {} } = shape;
  return [
    ...required.filter((name) => !(name in value)).map((name) => `${path}${name} is missing`),
    ...(atLeastOne.length === 0 || atLeastOne.some((name) => name in value) ? [] : [`${path} lacks ${atLeastOne}`]),
    ...Object.entries(enums).flatMap(([name, captions]) => faultsOfNumber(path, value, name, captions)),
    ...Object.entries(value).flatMap(([name, item]) => {
      const type = Object.hasOwn(attributes, name) ? attributes[name]! : null;
      return type === null ? [`${path}${name} is no attribute`] : faultsOfValue(`${path}${name}`, item, type);
    }),
  ];
}

/** A number that is there has a caption, and its sibling says it; beside 99, Other, the sibling is the source's own word. */
function faultsOfNumber(path: string, value: Json, name: string, captions: Readonly<Record<string, string>>): string[] {
  if (!(name in value)) return [];
  const caption = captions[String(value[name])];
  const sibling = name === "activity_id" ? "activity_name" : name.replace(/_id$/, "");
  if (caption === undefined) return [`${path}${name} ${value[name]} has no caption`];
  const isSaid = value[name] === 99 ? typeof value[sibling] === "string" : value[sibling] === caption;
  return isSaid ? [] : [`${path}${sibling} is ${value[sibling]}, not ${caption}`];
}

function faultsOfValue(path: string, value: unknown, type: string): string[] {
  if (type.endsWith("[]")) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((item, index) => faultsOfValue(`${path}[${index}]`, item, type.slice(0, -2)));
  }
  const shape = OBJECTS[type];
  if (shape !== undefined) {
    return isObject(value) ? faultsOfObject(`${path}.`, value, shape) : [`${path} is no object`];
  }
  const judge = JUDGES[type];
  if (judge === undefined) return [`${path} is of type ${type}, which is not described`];
  return judge(value) ? [] : [`${path} is no ${type}: ${JSON.stringify(value)}`];
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const JUDGES: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: (value) => typeof value === "string",
  whole: Number.isSafeInteger,
  any: (value) => value !== null,
  address: (value) =>
    typeof value === "string" && /^[\w!#$%&'*+\-/=?^`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$/.test(value),
  ip: (value) => typeof value === "string" && isIP(value) !== 0,
};
