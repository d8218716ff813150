import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ArenaFlag,
  Code,
  Flag,
  Force,
  FreeFlag,
  Kind,
  Mail,
  MoveFlag,
  PluginFault,
  Request,
  RequestSize,
  STATS,
  State,
} from '../../lib/native.js';

const source = (path: string): string =>
  readFileSync(new URL(`../../native/${path}`, import.meta.url), 'utf8').replace(
    /\/\*[\s\S]*?\*\//g,
    '',
  );

/** The constants of a C enum by their names without `prefix`. */
function enumOf(path: string, name: string, prefix: string): Record<string, number> {
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(source(path))?.[1];
  if (body === undefined) throw new Error(`${path} has no enum ${name}`);
  const constants: Record<string, number> = {};
  let next = 0;
  for (const item of body.split(',')) {
    const match = /^\s*(\w+)(?:\s*=\s*(-?\d+))?\s*$/.exec(item);
    if (match === null) continue;
    const [, constant = '', value] = match;
    if (!constant.startsWith(prefix)) throw new Error(`${constant} does not start with ${prefix}`);
    next = value === undefined ? next : Number(value);
    constants[constant.slice(prefix.length)] = next++;
  }
  return constants;
}

/** The value of `#define name 1u`. */
function defined(path: string, name: string): number {
  const value = new RegExp(`#define ${name} (\\d+)u?\\b`).exec(source(path))?.[1];
  if (value === undefined) throw new Error(`${path} does not define ${name}`);
  return Number(value);
}

function without(constants: Record<string, number>, ...names: string[]): Record<string, number> {
  return Object.fromEntries(Object.entries(constants).filter(([name]) => !names.includes(name)));
}

const MAILBOX = 'binding/environment.h';
const mail = enumOf(MAILBOX, 'hw_mail', 'HW_MAIL_');
const request = enumOf(MAILBOX, 'hw_request', 'HW_REQUEST_');
const sizes = enumOf(MAILBOX, 'hw_request_size', 'HW_REQUEST_');

describe('the constants of lib/native.ts', () => {
  it('Code is hw_code, but for what never leaves the addon', () => {
    const codes = enumOf('binding/codes.h', 'hw_code', 'HW_CODE_');
    expect(Code).toEqual(without(codes, 'DETACH'));
  });

  it('PluginFault is hw_plugin_fault', () => {
    expect(PluginFault).toEqual(enumOf('binding/plugin.h', 'hw_plugin_fault', 'HW_PLUGIN_'));
  });

  it('Mail is hw_mail', () => {
    expect(Mail).toEqual(mail);
  });

  it('Request is hw_request, after the words of the answers', () => {
    const words = defined(MAILBOX, 'HW_MAIL_WORDS');
    const moved = Object.entries(request).map(([name, at]) => [name, at + words]);
    expect(Request).toEqual(Object.fromEntries(moved));
  });

  it('RequestSize is hw_request_size', () => {
    expect(RequestSize).toEqual(sizes);
  });

  it('Kind is hw_record_kind', () => {
    expect(Kind).toEqual(enumOf('binding/record.h', 'hw_record_kind', 'HW_KIND_'));
  });

  it('State is hw_record_state, of those that keep a buffer attached', () => {
    const { LIVE, DOOMED, ABANDONED } = enumOf('binding/record.h', 'hw_record_state', 'HW_RECORD_');
    expect(State).toEqual({ LIVE, DOOMED, ABANDONED });
  });

  it('Force is hw_forced, and nothing', () => {
    const forced = enumOf(MAILBOX, 'hw_forced', 'HW_FORCE_');
    expect(Force).toEqual({ NOTHING: 0, ...forced });
    expect(defined(MAILBOX, 'HW_FORCE_ALL')).toBe(
      Object.values(forced).reduce((all, flag) => all | flag, 0),
    );
  });

  it('Flag is the public header, and nothing', () => {
    const flag = (name: string) => defined('include/heapwright.h', `HW_${name}`);
    const known = { ZEROED: flag('ZEROED'), NOWAIT: flag('NOWAIT'), NOWARN: flag('NOWARN') };
    expect(Flag).toEqual({ NONE: 0, ...known });
  });

  it('ArenaFlag is the public header, and nothing', () => {
    const flag = (name: string) => defined('include/heapwright.h', `HW_ARENA_${name}`);
    const huge = { HUGE_PAGES: flag('HUGE_PAGES'), NO_HUGE_PAGES: flag('NO_HUGE_PAGES') };
    expect(ArenaFlag).toEqual({ NONE: 0, ...huge });
  });

  it('MoveFlag is that of the reallocation in place, and none of the public flags', () => {
    expect(MoveFlag).toEqual({ MAY_MOVE: defined('binding/block_functions.c', 'MAY_MOVE') });
    const known = ['ZEROED', 'NOWAIT', 'NOWARN'].map((name) =>
      defined('include/heapwright.h', `HW_${name}`),
    );
    expect(known).not.toContain(MoveFlag.MAY_MOVE);
  });

  it('FreeFlag is that of the free, and nothing', () => {
    expect(FreeFlag).toEqual({
      NONE: 0,
      REFUSE_WHEN_BUSY: defined('binding/block_functions.c', 'REFUSE_WHEN_BUSY'),
    });
  });

  it('STATS are the figures of hw_stats, in the order in which the addon answers', () => {
    const body = /figures\[\] = \{([^}]*)\}/.exec(source('binding/heap_functions.c'))?.[1] ?? '';
    const camel = (name: string) => name.replace(/_(\w)/g, (_all, letter) => letter.toUpperCase());
    const named = body.split(',').flatMap((item) => {
      const member = /^\s*\(double\)\(?(?:stats\.|heap->|hw_)(\w+)/.exec(item)?.[1];
      return member === undefined ? [] : [camel(member.replace(/^orphan_/, 'orphaned_'))];
    });
    expect([...named, 'limit']).toEqual(STATS);
  });
});
