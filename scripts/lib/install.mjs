import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { addonPath, fromRoot, listFiles } from './project.mjs';
import { must, Stop } from './run.mjs';
import { requireTools } from './tools.mjs';

/** Digests of what was last installed and built. They go with node_modules, and are never packed. */
const STAMPS = 'node_modules/.heapwright';

const BUILDS = [
  {
    what: 'native build',
    script: 'build:native',
    output: addonPath,
    stamp: `${STAMPS}/native`,
    inputs: () => [
      'binding.gyp',
      'package-lock.json',
      'native/exports.map',
      'native/sources.json',
      ...listFiles('native', /\.(c|cc|h)$/),
    ],
  },
  {
    what: 'TypeScript build',
    script: 'build:ts',
    output: 'dist/index.js',
    stamp: `${STAMPS}/typescript`,
    inputs: () => [
      'package-lock.json',
      'tsconfig.json',
      'tsconfig.build.json',
      ...listFiles('lib', /\.ts$/),
    ],
  },
];

/** Brings a fresh clone to the point where everything is built; does nothing the second time. */
export async function setUp() {
  requireNode();
  requireTools();
  await installPackages();
  for (const build of BUILDS) await ensureBuilt(build);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22) return;
  throw new Stop(`Node ${process.versions.node} is too old: ^20.19 or >=22.12 is needed`);
}

async function installPackages() {
  const stamp = `${STAMPS}/packages`;
  const digest = fingerprint(['package-lock.json']);
  const installed = 'node_modules/.package-lock.json';
  if (readStamp(stamp) === digest) return;
  // Installed by hand after the lockfile was last written: as good as by us.
  if (!existsSync(fromRoot(installed)) || age(installed) < age('package-lock.json')) {
    await must('npm ci', 'npm', ['ci', '--no-audit', '--no-fund']);
  }
  writeStamp(stamp, digest);
}

/**
 * Installs the packages of a folder that has a lockfile of its own, without running their scripts;
 * does nothing the second time, until that lockfile changes.
 */
export async function installFolder(what, folder) {
  const lockfile = readFileSync(fromRoot(folder, 'package-lock.json'), 'utf8');
  const stamp = fromRoot(folder, 'node_modules/.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockfile) return;
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund'];
  await must(what, 'npm', ['--prefix', folder, 'ci', ...flags]);
  writeFileSync(stamp, lockfile);
}

const age = (path) => statSync(fromRoot(path)).mtimeMs;

/**
 * Contents decide, not times: make leaves an up-to-date output untouched, so an output older than
 * its sources may still be current, and a checkout gives old sources new times.
 */
async function ensureBuilt({ what, script, output, stamp, inputs }) {
  const digest = fingerprint(inputs());
  if (existsSync(fromRoot(output)) && readStamp(stamp) === digest) return;
  // Through npm: it hands node-gyp the user's settings, such as where Node's headers are.
  await must(what, 'npm', ['run', '--silent', script]);
  if (!existsSync(fromRoot(output))) throw new Stop(`${what} did not produce ${output}`);
  writeStamp(stamp, digest);
}

function fingerprint(paths) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const path of paths) {
    hash
      .update(`${path}\n`)
      .update(readFileSync(fromRoot(path)))
      .update('\n');
  }
  return hash.digest('hex');
}

function readStamp(path) {
  try {
    return readFileSync(fromRoot(path), 'utf8');
  } catch {
    return null;
  }
}

function writeStamp(path, digest) {
  mkdirSync(fromRoot(STAMPS), { recursive: true });
  writeFileSync(fromRoot(path), digest);
}
