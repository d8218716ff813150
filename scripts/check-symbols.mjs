// The addon may export Node-API's entry points and nothing else: a visible function of ours could
// be taken over by a library that was loaded earlier.
import { run } from './lib/run.mjs';
import { findTool } from './lib/tools.mjs';

const ENTRY_POINTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

export async function checkSymbols(binary) {
  if (process.platform !== 'linux') return { code: 0 };
  if (findTool('nm') === null) return { skipped: 'nm is not installed (apt: binutils)' };
  const { code, stdout, output } = await run('nm', ['-D', '--defined-only', binary]);
  if (code !== 0) return { code, output };
  const names = stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).at(-1))
    .filter((name) => name !== '');
  const strays = names.filter((name) => !ENTRY_POINTS.includes(name));
  if (strays.length > 0) return { code: 1, output: `exported by ${binary}: ${strays.join(' ')}` };
  if (!names.includes(ENTRY_POINTS[0])) return { code: 1, output: `no entry point in ${binary}` };
  return { code: 0 };
}
