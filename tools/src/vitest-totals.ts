import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** What a whole run of vitest came to. `errors` counts files that could not be collected and errors outside of any test. */
export interface Totals {
  passed: number;
  failed: number;
  errors: number;
  skipped: string[];
}

/** A vitest reporter that leaves the totals in the file named by EMKIT_TOTALS. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const totals: Totals = {
      passed: 0,
      failed: 0,
      errors: unhandled.length,
      skipped: [],
    };
    for (const module of modules) {
      totals.errors += module.errors().length;
      for (const suite of module.children.allSuites()) totals.errors += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') totals.passed++;
        else if (state === 'failed') totals.failed++;
        else totals.skipped.push(`${module.project.name} ${module.relativeModuleId}: ${test.fullName}`);
      }
    }
    const file = process.env['EMKIT_TOTALS'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(totals));
  }
}
