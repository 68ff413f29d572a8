/** GET /v1/emission?hour=: what an hour emits, for anybody who checks that the schedule is kept. */
import type * as z from 'zod';
import { moneyToJson } from '../../shared/core/money.ts';
import { emissionOf, emissionTotalUnits } from '../../shared/token/emission.ts';
import { emissionMonthsSha256 } from '../../shared/token/emission-months.ts';
import type { emissionQuery } from '../../shared/token/schemas.ts';
import type { Call } from '../kit/route.ts';

const io = (units: bigint) => moneyToJson({ asset: 'io', units });

export const getEmission = async (
  _: unknown,
  { query: { hour } }: Call<'public', unknown, z.output<typeof emissionQuery>, unknown>,
) => {
  const emission = emissionOf(hour);
  return {
    object: 'emission' as const,
    hour,
    emission: io(emission?.units ?? 0n),
    cumulative: io(emission?.cumulativeUnits ?? emissionTotalUnits),
    total: io(emissionTotalUnits),
    month: emission
      ? {
          number: emission.month,
          amount: io(emission.monthUnits),
          hours: emission.hoursInMonth,
          hour_of_month: emission.hourOfMonth,
        }
      : null,
    schedule_sha256: emissionMonthsSha256,
  };
};
