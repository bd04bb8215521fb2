import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ApiReport, apiReports } from '../src/api-report.ts';
import { build } from '../src/pack.ts';
import { root } from '../src/run.ts';

let reports: readonly ApiReport[] = [];
const names = readdirSync(join(root, 'docs/api'));

beforeAll(async () => {
  await build();
  reports = apiReports();
}, 60_000);

describe('the public interface is what is checked in (a change is written by `pnpm api`, and seen in review):', () => {
  test.each(names)('%s', (name) => {
    const report = reports.find(({ path }) => path === `docs/api/${name}`);
    expect(report, 'there is no such entry point').toBeDefined();
    expect(report!.errors).toEqual([]);
    expect(readFileSync(join(root, report!.path), 'utf8')).toBe(report!.text);
  });

  test('and every entry point has a report', () => {
    for (const { path } of reports) expect(existsSync(join(root, path)), path).toBe(true);
  });
});
