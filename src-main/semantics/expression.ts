/**
 * Compound queries (METHOD §5): texts joined by AND, OR, NOT and comparisons of a scalar.
 *
 *   chair NOT armchair AND uncertainty < 0.2        (red mug OR blue mug) AND opacity >= 0.5        "salt and pepper"
 *
 *   either = both { OR both }          OR  = max
 *   both   = single { [AND] single }   AND = min; "a NOT b" is "a AND NOT b"
 *   single = NOT single | ( either ) | scalar (< | <= | > | >=) number | words | "words"        NOT = 1 − x, a comparison is 0 or 1
 *
 * Keywords are written in capitals, so that "salt and pepper" is a text. Errors carry the column.
 */
import { said, SaidError } from '#contract/sayings';
import type { Saying } from '#contract/sayings';

export type Expression =
  | { type: 'text'; text: string }
  | { type: 'scalar'; name: string; operator: Comparison; value: number }
  | { type: 'not'; of: Expression }
  | { type: 'and' | 'or'; of: Expression[] };

export type Comparison = '<' | '<=' | '>' | '>=';

/** What is wrong with a query, and where: `column` counts from 1. */
export class ExpressionError extends SaidError {
  readonly column: number;
  constructor(column: number, what: Saying) {
    super({ ...what, message: `query, column ${column}: ${what.message}` });
    this.name = 'ExpressionError';
    this.column = column;
  }
}

interface Token {
  kind: 'word' | 'quoted' | 'keyword' | 'symbol';
  text: string;
  column: number;
}

const KEYWORDS = new Set(['AND', 'OR', 'NOT']);
const PATTERN = /\s*(?:"([^"]*)("?)|([()])|(<=|>=|<|>)|([^\s()<>"]+))/y;

function tokens(query: string): Token[] {
  const found: Token[] = [];
  PATTERN.lastIndex = 0;
  while (query.slice(PATTERN.lastIndex).trim() !== '') {
    const from = PATTERN.lastIndex;
    const match = PATTERN.exec(query);
    if (!match) throw new ExpressionError(from + 1, said('questionUnreadable'));
    const [whole, quoted, close, bracket, operator, word] = match as (string | undefined)[];
    const column = from + (whole ?? '').length - (whole ?? '').trimStart().length + 1;
    if (quoted !== undefined) {
      if (close !== '"') throw new ExpressionError(column, said('quotationOpen'));
      if (quoted.trim() === '') throw new ExpressionError(column, said('quotationEmpty'));
      found.push({ kind: 'quoted', text: quoted.trim(), column });
    } else if (word !== undefined) found.push({ kind: KEYWORDS.has(word) ? 'keyword' : 'word', text: word, column });
    else found.push({ kind: 'symbol', text: bracket ?? operator ?? '', column });
  }
  return found;
}

class Parser {
  readonly #tokens: Token[];
  readonly #scalars: readonly string[];
  readonly #end: number;
  #at = 0;

  constructor(query: string, scalars: readonly string[]) {
    this.#tokens = tokens(query);
    this.#scalars = scalars;
    this.#end = query.length + 1;
  }

  parse(): Expression {
    if (this.#tokens.length === 0) throw new ExpressionError(1, said('questionEmpty'));
    const expression = this.#either();
    const rest = this.#peek();
    if (rest) throw new ExpressionError(rest.column, said('noPlaceHere', { text: rest.text }));
    return expression;
  }

  #peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  #is(kind: Token['kind'], text: string): boolean {
    const token = this.#peek();
    return token?.kind === kind && token.text === text;
  }

