/**
 * Runs the small functions of a shader on the processor, from the very text that the device gets: integers of 32 bits
 * that wrap around, vectors of two, atomic additions to arrays. No loops, no barriers: what is tested with it is the
 * arithmetic of 64 bits, whose carries hardly any data of a test's size would ever need.
 */
type Value = number | boolean | Vec;
type Vec = { readonly x: number; readonly y: number };
type Place = { readonly array: Uint32Array; readonly index: number };
type Scope = Map<string, unknown>;
type Eval = (scope: Scope) => unknown;

/** A function of the shader; arrays and constants that it names are given beforehand. */
export type WgslFunction = (...values: readonly Value[]) => Value;

const precedence: Readonly<Record<string, number>> = {
  ...{ '||': 1, '&&': 2, '|': 3, '^': 4, '&': 5, '==': 6, '!=': 6 },
  ...{ '<': 7, '>': 7, '<=': 7, '>=': 7, '<<': 8, '>>': 8, '+': 9, '-': 9, '*': 10 },
};

const operators: Readonly<Record<string, (a: number, b: number) => number | boolean>> = {
  '|': (a, b) => (a | b) >>> 0,
  '^': (a, b) => (a ^ b) >>> 0,
  '&': (a, b) => (a & b) >>> 0,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
  '<<': (a, b) => (a << b) >>> 0,
  '>>': (a, b) => a >>> b,
  '+': (a, b) => (a + b) >>> 0,
  '-': (a, b) => (a - b) >>> 0,
  '*': (a, b) => Math.imul(a, b) >>> 0,
};

const builtIns: Readonly<Record<string, (...values: never[]) => unknown>> = {
  vec2: (x: number, y: number): Vec => ({ x, y }),
  select: (no: Value, yes: Value, isYes: boolean) => (isYes ? yes : no),
  bitcast: (x: number) => x | 0,
  u32: (x: number) => x >>> 0,
  atomicAdd: ({ array, index }: Place, value: number) => {
    const old = array[index] as number;
    array[index] = old + value;
    return old;
  },
};

/** The functions of a text, by name. @param known arrays and constants that they read */
export function wgslFunctions(
  text: string,
  known: Readonly<Record<string, unknown>> = {},
): ReadonlyMap<string, WgslFunction> {
  const globals: Scope = new Map(Object.entries(known));
  const found = new Map<string, WgslFunction>();
  const plain = text.replace(/\/\/.*$/gm, '');
  for (const [, name, list, body] of plain.matchAll(
    /\bfn (\w+)\(([^)]*)\)[^{]*\{((?:[^{}]|\{[^{}]*\})*)\}/g,
  )) {
    const names = [...(list as string).matchAll(/(\w+)\s*:/g)].map((match) => match[1] as string);
    let run: Eval | null = null;
    const call: WgslFunction = (...values) => {
      // others of the text may have what is not understood here
      run ??= new Parser(body as string).block();
      const scope: Scope = new Map(globals);
      names.forEach((parameter, i) => {
        scope.set(parameter, values[i]);
      });
      return run(scope) as Value;
    };
    found.set(name as string, call);
    globals.set(name as string, call);
  }
  return found;
}

const returned = Symbol('returned');

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    // the types of vectors and casts say nothing here
    const bare = text.replace(/(vec2|bitcast)<\w+>/g, '$1');
    this.#tokens = bare.match(/0x[\da-f]+u?|\d+u?|\w+|<<|>>|<=|>=|==|!=|&&|\|\||[^\s\w]/g) ?? [];
  }

  /** Statements to the end, or to a closing brace; gives what is returned. */
  block(): Eval {
    const statements: Eval[] = [];
    while (this.#at < this.#tokens.length && this.#peek() !== '}') {
      statements.push(this.#statement());
    }
    return (scope) => {
      for (const statement of statements) {
        const value = statement(scope);
        if (scope.has(returned as unknown as string)) return value;
      }
      return undefined;
    };
  }

  #statement(): Eval {
    const word = this.#peek();
    if (word === 'let' || word === 'var') return this.#declaration();
    if (word === 'if') return this.#condition();
    if (word === 'return') {
      this.#next();
      const value = this.#expression(0);
      this.#take(';');
      return (scope) => {
        const result = value(scope);
        scope.set(returned as unknown as string, true);
        return result;
      };
    }
    const value = this.#expression(0);
    this.#take(';');
    return value;
  }

  #declaration(): Eval {
    this.#next();
    const name = this.#next();
    this.#take('=');
    const value = this.#expression(0);
    this.#take(';');
    return (scope) => scope.set(name, value(scope));
  }

  #condition(): Eval {
    this.#next();
    const test = this.#expression(0);
    this.#take('{');
    const body = this.block();
    this.#take('}');
    return (scope) => (test(scope) === true ? body(scope) : undefined);
  }

  #expression(least: number): Eval {
    let left = this.#operand();
    for (;;) {
      const sign = this.#peek() ?? '';
      const level = precedence[sign] ?? 0;
      if (level === 0 || level <= least) return left;
      this.#next();
      left = this.#joined(sign, left, this.#expression(level));
    }
  }

  #joined(sign: string, a: Eval, b: Eval): Eval {
    if (sign === '&&') return (scope) => a(scope) === true && b(scope) === true;
    if (sign === '||') return (scope) => a(scope) === true || b(scope) === true;
    const operate = operators[sign];
    if (operate === undefined) throw new Error(`there is no operator ${sign}`);
    return (scope) => operate(a(scope) as number, b(scope) as number);
  }

  #operand(): Eval {
    const token = this.#next();
    if (token === '(') {
      const inner = this.#expression(0);
      this.#take(')');
      return inner;
    }
    if (token === '&') {
      const name = this.#next();
      this.#take('[');
      const index = this.#expression(0);
      this.#take(']');
      return (scope) => ({ array: scope.get(name), index: index(scope) });
    }
    if (/^\d/.test(token)) {
      const value = Number(token.replace(/u$/, ''));
      return () => value;
    }
    return this.#peek() === '(' ? this.#call(token) : this.#variable(token);
  }

  #call(name: string): Eval {
    this.#take('(');
    const list: Eval[] = [];
    while (this.#peek() !== ')') {
      list.push(this.#expression(0));
      if (this.#peek() === ',') this.#next();
    }
    this.#take(')');
    return (scope) => {
      const callee = (scope.get(name) ?? builtIns[name]) as
        | ((...v: unknown[]) => unknown)
        | undefined;
      if (callee === undefined) throw new Error(`there is no function ${name}`);
      return callee(...list.map((value) => value(scope)));
    };
  }

  #variable(name: string): Eval {
    if (this.#peek() !== '.') return (scope) => numberOrVector(scope, name);
    this.#next();
    const field = this.#next() as 'x' | 'y';
    return (scope) => (numberOrVector(scope, name) as Vec)[field];
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Error('the shader ends too soon');
    this.#at += 1;
    return token;
  }

  #take(token: string): void {
    const found = this.#next();
    if (found !== token) throw new Error(`${token} was to come, not ${found}`);
  }
}

function numberOrVector(scope: Scope, name: string): unknown {
  const value = scope.get(name);
  if (value === undefined) throw new Error(`there is no variable ${name}`);
  return value;
}
