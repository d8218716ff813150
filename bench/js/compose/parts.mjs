/**
 * What is measured of compositions, a file each: `contenders`, by names that no other file has;
 * `groups` of those that are compared; `judge(row)`, the goals of a group's figures.
 */
import * as lists from './free-lists.mjs';
import * as nodes from './nodes.mjs';
import * as scopes from './scopes.mjs';

export const PARTS = { scopes, nodes, lists };

export const CONTENDERS = Object.assign({}, ...Object.values(PARTS).map((one) => one.contenders));
