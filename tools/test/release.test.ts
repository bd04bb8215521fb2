import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PUBLISHED, type PublishedName } from '../src/pack.ts';
import { root } from '../src/run.ts';
import { execute } from '../src/scratch-project.ts';

const folder = mkdtempSync(join(tmpdir(), 'emkit-release-'));
const names = Object.keys(PUBLISHED) as PublishedName[];

interface Manifest {
  readonly version: string;
  readonly private?: boolean;
  readonly publishConfig?: { readonly access?: string; readonly provenance?: boolean };
  readonly dependencies?: Readonly<Record<string, string>>;
}

function manifestOf(base: string, name: PublishedName): Manifest {
  return JSON.parse(readFileSync(join(base, PUBLISHED[name], 'package.json'), 'utf8')) as Manifest;
}

async function git(...parameters: readonly string[]): Promise<string> {
  const { code, output, errors } = await execute('git', parameters, folder);
  if (code !== 0) throw new Error(`git ${parameters.join(' ')}: ${errors}`);
  return output;
}

beforeAll(async () => {
  // The files of the working tree as they are, not as they were last committed.
  const listed = await execute(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '.changeset', '*package.json', 'pnpm-workspace.yaml'],
    root,
  );
  const files = listed.output.split('\0').filter((file) => file !== '');
  for (const file of files.filter((name) => existsSync(join(root, name))))
    cpSync(join(root, file), join(folder, file), { recursive: true });
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '-A');
  await git('-c', 'user.name=release', '-c', 'user.email=release@localhost', 'commit', '--quiet', '-m', 'Before');
  // The scratch copy has no dependencies installed: the command is the workspace's.
  writeFileSync(join(folder, '.gitignore'), 'node_modules\n');
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('changesets makes one step of all published packages, and a changelog for each', { timeout: 60_000 }, async () => {
  const before = manifestOf(root, '@emkit/core').version;
  const waiting = (await execute('bash', ['-c', 'ls .changeset/*.md | grep -vi readme | wc -l'], folder)).output.trim();
  expect(Number(waiting), 'there is nothing to release').toBeGreaterThan(0);
  const { code, output, errors } = await execute(join(root, 'node_modules/.bin/changeset'), ['version'], folder);
  expect(`${code}\n${code === 0 ? '' : output + errors}`).toBe('0\n');
  const versions = names.map((name) => manifestOf(folder, name).version);
  expect(new Set(versions).size).toBe(1);
  expect(versions[0]).not.toBe(before);
  if (before === '0.0.0') expect(versions[0]).toBe('0.1.0');
  for (const name of names) {
    const changelog = readFileSync(join(folder, PUBLISHED[name], 'CHANGELOG.md'), 'utf8');
    expect(changelog).toContain(`## ${versions[0]}`);
  }
});

test('npm would publish every package as it is packed', { timeout: 120_000 }, async () => {
  const { code, output, errors } = await execute(process.execPath, [join(root, 'tools/src/publish.ts'), '--dry-run'], root);
  expect(`${code}\n${errors}`).toBe('0\n');
  const { version } = manifestOf(root, '@emkit/core');
  expect(output).toBe(names.map((name) => `emkit: ${name} ${version} would be published\n`).join(''));
});

test('every published package is public and asks for provenance', () => {
  for (const name of names) {
    expect(manifestOf(root, name).publishConfig).toMatchObject({ access: 'public', provenance: true });
    expect(manifestOf(root, name).private).not.toBe(true);
  }
});
