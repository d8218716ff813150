import { invalidArgType, outOfRange } from '../../errors.js';
import { readOptions } from '../../options.js';
import { MOST_CANARY } from './canaries.js';
import { type FaultPlan, Faults } from './faults.js';

/** Bytes of a canary. */
export const DEFAULT_CANARY = 16;

/** How much a `Checked` looks at. */
export interface CheckedOptions {
  /** Bytes of a canary before and behind each Buffer, up to 4096; 0: none. Default: 16. */
  readonly canary?: number;
  /** Whether memory is filled where nobody may read it: when it is new, and when freed. Default: true. */
  readonly fill?: boolean;
  /** Whether it is remembered where blocks are allocated and freed. Default: true. */
  readonly sites?: boolean;
  /** Requests that fail. Default: none. */
  readonly fail?: FaultPlan;
}

function flag(value: unknown, name: string): boolean {
  if (value === undefined) return true;
  if (typeof value === 'boolean') return value;
  throw invalidArgType(`options.${name}`, 'a boolean', value);
}

function canaryOption(value: unknown): number {
  if (value === undefined) return DEFAULT_CANARY;
  if (typeof value !== 'number') throw invalidArgType('options.canary', 'a number', value);
  if (Number.isInteger(value) && value >= 0 && value <= MOST_CANARY) return value;
  throw outOfRange('options.canary', `an integer from 0 to ${MOST_CANARY}`, value);
}

export interface CheckedParts {
  readonly canary: number;
  readonly fills: boolean;
  readonly sites: boolean;
  readonly faults: Faults;
}

export function readCheckedOptions(options: unknown): CheckedParts {
  const { canary, fill, sites, fail } =
    options === undefined ? {} : readOptions(options, ['canary', 'fill', 'sites', 'fail']);
  return {
    canary: canaryOption(canary),
    fills: flag(fill, 'fill'),
    sites: flag(sites, 'sites'),
    faults: new Faults(fail),
  };
}