  #either(): Expression {
    const of = [this.#both()];
    while (this.#is('keyword', 'OR')) {
      this.#at++;
      of.push(this.#both());
    }
    return of.length === 1 ? of[0] : { type: 'or', of };
  }

  #both(): Expression {
    const of = [this.#single()];
    for (;;) {
      if (this.#is('keyword', 'AND')) this.#at++;
      else if (!this.#is('keyword', 'NOT')) break;
      of.push(this.#single());
    }
    return of.length === 1 ? of[0] : { type: 'and', of };
  }

  #single(): Expression {
    const token = this.#peek();
    if (!token) throw new ExpressionError(this.#end, said('textExpectedAtEnd'));
    if (token.kind === 'keyword') {
      if (token.text !== 'NOT') throw new ExpressionError(token.column, said('nothingOnLeft', { keyword: token.text }));
      this.#at++;
      return { type: 'not', of: this.#single() };
    }
    if (token.kind === 'symbol') {
      if (token.text !== '(') throw new ExpressionError(token.column, said('textExpected', { text: token.text }));
      this.#at++;
      const inner = this.#either();
      if (!this.#is('symbol', ')')) throw new ExpressionError(token.column, said('bracketOpen'));
      this.#at++;
      return inner;
    }
    if (token.kind === 'quoted') {
      this.#at++;
      return { type: 'text', text: token.text };
    }
    return this.#comparison(token) ?? this.#words();
  }

  #comparison(token: Token): Expression | null {
    const operator = this.#peek(1);
    if (operator?.kind !== 'symbol' || !['<', '<=', '>', '>='].includes(operator.text)) return null;
    const name = token.text.toLowerCase();
    if (!this.#scalars.includes(name))
      throw new ExpressionError(
        token.column,
        said('cannotCompare', { name: token.text, known: this.#scalars.join(', ') }),
      );
    const number = this.#peek(2);
    const value = number?.kind === 'word' ? Number(number.text) : NaN;
    if (!Number.isFinite(value))
      throw new ExpressionError(number?.column ?? this.#end, said('numberExpected', { name, operator: operator.text }));
    this.#at += 3;
    return { type: 'scalar', name, operator: operator.text as Comparison, value };
  }

  #words(): Expression {
    const words: string[] = [];
    while (this.#peek()?.kind === 'word') {
      const operator = this.#peek(1);
      const compares = operator?.kind === 'symbol' && /[<>]/.test(operator.text);
      if (compares && words.length > 0) throw new ExpressionError(this.#peek()?.column ?? 1, said('andExpected'));
      words.push(this.#tokens[this.#at++].text);
    }
    return { type: 'text', text: words.join(' ') };
  }
}

/**
 * @param scalars  names that may be compared, in lower case
 * @throws ExpressionError
 */
export function parseExpression(query: string, scalars: readonly string[] = ['uncertainty', 'opacity']): Expression {
  return new Parser(query, scalars).parse();
}

/** The texts of an expression, each once. */
export function textsOf(expression: Expression): string[] {
  switch (expression.type) {
    case 'text':
      return [expression.text];
    case 'scalar':
      return [];
    case 'not':
      return textsOf(expression.of);
    default:
      return [...new Set(expression.of.flatMap(textsOf))];
  }
}

/** Whether an expression compares scalars anywhere. */
export function comparesScalars(expression: Expression): boolean {
  switch (expression.type) {
    case 'text':
      return false;
    case 'scalar':
      return true;
    case 'not':
      return comparesScalars(expression.of);
    default:
      return expression.of.some(comparesScalars);
  }
}

const COMPARE: Record<Comparison, (a: number, b: number) => boolean> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/**
 * Scores of pixels or splats.
 *
 * @param values  of a text or a scalar, [n]; asked once for each place in the expression
 * @returns [n] in 0…1
 */
export function evaluateExpression(
  expression: Expression,
  n: number,
  values: { text: (text: string) => ArrayLike<number>; scalar: (name: string) => ArrayLike<number> },
): Float32Array {
  switch (expression.type) {
    case 'text':
      return Float32Array.from(
        { length: n },
        (
          (scores) => (_: unknown, i: number) =>
            scores[i]
        )(values.text(expression.text)),
      );
    case 'scalar': {
      const { operator, value, name } = expression;
      const scalars = values.scalar(name);
      return Float32Array.from({ length: n }, (_, i) => (COMPARE[operator](scalars[i], value) ? 1 : 0));
    }
    case 'not':
      return evaluateExpression(expression.of, n, values).map((score) => 1 - score);
    default: {
      const [first, ...rest] = expression.of.map((part) => evaluateExpression(part, n, values));
      const join = expression.type === 'and' ? Math.min : Math.max;
      for (const other of rest) for (let i = 0; i < n; i++) first[i] = join(first[i], other[i]);
      return first;
    }
  }
}
