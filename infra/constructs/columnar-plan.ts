export interface ColumnarPlanProps {
  /** All of which there are segments. */
  readonly workspaces: readonly string[];
  /** How long after a day's end it is settled. */
  readonly settledAfterHours: number;
  readonly expireAfterDays: number | null;
}

/** `until` where there is no copy: it comes before all days. */
export const NEVER = "";

/**
 * How many of the last settled days are copied and compared every day, and how many once a week: as many as may still get
 * events. Asana shows an event for 90 days, and after 92 the last rescan of a day is done.
 */
export const RECENT_DAYS = 3;
export const WIDE_DAYS = 92;

/** A segment is written at most that long after its day, and so it expires at most that much later than the day's first. */
const SPREAD_DAYS = 184;

/** Athena writes no more partitions in a statement. Each month of a workspace is one. */
export const MAX_PARTITIONS = 100;
/** The most months of a window, if there are so few workspaces that a statement could write more. */
const MAX_MONTHS = 3;

/**
 * All that depends on days, in one expression, from the execution's start (`$startedAt`), its input (`$order`), the record's first
 * day (`$first`) and the copy's last (`$until`). No window crosses more months than Athena can write in a statement.
 */
export function planOf({ settledAfterHours, expireAfterDays, workspaces }: ColumnarPlanProps): string {
  const months = Math.max(1, Math.min(MAX_MONTHS, Math.floor(MAX_PARTITIONS / Math.max(1, workspaces.length))));
  return `{% (
    $back := function($day, $days) { $substring($fromMillis($toMillis($day & 'T00:00:00.000Z') - $days * 86400000), 0, 10) };
    $monthOf := function($day) { $number($substring($day, 0, 4)) * 12 + $number($substring($day, 5, 2)) - 1 };
    $firstOf := function($month) { $string($floor($month / 12)) & '-' & $pad($string($month % 12 + 1), -2, '0') & '-01' };
    $later := function($one, $other) { $one > $other ? $one : $other };
    $windowsOf := function($since, $until, $months, $isExpiring) {
      $since > $until ? [] : [$map([0..$floor(($monthOf($until) - $monthOf($since)) / $months)], function($part) { (
        $month := $monthOf($since) + $part * $months;
        $end := $back($firstOf($month + $months), 1);
        { 'since': $later($firstOf($month), $since), 'until': $end < $until ? $end : $until, 'isExpiring': $isExpiring }
      ) })]
    };
    $today := $substring($startedAt, 0, 10);
    $settled := $back($substring($fromMillis($toMillis($startedAt) - ${settledAfterHours} * 3600000), 0, 10), 1);
    $isWide := $order.isWide = true or $floor($toMillis($today & 'T00:00:00.000Z') / 86400000) % 7 = 3;
    $isMonthly := $substring($today, 8, 2) = '01';
    $kept := ${expireAfterDays === null ? "''" : `$back($today, ${expireAfterDays - 2})`};
    $isForgetting := $kept != '' and $isMonthly;
    $unsure := $isForgetting ? $later($back($kept, ${SPREAD_DAYS}), $first) : '';
    $wanted := $back($settled, $isWide ? ${WIDE_DAYS - 1} : ${RECENT_DAYS - 1});
    $isFilling := $until = '${NEVER}';
    $next := $isFilling ? $first : $back($until, -1);
    $since := $isFilling ? $first : $later($next < $wanted ? $next : $wanted, $first);
    $months := $since < $back($settled, ${WIDE_DAYS - 1}) or $isFilling ? 1 : ${months};
    {
      'windows': [$append(
        $isForgetting ? $windowsOf($unsure, $back($kept, 1), ${months}, true) : [],
        $windowsOf($since, $settled, $months, false)
      )],
      'forgotten': $isForgetting ? $back($unsure, 1) : '',
      'isMonthly': $isMonthly,
      'oldestMonth': $substring($back($settled, ${WIDE_DAYS}), 0, 7)
    }
  ) %}`.replaceAll(/\s+/g, " ");
}
