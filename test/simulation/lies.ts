/** Episodes on the true clock in which the source answers 200 and does not show what it has, or fails at one place. */

import { HOUR_MS } from "../../lambda/event/instant.ts";
import type { Stage } from "./stage.ts";
import type { Micros, Shown } from "./stream.ts";
import type { FaultKind } from "./swarm.ts";

/**
 * `blank`: no events and no `next_page`. `empty`: no events, `next_page` as ever. `cut`: events, no `next_page`.
 * `end`, `middle`, `beginning`: a page lacks its last, middle or first events, and its token is behind them.
 * `region`: nothing of some span of time is shown. `unreadable`: every page with an event of a span fails.
 */
export type LieForm = "blank" | "empty" | "cut" | "end" | "middle" | "beginning" | "region" | "unreadable";

export interface Episode {
  readonly form: LieForm;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Share of the answers that lie. */
  readonly share: number;
  /** Of events, for `region` and `unreadable`; half-open, and whole milliseconds. */
  readonly from: Micros;
  readonly until: Micros;
  /** `empty`: the token is behind what was not shown. */
  readonly skips: boolean;
  /** `unreadable`: how it fails. */
  readonly isInvalid: boolean;
}

export const LIES: readonly (readonly [kind: FaultKind, form: LieForm])[] = [
  ["lie: blank page", "blank"],
  ["lie: empty page keeps next_page", "empty"],
  ["lie: events without next_page", "cut"],
  ["lie: page lacks its end", "end"],
  ["lie: page lacks its middle", "middle"],
  ["lie: page lacks its beginning", "beginning"],
  ["lie: a span of time is not shown", "region"],
  ["unreadable: a span, for hours", "unreadable"],
];

/** Draws what begins before the next run: for a second or for days, at once or while the run goes on. */
export function drawEpisodes(stage: Stage): void {
  const { swarm, episodes, random, time, trace, world } = stage;
  for (const [kind, form] of LIES) {
    if (!swarm.strikes(kind)) continue;
    const fromMs = time.now() + (random.chance(0.5) ? 0 : random.int(world.budgetMs.drain));
    const lastsMs = Math.ceil(1000 * 100_000 ** random.next()); // a second to a day
    const [from, until] = drawRegion(stage, form);
    const share = random.pick([1, 1, 0.5, 0.1]);
    const more = { skips: random.chance(0.5), isInvalid: random.chance(0.5) };
    const episode: Episode = { form, fromMs, untilMs: fromMs + lastsMs, share, from, until, ...more };
    episodes.push(episode);
    trace.note(`episode: ${JSON.stringify(episode)}`);
  }
  if (episodes.every(({ untilMs }) => Number.isFinite(untilMs)) && swarm.strikes("unreadable: a place, for ever")) {
    const [from, until] = drawRegion(stage, "unreadable");
    const ends = { fromMs: time.now(), untilMs: Number.POSITIVE_INFINITY, share: 1 };
    episodes.push({ form: "unreadable", ...ends, from, until, skips: false, isInvalid: random.chance(0.5) });
    trace.note(`unreadable for ever: ${from} to ${until}`);
  }
}

/** Around some event: an instant, minutes, an hour or a day of it. */
function drawRegion({ random, stream, time }: Stage, form: LieForm): readonly [from: Micros, until: Micros] {
  // A region around an event that is dated ahead would hide the end of the stream until then.
  const some = stream.all.length > 0 ? random.pick(stream.all).at : Number.POSITIVE_INFINITY;
  const around = Math.min(some, time.now() * 1000);
  const lastsMs =
    form === "unreadable" ? random.pick([1, 1, 1, 60_000]) : random.pick([1, 1000 * 60, HOUR_MS, 24 * HOUR_MS]);
  const fromMs = Math.floor(around / 1000 / lastsMs) * lastsMs;
  return [fromMs * 1000, (fromMs + lastsMs) * 1000];
}

/** The episode that strikes this answer, if one does. */
export function lieNow({ episodes, random, time }: Stage): Episode | null {
  const nowMs = time.now();
  for (const episode of episodes) {
    if (episode.form === "unreadable" || episode.form === "region") continue;
    if (episode.fromMs <= nowMs && nowMs < episode.untilMs && random.chance(episode.share)) return episode;
  }
  return null;
}

const isOn = ({ fromMs, untilMs }: Episode, nowMs: number) => fromMs <= nowMs && nowMs < untilMs;
const holds = ({ from, until }: Episode, { at }: Shown) => from <= at && at < until;

/** Tells what is not shown now although it is there; null when everything is. */
export function hiddenNow({ episodes, time }: Stage): ((shown: Shown) => boolean) | null {
  const nowMs = time.now();
  const regions = episodes.filter((episode) => episode.form === "region" && isOn(episode, nowMs));
  return regions.length === 0 ? null : (shown) => regions.some((region) => holds(region, shown));
}

/** The episode for which a page with these events cannot be read, if there is one. */
export function unreadableNow({ episodes, time }: Stage, events: readonly Shown[]): Episode | null {
  const nowMs = time.now();
  return (
    episodes.find(
      (episode) =>
        episode.form === "unreadable" && isOn(episode, nowMs) && events.some((shown) => holds(episode, shown)),
    ) ?? null
  );
}

/** Whether a page with this event has failed at any time up to now. */
export const wasUnreadable = ({ episodes, time }: Stage, shown: Shown): boolean =>
  episodes.some((episode) => episode.form === "unreadable" && episode.fromMs <= time.now() && holds(episode, shown));

/** Whether it can never be read. */
export const isUnreadable = ({ episodes }: Stage, shown: Shown): boolean =>
  episodes.some((episode) => episode.untilMs === Number.POSITIVE_INFINITY && holds(episode, shown));

/** Ends all that may end. */
export function endEpisodes(stage: Stage): void {
  const left = stage.episodes.filter(({ untilMs }) => untilMs === Number.POSITIVE_INFINITY);
  stage.episodes.splice(0, stage.episodes.length, ...left);
}
