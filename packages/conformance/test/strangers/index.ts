import type { FamilyDefinition } from '@emkit/core';
import * as constrained from './constrained.ts';
import * as generalised from './generalised.ts';
import * as lines from './lines.ts';
import * as mixed from './mixed.ts';
import * as regressions from './regressions.ts';
import * as spaces from './spaces.ts';

/** Right families as strangers write them: each must conform, on every seed. */
export const strangers: readonly FamilyDefinition[] = [constrained, generalised, lines, mixed, regressions, spaces].flatMap((module) =>
  (Object.values(module) as unknown[]).filter((value): value is FamilyDefinition => typeof value === 'function' && 'variants' in value),
);
