import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fromRoot, listFiles } from '../../lib/project.mjs';
import { run } from '../../lib/run.mjs';
import { findTool } from '../../lib/tools.mjs';

/** Mallocs that are raced by preloading them, and the Debian package that has each. */
const RIVALS = [
  { id: 'jemalloc', file: /^libjemalloc\.so\.2\b/, debian: 'libjemalloc2' },
  { id: 'mimalloc', file: /^libmimalloc\.so\.[23]\b/, debian: 'libmimalloc2.0' },
  { id: 'tcmalloc', file: /^libtcmalloc_minimal\.so\.4\b/, debian: 'libtcmalloc-minimal4' },
];

const UNPACKED = 'build-cmake/rivals';

/** Ours first, then the C library's malloc, to which all are compared, then the rivals at hand. */
export async function findContestants(kind) {
  const rivals = [];
  const missing = [];
  const installed = await installedLibraries();
  for (const rival of process.platform === 'linux' ? RIVALS : []) {
    const library = installed.find((path) => rival.file.test(basename(path)));
    const found = library ?? (await unpack(rival));
    if (found === null) missing.push(rival);
    else rivals.push({ id: rival.id, allocator: 'malloc', library: found });
  }
  const contestants = [
    { id: kind, allocator: kind },
    { id: 'glibc', allocator: 'malloc' },
  ];
  return { contestants: [...contestants, ...rivals], missing };
}

async function installedLibraries() {
  const ldconfig = findTool('ldconfig') ?? '/sbin/ldconfig';
  const { code, stdout } = await run(ldconfig, ['-p']);
  if (code !== 0) return [];
  return [...stdout.matchAll(/=> (\S+)$/gm)].map(([, path]) => path);
}

/** Gets a rival's package and unpacks it below build-cmake: the system stays as it is. */
async function unpack({ file, debian }) {
  const find = () => listFiles(UNPACKED, file)[0];
  if (find() === undefined && findTool('apt-get') !== null && findTool('dpkg') !== null) {
    mkdirSync(fromRoot(UNPACKED), { recursive: true });
    const script = `cd ${UNPACKED} && apt-get download ${debian} && dpkg -x ${debian}_*.deb .`;
    await run('sh', ['-c', script]);
  }
  const found = find();
  return found === undefined ? null : fromRoot(found);
}

/** Which allocators there are, in a line or two. */
export function formatContestants({ contestants, missing }) {
  const names = contestants.map(({ id, library }) =>
    library === undefined ? id : `${id} (${basename(library)})`,
  );
  const lines = [`Allocators: ${names.join(', ')}.`];
  if (missing.length > 0) {
    const absent = missing.map(({ id }) => id).join(', ');
    const packages = missing.map(({ debian }) => debian).join(' ');
    lines.push(`Not here, so not raced: ${absent} (Debian: apt-get install ${packages}).`);
  }
  return lines.join('\n');
}
