/**
 * Draws splats as the trainer's rasteriser does (METHOD §1), into several targets at once.
 *
 * Spark unpacks the splats, evaluates their harmonics and sorts them; this shader takes its place where they are projected:
 *
 *   mean2D = (fx·x/z + cx, fy·y/z + cy),  cov2D = (J·R·V)(J·R·V)ᵀ + 0.3·I,  J with x/z, y/z held in the guard band
 *   α = min(0.99, o·exp(−q/2)),  nothing below 1/255,  nothing nearer than 0.2;  o is scaled by √(det/det′) when antialiased
 *
 * A quad reaches to where α falls below 1/255: q = 2·ln(255·o). Back to front with (1, 1 − α) blending every target holds
 * Σ w·value in rgb and Σ w in a. It differs from the trainer in one thing: nothing ends a pixel at transmittance 1e-4.
 *
 * Each target shows one *slot*: three numbers a splat (`slotOf`).
 */
import { ALPHA_MAX, ALPHA_MIN, DILATION, NEAR_PLANE } from './picking';

/** What three numbers a target blends. Codes of names take slots from `entryCodes`, `classCodes` and `labelCodes` on. */
export const slots = {
  ...{ colour: 0, scalars: 1, components: 2, meaning: 8 },
  ...{ entryCodes: 16, classCodes: 32, labelCodes: 48 },
} as const;
/** slots that S_G takes, three numbers each */
export const MEANING_SLOTS = 3;
/** numbers in the slot `scalars`; where pixels are looked up, the relevancy is 1 of what is certain and 0 of all else */
export const scalarSlot = { depth: 0, uncertainty: 1, relevancy: 2 } as const;

/** Overlay and code textures are SPLAT_ROW texels wide or CODE_WORDS. */
export const SPLAT_ROW = 2048;

const glsl = (value: number): string => value.toExponential(9);

const uniforms = /* glsl */ `
uniform usampler2D ordering;
uniform usampler2DArray extSplats;
uniform usampler2DArray extSplats2;
uniform vec4 lens;        // fx, fy, cx, cy; pixels of the target
uniform vec4 guardBand;   // lowest and highest x/z, lowest and highest y/z
uniform vec2 imageSize;   // pixels
uniform bool antialiased;
uniform bool answered;
uniform bool unlabelled;  // leaves out what has a label
uniform int slot[TARGETS];
uniform usampler2D uncertainties;
uniform usampler2D relevancies;
uniform usampler2D entries;
uniform usampler2D classes;
uniform sampler2D components;
uniform sampler2D meaningLow;
uniform sampler2D meaningHigh;
uniform sampler2D entryCodes;
uniform sampler2D classCodes;
uniform usampler2D labels;
uniform sampler2D labelSlots; // slot / 255 by label number, a row for each high byte
uniform sampler2D labelCodes;
`;

