// One cell of the matrix, as a program: child.mjs END FATE. Says `as expected` when it is.
import { runMainCell } from './main-cell.mjs';
import { ENDS } from './matrix.mjs';
import { runWorkerCell } from './worker-cell.mjs';

const [end, fate] = process.argv.slice(2);
if (ENDS[end].thread === 'main') {
  await runMainCell(end, fate);
} else {
  await runWorkerCell(end, fate);
  console.log('as expected');
}
