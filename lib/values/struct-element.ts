/**
 * Structs as elements: a view with the fields as properties, which asks for the memory each time.
 */
import { inspect } from 'node:util';
import { invalidArgType, outOfRange } from '../errors.js';
import type { Layout } from '../layout.js';
import { type Member, type StructShape, shapeOf } from '../struct-members.js';
import { bytesElement } from './bytes-element.js';
import type { Element, Home } from './element.js';
import { primitiveOf } from './primitives.js';

const { create, defineProperty, freeze } = Object;
const VALUE_TYPES = 'the name of a type, such as f64, or what Layout.struct() returned';

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly element: Element;
}

let makeView: (shape: ViewClass, home: Home, base: number) => object;
let openView: (view: unknown) => { readonly home: Home; readonly base: number };

/** A class of views that all have the same fields. */
type ViewClass = new (key: symbol, home: Home, base: number) => object;

/** Proves to the constructor that a call comes from this file. */
const KEY = Symbol('StructView');

/** Of every struct; each gets an heir with its fields as accessors. */
class StructView {
  static {
    makeView = (Class, home, base) => new Class(KEY, home, base);
    openView = (view) => {
      if (typeof view === 'object' && view !== null && #home in view) {
        return { home: view.#home, base: view.#base };
      }
      throw invalidArgType('this', 'a struct in memory', view);
    };
  }

  readonly #home: Home;
  readonly #base: number;

  constructor(key: symbol, home: Home, base: number) {
    if (key !== KEY) throw invalidArgType('key', 'private: views are made by this package', key);
    this.#home = home;
    this.#base = base;
  }
}

function defineField(prototype: object, { name, offset, element }: Field): void {
  const accessors = create(null) as PropertyDescriptor;
  accessors.enumerable = true;
  accessors.get = function (this: unknown): unknown {
    const { home, base } = openView(this);
    return element.read(home, base + offset);
  };
  accessors.set = function (this: unknown, value: unknown): void {
    const { home, base } = openView(this);
    const accepted = element.accept(value, name);
    element.write(home.open(base + offset + element.layout.size), base + offset, accepted);
  };
  defineProperty(prototype, name, accessors);
}

/** What `console.log` and `JSON.stringify` ask for; a field of the same name comes first. */
function defineHelpers(prototype: object, copyView: (view: unknown) => unknown): void {
  const helper = (value: unknown): PropertyDescriptor =>
    Object.assign(create(null), { value, writable: true, configurable: true, enumerable: false });
  defineProperty(prototype, 'constructor', helper(Object));
  const toJSON = function (this: unknown): unknown {
    return copyView(this);
  };
  const show = function (this: unknown): unknown {
    try {
      return copyView(this);
    } catch {
      return '[struct: its memory is gone]';
    }
  };
  defineProperty(prototype, 'toJSON', helper(toJSON));
  defineProperty(prototype, inspect.custom, helper(show));
}

/** A plain object of the fields. */
function copyFields(fields: readonly Field[], home: Home, base: number): object {
  const copy = {};
  for (const { name, offset, element } of fields) {
    const value = element.copy(home, base + offset);
    const property = { value, writable: true, enumerable: true, configurable: true };
    defineProperty(copy, name, Object.assign(create(null), property));
  }
  return copy;
}

function viewClass(fields: readonly Field[]): ViewClass {
  const Class = class extends StructView {};
  const { prototype } = Class;
  defineHelpers(prototype, (view) => {
    const { home, base } = openView(view);
    return copyFields(fields, home, base);
  });
  for (const field of fields) defineField(prototype, field);
  return Class;
}

function fieldOf({ name, type, layout, offset }: Member): Field {
  if (typeof type !== 'string' && shapeOf(type) === undefined) {
    return { name, offset, element: bytesElement(layout) };
  }
  return { name, offset, element: elementOf(type, name) };
}

function structElement({ layout, members }: StructShape): Element {
  const fields = members.map(fieldOf);
  const Class = viewClass(fields);
  return freeze({
    name: 'struct',
    layout,
    accept(value: unknown, argument: string): unknown {
      if (typeof value !== 'object' || value === null) {
        throw invalidArgType(argument, 'an object with the fields of the struct', value);
      }
      return fields.map(({ name, element }) =>
        element.accept(Reflect.get(value, name), `${argument}.${name}`),
      );
    },
    write(data: DataView, base: number, accepted: unknown): void {
      const values = accepted as readonly unknown[];
      for (let at = 0; at < fields.length; at++) {
        const { offset, element } = fields[at] as Field;
        element.write(data, base + offset, values[at]);
      }
    },
    read(home: Home, base: number): unknown {
      home.open(base + layout.size);
      return makeView(Class, home, base);
    },
    copy: (home: Home, base: number) => copyFields(fields, home, base),
  });
}

/** Made once for a struct: its class of views is then one class for the engine too. */
const elements = new WeakMap<StructShape, Element>();

/**
 * How values of `type` are read and written.
 *
 * @throws INVALID_ARG_TYPE: it is no type that a Box, Vec or struct can hold.
 */
export function elementOf(type: unknown, argument: string): Element {
  const shape = shapeOf(type);
  if (shape === undefined) {
    const primitive = typeof type === 'string' ? primitiveOf(type) : undefined;
    if (primitive === undefined) throw invalidArgType(argument, VALUE_TYPES, type);
    return primitive;
  }
  let element = elements.get(shape);
  if (element === undefined) {
    element = structElement(shape);
    elements.set(shape, element);
  }
  return element;
}

/** OUT_OF_RANGE unless a value of `layout` at `offset` lies within so many bytes. */
export function requireWithin(layout: Layout, offset: unknown, length: number): void {
  const last = length - layout.size;
  const expected =
    last < 0 ? `left out: the struct has ${layout.size} bytes` : `an integer from 0 to ${last}`;
  if (typeof offset !== 'number') throw invalidArgType('offset', expected, offset);
  if (Number.isInteger(offset) && offset >= 0 && offset <= last) return;
  throw outOfRange('offset', expected, offset);
}