export function splatVertexShader(): string {
  return /* glsl */ `
precision highp float;
precision highp int;
precision highp usampler2D;
precision highp usampler2DArray;
#include <splatDefines>
${uniforms}
flat out float vOpacity;
out vec2 vDeviations;
flat out vec3 vValue[TARGETS];

// S_G; bytes around 128, and a common factor does not turn a direction.
vec4 lowMeaning(ivec2 at) {
  return (texelFetch(meaningLow, at, 0) * 255.0 - 128.0) / 127.0;
}

vec4 highMeaning(ivec2 at) {
  return (texelFetch(meaningHigh, at, 0) * 255.0 - 128.0) / 127.0;
}

vec3 valueOf(int kind, ivec2 at, vec3 colour, float z) {
  if (kind == ${slots.colour}) return colour;
  if (kind == ${slots.scalars}) {
    uint score = texelFetch(relevancies, at, 0).r;
    float relevancy = answered ? float(score == 65535u) : float(score) / 65535.0;
    return vec3(z, float(texelFetch(uncertainties, at, 0).r) / 65535.0, relevancy);
  }
  if (kind == ${slots.components}) return texelFetch(components, at, 0).rgb;
  if (kind < ${slots.entryCodes}) {
    vec4 low = lowMeaning(at);
    vec4 high = highMeaning(at);
    return kind == ${slots.meaning} ? low.rgb : kind == ${slots.meaning + 1} ? vec3(low.a, high.rg) : vec3(high.ba, 0.0);
  }
  if (kind < ${slots.classCodes})
    return texelFetch(entryCodes, ivec2(int(texelFetch(entries, at, 0).r), kind - ${slots.entryCodes}), 0).rgb;
  if (kind >= ${slots.labelCodes}) {
    int label = int(texelFetch(labels, at, 0).r);
    // No label is a name, too, and the first: what little light a labelled splat has in a pixel must not name it.
    int place = int(texelFetch(labelSlots, ivec2(label & 255, label >> 8), 0).r * 255.0 + 0.5);
    return texelFetch(labelCodes, ivec2(place, kind - ${slots.labelCodes}), 0).rgb;
  }
  // Class 0 is none: it votes for nothing.
  int name = int(texelFetch(classes, at, 0).r) - 1;
  if (name < 0) return vec3(0.0);
  vec3 code = texelFetch(classCodes, ivec2(name, kind - ${slots.classCodes}), 0).rgb;
  // Where pixels answer themselves, names are those that a person gave; no other splat has a vote.
  if (answered) return float(texelFetch(relevancies, at, 0).r == 65535u) * code;
  // R_s hears a splat by its length, and so does the vote; without S_G all have one.
  vec4 low = lowMeaning(at);
  vec4 high = highMeaning(at);
  return sqrt(dot(low, low) + dot(high, high)) * code;
}

void main() {
  gl_Position = vec4(0.0, 0.0, 2.0, 1.0); // outside, until everything is known
  ivec2 orderAt = ivec2((gl_InstanceID >> 2) & 4095, gl_InstanceID >> 14);
  uint index = texelFetch(ordering, orderAt, 0)[gl_InstanceID & 3];
  if (index == 0xffffffffu) return;
  ivec2 row = ivec2(int(index) & ${SPLAT_ROW - 1}, int(index) / ${SPLAT_ROW});
  if (unlabelled && texelFetch(labels, row, 0).r != 0u) return;

  vec3 centre;
  vec3 scales;
  vec4 quaternion;
  vec4 rgba;
  ivec3 at = splatTexCoord(int(index));
  unpackSplatExt(texelFetch(extSplats, at, 0), texelFetch(extSplats2, at, 0), centre, scales, quaternion, rgba);

  // OpenCV axes: y down, z forward.
  vec3 p = (viewMatrix * vec4(centre, 1.0)).xyz * vec3(1.0, -1.0, -1.0);
  if (!(p.z >= ${glsl(NEAR_PLANE)})) return;

  mat3 V = mat3(viewMatrix) * quaternionToMatrix(quaternion);
  vec2 slope = clamp(p.xy / p.z, guardBand.xz, guardBand.yw);
  vec2 focal = lens.xy / p.z;
  float a = 0.0;
  float b = 0.0;
  float c = 0.0;
  for (int k = 0; k < 3; k++) {
    vec3 axis = V[k] * scales[k] * vec3(1.0, -1.0, -1.0);
    vec2 onImage = focal * (axis.xy - slope * axis.z);
    a += onImage.x * onImage.x;
    b += onImage.x * onImage.y;
    c += onImage.y * onImage.y;
  }
  float before = a * c - b * b;
  a += ${glsl(DILATION)};
  c += ${glsl(DILATION)};
  float det = a * c - b * b;
  if (!(det > 0.0)) return;
  float opacity = rgba.a * (antialiased ? sqrt(max(0.0, before / det)) : 1.0);
  if (opacity < ${glsl(ALPHA_MIN)}) return;

  // Axes of the ellipse; each branch avoids the difference of nearly equal numbers.
  float spread = length(vec2(0.5 * (a - c), b));
  float large = 0.5 * (a + c) + spread;
  float small = det / large;
  vec2 along = a >= c ? vec2(large - c, b) : vec2(b, large - a);
  float size = length(along);
  along = size > 0.0 ? along / size : vec2(1.0, 0.0);

  vDeviations = position.xy * sqrt(2.0 * log(opacity / ${glsl(ALPHA_MIN)}));
  vec2 offset = along * (vDeviations.x * sqrt(large)) + vec2(-along.y, along.x) * (vDeviations.y * sqrt(small));
  vec2 pixel = lens.xy * (p.xy / p.z) + lens.zw + offset;
  gl_Position = vec4(pixel / imageSize * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);

  vOpacity = opacity;
  vec3 colour = max(rgba.rgb, vec3(0.0));
  for (int t = 0; t < TARGETS; t++) vValue[t] = valueOf(slot[t], row, colour, p.z);
}
`;
}

/** @param targets how many are drawn into at once */
export function splatFragmentShader(targets: number): string {
  const each = (line: (t: number) => string): string => Array.from({ length: targets }, (_, t) => line(t)).join('\n');
  return /* glsl */ `
precision highp float;
precision highp int;
flat in float vOpacity;
in vec2 vDeviations;
flat in vec3 vValue[TARGETS];
${each((t) => `layout(location = ${t}) out vec4 target${t};`)}

void main() {
  float alpha = min(${glsl(ALPHA_MAX)}, vOpacity * exp(-0.5 * dot(vDeviations, vDeviations)));
  if (alpha < ${glsl(ALPHA_MIN)}) discard;
${each((t) => `  target${t} = vec4(vValue[${t}] * alpha, alpha);`)}
}
`;
}
