/**
 * Text as CLIP's own tokeniser cleans it before it looks at words, so that what a person pastes gives the ids that the model
 * was trained with. Written from the description of the steps (open_clip: ftfy.fix_text, html.unescape twice, white space);
 * the tokeniser of a model folder then lower-cases and splits.
 *
 *   1. HTML entities → characters, repeatedly (numeric ones, and the names of HTML 4 that people meet)
 *   2. Latin ligatures and digraphs → letters; full-width and half-width forms → their usual width
 *   3. curly quotes → straight ones
 *   4. line breaks → one kind; terminal escapes and invisible control characters dropped; lone surrogates → U+FFFD
 *   5. canonical composition (NFC); runs of white space → one space, none at the ends
 *
 * Not reproduced: ftfy's repair of wrongly decoded text ("Ã©" stays as it is), and HTML names beyond HTML 4.
 */

/** U+00A0 … U+00FF in order (HTML 4, Latin-1). */
const LATIN_1 = (
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para ' +
  'middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute ' +
  'Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml ' +
  'Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml ' +
  'eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'
).split(' ');

/** Names outside Latin-1, each before its character. */
const OTHERS = (
  'amp & lt < gt > quot " apos \' OElig Œ oelig œ Scaron Š scaron š Yuml Ÿ fnof ƒ circ ˆ tilde ˜ ensp \u2002 emsp \u2003 ' +
  'thinsp \u2009 zwnj \u200c zwj \u200d ndash – mdash — lsquo ‘ rsquo ’ sbquo ‚ ldquo “ rdquo ” bdquo „ dagger † Dagger ‡ ' +
  'bull • hellip … permil ‰ prime ′ Prime ″ lsaquo ‹ rsaquo › euro € trade ™ larr ← uarr ↑ rarr → darr ↓ harr ↔ minus − ' +
  'infin ∞ asymp ≈ ne ≠ le ≤ ge ≥ loz ◊ spades ♠ clubs ♣ hearts ♥ diams ♦ alpha α beta β gamma γ delta δ epsilon ε ' +
  'lambda λ mu μ pi π sigma σ phi φ omega ω Delta Δ Omega Ω'
).split(' ');

const ENTITIES = new Map(LATIN_1.map((name, index) => [name, String.fromCharCode(0xa0 + index)]));
for (let i = 0; i < OTHERS.length; i += 2) ENTITIES.set(OTHERS[i], OTHERS[i + 1]);
/** HTML takes these without their semicolon too, and as the beginning of a longer word ("&notit" is "¬it"). */
const LEGACY = new Set([...LATIN_1, 'amp', 'lt', 'gt', 'quot']);

function legacy(name: string): string | null {
  for (let length = name.length; length > 1; length--) {
    const start = name.slice(0, length);
    if (LEGACY.has(start)) return ENTITIES.get(start)! + name.slice(length);
  }
  return null;
}

function character(code: number): string {
  const valid = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return valid ? String.fromCodePoint(code) : '\ufffd';
}

function unescapeOnce(text: string): string {
  return text.replace(
    /&(?:#(\d{1,8});?|#[xX]([0-9a-fA-F]{1,8});?|([A-Za-z][A-Za-z0-9]{1,31})(;?))/g,
    (all: string, decimal?: string, hexadecimal?: string, name?: string, semicolon?: string) => {
      if (decimal !== undefined) return character(Number(decimal));
      if (hexadecimal !== undefined) return character(Number.parseInt(hexadecimal, 16));
      if (name === undefined) return all;
      if (semicolon === ';' && ENTITIES.has(name)) return ENTITIES.get(name)!;
      const begun = legacy(name);
      return begun === null ? all : begun + semicolon;
    },
  );
}

/** ftfy undoes every layer, except where a `<` says that this may be HTML itself; html.unescape then undoes two. */
function unescapeHtml(text: string): string {
  const layers = text.includes('<') ? 2 : 16;
  let current = text;
  for (let layer = 0; layer < layers; layer++) {
    const next = unescapeOnce(current);
    if (next === current) break;
    current = next;
  }
  return current;
}

const LIGATURES = /[\u0132\u0133\u0149\u01c4-\u01cc\u01f1-\u01f3\ufb00-\ufb04\ufb06]/g;
const WIDTH_FORMS = /[\uff01-\uffef]/g;
const TERMINAL_ESCAPES = /\u001b\[[\d;]*[a-zA-Z]/g;
const INVISIBLE = /[\u0000-\u0008\u000b\u000e-\u001f\u007f\u206a-\u206f\ufeff\ufff9-\ufffc]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** @returns text that is empty when nothing of it can be seen */
export function cleanText(text: string): string {
  const compatible = (form: string): string => form.normalize('NFKC');
  return unescapeHtml(text)
    .replace(TERMINAL_ESCAPES, '')
    .replace(LIGATURES, compatible)
    .replaceAll('\ufb05', 'ſt')
    .replaceAll('\u3000', ' ')
    .replace(WIDTH_FORMS, compatible)
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u0085\u2028\u2029]/g, '\n')
    .replace(LONE_SURROGATE, '\ufffd')
    .replace(INVISIBLE, '')
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .trim();
}
